import { and, count, desc, eq, inArray, lt, sql } from 'drizzle-orm';
import type { Db } from '../database/client.ts';
import { snapshots } from '../database/tables.ts';
import {
  LEASE_SECONDS,
  MAX_SNAPSHOTS,
  type Snapshot,
  type SnapshotCounts,
  type SnapshotError,
} from './model.ts';

export async function snapshotsById(db: Db, ids: readonly number[]): Promise<Snapshot[]> {
  return db
    .select()
    .from(snapshots)
    .where(inArray(snapshots.id, [...ids]));
}

/** A page of a project's snapshots, newest first. */
export async function snapshotsOf(
  db: Db,
  projectId: number,
  page: { limit: number; after?: number | undefined },
): Promise<Snapshot[]> {
  const before = page.after === undefined ? undefined : lt(snapshots.id, page.after);
  return db
    .select()
    .from(snapshots)
    .where(and(eq(snapshots.projectId, projectId), before))
    .orderBy(desc(snapshots.id))
    .limit(page.limit);
}

export async function countSnapshots(db: Db, projectId: number): Promise<number> {
  const [row] = await db.select({ total: count() }).from(snapshots).where(eq(snapshots.projectId, projectId));
  return row?.total ?? 0;
}

/** Stores a snapshot, and forgets the oldest ones of its project. */
export async function insertSnapshot(db: Db, values: typeof snapshots.$inferInsert): Promise<Snapshot> {
  const [snapshot] = await db.insert(snapshots).values(values).returning();
  const old = db
    .select({ id: snapshots.id })
    .from(snapshots)
    .where(eq(snapshots.projectId, values.projectId))
    .orderBy(desc(snapshots.id))
    .offset(MAX_SNAPSHOTS);
  await db.delete(snapshots).where(inArray(snapshots.id, old));
  return snapshot!;
}

const lease = sql`now() + make_interval(secs => ${LEASE_SECONDS})`;
const nothing = { tasks: 0, annotations: 0, predictions: 0 };

/** Begins a download, which from now on is the one that counts. undefined: the snapshot is gone. */
export async function beginDownload(
  db: Db,
  id: number,
  expectedTasks: number | null,
): Promise<Snapshot | undefined> {
  const fence = sql`${snapshots.fence} + 1`;
  const begun = { state: 'IN_PROGRESS' as const, fence, leaseUntil: lease, startedAt: sql`now()` };
  const unknown = { sha256: null, bytes: null, finishedAt: null, ...columnsOf(null) };
  const [snapshot] = await db
    .update(snapshots)
    .set({ ...begun, ...nothing, ...unknown, expectedTasks })
    .where(eq(snapshots.id, id))
    .returning();
  return snapshot;
}

type Download = Pick<Snapshot, 'id' | 'fence'>;
const current = ({ id, fence }: Download) =>
  and(eq(snapshots.id, id), eq(snapshots.fence, fence), eq(snapshots.state, 'IN_PROGRESS'));

export async function recordProgress(db: Db, download: Download, counts: SnapshotCounts): Promise<void> {
  await db
    .update(snapshots)
    .set({ ...counts, leaseUntil: lease })
    .where(current(download));
}

/** The hash and the size of what was sent, or why it was not. */
export type DownloadOutcome = { sha256: string; bytes: number } | { error: SnapshotError };

export async function endDownload(
  db: Db,
  download: Download,
  counts: SnapshotCounts,
  outcome: DownloadOutcome,
): Promise<void> {
  const ended = { ...counts, leaseUntil: null, finishedAt: sql`now()` };
  const values =
    'error' in outcome
      ? { state: 'FAILED' as const, ...columnsOf(outcome.error) }
      : { state: 'COMPLETED' as const, ...outcome };
  await db
    .update(snapshots)
    .set({ ...ended, ...values })
    .where(current(download));
}

const columnsOf = (error: SnapshotError | null) => ({
  ...{ errorCode: error?.code ?? null, errorMessage: error?.message ?? null, errorHint: error?.hint ?? null },
});
