import { and, asc, count, eq, gt, inArray, or } from 'drizzle-orm';
import type { Database, Db, Transaction } from '../database/client.ts';
import { exportEvents, exportRecords } from '../database/tables.ts';
import type {
  Claim,
  ExportErrorCode,
  ExportEvent,
  ExportRecord,
  ExportState,
  KnownExport,
  Outcome,
} from './model.ts';

/** A target storage as its records need it. */
export interface Target {
  id: number;
  projectId: number;
}
type Tx = Pick<Transaction, 'sql'>;

/** Tasks whose annotations changed. */
export interface Touched {
  projectId: number;
  taskId: number;
  annotationId: number;
}

/**
 * Turns changes into intents for each target storage of their projects that exports what is saved. An annotation's
 * object shows its task, so all annotations of a touched task are meant.
 */
export async function intendChanges({ sql }: Tx, touched: readonly Touched[]): Promise<void> {
  const column = <K extends keyof Touched>(name: K) => touched.map((it) => it[name]);
  await sql`
    WITH touched AS (
      SELECT DISTINCT * FROM unnest(${column('projectId')}::bigint[], ${column('taskId')}::bigint[],
        ${column('annotationId')}::bigint[]) AS t (project_id, task_id, annotation_id)
    ), subjects AS (
      SELECT DISTINCT t.project_id, t.task_id, t.task_id AS subject_id, 'TASK' AS layout FROM touched t
      UNION SELECT t.project_id, t.task_id, t.annotation_id, 'ANNOTATION' FROM touched t
      UNION SELECT t.project_id, t.task_id, a.id, 'ANNOTATION' FROM touched t
        JOIN annotations a ON a.project_id = t.project_id AND a.task_id = t.task_id
    )
    INSERT INTO export_records (project_id, storage_id, subject_id, task_id, due_at)
    SELECT s.project_id, s.id, subject_id, task_id, now()
    FROM subjects JOIN storages s ON s.project_id = subjects.project_id AND s.direction = 'TARGET'
      AND s.settings->>'layout' = layout AND (s.settings->>'exportOnSave')::boolean
    ORDER BY s.id, subject_id
    ON CONFLICT (project_id, storage_id, subject_id) DO UPDATE SET ${wantedAnew(sql)}`;
}

/** Another intent: a worker that has the record at this moment looks again by itself when it is done. */
const wantedAnew = (sql: Tx['sql']) => sql`
  wanted = export_records.wanted + 1, attempts = 0, state = 'PENDING', updated_at = now(),
  due_at = CASE WHEN export_records.lease_until > now() THEN export_records.due_at ELSE now() END`;

/** What a sync of a target asks for. */
export interface Request {
  syncId: number;
  layout: 'ANNOTATION' | 'TASK';
  /** Write everything, whatever is known of it. */
  full: boolean;
}

/**
 * Makes the next subjects behind `after` due: those that have something to export and those that a record is kept of.
 * @returns the last of them; undefined: there are no more
 */
export async function intendNext(
  { sql }: Tx,
  { id, projectId }: Target,
  { syncId, layout, full }: Request,
  after: number,
  limit: number,
): Promise<{ last: number; total: number } | undefined> {
  const [row] = await sql<{ last: number | null; total: number }[]>`
    WITH next AS (${nextSubjects(sql, { id, projectId }, layout, after, limit)}), intended AS (
      INSERT INTO export_records (project_id, storage_id, subject_id, task_id, due_at, sync_id)
      SELECT ${projectId}, ${id}, subject_id, task_id, now(), ${syncId} FROM next
      ON CONFLICT (project_id, storage_id, subject_id) DO UPDATE SET ${wantedAnew(sql)},
        sync_id = excluded.sync_id, hash = CASE WHEN ${full} THEN NULL ELSE export_records.hash END
    )
    SELECT max(subject_id) AS last, count(*)::int AS total FROM next`;
  return row?.last == null ? undefined : { last: row.last, total: row.total };
}

