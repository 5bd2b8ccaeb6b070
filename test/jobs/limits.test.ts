import { describe, expect, test } from 'vitest';
import { providerCauses } from '../../src/providers/errors.ts';
import { MemoryContainer } from '../providers/memory/container.ts';
import { openEngine } from './engine.ts';
import { openFolder } from './folder.ts';

/** Storages that ask for patience, refuse, or die in the middle (C4). */
const engine = await openEngine({ container: new MemoryContainer({ pageSize: 10 }) });
const { container } = engine;
const tasksOf = { importMethod: 'TASKS' } as const;
const slowDown = (retryAfterMs: number) => ({ code: 'RATE_LIMITED' as const, retryAfterMs });
const reads = () => container.calls.filter(({ method }) => method === 'read').length;

async function photos(count: number, source = {}) {
  const it = await openFolder(engine, source);
  for (let index = 0; index < count; index++) it.put(`${String(index).padStart(3, '0')}.jpg`);
  return it;
}

describe('a rate limit slows a sync down and does not fail it', () => {
  test('while it lists: the page is asked for again, after as long as the storage wants', async () => {
    const it = await photos(25);
    container.fail({ method: 'list', after: 1, times: 4, failure: slowDown(250) });
    const sync = await it.sync();
    expect(sync).toMatchObject({
      status: 'COMPLETED',
      counts: { listed: 25, imported: 25, failed: 0, warnings: 0 },
    });
    // Not a limit on how long it may take, but on how soon it may come back.
    expect(sync.finishedAt!.getTime() - sync.startedAt!.getTime()).toBeGreaterThanOrEqual(1_000);
  });

  test('while it reads: each object gets its turn', async () => {
    const it = await openFolder(engine, tasksOf);
    for (let index = 0; index < 12; index++) it.rows(`${index}.jsonl`, 'one', 'two');
    const before = reads();
    container.fail({ method: 'read', times: 20, failure: slowDown(20) });
    const sync = await it.sync();
    expect(sync).toMatchObject({
      status: 'COMPLETED',
      counts: { imported: 12, failed: 0, tasksCreated: 24 },
    });
    expect(reads() - before).toBe(12 + 20);
  });

  test('a limit that lasts is outlasted, where another failure would have been the end', async () => {
    const it = await openFolder(engine, tasksOf);
    it.rows('a.jsonl', 'one');
    container.fail({ method: 'read', times: 7, failure: slowDown(1) });
    expect(await it.sync()).toMatchObject({ status: 'COMPLETED', counts: { imported: 1, failed: 0 } });
  });

  test('an object that is not to be had beyond all patience fails alone, and the next sync has it', async () => {
    const it = await openFolder(engine, tasksOf);
    for (const name of ['a', 'b', 'c']) it.rows(`${name}.jsonl`, name);
    container.fail({ method: 'read', key: `${it.prefix}b.jsonl`, times: 5, failure: { code: 'TIMEOUT' } });
    const sync = await it.sync();
    expect(sync).toMatchObject({ status: 'COMPLETED_WITH_ERRORS', counts: { imported: 2, failed: 1 } });
    expect(await it.ledger()).toEqual(['a.jsonl IMPORTED', 'b.jsonl FAILED TIMEOUT', 'c.jsonl IMPORTED']);
    expect(await it.sync()).toMatchObject({ status: 'COMPLETED', counts: { imported: 1, unchanged: 2 } });
  });
});

