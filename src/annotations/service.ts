import { type Database, transaction } from '../database/client.ts';
import { type FieldError, ForbiddenError, NotFoundError, ValidationError } from '../errors.ts';
import type { JsonValue } from '../formats/model.ts';
import { findUnstorable } from '../formats/storable.ts';
import { atLeast, type Viewer } from '../organizations/model.ts';
import type { ProjectService } from '../projects/service.ts';
import { recount } from '../tasks/repository.ts';
import type { TaskService } from '../tasks/service.ts';
import { recordChange } from './changes.ts';
import type { Annotation, AnnotationInput } from './model.ts';
import * as repository from './repository.ts';

export type AnnotationService = ReturnType<typeof createAnnotationService>;

/** Levels of nesting that a result may have. */
const MAX_DEPTH = 100;

export function createAnnotationService(database: Database, projects: ProjectService, tasks: TaskService) {
  const { db } = database;

  async function visible(viewer: Viewer, ids: readonly number[]): Promise<Annotation[]> {
    const found = await repository.annotationsById(db, ids);
    const allowed = await projects.visible(viewer, [...new Set(found.map(({ projectId }) => projectId))]);
    const projectIds = new Set(allowed.map(({ id }) => id));
    return found.filter(({ projectId }) => projectIds.has(projectId));
  }

  /** The annotation, for a viewer who may change it: its author, or a manager. */
  async function changeable(viewer: Viewer, id: number): Promise<Annotation> {
    const [annotation] = await visible(viewer, [id]);
    if (!annotation) throw new NotFoundError('annotation', id);
    if (annotation.completedBy !== viewer.userId && !atLeast(viewer, 'MANAGER')) {
      throw new ForbiddenError('Only its author or a manager may change an annotation.');
    }
    return annotation;
  }

  return {
    visible,
    ofTasks: (taskIds: readonly number[]) => repository.annotationsOfTasks(db, taskIds),
    list: (projectId: number, page: { limit: number; after?: number | undefined }) =>
      repository.annotationsOf(db, projectId, page),
    count: (projectId: number) => repository.countAnnotations(db, projectId),

    async create(viewer: Viewer, taskId: number, input: AnnotationInput): Promise<Annotation> {
      const task = await tasks.get(viewer, taskId);
      const values = { ...checked(input), result: input.result };
      return transaction(database, async (tx) => {
        const annotation = await repository.insertAnnotation(tx.db, {
          ...values,
          taskId: task.id,
          projectId: task.projectId,
          completedBy: viewer.userId,
        });
        await recount(tx, task);
        await recordChange(tx, 'CREATED', annotation, viewer.userId);
        return annotation;
      });
    },

    async update(viewer: Viewer, id: number, input: Partial<AnnotationInput>): Promise<Annotation> {
      const { taskId, projectId } = await changeable(viewer, id);
      const values = checked(input);
      return transaction(database, async (tx) => {
        const annotation = await repository.updateAnnotation(tx.db, id, values);
        if (!annotation) throw new NotFoundError('annotation', id);
        await recount(tx, { id: taskId, projectId });
        await recordChange(tx, 'UPDATED', annotation, viewer.userId);
        return annotation;
      });
    },

    async delete(viewer: Viewer, id: number): Promise<Annotation> {
      const { taskId, projectId } = await changeable(viewer, id);
      return transaction(database, async (tx) => {
        const annotation = await repository.deleteAnnotation(tx.db, id);
        if (!annotation) throw new NotFoundError('annotation', id);
        await recount(tx, { id: taskId, projectId });
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
  const unstorable = Array.isArray(result) ? findUnstorable(result as JsonValue, MAX_DEPTH) : undefined;
  if (unstorable) errors.push({ path: 'result', message: unstorable.message });
  if (leadTime != null && leadTime < 0) {
    errors.push({ path: 'leadTime', message: 'Expected seconds, 0 or more.' });
  }
  if (errors.length > 0) throw new ValidationError(errors);
  return {
    ...(result !== undefined && { result }),
    ...(wasCancelled != null && { wasCancelled }),
    ...(groundTruth != null && { groundTruth }),
    ...(leadTime !== undefined && { leadTime }),
  };
}
