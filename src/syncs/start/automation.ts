import { type Database, transaction } from '../../database/client.ts';
import type { EventBus } from '../../events/bus.ts';
import type { Queue } from '../../jobs/queue.ts';
import type { StorageOf } from '../../storages/model.ts';
import { storagesById } from '../../storages/repository.ts';
import { nextDue } from '../../storages/schedule.ts';
import { dueStorages, notifiedStorages, setDue } from '../repository.ts';
import { queueSync, type SyncStarter } from './start.ts';

/**
 * Starts the syncs that nobody asked for: scheduled ones, and those that notifications call for. Every worker looks now
 * and then; row locks and the one active sync per storage keep them from doing it twice.
 *
 * The time a schedule is next due stands with its storage, not in the queue's own scheduler, which
 * drops what came due while no process ran; so a missed time is made up for, once. It moves on in the
 * transaction that queues the sync: no process can die in between. A sync that runs already stands for it.
 */
export async function startDueSyncs(
  database: Database,
  means: { events: EventBus; queue: Queue },
): Promise<void> {
  await transaction(database, async (tx) => {
    const storages = await storagesById(tx.db, await dueStorages(tx));
    for (const storage of storages as StorageOf<'SOURCE'>[]) {
      const { schedule } = storage.settings;
      await setDue(tx, storage.id, schedule && nextDue(schedule, new Date()));
      if (!storage.synchronizable) continue;
      await queueSync(tx, means, storage, { trigger: 'SCHEDULE', options: {}, requestedBy: null });
    }
  });
}

/** One sync for all the notifications that have come together since the last one. */
export async function startNotifiedSyncs(database: Database, start: SyncStarter): Promise<void> {
  const noticed = await notifiedStorages(database);
  if (noticed.length === 0) return;
  const storages = new Map(
    (
      await storagesById(
        database.db,
        noticed.map(({ id }) => id),
      )
    ).map((storage) => [storage.id, storage]),
  );
  for (const { id, upTo } of noticed) {
    const storage = storages.get(id);
    if (!storage) continue;
    const options = { notificationsUpTo: upTo };
    await transaction(database, (tx) =>
      start(tx, storage, { trigger: 'NOTIFICATION', options, requestedBy: null }),
    );
  }
}
