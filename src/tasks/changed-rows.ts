import type postgres from 'postgres';
import type { Transaction } from '../database/client.ts';
import { copyLine, copyRows } from '../database/copy.ts';
import { type BulkTarget, copyTasks } from './bulk.ts';
import type { NewAnnotation, NewPrediction, NewTask, TaskSource } from './model.ts';

/**
 * Rows of objects that have changed (policy UPDATE): which task each of them is, whatever has been inserted above
 * it. They are staged in the database while an object is read, and matched there when it has been, so that
 * memory does not grow with the object.
 */

type Client = Pick<Transaction, 'sql'>;

/** The sync that stages, and the container of its rows. */
export interface RowScope extends BulkTarget {
  containerId: number;
  syncId: number;
}

/** A row as it was read; task null: it is there, but can't be read. */
export interface StagedRow {
  source: TaskSource;
  task: NewTask | null;
}

/** An object that was read, as far as it could be. */
export interface ReadObject {
  key: string;
  revision: number;
  /** To its end: what is not among its rows is gone. */
  whole: boolean;
}

/** What became of the rows of objects. */
export interface RowMatches {
  created: number;
  updated: number;
  /** Rows of annotated tasks whose data has changed, at most 100 of an object; the tasks keep theirs. */
  kept: { key: string; row: number; total: number }[];
  /** Tasks whose rows are gone from objects that were read whole. */
  gone: { key: string; total: number; annotated: number }[];
}

const stagedColumns = [
  ...['project_id', 'sync_id', 'key', 'row', 'row_id', 'data', 'meta', 'allow_skip'],
  ...['annotations', 'predictions'],
];

/** @param anew keys whose rows are staged from the first one on: what an earlier reading left goes */
export async function stageRows(
  { sql }: Client,
  { projectId, syncId }: RowScope,
  rows: readonly StagedRow[],
  anew: readonly string[],
): Promise<void> {
  if (anew.length > 0) {
    await sql`DELETE FROM staged_rows WHERE ${staged(sql, { projectId, syncId })} AND key = ANY(${anew as string[]}::text[])`;
  }
  if (rows.length === 0) return;
  function* lines(): Generator<string> {
    for (const { source, task } of rows) {
      const place = [projectId, syncId, source.key, source.row, source.id] as const;
      const lists = [task?.annotations, task?.predictions].map((list) => JSON.stringify(list ?? []));
      yield copyLine(...place, task?.data, task && (task.meta ?? '{}'), task?.allowSkip ?? true, ...lists);
    }
  }
  await copyRows(sql, 'staged_rows', stagedColumns, lines());
}

/** Forgets all that a sync has staged. */
export async function dropStagedRows({ sql }: Client, projectId: number, syncId: number): Promise<void> {
  await sql`DELETE FROM staged_rows WHERE ${staged(sql, { projectId, syncId })}`;
}

const staged = (
  sql: postgres.TransactionSql,
  { projectId, syncId }: Pick<RowScope, 'projectId' | 'syncId'>,
) => sql`project_id = ${projectId} AND sync_id = ${syncId}`;

/**
 * Matches the staged rows of objects with the tasks of those objects: by id where all rows and tasks have one of
 * their own, then by equal data, then, without ids, by number. Tasks move to the numbers of their rows; those
 * nobody has annotated get the new data; rows without a task become new ones. A deleted task stays
 * deleted with its row, unless `revive`.
 */
