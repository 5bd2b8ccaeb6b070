import { and, asc, count, eq, gt, inArray } from 'drizzle-orm';
import { recordChanges } from '../annotations/changes.ts';
import type { Db, Transaction } from '../database/client.ts';
import { predictions, tasks } from '../database/tables.ts';
import type { Prediction, Task, TaskFilter } from './model.ts';

export async function tasksById(db: Db, ids: readonly number[]): Promise<Task[]> {
  return db
    .select()
    .from(tasks)
    .where(inArray(tasks.id, [...ids]));
}

const matching = (projectId: number, { ids, isLabeled, key }: TaskFilter) =>
  and(
    eq(tasks.projectId, projectId),
    ids ? inArray(tasks.id, ids) : undefined,
    isLabeled == null ? undefined : eq(tasks.isLabeled, isLabeled),
    key == null ? undefined : eq(tasks.key, key),
  );

/** A page of a project's tasks in the order of their innerIds, behind the innerId `after`. */
export async function tasksOf(
  db: Db,
  projectId: number,
  filter: TaskFilter,
  page: { limit: number; after?: number | undefined },
): Promise<Task[]> {
  return db
    .select()
    .from(tasks)
    .where(and(matching(projectId, filter), gt(tasks.innerId, page.after ?? 0)))
    .orderBy(asc(tasks.innerId))
    .limit(page.limit);
}

export async function countTasks(db: Db, projectId: number, filter: TaskFilter): Promise<number> {
  const [row] = await db.select({ total: count() }).from(tasks).where(matching(projectId, filter));
  return row?.total ?? 0;
}

export async function predictionsOfTasks(db: Db, taskIds: readonly number[]): Promise<Prediction[]> {
  return db
    .select()
    .from(predictions)
    .where(inArray(predictions.taskId, [...taskIds]))
    .orderBy(asc(predictions.id));
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
      ON CONFLICT DO NOTHING
    )
    SELECT count(*) AS total FROM gone`;
  return row?.total ?? 0;
}

/**
 * Counts a task's annotations anew. Called in the transaction that changed them; the row lock makes
 * concurrent changes take turns.
 */
export async function recount(
  tx: Pick<Transaction, 'sql'>,
  { id, projectId }: Pick<Task, 'id' | 'projectId'>,
): Promise<void> {
  await tx.sql`SELECT id FROM tasks WHERE id = ${id} AND project_id = ${projectId} FOR UPDATE`;
  await tx.sql`
    UPDATE tasks t SET
      total_annotations = c.total, cancelled_annotations = c.cancelled,
      is_labeled = c.total >= t.overlap, updated_at = now()
    FROM (SELECT count(*) FILTER (WHERE NOT was_cancelled)::int AS total,
                 count(*) FILTER (WHERE was_cancelled)::int AS cancelled
          FROM annotations WHERE project_id = ${projectId} AND task_id = ${id}) AS c
    WHERE t.id = ${id} AND t.project_id = ${projectId}`;
}
