import { ProviderError } from '../../errors.ts';
import type { ListPage, ObjectInfo } from '../../providers/provider.ts';
import type { Store } from '../../providers/store.ts';
import { isStorageWide } from '../run/failures.ts';

/** A page about keys that were named, not listed. */
export interface NamedPage extends ListPage {
  /** Named keys that the storage does not have, or that its listing would not show. */
  absent: string[];
  /** Named keys that the storage would say nothing about. */
  refused: { key: string; error: ProviderError }[];
}

/**
 * Asks the storage about keys one by one, so many at a time. The keys of a page come in key order.
 * @throws ProviderError when the storage itself refuses
 */
export async function* lookUp(
  store: Store,
  batches: AsyncIterable<string[]>,
  { recursive, concurrency, signal }: { recursive: boolean; concurrency: number; signal: AbortSignal },
): AsyncGenerator<NamedPage> {
  const ask = async (key: string) =>
    isListed(store, key, recursive) ? await headOf(store, key, signal) : undefined;
  for await (const keys of batches) {
    const found = await mapConcurrently(keys, concurrency, ask);
    const page: NamedPage = { objects: [], absent: [], refused: [] };
    for (const [index, answer] of found.entries()) {
      const key = keys[index]!;
      if (answer instanceof ProviderError) page.refused.push({ key, error: answer });
      else if (answer) page.objects.push(answer);
      else page.absent.push(key);
    }
    yield page;
  }
}

/** Whether a listing of the storage, if it has such an object, shows it. */
export function isListed({ location, provider }: Store, key: string, recursive: boolean): boolean {
  if (!key.startsWith(location.prefix)) return false;
  const name = key.slice(location.prefix.length);
  return !provider.capabilities.folders || (!name.endsWith('/') && (recursive || !name.includes('/')));
}

/** The object; undefined: there is none; or why nothing is to be learned about it. */
async function headOf(
  store: Store,
  key: string,
  signal: AbortSignal,
): Promise<ObjectInfo | ProviderError | undefined> {
  try {
    return await store.head(key, signal);
  } catch (error) {
    if (!(error instanceof ProviderError) || isStorageWide(error)) throw error;
    // One that no object can have is not there either.
    return error.code === 'OBJECT_NOT_FOUND' || error.code === 'INVALID_KEY' ? undefined : error;
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
