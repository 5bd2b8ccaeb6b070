import type { Access } from '../access/access.ts';
import type { Grant } from '../access/authorize.ts';
import { type Database, transaction } from '../database/client.ts';
import type { Count } from '../database/count.ts';
import type { OrderedPage } from '../database/keyset.ts';
import type { Viewer } from '../organizations/model.ts';
import { insertNotifications } from './ledger.ts';
import type { LedgerOwner, ObjectFilter, ObjectOrderField, StorageObject } from './model.ts';
import * as repository from './repository.ts';

export type ObjectService = ReturnType<typeof createObjectService>;

/** The object ledger. Whoever may see the storage may see its ledger. */
export function createObjectService(database: Database, access: Access) {
  const { db } = database;
  return {
    async list(
      viewer: Viewer,
      storage: LedgerOwner,
      filter: ObjectFilter,
      page: OrderedPage<ObjectOrderField>,
    ): Promise<StorageObject[]> {
      await access.authorize(viewer, 'object.read', storage);
      return repository.objectsOf(db, storage, filter, page);
    },

    async count(viewer: Viewer, storage: LedgerOwner, filter: ObjectFilter): Promise<Count> {
      await access.authorize(viewer, 'object.read', storage);
      return repository.countObjects(db, storage, filter);
    },

    async visible(
      viewer: Viewer,
      names: readonly { storageId: number; key: string }[],
    ): Promise<StorageObject[]> {
      return access.visible(viewer, 'object.read', await repository.objectsByName(db, names));
    },

    /** Records that these keys have changed; a worker syncs them soon. */
    async notify(_: Grant, storage: LedgerOwner, keys: readonly string[]): Promise<void> {
      if (keys.length === 0) return;
      await transaction(database, (tx) => insertNotifications(tx, storage, keys));
    },

    /** The ledger entries that tasks came from, through any storage that sees their container. */
    async sourcesOf(
      viewer: Viewer,
      sources: readonly { containerId: number; key: string }[],
    ): Promise<StorageObject[]> {
      return access.visible(viewer, 'object.read', await repository.objectsBySource(db, sources));
    },
  };
}