export async function matchRows(
  tx: Client,
  scope: RowScope,
  objects: readonly ReadObject[],
  { revive }: { revive: boolean },
): Promise<RowMatches> {
  const { sql } = tx;
  const keys = objects.map(({ key }) => key);
  // Other imports into the project take their turn; and no plan may look at each task for each row: all are
  // of one key, which a merge would go by.
  await sql`SELECT id FROM projects WHERE id = ${scope.projectId} FOR NO KEY UPDATE`;
  await sql`SELECT set_config('enable_nestloop', 'off', true), set_config('enable_mergejoin', 'off', true)`;
  const known = knownRows(sql, scope, objects, revive);
  const rows = sql`s.project_id = ${scope.projectId} AND s.sync_id = ${scope.syncId} AND s.key = ANY(${keys}::text[])`;
  const byId = await keysWithIds(sql, rows, known);
  await matchBy(sql, rows, known, 'ID', byId);
  await matchBy(sql, rows, known, 'DATA', keys);
  const byNumber = keys.filter((key) => !byId.includes(key));
  await matchBy(sql, rows, known, 'NUMBER', byNumber);
  await matchBy(sql, rows, known, 'UNREADABLE', keys);
  const updated = await updateData(sql, scope, keys, rows);
  const kept = await keptRows(sql, scope, keys, rows);
  const gone = await moveTasks(sql, scope, objects, rows);
  await moveDeleted(sql, scope, objects, rows, revive);
  await sql`SELECT set_config('enable_nestloop', 'on', true), set_config('enable_mergejoin', 'on', true)`;
  const created = await createTasks(tx, scope, objects, rows);
  await sql`DELETE FROM staged_rows s WHERE ${rows}`;
  return { created, updated, kept, gone };
}

type Fragment = postgres.PendingQuery<postgres.Row[]> | postgres.Fragment;
type Sql = postgres.TransactionSql;

/** Far below any number of a row or a task: deleted sources have no id of their own. */
const DELETED = 10_000_000_000_000;

const tasksOf = (sql: Sql, { projectId, containerId }: RowScope, objects: readonly ReadObject[]) => sql`
  (SELECT t.* FROM tasks t
   JOIN unnest(${objects.map(({ key }) => key)}::text[], ${objects.map(({ revision }) => revision)}::int[])
     AS o (key, revision) ON t.key = o.key COLLATE "C" AND t.revision = o.revision
   WHERE t.project_id = ${projectId} AND t.container_id = ${containerId} AND t.row <> -1
     AND t.key = ANY(${objects.map(({ key }) => key)}::text[]))`;

const deletedOf = (sql: Sql, { projectId, containerId }: RowScope, objects: readonly ReadObject[]) => sql`
  (SELECT d.* FROM deleted_sources d
   JOIN unnest(${objects.map(({ key }) => key)}::text[], ${objects.map(({ revision }) => revision)}::int[])
     AS o (key, revision) ON d.key = o.key COLLATE "C" AND d.revision = o.revision
   WHERE d.project_id = ${projectId} AND d.container_id = ${containerId} AND d.row <> -1
     AND d.key = ANY(${objects.map(({ key }) => key)}::text[]))`;

/** What the rows can be matched with: `ref` names a task, or a deleted source by its number. */
const knownRows = (sql: Sql, scope: RowScope, objects: readonly ReadObject[], revive: boolean) => sql`
  (SELECT id AS ref, key, row, row_id, jsonb_hash_extended(data, 0) AS hash, 2 AS worth,
          total_annotations + cancelled_annotations AS annotated
   FROM ${tasksOf(sql, scope, objects)} AS t
   UNION ALL
   SELECT row - ${DELETED}::bigint, key, row, row_id, data_hash, 1, 0
   FROM ${deletedOf(sql, scope, objects)} AS d WHERE ${!revive})`;

/** Keys of objects whose rows and tasks all have an id, and no two the same. */
async function keysWithIds(sql: Sql, rows: Fragment, known: Fragment): Promise<string[]> {
  const found = await sql<{ key: string }[]>`
    SELECT key FROM staged_rows s WHERE ${rows} AND data IS NOT NULL
    GROUP BY key HAVING count(*) = count(DISTINCT row_id)
    EXCEPT
    SELECT key FROM ${known} AS k WHERE row >= 0 GROUP BY key HAVING count(*) > count(DISTINCT row_id)`;
  return found.map(({ key }) => key);
}

