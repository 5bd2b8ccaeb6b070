import { describe, expect, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import type { Registry } from '../../src/providers/registry.ts';
import { isActive } from '../../src/syncs/model.ts';
import { createMemoryProvider } from '../providers/memory/config.ts';
import { MemoryContainer } from '../providers/memory/container.ts';
import { createDatabase } from '../support/database.ts';
import { endless, never, openEngine } from './engine.ts';
import { openFolder } from './folder.ts';

/** What people left the reference for, one by one: its weaknesses W1 to W4 and W25 to W31. */
const engine = await openEngine();
const tasksOf = { importMethod: 'TASKS' } as const;

describe('W1: a file that is taken in part is not done', () => {
  test('its bad rows are known, tried again, and alone missing', async () => {
    const it = await openFolder(engine, tasksOf);
    it.put('a.jsonl', '{"text":"0"}\nbroken\n[]\n{"text":"3","annotations":[{"result":[]}]}\n{"text":"4"}\n');
    const sync = await it.sync();
    expect(sync).toMatchObject({
      status: 'COMPLETED_WITH_ERRORS',
      counts: { failed: 1, failedRows: 3, tasksCreated: 2 },
    });
    expect(await it.issues(sync)).toEqual([
      ...['ERROR BROKEN_JSON a.jsonl[1]', 'ERROR NOT_AN_OBJECT a.jsonl[2]', 'ERROR DATA_MISSING a.jsonl[3]'],
    ]);
    it.rows('a.jsonl', '0', '1', '2', '3', '4');
    expect(await it.sync()).toMatchObject({ status: 'COMPLETED', counts: { imported: 1, tasksCreated: 3 } });
    expect(await it.tasks()).toEqual(['0', '1', '2', '3', '4'].map((text) => `a.jsonl[${text}]=${text}`));
  });

  test('a worker that is lost in the middle of it costs no row and doubles none', async () => {
    const it = await openFolder(engine, tasksOf);
    const count = 40_000;
    it.put(
      'a.jsonl',
      Array.from({ length: count }, (_, row) => `{"text":"${row}","pad":"${'x'.repeat(300)}"}\n`).join(''),
    );
    engine.container.fail({ method: 'read', key: /a\.jsonl/, failure: 'stall', afterBytes: 12_500_000 });
    const { id } = await engine.start(it.storage);
    const lost = engine.run(id);
    await expect
      .poll(async () => (await engine.record(id)).counts.tasksCreated, { timeout: 20_000 })
      .toBeGreaterThan(0);
    await engine.loseLease(id);
    const sync = await engine.finish(id);
    expect(sync).toMatchObject({
      status: 'COMPLETED',
      attempt: 2,
      counts: { imported: 1, tasksCreated: count },
    });
    expect(await engine.tasks(it.project)).toHaveLength(count);
    // The first worker finds itself shut out.
    expect(await lost).toMatchObject({ attempt: 2, fence: sync.fence });
  });
});

test('W2: bad objects are isolated, the others imported, and each has its reason', async () => {
  const it = await openFolder(engine, tasksOf);
  it.put('1-photo.jpg');
  it.put('2-broken.json', '[{"text":"first"}, {');
  it.put('3-empty.jsonl', '');
  it.put('4-text.json', 'hello');
  it.put('5-rows.json', '[1, "two", null]');
  it.put('6-cut.json.gz', Buffer.from([0x1f, 0x8b, 0x08, 0, 0]));
  it.put('7-lying.parquet', 'PAR1 nothing of the kind PAR1');
  it.put('8-note.txt');
  it.rows('9-good.jsonl', 'good');
  const sync = await it.sync();
  expect(sync).toMatchObject({
    status: 'COMPLETED_WITH_ERRORS',
    counts: { imported: 1, failed: 6, skipped: 2, tasksCreated: 2 },
  });
  expect(await it.ledger()).toEqual([
    ...[
      '1-photo.jpg SKIPPED NOT_A_TASK_FILE',
      '2-broken.json FAILED BROKEN_JSON',
      '3-empty.jsonl FAILED EMPTY_FILE',
    ],
    ...[
      '4-text.json FAILED NOT_A_TASK_FILE',
      '5-rows.json FAILED ROWS_FAILED',
      '6-cut.json.gz FAILED BROKEN_GZIP',
    ],
    ...[
      '7-lying.parquet FAILED BROKEN_PARQUET',
      '8-note.txt SKIPPED NOT_A_TASK_FILE',
      '9-good.jsonl IMPORTED',
    ],
  ]);
  expect(await it.tasks()).toEqual(['2-broken.json[0]=first', '9-good.jsonl[0]=good']);
});

test('W3: a handful of statements per thousand objects, whether they are new or known', async () => {
  const count = 20_000;
  const key = (index: number) => `photos/${String(index).padStart(6, '0')}.jpg`;
  const provider = createMemoryProvider(new MemoryContainer({ generated: { count, key } }));
  const registry: Registry = new Map([['S3', provider]]);
  const database = await createDatabase();
  let statements = 0;
  const app = await createApp(
    readConfig({ DATABASE_URL: database.url, DATA_DIR: engine.dataDirectory, LOG_LEVEL: 'warn' }),
    {
      ...{ api: false, worker: 'inline', migrate: false, registry },
      onStatement: () => statements++,
    },
  );
  try {
    const { services } = app;
    const { viewer } = await services.organizations.ensureFirst();
    const project = await services.projects.create(viewer, { title: 'W3', labelConfig: '' });
    const where = { provider: 'S3' as const, settings: { container: 'memory', prefix: '' }, secrets: {} };
    const settings = { source: { recursive: true } };
    const storage = await services.storages.create(
      viewer,
      { projectId: project.id, provider: where, settings },
      never,
    );
    for (const expected of [
      { imported: count, unchanged: 0 },
      { imported: 0, unchanged: count },
    ]) {
      statements = 0;
      let sync = await services.syncs.start(viewer, storage.id, {});
      const grant = await services.access.authorize(viewer, 'sync.read', sync);
      for await (const next of services.syncWatch.follow(grant, sync, never)) sync = next;
      expect(isActive(sync.status)).toBe(false);
      expect(sync).toMatchObject({ status: 'COMPLETED', counts: expected });
      // The queue's own and those of watching count, too.
      expect(statements / (count / 1_000)).toBeLessThan(20);
    }
  } finally {
    await app.close();
    await database.drop();
  }
});

test('W4: a slow object is no dead job: its worker keeps the lease, and nobody else takes the sync', async () => {
  const engine = await openEngine({ leaseSeconds: 1 });
  const it = await openFolder(engine, tasksOf);
  it.rows('slow.jsonl', 'one');
  const { id } = await engine.start(it.storage);
  engine.container.latencyMs = 3_500;
  const slow = engine.run(id);
  await expect.poll(async () => (await engine.record(id)).status).toBe('IN_PROGRESS');
  let looks = 0;
  for (; (await engine.record(id)).status === 'IN_PROGRESS'; looks++) {
    const { attempt, leaseUntil } = await engine.run(id);
    expect(attempt).toBe(1);
    if (leaseUntil) expect(leaseUntil.getTime()).toBeGreaterThan(Date.now() - 500);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  expect(looks).toBeGreaterThan(8);
  expect(await slow).toMatchObject({ status: 'COMPLETED', attempt: 1, counts: { tasksCreated: 1 } });
});

test('W25: an error belongs to its sync: the next one begins without it', async () => {
  const it = await openFolder(engine);
  it.put('a.jpg');
  engine.container.fail({ method: 'list', failure: { code: 'WRONG_CREDENTIALS' } });
  const failed = await it.sync();
  expect(failed).toMatchObject({
    status: 'FAILED',
    errorCode: 'WRONG_CREDENTIALS',
    errorHint: expect.any(String),
  });
  const good = await it.sync();
  expect(good).toMatchObject({ status: 'COMPLETED', errorCode: null, errorMessage: null, errorHint: null });
  expect(await engine.record(failed.id)).toMatchObject({ status: 'FAILED', errorCode: 'WRONG_CREDENTIALS' });
  const active = await engine.start(it.storage);
  expect(await engine.start(it.storage, { reimport: true })).toMatchObject({ id: active.id, options: {} });
  await engine.finish(active.id);
});

test('W26: every run is kept, changes and removals are seen, and a storage added again doubles nothing', async () => {
  const it = await openFolder(engine, { onChanged: 'FLAG', onRemoved: 'FLAG' });
  for (const key of ['a.jpg', 'b.jpg', 'c.jpg']) it.put(key);
  await it.sync();
  it.put('a.jpg', 'other');
  it.remove('b.jpg');
  await it.sync();
  expect(await it.ledger()).toEqual(['a.jpg CHANGED', 'b.jpg REMOVED', 'c.jpg IMPORTED']);
  const history = await engine.services.syncs.history(engine.viewer, it.storage, {}, { limit: 10 });
  expect(history.map(({ counts: { imported, changed, removed } }) => [imported, changed, removed])).toEqual([
    ...[
      [0, 1, 1],
      [3, 0, 0],
    ],
  ]);
  await engine.services.storages.delete(engine.viewer, it.storage.id);
  const again = await engine.connect(it.project, {}, { prefix: it.prefix });
  const { skippedBy, tasksCreated } = (await it.sync({}, again)).counts;
  expect({ skippedBy, tasksCreated }).toEqual({ skippedBy: { IN_PROJECT: 2 }, tasksCreated: 0 });
  expect(await it.tasks()).toEqual(['a.jpg', 'b.jpg', 'c.jpg']);
});

describe('W27: own exports are no tasks', () => {
  const exported = {
    id: 7,
    task: { id: 3, data: { text: 'x' } },
    result: [],
    completed_by: { id: 1, email: 'a@b.c' },
  };

  test('an exported annotation is recognised, whatever its name, and not read twice', async () => {
    const it = await openFolder(engine, tasksOf);
    for (const key of ['7', '7.json', 'all.jsonl']) it.put(key, JSON.stringify(exported));
    it.put('mixed.jsonl', `${JSON.stringify(exported)}\n{"text":"a task"}\n`);
    const sync = await it.sync();
    expect(sync).toMatchObject({
      status: 'COMPLETED',
      counts: { skipped: 3, skippedBy: { OWN_EXPORT: 3 }, imported: 1 },
    });
    expect(await it.tasks()).toEqual(['mixed.jsonl[1]=a task']);
    expect((await it.ledger()).slice(0, 3)).toEqual(
      ['7', '7.json', 'all.jsonl'].map((key) => `${key} SKIPPED OWN_EXPORT`),
    );
    expect((await it.sync()).counts).toMatchObject({ skipped: 3, unchanged: 1, bytesRead: 0 });
    it.rows('7.json', 'now a task');
    expect((await it.sync()).counts).toMatchObject({ skipped: 2, imported: 1, tasksCreated: 1 });
  });

  test.each([
    ['exports', 'exports'],
    ['', 'exports'],
    ['exports/deep', 'exports'],
    ['exports', ''],
  ])(
    'a source at "%s" and a target at "%s" of one project are refused; in two projects they are not',
    async (source, target) => {
      const project = await engine.project();
      const at = (prefix: string, projectId: number, settings: object) => ({
        ...{ projectId, settings },
        provider: { provider: 'S3' as const, settings: { container: 'memory', prefix }, secrets: {} },
      });
      const create = (input: ReturnType<typeof at>) =>
        engine.services.storages.create(engine.viewer, input, never);
      await create(at(target, project.id, { target: {} }));
      await expect(create(at(source, project.id, { source: {} }))).rejects.toMatchObject({
        code: 'OVERLAPPING_STORAGES',
      });
      const beside = at('exports-2', project.id, { source: {} });
      if (target !== '') await expect(create(beside)).resolves.toMatchObject({ prefix: 'exports-2/' });
      const other = await engine.project();
      await expect(create(at(source, other.id, { source: {} }))).resolves.toMatchObject({
        projectId: other.id,
      });
    },
  );
});

test('W28: rows are stored while the object is still being read, and memory does not grow with it', async () => {
  const megabytes = 400;
  const lines = Buffer.from(`${'{"text":"x"} '.padEnd(1_023)}\n`.repeat(1_024));
  const engine = await openEngine({
    dress: (provider) => endless(provider, /huge\.jsonl$/, lines, megabytes),
  });
  // Every row that is there already is known, so that the database has little to do.
  const it = await openFolder(engine, { ...tasksOf, filter: '.*huge' });
  it.put('huge.jsonl', 'replaced by what the provider makes up');
  const before = process.memoryUsage().rss;
  let peak = 0;
  const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 20);
  const { id } = await engine.start(it.storage);
  const run = engine.run(id);
  await expect
    .poll(async () => (await engine.record(id)).counts.tasksCreated, { timeout: 30_000 })
    .toBeGreaterThan(0);
  expect((await engine.record(id)).counts.bytesRead).toBeLessThan(megabytes * 2 ** 20);
  expect(await run).toMatchObject({ status: 'COMPLETED', counts: { bytesRead: megabytes * 2 ** 20 } });
  clearInterval(timer);
  expect(peak - before).toBeLessThan(250 * 2 ** 20);
}, 120_000);

test('W29: nothing of an opened storage outlives a change of it: each sync uses its own storage’s secrets', async () => {
  let open = 0;
  const engine = await openEngine({
    container: new MemoryContainer({ token: 'right' }),
    dress: (provider) => ({
      ...provider,
      open(...access) {
        const driver = provider.open(...access);
        open++;
        return {
          ...driver,
          async close() {
            await driver.close();
            open--;
          },
        };
      },
    }),
  });
  engine.container.put('a.jpg', 'x');
  const project = await engine.project();
  const storage = await engine.connect(project, {}, { token: 'right' });
  expect(await engine.sync(storage)).toMatchObject({ status: 'COMPLETED', counts: { imported: 1 } });
  await engine.sql`UPDATE storages SET secrets = NULL, updated_at = now() WHERE id = ${storage.id}`;
  expect(await engine.sync(storage)).toMatchObject({ status: 'FAILED', errorCode: 'WRONG_CREDENTIALS' });
  const second = await engine.connect(await engine.project(), {}, { token: 'right' });
  expect(await engine.sync(second)).toMatchObject({ status: 'COMPLETED' });
  await engine.stores.close();
  expect(open).toBe(0);
});

test('W30: two syncs of one project at once: innerIds are unique and without gaps, shared objects imported once', async () => {
  const it = await openFolder(engine, tasksOf);
  const texts = (count: number, name: string) => Array.from({ length: count }, (_, row) => `${name} ${row}`);
  for (let file = 0; file < 12; file++) it.rows(`shared-${file}.jsonl`, ...texts(1_500, 'shared'));
  it.rows('deep/own.jsonl', ...texts(3_000, 'own'));
  const second = await engine.connect(it.project, tasksOf, { prefix: it.prefix });
  const third = await engine.connect(it.project, tasksOf, { prefix: `${it.prefix}deep` });
  const syncs = await Promise.all([it.storage, second, third].map((storage) => engine.sync(storage)));
  expect(syncs.map(({ status }) => status)).toEqual(['COMPLETED', 'COMPLETED', 'COMPLETED']);
  const total = 12 * 1_500 + 3_000;
  expect(syncs.reduce((sum, { counts }) => sum + counts.tasksCreated, 0)).toBe(total);
  const innerIds = (await engine.tasks(it.project)).map(({ innerId }) => innerId).sort((a, b) => a - b);
  expect(innerIds).toEqual(Array.from({ length: total }, (_, index) => index + 1));
}, 60_000);
