import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase } from '../../src/database/client.ts';
import { openEventBus } from '../../src/events/bus.ts';
import { drain, type Exporter } from '../../src/exports/drain.ts';
import { handOnChanges } from '../../src/exports/worker.ts';
import { createLogger } from '../../src/observability/log.ts';
import { createOutboundGuard } from '../../src/security/outbound.ts';
import { createSecretBox, parseKeys } from '../../src/security/secrets.ts';
import { createStorageOpener } from '../../src/storages/connect/open.ts';
import type { StorageOf } from '../../src/storages/model.ts';
import { createStorePool } from '../../src/storages/pool.ts';
import { storagesById } from '../../src/storages/repository.ts';
import * as documents from '../graphql/documents.ts';
import { testApp } from '../support/app.ts';
import type { TargetSettingsInput } from '../support/generated/graphql.ts';
import { numberOf } from '../support/ids.ts';
import { openMemory } from '../support/memory.ts';
import { region } from '../support/region.ts';

/**
 * A worker stands still in the middle of a request, longer than its lease and the second look, while others write
 * what is newer; then its request arrives. Whatever becomes of that worker, the newest state is there in the end.
 */
type Method = 'write' | 'head' | 'remove';
/** Request that stands still, once, until it is let go. */
let held: { method: Method; arrived: () => void; go: Promise<void> } | undefined;
let conditions = true;

async function pass(method: Method): Promise<void> {
  if (held?.method !== method) return;
  const { arrived, go } = held;
  held = undefined;
  arrived();
  await go;
}

const memory = openMemory({}, (provider) => ({
  ...provider,
  open(...given) {
    const driver = provider.open(...given);
    return {
      ...driver,
      async write(key, body, { ifVersion, ...request }) {
        await pass('write');
        // On its way, whether anybody waits for it or not.
        const signal = new AbortController().signal;
        return driver.write(key, body, { ...request, ifVersion: conditions ? ifVersion : undefined, signal });
      },
      async remove(key, { ifVersion }) {
        await pass('remove');
        const signal = new AbortController().signal;
        return driver.remove(key, { ifVersion: conditions ? ifVersion : undefined, signal });
      },
      async head(key, request) {
        await pass('head');
        return driver.head(key, request);
      },
    };
  },
}));
const { container } = memory;
const it = await testApp({ registry: memory.registry, worker: 'none' });
const { owner } = it;
const log = createLogger('silent');
const database = openDatabase(it.databaseUrl, { connections: 6, name: 'exports' });
const events = await openEventBus(database);
const stores = createStorePool(
  createStorageOpener(
    database,
    memory.registry,
    createSecretBox(parseKeys(it.settings.ENCRYPTION_KEYS!)),
    {
      outbound: createOutboundGuard({ allow: [] }),
      documentRoot: null,
      dataDirectory: '/nowhere',
      env: {},
    },
    'first',
    log,
  ),
);
afterAll(async () => {
  await events.close();
  await stores.close();
  await database.close();
});
beforeEach(() => {
  held = undefined;
  conditions = true;
});

const never = new AbortController().signal;
let folders = 0;

