import { takeChanges } from '../annotations/changes.ts';
import { transaction } from '../database/client.ts';
import { lookForWork } from '../jobs/looks.ts';
import type { StorageOf } from '../storages/model.ts';
import { storagesById } from '../storages/repository.ts';
import { drain, type Exporter } from './drain.ts';
import { dueTargets } from './repository/claims.ts';
import { trimEvents } from './repository/events.ts';
import { intendChanges } from './repository/intents.ts';

/** Longest time between two looks for changes and due records, in milliseconds. */
const LOOK_EVERY = 2_000;
const TRIM_EVERY = 60 * 60 * 1_000;
/** Changes handed on in one transaction. */
const BATCH = 2_000;
/** Targets written to at a time. */
const CONCURRENCY = 8;

/**
 * Hands changes of annotations on to the targets of their projects, and writes what is due there; any number of
 * processes side by side. A target that is down holds up nobody but itself.
 * @returns the way to stop: requests on their way are aborted, what was not done is given back
 */
export function startExportWorker(exporter: Exporter): { close(): Promise<void> } {
  const { database, events, log } = exporter;
  const shutdown = new AbortController();
  const { signal } = shutdown;
  const running = new Map<number, Promise<void>>();
  /** When to ask a target again that was down as a whole, and how often it was found so in a row. */
  const resting = new Map<number, { until: number; failures: number }>();
  let trimmedAt = 0;

  async function look(): Promise<void> {
    if (Date.now() - trimmedAt > TRIM_EVERY) {
      trimmedAt = Date.now();
      await trimEvents(database);
    }
    while (!signal.aborted && (await handOnChanges(exporter)) === BATCH);
    for (const id of await dueTargets(database)) {
      if (signal.aborted || running.size >= CONCURRENCY) return;
      if (!running.has(id) && (resting.get(id)?.until ?? 0) <= Date.now()) start(id);
    }
  }

  function start(id: number): void {
    const run = work(id)
      .catch((error: unknown) => {
        if (!signal.aborted) log.warn({ error, storageId: id }, 'exports failed; trying again');
        rest(id);
      })
      .finally(() => {
        running.delete(id);
        if (!resting.has(id)) looks.wake();
      });
    running.set(id, run);
  }

  async function work(id: number): Promise<void> {
    const [storage] = await storagesById(database.db, [id]);
    if (storage?.direction !== 'TARGET') return;
    const failure = await drain(exporter, storage as StorageOf<'TARGET'>, { signal });
    if (!failure) return void resting.delete(id);
    log.info({ error: failure, storageId: id }, 'a target storage is down; its exports wait');
    rest(id);
  }

  function rest(id: number): void {
    const failures = (resting.get(id)?.failures ?? 0) + 1;
    const seconds = Math.min(60, 2 ** Math.min(failures - 1, 6));
    resting.set(id, { until: Date.now() + seconds * 1_000 * (0.5 + Math.random() / 2), failures });
  }

  const looks = lookForWork(look, {
    every: LOOK_EVERY,
    onError: (error) => log.warn({ error }, 'looking for exports failed'),
    signal,
  });
  const forget = [
    events.subscribe('annotation', looks.wake),
    // Its settings may have been mended: it need not rest any longer.
    events.subscribe('storage', ({ storageId }) => {
      resting.delete(storageId);
      looks.wake();
    }),
  ];
  return {
    async close() {
      for (const stop of forget) stop();
      shutdown.abort();
      await looks.close();
      await Promise.all(running.values());
    },
  };
}

/** @returns how many changes were handed on, at most BATCH */
export async function handOnChanges({ database }: Pick<Exporter, 'database'>): Promise<number> {
  return transaction(database, async (tx) => {
    const changes = await takeChanges(tx, BATCH);
    if (changes.length > 0) await intendChanges(tx, changes);
    return changes.length;
  });
}
