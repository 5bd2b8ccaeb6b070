import { recordChanges } from '../annotations/changes.ts';
import type { Database, Transaction } from '../database/client.ts';
import { copyLine, copyRows } from '../database/copy.ts';
import { compareKeys } from '../objects/keys.ts';
import { type NewTask, type TaskSource, WHOLE_OBJECT } from './model.ts';

/**
 * Tasks in bulk: a fixed handful of statements whatever the number of rows. COPY is several times faster
 * than the ORM's inserts, so the SQL is spelled out.
 */

export interface BulkTarget {
  projectId: number;
  /** null: tasks given inline. */
  containerId: number | null;
  /** Annotations that a task is meant to get. */
  overlap: number;
  /** Who imports them; absent: a sync. */
  userId?: number;
}

export interface BulkOptions {
  /** Bring back tasks that were deleted (`reimport`). */
  revive: boolean;
}

/** The container that tasks come from, in its project. */
export interface Place {
  projectId: number;
  containerId: number;
}
export type Sourced = NewTask & { source: TaskSource };

/**
 * Stores the tasks whose source the project does not have yet. One look at the index between the
 * first and the last source tells whether any of them may exist; on a first sync none does.
 * A concurrent import of the same source fails with a unique violation (SQLSTATE 23505): try again.
 * @returns how many were created
 */
export async function insertTasks(
  tx: Pick<Transaction, 'sql'>,
  target: BulkTarget,
  tasks: readonly NewTask[],
  options: BulkOptions,
): Promise<number> {
  if (tasks.length === 0) return 0;
  if (target.containerId === null) return copyTasks(tx, target, tasks);
  const place = { projectId: target.projectId, containerId: target.containerId };
  const sourced = tasks as readonly Sourced[];
  if (!(await anyKnown(tx, place, sourced))) return copyTasks(tx, target, sourced);
  const known = await knownSources(tx, place, sourced, options);
  const fresh = sourced.filter((_, index) => !known.has(index));
  if (fresh.length > 0 && options.revive) await forgetDeletion(tx, place, fresh);
  return copyTasks(tx, target, fresh);
}

/** Whether any task, live or deleted, stands between the first and the last source. */
async function anyKnown(
  { sql }: Pick<Transaction, 'sql'>,
  { projectId, containerId }: Place,
  tasks: readonly Sourced[],
): Promise<boolean> {
  let first = tasks[0]!.source;
  let last = first;
  for (const { source } of tasks) {
    if (compareSources(source, first) < 0) first = source;
    else if (compareSources(source, last) > 0) last = source;
  }
  const between = sql`project_id = ${projectId} AND container_id = ${containerId}
    AND (key, row) >= (${first.key}::text, ${first.row}::int)
    AND (key, row) <= (${last.key}::text, ${last.row}::int)`;
  const [row] = await sql<{ known: boolean }[]>`
    SELECT EXISTS (SELECT FROM tasks WHERE ${between})
        OR EXISTS (SELECT FROM deleted_sources WHERE ${between}) AS known`;
  return row?.known ?? true;
}

const compareSources = (a: TaskSource, b: TaskSource) => compareKeys(a.key, b.key) || a.row - b.row;

/** Places in `tasks` whose source exists, or was deleted and is not to come back. */
async function knownSources(
  { sql }: Pick<Transaction, 'sql'>,
  { projectId, containerId }: Place,
  tasks: readonly Sourced[],
  { revive }: BulkOptions,
): Promise<Set<number>> {
  const rows = await sql<{ place: number }[]>`
    SELECT place - 1 AS place FROM ${sources({ sql }, tasks)}
    WHERE EXISTS (SELECT FROM tasks t WHERE t.project_id = ${projectId} AND t.container_id = ${containerId}
                    AND t.key = s.key AND t.row = s.row AND t.revision = s.revision)
       OR ${!revive} AND EXISTS (SELECT FROM deleted_sources d WHERE d.project_id = ${projectId} AND d.container_id = ${containerId}
                    AND d.key = s.key AND d.row = s.row AND d.revision = s.revision)`;
  return new Set(rows.map(({ place }) => place));
}

export function sources({ sql }: Pick<Transaction, 'sql'>, tasks: readonly Sourced[]) {
  return sql`unnest(
      ${tasks.map(({ source }) => source.key)}::text[],
      ${tasks.map(({ source }) => source.row)}::int[],
      ${tasks.map(({ source }) => source.revision)}::int[]
    ) WITH ORDINALITY AS s (key, row, revision, place)`;
}

export async function forgetDeletion(
  { sql }: Pick<Transaction, 'sql'>,
  { projectId, containerId }: Place,
  tasks: readonly Sourced[],
): Promise<void> {
  await sql`
    DELETE FROM deleted_sources d USING ${sources({ sql }, tasks)}
    WHERE d.project_id = ${projectId} AND d.container_id = ${containerId} AND d.key = s.key AND d.row = s.row AND d.revision = s.revision`;
}

