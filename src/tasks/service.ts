import type { Access } from '../access/access.ts';
import type { Database } from '../database/client.ts';
import type { Count } from '../database/count.ts';
import type { OrderedPage } from '../database/keyset.ts';
import { NotFoundError, ValidationError } from '../errors.ts';
import type { EventBus } from '../events/bus.ts';
import { defaultLimits, isJsonObject } from '../formats/model.ts';
import { findUnstorable } from '../formats/storable.ts';
import type { Viewer } from '../organizations/model.ts';
import type { ProjectService } from '../projects/service.ts';
import { announceToWebhooks } from '../webhooks/outbox.ts';
import { insertTasks } from './bulk.ts';
import { createMemberLookup } from './members.ts';
import type { NewTask, Prediction, Task, TaskFilter, TaskOrderField } from './model.ts';
import { newTaskOf } from './new-task.ts';
import * as repository from './repository.ts';
import { readTaskRow, type TaskDraft } from './row.ts';

export type TaskService = ReturnType<typeof createTaskService>;

/** Tasks that one request may import or delete. */
const MAX_TASKS = 10_000;

export function createTaskService(
  database: Database,
  events: EventBus,
  access: Access,
  projects: ProjectService,
) {
  const { db } = database;

  async function visible(viewer: Viewer, ids: readonly number[]): Promise<Task[]> {
    return access.visible(viewer, 'task.read', await repository.tasksById(db, ids));
  }

  return {
    visible,

    /** @throws NotFoundError */
    async get(viewer: Viewer, id: number): Promise<Task> {
      const [task] = await visible(viewer, [id]);
      if (!task) throw new NotFoundError('task', id);
      return task;
    },

    async list(
      viewer: Viewer,
      projectId: number,
      filter: TaskFilter,
      page: OrderedPage<TaskOrderField>,
    ): Promise<Task[]> {
      await access.authorize(viewer, 'task.read', { projectId });
      return repository.tasksOf(db, projectId, filter, page);
    },

    async count(viewer: Viewer, projectId: number, filter: TaskFilter): Promise<Count> {
      await access.authorize(viewer, 'task.read', { projectId });
      return repository.countTasks(db, projectId, filter);
    },

    /** A page of the predictions of each task. */
    async predictionsOf(
      viewer: Viewer,
      taskIds: readonly number[],
      page: { limit: number; after?: number | undefined },
    ): Promise<Prediction[]> {
      return access.visible(viewer, 'task.read', await repository.predictionsOfTasks(db, taskIds, page));
    },

    async visiblePredictions(viewer: Viewer, ids: readonly number[]): Promise<Prediction[]> {
      return access.visible(viewer, 'task.read', await repository.predictionsById(db, ids));
    },

    /** Stores tasks given inline, bare or as `{data, annotations, predictions, meta, allow_skip}`: all or none. */
    async importTasks(
      viewer: Viewer,
      projectId: number,
      rows: readonly unknown[],
      idempotencyKey?: string | null,
    ): Promise<number> {
      await access.authorize(viewer, 'task.import', { projectId });
      const project = await projects.get(viewer, projectId);
      const drafts = draftsOf(rows);
      const members = await createMemberLookup(database, project);
      await members.learn(
        drafts.flatMap(({ annotations }) => annotations.map(({ completedBy }) => completedBy)),
      );
      const tasks: NewTask[] = drafts.map((draft) => newTaskOf(draft, null, members));
      const target = {
        ...{ projectId, containerId: null, overlap: project.maximumAnnotations },
        userId: viewer.userId,
      };
      return access.command(
        viewer,
        'task.import',
        { projectId },
        async (tx) => {
          const created = await insertTasks(tx, target, tasks, { revive: false });
          if (created > 0)
            await announceToWebhooks(tx, events, projectId, 'tasks.created', { count: created });
          return created;
        },
        {
          key: idempotencyKey,
          input: rows,
          remember: (created) => created,
          recall: async (created) => created,
        },
      );
    },

    /** Deletes tasks of one project with their annotations. Syncs do not bring them back. @returns how many */
    async deleteTasks(viewer: Viewer, projectId: number, ids: readonly number[]): Promise<number> {
      if (ids.length > MAX_TASKS) {
        throw new ValidationError([
          { path: 'taskIds', code: 'OUT_OF_RANGE', message: `Expected at most ${MAX_TASKS} tasks.` },
        ]);
      }
      return access.command(viewer, 'task.delete', { projectId }, (tx) =>
        repository.deleteTasks(tx, projectId, ids, viewer.userId),
      );
    },
  };
}

/** @throws ValidationError naming the rows that can't become tasks */
function draftsOf(rows: readonly unknown[]): TaskDraft[] {
  if (rows.length === 0 || rows.length > MAX_TASKS) {
    throw new ValidationError([
      {
        path: 'tasks',
        code: 'OUT_OF_RANGE',
        message: `Expected 1 to ${MAX_TASKS} tasks, got ${rows.length}.`,
      },
    ]);
  }
  const drafts: TaskDraft[] = [];
  const errors: { path: string; message: string }[] = [];
  for (const [index, row] of rows.entries()) {
    const read = readInline(row);
    if ('task' in read) drafts.push(read.task);
    else {
      const path = ['tasks', index, read.problem.path].filter((part) => part !== undefined).join('.');
      errors.push({ path, message: read.problem.message });
    }
  }
  if (errors.length > 0) throw new ValidationError(errors.slice(0, 100));
  return drafts;
}

/** Values from a request have not been through a file's reader, so what can't be stored is found here. */
function readInline(
  row: unknown,
): { task: TaskDraft } | { problem: { message: string; path?: string | undefined } } {
  if (!isJsonObject(row)) return { problem: { message: 'Expected an object.' } };
  const unstorable = findUnstorable(row, defaultLimits.maxDepth);
  if (unstorable) return { problem: unstorable };
  const read = readTaskRow(row);
  if ('problem' in read) return read;
  // There is nobody to warn: what would be left out whole is refused.
  const lost = read.warnings.find(({ whole }) => whole);
  return lost ? { problem: lost } : read;
}
