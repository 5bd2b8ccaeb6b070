import { ProviderError } from '../../errors.ts';
import type { ObjectInfo } from '../../providers/provider.ts';
import type { Store } from '../../providers/store.ts';
import { compileFilter } from '../filter.ts';
import type { Candidate } from './candidate.ts';
import { whyNothing } from './nothing-found.ts';

/** How many objects are looked at before "the filter matches nothing" is said. */
const FILTER_SAMPLE = 10_000;
/** What a look at a storage's objects found. */
export interface Found {
  /** The first object that a sync would take. */
  sample?: ObjectInfo;
  /** Objects looked at. */
  seen: number;
  /** Whether folders were left out. */
  folders: boolean;
}

export async function search(
  store: Store,
  { provider, source }: Pick<Candidate, 'provider' | 'source'>,
  signal: AbortSignal,
): Promise<Found> {
  const matches = compileFilter(source?.filter ?? null);
  const subject = provider.filterSubject ?? ((key: string) => key);
  const found: Found = { seen: 0, folders: false };
  for await (const page of store.list({ recursive: source?.recursive ?? true, signal })) {
    const sample = page.objects.find((object) => matches(subject(object.key)));
    if (sample) return { ...found, sample };
    found.seen += page.objects.length;
    found.folders ||= page.folders ?? false;
    if (found.seen >= FILTER_SAMPLE) break;
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
export const isEmptyContainer = ({ seen, folders }: Found, { location }: Store) =>
  seen === 0 && !folders && location.prefix === '';

/** Why a look found nothing. */
export function nothingFound({ seen, folders }: Found, store: Store, { source }: Pick<Candidate, 'source'>) {
  const { prefix } = store.location;
  // Only where there are folders at all can they be left out.
  const recursive = !store.provider.capabilities.folders || source?.recursive !== false;
  return new ProviderError({
    ...whyNothing({ prefix, recursive, folders, seen }),
    capability: 'LIST',
    retryable: false,
  });
}
