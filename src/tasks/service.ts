import { type Database, transaction } from '../database/client.ts';
import { NotFoundError, ValidationError } from '../errors.ts';
import type { EventBus } from '../events/bus.ts';
import { defaultLimits, isJsonObject } from '../formats/model.ts';
import { findUnstorable } from '../formats/storable.ts';
import type { Viewer } from '../organizations/model.ts';
import type { ProjectService } from '../projects/service.ts';
import { announceToWebhooks } from '../webhooks/outbox.ts';
import { insertTasks } from './bulk.ts';
import { createMemberLookup } from './members.ts';
import type { NewTask, Task, TaskFilter } from './model.ts';
import { newTaskOf } from './new-task.ts';
import * as repository from './repository.ts';
import { readTaskRow, type TaskDraft } from './row.ts';

export type TaskService = ReturnType<typeof createTaskService>;

/** Tasks that one request may import or delete. */
const MAX_TASKS = 10_000;

export function createTaskService(database: Database, events: EventBus, projects: ProjectService) {
  const { db } = database;

  async function visible(viewer: Viewer, ids: readonly number[]): Promise<Task[]> {
    const found = await repository.tasksById(db, ids);
    const allowed = await projects.visible(viewer, [...new Set(found.map(({ projectId }) => projectId))]);
    const projectIds = new Set(allowed.map(({ id }) => id));
    return found.filter(({ projectId }) => projectIds.has(projectId));
  }

  return {
    visible,

    /** @throws NotFoundError */
    async get(viewer: Viewer, id: number): Promise<Task> {
      const [task] = await visible(viewer, [id]);
      if (!task) throw new NotFoundError('task', id);
      return task;
    },

    list: (projectId: number, filter: TaskFilter, page: { limit: number; after?: number | undefined }) =>
      repository.tasksOf(db, projectId, filter, page),
    count: (projectId: number, filter: TaskFilter) => repository.countTasks(db, projectId, filter),
    predictionsOf: (taskIds: readonly number[]) => repository.predictionsOfTasks(db, taskIds),

    /** Stores tasks given inline, bare or as `{data, annotations, predictions, meta, allow_skip}`: all or none. */
    async importTasks(viewer: Viewer, projectId: number, rows: readonly unknown[]): Promise<number> {
      const project = await projects.manage(viewer, projectId);
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
      return transaction(database, async (tx) => {
        const { created } = await insertTasks(tx, target, tasks, { revive: false, update: false });
        if (created > 0) await announceToWebhooks(tx, events, projectId, 'tasks.created', { count: created });
        return created;
      });
    },

    /** Deletes tasks of one project with their annotations. Syncs do not bring them back. @returns how many */
    async deleteTasks(viewer: Viewer, projectId: number, ids: readonly number[]): Promise<number> {
      await projects.manage(viewer, projectId);
      if (ids.length > MAX_TASKS) {
        throw new ValidationError([{ path: 'taskIds', message: `Expected at most ${MAX_TASKS} tasks.` }]);
      }
      return transaction(database, (tx) => repository.deleteTasks(tx, projectId, ids, viewer.userId));
    },
  };
}

/** @throws ValidationError naming the rows that can't become tasks */
function draftsOf(rows: readonly unknown[]): TaskDraft[] {
  if (rows.length === 0 || rows.length > MAX_TASKS) {
    throw new ValidationError([
      { path: 'tasks', message: `Expected 1 to ${MAX_TASKS} tasks, got ${rows.length}.` },
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
