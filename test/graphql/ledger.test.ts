import { beforeAll, describe, expect, test } from 'vitest';
import { testApp } from '../support/app.ts';
import { openMemory } from '../support/memory.ts';
import * as documents from './documents.ts';

/** The object ledger and the issues of a sync: what they say, and how they are asked (C5, C7's states). */
const memory = openMemory({ pageSize: 3 });
const { container } = memory;
const it = await testApp({ registry: memory.registry });
const { owner } = it;
const row = '{"image":"x"}';

describe('the ledger', () => {
  let id: string;
  let project: string;
  let second: Awaited<ReturnType<typeof owner.sync>>;

  beforeAll(async () => {
    container.put('in/bad.json', 'no JSON');
    container.put('in/changed.json', row);
    container.put('in/gone.json', row);
    container.put('in/good.json', `[${row},${row}]`);
    container.put('in/notes.txt', 'x');
    container.put('in/\u{1F4F7} photo & more.json', row);
    project = await owner.project();
    const source = { importMethod: 'TASKS', filter: '.*json', onChanged: 'FLAG', presign: false } as const;
    ({ id } = await owner.connect(project, memory.input('in'), source));
    expect(await owner.sync(id)).toMatchObject({
      status: 'COMPLETED_WITH_ERRORS',
      counts: { listed: 6, imported: 4, skipped: 1, failed: 1, tasksCreated: 5, changed: 0, removed: 0 },
    });
    container.put('in/changed.json', '{"image":"y"}');
    container.remove('in/gone.json');
    second = await owner.sync(id);
  });

  test('the second sync counts what it finds', () => {
    expect(second).toMatchObject({ status: 'COMPLETED_WITH_ERRORS' });
    expect(second.counts).toMatchObject({
      ...{
        listed: 5,
        unchanged: 2,
        changed: 1,
        removed: 1,
        failed: 1,
        skipped: 1,
        imported: 0,
        tasksCreated: 0,
      },
      skippedBy: [{ reason: 'FILTER', count: 1 }],
    });
  });

  test('one entry an object, by key in byte order, with what became of it', async () => {
    const entries = await owner.objects(id);
    const shown = entries.map(({ key, state, code, taskCount }) => [key, state, code, taskCount]);
    expect(shown).toEqual([
      ['in/bad.json', 'FAILED', 'NOT_A_TASK_FILE', 0],
      ['in/changed.json', 'CHANGED', null, 1],
      ['in/gone.json', 'REMOVED', null, 1],
      ['in/good.json', 'IMPORTED', null, 2],
      ['in/notes.txt', 'SKIPPED', 'FILTER', 0],
      ['in/\u{1F4F7} photo & more.json', 'IMPORTED', null, 1],
    ]);
    expect(entries[3]).toMatchObject({
      uri: 'memory://memory/in/good.json',
      size: 29,
      version: container.info('in/good.json')!.version,
      modifiedAt: container.info('in/good.json')!.modifiedAt!.toISOString(),
    });
  });

  test('filtered by state, by reason, by the beginning of the key, and by all of them', async () => {
    const keys = async (filter: Parameters<typeof owner.objects>[1]) =>
      (await owner.objects(id, filter)).map(({ key }) => key.slice('in/'.length));
    expect(await keys({ states: ['CHANGED', 'REMOVED'] })).toEqual(['changed.json', 'gone.json']);
    expect(await keys({ states: [] })).toEqual([]);
    expect(await keys({ code: 'FILTER' })).toEqual(['notes.txt']);
    expect(await keys({ keyPrefix: 'in/go' })).toEqual(['gone.json', 'good.json']);
    expect(await keys({ keyPrefix: 'in/go', states: ['IMPORTED'] })).toEqual(['good.json']);
    expect(await keys({ keyPrefix: 'in/%' })).toEqual([]);
    expect(await keys({ keyPrefix: "' OR 1=1 --" })).toEqual([]);
  });

  test('in pages that join without gap or overlap, with totals', async () => {
    const page = async (after?: string | null) =>
      (await owner.run(documents.ListObjects, { storageId: id, first: 4, after })).storage!.objects;
    const first = await page();
    expect(first).toMatchObject({ totalCount: 6, pageInfo: { hasNextPage: true, hasPreviousPage: false } });
    const rest = await page(first.pageInfo.endCursor);
    expect(rest).toMatchObject({ totalCount: 6, pageInfo: { hasNextPage: false, hasPreviousPage: true } });
    expect([...first.nodes, ...rest.nodes]).toEqual(await owner.objects(id));
  });

  const refused: [page: { first?: number; after?: string }, message: string][] = [
    [{ first: 0 }, 'first: Expected 1 to 250, got 0.'],
    [{ first: 251 }, 'first: Expected 1 to 250, got 251.'],
    [{ first: -1 }, 'first: Expected 1 to 250, got -1.'],
    [{ after: 'made up' }, 'after: Expected a cursor of this connection.'],
  ];
  test.each(refused)('a page like %j is refused', async (page, message) => {
    const { errors } = await owner.send(documents.ListObjects, { storageId: id, ...page });
    expect(errors).toMatchObject([{ message, extensions: { code: 'VALIDATION_FAILED' } }]);
  });

  test('a task knows the object that it came from', async () => {
    const [task] = await owner.tasks(project, { sourceKey: 'in/gone.json' });
    expect(task).toMatchObject({ sourceRow: 0, sourceObject: { key: 'in/gone.json', state: 'REMOVED' } });
  });

  test('what is back, or again as it was, is unchanged', async () => {
    container.put('in/gone.json', row);
    const counts = { imported: 1, changed: 1, removed: 0, tasksCreated: 0, unchanged: 2 };
    expect(await owner.sync(id)).toMatchObject({ counts });
    expect((await owner.objects(id, { keyPrefix: 'in/gone' }))[0]).toMatchObject({ state: 'IMPORTED' });
    expect(await owner.tasks(project)).toHaveLength(5);
  });
});

