import type { Database } from '../../database/client.ts';
import { ProviderError } from '../../errors.ts';
import { formatOf } from '../../formats/format.ts';
import { FormatError } from '../../formats/model.ts';
import { keepCopy } from '../../objects/copies.ts';
import { walkFailed, walkNotifications } from '../../objects/ledger.ts';
import type { Project } from '../../projects/model.ts';
import type { ObjectInfo } from '../../providers/provider.ts';
import type { Store } from '../../providers/store.ts';
import { compileFilter } from '../../storages/filter.ts';
import type { SourceSettings, StorageOf } from '../../storages/model.ts';
import type { MemberLookup } from '../../tasks/members.ts';
import { type NewTask, UNNAMED_DATA_KEY, WHOLE_OBJECT } from '../../tasks/model.ts';
import {
  type ComparedPage,
  type Criteria,
  compareByKey,
  compareInOrder,
  compareNamed,
  type Finding,
  versionOf,
} from '../compare/compare.ts';
import { lookUp } from '../compare/named.ts';
import { createSeenKeys } from '../compare/seen.ts';
import type { Lease, ReadingCheckpoint, Sync, SyncCheckpoint, SyncCounts } from '../model.ts';
import { type ObjectReader, startReading } from '../read/object-reader.ts';
import { readAhead } from '../read/read-ahead.ts';
import { createRowCollector } from '../read/rows.ts';
import { forgetMissing } from '../repository.ts';
import { createCommitter } from './committer.ts';
import { isOfOneObject, isStorageWide } from './failures.ts';
import { createRecorder, printable, textOf } from './outcome.ts';

/** Everything that one run of a sync over a source storage needs. */
export interface ScanContext {
  database: Database;
  store: Store;
  storage: StorageOf<'SOURCE'>;
  project: Project;
  sync: Sync;
  lease: Lease;
  /** Objects read at a time. */
  readConcurrency: number;
  /** Where copies of objects are kept. */
  dataDirectory: string;
  members: MemberLookup;
  signal: AbortSignal;
}

/** Failures of one object after so many others in a row mean that the storage itself refuses. */
const REFUSALS_IN_A_ROW = 20;

/** Findings that may wait behind a slow object, so that memory does not grow with what comes after it. */
const MAX_PENDING = 10_000;

/** A finding whose turn has not come. */
interface Pending {
  finding: Finding;
  reader: ObjectReader | undefined;
  copy: Promise<void> | undefined;
}

const isReady = ({ reader, copy }: Pending) => !reader && !copy;

/** The criteria of a storage's own settings. */
export function criteriaOf({ provider }: Store, settings: SourceSettings, reimport: boolean): Criteria {
  const filter = compileFilter(settings.filter);
  const subject = provider.filterSubject;
  return {
    settings,
    matches: subject ? (key) => filter(subject(key)) : filter,
    isTaskFile: (key) => formatOf(key) !== null,
    reimport,
  };
}

/**
 * The first phase of a sync: list, compare with the ledger, read, store. Resolves when the listing is
 * complete and everything of it is stored.
 * @throws ProviderError when the storage is dead or refuses; LeaseLostError; the signal's reason
 */
