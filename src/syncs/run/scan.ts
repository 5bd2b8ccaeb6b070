import { ProviderError } from '../../errors.ts';
import { walkFailed, walkNotifications } from '../../objects/ledger.ts';
import { withSources } from '../compare/claims.ts';
import { type Criteria, criteriaOf, dataKeyOf, scopeOf } from '../compare/criteria.ts';
import { compareNamed, lookUp } from '../compare/named.ts';
import type { ComparedPage } from '../compare/pages.ts';
import { compareByKey, createSeenKeys, type SeenKeys } from '../compare/seen.ts';
import { compareInOrder, DisorderError } from '../compare/walk.ts';
import type { ReadingCheckpoint, SyncCheckpoint } from '../model.ts';
import { readAhead } from '../read/read-ahead.ts';
import { countsBefore, unfinishedBefore } from '../repository.ts';
import { createCommitter } from './committer.ts';
import { isOrdered, namesKeys, type RunContext, scopeName } from './context.ts';
import { createIntake } from './intake.ts';
import { forgetMissing } from './marks.ts';
import { createOutcome } from './outcome.ts';
import { createPipeline } from './pipeline.ts';
import { openPlace, type Place } from './place.ts';
import { createRecorder } from './recorder.ts';
import { createRemarks } from './remarks.ts';
import { createTolerance } from './tolerance.ts';

/**
 * The first phase of a sync: list, compare with the ledger, read, store. It orders what is done and decides
 * nothing: `judge` does, and `outcome` says what that means. Resolves when the listing is complete and
 * everything of it is stored, with the checkpoint of the next phase.
 * @throws ProviderError when the storage is dead or refuses; LeaseLostError; the signal's reason
 */
