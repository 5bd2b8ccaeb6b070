import { and, asc, count, desc, eq, gt, inArray, lt, or, sql } from 'drizzle-orm';
import type postgres from 'postgres';
import type { Database, Db, Transaction } from '../database/client.ts';
import { syncIssues, syncs } from '../database/tables.ts';
import { EVENT_CHANNEL } from '../events/bus.ts';
import {
  type Lease,
  LeaseLostError,
  type NewSyncIssue,
  noCounts,
  type Sync,
  type SyncCheckpoint,
  type SyncCounts,
  type SyncIssue,
  type SyncKey,
  type SyncOptions,
  type SyncPhase,
  type SyncStatus,
  type SyncTrigger,
} from './model.ts';

type Row = typeof syncs.$inferSelect;
/** The JSON columns hold what the services put there; counters come to be as they are needed. */
const typed = (row: Row): Sync => ({
  ...(row as Sync),
  counts: { ...noCounts(), ...(row.counts as SyncCounts) },
});
const active: SyncStatus[] = ['QUEUED', 'IN_PROGRESS'];

export async function syncsById(db: Db, ids: readonly number[]): Promise<Sync[]> {
  const rows = await db
    .select()
    .from(syncs)
    .where(inArray(syncs.id, [...ids]));
  return rows.map(typed);
}

/** Queues a sync; undefined: the storage has an active one. */
export async function insertSync(
  db: Db,
  values: {
    storageId: number;
    projectId: number;
    trigger: SyncTrigger;
    options: SyncOptions;
    requestedBy: number | null;
  },
): Promise<Sync | undefined> {
  const [row] = await db
    .insert(syncs)
    .values({ ...values, version: 1 })
    .onConflictDoNothing()
    .returning();
  return row && typed(row);
}

export async function activeSync(db: Db, storageId: number): Promise<Sync | undefined> {
  const [row] = await db
    .select()
    .from(syncs)
    .where(and(eq(syncs.storageId, storageId), inArray(syncs.status, active)));
  return row && typed(row);
}

/** The newest sync of each storage that has one. */
export async function lastSyncs(db: Db, storageIds: readonly number[]): Promise<Sync[]> {
  const rows = await db
    .selectDistinctOn([syncs.storageId])
    .from(syncs)
    .where(inArray(syncs.storageId, [...storageIds]))
    .orderBy(syncs.storageId, desc(syncs.id));
  return rows.map(typed);
}

/** A storage's history, newest first, behind (older than) `after`. */
export async function syncsOf(
  db: Db,
  storageId: number,
  page: { limit: number; after?: number | undefined },
): Promise<Sync[]> {
  const rows = await db
    .select()
    .from(syncs)
    .where(
      and(eq(syncs.storageId, storageId), page.after === undefined ? undefined : lt(syncs.id, page.after)),
    )
    .orderBy(desc(syncs.id))
    .limit(page.limit);
  return rows.map(typed);
}

/** How many objects the storage's last completed full sync before this one listed. */
export async function listedBefore(db: Db, { id, storageId }: Sync): Promise<number | null> {
  const [row] = await db
    .select({ counts: syncs.counts })
    .from(syncs)
    .where(
      and(
        eq(syncs.storageId, storageId),
        lt(syncs.id, id),
        inArray(syncs.status, ['COMPLETED', 'COMPLETED_WITH_ERRORS']),
        sql`NOT ${syncs.options} ?| ARRAY['retryFailed', 'notificationsUpTo']`,
      ),
    )
    .orderBy(desc(syncs.id))
    .limit(1);
  return row ? (row.counts as SyncCounts).listed : null;
}

export async function countSyncs(db: Db, storageId: number): Promise<number> {
  const [row] = await db.select({ total: count() }).from(syncs).where(eq(syncs.storageId, storageId));
  return row?.total ?? 0;
}

export interface IssueFilter {
  code?: string | null | undefined;
  severity?: 'ERROR' | 'WARNING' | null | undefined;
}

const issuesMatching = ({ id, projectId }: SyncKey, { code, severity }: IssueFilter) =>
  and(
    eq(syncIssues.projectId, projectId),
    eq(syncIssues.syncId, id),
    code ? eq(syncIssues.code, code) : undefined,
    severity ? eq(syncIssues.severity, severity) : undefined,
  );

export async function issuesOf(
  db: Db,
  sync: SyncKey,
  filter: IssueFilter,
  page: { limit: number; after?: number | undefined },
): Promise<SyncIssue[]> {
  return db
    .select()
    .from(syncIssues)
    .where(and(issuesMatching(sync, filter), gt(syncIssues.id, page.after ?? 0)))
    .orderBy(asc(syncIssues.id))
    .limit(page.limit);
}

