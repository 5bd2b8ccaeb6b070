import { type Database, transaction } from '../../database/client.ts';
import { recordObjects, setObjectStates } from '../../objects/ledger.ts';
import type { ObjectRecord, ObjectState } from '../../objects/model.ts';
import { type BulkTarget, insertTasks } from '../../tasks/bulk.ts';
import type { NewTask } from '../../tasks/model.ts';
import type { Lease, NewSyncIssue, SyncCheckpoint, SyncCounts } from '../model.ts';
import { commitProgress, insertIssues, insertMarks, storedProgress } from '../repository.ts';

/** What a sync has found and not yet stored. Stored whole, in one transaction, or not at all. */
export interface Batch {
  tasks: NewTask[];
  /** Tasks of changed objects whose data follows (policy UPDATE). */
  updates: NewTask[];
  records: ObjectRecord[];
  /** Keys whose state alone changes. */
  states: Partial<Record<ObjectState, string[]>>;
  issues: NewSyncIssue[];
  missing: string[];
  seen: string[];
  /** Characters of JSON, as a measure of memory. */
  weight: number;
}

export const emptyBatch = (): Batch => ({
  tasks: [],
  updates: [],
  records: [],
  states: {},
  issues: [],
  missing: [],
  seen: [],
  weight: 0,
});

/** Enough rows to make the cost of a transaction small, few enough to keep memory and delay small. */
const MAX_ROWS = 5_000;
const MAX_WEIGHT = 8_000_000;
/** A batch older than this is stored however small it is, in milliseconds: watchers want to see it. */
const MAX_AGE = 400;

const rowsOf = ({ tasks, updates, records, issues, missing, seen }: Batch) =>
  Math.max(tasks.length + updates.length, records.length, issues.length, missing.length, seen.length);

export interface CommitTarget extends BulkTarget {
  storageId: number;
  lease: Lease;
  revive: boolean;
}

/**
 * Stores batches one behind the other: while one writes its tasks, the next writes its ledger entries on a
 * connection of its own, and the one after that is filled. There are never more than three in memory.
 */
export function createCommitter(
  database: Database,
  target: CommitTarget,
  counts: SyncCounts,
  version: number,
  onStored: (batch: Batch) => void,
) {
  let batch = emptyBatch();
  let begun = Date.now();
  /** The last two batches handed over. */
  let beforeLast: Promise<void> = Promise.resolve();
  let last: Promise<void> = Promise.resolve();
  /** What only the database knows: it lags behind by the batches on their way. */
  let stored: Stored = { tasksCreated: counts.tasksCreated, tasksUpdated: counts.tasksUpdated, version };

  /** @param before the batch before it: what depends on their order waits for that, and fails with it */
  async function store(
    full: Batch,
    snapshot: SyncCounts,
    checkpoint: SyncCheckpoint,
    before: Promise<void>,
  ): Promise<void> {
    const turn = async () => {
      await before;
      return stored;
    };
    for (let attempt = 1; ; attempt++) {
      try {
        stored = await commitBatch(database, target, full, turn, snapshot, checkpoint);
        return;
      } catch (error) {
        await before;
        if (attempt === ATTEMPTS || !isPassing(error)) throw error;
        await pause(attempt);
        // The answer to a COMMIT may have been lost on the way: then it is done already.
        const progress = await storedProgress(database, target.lease).catch(() => undefined);
        if (progress && progress.version > stored.version) {
          stored = { ...progress.counts, version: progress.version };
          return;
        }
      }
    }
  }

  return {
    /** The batch being filled. */
    get current(): Batch {
      return batch;
    },

    /** Whether there is enough of it, or it has waited long enough, to be stored. */
    due: () => rowsOf(batch) >= MAX_ROWS || batch.weight >= MAX_WEIGHT || Date.now() - begun >= MAX_AGE,

    /** Hands the batch over to be stored, once no more than one other is on its way. */
    async flush(checkpoint: SyncCheckpoint): Promise<void> {
      const full = batch;
      const snapshot = { ...counts, skippedBy: { ...counts.skippedBy } };
      batch = emptyBatch();
      begun = Date.now();
      await beforeLast;
      beforeLast = last;
      last = store(full, snapshot, checkpoint, last).then(() => onStored(full));
      // Awaited by a later flush or by settle(); until then a failure must not count as unhandled.
      last.catch(() => {});
    },

    /** Waits until all is stored; counts are then exact. */
    async settle(): Promise<void> {
      await last;
      counts.tasksCreated = stored.tasksCreated;
      counts.tasksUpdated = stored.tasksUpdated;
    },
  };
}

type Stored = Pick<SyncCounts, 'tasksCreated' | 'tasksUpdated'> & { version: number };

async function commitBatch(
  database: Database,
  target: CommitTarget,
  batch: Batch,
  turn: () => Promise<Stored>,
  counts: SyncCounts,
  checkpoint: SyncCheckpoint,
): Promise<Stored> {
  const { lease, projectId, revive } = target;
  const storage = { id: target.storageId, projectId };
  const sync = { id: lease.syncId, projectId };
  return transaction(database, async (tx) => {
    // Rows and checkpoint come or go together: should the database itself crash, the sync goes on from
    // an earlier checkpoint, so waiting for the disk is left to the sync's last transaction. And a table that
    // grows by millions while it has no statistics yet must not be read from end to end.
    // A worker that is stopped half-way (its machine sleeps, say) must not hold its locks till it wakes.
    await tx.sql`SELECT set_config('synchronous_commit', 'off', true), set_config('enable_seqscan', 'off', true),
      set_config('idle_in_transaction_session_timeout', '10s', true)`;
    await recordObjects(tx, storage, lease.syncId, batch.records);
    for (const [state, keys] of Object.entries(batch.states)) {
      await setObjectStates(tx, storage, lease.syncId, state as ObjectState, keys);
    }
    await insertMarks(tx, sync, 'MISSING', batch.missing);
    await insertMarks(tx, sync, 'SEEN', batch.seen);
    // From here on in order: issues, innerIds, and the checkpoint.
    const before = await turn();
    await insertIssues(tx, sync, batch.issues);
    const inserted = await insertTasks(tx, target, batch.tasks, { revive, update: false });
    const renewed = await insertTasks(tx, target, batch.updates, { revive, update: true });
    const created = {
      tasksCreated: before.tasksCreated + inserted.created + renewed.created,
      tasksUpdated: before.tasksUpdated + renewed.updated,
    };
    const version = await commitProgress(tx, lease, { counts: { ...counts, ...created }, checkpoint });
    return { ...created, version };
  });
}

/**
 * Causes after which the same statements can succeed: conflicts with others, a server that is full or restarts,
 * lost connections. SQLSTATEs, codes of the client, codes of the network.
 */
const passing = new Set([
  '23505', // unique_violation: another storage imported the same source a moment ago
  '25P03', // idle_in_transaction_session_timeout
  '40001', // serialization_failure
  '40P01', // deadlock_detected
  '53300', // too_many_connections
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
  'CONNECTION_CLOSED',
  'CONNECTION_ENDED',
  'CONNECTION_DESTROYED',
  'CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
]);

/** Whether it is the database's failure, and a passing one. The ORM wraps what the client throws. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  return (typeof code === 'string' && passing.has(code)) || isPassing(cause);
}
const ATTEMPTS = 6;

/** Full jitter, up to about six seconds. */
const pause = (attempt: number) =>
  new Promise((resolve) => setTimeout(resolve, Math.random() * 100 * 2 ** attempt));
