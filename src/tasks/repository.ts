import { and, asc, eq, gt, inArray, not, or, type SQL, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import { recordChanges } from '../annotations/changes.ts';
import type { Db, Transaction } from '../database/client.ts';
import { countRows } from '../database/count.ts';
import { keyset, type OrderedPage, within } from '../database/keyset.ts';
import { annotations } from '../database/tables/annotations.ts';
import { predictions, tasks } from '../database/tables/tasks.ts';
import type { Prediction, Task, TaskFilter, TaskOrderField } from './model.ts';

export async function tasksById(db: Db, ids: readonly number[]): Promise<Task[]> {
  return db
    .select()
    .from(tasks)
    .where(inArray(tasks.id, [...ids]));
}

function matching(projectId: number, filter: TaskFilter): SQL | undefined {
  const { ids, isLabeled, hasAnnotations, key, keyPrefix, storage, createdAfter, createdBefore } = filter;
  const annotated = or(gt(tasks.totalAnnotations, 0), gt(tasks.cancelledAnnotations, 0));
  return and(
    eq(tasks.projectId, projectId),
    ids ? inArray(tasks.id, ids) : undefined,
    isLabeled == null ? undefined : eq(tasks.isLabeled, isLabeled),
    hasAnnotations == null ? undefined : hasAnnotations ? annotated : not(annotated!),
    key == null ? undefined : eq(tasks.key, key),
    keyPrefix == null ? undefined : sql`starts_with(${tasks.key}, ${keyPrefix})`,
    storage && eq(tasks.containerId, storage.containerId),
    storage && sql`starts_with(${tasks.key}, ${storage.prefix})`,
    within(tasks.createdAt, createdAfter, createdBefore),
  );
}

const orderColumns = {
  INNER_ID: tasks.innerId,
  CREATED_AT: tasks.createdAt,
  UPDATED_AT: tasks.updatedAt,
} satisfies Record<TaskOrderField, PgColumn>;

/** A page of a project's tasks, by innerId by default. */
export async function tasksOf(
  db: Db,
  projectId: number,
  filter: TaskFilter,
  { limit, after, order = { field: 'INNER_ID', direction: 'ASC' } }: OrderedPage<TaskOrderField>,
): Promise<Task[]> {
  const { behind, sorted } = keyset(orderColumns[order.field], tasks.innerId, order.direction, after);
  return db
    .select()
    .from(tasks)
    .where(and(matching(projectId, filter), behind))
    .orderBy(...sorted)
    .limit(limit);
}

/** A task by number, and the stored bytes of it, its annotations and its predictions: a measure of memory. */
export interface WeighedTask {
  id: number;
  innerId: number;
  bytes: number;
}

/** The tasks of a project behind a number, by innerId. */
export async function weighedTasksOf(
  db: Db,
  projectId: number,
  filter: TaskFilter,
  { limit, after }: { limit: number; after: number },
): Promise<WeighedTask[]> {
  const results = (table: typeof annotations | typeof predictions) => sql`
    coalesce((SELECT sum(pg_column_size(${table.result})) FROM ${table}
      WHERE ${table.projectId} = ${tasks.projectId} AND ${table.taskId} = ${tasks.id}), 0)`;
  return db
    .select({
      id: tasks.id,
      innerId: tasks.innerId,
      bytes: sql<number>`(pg_column_size(${tasks.data}) + pg_column_size(${tasks.meta})
        + ${results(annotations)} + ${results(predictions)})::bigint`,
    })
    .from(tasks)
    .where(and(matching(projectId, filter), gt(tasks.innerId, after)))
    .orderBy(asc(tasks.innerId))
    .limit(limit);
}

export const countTasks = (db: Db, projectId: number, filter: TaskFilter) =>
  countRows(db, tasks, matching(projectId, filter));

/** The first predictions of each task behind `after`, by id. */
export async function predictionsOfTasks(
  db: Db,
  taskIds: readonly number[],
  { limit, after = 0 }: { limit: number; after?: number | undefined },
): Promise<Prediction[]> {
  const page = sql`
    SELECT page.id FROM unnest(${`{${taskIds.join()}}`}::bigint[]) AS task (id), LATERAL (
      SELECT id FROM ${predictions} WHERE task_id = task.id AND id > ${after} ORDER BY id LIMIT ${limit}) AS page`;
  return db
    .select()
    .from(predictions)
    .where(and(inArray(predictions.taskId, [...taskIds]), sql`${predictions.id} IN (${page})`))
    .orderBy(asc(predictions.id));
}

export async function predictionsById(db: Db, ids: readonly number[]): Promise<Prediction[]> {
  return db
    .select()
    .from(predictions)
    .where(inArray(predictions.id, [...ids]));
}

/** Deletes tasks and remembers their sources, so that no sync brings them back. @returns how many */
export async function deleteTasks(
  tx: Transaction,
  projectId: number,
  ids: readonly number[],
  userId: number,
): Promise<number> {
  // Held from here on: no annotation comes in between the record and the deletion.
  await tx.sql`
    SELECT id FROM tasks WHERE project_id = ${projectId} AND id = ANY(${ids as number[]}::bigint[])
    ORDER BY id FOR UPDATE`;
  await recordChanges(tx, 'DELETED', { projectId, taskIds: ids }, userId);
  const [row] = await tx.sql<{ total: number }[]>`
    WITH gone AS (
      DELETE FROM tasks WHERE project_id = ${projectId} AND id = ANY(${ids as number[]}::bigint[])
      RETURNING container_id, key, row, row_id, revision, jsonb_hash_extended(data, 0) AS data_hash
    ), remembered AS (
      INSERT INTO deleted_sources (project_id, container_id, key, row, revision, row_id, data_hash)
      SELECT ${projectId}, container_id, key, row, revision, row_id, data_hash FROM gone WHERE container_id IS NOT NULL
      UNION ALL
      SELECT project_id, container_id, key, row, revision, NULL, NULL FROM joined_sources
      WHERE project_id = ${projectId} AND task_id = ANY(${ids as number[]}::bigint[])
      ON CONFLICT DO NOTHING
    )
    SELECT count(*) AS total FROM gone`;
  return row?.total ?? 0;
}

/**
 * Counts the annotations of tasks anew. Called in the transaction that changed them; the row locks make concurrent
 * changes take turns.
 */
export async function recount(
  { sql }: Pick<Transaction, 'sql'>,
  { projectId, taskIds }: { projectId: number; taskIds: readonly number[] },
): Promise<void> {
  const ids = taskIds as number[];
  await sql`
    SELECT id FROM tasks WHERE project_id = ${projectId} AND id = ANY(${ids}::bigint[]) ORDER BY id FOR UPDATE`;
  await sql`
    UPDATE tasks t SET
      total_annotations = c.total, cancelled_annotations = c.cancelled,
      is_labeled = c.total >= t.overlap, updated_at = now()
    FROM (SELECT wanted.id, count(a.id) FILTER (WHERE NOT a.was_cancelled)::int AS total,
                 count(a.id) FILTER (WHERE a.was_cancelled)::int AS cancelled
          FROM unnest(${ids}::bigint[]) AS wanted (id)
          LEFT JOIN annotations a ON a.project_id = ${projectId} AND a.task_id = wanted.id GROUP BY 1) AS c
    WHERE t.id = c.id AND t.project_id = ${projectId}`;
}