export async function scan(context: ScanContext, counts: SyncCounts): Promise<void> {
  const { database, store, storage, project, sync, lease, signal } = context;
  const { settings } = storage;
  const ordered = store.provider.capabilities.listsInOrder || namesKeys(sync);
  const criteria = criteriaOf(store, settings, sync.options.reimport === true);
  const checkpoint = resumeFrom(sync);
  const target = {
    storageId: storage.id,
    projectId: project.id,
    containerId: storage.containerId,
    overlap: project.maximumAnnotations,
    lease,
    revive: criteria.reimport,
  };
  const seenKeys = createSeenKeys(database, sync);
  const committer = createCommitter(database, target, counts, sync.version, ({ seen }) =>
    seenKeys.stored(seen),
  );
  const recorder = createRecorder(committer, counts);
  const dataKey = settings.dataKey ?? project.dataKeys[0] ?? UNNAMED_DATA_KEY;
  const dataPrefix = `{${JSON.stringify(dataKey)}:`;
  /** Findings in the order of the listing: those being read, and those that wait behind one. */
  const pending: Pending[] = [];
  let readers = 0;
  let refusals = 0;

  const checkpointNow = (reading = checkpoint.reading): SyncCheckpoint => ({
    phase: 'SCANNING',
    ...(checkpoint.after !== undefined && { after: checkpoint.after }),
    ...(reading && { reading }),
  });

  /** The object is dealt with: from here on its key counts. */
  function settle({ object, verdict, unchangedBefore }: Finding): void {
    counts.listed += 1 + unchangedBefore;
    counts.unchanged += unchangedBefore;
    // A key that can't be stored is no place to go on from.
    if (verdict.kind === 'SKIPPED' && verdict.reason === 'UNUSABLE_KEY') return;
    if (ordered) checkpoint.after = object.key;
    else committer.current.seen.push(object.key);
  }

  /** A failure of one object is not the sync's, unless no other object can escape it, or none does. */
  function tolerate(error: ProviderError): void {
    if (isOfOneObject(error)) refusals = 0;
    else if (isStorageWide(error) || ++refusals >= REFUSALS_IN_A_ROW) throw error;
  }

  /** Import method FILES: the object's URI is the task. */
  function importFile(finding: Finding, mode: string): void {
    const { object, known } = finding;
    const revision = (known?.revision ?? 0) + (mode === 'NEW_TASK' ? 1 : 0);
    const task: NewTask = {
      data: `${dataPrefix}${JSON.stringify(store.uri(object.key))}}`,
      meta: null,
      allowSkip: true,
      source: { key: object.key, row: WHOLE_OBJECT, revision },
      annotations: [],
      predictions: [],
    };
    // Changed content has the same URI: nothing to update, but the task may have gone with its object.
    committer.current.tasks.push(task);
    committer.current.weight += task.data.length;
    if (mode === 'UPDATE' || mode === 'NEW_TASK') counts.changed++;
    else counts.imported++;
    recorder.record(finding, { taskCount: 1, revision });
  }

  /** Deals with a finding that needs no reading. */
  function conclude(finding: Finding): void {
    const { object, verdict } = finding;
    switch (verdict.kind) {
      case 'RESTORED':
        counts.unchanged++;
        recorder.setState('IMPORTED', object.key);
        break;
      case 'CHANGED':
        counts.changed++;
        if (verdict.flag) {
          recorder.setState('CHANGED', object.key);
          recorder.issue(
            'WARNING',
            object.key,
            'OBJECT_CHANGED',
            'The object has changed since it was imported.',
          );
        }
        break;
      case 'SKIPPED':
        recorder.skip(verdict.reason);
        if (verdict.reason === 'UNUSABLE_KEY') {
          recorder.issue(
            'WARNING',
            printable(object.key),
            'UNUSABLE_KEY',
            'The key has a NUL, is not Unicode, or is over 2,000 bytes long.',
          );
        } else if (verdict.record) recorder.record(finding, { state: 'SKIPPED', code: verdict.reason });
        break;
      case 'NOT_A_TASK_FILE':
        recorder.fail(
          finding,
          'NOT_A_TASK_FILE',
          'Not a .json, .jsonl, .ndjson or .parquet file: use import method FILES for media, or narrow the filter.',
        );
        break;
      case 'REFUSED': {
        const { error } = verdict;
        tolerate(error);
        // What was imported of it stands; whether it has changed, the next full sync sees.
        if (!finding.known) recorder.fail(finding, error.code, textOf(error));
        else {
          counts.failed++;
          recorder.issue('ERROR', object.key, error.code, textOf(error));
        }
        break;
      }
      case 'IMPORT':
        importFile(finding, verdict.mode);
        break;
    }
  }

  /** Import method TASKS: takes an object's rows in, batch by batch. */
  async function drain(finding: Finding, reader: ObjectReader): Promise<void> {
    const { object, known, verdict } = finding;
    const mode = verdict.kind === 'IMPORT' ? verdict.mode : 'NEW';
    const revision = (known?.revision ?? 0) + (mode === 'NEW_TASK' ? 1 : 0);
    const resumed = readingOf(checkpoint, object);
    // Rows of a version that was replaced while it was read: the new one's take their place.
    const torn = known?.code === 'OBJECT_CHANGED' || (checkpoint.reading?.key === object.key && !resumed);
    const update = settings.onChanged === 'UPDATE' || torn;
    const collector = createRowCollector({ object, revision, update, members: context.members }, resumed);
    let bytes = 0;
    const countBytes = () => {
      counts.bytesRead += reader.bytes() - bytes;
      bytes = reader.bytes();
    };
    let failure: ProviderError | FormatError | undefined;
    try {
      for await (const rows of reader.rows) {
        await collector.take(rows, committer.current, counts);
        countBytes();
        if (committer.due()) await committer.flush(checkpointNow(collector.checkpoint()));
      }
      refusals = 0;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (error instanceof FormatError) refusals = 0;
      else if (error instanceof ProviderError) tolerate(error);
      else throw error;
      failure = error;
    }
    countBytes();
    const { taskCount, failedRows, ownExport } = collector.totals();
    const entry = { taskCount, failedRows, revision };
    if (failure) recorder.fail(finding, failure.code, textOf(failure), entry);
    else if (ownExport) {
      recorder.skip('OWN_EXPORT');
      recorder.record(finding, { ...entry, state: 'SKIPPED', code: 'OWN_EXPORT' });
    } else if (failedRows > 0) {
      counts.failed++;
      const message = `${failedRows} of ${failedRows + taskCount} rows failed; the others were imported.`;
      recorder.record(finding, { ...entry, state: 'FAILED', code: 'ROWS_FAILED', message });
    } else {
      if (mode === 'UPDATE' || mode === 'NEW_TASK') counts.changed++;
      else counts.imported++;
      recorder.record(finding, entry);
    }
    if (checkpoint.reading?.key === object.key) delete checkpoint.reading;
  }

  async function settleFirst(): Promise<void> {
    const { finding, reader, copy } = pending[0]!;
    if (copy) await takeCopy(finding, copy);
    if (reader) await drain(finding, reader);
    else conclude(finding);
    pending.shift();
    if (reader || copy) readers--;
    settle(finding);
    if (committer.due()) await committer.flush(checkpointNow());
  }

  function readerOf({ object, verdict }: Finding): ObjectReader | undefined {
    if (verdict.kind !== 'IMPORT' || settings.importMethod === 'FILES') return undefined;
    return startReading(store, object, { fromRow: readingOf(checkpoint, object)?.row ?? 0, signal });
  }

  function copyOf({ object, verdict }: Finding): Promise<void> | undefined {
    if (!settings.keepCopies || verdict.kind !== 'IMPORT') return undefined;
    const copy = keepCopy(context.dataDirectory, storage.id, store, object, signal);
    // Looked at when its turn comes; until then a failure must not count as unhandled.
    copy.catch(() => {});
    return copy;
  }

  /** A copy that fails is a warning: the tasks do not depend on it. */
  async function takeCopy({ object }: Finding, copy: Promise<void>): Promise<void> {
    try {
      await copy;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (error instanceof ProviderError && isStorageWide(error)) throw error;
      const reason =
        error instanceof ProviderError ? textOf(error) : 'The data directory could not be written.';
      recorder.issue('WARNING', object.key, 'COPY_FAILED', `No copy was kept. ${reason}`);
    }
  }

  async function take(page: ComparedPage): Promise<void> {
    for (const { name, reason } of page.unusable) {
      counts.listed++;
      recorder.skip('UNUSABLE_KEY');
      recorder.issue('WARNING', printable(name), 'UNUSABLE_KEY', reason);
    }
    committer.current.missing.push(...page.missing);
    for (const finding of page.findings) {
      const reader = readerOf(finding);
      const copy = copyOf(finding);
      if (!reader && !copy && pending.length === 0) {
        // The way of most objects: nothing here waits for anything.
        conclude(finding);
        settle(finding);
        if (committer.due()) await committer.flush(checkpointNow());
        continue;
      }
      pending.push({ finding, reader, copy });
      if (reader || copy) readers++;
      const full = () => readers >= context.readConcurrency || pending.length >= MAX_PENDING;
      while (pending.length > 0 && (full() || isReady(pending[0]!))) await settleFirst();
    }
    while (page.unchangedAfter > 0 && pending.length > 0) await settleFirst();
    counts.listed += page.unchangedAfter;
    counts.unchanged += page.unchangedAfter;
    committer.current.seen.push(...page.seen);
    if (pending.length === 0 && page.settledUpTo !== undefined) checkpoint.after = page.settledUpTo;
    if (committer.due()) await committer.flush(checkpointNow());
  }

  try {
    if (sync.checkpoint) await forgetMissing(database, sync.projectId, lease, checkpoint.after);
    for await (const page of readAhead(comparedPages(context, criteria, checkpoint.after, seenKeys.among))) {
      signal.throwIfAborted();
      await take(page);
    }
    while (pending.length > 0) await settleFirst();
  } catch (error) {
    // A storage that fails us takes nothing back: what it gave so far is stored.
    const failed = error instanceof ProviderError && !signal.aborted;
    if (failed) await committer.flush(checkpointNow());
    // Nobody can say how far the sync got while batches are on their way.
    const settled = committer.settle();
    await (failed ? settled : settled.catch(() => {}));
    throw error;
  } finally {
    for (const { reader } of pending) reader?.abort();
  }
  await committer.flush({ phase: 'REMOVALS' });
  await committer.settle();
}

