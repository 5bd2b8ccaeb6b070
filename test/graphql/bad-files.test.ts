import { chmod, open, symlink, truncate } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { testApp } from '../support/app.ts';
import type { SyncFieldsFragment } from '../support/generated/graphql.ts';
import type { IssueNode, ObjectNode, TaskNode } from '../support/member.ts';
import { asOrdinaryUser } from '../support/ordinary-user.ts';

/**
 * Objects that are not what they should be: each gets its own entry in the ledger and its own issue, in
 * words that say what to do; none ends the sync; none of what they hold is repeated.
 */
const it = await testApp();
const { owner } = it;
const inside = it.canary('inside-a-file');

const row = (name: string) => JSON.stringify({ image: `s3://media/${name}.jpg` });
const jpeg = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0x00, 0x10, ...Buffer.from('JFIF')]);
const levels = (count: number) => '['.repeat(count) + ']'.repeat(count);

interface Expected {
  body: string | Uint8Array;
  /** Rows that are imported all the same. */
  rows: number[];
  /** Of the object itself; absent: all of it was imported. */
  failure?: { code: string; message: string };
  /** Of its rows. */
  issues?: { row: number; code: string; message: string; path?: string; severity?: 'WARNING' }[];
}

const rowsFailed = (failed: number, all: number) => ({
  code: 'ROWS_FAILED',
  message: `${failed} of ${all} rows failed; the others were imported.`,
});
const empty = { code: 'EMPTY_FILE', message: 'The file is empty. Upload it again, or remove it.' };

const files: Record<string, Expected> = {
  'good.json': { body: `[${row('good')}]`, rows: [0] },
  'broken-in-the-middle.json': {
    body: `[${row('1')}, {"image": "${inside}", }, ${row('2')}]`,
    rows: [0, 2],
    failure: rowsFailed(1, 3),
    issues: [
      {
        row: 1,
        code: 'BROKEN_JSON',
        message: `The row is not valid JSON: it breaks at character ${inside.length + 15}. (line 1, byte 31)`,
      },
    ],
  },
  'broken-in-the-middle.jsonl': {
    body: `${row('1')}\n{"image": "${inside}\n${row('2')}\n`,
    rows: [0, 2],
    failure: rowsFailed(1, 3),
    issues: [
      {
        row: 1,
        code: 'BROKEN_JSON',
        message: `The row is not valid JSON: it breaks at character ${inside.length + 12}. (line 2)`,
      },
    ],
  },
  'cut.json': {
    body: `[${row('1')}, {"image": "${inside}`,
    rows: [0],
    failure: {
      code: 'BROKEN_JSON',
      message: 'The file ends before the closing ] of the list. Upload it again, complete.',
    },
  },
  'cut.json.gz': {
    body: gzipSync(`[${row('1')}]`).subarray(0, 30),
    rows: [],
    failure: { code: 'BROKEN_GZIP', message: 'The gzip data ends too early. Upload the object again.' },
  },
  'bomb.json.gz': {
    body: gzipSync(Buffer.alloc(200 * 2 ** 20, ' ')),
    rows: [],
    failure: {
      code: 'DECOMPRESSION_BOMB',
      message: 'The object unpacks to more than 1000 times its size. Split it, or upload it uncompressed.',
    },
  },
  'empty.json': { body: '', rows: [], failure: empty },
  'blank.jsonl': { body: '\n\n  \n', rows: [], failure: empty },
  'photo-by-another-name.json': {
    body: jpeg,
    rows: [],
    failure: {
      code: 'NOT_A_TASK_FILE',
      message: 'A task file begins with [ or {. For a task per object, whatever it holds, import as FILES.',
    },
  },
  'utf16.json': {
    body: Buffer.from(`\ufeff[${row('1')}]`, 'utf16le'),
    rows: [],
    failure: { code: 'UNSUPPORTED_ENCODING', message: 'The file is UTF-16. Save it as UTF-8.' },
  },
  'latin1.jsonl': {
    body: Buffer.concat([
      Buffer.from(`${row('1')}\n{"image":"${inside}caf`),
      Buffer.from([0xe9]),
      Buffer.from(`"}\n${row('2')}`),
    ]),
    rows: [0, 2],
    failure: rowsFailed(1, 3),
    issues: [
      { row: 1, code: 'INVALID_UTF8', message: 'The row is not UTF-8. Save the file as UTF-8. (line 2)' },
    ],
  },
  'nul.jsonl': {
    body: `${row('1')}\n{"image":"\\u0000"}\n{"image":"\\ud800"}`,
    rows: [0],
    failure: rowsFailed(2, 3),
    issues: [1, 2].map((line) => ({
      row: line,
      code: 'UNSTORABLE_TEXT',
      path: 'image',
      message: `A text holds U+0000 or half of a surrogate pair, which the database refuses. Remove it. (line ${line + 1})`,
    })),
  },
  'number.jsonl': {
    body: `{"image":1e400}\n${row('1')}`,
    rows: [1],
    failure: rowsFailed(1, 2),
    issues: [
      {
        row: 0,
        code: 'NUMBER_OUT_OF_RANGE',
        path: 'image',
        message: 'A number is larger than a 64-bit float holds. Write it as a string. (line 1)',
      },
    ],
  },
  'not-objects.jsonl': {
    body: `${row('1')}\n["a list"]\n42\nnull\n`,
    rows: [0],
    failure: rowsFailed(3, 4),
    issues: ['a list', 'a number', 'null'].map((came, index) => ({
      row: index + 1,
      code: 'NOT_AN_OBJECT',
      message: `A row must be a JSON object, came ${came}. (line ${index + 2})`,
    })),
  },
  'deep.jsonl': {
    body: `${row('1')}\n{"image":${levels(100_000)}}\n${row('2')}`,
    rows: [0, 2],
    failure: rowsFailed(1, 3),
    issues: [
      {
        row: 1,
        code: 'TOO_DEEP',
        path: expect.stringMatching(/^image(\[0\])*$/),
        message: 'Objects and lists are nested too deeply in this row. Flatten it. (line 2)',
      },
    ],
  },
  'annotation.json': {
    body: JSON.stringify([
      { data: { image: 'a' }, annotations: [{ result: inside }] },
      { data: { image: 'b' } },
    ]),
    rows: [0, 1],
    issues: [
      {
        row: 0,
        severity: 'WARNING',
        code: 'INVALID_FIELD',
        path: 'annotations[0].result',
        message: 'annotations[0].result: expected a list, came a string; left out.',
      },
    ],
  },
  'prototype.jsonl': {
    body: '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"image":"x"}',
    rows: [0],
  },
};

