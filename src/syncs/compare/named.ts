import { mapConcurrently } from '../../concurrently.ts';
import type { Database } from '../../database/client.ts';
import { ProviderError } from '../../errors.ts';
import { compareKeys } from '../../objects/keys.ts';
import { knownByKey } from '../../objects/ledger.ts';
import { isPresent, type LedgerOwner } from '../../objects/model.ts';
import { isAbsence, isStorageWide } from '../../providers/errors.ts';
import type { ObjectInfo } from '../../providers/provider.ts';
import type { Store } from '../../providers/store.ts';
import type { Criteria } from './criteria.ts';
import { add, type ComparedPage, pageFrom, push } from './pages.ts';

/** What is to be learned about keys that were named, not listed. */
interface NamedPage {
  objects: ObjectInfo[];
  /** Named keys that the storage does not have. */
  absent: string[];
  /** Named keys that a listing of the storage would not show. */
  outside: string[];
  /** Named keys that the storage would say nothing about. */
  refused: { key: string; error: ProviderError }[];
}

/** For keys that were named: they come in key order, and those that are absent may be known. */
export async function* compareNamed(
  database: Pick<Database, 'sql'>,
  storage: LedgerOwner,
  pages: AsyncIterable<NamedPage>,
  criteria: Criteria,
): AsyncGenerator<ComparedPage> {
  for await (const named of pages) {
    const page = pageFrom();
    const refused = new Map(named.refused.map(({ key, error }) => [key, error]));
    const keys = [
      ...named.objects.map(({ key }) => key),
      ...refused.keys(),
      ...named.absent,
      ...named.outside,
    ];
    const known = await knownByKey(database, storage, criteria.readAs, keys);
    const objects = [...named.objects, ...[...refused.keys()].map(unseen)];
    for (const object of objects.sort((a, b) => compareKeys(a.key, b.key))) {
      const error = refused.get(object.key);
      if (!error) add(page, object, known.get(object.key), criteria);
      else push(page, { object, known: known.get(object.key), verdict: { kind: 'REFUSED', error } });
    }
    const wasPresent = (key: string) => known.has(key) && isPresent(known.get(key)!);
    page.missing = named.absent.filter(wasPresent);
    page.outOfScope = named.outside.filter(wasPresent);
    page.settledUpTo = keys.sort(compareKeys).at(-1);
    yield page;
  }
}

/** An object of which nothing is known but that it may be there. */
const unseen = (key: string): ObjectInfo => ({ key, size: 0, version: null, modifiedAt: null });

/**
 * Asks the storage about keys one by one, so many at a time. The keys of a page come in key order.
 * @throws ProviderError when the storage itself refuses
 */
export async function* lookUp(
  store: Store,
  batches: AsyncIterable<string[]>,
  isInScope: (key: string) => boolean,
  { concurrency, signal }: { concurrency: number; signal: AbortSignal },
): AsyncGenerator<NamedPage> {
  for await (const keys of batches) {
    const inside = keys.filter(isInScope);
    const outside = keys.filter((key) => !isInScope(key));
    const page: NamedPage = { objects: [], absent: [], refused: [], outside };
    const found = await mapConcurrently(inside, concurrency, (key) => headOf(store, key, signal));
    for (const [index, answer] of found.entries()) {
      const key = inside[index]!;
      if (answer instanceof ProviderError) page.refused.push({ key, error: answer });
      else if (answer) page.objects.push(answer);
      else page.absent.push(key);
    }
    yield page;
  }
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
    return isAbsence(error) ? undefined : error;
  }
}