export async function scan(context: RunContext): Promise<SyncCheckpoint> {
  const { database, store, storage, sync, lease, counts, signal } = context;
  const { settings } = storage;
  const criteria = criteriaOf(store, settings, context.project, sync.options, context);
  const place = openPlace(context.checkpoint, scopeName(storage));
  const seenKeys = createSeenKeys(database, sync);
  if (place.walkedTo !== undefined) seenKeys.walkedTo(place.walkedTo);
  const committer = createCommitter(context, ({ seen }) => seenKeys.stored(seen));
  const remarks = createRemarks(dataKeyOf(settings, context.project));
  const recorder = createRecorder(committer, counts, criteria);
  const tolerance = createTolerance();
  const conclude = createOutcome(context, committer, recorder, remarks, tolerance);
  const takeRows = createIntake(context, place, committer, recorder, tolerance);
  const pipeline = createPipeline(context, place, { committer, recorder, conclude, takeRows });
  /** Read in part by a sync that was stopped: the tasks they have are their own. */
  const unfinished = new Map<string, ReadingCheckpoint>();

  /** What the listing names and gives no object of. */
  function takeNames({ unusable, unreadable, folders }: ComparedPage): void {
    counts.listed += unusable.length + unreadable.length;
    for (const { name, reason } of unusable) {
      if (!criteria.matches(name)) recorder.skip('FILTER');
      else {
        recorder.skip('UNUSABLE_KEY');
        remarks.name('UNUSABLE_KEY', name, reason);
      }
    }
    for (const { name, reason } of unreadable) {
      recorder.skip('UNREADABLE');
      remarks.name('UNREADABLE', name, reason);
      if (!isOrdered(context, place.walkedTo)) committer.current.unreadable.push(name);
    }
    remarks.folders ||= folders;
  }

  async function take(page: ComparedPage): Promise<void> {
    takeNames(page);
    committer.current.missing.push(...page.missing);
    committer.current.outOfScope.push(...page.outOfScope);
    counts.summed.leftScope += page.outOfScope.length;
    for (const finding of page.findings) {
      const settled = pipeline.add(finding);
      if (settled) await settled;
    }
    if (page.unchangedAfter > 0) await pipeline.drain();
    counts.listed += page.unchangedAfter;
    counts.unchanged += page.unchangedAfter;
    committer.current.seen.push(...page.seen);
    if (pipeline.isEmpty() && page.settledUpTo !== undefined) place.after = page.settledUpTo;
    if (committer.due()) await committer.flush(place.checkpoint());
  }

  /** Takes in all pages. A listing that turns out to have no order is begun again, as one that promises none. */
  async function takeAll(): Promise<void> {
    try {
      for await (const page of readAhead(comparedPages(context, criteria, place, seenKeys, unfinished))) {
        signal.throwIfAborted();
        await take(page);
      }
      await pipeline.drain();
    } catch (error) {
      if (!(error instanceof DisorderError)) throw error;
      await pipeline.drain();
      place.walkedTo = place.after ?? '';
      place.after = undefined;
      seenKeys.walkedTo(place.walkedTo);
      await committer.flush(place.checkpoint());
      // What was seen so far is told by the ledger: it has to be stored before anybody looks.
      await committer.stored();
      await takeAll();
    }
  }

  try {
    for (const [key, reading] of await unfinishedBefore(database.db, sync)) unfinished.set(key, reading);
    if (context.checkpoint)
      await forgetMissing(database, sync.projectId, lease, place.after ?? place.walkedTo);
    await takeAll();
  } catch (error) {
    // A storage that fails us takes nothing back: what it gave so far is stored.
    const failed = error instanceof ProviderError && !signal.aborted;
    if (failed) await committer.flush(place.checkpoint());
    // Nobody can say how far the sync got while batches are on their way.
    const stored = committer.stored();
    await (failed ? stored : stored.catch(() => {}));
    throw error;
  } finally {
    pipeline.abort();
  }
  if (!namesKeys(sync)) {
    const before = await countsBefore(database.db, sync);
    const scope = scopeOf(store, settings);
    const issues = remarks.issues(counts, before?.skippedBy ?? {}, scope);
    counts.warnings += issues.length;
    committer.current.issues.push(...issues);
  }
  const checkpoint: SyncCheckpoint = {
    phase: 'REMOVALS',
    scope: scopeName(storage),
    ...(place.walkedTo !== undefined && { walkedTo: place.walkedTo }),
  };
  await committer.flush(checkpoint);
  await committer.stored();
  return checkpoint;
}

/** What the sync has to look at; of task files also what the project has of them. */
function comparedPages(
  context: RunContext,
  criteria: Criteria,
  place: Place,
  seenKeys: SeenKeys,
  unfinished: ReadonlyMap<string, ReadingCheckpoint>,
): AsyncIterable<ComparedPage> {
  const pages = barePages(context, criteria, place, seenKeys);
  const { importMethod } = criteria.settings;
  return importMethod === 'TASKS' ? withSources(context.database, context.storage, pages, unfinished) : pages;
}

/** The whole listing, or the keys that the sync is about. */
function barePages(
  context: RunContext,
  criteria: Criteria,
  place: Place,
  seenKeys: SeenKeys,
): AsyncIterable<ComparedPage> {
  const { database, store, storage, sync, readConcurrency, signal } = context;
  const { recursive } = storage.settings;
  const { after } = place;
  if (namesKeys(sync)) {
    const { notificationsUpTo } = sync.options;
    const keys =
      notificationsUpTo === undefined
        ? walkFailed(database, storage, after)
        : walkNotifications(database, storage, notificationsUpTo, after);
    const looks = lookUp(store, keys, criteria.isInScope, { concurrency: readConcurrency, signal });
    return compareNamed(database, storage, looks, criteria);
  }
  // The next page is asked for before this one is compared, and compared before the one before it is stored.
  const listing = readAhead(store.list({ recursive, after, signal }));
  return isOrdered(context, place.walkedTo)
    ? compareInOrder(database, storage, listing, after, criteria)
    : compareByKey(database, storage, listing, seenKeys, criteria);
}
