import { and, asc, count, desc, eq, gt, inArray, isNotNull, isNull, lt, not, sql } from 'drizzle-orm';
import type { Db } from '../database/client.ts';
import { snapshotMedia, snapshotParts, snapshots } from '../database/tables/snapshots.ts';
import { hashOfUri, type MediaOutcome } from './media/outcome.ts';
import {
  LEASE_SECONDS,
  MAX_SNAPSHOTS,
  type Snapshot,
  type SnapshotCounts,
  type SnapshotError,
  type SnapshotPart,
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

/** What a worker has, or will have, to do with. */
const isOpen = and(isNotNull(snapshots.targetId), inArray(snapshots.state, ['QUEUED', 'IN_PROGRESS']))!;

export async function countOpen(db: Db, projectId: number): Promise<number> {
  const [row] = await db
    .select({ total: count() })
    .from(snapshots)
    .where(and(eq(snapshots.projectId, projectId), isOpen));
  return row?.total ?? 0;
}

/** Stores a snapshot, and forgets the oldest ones of its project that nobody works on. */
export async function insertSnapshot(db: Db, values: typeof snapshots.$inferInsert): Promise<Snapshot> {
  const [snapshot] = await db.insert(snapshots).values(values).returning();
  const old = db
    .select({ id: snapshots.id })
    .from(snapshots)
    .where(and(eq(snapshots.projectId, values.projectId), not(isOpen)))
    .orderBy(desc(snapshots.id))
    .offset(MAX_SNAPSHOTS);
  await db.delete(snapshots).where(inArray(snapshots.id, old));
  return snapshot!;
}

const leased = (seconds: number) => sql`now() + make_interval(secs => ${seconds})`;
const lease = leased(LEASE_SECONDS);
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

/**
 * Takes the snapshot that has waited longest for a worker, or was left by one that is lost: from now on only this worker
 * may record. undefined: there is none
 */
export async function takeDue(db: Db, leaseSeconds: number): Promise<Snapshot | undefined> {
  const due = db
    .select({ id: snapshots.id })
    .from(snapshots)
    .where(lt(snapshots.dueAt, sql`now()`))
    .orderBy(asc(snapshots.dueAt))
    .limit(1)
    .for('update', { skipLocked: true });
  const [snapshot] = await db
    .update(snapshots)
    .set({
      state: 'IN_PROGRESS',
      fence: sql`${snapshots.fence} + 1`,
      attempts: sql`${snapshots.attempts} + 1`,
      startedAt: sql`coalesce(${snapshots.startedAt}, now())`,
      ...held(leaseSeconds),
    })
    .where(eq(snapshots.id, sql`(${due})`))
    .returning();
  return snapshot;
}

/** Should its worker be lost, it is due again when the lease has run out. */
const held = (seconds: number) => ({ leaseUntil: leased(seconds), dueAt: leased(seconds) });

type Taken = Pick<Snapshot, 'id' | 'projectId' | 'fence' | 'errorCode'>;

/** @returns whether it is still this worker's */
async function update(db: Db, taken: Taken, values: object): Promise<boolean> {
  const rows = await db.update(snapshots).set(values).where(current(taken)).returning({ id: snapshots.id });
  return rows.length > 0;
}

export const extendLease = (db: Db, taken: Taken, seconds: number) => update(db, taken, held(seconds));

export const recordBeginning = (
  db: Db,
  taken: Taken,
  values: { folder: string; expectedTasks: number | null },
) => update(db, taken, values);

const ofSnapshot = ({ id, projectId }: Pick<Snapshot, 'id' | 'projectId'>) =>
  and(eq(snapshotParts.projectId, projectId), eq(snapshotParts.snapshotId, id));

/** The parts of a snapshot, in their order. */
export async function partsOf(
  db: Db,
  snapshot: Pick<Snapshot, 'id' | 'projectId'>,
  kind?: SnapshotPart['kind'],
): Promise<SnapshotPart[]> {
  return db
    .select()
    .from(snapshotParts)
    .where(and(ofSnapshot(snapshot), kind && eq(snapshotParts.kind, kind)))
    .orderBy(asc(snapshotParts.kind), asc(snapshotParts.number));
}

/** What gets it further gives it all its tries again; what is written once more, since it went lost, does not. */
const broughtOn = ({ errorCode }: Taken) => (errorCode === 'NOT_STORED' ? {} : { attempts: 1 });

/** Records a part that was written, all in one transaction. @returns whether it is still this worker's */
export async function recordPart(
  db: Db,
  taken: Taken,
  part: Omit<SnapshotPart, 'projectId' | 'snapshotId' | 'kind'>,
): Promise<boolean> {
  const sums = {
    tasks: sql`${snapshots.tasks} + ${part.tasks}`,
    annotations: sql`${snapshots.annotations} + ${part.annotations}`,
    predictions: sql`${snapshots.predictions} + ${part.predictions}`,
    bytes: sql`coalesce(${snapshots.bytes}, 0) + ${part.bytes}`,
  };
  if (!(await update(db, taken, { ...sums, ...broughtOn(taken) }))) return false;
  await db.insert(snapshotParts).values({ ...part, projectId: taken.projectId, snapshotId: taken.id });
  return true;
}

/** Records a list of media that was written, over what an earlier attempt has recorded. */
export async function recordMediaList(
  db: Db,
  taken: Taken,
  list: Pick<SnapshotPart, 'number' | 'key' | 'sha256' | 'bytes' | 'version'>,
): Promise<boolean> {
  if (!(await update(db, taken, { state: 'IN_PROGRESS' }))) return false;
  const values = { ...list, kind: 'MEDIA' as const, projectId: taken.projectId, snapshotId: taken.id };
  const { projectId, snapshotId, kind, number } = snapshotParts;
  await db
    .insert(snapshotParts)
    .values({ ...values, ...nothing, last: 0 })
    .onConflictDoUpdate({ target: [projectId, snapshotId, kind, number], set: list });
  return true;
}

export type SnapshotMedium = typeof snapshotMedia.$inferSelect;

const mediaOfSnapshot = ({ id, projectId }: Pick<Snapshot, 'id' | 'projectId'>) =>
  and(eq(snapshotMedia.projectId, projectId), eq(snapshotMedia.snapshotId, id));

/** Those of the URIs that nothing is recorded of. */
export async function unknownMedia(
  db: Db,
  snapshot: Pick<Snapshot, 'id' | 'projectId'>,
  uris: readonly string[],
): Promise<string[]> {
  const hashes = new Map(uris.map((uri) => [hashOfUri(uri), uri]));
  const known = await db
    .select({ uriHash: snapshotMedia.uriHash })
    .from(snapshotMedia)
    .where(
      and(
        mediaOfSnapshot(snapshot),
        sql`${snapshotMedia.uriHash} = ANY(${`{${[...hashes.keys()].join()}}`}::text[])`,
      ),
    );
  for (const { uriHash } of known) hashes.delete(uriHash);
  return [...hashes.values()];
}

/** Rows of one statement. */
const ROWS = 1_000;

/** Records what became of media, all in one transaction. @returns whether it is still this worker's */
export async function recordMedia(db: Db, taken: Taken, outcomes: readonly MediaOutcome[]): Promise<boolean> {
  const copies = outcomes.filter((outcome) => outcome.name !== null);
  const bytes = copies.reduce((sum, copy) => sum + copy.bytes, 0);
  const sums = {
    media: sql`${snapshots.media} + ${copies.length}`,
    mediaBytes: sql`${snapshots.mediaBytes} + ${bytes}`,
    missingMedia: sql`${snapshots.missingMedia} + ${outcomes.length - copies.length}`,
  };
  if (!(await update(db, taken, { ...sums, ...(outcomes.length > 0 && broughtOn(taken)) }))) return false;
  const rows = outcomes.map(({ uri, ...outcome }) => ({
    ...{ projectId: taken.projectId, snapshotId: taken.id, uriHash: hashOfUri(uri), uri },
    ...(outcome.name === null
      ? { errorCode: outcome.error.code, errorMessage: outcome.error.message }
      : outcome),
  }));
  for (let start = 0; start < rows.length; start += ROWS) {
    await db.insert(snapshotMedia).values(rows.slice(start, start + ROWS));
  }
  return true;
}

/** A page of what became of its media. @param missing only those that there is no copy of */
export async function mediaOf(
  db: Db,
  snapshot: Pick<Snapshot, 'id' | 'projectId'>,
  { limit, after = '', missing = false }: { limit: number; after?: string; missing?: boolean },
): Promise<SnapshotMedium[]> {
  return db
    .select()
    .from(snapshotMedia)
    .where(
      and(
        mediaOfSnapshot(snapshot),
        gt(snapshotMedia.uriHash, after),
        missing ? isNull(snapshotMedia.name) : undefined,
      ),
    )
    .orderBy(asc(snapshotMedia.uriHash))
    .limit(limit);
}

/** Forgets all parts, so that they are written anew. @returns whether it is still this worker's */
export async function forgetParts(db: Db, taken: Taken): Promise<boolean> {
  if (!(await update(db, taken, { ...nothing, bytes: null }))) return false;
  await db.delete(snapshotParts).where(ofSnapshot(taken));
  return true;
}

const settled = { leaseUntil: null, dueAt: null, finishedAt: sql`now()` };

export const recordCompletion = (db: Db, taken: Taken) =>
  update(db, taken, { ...settled, ...columnsOf(null), state: 'COMPLETED' });

/** @param againAfter seconds after which it is tried again; null: it is not */
export const recordFailure = (db: Db, taken: Taken, error: SnapshotError, againAfter: number | null) =>
  update(db, taken, {
    ...columnsOf(error),
    ...(againAfter === null
      ? { ...settled, state: 'FAILED' }
      : { state: 'QUEUED', leaseUntil: null, dueAt: leased(againAfter) }),
  });

/** Gives it back as it was: for another worker, at once. */
export const giveBack = (db: Db, taken: Taken) =>
  update(db, taken, {
    ...{ state: 'QUEUED', leaseUntil: null, dueAt: sql`now()` },
    attempts: sql`greatest(${snapshots.attempts} - 1, 0)`,
  });

const columnsOf = (error: SnapshotError | null) => ({
  ...{ errorCode: error?.code ?? null, errorMessage: error?.message ?? null, errorHint: error?.hint ?? null },
});