/** The next subjects behind `after`: those that have something to export and those that a record is kept of. */
function nextSubjects(
  sql: Tx['sql'] | Database['sql'],
  { id, projectId }: Target,
  layout: Request['layout'],
  after: number,
  limit: number,
) {
  const source =
    layout === 'TASK'
      ? sql`SELECT id AS subject_id, id AS task_id FROM tasks WHERE project_id = ${projectId} AND id > ${after}
              AND total_annotations + cancelled_annotations > 0`
      : sql`SELECT id AS subject_id, task_id FROM annotations WHERE project_id = ${projectId} AND id > ${after}`;
  return sql`
    SELECT subject_id, max(task_id) AS task_id FROM (
      (${source} ORDER BY 1 LIMIT ${limit})
      UNION ALL
      (SELECT subject_id, task_id FROM export_records
       WHERE project_id = ${projectId} AND storage_id = ${id} AND subject_id > ${after}
         AND state NOT IN ('DELETED', 'KEPT') ORDER BY 1 LIMIT ${limit})
    ) both_sides GROUP BY 1 ORDER BY 1 LIMIT ${limit}`;
}

/** The same subjects with what is known of their objects; `state` null: they have no record. */
export async function nextKnown(
  { sql }: Pick<Database, 'sql'>,
  target: Target,
  layout: Request['layout'],
  after: number,
  limit: number,
): Promise<KnownExport[]> {
  return sql<KnownExport[]>`
    WITH next AS (${nextSubjects(sql, target, layout, after, limit)})
    SELECT next.subject_id AS "subjectId", r.state, r.key, r.version, r.hash, r.size,
      r.exported_at AS "exportedAt"
    FROM next LEFT JOIN export_records r
      ON r.project_id = ${target.projectId} AND r.storage_id = ${target.id} AND r.subject_id = next.subject_id
    ORDER BY 1`;
}

/** Those of the subjects whose key another record of the storage has. */
export async function takenKeys(
  { sql }: Pick<Database, 'sql'>,
  { id, projectId }: Target,
  wanted: readonly { subjectId: number; key: string }[],
): Promise<Set<number>> {
  if (wanted.length === 0) return new Set();
  const rows = await sql<{ subjectId: number }[]>`
    SELECT k.subject_id AS "subjectId"
    FROM unnest(${wanted.map(({ subjectId }) => subjectId)}::bigint[], ${wanted.map(({ key }) => key)}::text[])
      AS k (subject_id, key)
    JOIN export_records o ON o.project_id = ${projectId} AND o.storage_id = ${id}
      AND o.key = k.key COLLATE "C" AND o.subject_id <> k.subject_id`;
  return new Set(rows.map(({ subjectId }) => subjectId));
}

/** Makes due what failed, for good or for now. @returns how many */
export async function intendFailed({ sql }: Tx, { id, projectId }: Target, syncId: number): Promise<number> {
  const failed = await sql`
    UPDATE export_records SET ${wantedAnew(sql)}, sync_id = ${syncId}
    WHERE project_id = ${projectId} AND storage_id = ${id}
      AND (state = 'FAILED' OR (state = 'PENDING' AND error_code IS NOT NULL))`;
  return failed.count;
}

/**
 * Renews the planner's statistics, which lag behind a table that has just grown: without them a batch is joined
 * row by row with all records of its storage.
 */
export async function analyze({ sql }: Pick<Database, 'sql'>): Promise<void> {
  await sql`ANALYZE export_records`;
}

/** Target storages with something due, the longest waiting first. */
export async function dueTargets({ sql }: Pick<Database, 'sql'>): Promise<number[]> {
  const rows = await sql<{ id: number }[]>`
    SELECT s.id FROM storages s CROSS JOIN LATERAL (
      SELECT min(due_at) AS due_at FROM export_records r
      WHERE r.project_id = s.project_id AND r.storage_id = s.id AND r.due_at <= now()) r
    WHERE s.direction = 'TARGET' AND s.synchronizable AND r.due_at IS NOT NULL
    ORDER BY r.due_at LIMIT 100`;
  return rows.map(({ id }) => id);
}

