import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, test } from 'vitest';
import { type Database, openDatabase } from '../../src/database/client.ts';
import { openEventBus } from '../../src/events/bus.ts';
import { startExportWorker } from '../../src/exports/worker.ts';
import { createLogger } from '../../src/observability/log.ts';
import { createOutboundGuard } from '../../src/security/outbound.ts';
import { createSecretBox, parseKeys } from '../../src/security/secrets.ts';
import { createStorageOpener } from '../../src/storages/connect/open.ts';
import { createStorePool } from '../../src/storages/pool.ts';
import { testApp } from '../support/app.ts';
import { openMemory } from '../support/memory.ts';
import { exportModel, pick } from './export-model.ts';

/**
 * Random saves, deletions, outages, lost workers and writes that arrive late, over several workers; in the end each
 * target holds exactly the newest state. `EXPORT_STEPS=5000` makes it long.
 */
const STEPS = Number(process.env.EXPORT_STEPS ?? 150);
const LEASE_SECONDS = 2;
/**
 * Writes and removals may arrive so much later, in milliseconds: longer than the lease, and well before the second look, which
 * comes a lease after the takeover.
 */
const LATE = 2_500;

let chaos = true;

/** A frozen machine: the request is on its way though nobody waits for it any more. */
async function sometimesLate<T extends { signal: AbortSignal }>(request: T): Promise<T> {
  if (!chaos || Math.random() >= 0.03) return request;
  await sleep(Math.random() * LATE);
  return { ...request, signal: new AbortController().signal };
}

const memory = openMemory({}, (provider) => ({
  ...provider,
  open(...given) {
    const driver = provider.open(...given);
    return {
      ...driver,
      write: async (key, body, request) => driver.write(key, body, await sometimesLate(request)),
      remove: async (key, request) => driver.remove(key, await sometimesLate(request)),
    };
  },
}));
const { container } = memory;
const it = await testApp({ registry: memory.registry, worker: 'none' });
const log = createLogger('silent');

interface Worker {
  database: Database;
  close(): Promise<void>;
  /** As if its process was killed: it writes nothing to the database any more. */
  kill(): Promise<void>;
}
const workers = new Set<Worker>();
const killed: Promise<unknown>[] = [];

async function startWorker(): Promise<void> {
  const database = openDatabase(it.databaseUrl, { connections: 4, name: 'exports' });
  // A connection that is just being opened cannot be cut off without a stray rejection in its library.
  await Promise.all(Array.from({ length: 4 }, () => database.sql`SELECT pg_sleep(0.1)`));
  const events = await openEventBus(database);
  const secretBox = createSecretBox(parseKeys(it.settings.ENCRYPTION_KEYS!));
  const environment = {
    outbound: createOutboundGuard({ allow: [] }),
    documentRoot: null,
    dataDirectory: '/nowhere',
    env: {},
  };
  const stores = createStorePool(
    createStorageOpener(database, memory.registry, secretBox, environment, 'first', log),
  );
  const exporter = { database, events, stores, log, dataDirectory: '/nowhere', leaseSeconds: LEASE_SECONDS };
  const running = startExportWorker(exporter);
  const worker: Worker = {
    database,
    async close() {
      workers.delete(worker);
      await running.close();
      await events.close();
      await stores.close();
      await database.close();
    },
    async kill() {
      workers.delete(worker);
      await database.sql.end({ timeout: 0 });
      killed.push(running.close().catch(() => undefined));
    },
  };
  workers.add(worker);
}
afterAll(async () => {
  for (const worker of [...workers]) await worker.close();
  await Promise.all(killed);
});

test('targets converge on the newest state', { timeout: 240_000 + STEPS * 200 }, async () => {
  const model = await exportModel(it, memory.input);
  let losses = 0;
  let outages = 0;
  for (let i = 0; i < 3; i++) await startWorker();
  for (let step = 0; step < STEPS; step++) {
    const dice = Math.random();
    if (dice < 0.86) await model.change();
    else if (dice < 0.93) {
      outages++;
      const method = pick(['write', 'head', 'remove', 'list'] as const);
      container.fail({ method, failure: { code: 'UNAVAILABLE' }, times: 3 });
    } else {
      losses++;
      await pick([...workers]).kill();
      await startWorker();
    }
    await sleep(Math.random() * 30);
  }
  chaos = false;
  container.mend();
  await startWorker();
  await model.settled();
  await model.expectConverged({
    keys: (folder) => container.page(folder, undefined).map(({ key }) => key),
    text: (key) => Buffer.from(container.body(key)!).toString(),
  });
  console.info(
    `${STEPS} steps, ${losses} workers lost, ${outages} outages, ${model.live.length} annotations left`,
  );
});