describe('task files', () => {
  let sync: SyncFieldsFragment;
  let ledger: Map<string, ObjectNode>;
  let issues: Map<string, IssueNode[]>;
  let tasks: TaskNode[];

  beforeAll(async () => {
    const bodies = Object.fromEntries(Object.entries(files).map(([name, { body }]) => [name, body]));
    const path = await it.files('bad', { ...bodies, 'photo.jpg': jpeg });
    await symlink('/etc/passwd', join(path, 'link-out.json'));
    await symlink('/nowhere', join(path, 'link-to-nothing.json'));
    const project = await owner.project();
    const storage = await owner.connect(project, { localFiles: { path } }, { importMethod: 'TASKS' });
    sync = await owner.sync(storage.id);
    const name = (key: string | null) => key!.replace('bad/', '');
    ledger = new Map((await owner.objects(storage.id)).map((object) => [name(object.key), object]));
    issues = Map.groupBy(await owner.issues(sync.id), ({ key }) => name(key));
    tasks = (await owner.tasks(project)).map((task) => ({ ...task, sourceKey: name(task.sourceKey) }));
  });

  test.each(Object.entries(files))('%s', (name, expected) => {
    const { rows, failure, issues: rowIssues = [] } = expected;
    expect(ledger.get(name)).toMatchObject({
      state: failure ? 'FAILED' : 'IMPORTED',
      code: failure?.code ?? null,
      message: failure?.message ?? null,
      taskCount: rows.length,
      failedRows: rowIssues.filter(({ severity }) => !severity).length,
    });
    const ofObject = failure && failure.code !== 'ROWS_FAILED' ? [{ row: null, path: null, ...failure }] : [];
    const all = [...rowIssues.map((issue) => ({ path: null, ...issue })), ...ofObject];
    expect(issues.get(name) ?? []).toMatchObject(all.map((issue) => ({ severity: 'ERROR', ...issue })));
    expect(tasks.filter(({ sourceKey }) => sourceKey === name).map(({ sourceRow }) => sourceRow)).toEqual(
      rows,
    );
  });

  test('a picture beside them is skipped, without a word', () => {
    expect(ledger.get('photo.jpg')).toMatchObject({
      state: 'SKIPPED',
      code: 'NOT_A_TASK_FILE',
      taskCount: 0,
    });
    expect(issues.has('photo.jpg')).toBe(false);
  });

  test('links that lead out of the document root or nowhere are skipped with a warning', () => {
    const warnings = ['link-out.json', 'link-to-nothing.json'].map((name) => issues.get(name));
    const unusable = { severity: 'WARNING', code: 'UNREADABLE' };
    expect(warnings).toMatchObject([
      [{ ...unusable, message: 'A symbolic link out of the document root.' }],
      [{ ...unusable, message: 'A symbolic link that leads nowhere.' }],
    ]);
    expect(ledger.has('link-out.json')).toBe(false);
  });

  test('the sync comes to its end, and its counters say the same as the ledger', () => {
    const all = Object.values(files);
    const failed = all.filter(({ failure }) => failure).length;
    const rowIssues = all.flatMap(({ issues = [] }) => issues);
    const warned = rowIssues.filter(({ severity }) => severity).length;
    expect(sync).toMatchObject({ status: 'COMPLETED_WITH_ERRORS', error: null });
    expect(sync.counts).toMatchObject({
      listed: all.length + 3,
      imported: all.length - failed,
      failed,
      failedRows: rowIssues.length - warned,
      tasksCreated: all.flatMap(({ rows }) => rows).length,
      skippedBy: [
        { reason: 'UNREADABLE', count: 2 },
        { reason: 'NOT_A_TASK_FILE', count: 1 },
      ],
      warnings: 2 + warned,
    });
  });

  test('keys like __proto__ are data, and pollute nothing', () => {
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    const { data } = tasks.find(({ sourceKey }) => sourceKey === 'prototype.jsonl')!;
    expect(JSON.parse(JSON.stringify(data))).toEqual(JSON.parse(files['prototype.jsonl']!.body as string));
  });
});

