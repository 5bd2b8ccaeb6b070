import { type Database, transaction } from '../database/client.ts';
import * as repository from './ledger.ts';
import type { LedgerOwner, ObjectFilter, StorageObject } from './model.ts';

export type ObjectService = ReturnType<typeof createObjectService>;

/** The object ledger. Whoever may see the storage may see its ledger: the callers have checked. */
export function createObjectService(database: Database) {
  const { db } = database;
  return {
    list: (
      storage: LedgerOwner,
      filter: ObjectFilter,
      page: { limit: number; after?: string | undefined },
    ): Promise<StorageObject[]> => repository.objectsOf(db, storage, filter, page),

    count: (storage: LedgerOwner, filter: ObjectFilter) => repository.countObjects(db, storage, filter),

    /** Records that these keys have changed; a worker syncs them soon. */
    async notify(storage: LedgerOwner, keys: readonly string[]): Promise<void> {
      if (keys.length === 0) return;
      await transaction(database, (tx) => repository.insertNotifications(tx, storage, keys));
    },

    /** The ledger entries that tasks came from, through any storage that sees their container. */
    sourcesOf: (sources: readonly { containerId: number; key: string }[]) =>
      repository.objectsBySource(db, sources),
  };
}