describe('the issues of a sync', () => {
  let syncId: string;
  let storageId: string;
  beforeAll(async () => {
    const bad = Array.from({ length: 1_200 }, (_, index) => (index % 2 === 0 ? 'broken' : '[]'));
    container.put('many/rows.jsonl', [row, ...bad, '{"data":{"image":"x"}}'].join('\n'));
    container.put('many/photo.jpg', 'x');
    const source = { importMethod: 'TASKS', presign: false } as const;
    storageId = (await owner.connect(await owner.project(), memory.input('many'), source)).id;
    syncId = (await owner.sync(storageId)).id;
  });

  test('are not kept without end: a hundred of each cause', async () => {
    expect(await owner.getSync(syncId)).toMatchObject({
      status: 'COMPLETED_WITH_ERRORS',
      counts: { failed: 1, failedRows: 1_200, tasksCreated: 2, warnings: 1, skipped: 1 },
    });
    const issues = await owner.issues(syncId);
    const byCode = Map.groupBy(issues, ({ code }) => code);
    expect([...byCode].map(([code, { length }]) => [code, length]).sort()).toEqual([
      ['BROKEN_JSON', 100],
      ['MIXED_FORMS', 1],
      ['NOT_AN_OBJECT', 100],
      ['TOO_MANY_ISSUES', 3],
    ]);
    expect(byCode.get('TOO_MANY_ISSUES')).toContainEqual(
      expect.objectContaining({
        severity: 'WARNING',
        message: 'There are more than 100 issues BROKEN_JSON; the others are only counted.',
      }),
    );
    expect((await owner.objects(storageId))[1]).toMatchObject({
      key: 'many/rows.jsonl',
      state: 'FAILED',
      code: 'ROWS_FAILED',
      taskCount: 2,
      failedRows: 1_200,
      message: '1200 of 1202 rows failed; the others were imported.',
    });
  });

  test('filtered by cause and by severity', async () => {
    expect(await owner.issues(syncId, { severity: 'WARNING' })).toHaveLength(4);
    expect(await owner.issues(syncId, { code: 'MIXED_FORMS' })).toMatchObject([{ key: 'many/rows.jsonl' }]);
    expect(await owner.issues(syncId, { code: 'BROKEN_JSON', severity: 'WARNING' })).toEqual([]);
  });

  test('in pages, in the order found', async () => {
    const page = async (after?: string | null) =>
      (await owner.run(documents.ListIssues, { syncId, first: 150, after })).sync!.issues;
    const first = await page();
    expect(first).toMatchObject({ totalCount: 204, pageInfo: { hasNextPage: true } });
    const all = await owner.issues(syncId);
    expect(all).toHaveLength(204);
    expect(all.slice(0, 150)).toEqual(first.nodes);
    const rows = all.flatMap(({ code, row: at }) => (code === 'BROKEN_JSON' ? [at!] : []));
    expect(rows).toEqual(rows.toSorted((a, b) => a - b));
  });
});
