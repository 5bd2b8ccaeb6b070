import { hostname } from 'node:os';
import type { Database } from '../../database/client.ts';
import { transaction } from '../../database/client.ts';
import type { EventBus } from '../../events/bus.ts';
import type { Queue } from '../../jobs/queue.ts';
import type { Logger } from '../../observability/log.ts';
import type { StorePool } from '../../storages/pool.ts';
import { abandoned } from '../repository.ts';
import { startDueSyncs, startNotifiedSyncs } from '../start/automation.ts';
import { createSyncStarter } from '../start/start.ts';
import { runSync, type SyncRunner, type TargetRun } from './run.ts';

/** Longest time between two looks for syncs to start, in milliseconds. */
const MAX_SWEEP = 5_000;

export interface SyncWorkerOptions {
  database: Database;
  events: EventBus;
  queue: Queue;
  stores: StorePool;
  log: Logger;
  concurrency: number;
  leaseSeconds: number;
  readConcurrency: number;
  dataDirectory: string;
  runTarget: TargetRun;
}

/**
 * Takes syncs off the queue, puts those back on it that a lost worker left behind, and starts those that
 * schedules and notifications call for.
 * @returns the way to stop: running syncs are handed back at their checkpoint
 */
export async function startSyncWorker(options: SyncWorkerOptions): Promise<{ close(): Promise<void> }> {
  const { database, events, queue, log, concurrency, leaseSeconds } = options;
  const shutdown = new AbortController();
  const runner: SyncRunner = {
    ...options,
    worker: `${hostname()}:${process.pid}`,
    shutdown: shutdown.signal,
  };
  const running = new Set<Promise<void>>();
  await queue.work('sync', concurrency, async ({ syncId }) => {
    const run = runSync(runner, syncId).catch((error: unknown) =>
      log.error({ error, syncId }, 'sync run failed'),
    );
    running.add(run);
    await run.finally(() => running.delete(run));
  });

  let sweeping = false;
  const start = createSyncStarter(events, queue);
  const sweep = async () => {
    if (sweeping) return;
    sweeping = true;
    try {
      for (const syncId of await abandoned(database)) {
        await transaction(database, (tx) => queue.send(tx, 'sync', String(syncId), { syncId }));
      }
      await startDueSyncs(database, { events, queue });
      await startNotifiedSyncs(database, start);
    } catch (error) {
      log.warn({ error }, 'looking for syncs to start failed; trying again');
    } finally {
      sweeping = false;
    }
  };
  const timer = setInterval(sweep, Math.min(Math.max(1_000, (leaseSeconds * 1000) / 3), MAX_SWEEP));
  void sweep();

  return {
    async close() {
      clearInterval(timer);
      shutdown.abort();
      await Promise.all(running);
    },
  };
}
