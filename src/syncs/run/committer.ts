import { type Transaction, transaction } from '../../database/client.ts';
import { isPassing } from '../../database/errors.ts';
import { recordObjects, setObjectStates, setOutOfScope, setSkipped } from '../../objects/ledger.ts';
import type { IssueCode, ObjectRecord, ObjectState } from '../../objects/model.ts';
import { countSources, deleteReplaced, insertTasks, updateWhole } from '../../tasks/bulk.ts';
import {
  matchRows,
  type ReadObject,
  type RowMatches,
  type StagedRow,
  stageRows,
} from '../../tasks/changed-rows.ts';
import { insertJoining, type JoiningRow } from '../../tasks/joined-rows.ts';
import type { NewTask } from '../../tasks/model.ts';
import { type ClaimReason, judgeClaim, sourceName } from '../compare/claims.ts';
import { publishMoved } from '../events.ts';
import { insertIssues, withinLimit } from '../issues.ts';
import type { NewSyncIssue, SyncCheckpoint, SyncCounts } from '../model.ts';
import { commitProgress, storedProgress } from '../repository.ts';
import type { RunContext } from './context.ts';
import { insertMarks } from './marks.ts';

/** What a sync has found and not yet stored. Stored whole, in one transaction, or not at all. */
export interface Batch {
  tasks: NewTask[];
  /** Rows that are one annotation each of tasks that they share. */
  joining: JoiningRow[];
  /** Rows of changed objects, which are matched with their tasks when the object has been read. */
  staged: StagedRow[];
  /** Keys whose rows are staged from the first one on. */
  stagedAnew: string[];
  /** Changed objects of which all rows are staged. */
  read: ReadObject[];
  /** Tasks that stand for whole objects, whose data follows where nobody has annotated them. */
  updates: NewTask[];
  records: ObjectRecord[];
  /** Keys whose state alone changes. */
  states: Partial<Record<ObjectState, string[]>>;
  /** Keys that the storage no longer looks at. */
  outOfScope: string[];
  /** Objects that are read in another way now: their tasks of the way before go. */
  replaced: Record<'WHOLE' | 'ROWS', string[]>;
  issues: NewSyncIssue[];
  missing: string[];
  unreadable: string[];
  seen: string[];
  /** Characters of JSON, as a measure of memory. */
  weight: number;
}

export const emptyBatch = (): Batch => ({
  tasks: [],
  joining: [],
  staged: [],
  stagedAnew: [],
  read: [],
  updates: [],
  records: [],
  states: {},
  outOfScope: [],
  replaced: { WHOLE: [], ROWS: [] },
  issues: [],
  missing: [],
  unreadable: [],
  seen: [],
  weight: 0,
});

/** What only the database knows, after a batch: it lags behind by the batches on their way. */
interface Late extends Pick<SyncCounts, 'tasksCreated' | 'tasksUpdated' | 'tasksDeleted'> {
  /** Objects counted as imported that were not. */
  IN_PROJECT: number;
  DELETED_BEFORE: number;
  /** Warnings of rows that were matched. */
  rowWarnings: number;
  version: number;
}

/** @param counted the counts as they were before they were put right */
function lateOf(counts: SyncCounts, version: number, counted = counts): Late {
  const { tasksCreated, tasksUpdated, tasksDeleted, skippedBy } = counts;
  const more = (reason: ClaimReason) => (skippedBy[reason] ?? 0) - (counted.skippedBy[reason] ?? 0);
  return {
    ...{ tasksCreated, tasksUpdated, tasksDeleted, version },
    ...{ IN_PROJECT: more('IN_PROJECT'), DELETED_BEFORE: more('DELETED_BEFORE') },
    rowWarnings: counts.warnings - counted.warnings,
  };
}

/** The counts, put right by what the database knows. */
function withLate(
  counts: SyncCounts,
  { version: _, IN_PROJECT, DELETED_BEFORE, rowWarnings, ...tasks }: Late,
): SyncCounts {
  const skippedBy = { ...counts.skippedBy };
  for (const [reason, count] of Object.entries({ IN_PROJECT, DELETED_BEFORE }))
    if (count > 0) skippedBy[reason] = (skippedBy[reason] ?? 0) + count;
  const skipped = IN_PROJECT + DELETED_BEFORE;
  return {
    ...counts,
    ...tasks,
    skippedBy,
    imported: counts.imported - skipped,
    skipped: counts.skipped + skipped,
    warnings: counts.warnings + rowWarnings,
  };
}

/** Enough rows to make the cost of a transaction small, few enough to keep memory and delay small. */
const MAX_ROWS = 5_000;
const MAX_WEIGHT = 8_000_000;
/** A batch older than this is stored however small it is, in milliseconds: watchers want to see it. */
const MAX_AGE = 400;

const rowsOf = ({ tasks, joining, staged, records, issues, missing, seen, outOfScope }: Batch) =>
  Math.max(
    tasks.length + joining.length + staged.length,
    ...[records.length, issues.length, missing.length + outOfScope.length, seen.length],
  );

/**
 * Stores batches one behind the other: while one writes its tasks, the next writes its ledger entries on a
 * connection of its own, and the one after that is filled. There are never more than three in memory.
 */
export type Committer = ReturnType<typeof createCommitter>;

