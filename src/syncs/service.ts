import { type Database, transaction } from '../database/client.ts';
import { ConflictError, NotFoundError, ValidationError } from '../errors.ts';
import type { EventBus } from '../events/bus.ts';
import type { Viewer } from '../organizations/model.ts';
import type { ProjectService } from '../projects/service.ts';
import type { Storage } from '../storages/model.ts';
import type { StorageService } from '../storages/service.ts';
import { publishMoved } from './events.ts';
import * as issues from './issues.ts';
import { isActive, type Sync, type SyncKey, type SyncOptions } from './model.ts';
import * as repository from './repository.ts';
import type { SyncStarter } from './start/start.ts';

export type SyncService = ReturnType<typeof createSyncService>;

export function createSyncService(
  database: Database,
  events: EventBus,
  start: SyncStarter,
  projects: ProjectService,
  storages: StorageService,
) {
  const { db } = database;

  async function visible(viewer: Viewer, ids: readonly number[]): Promise<Sync[]> {
    const found = await repository.syncsById(db, ids);
    const allowed = await projects.visible(viewer, [...new Set(found.map(({ projectId }) => projectId))]);
    const projectIds = new Set(allowed.map(({ id }) => id));
    return found.filter(({ projectId }) => projectIds.has(projectId));
  }

  /** @throws NotFoundError */
  async function get(viewer: Viewer, id: number): Promise<Sync> {
    const [sync] = await visible(viewer, [id]);
    if (!sync) throw new NotFoundError('sync', id);
    return sync;
  }

  async function syncable(viewer: Viewer, storageId: number): Promise<Storage> {
    const storage = await storages.manage(viewer, storageId);
    if (!storage.synchronizable) {
      throw new ConflictError('This storage is not synchronizable: set "synchronizable" to true first.');
    }
    if (storage.direction === 'TARGET') {
      throw new ConflictError('This is a target storage; only source storages are synced so far.');
    }
    return storage;
  }

  return {
    visible,
    get,

    /** Starts a sync, or answers with the one that runs already. Returns at once. */
    async start(viewer: Viewer, storageId: number, options: SyncOptions): Promise<Sync> {
      const storage = await syncable(viewer, storageId);
      return start(storage, { trigger: 'REQUEST', options, requestedBy: viewer.userId });
    },

    /** Starts a sync of just the objects whose last import failed. */
    async retryFailed(viewer: Viewer, storageId: number): Promise<Sync> {
      const storage = await syncable(viewer, storageId);
      const options = { retryFailed: true };
      return start(storage, { trigger: 'RETRY', options, requestedBy: viewer.userId });
    },

    /** Ends a sync now. What it has imported stays, and the next sync goes on from there. */
    async cancel(viewer: Viewer, id: number): Promise<Sync> {
      const sync = await get(viewer, id);
      await projects.manage(viewer, sync.projectId);
      if (!isActive(sync.status)) throw new ConflictError(`The sync has already ended: ${sync.status}.`);
      return transaction(database, async (tx) => {
        const canceled = await repository.cancel(tx, id);
        if (!canceled) throw new ConflictError('The sync has just ended.');
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
    expectedObjects: (sync: Sync) => repository.listedBefore(db, sync),

    lastSyncs: (storageIds: readonly number[]) => repository.lastSyncs(db, storageIds),
    history: (storageId: number, page: { limit: number; after?: number | undefined }) =>
      repository.syncsOf(db, storageId, page),
    countHistory: (storageId: number) => repository.countSyncs(db, storageId),
    issues: (
      sync: SyncKey,
      filter: issues.IssueFilter,
      page: { limit: number; after?: number | undefined },
    ) => issues.issuesOf(db, sync, filter, page),
    countIssues: (sync: SyncKey, filter: issues.IssueFilter) => issues.countIssues(db, sync, filter),
    lastIssues: (sync: SyncKey, limit: number) => issues.lastIssues(db, sync, limit),
  };
}
