import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../src/database/client.ts';
import { openEventBus } from '../../src/events/bus.ts';
import { contentsOf } from '../../src/exports/contents.ts';
import { startExportWorker } from '../../src/exports/worker.ts';
import { createLogger } from '../../src/observability/log.ts';
import { createOutboundGuard } from '../../src/security/outbound.ts';
import { createSecretBox, parseKeys } from '../../src/security/secrets.ts';
import { createStorageOpener } from '../../src/storages/connect/open.ts';
import { createStorePool } from '../../src/storages/pool.ts';
import * as documents from '../graphql/documents.ts';
import { testApp } from '../support/app.ts';
import { openMemory } from '../support/memory.ts';

/**
 * Random saves, deletions, outages, lost workers and writes that arrive late, over several workers; in the end each
 * target holds exactly the newest state. `EXPORT_STEPS=5000` makes it long.
 */
const STEPS = Number(process.env.EXPORT_STEPS ?? 150);
const LEASE_SECONDS = 2;
/**
 * Writes may be stored so much later, in milliseconds: longer than the lease, and well before the second look, which
 * comes a lease after the takeover.
 */
const LATE = 2_500;

let chaos = true;
const memory = openMemory({}, (provider) => ({
  ...provider,
  open(...given) {
    const driver = provider.open(...given);
    return {
      ...driver,
      async write(key, body, request) {
        // A frozen machine: the request is on its way though nobody waits for it any more.
        if (chaos && Math.random() < 0.03) {
          await sleep(Math.random() * LATE);
          return driver.write(key, body, { ...request, signal: new AbortController().signal });
        }
        return driver.write(key, body, request);
      },
    };
  },
}));
const { container } = memory;
const it = await testApp({ registry: memory.registry, worker: 'none' });
const { owner, sql } = it;
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

interface Target {
  id: number;
  storageId: string;
  layout: 'ANNOTATION' | 'TASK';
  folder: string;
  deletes: boolean;
  /** Of its key template: with each, all objects lie elsewhere. */
  version: number;
}
const nameOf = ({ layout, version }: Target, id: string) =>
  version === 0 ? `${id}.json` : `v${version}/${layout.toLowerCase()}-${id}.json`;

async function move(target: Target): Promise<void> {
  const { storageId, layout, deletes } = target;
  target.version = (target.version + 1) % 3;
  const keyTemplate = nameOf(target, layout === 'TASK' ? '{task.id}' : '{annotation.id}');
  const settings = { target: { layout, canDeleteObjects: deletes, keyTemplate } };
  await owner.run(documents.UpdateStorage, { input: { storageId, settings } });
}

const numberOf = (id: string) => Number(Buffer.from(id, 'base64').toString().split(':')[1]);
const pick = <T>(items: readonly T[]): T => items[Math.floor(Math.random() * items.length)]!;

test('targets converge on the newest state', { timeout: 120_000 + STEPS * 200 }, async () => {
  const project = await owner.project();
  const targets: Target[] = [];
  for (const layout of ['ANNOTATION', 'TASK'] as const) {
    for (const deletes of [true, false]) {
      const folder = `${layout}-${deletes}/`.toLowerCase();
      const target = { layout, canDeleteObjects: deletes };
      const { id } = await owner.target(project, memory.input(folder), target);
      targets.push({ id: numberOf(id), storageId: id, layout, folder, deletes, version: 0 });
    }
  }
  const tasks = await owner.importTasks(
    project,
    Array.from({ length: 6 }, (_, i) => ({ data: { i } })),
  );
  const live: string[] = [];
  let losses = 0;
  let outages = 0;
  for (let i = 0; i < 3; i++) await startWorker();
  for (let step = 0; step < STEPS; step++) {
    const dice = Math.random();
    if (dice < 0.35 || live.length === 0) live.push(await owner.annotate(pick(tasks), [{ step }]));
    else if (dice < 0.7) await owner.change(pick(live), [{ step }]);
    else if (dice < 0.85) await owner.unannotate(live.splice(Math.floor(Math.random() * live.length), 1)[0]!);
    else if (dice < 0.87) await move(pick(targets));
    else if (dice < 0.93) {
      outages++;
      const method = pick(['write', 'head', 'remove'] as const);
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
  const open = async () => {
    const [row] = await sql<{ open: number }[]>`
      SELECT (SELECT count(*) FROM export_records WHERE due_at IS NOT NULL)::int
        + (SELECT count(*) FROM annotation_changes WHERE pending)::int AS open`;
    return row!.open;
  };
  await expect.poll(open, { timeout: 90_000, interval: 100 }).toBe(0);
  // What was written before its key changed moves with the next intent.
  await sql`UPDATE export_records SET wanted = wanted + 1, due_at = now() WHERE state = 'EXPORTED'`;
  await startWorker();
  await expect.poll(open, { timeout: 90_000, interval: 100 }).toBe(0);

  const { database } = [...workers][0]!;
  for (const target of targets) {
    const { id, layout, folder, deletes } = target;
    const subjects = layout === 'TASK' ? tasks : live;
    const contents = await contentsOf(database, numberOf(project), layout, subjects.map(numberOf));
    const wanted = [...contents].map(
      ([subject, { body }]) => [folder + nameOf(target, String(subject)), body] as const,
    );
    const keys = container.page(folder, undefined).map(({ key }) => key);
    if (deletes) expect(keys.toSorted()).toEqual(wanted.map(([key]) => key).toSorted());
    for (const [key, body] of wanted) expect(Buffer.from(container.body(key)!).toString()).toBe(body);
    const states = await sql<{ state: string; total: number }[]>`
      SELECT state, count(*)::int AS total FROM export_records WHERE storage_id = ${id} GROUP BY 1`;
    const exported = states.find(({ state }) => state === 'EXPORTED')?.total ?? 0;
    expect([folder, exported]).toEqual([folder, wanted.length]);
    expect(states.filter(({ state }) => state === 'FAILED' || state === 'PENDING')).toEqual([]);
  }
  console.info(`${STEPS} steps, ${losses} workers lost, ${outages} outages, ${live.length} annotations left`);
});
