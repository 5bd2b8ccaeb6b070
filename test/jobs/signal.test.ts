import { describe, expect, test } from 'vitest';
import type { Provider } from '../../src/providers/provider.ts';
import { openEngine } from './engine.ts';
import { openFolder } from './folder.ts';

/** Signal, not noise: what a sync says, and that it says it once (C19). */

let odd: { unusable?: string[]; unreadable?: string[] } = {};
const oddly = (provider: Provider): Provider => ({
  ...provider,
  open(...access) {
    const driver = provider.open(...access);
    return {
      ...driver,
      async listPage(request) {
        const page = await driver.listPage(request);
        const named = (names: string[] = []) =>
          names.map((name) => ({ name: request.prefix + name, reason: 'It is odd.' }));
        return { ...page, unusable: named(odd.unusable), unreadable: named(odd.unreadable) };
      },
    };
  },
});
const engine = await openEngine({ dress: oddly });

describe('a sync that finds nothing says why', () => {
  test.each([
    ['only folders', { recursive: false }, 'EMPTY_PREFIX', 'only folders'],
    ['a filter that matches nothing', { filter: 'jpg' }, 'NO_MATCH', 'None of the first 1 objects'],
    ['no task file', { importMethod: 'TASKS' as const }, 'NOT_A_TASK_FILE', 'None of 1 object'],
  ])('%s', async (_, settings, code, message) => {
    const it = await openFolder(engine, settings);
    it.put('sub/a.jpg');
    const sync = await it.sync();
    expect(sync).toMatchObject({ status: 'COMPLETED', counts: { warnings: 1, imported: 0 } });
    const issues = await engine.issues(sync);
    expect(issues).toMatchObject([{ code, severity: 'WARNING', message: expect.stringContaining(message) }]);
  });
});

test('names that give no object: a hundred are told, the sum is exact, and the filter comes first', async () => {
  const it = await openFolder(engine, { filter: '.*wanted.*' });
  it.put('wanted.jpg');
  odd = {
    unusable: [
      ...Array.from({ length: 300 }, (_, index) => `wanted-${index}`),
      ...Array.from({ length: 500 }, (_, index) => `other-${index}`),
    ],
  };
  const sync = await it.sync();
  expect(sync.counts.skippedBy).toEqual({ UNUSABLE_KEY: 300, FILTER: 500 });
  expect(await engine.issues(sync)).toHaveLength(100);
  const again = await it.sync();
  expect(again.counts.skippedBy).toEqual({ UNUSABLE_KEY: 300, FILTER: 500 });
  expect(await engine.issues(again)).toHaveLength(1);
  odd = {};
});

test('what cannot be looked at, and all below it, is not gone', async () => {
  const it = await openFolder(engine, { onRemoved: 'DELETE_UNANNOTATED', maximumRemovedShare: 1 });
  for (const key of ['a/1', 'a/2', 'ab', 'b', 'c']) it.put(key);
  await it.sync();
  it.remove('a/1', 'a/2', 'b', 'c');
  odd = { unreadable: ['a/', 'b'] };
  const sync = await it.sync();
  expect(sync.counts).toMatchObject({ removed: 1, tasksDeleted: 1, skippedBy: { UNREADABLE: 2 } });
  expect(await it.issues(sync)).toEqual(['WARNING UNREADABLE a/', 'WARNING UNREADABLE b']);
  expect(await it.tasks()).toEqual(['a/1', 'a/2', 'ab', 'b']);
  odd = {};
});

test('a failure of the storage is told once, until it is another one', async () => {
  const it = await openFolder(engine, { importMethod: 'TASKS' });
  it.rows('a.jsonl', 'x');
  const issuesUnder = async (code: 'OBJECT_UNREADABLE' | 'FORBIDDEN') => {
    engine.container.fail({ method: 'read', times: 9, failure: { code } });
    const sync = await it.sync();
    engine.container.mend();
    expect(sync.counts).toMatchObject({ failed: 1, imported: 0 });
    return (await it.issues(sync)).filter((issue) => issue.startsWith('ERROR'));
  };
  expect(await issuesUnder('OBJECT_UNREADABLE')).toEqual(['ERROR OBJECT_UNREADABLE a.jsonl']);
  expect(await issuesUnder('OBJECT_UNREADABLE')).toEqual([]);
  expect(await issuesUnder('FORBIDDEN')).toEqual(['ERROR FORBIDDEN a.jsonl']);
  expect(await issuesUnder('FORBIDDEN')).toEqual([]);
  expect((await it.sync()).counts).toMatchObject({ failed: 0, imported: 1 });
});

test('a page of the ledger has no more entries than asked for', async () => {
  const it = await openFolder(engine);
  for (const key of ['a.jpg', 'b.jpg', 'c.jpg']) it.put(key);
  await it.sync();
  const page = await engine.services.objects.list(engine.viewer, it.storage, {}, { limit: 2 });
  expect(page.map(({ key }) => key)).toEqual([`${it.prefix}a.jpg`, `${it.prefix}b.jpg`]);
});

test('ten syncs of a dirty storage without news keep nothing per object', async () => {
  const it = await openFolder(engine, { importMethod: 'TASKS' });
  for (let index = 0; index < 20; index++) {
    it.put(`broken-${index}.json`, '[{');
    it.put(`photo-${index}.jpg`);
    it.rows(`rows-${index}.jsonl`, 'good');
  }
  for (const name of ['.DS_Store', '_SUCCESS']) it.put(name);
  odd = { unusable: ['socket-1', 'socket-2'], unreadable: ['locked/'] };
  let writes = 0;
  engine.hooks.onStatement = (text) => {
    if (/\b(?:insert into|copy) "?(?:objects|tasks|sync_marks)\b/i.test(text)) writes++;
  };
  const first = await it.sync();
  expect(first.counts).toMatchObject({ imported: 20, failed: 20, skipped: 25 });
  expect(writes).toBeGreaterThan(0);
  /** The tables with a row per object or task, and the transaction that wrote each row last. */
  const rows = () => engine.sql`
    SELECT 'object' AS kind, key, -1 AS row, xmin::text AS written FROM objects WHERE storage_id = ${it.storage.id}
    UNION ALL SELECT 'task', key, row, xmin::text FROM tasks WHERE project_id = ${it.project.id} ORDER BY 1, 2, 3`;
  const countOf = async (table: string) =>
    (await engine.sql<{ total: number }[]>`SELECT count(*)::int AS total FROM ${engine.sql(table)}`)[0]!
      .total;
  const before = await rows();
  const issues = await countOf('sync_issues');
  writes = 0;
  engine.container.calls.length = 0;
  for (let round = 0; round < 10; round++) {
    expect((await it.sync()).counts).toMatchObject({ unchanged: 20, failed: 20, skipped: 25, bytesRead: 0 });
  }
  engine.hooks.onStatement = undefined;
  expect(await rows()).toEqual(before);
  expect(before).toHaveLength(62 + 20);
  expect(await countOf('sync_marks')).toBe(0);
  // Nor are rows written that are gone again at the end.
  expect(writes).toBe(0);
  // A line for the failed ones, the sockets, and the folder each.
  expect(await countOf('sync_issues')).toBe(issues + 30);
  expect(engine.container.calls.filter(({ method }) => method === 'read')).toEqual([]);
  odd = {};
});