test('a line of 300 MB fails alone, and is never held in memory', async () => {
  const path = await it.files('huge', { 'huge.jsonl': `${row('1')}\n{"image":"` });
  const file = join(path, 'huge.jsonl');
  // A hole in the file: it reads as zeros, and takes no room on the disk.
  await truncate(file, 300 * 2 ** 20);
  const handle = await open(file, 'a');
  await handle.write(`"}\n${row('2')}\n`);
  await handle.close();
  const project = await owner.project();
  const storage = await owner.connect(project, { localFiles: { path } }, { importMethod: 'TASKS' });
  const before = process.resourceUsage().maxRSS;
  const sync = await owner.sync(storage.id);
  const grown = (process.resourceUsage().maxRSS - before) / 1024;

  expect(sync).toMatchObject({ status: 'COMPLETED_WITH_ERRORS', counts: { tasksCreated: 2, failedRows: 1 } });
  expect(sync.counts.bytesRead).toBeGreaterThan(300 * 2 ** 20);
  expect(await owner.issues(sync.id)).toMatchObject([
    {
      code: 'TOO_LARGE',
      row: 1,
      message: 'The row has more than 16777216 bytes. Put large content in objects of its own. (line 2)',
    },
  ]);
  expect((await owner.tasks(project)).map(({ sourceRow }) => sourceRow)).toEqual([0, 2]);
  expect(grown).toBeLessThan(150);
});

test('a file that the service may not read fails alone, and says whom to ask', async () => {
  const path = await it.files('rights', { 'mine.json': `[${row('1')}]`, 'yours.json': `[${row('2')}]` });
  await chmod(join(path, 'yours.json'), 0);
  const project = await owner.project();
  const storage = await owner.connect(project, { localFiles: { path } }, { importMethod: 'TASKS' });
  const sync = await asOrdinaryUser(dirname(it.documentRoot), () => owner.sync(storage.id));

  expect(sync).toMatchObject({ status: 'COMPLETED_WITH_ERRORS', counts: { tasksCreated: 1, failed: 1 } });
  const [, yours] = await owner.objects(storage.id);
  const message =
    "The service's user may not read here (EACCES). Ask the operator to grant the rights to the user that the service runs as.";
  expect(yours).toMatchObject({
    key: 'rights/yours.json',
    state: 'FAILED',
    code: 'OBJECT_UNREADABLE',
    message,
  });
  expect(await owner.issues(sync.id)).toMatchObject([
    { key: 'rights/yours.json', code: 'OBJECT_UNREADABLE', message },
  ]);
});
