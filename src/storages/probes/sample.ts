import { ProviderError } from '../../errors.ts';
import { providerError } from '../../providers/errors.ts';
import type { ObjectInfo } from '../../providers/provider.ts';
import type { Store } from '../../providers/store.ts';
import { compileFilter } from '../filter.ts';
import type { Candidate } from './candidate.ts';
import { whyNothing } from './nothing-found.ts';

/** How many objects are looked at before "the filter matches nothing" is said. */
const FILTER_SAMPLE = 10_000;
/** How many seconds a look goes on when it finds nothing: where few of many keys are wanted, the next one may be far. */
const LOOK_SECONDS = 5;

/** What a look at a storage's objects found. */
export interface Found {
  /** The first object that a sync would take. */
  sample?: ObjectInfo;
  /** Objects looked at. */
  seen: number;
  /** About so many names were gone through for them. */
  looked: number;
  /** Whether folders were left out. */
  folders: boolean;
  /** Whether the look was given up before the end of the listing: nothing is proven of the rest. */
  givenUp: boolean;
}

export async function search(
  store: Store,
  { provider, source }: Pick<Candidate, 'provider' | 'source'>,
  signal: AbortSignal,
): Promise<Found> {
  const matches = compileFilter(source?.filter ?? null);
  const subject = provider.filterSubject ?? ((key: string) => key);
  const found: Found = { seen: 0, looked: 0, folders: false, givenUp: false };
  const limit = performance.now() + LOOK_SECONDS * 1_000;
  for await (const page of store.list({ recursive: source?.recursive ?? true, signal })) {
    const sample = page.objects.find((object) => matches(subject(object.key)));
    if (sample) return { ...found, sample };
    found.seen += page.objects.length;
    found.looked += page.looked ?? page.objects.length;
    found.folders ||= page.folders ?? false;
    found.givenUp = found.seen >= FILTER_SAMPLE || performance.now() > limit;
    if (found.givenUp) break;
  }
  return found;
}

/** The first object that a sync would take. @throws ProviderError EMPTY_PREFIX or NO_MATCH */
export async function sampleObject(
  store: Store,
  candidate: Pick<Candidate, 'provider' | 'source'>,
  signal: AbortSignal,
): Promise<ObjectInfo> {
  const found = await search(store, candidate, signal);
  if (found.sample) return found.sample;
  throw nothingFound(found, store, candidate);
}

/** Nothing is wrong with a place that is new. */
export const isEmptyContainer = ({ seen, folders, givenUp }: Found, { location }: Store) =>
  seen === 0 && !folders && !givenUp && location.prefix === '';

/** What is known when a look was given up that had not found any object; undefined: it found some, or came to its end. */
export const whyGivenUp = ({ seen, looked, givenUp }: Found) =>
  givenUp && seen === 0
    ? `none was found among about ${looked.toLocaleString('en-US')} keys that were looked at within ${LOOK_SECONDS} seconds`
    : undefined;

/** Why a look found nothing. */
export function nothingFound(found: Found, store: Store, { source }: Pick<Candidate, 'source'>) {
  const unknown = whyGivenUp(found);
  if (unknown) {
    const message = `Of the objects ${unknown}.`;
    return providerError({ code: 'TIMEOUT', message }, { capability: 'LIST' });
  }
  const { seen, folders } = found;
  const { prefix } = store.location;
  // Only where there are folders at all can they be left out.
  const recursive = !store.provider.capabilities.folders || source?.recursive !== false;
  return new ProviderError({
    ...whyNothing({ prefix, recursive, folders, seen }),
    capability: 'LIST',
    retryable: false,
  });
}
