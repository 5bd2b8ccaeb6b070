import type { Database } from '../../database/client.ts';
import { ProviderError } from '../../errors.ts';
import type { EventBus } from '../../events/bus.ts';
import { ExportError } from '../../exports/failures.ts';
import { MAX_ATTEMPTS, pauseSeconds } from '../../exports/portion.ts';
import { LostClaimError } from '../../exports/write.ts';
import { lookForWork } from '../../jobs/looks.ts';
import type { Logger } from '../../observability/log.ts';
import type { StorePool } from '../../storages/pool.ts';
import { storagesById } from '../../storages/repository.ts';
import { failureOf } from '../failures.ts';
import { lostError, type Snapshot } from '../model.ts';
import * as repository from '../repository.ts';
import { writeToTarget } from './run.ts';
import type { TargetWriting } from './write.ts';

export interface SnapshotWorkerOptions {
  database: Database;
  events: EventBus;
  stores: StorePool;
  log: Logger;
  media: TargetWriting['media'];
  /** How long a worker may be silent before another takes its snapshot over. */
  leaseSeconds: number;
}

/** Longest time between two looks for snapshots, in milliseconds. */
const LOOK_EVERY = 2_000;
/** Snapshots written at a time: each holds a part in memory. */
const CONCURRENCY = 2;

/**
 * Writes snapshots to their targets, any number of processes side by side. A snapshot whose worker is lost is gone on
 * with by another one, behind the last part that was recorded.
 * @returns the way to stop: what is being written is given back
 */
export function startSnapshotWorker(options: SnapshotWorkerOptions): { close(): Promise<void> } {
  const { database, events, log, leaseSeconds } = options;
  const shutdown = new AbortController();
  const { signal } = shutdown;
  const running = new Set<Promise<void>>();

  async function look(): Promise<void> {
    while (!signal.aborted && running.size < CONCURRENCY) {
      const snapshot = await repository.takeDue(database.db, leaseSeconds);
      if (!snapshot) return;
      const run = work(options, snapshot, signal)
        .catch((error: unknown) =>
          log.warn({ error, snapshotId: snapshot.id }, 'recording a snapshot failed'),
        )
        .finally(() => {
          running.delete(run);
          looks.wake();
        });
      running.add(run);
    }
  }

  const looks = lookForWork(look, {
    every: LOOK_EVERY,
    onError: (error) => log.warn({ error }, 'looking for snapshots failed'),
    signal,
  });
  const forget = events.subscribe('snapshot', ({ queued }) => queued && looks.wake());
  return {
    async close() {
      forget();
      shutdown.abort();
      await looks.close();
      await Promise.all(running);
    },
  };
}

async function work(
  options: SnapshotWorkerOptions,
  snapshot: Snapshot,
  shutdown: AbortSignal,
): Promise<void> {
  const { database, events, stores, media, log } = options;
  const { db } = database;
  const { id: snapshotId, projectId, targetId } = snapshot;
  const lease = holdLease(options, snapshot);
  try {
    if (snapshot.attempts > MAX_ATTEMPTS) {
      return void (await repository.recordFailure(db, snapshot, lostError, null));
    }
    const [target] = await storagesById(db, targetId === null ? [] : [targetId]);
    if (!target) return;
    const signal = AbortSignal.any([shutdown, lease.signal]);
    await stores.use(target, (store) =>
      writeToTarget({ database, events, store, media, holds: lease.holds, signal }, snapshot),
    );
  } catch (error) {
    if (shutdown.aborted) return void (await repository.giveBack(db, snapshot));
    if (error instanceof LostClaimError || lease.signal.aborted) {
      log.info({ snapshotId }, 'a snapshot was left to another worker, or is gone');
      return;
    }
    const [now] = await repository.snapshotsById(db, [snapshotId]);
    const attempts = now?.attempts ?? 0;
    const again = attempts < MAX_ATTEMPTS && mayPass(error);
    log.warn({ error, snapshotId, attempts, again }, 'a snapshot could not be written');
    await repository.recordFailure(db, snapshot, failureOf(error), again ? pauseSeconds(attempts) : null);
    await events.publish(database, { topic: 'snapshot', snapshotId, projectId });
  } finally {
    lease.stop();
  }
}

/** Whether another attempt may end otherwise though nobody changes anything. */
function mayPass(error: unknown): boolean {
  const known = error instanceof ProviderError || error instanceof ExportError;
  return !known || error.retryable || error.code === 'OBJECT_CHANGED';
}

/** Keeps a snapshot this worker's while it is written, and knows when it may no longer be. */
function holdLease({ database, log, leaseSeconds }: SnapshotWorkerOptions, snapshot: Snapshot) {
  const lost = new AbortController();
  let until = performance.now() + leaseSeconds * 1_000;
  const extend = async () => {
    const asked = performance.now();
    try {
      if (await repository.extendLease(database.db, snapshot, leaseSeconds))
        until = asked + leaseSeconds * 1_000;
      else lost.abort(new LostClaimError());
    } catch (error) {
      log.warn({ error, snapshotId: snapshot.id }, 'holding on to a snapshot failed; trying again');
    }
  };
  const timer = setInterval(extend, (leaseSeconds * 1_000) / 3);
  return { signal: lost.signal, holds: () => performance.now() < until, stop: () => clearInterval(timer) };
}
