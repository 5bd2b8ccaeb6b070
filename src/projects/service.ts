import { type Database, transaction } from '../database/client.ts';
import { type FieldError, ForbiddenError, NotFoundError, ValidationError } from '../errors.ts';
import { atLeast, type Viewer } from '../organizations/model.ts';
import { dataKeysOf } from './label-config.ts';
import type { Project, ProjectInput } from './model.ts';
import * as repository from './repository.ts';

export type ProjectService = ReturnType<typeof createProjectService>;

const MAX_TITLE = 256;

export function createProjectService(database: Database) {
  const { db } = database;

  /**
   * The projects among these ids that the viewer may see. Every access to anything in a project comes
   * through here, so that a foreign id reads the same as one that does not exist.
   */
  async function visible(viewer: Viewer, ids: readonly number[]): Promise<Project[]> {
    const found = await repository.projectsById(db, ids);
    return found.filter((project) => project.organizationId === viewer.organizationId);
  }

  /** @throws NotFoundError */
  async function get(viewer: Viewer, id: number): Promise<Project> {
    const [project] = await visible(viewer, [id]);
    if (!project) throw new NotFoundError('project', id);
    return project;
  }

  /** The project, for a viewer who may change it. @throws NotFoundError, ForbiddenError */
  async function manage(viewer: Viewer, id: number): Promise<Project> {
    const project = await get(viewer, id);
    requireManager(viewer);
    return project;
  }

  return {
    visible,
    get,
    manage,

    list: (viewer: Viewer, page: { limit: number; after?: number | undefined }) =>
      repository.projectsOf(db, viewer.organizationId, page),

    count: (viewer: Viewer) => repository.countProjects(db, viewer.organizationId),

    byTitle: (viewer: Viewer, title: string) => repository.projectByTitle(db, viewer.organizationId, title),

    async create(viewer: Viewer, input: ProjectInput): Promise<Project> {
      requireManager(viewer);
      return repository.insertProject(db, {
        ...checked(input),
        title: input.title.trim(),
        organizationId: viewer.organizationId,
        createdBy: viewer.userId,
      });
    },

    async update(viewer: Viewer, id: number, input: Partial<ProjectInput>): Promise<Project> {
      await manage(viewer, id);
      const project = await repository.updateProject(db, id, checked(input));
      if (!project) throw new NotFoundError('project', id);
      return project;
    },

    async delete(viewer: Viewer, id: number): Promise<Project> {
      const project = await manage(viewer, id);
      await transaction(database, (tx) => repository.deleteProject(tx, id, viewer.userId));
      return project;
    },
  };
}

function requireManager(viewer: Viewer): void {
  if (!atLeast(viewer, 'MANAGER')) {
    throw new ForbiddenError('This needs the role MANAGER or higher; ask an administrator.');
  }
}

/** The given fields as columns. @throws ValidationError naming each wrong one */
function checked(input: Partial<ProjectInput>): Partial<repository.ProjectValues> {
  const errors: FieldError[] = [];
  const values: Partial<repository.ProjectValues> = {};
  if (input.title !== undefined) {
    values.title = input.title.trim();
    if (values.title === '' || values.title.length > MAX_TITLE) {
      errors.push({ path: 'title', message: `Expected 1 to ${MAX_TITLE} characters.` });
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
      errors.push({ path: 'maximumAnnotations', message: 'Expected a number of at least 1.' });
    }
  }
  if (errors.length > 0) throw new ValidationError(errors);
  return values;
}