export async function countIssues(db: Db, sync: SyncKey, filter: IssueFilter): Promise<number> {
  const [row] = await db.select({ total: count() }).from(syncIssues).where(issuesMatching(sync, filter));
  return row?.total ?? 0;
}

/** The newest issues of a sync, newest first. */
export async function lastIssues(db: Db, sync: SyncKey, limit: number): Promise<SyncIssue[]> {
  return db
    .select()
    .from(syncIssues)
    .where(issuesMatching(sync, {}))
    .orderBy(desc(syncIssues.id))
    .limit(limit);
}

/**
 * Takes a sync over, if nobody holds it: queued, or left by a worker that has been silent for too long.
 * The new fence shuts the former worker out.
 */
export async function claim(
  db: Db,
  syncId: number,
  worker: string,
  leaseSeconds: number,
): Promise<Sync | undefined> {
  const [row] = await db
    .update(syncs)
    .set({
      status: 'IN_PROGRESS',
      phase: sql`CASE ${syncs.phase} WHEN 'WAITING' THEN 'SCANNING' ELSE ${syncs.phase} END`,
      worker,
      fence: sql`${syncs.fence} + 1`,
      attempt: sql`${syncs.attempt} + 1`,
      version: sql`${syncs.version} + 1`,
      startedAt: sql`coalesce(${syncs.startedAt}, now())`,
      leaseUntil: leaseEnd(leaseSeconds),
    })
    .where(
      and(
        eq(syncs.id, syncId),
        or(
          eq(syncs.status, 'QUEUED'),
          and(eq(syncs.status, 'IN_PROGRESS'), lt(syncs.leaseUntil, sql`now()`)),
        ),
      ),
    )
    .returning();
  return row && typed(row);
}

const leaseEnd = (seconds: number) => sql`now() + make_interval(secs => ${seconds})`;

/** Whether the lease still holds; if so it is made longer. The worker's own clock, not the object's. */
export async function heartbeat(db: Db, lease: Lease, leaseSeconds: number): Promise<boolean> {
  const rows = await db
    .update(syncs)
    .set({ leaseUntil: leaseEnd(leaseSeconds) })
    .where(held(lease))
    .returning({ id: syncs.id });
  return rows.length === 1;
}

const held = ({ syncId, fence }: Lease) =>
  and(eq(syncs.id, syncId), eq(syncs.fence, fence), eq(syncs.status, 'IN_PROGRESS'));

/** Hands a sync back to the queue at once, at its last checkpoint: the worker is going away. */
export async function release(db: Db, lease: Lease): Promise<boolean> {
  const rows = await db
    .update(syncs)
    .set({ status: 'QUEUED', leaseUntil: null, worker: null, fence: sql`${syncs.fence} + 1` })
    .where(held(lease))
    .returning({ id: syncs.id });
  return rows.length === 1;
}

export interface Progress {
  counts: SyncCounts;
  checkpoint: SyncCheckpoint;
}

/**
 * The last statement of every transaction that a sync commits: moves the checkpoint on and tells the
 * watchers, all on the condition that the lease is still ours.
 * @returns the sync's new version
 * @throws LeaseLostError, which rolls the transaction back
 */
export async function commitProgress(
  tx: Pick<Transaction, 'sql'>,
  lease: Lease,
  { counts, checkpoint }: Progress,
): Promise<number> {
  const [row] = await tx.sql<{ version: number }[]>`
    WITH moved AS (
      UPDATE syncs SET counts = ${JSON.stringify(counts)}::jsonb, checkpoint = ${JSON.stringify(checkpoint)}::jsonb,
        phase = ${checkpoint.phase}, version = version + 1
      WHERE id = ${lease.syncId} AND fence = ${lease.fence} AND status = 'IN_PROGRESS'
      RETURNING id, storage_id, project_id, version
    )
    SELECT pg_notify(${EVENT_CHANNEL}, json_build_object('topic', 'sync', 'syncId', id,
      'storageId', storage_id, 'projectId', project_id, 'version', version)::text), version FROM moved`;
  if (!row) throw new LeaseLostError(lease.syncId);
  return row.version;
}

/** What the holder of the lease has stored; undefined: the lease is gone. */
export async function storedProgress(
  { sql: client }: Pick<Database, 'sql'>,
  { syncId, fence }: Lease,
): Promise<{ version: number; counts: SyncCounts } | undefined> {
  const [row] = await client<{ version: number; counts: SyncCounts }[]>`
    SELECT version, counts FROM syncs WHERE id = ${syncId} AND fence = ${fence} AND status = 'IN_PROGRESS'`;
  return row;
}