/** Takes due records for so long. One that another worker left behind unfinished is taken over. */
export async function claimDue(
  { sql }: Pick<Database, 'sql'>,
  { id, projectId }: Target,
  { limit, leaseSeconds, syncId }: { limit: number; leaseSeconds: number; syncId?: number | undefined },
): Promise<Claim[]> {
  return sql<Claim[]>`
    UPDATE export_records r SET fence = r.fence + 1, attempts = r.attempts + 1,
      lease_until = now() + make_interval(secs => ${leaseSeconds}), due_at = now() + make_interval(secs => ${leaseSeconds})
    FROM (
      SELECT subject_id, lease_until IS NOT NULL AS orphaned FROM export_records
      WHERE project_id = ${projectId} AND storage_id = ${id} AND due_at <= now()
        AND ${syncId === undefined ? sql`true` : sql`sync_id = ${syncId}`}
      ORDER BY due_at LIMIT ${limit} FOR UPDATE SKIP LOCKED
    ) due
    WHERE r.project_id = ${projectId} AND r.storage_id = ${id} AND r.subject_id = due.subject_id
    RETURNING r.subject_id AS "subjectId", r.task_id AS "taskId", r.wanted, r.fence, r.attempts, r.key,
      r.former_keys AS "formerKeys", r.version, r.hash, r.recheck, r.state, due.orphaned`;
}

/** Whether the claims still hold, and for so long again: those that do. */
export async function extendClaims(
  { sql }: Pick<Database, 'sql'>,
  { id, projectId }: Target,
  claims: readonly Claim[],
  leaseSeconds: number,
): Promise<Set<number>> {
  const rows = await sql<{ subjectId: number }[]>`
    UPDATE export_records r SET lease_until = now() + make_interval(secs => ${leaseSeconds}),
      due_at = now() + make_interval(secs => ${leaseSeconds})
    FROM unnest(${claims.map(({ subjectId }) => subjectId)}::bigint[], ${claims.map(({ fence }) => fence)}::bigint[])
      AS c (subject_id, fence)
    WHERE r.project_id = ${projectId} AND r.storage_id = ${id} AND r.subject_id = c.subject_id AND r.fence = c.fence
      AND r.lease_until > now()
    RETURNING r.subject_id AS "subjectId"`;
  return new Set(rows.map(({ subjectId }) => subjectId));
}

/**
 * The key that a record is about to write to, unless another one of the storage has it. Kept before anything is
 * written, so that no object lies anywhere that no record knows; of the object there, nothing is known.
 * @returns the subjects whose key is taken
 */
export async function reserveKeys(
  { sql }: Pick<Database, 'sql'>,
  { id, projectId }: Target,
  keys: readonly { claim: Claim; key: string }[],
): Promise<Set<number>> {
  const taken = new Set<number>();
  if (keys.length === 0) return taken;
  const rows = await sql<{ subjectId: number }[]>`
    UPDATE export_records r SET key = k.key, hash = NULL, version = NULL,
      former_keys = array_remove(array_append(r.former_keys, r.key::text), k.key)
    FROM (
      SELECT DISTINCT ON (key) * FROM unnest(${keys.map(({ claim }) => claim.subjectId)}::bigint[],
        ${keys.map(({ claim }) => claim.fence)}::bigint[], ${keys.map(({ key }) => key)}::text[]) AS k (subject_id, fence, key)
      ORDER BY key, subject_id
    ) k
    WHERE r.project_id = ${projectId} AND r.storage_id = ${id} AND r.subject_id = k.subject_id AND r.fence = k.fence
      AND NOT EXISTS (SELECT FROM export_records o WHERE o.project_id = ${projectId} AND o.storage_id = ${id}
        AND o.key = k.key COLLATE "C" AND o.subject_id <> k.subject_id)
      AND NOT EXISTS (SELECT FROM export_records o WHERE o.project_id = ${projectId} AND o.storage_id = ${id}
        AND o.former_keys <> '{}' AND k.key = ANY(o.former_keys) AND o.subject_id <> k.subject_id)
    RETURNING r.subject_id AS "subjectId"`;
  const kept = new Set(rows.map(({ subjectId }) => subjectId));
  for (const { claim } of keys) if (!kept.has(claim.subjectId)) taken.add(claim.subjectId);
  return taken;
}