describe('a storage that dies', () => {
  test.each(['CONTAINER_NOT_FOUND', 'WRONG_CREDENTIALS', 'FORBIDDEN', 'TIMEOUT', 'UNAVAILABLE'] as const)(
    '%s in the middle of the listing: FAILED with the code; what was listed is there, and the next sync goes on',
    async (code) => {
      const it = await photos(35);
      const attempts = providerCauses[code].retryable ? 5 : 1;
      container.fail({ method: 'list', after: 2, times: attempts, failure: { code } });
      const failed = await it.sync();
      expect(failed).toMatchObject({ status: 'FAILED', errorCode: code, errorMessage: expect.any(String) });
      expect(failed.errorHint).toMatch(/\w/);
      expect(failed.counts).toMatchObject({ listed: 20, imported: 20, tasksCreated: 20, removed: 0 });
      expect(await it.tasks()).toHaveLength(20);
      expect(await it.sync()).toMatchObject({
        status: 'COMPLETED',
        counts: { unchanged: 20, imported: 15, tasksCreated: 15 },
      });
    },
  );

  test('while it reads objects, whichever comes first: FAILED, the rest is for the next sync', async () => {
    const it = await openFolder(engine, tasksOf);
    for (let index = 0; index < 9; index++) it.rows(`${index}.jsonl`, 'one');
    container.fail({ method: 'read', key: `${it.prefix}5.jsonl`, failure: { code: 'CREDENTIALS_EXPIRED' } });
    const failed = await it.sync();
    expect(failed).toMatchObject({
      status: 'FAILED',
      errorCode: 'CREDENTIALS_EXPIRED',
      counts: { imported: 5 },
    });
    expect(await it.tasks()).toHaveLength(5);
    expect(await it.sync()).toMatchObject({ status: 'COMPLETED', counts: { unchanged: 5, imported: 4 } });
  });

  test('one that refuses object after object is dead too', async () => {
    const engine = await openEngine();
    const it = await openFolder(engine, tasksOf);
    for (let index = 0; index < 40; index++) it.rows(`${String(index).padStart(2, '0')}.jsonl`, 'one');
    engine.container.fail({ method: 'read', times: 40, failure: { code: 'FORBIDDEN' } });
    expect(await it.sync()).toMatchObject({
      status: 'FAILED',
      errorCode: 'FORBIDDEN',
      counts: { failed: 19 },
    });
  });

  test('one whose objects are archived is not: each says so, and those that can be read are', async () => {
    const it = await openFolder(engine, tasksOf);
    for (let index = 0; index < 40; index++) it.rows(`${String(index).padStart(2, '0')}.jsonl`, 'one');
    container.fail({
      method: 'read',
      key: /\/[0-2]\d\.jsonl$/,
      times: 30,
      failure: { code: 'OBJECT_UNREADABLE' },
    });
    const sync = await it.sync();
    expect(sync).toMatchObject({ status: 'COMPLETED_WITH_ERRORS', counts: { failed: 30, imported: 10 } });
    expect(await it.sync()).toMatchObject({ status: 'COMPLETED', counts: { imported: 30, unchanged: 10 } });
  });
});

test('a listing in no order may name an object twice: it counts once', async () => {
  const engine = await openEngine({
    container: new MemoryContainer({ pageSize: 10 }),
    capabilities: { listsInOrder: false },
    // As a SCAN does while the server resizes its table.
    dress: (provider) => ({
      ...provider,
      open(...access) {
        const driver = provider.open(...access);
        return {
          ...driver,
          async listPage(request) {
            const page = await driver.listPage(request);
            return { ...page, objects: page.objects.flatMap((object) => [object, object]) };
          },
        };
      },
    }),
  });
  const it = await openFolder(engine);
  for (let index = 0; index < 45; index++) it.put(`${index}.jpg`);
  const preview = await engine.services.previews.preview(
    engine.viewer,
    { storageId: it.storage.id },
    new AbortController().signal,
  );
  expect(preview.counts).toMatchObject({ listed: 45, import: 45, removed: 0 });
  expect(await it.sync()).toMatchObject({ status: 'COMPLETED', counts: { listed: 45, imported: 45 } });
  expect(await it.sync()).toMatchObject({ status: 'COMPLETED', counts: { listed: 45, unchanged: 45 } });
});

test('so many objects are read at a time, and no more', async () => {
  let [open, most] = [0, 0];
  const engine = await openEngine({
    readConcurrency: 3,
    dress: (provider) => ({
      ...provider,
      open(...access) {
        const driver = provider.open(...access);
        return {
          ...driver,
          async read(key, request) {
            most = Math.max(most, ++open);
            const body = await driver.read(key, request);
            body.stream.once('close', () => open--);
            return body;
          },
        };
      },
    }),
  });
  const it = await openFolder(engine, tasksOf);
  for (let index = 0; index < 40; index++) it.rows(`${index}.jsonl`, 'one', 'two');
  engine.container.latencyMs = 5;
  expect(await it.sync()).toMatchObject({ status: 'COMPLETED', counts: { imported: 40, tasksCreated: 80 } });
  expect([open, most]).toEqual([0, 3]);
});
