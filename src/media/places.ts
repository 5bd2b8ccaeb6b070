import { ProviderError } from '../errors.ts';
import type { Registry } from '../providers/registry.ts';
import type { Storage } from '../storages/model.ts';

/** A storage that can serve a URI, and the URI's key there. */
export interface Place {
  storage: Storage;
  key: string;
}

/**
 * The storages that see a URI, best first: those of the container that the task came from, then the longest
 * prefix, then the oldest. Two may see it with different credentials; what one may not read, the next one may.
 */
export function placesOf(
  uri: string,
  storages: readonly Storage[],
  { registry, containerId = null }: { registry: Registry; containerId?: number | null },
): Place[] {
  const places = storages.flatMap((storage): Place[] => {
    const provider = registry.get(storage.provider);
    // By the name that the container has now, or had when the task came from it.
    const configs = [storage.config, ...storage.formerConfigs.toReversed()];
    const key = configs.map((config) => provider?.keyOf(config, uri)).find((found) => found !== undefined);
    return key?.startsWith(storage.prefix) ? [{ storage, key }] : [];
  });
  const rank = ({ storage }: Place) => (storage.containerId === containerId ? 0 : 1);
  return places.toSorted(
    (a, b) =>
      rank(a) - rank(b) || b.storage.prefix.length - a.storage.prefix.length || a.storage.id - b.storage.id,
  );
}

/**
 * Tries the places in turn: what a retry does not help with, another storage that sees the same URI may.
 * @throws the first one's ProviderError
 */
export async function firstThatMay<T>(
  places: readonly Place[],
  work: (place: Place) => Promise<T>,
): Promise<T> {
  let first: unknown;
  for (const place of places) {
    try {
      return await work(place);
    } catch (error) {
      first ??= error;
      if (!(error instanceof ProviderError) || error.retryable) throw error;
    }
  }
  throw first;
}