/**
 * Records the outcomes of claims that still hold, and logs it. What lost its claim may have overwritten what is newer:
 * its object is looked at again. @returns how many claims had been lost
 */
export async function settle(tx: Tx, target: Target, outcomes: readonly Outcome[]): Promise<number> {
  const { sql } = tx;
  const { id, projectId } = target;
  const column = <T>(pick: (outcome: Outcome) => T) => outcomes.map(pick);
  const subjects = column(({ claim }) => claim.subjectId);
  const settled = await sql<{ subjectId: number }[]>`
    UPDATE export_records r SET state = (CASE WHEN r.wanted > o.wanted THEN 'PENDING' ELSE o.state END)::export_state,
      done = CASE WHEN o.again IS NULL OR o.state = 'EXPORTED' THEN o.wanted ELSE r.done END, lease_until = NULL,
      due_at = CASE WHEN r.wanted > o.wanted THEN now() ELSE now() + make_interval(secs => o.again) END,
      attempts = CASE WHEN o.error_code IS NULL THEN 0 ELSE r.attempts END,
      key = o.key, former_keys = CASE WHEN o.error_code IS NULL AND o.again IS NULL THEN '{}' ELSE r.former_keys END,
      version = o.version, last_event = o.event::export_event, hash = o.hash, size = o.size,
      error_code = o.error_code, error_message = o.error_message, error_hint = o.error_hint, recheck = o.recheck::boolean,
      exported_at = CASE WHEN o.event = 'EXPORTED' THEN now() ELSE r.exported_at END, updated_at = now()
    FROM unnest(${subjects}::bigint[], ${column(({ claim }) => claim.fence)}::bigint[],
      ${column(({ claim }) => claim.wanted)}::bigint[], ${column(({ state }) => state)}::text[],
      ${column(({ event }) => event)}::text[], ${column(({ key }) => key)}::text[], ${column(({ version }) => version)}::text[],
      ${column(({ hash }) => hash)}::text[], ${column(({ size }) => size)}::bigint[],
      ${column(({ error }) => error?.code ?? null)}::text[], ${column(({ error }) => error?.message ?? null)}::text[],
      ${column(({ error }) => error?.hint ?? null)}::text[],
      ${column(({ againAfter }) => againAfter)}::float8[], ${column(({ recheck }) => String(recheck))}::text[])
      AS o (subject_id, fence, wanted, state, event, key, version, hash, size, error_code, error_message, error_hint, again, recheck)
    WHERE r.project_id = ${projectId} AND r.storage_id = ${id} AND r.subject_id = o.subject_id AND r.fence = o.fence
    RETURNING r.subject_id AS "subjectId"`;
  const held = new Set(settled.map(({ subjectId }) => subjectId));
  await logEvents(
    tx,
    target,
    outcomes.filter(({ claim }) => held.has(claim.subjectId)),
  );
  const lost = outcomes.map(({ claim }) => claim).filter(({ subjectId }) => !held.has(subjectId));
  await lookAgain(tx, target, lost);
  return lost.length;
}

/** Has the objects of lost claims looked at again. */
export async function lookAgain(
  { sql }: Tx,
  { id, projectId }: Target,
  lost: readonly Claim[],
): Promise<void> {
  if (lost.length === 0) return;
  await sql`
    UPDATE export_records SET recheck = true, wanted = wanted + 1,
      due_at = CASE WHEN lease_until > now() THEN due_at ELSE now() END
    WHERE project_id = ${projectId} AND storage_id = ${id}
      AND subject_id = ANY(${lost.map(({ subjectId }) => subjectId)}::bigint[])`;
}

/**
 * Gives claims back that were not tried to the end, to be taken after so many seconds. Nothing is known any more of an
 * object whose writing or removal had begun. @returns subjects of those that still held
 */