/** Ends a sync. @throws LeaseLostError */
export async function finish(
  tx: Transaction,
  lease: Lease,
  end: {
    status: Extract<SyncStatus, 'COMPLETED' | 'COMPLETED_WITH_ERRORS' | 'FAILED'>;
    counts: SyncCounts;
    error?: { code: string; message: string; hint: string | null } | undefined;
  },
): Promise<Sync> {
  const phase: SyncPhase = 'DONE';
  const [row] = await tx.db
    .update(syncs)
    .set({
      status: end.status,
      phase,
      counts: end.counts,
      leaseUntil: null,
      version: sql`${syncs.version} + 1`,
      finishedAt: sql`now()`,
      errorCode: end.error?.code ?? null,
      errorMessage: end.error?.message ?? null,
      errorHint: end.error?.hint ?? null,
    })
    .where(held(lease))
    .returning();
  if (!row) throw new LeaseLostError(lease.syncId);
  await dropMarks(tx, row);
  await trimHistory(tx, row.storageId);
  return typed(row);
}

/** Syncs of a storage that are kept, with their issues; older ones go when another ends. */
export const KEPT_SYNCS = 200;

async function trimHistory({ sql: client }: Pick<Transaction, 'sql'>, storageId: number): Promise<void> {
  await client`
    DELETE FROM syncs WHERE storage_id = ${storageId} AND id <= (
      SELECT id FROM syncs WHERE storage_id = ${storageId} ORDER BY id DESC OFFSET ${KEPT_SYNCS} LIMIT 1)`;
}

/** Ends an active sync at once; its worker finds the fence moved. undefined: it was not active. */
export async function cancel(tx: Transaction, syncId: number): Promise<Sync | undefined> {
  const [row] = await tx.db
    .update(syncs)
    .set({
      status: 'CANCELED',
      phase: 'DONE',
      fence: sql`${syncs.fence} + 1`,
      version: sql`${syncs.version} + 1`,
      leaseUntil: null,
      finishedAt: sql`now()`,
    })
    .where(and(eq(syncs.id, syncId), inArray(syncs.status, active)))
    .returning();
  if (row) await dropMarks(tx, row);
  return row && typed(row);
}

/** Active syncs that no worker holds: queued for a while, or silent for longer than their lease. */
export async function abandoned({ sql }: Pick<Database, 'sql'>): Promise<number[]> {
  const rows = await sql<{ id: number }[]>`
    SELECT id FROM syncs
    WHERE status = 'IN_PROGRESS' AND lease_until < now()
       OR status = 'QUEUED' AND queued_at < now() - interval '5 seconds'
    ORDER BY id LIMIT 100`;
  return rows.map(({ id }) => id);
}

/** Storages whose schedule has come due; the caller's transaction holds them till it has set the next time. */
export async function dueStorages({ sql: client }: Pick<Transaction, 'sql'>): Promise<number[]> {
  const rows = await client<{ id: number }[]>`
    SELECT id FROM storages WHERE due_at <= now() ORDER BY due_at LIMIT 100 FOR UPDATE SKIP LOCKED`;
  return rows.map(({ id }) => id);
}

export async function setDue(
  { sql: client }: Pick<Transaction, 'sql'>,
  storageId: number,
  dueAt: Date | null,
): Promise<void> {
  await client`UPDATE storages SET due_at = ${dueAt?.toISOString() ?? null} WHERE id = ${storageId}`;
}

/**
 * Storages with notifications and no active sync. One whose last sync by notification failed, or was stopped, waits a
 * minute before the next try.
 */
export async function notifiedStorages({
  sql: client,
}: Pick<Database, 'sql'>): Promise<{ id: number; upTo: number }[]> {
  return client<{ id: number; upTo: number }[]>`
    SELECT s.id, n.up_to AS "upTo"
    FROM (SELECT project_id, storage_id, max(number) AS up_to FROM object_notifications
          GROUP BY project_id, storage_id) n
    JOIN storages s ON s.id = n.storage_id AND s.project_id = n.project_id AND s.synchronizable
    WHERE NOT EXISTS (SELECT FROM syncs WHERE storage_id = s.id AND status IN ('QUEUED', 'IN_PROGRESS'))
      AND NOT EXISTS (SELECT FROM syncs WHERE storage_id = s.id AND status IN ('FAILED', 'CANCELED')
                        AND trigger = 'NOTIFICATION' AND finished_at > now() - interval '1 minute')
    ORDER BY s.id LIMIT 100`;
}

