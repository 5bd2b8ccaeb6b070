import type { Access } from '../access/access.ts';
import type { Database } from '../database/client.ts';
import type { Count } from '../database/count.ts';
import { type FieldError, missingOrChanged, NotFoundError, ValidationError } from '../errors.ts';
import { isJsonObject, type JsonValue } from '../formats/model.ts';
import { findUnstorable } from '../formats/storable.ts';
import type { Viewer } from '../organizations/model.ts';
import { recount } from '../tasks/repository.ts';
import type { TaskService } from '../tasks/service.ts';
import { recordChange } from './changes.ts';
import type { Annotation, AnnotationInput } from './model.ts';
import * as repository from './repository.ts';

export type AnnotationService = ReturnType<typeof createAnnotationService>;

/** Levels of nesting that a result may have. */
const MAX_DEPTH = 100;

export function createAnnotationService({ db }: Database, access: Access, tasks: TaskService) {
  async function visible(viewer: Viewer, ids: readonly number[]): Promise<Annotation[]> {
    return access.visible(viewer, 'annotation.read', await repository.annotationsById(db, ids));
  }

  async function get(viewer: Viewer, id: number): Promise<Annotation> {
    const [annotation] = await visible(viewer, [id]);
    if (!annotation) throw new NotFoundError('annotation', id);
    return annotation;
  }

  const targetOf = ({ id, projectId, completedBy: authorId }: Annotation) => ({ id, projectId, authorId });

  return {
    visible,

    /** A page of the annotations of each task. */
    async ofTasks(
      viewer: Viewer,
      taskIds: readonly number[],
      page: { limit: number; after?: number | undefined },
    ): Promise<Annotation[]> {
      return access.visible(
        viewer,
        'annotation.read',
        await repository.annotationsOfTasks(db, taskIds, page),
      );
    },

    async list(
      viewer: Viewer,
      projectId: number,
      page: { limit: number; after?: number | undefined },
    ): Promise<Annotation[]> {
      await access.authorize(viewer, 'annotation.read', { projectId });
      return repository.annotationsOf(db, projectId, page);
    },

    async count(viewer: Viewer, projectId: number): Promise<Count> {
      await access.authorize(viewer, 'annotation.read', { projectId });
      return repository.countAnnotations(db, projectId);
    },

    async create(
      viewer: Viewer,
      taskId: number,
      { idempotencyKey, ...input }: AnnotationInput & { idempotencyKey?: string | null | undefined },
    ): Promise<Annotation> {
      const task = await tasks.get(viewer, taskId);
      const values = { ...checked(input), result: input.result };
      const { projectId } = task;
      return access.command(
        viewer,
        'annotation.create',
        { projectId },
        async (tx) => {
          const annotation = await repository.insertAnnotation(tx.db, {
            ...values,
            taskId: task.id,
            projectId,
            completedBy: viewer.userId,
          });
          await recount(tx, { projectId, taskIds: [task.id] });
          await recordChange(tx, 'CREATED', annotation, viewer.userId);
          tx.record({ id: annotation.id });
          return annotation;
        },
        {
          key: idempotencyKey,
          input: { ...input, taskId },
          remember: ({ id }) => id,
          recall: async (id, tx) => (await repository.annotationsById(tx.db, [id]))[0],
        },
      );
    },

    async update(
      viewer: Viewer,
      id: number,
      { ifUpdatedAt, ...input }: Partial<AnnotationInput> & { ifUpdatedAt?: Date | null | undefined },
    ): Promise<Annotation> {
      const before = await get(viewer, id);
      return access.command(viewer, 'annotation.update', targetOf(before), async (tx) => {
        const annotation = await repository.updateAnnotation(tx.db, id, checked(input), ifUpdatedAt);
        if (!annotation) {
          const [stored] = await repository.annotationsById(tx.db, [id]);
          throw missingOrChanged('annotation', id, stored);
        }
        await recount(tx, { projectId: before.projectId, taskIds: [before.taskId] });
        await recordChange(tx, 'UPDATED', annotation, viewer.userId);
        return annotation;
      });
    },

    async delete(viewer: Viewer, id: number): Promise<Annotation> {
      const before = await get(viewer, id);
      return access.command(viewer, 'annotation.delete', targetOf(before), async (tx) => {
        const annotation = await repository.deleteAnnotation(tx.db, id);
        if (!annotation) throw new NotFoundError('annotation', id);
        await recount(tx, { projectId: before.projectId, taskIds: [before.taskId] });
        await recordChange(tx, 'DELETED', annotation, viewer.userId);
        return annotation;
      });
    },
  };
}

/** The given fields as columns. @throws ValidationError */
function checked({ result, wasCancelled, groundTruth, leadTime }: Partial<AnnotationInput>) {
  const errors: FieldError[] = [];
  if (result !== undefined && !Array.isArray(result)) {
    errors.push({ path: 'result', message: 'Expected a list of regions.' });
  }
  const odd = Array.isArray(result) ? result.findIndex((region) => !isJsonObject(region)) : -1;
  if (odd >= 0) errors.push({ path: `result.${odd}`, message: 'Expected a region, which is an object.' });
  const unstorable = Array.isArray(result) ? findUnstorable(result as JsonValue, MAX_DEPTH) : undefined;
  if (unstorable) errors.push({ path: 'result', message: unstorable.message });
  if (leadTime != null && leadTime < 0) {
    errors.push({ path: 'leadTime', code: 'OUT_OF_RANGE', message: 'Expected seconds, 0 or more.' });
  }
  if (errors.length > 0) throw new ValidationError(errors);
  return {
    ...(result !== undefined && { result }),
    ...(wasCancelled != null && { wasCancelled }),
    ...(groundTruth != null && { groundTruth }),
    ...(leadTime !== undefined && { leadTime }),
  };
}