export async function giveBack(
  { sql }: Tx,
  { id, projectId }: Target,
  claims: readonly Claim[],
  { pause, begun }: { pause: number; begun: ReadonlySet<Claim> },
): Promise<Set<number>> {
  const rows = await sql<{ subjectId: number }[]>`
    UPDATE export_records r SET lease_until = NULL, due_at = now() + make_interval(secs => ${pause}),
      attempts = r.attempts - 1, hash = CASE WHEN begun::boolean THEN NULL ELSE r.hash END
    FROM unnest(${claims.map(({ subjectId }) => subjectId)}::bigint[], ${claims.map(({ fence }) => fence)}::bigint[],
      ${claims.map((claim) => String(begun.has(claim)))}::text[]) AS c (subject_id, fence, begun)
    WHERE r.project_id = ${projectId} AND r.storage_id = ${id} AND r.subject_id = c.subject_id AND r.fence = c.fence
    RETURNING r.subject_id AS "subjectId"`;
  return new Set(rows.map(({ subjectId }) => subjectId));
}

/** Whoever adds to a project's log holds its lock until the commit, so that numbers show in their order. */
async function logEvents(
  { sql }: Tx,
  { id, projectId }: Target,
  outcomes: readonly Outcome[],
): Promise<void> {
  const told = outcomes.filter(({ event }) => event !== null);
  if (told.length === 0) return;
  await sql`SELECT pg_advisory_xact_lock(hashtext('longshore export events'), ${projectId}::int)`;
  await sql`
    INSERT INTO export_events (project_id, storage_id, subject_id, task_id, event, key, error_code, error_message, error_hint)
    SELECT ${projectId}, ${id}, subject_id, task_id, event::export_event, key, error_code, error_message, error_hint
    FROM unnest(${told.map(({ claim }) => claim.subjectId)}::bigint[], ${told.map(({ claim }) => claim.taskId)}::bigint[],
      ${told.map(({ event }) => event)}::text[], ${told.map(({ key }) => key)}::text[],
      ${told.map(({ error }) => error?.code ?? null)}::text[], ${told.map(({ error }) => error?.message ?? null)}::text[],
      ${told.map(({ error }) => error?.hint ?? null)}::text[])
      AS e (subject_id, task_id, event, key, error_code, error_message, error_hint)`;
}

/** Days that events are kept. */
export const KEPT_DAYS = 30;

export async function trimEvents({ sql }: Pick<Database, 'sql'>): Promise<void> {
  await sql`DELETE FROM export_events WHERE created_at < now() - make_interval(days => ${KEPT_DAYS})`;
}

/** How far the records are that a sync asked for. */
export async function progressOf(
  { sql }: Pick<Database, 'sql'>,
  { id, projectId }: Target,
  syncId: number,
): Promise<{ open: number; failed: number }> {
  const [row] = await sql<{ open: number; failed: number }[]>`
    SELECT count(*) FILTER (WHERE due_at IS NOT NULL AND NOT recheck)::int AS open,
      count(*) FILTER (WHERE state = 'FAILED')::int AS failed
    FROM export_records WHERE project_id = ${projectId} AND storage_id = ${id} AND sync_id = ${syncId}`;
  return row ?? { open: 0, failed: 0 };
}

export interface RecordFilter {
  states?: ExportState[] | null | undefined;
}

const matching = ({ id, projectId }: Target, { states }: RecordFilter) =>
  and(
    eq(exportRecords.projectId, projectId),
    eq(exportRecords.storageId, id),
    states ? inArray(exportRecords.state, states) : undefined,
  );

/** A page of a storage's records, by subject. */
export async function recordsOf(
  db: Db,
  target: Target,
  filter: RecordFilter,
  page: { limit: number; after?: number | undefined },
): Promise<ExportRecord[]> {
  return db
    .select()
    .from(exportRecords)
    .where(and(matching(target, filter), gt(exportRecords.subjectId, page.after ?? 0)))
    .orderBy(asc(exportRecords.subjectId))
    .limit(page.limit);
}

export async function countRecords(db: Db, target: Target, filter: RecordFilter): Promise<number> {
  const [row] = await db.select({ total: count() }).from(exportRecords).where(matching(target, filter));
  return row?.total ?? 0;
}