/** Matches rows and tasks that have no match yet and agree; of several that agree, the first with the first. */
async function matchBy(
  sql: Sql,
  rows: Fragment,
  known: Fragment,
  what: 'ID' | 'DATA' | 'NUMBER' | 'UNREADABLE',
  keys: readonly string[],
): Promise<void> {
  if (keys.length === 0) return;
  const ofRow = what === 'ID' ? sql`row_id` : what === 'DATA' ? sql`jsonb_hash_extended(data, 0)` : sql`row`;
  const ofTask = what === 'ID' ? sql`row_id` : what === 'DATA' ? sql`hash` : sql`row`;
  const readable = what === 'UNREADABLE' ? sql`data IS NULL` : sql`data IS NOT NULL`;
  await sql`
    WITH r AS (
      SELECT key, row, ${ofRow} AS trait,
             row_number() OVER (PARTITION BY key, ${ofRow} ORDER BY row) AS nth
      FROM staged_rows s
      WHERE ${rows} AND key = ANY(${keys as string[]}::text[]) AND match IS NULL AND ${readable} AND ${ofRow} IS NOT NULL
    ), k AS (
      SELECT ref, key, ${ofTask} AS trait,
             row_number() OVER (PARTITION BY key, ${ofTask} ORDER BY annotated > 0 DESC, worth DESC, row < 0, row) AS nth
      FROM ${known} AS k
      WHERE NOT EXISTS (SELECT FROM staged_rows s WHERE ${rows} AND s.key = k.key AND s.match = k.ref)
    )
    UPDATE staged_rows s SET match = k.ref
    FROM r JOIN k ON k.key = r.key AND k.trait = r.trait AND k.nth = r.nth
    WHERE ${rows} AND s.key = r.key AND s.row = r.row`;
}

/** The tasks `t` of the objects, by their index. */
const ofObjects = (sql: Sql, { projectId, containerId }: RowScope, keys: readonly string[]) => sql`
  t.project_id = ${projectId} AND t.container_id = ${containerId} AND t.key = ANY(${keys as string[]}::text[])`;

async function updateData(
  sql: Sql,
  scope: RowScope,
  keys: readonly string[],
  rows: Fragment,
): Promise<number> {
  const updated = await sql`
    UPDATE tasks t SET data = s.data, meta = s.meta, updated_at = now()
    FROM staged_rows s
    WHERE ${rows} AND s.match = t.id AND ${ofObjects(sql, scope, keys)} AND s.data IS NOT NULL
      AND t.total_annotations + t.cancelled_annotations = 0
      AND (t.data, t.meta) IS DISTINCT FROM (s.data, s.meta)`;
  return updated.count;
}

async function keptRows(
  sql: Sql,
  scope: RowScope,
  keys: readonly string[],
  rows: Fragment,
): Promise<RowMatches['kept']> {
  return sql<RowMatches['kept']>`
    SELECT key, row, total FROM (
      SELECT s.key, s.row, row_number() OVER (PARTITION BY s.key ORDER BY s.row) AS nth,
             count(*) OVER (PARTITION BY s.key) AS total
      FROM staged_rows s JOIN tasks t ON s.match = t.id
      WHERE ${rows} AND ${ofObjects(sql, scope, keys)} AND s.data IS NOT NULL
        AND t.total_annotations + t.cancelled_annotations > 0 AND t.data IS DISTINCT FROM s.data
    ) AS kept WHERE nth <= 100 ORDER BY key, row`;
}

/**
 * Gives tasks the numbers of their rows. All that have to go elsewhere first make room, below the numbers that
 * are taken: there stays whose row is gone.
 */
async function moveTasks(
  sql: Sql,
  scope: RowScope,
  objects: readonly ReadObject[],
  rows: Fragment,
): Promise<RowMatches['gone']> {
  const keys = objects.map(({ key }) => key);
  const whole = objects.filter((object) => object.whole).map(({ key }) => key);
  const gone = await sql<RowMatches['gone']>`
    WITH old AS (
      SELECT t.id, t.key, t.row, s.row AS next, t.total_annotations + t.cancelled_annotations > 0 AS annotated,
             least(min(t.row) OVER (PARTITION BY t.key), -1) AS lowest
      FROM ${tasksOf(sql, scope, objects)} AS t
      LEFT JOIN (SELECT match, row FROM staged_rows s WHERE ${rows} AND match IS NOT NULL) AS s ON s.match = t.id
    ), parked AS (
      SELECT *, lowest - row_number() OVER (PARTITION BY key ORDER BY row) AS place
      FROM old WHERE next <> row OR (next IS NULL AND row >= 0)
    ), moved AS (
      UPDATE tasks t SET row = parked.place FROM parked
      WHERE t.id = parked.id AND ${ofObjects(sql, scope, keys)}
      RETURNING t.key, parked.next, parked.annotated
    )
    SELECT key, count(*) AS total, count(*) FILTER (WHERE annotated) AS annotated
    FROM moved WHERE next IS NULL AND key = ANY(${whole}::text[]) GROUP BY key ORDER BY key`;
  await sql`
    UPDATE tasks t SET row = s.row, row_id = coalesce(s.row_id, t.row_id)
    FROM staged_rows s
    WHERE ${rows} AND s.match = t.id AND ${ofObjects(sql, scope, keys)}
      AND (t.row <> s.row OR t.row_id IS DISTINCT FROM coalesce(s.row_id, t.row_id))`;
  return gone;
}

