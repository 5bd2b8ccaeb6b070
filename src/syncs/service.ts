import type { Access } from '../access/access.ts';
import type { Database } from '../database/client.ts';
import type { Count } from '../database/count.ts';
import type { OrderedPage } from '../database/keyset.ts';
import { ConflictError, NotFoundError, ValidationError } from '../errors.ts';
import type { EventBus } from '../events/bus.ts';
import type { Viewer } from '../organizations/model.ts';
import type { Storage } from '../storages/model.ts';
import type { StorageService } from '../storages/service.ts';
import { publishMoved } from './events.ts';
import * as issues from './issues.ts';
import {
  isActive,
  type Sync,
  type SyncIssue,
  type SyncKey,
  type SyncOptions,
  type SyncOrderField,
} from './model.ts';
import * as repository from './repository.ts';
import type { SyncRequest, SyncStarter } from './start/start.ts';

export type SyncService = ReturnType<typeof createSyncService>;

export function createSyncService(
  { db }: Database,
  events: EventBus,
  access: Access,
  start: SyncStarter,
  storages: StorageService,
) {
  async function visible(viewer: Viewer, ids: readonly number[]): Promise<Sync[]> {
    return access.visible(viewer, 'sync.read', await repository.syncsById(db, ids));
  }

  /** @throws NotFoundError */
  async function get(viewer: Viewer, id: number): Promise<Sync> {
    const [sync] = await visible(viewer, [id]);
    if (!sync) throw new NotFoundError('sync', id);
    return sync;
  }

  async function syncable(viewer: Viewer, storageId: number): Promise<Storage> {
    const storage = await storages.permitted(viewer, 'sync.start', storageId);
    if (!storage.synchronizable) {
      throw new ConflictError(
        'NOT_SYNCHRONIZABLE',
        'This storage is not synchronizable: set "synchronizable" to true first.',
      );
    }
    return storage;
  }

  /** Starts a sync as a command: a repeated request gets the sync of the first one, ended or not. */
  const begin = (
    viewer: Viewer,
    storage: Storage,
    request: Pick<SyncRequest, 'trigger' | 'options'>,
    idempotencyKey: string | null | undefined,
  ) =>
    access.command(
      viewer,
      'sync.start',
      storage,
      async (tx) => {
        const sync = await start(tx, storage, { ...request, requestedBy: viewer.userId });
        tx.record({ id: sync.id, after: { storageId: storage.id, ...request } });
        return sync;
      },
      {
        key: idempotencyKey,
        input: { storageId: storage.id, ...request },
        remember: ({ id }) => id,
        recall: async (id, tx) => (await repository.syncsById(tx.db, [id]))[0],
      },
    );

  return {
    visible,
    get,

    /** Starts a sync, or answers with the one that runs already. Returns at once. */
    async start(
      viewer: Viewer,
      storageId: number,
      options: SyncOptions,
      idempotencyKey?: string | null,
    ): Promise<Sync> {
      const storage = await syncable(viewer, storageId);
      const [wrong, own] = storage.direction === 'TARGET' ? ['reimport', 'source'] : ['full', 'target'];
      if (wrong in options) {
        const message = `This is a ${storage.direction.toLowerCase()} storage: "${wrong}" is for ${own} storages.`;
        throw new ValidationError([{ path: wrong, message }]);
      }
      return begin(viewer, storage, { trigger: 'REQUEST', options }, idempotencyKey);
    },

    /** Starts a sync of just the objects whose last import failed. */
    async retryFailed(viewer: Viewer, storageId: number, idempotencyKey?: string | null): Promise<Sync> {
      const storage = await syncable(viewer, storageId);
      return begin(viewer, storage, { trigger: 'RETRY', options: { retryFailed: true } }, idempotencyKey);
    },

    /** Ends a sync now. What it has imported stays, and the next sync goes on from there. */
    async cancel(viewer: Viewer, id: number): Promise<Sync> {
      const sync = await get(viewer, id);
      return access.command(viewer, 'sync.cancel', sync, async (tx) => {
        if (!isActive(sync.status))
          throw new ConflictError('SYNC_ENDED', `The sync has already ended: ${sync.status}.`);
        const canceled = await repository.cancel(tx, id);
        if (!canceled) throw new ConflictError('SYNC_ENDED', 'The sync has just ended.');
        await publishMoved(events, tx, canceled);
        return canceled;
      });
    },

    /** The sync that a progress feed shows: by id, or the storage's active or last one. */
    async watched(
      viewer: Viewer,
      { syncId, storageId }: { syncId?: number | null | undefined; storageId?: number | null | undefined },
    ): Promise<{ storage: Storage; sync: Sync | undefined }> {
      if ((syncId == null) === (storageId == null)) {
        throw new ValidationError([{ path: 'syncId', message: 'Expected either syncId or storageId.' }]);
      }
      if (syncId != null) {
        const sync = await get(viewer, syncId);
        return { storage: await storages.get(viewer, sync.storageId), sync };
      }
      const storage = await storages.get(viewer, storageId!);
      const [sync] = await repository.lastSyncs(db, [storage.id]);
      return { storage, sync };
    },

    /** Objects that the storage held when last listed to the end; null: that never happened. */
    async expectedObjects(viewer: Viewer, sync: Sync): Promise<number | null> {
      await access.authorize(viewer, 'sync.read', sync);
      return (await repository.countsBefore(db, sync))?.listed ?? null;
    },

    async lastSyncs(viewer: Viewer, storageIds: readonly number[]): Promise<Sync[]> {
      return access.visible(viewer, 'sync.read', await repository.lastSyncs(db, storageIds));
    },

    async history(
      viewer: Viewer,
      storage: Pick<Storage, 'id' | 'projectId'>,
      filter: repository.SyncFilter,
      page: OrderedPage<SyncOrderField>,
    ): Promise<Sync[]> {
      await access.authorize(viewer, 'sync.read', storage);
      return repository.syncsOf(db, storage.id, filter, page);
    },

    async countHistory(
      viewer: Viewer,
      storage: Pick<Storage, 'id' | 'projectId'>,
      filter: repository.SyncFilter,
    ): Promise<Count> {
      await access.authorize(viewer, 'sync.read', storage);
      return repository.countSyncs(db, storage.id, filter);
    },

    async visibleIssues(viewer: Viewer, ids: readonly number[]): Promise<SyncIssue[]> {
      return access.visible(viewer, 'sync.read', await issues.issuesById(db, ids));
    },

    async issues(
      viewer: Viewer,
      sync: SyncKey,
      filter: issues.IssueFilter,
      page: { limit: number; after?: number | undefined },
    ): Promise<SyncIssue[]> {
      await access.authorize(viewer, 'sync.read', sync);
      return issues.issuesOf(db, sync, filter, page);
    },

    async countIssues(viewer: Viewer, sync: SyncKey, filter: issues.IssueFilter): Promise<Count> {
      await access.authorize(viewer, 'sync.read', sync);
      return issues.countIssues(db, sync, filter);
    },

    async lastIssues(viewer: Viewer, sync: SyncKey, limit: number): Promise<SyncIssue[]> {
      await access.authorize(viewer, 'sync.read', sync);
      return issues.lastIssues(db, sync, limit);
    },
  };
}
