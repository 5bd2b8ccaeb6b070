import { mapConcurrently } from '../../concurrently.ts';
import { ProviderError } from '../../errors.ts';
import { parseJson } from '../../json.ts';
import { firstThatMay, type Place, placesOf } from '../../media/places.ts';
import { type UriStarts, urisOf } from '../../media/uris.ts';
import { isOfOneObject } from '../../providers/errors.ts';
import type { Registry } from '../../providers/registry.ts';
import type { Store } from '../../providers/store.ts';
import type { Storage } from '../../storages/model.ts';
import type { StorePool } from '../../storages/pool.ts';
import { MAX_LISTED, type MediaTally } from '../model.ts';
import type { WholeTask } from '../reader.ts';
import { hashOfUri, type MediaCopy, type MediaOutcome } from './outcome.ts';

/** An object that a task points at, in an opened storage of its project. */
export interface Medium {
  store: Store;
  key: string;
}

/** Where copies go. */
export interface MediaSink {
  /** Those of the URIs that nothing is known of yet. */
  unknown(uris: readonly string[]): Promise<string[]>;
  /** Copies an object. Called again under the same name when it failed half-way. @throws ProviderError of the object */
  keep(name: string, medium: Medium, signal: AbortSignal): Promise<MediaCopy>;
  note(outcomes: readonly MediaOutcome[]): Promise<void>;
}

/** What media are found with. */
export interface MediaSources {
  registry: Registry;
  stores: StorePool;
  starts: UriStarts;
  /** The source storages of the project: of nothing else anything is copied. */
  sources: readonly Storage[];
}

/** Why an object is not copied although its storage would give it. */
export class MediumError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** Objects copied at a time. */
const CONCURRENCY = 8;
/** Failures in a row after which a storage is not asked any more. */
const PATIENCE = 5;

/** Nothing in the project knows the URI. */
const unseen = { code: 'NO_STORAGE', message: 'No source storage of the project has such an object.' };

/**
 * Copies the objects that the data of tasks points at, each once. What cannot be had is noted with its reason, and the
 * rest goes on; a storage that is down as a whole is given up after a few tries.
 * @param tally grows with what was noted
 */
export function createMediaCopier(
  { registry, stores, starts, sources }: MediaSources,
  sink: MediaSink,
  tally: MediaTally,
  signal: AbortSignal,
): (portion: readonly WholeTask[]) => Promise<void> {
  const failed = new AbortController();
  const own = AbortSignal.any([signal, failed.signal]);
  /** By storage: how often it failed as a whole in a row, and how. */
  const failures = new Map<number, { times: number; error: ProviderError }>();

  async function copyFrom({ storage, key }: Place, name: string): Promise<MediaCopy> {
    const before = failures.get(storage.id);
    if (before && before.times >= PATIENCE) throw before.error;
    try {
      const copy = await stores.use(storage, (store) => sink.keep(name, { store, key }, own));
      failures.delete(storage.id);
      return copy;
    } catch (error) {
      if (error instanceof ProviderError) {
        if (isOfOneObject(error)) failures.delete(storage.id);
        else failures.set(storage.id, { times: (before?.times ?? 0) + 1, error });
      }
      throw error;
    }
  }

  async function copy(uri: string, containerId: number | null): Promise<MediaOutcome> {
    const places = placesOf(uri, sources, { registry, containerId });
    const [best] = places;
    if (!best) return { uri, name: null, error: unseen };
    const name = nameOf(uri, best.key);
    try {
      return { uri, name, ...(await firstThatMay(places, (place) => copyFrom(place, name))) };
    } catch (error) {
      own.throwIfAborted();
      if (!(error instanceof ProviderError || error instanceof MediumError)) throw error;
      const { code, message } = error;
      return { uri, name: null, error: { code, message } };
    }
  }

  return async (portion) => {
    const containers = new Map<string, number | null>();
    for (const { task } of portion) {
      for (const uri of urisOf(parseJson(task.data), starts)) {
        if (!containers.has(uri)) containers.set(uri, task.containerId);
      }
    }
    const uris = await sink.unknown([...containers.keys()]);
    const outcomes: MediaOutcome[] = [];
    await mapConcurrently(uris, CONCURRENCY, async (uri) => {
      if (own.aborted) return;
      // The first failure of the whole ends the others, and all of them have ended then.
      await copy(uri, containers.get(uri) ?? null).then(
        (outcome) => outcomes.push(outcome),
        (error: unknown) => failed.abort(error),
      );
    });
    own.throwIfAborted();
    await sink.note(outcomes);
    for (const outcome of outcomes) count(tally, outcome);
  };
}

function count({ counts, missing }: MediaTally, outcome: MediaOutcome): void {
  if (outcome.name !== null) {
    counts.media++;
    counts.mediaBytes += outcome.bytes;
    return;
  }
  counts.missingMedia++;
  const { uri, error } = outcome;
  if (missing.length < MAX_LISTED) missing.push({ uri, ...error });
}

/** The same at each run: `media/3f/3f2a…-cat.jpg`. Of the key's own name, what is harmless anywhere. */
function nameOf(uri: string, key: string): string {
  const hash = hashOfUri(uri);
  const own = key
    .slice(key.lastIndexOf('/') + 1)
    .replaceAll(/[^A-Za-z\d._-]/g, '_')
    .slice(-80);
  return `media/${hash.slice(0, 2)}/${hash}-${own}`;
}
