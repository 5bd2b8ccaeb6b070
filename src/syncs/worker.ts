import { hostname } from 'node:os';
import type { Database } from '../database/client.ts';
import { transaction } from '../database/client.ts';
import type { EventBus } from '../events/bus.ts';
import type { Queue } from '../jobs/queue.ts';
import type { Logger } from '../log.ts';
import type { StorageOpener } from '../storages/open.ts';
import { abandoned } from './repository.ts';
import { runSync, type SyncRunner } from './run.ts';

export interface SyncWorkerOptions {
  database: Database;
  events: EventBus;
  queue: Queue;
  opener: StorageOpener;
  log: Logger;
  concurrency: number;
  leaseSeconds: number;
  readConcurrency: number;
  dataDirectory: string;
}

/**
 * Takes syncs off the queue, and puts those back on it that a lost worker left behind.
 * @returns the way to stop: running syncs are handed back at their checkpoint
 */
export async function startSyncWorker(options: SyncWorkerOptions): Promise<{ close(): Promise<void> }> {
  const { database, queue, log, concurrency, leaseSeconds } = options;
  const shutdown = new AbortController();
  const runner: SyncRunner = {
    ...options,
    worker: `${hostname()}:${process.pid}`,
    shutdown: shutdown.signal,
  };
  const running = new Set<Promise<void>>();
  await queue.work('sync', concurrency, async ({ syncId }) => {
    const run = runSync(runner, syncId).catch((error: unknown) => log.error({ error, syncId }, 'sync run failed'));
    running.add(run);
    await run.finally(() => running.delete(run));
  });

  const sweep = async () => {
    try {
      for (const syncId of await abandoned(database)) {
        await transaction(database, (tx) => queue.send(tx, 'sync', String(syncId), { syncId }));
      }
    } catch (error) {
      log.warn({ error }, 'looking for abandoned syncs failed; trying again');
    }
  };
  const timer = setInterval(sweep, Math.max(1_000, (leaseSeconds * 1000) / 3));
  void sweep();

  return {
    async close() {
      clearInterval(timer);
      shutdown.abort();
      await Promise.all(running);
    },
  };
}