/** Copies tasks and what hangs on them. @returns how many */
export async function copyTasks(
  tx: Pick<Transaction, 'sql'>,
  target: BulkTarget,
  tasks: readonly NewTask[],
): Promise<number> {
  if (tasks.length === 0) return 0;
  const firstInnerId = await takeInnerIds(tx, target.projectId, tasks.length);
  const labeled = tasks.some((task) => task.annotations.length + task.predictions.length > 0);
  if (labeled) await copyLabeled(tx, target, tasks, firstInnerId);
  else await copyPlain(tx, target, tasks, firstInnerId);
  return tasks.length;
}

/** Reserves innerIds; the row lock makes concurrent imports take turns. @returns the first one */
async function takeInnerIds(
  { sql }: Pick<Transaction, 'sql'>,
  projectId: number,
  count: number,
): Promise<number> {
  const [row] = await sql<{ last: number }[]>`
    UPDATE projects SET last_inner_id = last_inner_id + ${count} WHERE id = ${projectId}
    RETURNING last_inner_id AS last`;
  if (!row) throw new Error(`Project ${projectId} was deleted during the import.`);
  return row.last - count + 1;
}

const plainColumns = [
  ...['project_id', 'inner_id', 'data', 'meta', 'overlap', 'allow_skip'],
  ...['container_id', 'key', 'row', 'row_id', 'revision'],
];

function plainFields({ projectId, containerId, overlap }: BulkTarget, task: NewTask, innerId: number) {
  const { data, meta, allowSkip, source } = task;
  const place = source ?? { key: null, row: null, id: null, revision: 0 };
  return [
    ...[projectId, innerId, data, meta ?? '{}', overlap, allowSkip],
    ...[containerId, place.key, place.row, place.id, place.revision],
  ] as const;
}

async function copyPlain(
  { sql }: Pick<Transaction, 'sql'>,
  target: BulkTarget,
  tasks: readonly NewTask[],
  firstInnerId: number,
): Promise<void> {
  function* lines(): Generator<string> {
    let innerId = firstInnerId;
    for (const task of tasks) yield copyLine(...plainFields(target, task, innerId++));
  }
  await copyRows(sql, 'tasks', plainColumns, lines());
}

/** Tasks with annotations or predictions: their ids are taken beforehand, so that children can name them. */
async function copyLabeled(
  { sql }: Pick<Transaction, 'sql'>,
  target: BulkTarget,
  tasks: readonly NewTask[],
  firstInnerId: number,
): Promise<void> {
  const ids = await sql<{ id: number }[]>`
    SELECT nextval(pg_get_serial_sequence('tasks', 'id')) AS id FROM generate_series(1, ${tasks.length})`;
  const lines: string[] = [];
  const annotationLines: string[] = [];
  const predictionLines: string[] = [];
  const now = new Date().toISOString();
  for (const [index, task] of tasks.entries()) {
    const id = ids[index]!.id;
    const cancelled = task.annotations.filter(({ wasCancelled }) => wasCancelled).length;
    const total = task.annotations.length - cancelled;
    const counters = [total, cancelled, task.predictions.length, total >= target.overlap] as const;
    lines.push(copyLine(id, ...plainFields(target, task, firstInnerId + index), ...counters));
    for (const it of task.annotations) {
      const written = it.createdAt?.toISOString() ?? now;
      const times = [written, it.updatedAt?.toISOString() ?? written] as const;
      const marks = [it.completedBy, it.wasCancelled, it.groundTruth, it.leadTime, it.importId] as const;
      annotationLines.push(copyLine(id, target.projectId, it.result, ...marks, ...times));
    }
    for (const it of task.predictions) {
      predictionLines.push(copyLine(id, target.projectId, it.result, it.score, it.modelVersion));
    }
  }
  const counterColumns = ['total_annotations', 'cancelled_annotations', 'total_predictions', 'is_labeled'];
  await copyRows(sql, 'tasks', ['id', ...plainColumns, ...counterColumns], lines);
  if (annotationLines.length > 0) {
    await copyRows(sql, 'annotations', annotationColumns, annotationLines);
    const taskIds = ids.filter((_, index) => tasks[index]!.annotations.length > 0).map(({ id }) => id);
    await recordChanges({ sql }, 'CREATED', { projectId: target.projectId, taskIds }, target.userId ?? null);
  }
  if (predictionLines.length > 0) await copyRows(sql, 'predictions', predictionColumns, predictionLines);
}

const annotationColumns = [
  ...['task_id', 'project_id', 'result', 'completed_by', 'was_cancelled', 'ground_truth'],
  ...['lead_time', 'import_id', 'created_at', 'updated_at'],
];
const predictionColumns = ['task_id', 'project_id', 'result', 'score', 'model_version'];