async function connect(target: TargetSettingsInput) {
  const folder = `out${++folders}/`;
  const project = await owner.project();
  const { id } = await owner.target(project, memory.input(folder), { canDeleteObjects: true, ...target });
  const [task] = await owner.importTasks(project, [{ data: { image: 'a.jpg' } }]);

  /** A worker's turn: all that is due now. */
  async function work(signal = never, leaseSeconds = 60): Promise<void> {
    const exporter: Exporter = { database, events, stores, log, dataDirectory: '/nowhere', leaseSeconds };
    while ((await handOnChanges(exporter)) > 0);
    const [storage] = await storagesById(database.db, [numberOf(id)]);
    await drain(exporter, storage as StorageOf<'TARGET'>, { signal });
  }
  return {
    ...{ id, task: task!, folder, work },
    /** A worker that stands still in such a request until it is let go; the others take its record over. */
    async stuck(method: Method, { signal = never, leaseSeconds = 60 } = {}) {
      const arrived = Promise.withResolvers<void>();
      const go = Promise.withResolvers<void>();
      held = { method, arrived: arrived.resolve, go: go.promise };
      const done = work(signal, leaseSeconds).catch(() => undefined);
      await arrived.promise;
      return {
        async go() {
          go.resolve();
          await done;
        },
      };
    },
    /** Two leases pass: all looks that are put off are due. */
    async leasesPass(times = 2) {
      for (let i = 0; i < times; i++) {
        await it.sql`UPDATE export_records SET due_at = now(), lease_until = CASE WHEN lease_until IS NOT NULL THEN now() END
          WHERE storage_id = ${numberOf(id)} AND due_at IS NOT NULL`;
        await work();
      }
    },
    /** What lies there of the task or its annotations: the choices. */
    choices: () =>
      container.page(folder, undefined).map(({ key }) => {
        const text = Buffer.from(container.body(key)!).toString();
        return [...text.matchAll(/"choices": ?\["(\w+)"/g)].map(([, choice]) => choice).join();
      }),
    open: async () => {
      const [row] = await it.sql`SELECT count(*)::int AS open FROM export_records
        WHERE storage_id = ${numberOf(id)} AND due_at IS NOT NULL`;
      return row!.open;
    },
  };
}

/** What becomes of the worker once its request has arrived. */
const ends = { 'goes on': false, 'is stopped at once': true };

describe.each(Object.entries(ends))('a late worker that %s', (_, stops) => {
  describe.each([true, false])('where conditions are known: %s', (known) => {
    test('and removes what is there again', async () => {
      const place = await connect({ layout: 'TASK' });
      const first = await owner.annotate(place.task, region('first'));
      await place.work();
      expect(place.choices()).toEqual(['first']);
      await owner.unannotate(first);
      conditions = known;
      const stop = new AbortController();
      const late = await place.stuck('remove', { signal: stop.signal });
      await place.leasesPass();
      expect(place.choices()).toEqual([]);
      await owner.annotate(place.task, region('second'));
      await place.work();
      await place.leasesPass();
      expect(place.choices()).toEqual(['second']);
      expect(await place.open()).toBe(0);
      if (stops) stop.abort();
      await late.go();
      // Refused by the storage; else the next look repairs.
      if (known) expect(place.choices()).toEqual(['second']);
      await place.work();
      expect(place.choices()).toEqual(['second']);
    });

    test('and writes what is old by now', async () => {
      const place = await connect({ layout: 'ANNOTATION' });
      const id = await owner.annotate(place.task, region('first'));
      await place.work();
      await owner.change(id, region('old'));
      conditions = known;
      const stop = new AbortController();
      const late = await place.stuck('write', { signal: stop.signal });
      await place.leasesPass();
      await owner.change(id, region('new'));
      await place.work();
      await place.leasesPass();
      expect(place.choices()).toEqual(['new']);
      expect(await place.open()).toBe(0);
      if (stops) stop.abort();
      await late.go();
      if (known) expect(place.choices()).toEqual(['new']);
      await place.work();
      expect(place.choices()).toEqual(['new']);
    });
  });
});

test('a worker whose record was taken over removes nothing more, though it goes on holding its others', async () => {
  const place = await connect({ layout: 'ANNOTATION', keyTemplate: 'old/{annotation.id}.json' });
  await owner.annotate(place.task, region('first'));
  await place.work();
  const settings = { target: { layout: 'ANNOTATION', canDeleteObjects: true } } as const;
  await owner.run(documents.UpdateStorage, {
    input: {
      storageId: place.id,
      settings: { target: { ...settings.target, keyTemplate: 'new/{annotation.id}.json' } },
    },
  });
  await it.sql`UPDATE export_records SET wanted = wanted + 1, due_at = now() WHERE storage_id = ${numberOf(place.id)}`;
  const leaseSeconds = 0.6;
  const late = await place.stuck('write', { leaseSeconds });
  await it.sql`UPDATE export_records SET fence = fence + 1, lease_until = now() + interval '1 hour', due_at = now() + interval '1 hour'
    WHERE storage_id = ${numberOf(place.id)}`;
  // Its timer extends what it holds: none of this.
  await new Promise((resolve) => setTimeout(resolve, 2 * leaseSeconds * 1_000));
  const before = container.calls.length;
  await late.go();
  expect(container.calls.slice(before).filter(({ method }) => method === 'remove')).toEqual([]);
});
