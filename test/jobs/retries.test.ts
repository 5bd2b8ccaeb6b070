import { expect, test } from 'vitest';
import { MemoryContainer } from '../providers/memory/container.ts';
import { openEngine } from './engine.ts';
import { openFolder } from './folder.ts';

test('every retry of a request is in the log, with its storage and cause', async () => {
  const engine = await openEngine();
  const it = await openFolder(engine, { importMethod: 'TASKS' });
  it.put('a.json', '{"text":"a"}');
  engine.container.fail({ method: 'read', key: /a\.json/, failure: { code: 'UNAVAILABLE' }, times: 2 });
  expect(await it.sync()).toMatchObject({ status: 'COMPLETED' });
  const retries = engine.logs.map((line) => JSON.parse(line)).filter(({ failures }) => failures);
  expect(retries).toMatchObject([
    { provider: 'S3', storageId: it.storage.id, capability: 'READ', code: 'UNAVAILABLE', failures: 1 },
    { provider: 'S3', storageId: it.storage.id, capability: 'READ', code: 'UNAVAILABLE', failures: 2 },
  ]);
});

test('a sync whose workers keep being lost is given up, and what it imported stays', async () => {
  const engine = await openEngine();
  const it = await openFolder(engine);
  it.put('a.jpg');
  await it.sync();
  it.put('b.jpg');
  const { id } = await engine.start(it.storage);
  await engine.sql`UPDATE syncs SET attempt = 24 WHERE id = ${id}`;
  engine.container.fail({ method: 'list', failure: 'stall' });
  const shutdown = new AbortController();
  const lost = engine.run(id, shutdown.signal);
  await expect.poll(async () => (await engine.record(id)).attempt).toBe(25);
  // The twenty-fifth worker may still work; the one behind it gives the sync up.
  expect((await engine.record(id)).status).toBe('IN_PROGRESS');
  shutdown.abort();
  await lost;
  engine.container.mend();
  expect(await engine.run(id)).toMatchObject({ status: 'FAILED', errorCode: 'WORKER_LOST' });
  expect(await it.tasks()).toEqual(['a.jpg']);
  expect(await it.sync()).toMatchObject({ status: 'COMPLETED', counts: { imported: 1 } });
});

test.each([1, 2])(
  'a worker that is lost between keys that continue one another leaves none out, %i to a page',
  async (pageSize) => {
    const keys = ['a', 'a.jpg', 'a.jpgz', 'a/b', 'a/b.jpg', 'ab'];
    const engine = await openEngine({ container: new MemoryContainer({ pageSize }) });
    const listings = () => engine.container.calls.filter(({ method }) => method === 'list').length;
    for (let pages = 0; pages < keys.length / pageSize; pages++) {
      const it = await openFolder(engine);
      for (const key of keys) it.put(key);
      const { id } = await engine.start(it.storage);
      const before = listings();
      engine.container.fail({ method: 'list', after: pages, failure: 'stall' });
      const shutdown = new AbortController();
      const run = engine.run(id, shutdown.signal);
      await expect.poll(listings).toBeGreaterThan(before + pages);
      shutdown.abort();
      await run;
      engine.container.mend();
      expect(await engine.finish(id)).toMatchObject({ status: 'COMPLETED', counts: { listed: keys.length } });
      expect(await it.tasks()).toEqual(keys);
    }
  },
);