/** The same for tasks that were deleted: they stay so wherever their rows go. With `revive` they are forgotten. */
async function moveDeleted(
  sql: Sql,
  scope: RowScope,
  objects: readonly ReadObject[],
  rows: Fragment,
  revive: boolean,
): Promise<void> {
  const keys = objects.map(({ key }) => key);
  await sql`
    WITH old AS (
      DELETE FROM deleted_sources t USING ${deletedOf(sql, scope, objects)} AS d
      WHERE ${ofObjects(sql, scope, keys)} AND t.key = d.key AND t.row = d.row AND t.revision = d.revision
      RETURNING t.*
    ), placed AS (
      -- Numbering needs all of them: nothing is put back before everything is out.
      SELECT old.*, s.row AS next, s.row_id AS next_id,
             least(min(old.row) OVER (PARTITION BY old.key), -1)
               - row_number() OVER (PARTITION BY old.key ORDER BY old.row) AS place
      FROM old
      LEFT JOIN (SELECT match, key, row, row_id FROM staged_rows s WHERE ${rows} AND match < 0) AS s
        ON s.key = old.key AND s.match = old.row - ${DELETED}::bigint
    )
    INSERT INTO deleted_sources (project_id, container_id, key, row, revision, row_id, data_hash)
    SELECT project_id, container_id, key, coalesce(next, place), revision, coalesce(next_id, row_id), data_hash
    FROM placed WHERE ${!revive}`;
}

/** Rows that are fetched and stored at a time. */
const BATCH = 1_000;

async function createTasks(
  tx: Client,
  scope: RowScope,
  objects: readonly ReadObject[],
  rows: Fragment,
): Promise<number> {
  const revisions = new Map(objects.map(({ key, revision }) => [key, revision]));
  let created = 0;
  for (let last = { key: '', row: -1 }; ; ) {
    const fresh = await tx.sql<FreshRow[]>`
      SELECT key, row, row_id AS id, data::text, meta::text, allow_skip AS "allowSkip", annotations, predictions
      FROM staged_rows s
      WHERE ${rows} AND match IS NULL AND data IS NOT NULL AND (key, row) > (${last.key}::text, ${last.row}::int)
      ORDER BY key, row LIMIT ${BATCH}`;
    const tasks = fresh.map(({ key, row, id, annotations, ...task }) => ({
      ...task,
      source: { key, row, id, revision: revisions.get(key) ?? 0 },
      annotations: annotations.map(({ createdAt, updatedAt, ...annotation }) => ({
        ...annotation,
        createdAt: createdAt === null ? null : new Date(createdAt),
        updatedAt: updatedAt === null ? null : new Date(updatedAt),
      })),
    }));
    created += await copyTasks(tx, scope, tasks);
    if (fresh.length < BATCH) return created;
    last = fresh.at(-1)!;
  }
}

/** A staged row as it comes back; the instants of its annotations as text. */
interface FreshRow extends Omit<NewTask, 'source' | 'annotations'> {
  key: string;
  row: number;
  id: string | null;
  annotations: (Omit<NewAnnotation, 'createdAt' | 'updatedAt'> &
    Record<'createdAt' | 'updatedAt', string | null>)[];
  predictions: NewPrediction[];
}

/** Whether the project has tasks of an object, whichever storage brought them. */
export async function hasTasks(
  { sql }: { sql: postgres.Sql },
  { projectId, containerId }: Pick<RowScope, 'projectId' | 'containerId'>,
  key: string,
): Promise<boolean> {
  const [row] = await sql<{ known: boolean }[]>`
    SELECT EXISTS (SELECT FROM tasks t WHERE project_id = ${projectId} AND container_id = ${containerId} AND key = ${key})
        AS known`;
  return row?.known ?? true;
}