export async function insertIssues(
  { sql }: Pick<Transaction, 'sql'>,
  { id, projectId }: SyncKey,
  issues: readonly NewSyncIssue[],
): Promise<void> {
  if (issues.length === 0) return;
  const column = <K extends keyof NewSyncIssue>(name: K) => issues.map((issue) => issue[name]);
  await sql`
    INSERT INTO sync_issues (project_id, sync_id, severity, code, message, key, row, path)
    SELECT ${projectId}, ${id}, severity::issue_severity, code, message, key, row, path
    FROM unnest(${column('severity')}::text[], ${column('code')}::text[], ${column('message')}::text[],
                ${column('key')}::text[], ${column('row')}::int[], ${column('path')}::text[])
      AS new (severity, code, message, key, row, path)`;
}

export async function insertMarks(
  { sql }: Pick<Transaction, 'sql'>,
  { id, projectId }: SyncKey,
  mark: 'MISSING' | 'SEEN',
  keys: readonly string[],
): Promise<void> {
  if (keys.length === 0) return;
  await sql`
    INSERT INTO sync_marks (project_id, sync_id, mark, key)
    SELECT ${projectId}, ${id}, ${mark}, key FROM unnest(${keys as string[]}::text[]) AS new (key)
    ON CONFLICT DO NOTHING`;
}

/**
 * Forgets what was marked as missing behind a key: a worker that goes on from there looks again, and the
 * object may be back. Only for who holds the lease.
 */
export async function forgetMissing(
  { sql: client }: Pick<Database, 'sql'>,
  projectId: number,
  { syncId, fence }: Lease,
  after = '',
): Promise<void> {
  await client`
    WITH held AS (SELECT id FROM syncs WHERE id = ${syncId} AND fence = ${fence} FOR UPDATE)
    DELETE FROM sync_marks m USING held
    WHERE m.project_id = ${projectId} AND m.sync_id = held.id AND m.mark = 'MISSING' AND m.key > ${after}`;
}

const ofSync = (client: postgres.Sql | postgres.TransactionSql, { id, projectId }: SyncKey) =>
  client`project_id = ${projectId} AND sync_id = ${id}`;

async function dropMarks({ sql: client }: Pick<Transaction, 'sql'>, sync: SyncKey): Promise<void> {
  await client`DELETE FROM sync_marks WHERE ${ofSync(client, sync)}`;
}

/** Which of the keys this sync has already seen. */
export async function seenAmong(
  { sql }: Pick<Database, 'sql'>,
  sync: SyncKey,
  keys: readonly string[],
): Promise<Set<string>> {
  const rows = await sql<{ key: string }[]>`
    SELECT key FROM sync_marks WHERE ${ofSync(sql, sync)} AND mark = 'SEEN' AND key = ANY(${keys as string[]}::text[])`;
  return new Set(rows.map(({ key }) => key));
}

/** After a complete listing in no order: what the ledger has and the listing lacked is missing. */
export async function markUnseen(
  { sql }: Pick<Transaction, 'sql'>,
  sync: SyncKey,
  storageId: number,
): Promise<void> {
  const { id, projectId } = sync;
  await sql`
    INSERT INTO sync_marks (project_id, sync_id, mark, key)
    SELECT ${projectId}, ${id}, 'MISSING', o.key FROM objects o
    WHERE o.project_id = ${projectId} AND o.storage_id = ${storageId} AND (o.state <> 'REMOVED' OR o.code IS NOT NULL)
      AND NOT EXISTS (SELECT FROM sync_marks m WHERE m.project_id = ${projectId} AND m.sync_id = ${id}
                        AND m.mark = 'SEEN' AND m.key = o.key)
    ON CONFLICT DO NOTHING`;
}

export async function countMissing({ sql }: Pick<Transaction, 'sql'>, sync: SyncKey): Promise<number> {
  const [row] = await sql<{ total: number }[]>`
    SELECT count(*) AS total FROM sync_marks WHERE ${ofSync(sql, sync)} AND mark = 'MISSING'`;
  return row?.total ?? 0;
}

/** Takes the first missing keys behind `after` off the list; so no statement passes over those taken before. */
export async function takeMissing(
  { sql: client }: Pick<Transaction, 'sql'>,
  sync: SyncKey,
  after: string,
  limit: number,
): Promise<string[]> {
  const rows = await client<{ key: string }[]>`
    WITH first AS MATERIALIZED (
      SELECT key FROM sync_marks WHERE ${ofSync(client, sync)} AND mark = 'MISSING' AND key > ${after}
      ORDER BY key LIMIT ${limit}
    ), taken AS (
      DELETE FROM sync_marks m USING first
      WHERE m.project_id = ${sync.projectId} AND m.sync_id = ${sync.id} AND m.mark = 'MISSING' AND m.key = first.key
    )
    SELECT key FROM first ORDER BY key`;
  return rows.map(({ key }) => key);
}
