import { and, desc, eq, inArray, lt, or, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import type { Database, Db, Transaction } from '../database/client.ts';
import { countRows } from '../database/count.ts';
import { keyset, type OrderedPage, within } from '../database/keyset.ts';
import { syncs } from '../database/tables/syncs.ts';
import { dropStagedRows } from '../tasks/changed-rows.ts';
import {
  type Lease,
  LeaseLostError,
  noCounts,
  type ReadingCheckpoint,
  type Sync,
  type SyncCheckpoint,
  type SyncCounts,
  type SyncErrorCode,
  type SyncOptions,
  type SyncOrderField,
  type SyncPhase,
  type SyncStatus,
  type SyncTrigger,
} from './model.ts';
import { dropMarks } from './run/marks.ts';

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

export interface SyncFilter {
  statuses?: readonly SyncStatus[] | null | undefined;
  queuedAfter?: Date | null | undefined;
  queuedBefore?: Date | null | undefined;
}

const inHistory = (storageId: number, { statuses, queuedAfter, queuedBefore }: SyncFilter) =>
  and(
    eq(syncs.storageId, storageId),
    statuses ? inArray(syncs.status, [...statuses]) : undefined,
    within(syncs.queuedAt, queuedAfter, queuedBefore),
  );

const orderColumns = { QUEUED_AT: syncs.queuedAt } satisfies Record<SyncOrderField, PgColumn>;

/** A page of a storage's history, newest first by default. */
export async function syncsOf(
  db: Db,
  storageId: number,
  filter: SyncFilter,
  { limit, after, order = { field: 'QUEUED_AT', direction: 'DESC' } }: OrderedPage<SyncOrderField>,
): Promise<Sync[]> {
  const { behind, sorted } = keyset(orderColumns[order.field], syncs.id, order.direction, after);
  const rows = await db
    .select()
    .from(syncs)
    .where(and(inHistory(storageId, filter), behind))
    .orderBy(...sorted)
    .limit(limit);
  return rows.map(typed);
}

/** What the storage's last completed full sync before this one counted; null: there was none. */
export async function countsBefore(db: Db, { id, storageId }: Sync): Promise<SyncCounts | null> {
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
  return row ? { ...noCounts(), ...(row.counts as SyncCounts) } : null;
}

/** Objects that syncs of the storage were reading when they were stopped, by key: those before this one. */
export async function unfinishedBefore(
  db: Db,
  { id, storageId }: Sync,
): Promise<Map<string, ReadingCheckpoint>> {
  const rows = await db
    .select({ checkpoint: syncs.checkpoint })
    .from(syncs)
    .where(and(eq(syncs.storageId, storageId), lt(syncs.id, id)))
    .orderBy(desc(syncs.id))
    .limit(20);
  // Of one that was stopped twice the last reading counts.
  const readings = rows
    .toReversed()
    .flatMap(({ checkpoint }) => (checkpoint as SyncCheckpoint | null)?.reading ?? []);
  return new Map(readings.map((reading) => [reading.key, reading]));
}

export const countSyncs = (db: Db, storageId: number, filter: SyncFilter) =>
  countRows(db, syncs, inHistory(storageId, filter));

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

/** A sync that moved on, as its event tells it. */
export type Moved = Pick<Sync, 'id' | 'storageId' | 'projectId' | 'version' | 'status'>;

/**
 * Ends every transaction that a sync commits: moves the checkpoint on, on the condition that the lease is still
 * ours.
 * @throws LeaseLostError, which rolls the transaction back
 */
export async function commitProgress(
  tx: Pick<Transaction, 'sql'>,
  lease: Lease,
  { counts, checkpoint }: Progress,
): Promise<Moved> {
  const [row] = await tx.sql<Moved[]>`
    UPDATE syncs SET counts = ${JSON.stringify(counts)}::jsonb, checkpoint = ${JSON.stringify(checkpoint)}::jsonb,
      phase = ${checkpoint.phase}, version = version + 1
    WHERE id = ${lease.syncId} AND fence = ${lease.fence} AND status = 'IN_PROGRESS'
    RETURNING id, storage_id AS "storageId", project_id AS "projectId", version, status`;
  if (!row) throw new LeaseLostError(lease.syncId);
  return row;
}

/** Holds the lease until the transaction ends. @throws LeaseLostError */
export async function holdLease({ sql: client }: Pick<Transaction, 'sql'>, lease: Lease): Promise<void> {
  const rows = await client`
    SELECT id FROM syncs WHERE id = ${lease.syncId} AND fence = ${lease.fence} AND status = 'IN_PROGRESS' FOR UPDATE`;
  if (rows.length === 0) throw new LeaseLostError(lease.syncId);
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
    error?: { code: SyncErrorCode; message: string; hint: string | null } | undefined;
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
  await dropWork(tx, row);
  await trimHistory(tx, row.storageId);
  return typed(row);
}

/** Drops what only a running sync needs. */
async function dropWork(tx: Transaction, sync: Pick<Sync, 'id' | 'projectId'>): Promise<void> {
  await dropMarks(tx, sync);
  await dropStagedRows(tx, sync.projectId, sync.id);
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
  if (row) await dropWork(tx, row);
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
