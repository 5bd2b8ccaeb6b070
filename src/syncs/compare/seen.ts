import type { Database } from '../../database/client.ts';
import { isUsableKey } from '../../objects/keys.ts';
import { knownByKey } from '../../objects/ledger.ts';
import { isGone, type LedgerOwner } from '../../objects/model.ts';
import type { ListPage } from '../../providers/provider.ts';
import type { SyncKey } from '../model.ts';
import { seenAmong } from '../run/marks.ts';
import type { Criteria } from './criteria.ts';
import { add, type ComparedPage, pageFrom } from './pages.ts';

/** Tells which keys a listing gave before, and takes note of the others. */
export type AlreadySeen = (keys: string[]) => Promise<Set<string>>;

/**
 * For listings in no order: one look-up of the page's keys. Such a listing may give a key twice (Redis manual,
 * SCAN, "Scan guarantees").
 */
export async function* compareByKey(
  database: Pick<Database, 'sql'>,
  storage: LedgerOwner,
  listing: AsyncIterable<ListPage>,
  alreadySeen: AlreadySeen,
  criteria: Criteria,
): AsyncGenerator<ComparedPage> {
  for await (const listed of listing) {
    const page = pageFrom(listed);
    const objects = [...new Map(listed.objects.map((object) => [object.key, object])).values()];
    const usable = objects.map(({ key }) => key).filter(isUsableKey);
    const seen = await alreadySeen(usable);
    const known = await knownByKey(database, storage, usable);
    for (const object of objects) {
      if (seen.has(object.key)) continue;
      const entry = known.get(object.key);
      if (entry && !isGone(entry)) page.present++;
      if (!add(page, object, entry, criteria)) page.seen.push(object.key);
    }
    // Without an order, what is unchanged is settled with its page, by the names in `seen`.
    for (const finding of page.findings) finding.unchangedBefore = 0;
    page.unchangedAfter = page.seen.length;
    yield page;
  }
}

/**
 * The keys that a listing in no order has given so far. Those that are not stored yet are held here, the
 * others are in the database: so memory does not grow with the listing.
 */
export function createSeenKeys(database: Pick<Database, 'sql'>, sync: SyncKey) {
  const underway = new Set<string>();
  return {
    async among(keys: string[]): Promise<Set<string>> {
      // Memory first: what is not there yet may be stored while the database is asked, not the other way.
      const seen = new Set(keys.filter((key) => underway.has(key)));
      const asked = keys.filter((key) => !seen.has(key));
      for (const key of await seenAmong(database, sync, asked)) seen.add(key);
      for (const key of asked) if (!seen.has(key)) underway.add(key);
      return seen;
    },

    /** From now on the database has these. */
    stored(keys: readonly string[]): void {
      for (const key of keys) underway.delete(key);
    },
  };
}
