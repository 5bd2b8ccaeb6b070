import type { Access } from '../access/access.ts';
import { owns, permits } from '../access/permissions.ts';
import type { Database } from '../database/client.ts';
import type { Count } from '../database/count.ts';
import type { OrderedPage } from '../database/keyset.ts';
import { type FieldError, missingOrChanged, NotFoundError, ValidationError } from '../errors.ts';
import type { Viewer } from '../organizations/model.ts';
import { dataKeysOf } from './label-config.ts';
import type { Project, ProjectFilter, ProjectInput, ProjectOrderField } from './model.ts';
import * as repository from './repository.ts';

export type ProjectService = ReturnType<typeof createProjectService>;

const MAX_TITLE = 256;

export function createProjectService({ db }: Database, access: Access) {
  /** The projects among these ids that the viewer may see. */
  async function visible(viewer: Viewer, ids: readonly number[]): Promise<Project[]> {
    if (!permits(viewer, 'project.read')) return [];
    return (await repository.projectsById(db, ids)).filter((project) => owns(viewer, project));
  }

  /** @throws NotFoundError */
  async function get(viewer: Viewer, id: number): Promise<Project> {
    const [project] = await visible(viewer, [id]);
    if (!project) throw new NotFoundError('project', id);
    return project;
  }

  return {
    visible,
    get,

    async list(
      viewer: Viewer,
      filter: ProjectFilter,
      page: OrderedPage<ProjectOrderField>,
    ): Promise<Project[]> {
      await access.authorize(viewer, 'project.read', null);
      return repository.projectsOf(db, viewer, filter, page);
    },

    async count(viewer: Viewer, filter: ProjectFilter = {}): Promise<Count> {
      await access.authorize(viewer, 'project.read', null);
      return repository.countProjects(db, viewer, filter);
    },

    async byTitle(viewer: Viewer, title: string): Promise<Project | undefined> {
      await access.authorize(viewer, 'project.read', null);
      return repository.projectByTitle(db, viewer, title);
    },

    create: (
      viewer: Viewer,
      { idempotencyKey, ...input }: ProjectInput & { idempotencyKey?: string | null | undefined },
    ): Promise<Project> =>
      access.command(
        viewer,
        'project.create',
        null,
        async (tx) => {
          const project = await repository.insertProject(tx.db, {
            ...checked(input),
            title: input.title.trim(),
            organizationId: viewer.organizationId,
            createdBy: viewer.userId,
          });
          tx.record({ id: project.id, after: project });
          return project;
        },
        {
          key: idempotencyKey,
          input,
          remember: ({ id }) => id,
          recall: async (id, tx) => (await repository.projectsById(tx.db, [id]))[0],
        },
      ),

    update: (
      viewer: Viewer,
      id: number,
      { ifUpdatedAt, ...input }: Partial<ProjectInput> & { ifUpdatedAt?: Date | null | undefined },
    ): Promise<Project> =>
      access.command(viewer, 'project.update', { projectId: id }, async (tx) => {
        const [before] = await repository.projectsById(tx.db, [id]);
        const project = await repository.updateProject(tx.db, id, checked(input), ifUpdatedAt);
        if (!project) throw missingOrChanged('project', id, before);
        tx.record({ id, after: project, ...(before && { before }) });
        return project;
      }),

    delete: (viewer: Viewer, id: number): Promise<Project> =>
      access.command(viewer, 'project.delete', { projectId: id }, async (tx) => {
        const [project] = await repository.projectsById(tx.db, [id]);
        if (!project) throw new NotFoundError('project', id);
        await repository.deleteProject(tx, id, viewer.userId);
        tx.record({ id, before: project });
        return project;
      }),
  };
}

/** The given fields as columns. @throws ValidationError naming each wrong one */
function checked(input: Partial<ProjectInput>): Partial<repository.ProjectValues> {
  const errors: FieldError[] = [];
  const values: Partial<repository.ProjectValues> = {};
  if (input.title !== undefined) {
    values.title = input.title.trim();
    if (values.title === '' || values.title.length > MAX_TITLE) {
      errors.push({
        path: 'title',
        code: values.title === '' ? 'REQUIRED' : 'OUT_OF_RANGE',
        message: `Expected 1 to ${MAX_TITLE} characters.`,
      });
    }
  }
  if (input.description != null) values.description = input.description;
  if (input.labelConfig != null) {
    values.labelConfig = input.labelConfig;
    values.dataKeys = dataKeysOf(input.labelConfig);
  }
  if (input.maximumAnnotations != null) {
    values.maximumAnnotations = input.maximumAnnotations;
    if (input.maximumAnnotations < 1) {
      errors.push({
        path: 'maximumAnnotations',
        code: 'OUT_OF_RANGE',
        message: 'Expected a number of at least 1.',
      });
    }
  }
  if (errors.length > 0) throw new ValidationError(errors);
  return values;
}