export function createCommitter(context: RunContext, onStored: (batch: Batch) => void) {
  const { database, lease, sync, counts } = context;
  let batch = emptyBatch();
  let begun = Date.now();
  /** The last two batches handed over. */
  let beforeLast: Promise<void> = Promise.resolve();
  let last: Promise<void> = Promise.resolve();
  let late: Late = lateOf(counts, sync.version);

  /** @param before the batch before it: what depends on their order waits for that, and fails with it */
  async function store(
    full: Batch,
    snapshot: SyncCounts,
    checkpoint: SyncCheckpoint,
    before: Promise<void>,
  ): Promise<void> {
    const turn = async () => {
      await before;
      return late;
    };
    for (let attempt = 1; ; attempt++) {
      try {
        late = await commitBatch(context, full, turn, snapshot, checkpoint);
        return;
      } catch (error) {
        await before;
        if (attempt === ATTEMPTS || !isPassing(error)) throw error;
        await pause(attempt);
        // The answer to a COMMIT may have been lost on the way: then it is done already.
        const progress = await storedProgress(database, lease).catch(() => undefined);
        if (progress && progress.version > late.version) {
          late = lateOf(progress.counts, progress.version, snapshot);
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
      const full = { ...batch, issues: withinLimit(batch.issues, counts) };
      const snapshot = structuredClone(counts);
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
      Object.assign(counts, withLate(counts, late));
      late = lateOf(counts, late.version);
    },
  };
}

async function commitBatch(
  { database, events, storage, project, sync, lease }: RunContext,
  batch: Batch,
  turn: () => Promise<Late>,
  counts: SyncCounts,
  checkpoint: SyncCheckpoint,
): Promise<Late> {
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
    await setOutOfScope(tx, storage, lease.syncId, batch.outOfScope);
    await insertMarks(tx, sync, 'MISSING', batch.missing);
    await insertMarks(tx, sync, 'SEEN', batch.seen);
    await insertMarks(tx, sync, 'UNREADABLE', batch.unreadable);
    // From here on in order: issues, innerIds, and the checkpoint.
    const before = await turn();
    const inserted = await insertTasks(tx, scope, batch.tasks, { revive });
    const claims = await judgeClaims(tx, storage, batch, inserted);
    const joined = await insertJoining(tx, scope, batch.joining, { revive });
    await stageRows(tx, scope, batch.staged, batch.stagedAnew);
    const matches = batch.read.length > 0 ? await matchRows(tx, scope, batch.read, { revive }) : undefined;
    const rowIssues = matches ? matchIssues(matches) : [];
    await insertIssues(tx, sync, [...batch.issues, ...withinLimit(rowIssues, counts)]);
    const late: Late = {
      tasksCreated: before.tasksCreated + inserted + joined + (matches?.created ?? 0),
      tasksUpdated:
        before.tasksUpdated + (matches?.updated ?? 0) + (await updateWhole(tx, storage, batch.updates)),
      tasksDeleted:
        before.tasksDeleted +
        (await deleteReplaced(tx, storage, 'WHOLE', batch.replaced.WHOLE)) +
        (await deleteReplaced(tx, storage, 'ROWS', batch.replaced.ROWS)),
      IN_PROJECT: before.IN_PROJECT + claims.IN_PROJECT,
      DELETED_BEFORE: before.DELETED_BEFORE + claims.DELETED_BEFORE,
      rowWarnings: before.rowWarnings + rowIssues.length,
      version: before.version,
    };
    const moved = await commitProgress(tx, lease, { counts: withLate(counts, late), checkpoint });
    await publishMoved(events, tx, moved);
    return { ...late, version: moved.version };
  });
}

/** Objects of the batch that made no task, since the project has theirs or had them. Only where some made none. */
async function judgeClaims(
  tx: Transaction,
  storage: RunContext['storage'],
  { tasks, records }: Batch,
  created: number,
): Promise<Record<ClaimReason, number>> {
  const found: Record<ClaimReason, string[]> = { IN_PROJECT: [], DELETED_BEFORE: [] };
  const claims = created === tasks.length ? [] : records.filter(({ claim }) => claim !== null);
  if (claims.length > 0) {
    const keys = new Set(claims.map(({ key }) => key));
    const wanted = tasks.flatMap(({ source }) => (source && keys.has(source.key) ? [source] : []));
    const sources = await countSources(tx, storage, wanted, created);
    const bySource = new Map(sources.map((source) => [sourceName(source), source]));
    for (const record of claims) {
      const reason = judgeClaim(record.claim, record.taskCount, bySource.get(sourceName(record)));
      if (reason) found[reason].push(record.key);
    }
    await setSkipped(tx, storage, 'IN_PROJECT', found.IN_PROJECT);
    await setSkipped(tx, storage, 'DELETED_BEFORE', found.DELETED_BEFORE);
  }
  return { IN_PROJECT: found.IN_PROJECT.length, DELETED_BEFORE: found.DELETED_BEFORE.length };
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

const warning = (code: IssueCode, message: string, key: string, row: number | null): NewSyncIssue => ({
  ...({ severity: 'WARNING', path: null } as const),
  ...{ code, message, key, row },
});

const ATTEMPTS = 6;

/** Full jitter, up to about six seconds. */
const pause = (attempt: number) =>
  new Promise((resolve) => setTimeout(resolve, Math.random() * 100 * 2 ** attempt));