/** Whether the sync is about keys that are named beforehand: then a missing listing says nothing of the others. */
export const namesKeys = ({ options }: Sync) =>
  options.retryFailed === true || options.notificationsUpTo !== undefined;

/** What the sync has to look at: the whole listing, or the keys it is about. */
function comparedPages(
  { database, store, storage, sync, readConcurrency, signal }: ScanContext,
  criteria: Criteria,
  after: string | undefined,
  alreadySeen: (keys: string[]) => Promise<Set<string>>,
): AsyncIterable<ComparedPage> {
  if (namesKeys(sync)) {
    const { notificationsUpTo } = sync.options;
    const keys =
      notificationsUpTo === undefined
        ? walkFailed(database, storage, after)
        : walkNotifications(database, storage, notificationsUpTo, after);
    const places = { recursive: storage.settings.recursive, concurrency: readConcurrency, signal };
    return compareNamed(database, storage, lookUp(store, keys, places), criteria);
  }
  // The next page is asked for before this one is compared, and compared before the one before it is stored.
  const listing = readAhead(store.list({ recursive: storage.settings.recursive, after, signal }));
  return store.provider.capabilities.listsInOrder
    ? compareInOrder(database, storage, listing, after, criteria)
    : compareByKey(database, storage, listing, alreadySeen, criteria);
}

function resumeFrom(sync: Sync): { after?: string; reading?: ReadingCheckpoint } {
  const { after, reading } = sync.checkpoint ?? {};
  return { ...(after !== undefined && { after }), ...(reading && { reading }) };
}

/** How far this very version of the object was read before. */
function readingOf(
  checkpoint: { reading?: ReadingCheckpoint },
  object: ObjectInfo,
): ReadingCheckpoint | undefined {
  const { reading } = checkpoint;
  return reading?.key === object.key && reading.version === versionOf(object) ? reading : undefined;
}
