import { execFileSync } from 'node:child_process';
import { rename, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { adminOf, newDatabase } from '../servers/redis.ts';
import { serverOf } from '../servers/servers.ts';
import { testApp } from '../support/app.ts';
import type { SourceSettingsInput } from '../support/generated/graphql.ts';
import { asOrdinaryUser } from '../support/ordinary-user.ts';
import * as documents from './documents.ts';

/** Inputs that people have met, and what has to come of them. */
const it = await testApp({ settings: { OUTBOUND_ALLOW: '127.0.0.1' } });
const { owner } = it;
let folders = 0;

async function connect(files: Record<string, string | Uint8Array>, settings: SourceSettingsInput) {
  const path = await it.files(`folder-${++folders}`, files);
  const project = await owner.project();
  const { id } = await owner.connect(project, { localFiles: { path } }, settings);
  return { path, project, id, sync: () => owner.sync(id) };
}
const tasks: SourceSettingsInput = { importMethod: 'TASKS' };
const statesOf = async (id: string) =>
  (await owner.objects(id)).map(({ key, state, code }) => [key.split('/').at(-1), state, code]);

test('files of any JSON name are read by their content', async () => {
  const bodies = {
    list: '[{"a":1},{"a":2}]\n',
    'one-object': '{\n "a": 1\n}\n',
    'pretty-list': '[\n{"a":1},\n{"a":2}\n]\n',
  };
  for (const ending of ['json', 'jsonl', 'ndjson']) {
    const files = Object.entries(bodies).map(([name, body]) => [`${name}.${ending}`, body]);
    const place = await connect(Object.fromEntries(files), tasks);
    expect(await place.sync(), ending).toMatchObject({
      status: 'COMPLETED',
      counts: { failed: 0, tasksCreated: 5 },
    });
    const counts = (await owner.objects(place.id)).map(({ taskCount }) => taskCount);
    expect(counts, ending).toEqual([2, 1, 2]);
  }
});

test('another import method than before is said, with how many objects it concerns', async () => {
  const place = await connect({ 'a.json': '{"data":{"image":"s3://b/1.jpg"}}' }, { filter: '.*json' });
  expect((await place.sync()).counts).toMatchObject({ imported: 1, tasksCreated: 1 });
  await owner.run(documents.UpdateStorage, { input: { storageId: place.id, settings: { source: tasks } } });
  const sync = await place.sync();
  expect(sync.counts).toMatchObject({ imported: 0, tasksCreated: 0 });
  expect(await owner.issues(sync.id)).toMatchObject([
    {
      severity: 'WARNING',
      code: 'READ_OTHERWISE',
      message: expect.stringMatching(/^1 object .*"reimport"/s),
    },
  ]);
});

test('what lies beside task files is passed over, and is no news at any sync', async () => {
  const files = {
    'a.json': '{"image":"x"}',
    'a.jpg': Buffer.from([0xff, 0xd8]),
    '.DS_Store': 'x',
    _SUCCESS: '',
  };
  const place = await connect(files, tasks);
  expect(await place.sync()).toMatchObject({
    status: 'COMPLETED',
    counts: { imported: 1, skipped: 3, failed: 0 },
  });
  const states = await statesOf(place.id);
  expect(states.map(([name, state]) => `${name} ${state}`)).toEqual([
    '.DS_Store SKIPPED',
    '_SUCCESS SKIPPED',
    'a.jpg SKIPPED',
    'a.json IMPORTED',
  ]);
  const again = await place.sync();
  expect(again).toMatchObject({ status: 'COMPLETED', counts: { unchanged: 1, skipped: 3, warnings: 0 } });
  expect(await owner.issues(again.id)).toEqual([]);
});

describe('small words', () => {
  test.each([
    ['nan.json', '{"score":NaN}', 'BROKEN_JSON', /NaN at character 10\. Write null\./],
    ['utf32.json', utf32('{"a":1}'), 'UNSUPPORTED_ENCODING', /UTF-32/],
    ['only.json', '[{"a" 1}]', 'ROWS_FAILED', /^The only row failed\.$/],
    ['all.jsonl', '{"a" 1}\n{"b" 2}\n', 'ROWS_FAILED', /^All 2 rows failed\.$/],
    ['some.jsonl', '{"a" 1}\n{"b":1}\n', 'ROWS_FAILED', /^1 of 2 rows failed; the others were imported\.$/],
  ])('%s', async (name, body, code, message) => {
    const place = await connect({ [name]: body }, tasks);
    const sync = await place.sync();
    const told = [...(await owner.issues(sync.id)), ...(await owner.objects(place.id))];
    expect(told.map((it) => `${it.code} ${it.message}`).join('\n')).toMatch(code);
    expect(told.filter((it) => message.test(it.message ?? ''))).not.toEqual([]);
  });

  /** With the mark that says so, low byte first. */
  function utf32(text: string): Buffer {
    const bytes = Buffer.alloc(4 * (text.length + 1));
    bytes.writeUInt32LE(0xfeff, 0);
    for (const [index, char] of [...text].entries())
      bytes.writeUInt32LE(char.codePointAt(0)!, 4 * (index + 1));
    return bytes;
  }
});

describe('what cannot be looked at is not gone', () => {
  const deletes: SourceSettingsInput = {
    ...{ recursive: true, onRemoved: 'DELETE_UNANNOTATED', maximumRemovedShare: 1 },
  };
  const files = Object.fromEntries(
    Array.from({ length: 150 }, (_, index) => [`${['a', 'b', 'c'][index % 3]}/${index}.jpg`, 'x']),
  );
  const sameAsBefore = { removed: 0, tasksDeleted: 0, tasksCreated: 0 };

  test('a folder of which names are shown, and nothing else', async () => {
    const place = await connect(files, deletes);
    const home = dirname(it.documentRoot);
    expect((await asOrdinaryUser(home, place.sync)).counts).toMatchObject({ imported: 150 });
    execFileSync('chmod', ['444', join(place.path, 'b')]);
    const sync = await asOrdinaryUser(home, place.sync);
    execFileSync('chmod', ['755', join(place.path, 'b')]);
    expect(sync.counts).toMatchObject({ ...sameAsBefore, unchanged: 100 });
    expect(sync.counts.skippedBy).toEqual([{ reason: 'UNREADABLE', count: 50 }]);
    const issues = await owner.issues(sync.id);
    expect(issues).toHaveLength(50);
    expect(issues[0]).toMatchObject({
      severity: 'WARNING',
      code: 'UNREADABLE',
      key: expect.stringContaining('/b/'),
    });
    expect((await asOrdinaryUser(home, place.sync)).counts).toMatchObject({
      ...sameAsBefore,
      unchanged: 150,
    });
  });

  test('a folder behind a link whose target is away for a while', async () => {
    const place = await connect({ 'a.jpg': 'x' }, deletes);
    const disk = await it.files('disk', { '1.jpg': 'x', 'deep/2.jpg': 'x' });
    await symlink('../disk', join(place.path, 'link'));
    expect((await place.sync()).counts).toMatchObject({ imported: 3 });
    await rename(disk, `${disk}-away`);
    const sync = await place.sync();
    expect(sync.counts).toMatchObject({ ...sameAsBefore, unchanged: 1 });
    expect(await owner.issues(sync.id)).toMatchObject([
      { code: 'UNREADABLE', key: expect.stringMatching(/link$/) },
    ]);
    await rename(`${disk}-away`, disk);
    expect((await place.sync()).counts).toMatchObject({ ...sameAsBefore, unchanged: 3 });
  });
});

test('a Redis database shared with 80,000 hashes: what is not asked for is a sum', {
  timeout: 120_000,
}, async () => {
  const { open } = await serverOf('redis');
  const database = await newDatabase(open);
  const admin = adminOf(open, { db: database });
  await admin.eval(
    `
    for i = 1, 80000 do redis.call('HSET', 'cache:' .. i, 'f', 'x') end
    for i = 1, 20000 do redis.call('SET', (i <= 9 and 'wanted:' or 'other:') .. i, '{"text":"x"}') end`,
    0,
  );
  const project = await owner.project();
  const redis = { host: open.host, port: open.port, database, credentials: { none: true } };
  const { id } = await owner.connect(project, { redis }, { filter: 'wanted:' });
  for (const expected of [
    { imported: 9, unchanged: 0 },
    { imported: 0, unchanged: 9 },
  ]) {
    const { id: syncId, status, counts } = await owner.sync(id);
    expect({ status, ...counts }).toMatchObject({ status: 'COMPLETED', listed: 100_000, ...expected });
    expect(counts.skippedBy).toEqual([{ reason: 'FILTER', count: 99_991 }]);
    expect(await owner.issues(syncId)).toEqual([]);
  }
  const source = { filter: 'wanted:|cache:' };
  await owner.run(documents.UpdateStorage, { input: { storageId: id, settings: { source } } });
  const { id: syncId, counts } = await owner.sync(id);
  expect(counts).toMatchObject({ listed: 100_000, unchanged: 9 });
  expect(counts.skippedBy).toEqual(
    expect.arrayContaining([
      { reason: 'FILTER', count: 19_991 },
      { reason: 'UNUSABLE_KEY', count: 80_000 },
    ]),
  );
  const issues = await owner.issues(syncId);
  expect(issues.filter(({ code }) => code === 'UNUSABLE_KEY')).toHaveLength(100);
  admin.disconnect();
});
