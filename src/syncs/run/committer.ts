import { transaction } from '../../database/client.ts';
import { isPassing } from '../../database/errors.ts';
import { recordObjects, setObjectStates } from '../../objects/ledger.ts';
import type { ObjectRecord, ObjectState } from '../../objects/model.ts';
import { insertTasks } from '../../tasks/bulk.ts';
import {
  matchRows,
  type ReadObject,
  type RowMatches,
  type StagedRow,
  stageRows,
} from '../../tasks/changed-rows.ts';
import type { NewTask } from '../../tasks/model.ts';
import { publishMoved } from '../events.ts';
import { insertIssues } from '../issues.ts';
import type { NewSyncIssue, SyncCheckpoint, SyncCounts } from '../model.ts';
import { commitProgress, storedProgress } from '../repository.ts';
import type { RunContext } from './context.ts';
import { insertMarks } from './marks.ts';

/** What a sync has found and not yet stored. Stored whole, in one transaction, or not at all. */
export interface Batch {
  tasks: NewTask[];
  /** Rows of changed objects, which are matched with their tasks when the object has been read. */
  staged: StagedRow[];
  /** Keys whose rows are staged from the first one on. */
  stagedAnew: string[];
  /** Changed objects of which all rows are staged. */
  read: ReadObject[];
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
  staged: [],
  stagedAnew: [],
  read: [],
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

const rowsOf = ({ tasks, staged, records, issues, missing, seen }: Batch) =>
  Math.max(tasks.length + staged.length, records.length, issues.length, missing.length, seen.length);

/**
 * Stores batches one behind the other: while one writes its tasks, the next writes its ledger entries on a
 * connection of its own, and the one after that is filled. There are never more than three in memory.
 */
export function createCommitter(context: RunContext, onStored: (batch: Batch) => void) {
  const { database, lease, sync, counts } = context;
  let batch = emptyBatch();
  let begun = Date.now();
  /** The last two batches handed over. */
  let beforeLast: Promise<void> = Promise.resolve();
  let last: Promise<void> = Promise.resolve();
  /** What only the database knows: it lags behind by the batches on their way. */
  let known: Stored = {
    tasksCreated: counts.tasksCreated,
    tasksUpdated: counts.tasksUpdated,
    rowWarnings: 0,
    version: sync.version,
  };

  /** @param before the batch before it: what depends on their order waits for that, and fails with it */
  async function store(
    full: Batch,
    snapshot: SyncCounts,
    checkpoint: SyncCheckpoint,
    before: Promise<void>,
  ): Promise<void> {
    const turn = async () => {
      await before;
      return known;
    };
    for (let attempt = 1; ; attempt++) {
      try {
        known = await commitBatch(context, full, turn, snapshot, checkpoint);
        return;
      } catch (error) {
        await before;
        if (attempt === ATTEMPTS || !isPassing(error)) throw error;
        await pause(attempt);
        // The answer to a COMMIT may have been lost on the way: then it is done already.
        const progress = await storedProgress(database, lease).catch(() => undefined);
        if (progress && progress.version > known.version) {
          const rowWarnings = progress.counts.warnings - snapshot.warnings;
          known = { ...progress.counts, rowWarnings, version: progress.version };
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
      // Awaited by a later flush or by stored(); until then a failure must not count as unhandled.
      last.catch(() => {});
    },

    /** Waits until all is stored; counts are then exact. */
    async stored(): Promise<void> {
      await last;
      counts.tasksCreated = known.tasksCreated;
      counts.tasksUpdated = known.tasksUpdated;
      counts.warnings += known.rowWarnings;
      known.rowWarnings = 0;
    },
  };
}

type Stored = Pick<SyncCounts, 'tasksCreated' | 'tasksUpdated'> & {
  /** Warnings of rows that were matched, since `counts` last had them. */
  rowWarnings: number;
  version: number;
};

async function commitBatch(
  { database, events, storage, project, sync, lease }: RunContext,
  batch: Batch,
  turn: () => Promise<Stored>,
  counts: SyncCounts,
  checkpoint: SyncCheckpoint,
): Promise<Stored> {
  const { containerId } = storage;
  const overlap = project.maximumAnnotations;
  const scope = { projectId: project.id, containerId, overlap, syncId: sync.id };
  const revive = sync.options.reimport === true;
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
    const inserted = await insertTasks(tx, scope, batch.tasks, { revive });
    await stageRows(tx, scope, batch.staged, batch.stagedAnew);
    const matches = batch.read.length > 0 ? await matchRows(tx, scope, batch.read, { revive }) : undefined;
    const rowIssues = matches ? matchIssues(matches) : [];
    await insertIssues(tx, sync, [...batch.issues, ...rowIssues]);
    const created = {
      tasksCreated: before.tasksCreated + inserted + (matches?.created ?? 0),
      tasksUpdated: before.tasksUpdated + (matches?.updated ?? 0),
    };
    const rowWarnings = before.rowWarnings + rowIssues.length;
    const progress = { ...counts, ...created, warnings: counts.warnings + rowWarnings };
    const moved = await commitProgress(tx, lease, { counts: progress, checkpoint });
    await publishMoved(events, tx, moved);
    return { ...created, rowWarnings, version: moved.version };
  });
}

/** What could not follow its row, as warnings. */
function matchIssues({ kept, gone }: RowMatches): NewSyncIssue[] {
  const keptText =
    'The row has changed and its task is annotated: the task keeps the data that it was annotated with.';
  return [
    ...kept.map(({ key, row }) => warning('ROW_KEPT', keptText, key, row)),
    ...gone.map(({ key, total, annotated }) => {
      const rows = total === 1 ? 'One row of the object is gone' : `${total} rows of the object are gone`;
      const message = `${rows}; the tasks were kept, ${annotated} of them annotated.`;
      return warning('ROWS_GONE', message, key, null);
    }),
  ];
}

const warning = (code: string, message: string, key: string, row: number | null): NewSyncIssue => ({
  ...({ severity: 'WARNING', path: null } as const),
  ...{ code, message, key, row },
});

const ATTEMPTS = 6;

/** Full jitter, up to about six seconds. */
const pause = (attempt: number) =>
  new Promise((resolve) => setTimeout(resolve, Math.random() * 100 * 2 ** attempt));
