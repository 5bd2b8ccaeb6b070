import { ProviderError } from '../errors.ts';
import type { ListPage, ObjectInfo } from '../providers/provider.ts';
import type { Store } from '../providers/store.ts';

/** A page about keys that were named, not listed. */
export interface NamedPage extends ListPage {
  /** Named keys that the storage does not have. */
  absent: string[];
}

/** Asks the storage about keys one by one, so many at a time. The keys of a page come in key order. */
export async function* lookUp(
  store: Store,
  batches: AsyncIterable<string[]>,
  concurrency: number,
  signal: AbortSignal,
): AsyncGenerator<NamedPage> {
  for await (const keys of batches) {
    const found = await mapConcurrently(keys, concurrency, (key) => headOrAbsent(store, key, signal));
    const page: NamedPage = { objects: [], absent: [] };
    for (const [index, object] of found.entries()) {
      if (object) page.objects.push(object);
      else page.absent.push(keys[index]!);
    }
    yield page;
  }
}

async function headOrAbsent(store: Store, key: string, signal: AbortSignal): Promise<ObjectInfo | undefined> {
  try {
    return await store.head(key, signal);
  } catch (error) {
    // A key outside the prefix, or one that no object can have, is not there either.
    const absent = error instanceof ProviderError && ['OBJECT_NOT_FOUND', 'INVALID_KEY'].includes(error.code);
    if (absent) return undefined;
    throw error;
  }
}

async function mapConcurrently<T, R>(
  items: readonly T[],
  concurrency: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < items.length; index = next++) results[index] = await work(items[index]!);
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, worker));
  return results;
}
