import { ProviderError } from '../../errors.ts';
import { keepCopy } from '../../objects/copies.ts';
import { isStorageWide } from '../../providers/errors.ts';
import type { Finding } from '../compare/pages.ts';
import { type ObjectReader, startReading } from '../read/object-reader.ts';
import type { Committer } from './committer.ts';
import { isOrdered, type RunContext } from './context.ts';
import type { Place } from './place.ts';
import { type Recorder, textOf } from './recorder.ts';

/** Findings that may wait behind a slow object, so that memory does not grow with what comes after it. */
const MAX_PENDING = 10_000;

/** A finding whose turn has not come. */
interface Pending {
  finding: Finding;
  reader: ObjectReader | undefined;
  copy: Promise<void> | undefined;
}

const isReady = ({ reader, copy }: Pending) => !reader && !copy;

export interface PipelineStages {
  committer: Committer;
  recorder: Recorder;
  /** Records the outcome of a finding that is not read. */
  conclude(finding: Finding): void;
  /** Takes the rows of one that is. */
  takeRows(finding: Finding, reader: ObjectReader): Promise<void>;
}

/**
 * The findings of a sync on their way to the committer, in the order of the listing: objects are read side by side
 * and settled one after the other, and whatever comes behind one that is being read waits for it.
 */
export function createPipeline(
  context: RunContext,
  place: Place,
  { committer, recorder, conclude, takeRows }: PipelineStages,
) {
  const { store, storage, counts, signal } = context;
  const { settings } = storage;
  const pending: Pending[] = [];
  let readers = 0;

  /** The object is dealt with: from here on its key counts. undefined: nothing is to be waited for. */
  function settle({ object, verdict, unchangedBefore }: Finding): Promise<void> | undefined {
    counts.listed += 1 + unchangedBefore;
    counts.unchanged += unchangedBefore;
    // A key that can't be stored is no place to go on from.
    if (!(verdict.kind === 'SKIPPED' && verdict.reason === 'UNUSABLE_KEY')) {
      if (isOrdered(context, place.walkedTo)) place.after = object.key;
      else committer.current.seen.push(object.key);
    }
    return committer.due() ? committer.flush(place.checkpoint()) : undefined;
  }

  async function settleFirst(): Promise<void> {
    const { finding, reader, copy } = pending[0]!;
    if (copy) await takeCopy(finding, copy);
    if (reader) await takeRows(finding, reader);
    else conclude(finding);
    pending.shift();
    if (reader || copy) readers--;
    await settle(finding);
  }

  async function makeRoom(): Promise<void> {
    const full = () => readers >= context.readConcurrency || pending.length >= MAX_PENDING;
    while (pending.length > 0 && (full() || isReady(pending[0]!))) await settleFirst();
  }

  function readerOf({ object, verdict }: Finding): ObjectReader | undefined {
    if (verdict.kind !== 'IMPORT' || settings.importMethod === 'FILES') return undefined;
    return startReading(store, object, { fromRow: place.readingOf(object)?.row ?? 0, signal });
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

  return {
    isEmpty: () => pending.length === 0,

    /**
     * Takes one more finding, and settles those in front of it that are ready or have to make room. undefined: nothing
     * is to be waited for, as with most objects.
     */
    add(finding: Finding): Promise<void> | undefined {
      const reader = readerOf(finding);
      const copy = copyOf(finding);
      if (!reader && !copy && pending.length === 0) {
        conclude(finding);
        return settle(finding);
      }
      pending.push({ finding, reader, copy });
      if (reader || copy) readers++;
      return makeRoom();
    },

    /** Settles all that is on its way. */
    async drain(): Promise<void> {
      while (pending.length > 0) await settleFirst();
    },

    /** Lets go of what is being read. */
    abort(): void {
      for (const { reader } of pending) reader?.abort();
    },
  };
}