/** Deletes the tasks of these objects that nobody has annotated. They may come back with their objects. */
export async function deleteUnannotated(
  { sql }: Pick<Transaction, 'sql'>,
  { projectId, containerId }: Place,
  keys: readonly string[],
): Promise<number> {
  const deleted = await sql`
    DELETE FROM tasks t WHERE project_id = ${projectId} AND container_id = ${containerId} AND key = ANY(${keys as string[]}::text[])
      AND t.total_annotations + t.cancelled_annotations = 0
      AND NOT EXISTS (SELECT FROM annotations a WHERE a.project_id = t.project_id AND a.task_id = t.id)`;
  return deleted.count;
}

/** Gives tasks that stand for whole objects other data, where nobody has annotated them. @returns how many changed */
export async function updateWhole(
  { sql }: Pick<Transaction, 'sql'>,
  { projectId, containerId }: Place,
  tasks: readonly NewTask[],
): Promise<number> {
  if (tasks.length === 0) return 0;
  const updated = await sql`
    UPDATE tasks t SET data = s.data::jsonb, updated_at = now()
    FROM unnest(${tasks.map(({ source }) => source!.key)}::text[],
      ${tasks.map(({ source }) => source!.revision)}::int[], ${tasks.map(({ data }) => data)}::text[])
      AS s (key, revision, data)
    WHERE t.project_id = ${projectId} AND t.container_id = ${containerId} AND t.key = s.key
      AND t.row = ${WHOLE_OBJECT} AND t.revision = s.revision
      AND t.total_annotations + t.cancelled_annotations = 0 AND t.data IS DISTINCT FROM s.data::jsonb`;
  return updated.count;
}

/**
 * Deletes the tasks that were made of these objects in another way than now, but those that somebody has annotated.
 * @param kind the tasks that stand for an object as a whole go; or those of its rows
 */
export async function deleteReplaced(
  { sql }: Pick<Transaction, 'sql'>,
  { projectId, containerId }: Place,
  kind: 'WHOLE' | 'ROWS',
  keys: readonly string[],
): Promise<number> {
  if (keys.length === 0) return 0;
  const deleted = await sql`
    DELETE FROM tasks t
    WHERE project_id = ${projectId} AND container_id = ${containerId} AND key = ANY(${keys as string[]}::text[])
      AND (row = ${WHOLE_OBJECT}) = ${kind === 'WHOLE'} AND t.total_annotations + t.cancelled_annotations = 0
      AND NOT EXISTS (SELECT FROM annotations a WHERE a.project_id = t.project_id AND a.task_id = t.id)`;
  return deleted.count;
}

/** How many of the sources of an object the project has tasks of, and how many tasks of them were deleted. */
export interface SourceCounts {
  key: string;
  revision: number;
  live: number;
  deleted: number;
}

/**
 * What the project has of these sources, object by object; of some it has nothing.
 * @param besides so many of its newest tasks do not count: they were stored a moment ago
 */
export async function countSources(
  { sql }: Pick<Transaction, 'sql'> | Pick<Database, 'sql'>,
  { projectId, containerId }: Place,
  wanted: readonly TaskSource[],
  besides = 0,
): Promise<SourceCounts[]> {
  return sql<SourceCounts[]>`
    SELECT s.key, s.revision, count(t.id)::int AS live, count(d.key)::int AS deleted
    FROM unnest(${wanted.map(({ key }) => key)}::text[], ${wanted.map(({ row }) => row)}::int[],
      ${wanted.map(({ revision }) => revision)}::int[]) AS s (key, row, revision)
    LEFT JOIN tasks t ON t.project_id = ${projectId} AND t.container_id = ${containerId}
      AND t.key = s.key AND t.row = s.row AND t.revision = s.revision
      AND t.inner_id <= (SELECT last_inner_id FROM projects WHERE id = ${projectId}) - ${besides}::bigint
    LEFT JOIN deleted_sources d ON d.project_id = ${projectId} AND d.container_id = ${containerId}
      AND d.key = s.key AND d.row = s.row AND d.revision = s.revision
    GROUP BY s.key, s.revision`;
}

/** The same for all rows of these objects, whichever they are. */
export async function countRowSources(
  { sql }: Pick<Database, 'sql'>,
  { projectId, containerId }: Place,
  keys: readonly string[],
): Promise<SourceCounts[]> {
  const among = sql`project_id = ${projectId} AND container_id = ${containerId}
    AND key = ANY(${keys as string[]}::text[]) AND row <> ${WHOLE_OBJECT}`;
  return sql<SourceCounts[]>`
    SELECT key, revision, sum(live)::int AS live, sum(deleted)::int AS deleted FROM (
      SELECT key, revision, count(*) AS live, 0 AS deleted FROM tasks WHERE ${among} GROUP BY key, revision
      UNION ALL
      SELECT key, revision, 0, count(*) FROM deleted_sources WHERE ${among} GROUP BY key, revision
    ) AS sources GROUP BY key, revision`;
}
