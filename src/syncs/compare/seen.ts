import type { Database } from '../../database/client.ts';
import type { SyncKey } from '../model.ts';
import { seenAmong } from '../repository.ts';

/**
 * The keys that a listing in no order has given so far. Those that are not stored yet are held here, the
 * others are in the database: so memory does not grow with the listing.
 */
export function createSeenKeys(database: Pick<Database, 'sql'>, sync: SyncKey) {
  const underway = new Set<string>();
  return {
    /** Which of the keys came before; takes note of the others. */
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
