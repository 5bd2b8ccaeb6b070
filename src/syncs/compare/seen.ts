import type { Database } from '../../database/client.ts';
import { compareKeys, isUsableKey } from '../../objects/keys.ts';
import { knownByKey } from '../../objects/ledger.ts';
import { isPresent, type KnownObject, type LedgerOwner } from '../../objects/model.ts';
import type { StorePage } from '../../providers/listing.ts';
import type { SyncKey } from '../model.ts';
import { seenAmong, takeBackMissing } from '../run/marks.ts';
import type { Criteria } from './criteria.ts';
import { add, type ComparedPage, pageFrom } from './pages.ts';

/** Remembers which keys a listing gave before. */
export interface SeenKeys {
  /** Those that came before; takes note of the others. */
  among(keys: string[], known: ReadonlyMap<string, KnownObject>): Promise<Set<string>>;
}

/**
 * For listings in no order: one look-up of the page's keys. Such a listing may give a key twice (Redis manual,
 * SCAN, "Scan guarantees").
 */
export async function* compareByKey(
  database: Pick<Database, 'sql'>,
  storage: LedgerOwner,
  listing: AsyncIterable<StorePage>,
  seenKeys: SeenKeys,
  criteria: Criteria,
): AsyncGenerator<ComparedPage> {
  for await (const listed of listing) {
    const page = pageFrom(listed);
    const objects = [...new Map(listed.objects.map((object) => [object.key, object])).values()];
    const usable = objects.map(({ key }) => key).filter(isUsableKey);
    await criteria.prepare(usable);
    const known = await knownByKey(database, storage, criteria.readAs, usable);
    const seen = await seenKeys.among(usable, known);
    for (const object of objects) {
      if (seen.has(object.key)) continue;
      const entry = known.get(object.key);
      if (entry && isPresent(entry)) page.present++;
      if (!add(page, object, entry, criteria)) page.seen.push(object.key);
    }
    // Without an order, what is unchanged is settled with its page, by the names in `seen`.
    for (const finding of page.findings) finding.unchangedBefore = 0;
    page.unchangedAfter = page.seen.length;
    yield page;
  }
}

/**
 * The keys that a sync's listing in no order has given so far. Those that are not stored yet are held here, the
 * others are in the database: so memory does not grow with the listing.
 */
export function createSeenKeys(database: Pick<Database, 'sql'>, sync: SyncKey) {
  const underway = new Set<string>();
  /** All keys up to this one were compared while the listing was still in order. */
  let walkedTo: string | undefined;

  /**
   * Of the keys that were walked over, those that the walk saw: what the ledger has of them, but for what it took
   * for missing.
   */
  async function walked(keys: readonly string[], known: ReadonlyMap<string, KnownObject>): Promise<string[]> {
    const behind = keys.filter((key) => known.has(key) && compareKeys(key, walkedTo ?? '') <= 0);
    if (behind.length === 0) return [];
    const missing = await takeBackMissing(database, sync, behind);
    return behind.filter((key) => !missing.has(key) && isPresent(known.get(key)!));
  }

  return {
    async among(keys: string[], known: ReadonlyMap<string, KnownObject>): Promise<Set<string>> {
      // Memory first: what is not there yet may be stored while the database is asked, not the other way.
      const seen = new Set(keys.filter((key) => underway.has(key)));
      const asked = keys.filter((key) => !seen.has(key));
      for (const key of await seenAmong(database, sync, asked)) seen.add(key);
      const others = asked.filter((key) => !seen.has(key));
      if (walkedTo !== undefined) for (const key of await walked(others, known)) seen.add(key);
      for (const key of others) if (!seen.has(key)) underway.add(key);
      return seen;
    },

    /** From now on the database has these. */
    stored(keys: readonly string[]): void {
      for (const key of keys) underway.delete(key);
    },

    walkedTo(key: string): void {
      walkedTo = key;
    },
  };
}
