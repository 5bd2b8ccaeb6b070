import type { Transaction } from '../../database/client.ts';
import type { EventBus } from '../../events/bus.ts';
import type { Queue } from '../../jobs/queue.ts';
import type { Storage } from '../../storages/model.ts';
import { publishMoved } from '../events.ts';
import type { Sync, SyncOptions, SyncTrigger } from '../model.ts';
import { activeSync, insertSync } from '../repository.ts';

export type SyncStarter = ReturnType<typeof createSyncStarter>;

export interface SyncRequest {
  trigger: SyncTrigger;
  options: SyncOptions;
  requestedBy: number | null;
}

/** Queues a sync and its job, all or nothing; undefined: the storage has an active one. */
export async function queueSync(
  tx: Transaction,
  { events, queue }: { events: EventBus; queue: Queue },
  { id: storageId, projectId }: Storage,
  request: SyncRequest,
): Promise<Sync | undefined> {
  const inserted = await insertSync(tx.db, { storageId, projectId, ...request });
  if (!inserted) return undefined;
  await queue.send(tx, 'sync', String(inserted.id), { syncId: inserted.id });
  await publishMoved(events, tx, inserted);
  return inserted;
}

/** Starts syncs for whoever asks, in their transaction; an active sync of the storage is the answer instead. */
export function createSyncStarter(events: EventBus, queue: Queue) {
  return async function start(tx: Transaction, storage: Storage, request: SyncRequest): Promise<Sync> {
    for (;;) {
      const sync = await queueSync(tx, { events, queue }, storage, request);
      // The one in the way may have ended in between: then there is room now.
      const running = sync ?? (await activeSync(tx.db, storage.id));
      if (running) return running;
    }
  };
}