/** The records of tasks, whatever their layout. */
export async function recordsOfTasks(
  db: Db,
  tasks: readonly { projectId: number; taskId: number }[],
): Promise<ExportRecord[]> {
  if (tasks.length === 0) return [];
  return db
    .select()
    .from(exportRecords)
    .where(
      and(
        inArray(exportRecords.projectId, [...new Set(tasks.map(({ projectId }) => projectId))]),
        inArray(exportRecords.taskId, [...new Set(tasks.map(({ taskId }) => taskId))]),
      ),
    )
    .orderBy(asc(exportRecords.storageId), asc(exportRecords.subjectId));
}

/** The records of subjects, each in its storage of a project. */
export async function recordsByName(
  db: Db,
  names: readonly Pick<ExportRecord, 'projectId' | 'storageId' | 'subjectId'>[],
): Promise<ExportRecord[]> {
  if (names.length === 0) return [];
  const wanted = names.map(({ projectId, storageId, subjectId }) =>
    and(
      eq(exportRecords.projectId, projectId),
      eq(exportRecords.storageId, storageId),
      eq(exportRecords.subjectId, subjectId),
    ),
  );
  return db
    .select()
    .from(exportRecords)
    .where(or(...wanted));
}

/** A page of the log behind an entry, of a project or of one of its storages. */
export async function eventsAfter(
  db: Db,
  { projectId, storageId }: { projectId: number; storageId: number | null },
  page: { limit: number; after: number },
): Promise<ExportEvent[]> {
  return db
    .select()
    .from(exportEvents)
    .where(
      and(
        eq(exportEvents.projectId, projectId),
        storageId === null ? undefined : eq(exportEvents.storageId, storageId),
        gt(exportEvents.id, page.after),
      ),
    )
    .orderBy(asc(exportEvents.id))
    .limit(page.limit);
}

/** Whether a project's log has kept all behind an entry: that one or an older one is still in it. */
export async function keepsAfter(
  { sql }: Pick<Database, 'sql'>,
  projectId: number,
  after: number,
): Promise<boolean> {
  const rows =
    await sql`SELECT FROM export_events WHERE project_id = ${projectId} AND id <= ${after} LIMIT 1`;
  return rows.length > 0;
}

/** Number of the newest entry of a project's log; 0: it has none. */
export async function lastEvent({ sql }: Pick<Database, 'sql'>, projectId: number): Promise<number> {
  const [row] = await sql<{ id: number }[]>`
    SELECT coalesce(max(id), 0) AS id FROM export_events WHERE project_id = ${projectId}`;
  return row?.id ?? 0;
}

/** What a sync's records came to, as its counters. */
export async function countsOf(
  { sql }: Pick<Database, 'sql'>,
  { id, projectId }: Target,
  syncId: number,
): Promise<{ exported: number; deleted: number; failed: number; unchanged: number }> {
  const [row] = await sql<{ exported: number; deleted: number; failed: number; unchanged: number }[]>`
    SELECT count(*) FILTER (WHERE last_event = 'EXPORTED')::int AS exported,
      count(*) FILTER (WHERE last_event = 'DELETED')::int AS deleted,
      count(*) FILTER (WHERE state = 'FAILED')::int AS failed,
      count(*) FILTER (WHERE last_event IS NULL AND due_at IS NULL)::int AS unchanged
    FROM export_records WHERE project_id = ${projectId} AND storage_id = ${id} AND sync_id = ${syncId}`;
  return row ?? { exported: 0, deleted: 0, failed: 0, unchanged: 0 };
}

/** The first failures of a sync's records. */
export async function failuresOf(
  { sql }: Pick<Database, 'sql'>,
  { id, projectId }: Target,
  syncId: number,
  limit: number,
): Promise<{ key: string | null; code: ExportErrorCode; message: string }[]> {
  return sql`
    SELECT key, error_code AS code, error_message AS message FROM export_records
    WHERE project_id = ${projectId} AND storage_id = ${id} AND sync_id = ${syncId} AND state = 'FAILED'
    ORDER BY subject_id LIMIT ${limit}`;
}
