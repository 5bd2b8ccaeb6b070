import { describe, expect, test } from 'vitest';
import { testApp } from '../support/app.ts';
import { as } from '../support/client.ts';
import type { SourceSettingsInput } from '../support/generated/graphql.ts';
import { openMemory } from '../support/memory.ts';
import * as documents from './documents.ts';

/** Whatever is synced again, by whichever storage, is imported once (C6). */
const memory = openMemory({ pageSize: 50 });
const { container } = memory;
const it = await testApp({ registry: memory.registry });
const { owner } = it;
const rows = (...names: string[]) => names.map((image) => JSON.stringify({ image })).join('\n');

let folders = 0;
/** A storage on a folder of its own. */
async function folderOf(files: Record<string, string>, source: SourceSettingsInput = {}) {
  const folder = `folder-${++folders}`;
  const put = (key: string, body: string) => container.put(`${folder}/${key}`, body);
  for (const [key, body] of Object.entries(files)) put(key, body);
  const project = await owner.project();
  const settings = { presign: false, recursive: true, ...source };
  const connect = async (prefix: string, into = project) =>
    (await owner.connect(into, memory.input(prefix), settings)).id;
  return { folder, project, put, connect, storage: await connect(folder) };
}

const TASKS: SourceSettingsInput = { importMethod: 'TASKS' };
const innerIds = async (project: string) => (await owner.tasks(project)).map(({ innerId }) => innerId);
const deleteTasks = async (projectId: string, taskIds: string[]) =>
  (await owner.run(documents.DeleteTasks, { input: { projectId, taskIds } })).deleteTasks;

describe.each(['FILES', 'TASKS'] as const)('%s', (importMethod) => {
  const source: SourceSettingsInput = { importMethod };
  const files = { 'a.json': rows('1', '2'), 'b.json': rows('3', '4') };
  const count = importMethod === 'FILES' ? 2 : 4;

  test('syncing twice creates nothing twice', async () => {
    const { project, storage } = await folderOf(files, source);
    expect(await owner.sync(storage)).toMatchObject({ counts: { tasksCreated: count, imported: 2 } });
    const before = await owner.tasks(project);
    expect(await owner.sync(storage)).toMatchObject({
      status: 'COMPLETED',
      counts: { listed: 2, unchanged: 2, imported: 0, tasksCreated: 0, bytesRead: 0 },
    });
    expect(await owner.tasks(project)).toEqual(before);
  });

  test('a second storage on the same objects of the project duplicates nothing', async () => {
    const { project, folder, storage, connect } = await folderOf(files, source);
    await owner.sync(storage);
    const before = await owner.tasks(project);
    const other = await connect(folder);
    expect(await owner.sync(other)).toMatchObject({
      status: 'COMPLETED',
      counts: { imported: 0, skippedBy: [{ reason: 'IN_PROJECT', count: 2 }], tasksCreated: 0 },
    });
    const skipped = { state: 'SKIPPED', code: 'IN_PROJECT' };
    expect(await owner.objects(other)).toMatchObject([skipped, skipped]);
    expect(await owner.tasks(project)).toEqual(before);
  });

  test('a storage that is deleted and connected again neither', async () => {
    const { project, folder, storage, connect } = await folderOf(files, source);
    await owner.sync(storage);
    await owner.run(documents.DeleteStorage, { input: { storageId: storage } });
    expect(await owner.tasks(project)).toMatchObject([...Array(count)].map(() => ({ sourceObject: null })));
    expect(await owner.sync(await connect(folder))).toMatchObject({ counts: { tasksCreated: 0 } });
    expect(await innerIds(project)).toHaveLength(count);
  });

  test('another project gets tasks of its own', async () => {
    const { folder, storage, connect } = await folderOf(files, source);
    await owner.sync(storage);
    const project = await owner.project();
    await owner.sync(await connect(folder, project));
    expect(await innerIds(project)).toHaveLength(count);
  });

  test('deleted tasks do not come back by a sync, by another storage, nor by a retry', async () => {
    const { project, folder, storage, connect } = await folderOf(files, source);
    await owner.sync(storage);
    const [first] = await owner.tasks(project);
    expect(await deleteTasks(project, [first!.id])).toEqual({
      __typename: 'DeleteTasksSuccess',
      deletedCount: 1,
    });
    await owner.sync(storage);
    await owner.sync(await connect(folder));
    const { retryFailed } = await owner.run(documents.RetryFailed, { input: { storageId: storage } });
    await owner.ended(as(retryFailed, 'RetryFailedSuccess').sync.id);
    expect((await owner.tasks(project)).map(({ id }) => id)).not.toContain(first!.id);
    expect(await innerIds(project)).toHaveLength(count - 1);
  });

  test('reimport brings deleted tasks back, and only those', async () => {
    const { project, storage } = await folderOf(files, source);
    await owner.sync(storage);
    const before = await owner.tasks(project);
    await deleteTasks(project, [before[0]!.id]);
    expect(await owner.sync(storage, { reimport: true })).toMatchObject({
      status: 'COMPLETED',
      counts: { imported: 2, tasksCreated: 1 },
    });
    const after = await owner.tasks(project);
    expect(after.slice(0, -1)).toEqual(before.slice(1));
    expect(after.at(-1)).toMatchObject({ data: before[0]!.data, sourceKey: before[0]!.sourceKey });
    expect(await owner.sync(storage)).toMatchObject({ counts: { tasksCreated: 0 } });
  });

  test('two storages that sync the same objects at the same time import each row once', async () => {
    const many = Object.fromEntries(
      Array.from({ length: 300 }, (_, index) => [`deep/${index}.json`, rows(`${index}`, `${index}b`)]),
    );
    const { project, folder, storage, connect } = await folderOf(many, source);
    const other = await connect(`${folder}/deep`);
    const ended = await Promise.all([owner.sync(storage), owner.sync(other)]);
    expect(ended).toMatchObject([{ status: 'COMPLETED' }, { status: 'COMPLETED' }]);
    const total = importMethod === 'FILES' ? 300 : 600;
    const tasks = await owner.tasks(project);
    expect(new Set(tasks.map(({ sourceKey, sourceRow }) => `${sourceKey} ${sourceRow}`)).size).toBe(total);
    expect(tasks).toHaveLength(total);
    expect(new Set(tasks.map(({ innerId }) => innerId)).size).toBe(total);
    const created = ended.map(({ counts }) => counts.tasksCreated);
    expect(created[0]! + created[1]!).toBe(total);
  });
});

describe('what failed', () => {
  test('is tried again by the next sync: only the rows that failed are new', async () => {
    const { project, put, storage } = await folderOf(
      { 'a.jsonl': `${rows('1')}\nbroken\n${rows('3')}`, 'b.jsonl': rows('4') },
      TASKS,
    );
    expect(await owner.sync(storage)).toMatchObject({
      status: 'COMPLETED_WITH_ERRORS',
      counts: { imported: 1, failed: 1, failedRows: 1, tasksCreated: 3 },
    });
    put('a.jsonl', rows('1', '2', '3'));
    expect(await owner.sync(storage)).toMatchObject({
      status: 'COMPLETED',
      counts: { imported: 1, unchanged: 1, failed: 0, failedRows: 0, tasksCreated: 1 },
    });
    const tasks = await owner.tasks(project);
    expect(tasks.map(({ data }) => (data as { image: string }).image).sort()).toEqual(['1', '2', '3', '4']);
    expect(await owner.objects(storage, { states: ['FAILED'] })).toEqual([]);
  });

  test('is all that retryFailed looks at', async () => {
    const { put, storage, project } = await folderOf({ 'a.json': 'broken', 'b.json': rows('2') }, TASKS);
    await owner.sync(storage);
    put('a.json', rows('1'));
    put('c.json', rows('3'));
    container.calls.length = 0;
    const { retryFailed } = await owner.run(documents.RetryFailed, { input: { storageId: storage } });
    const sync = await owner.ended(as(retryFailed, 'RetryFailedSuccess').sync.id);
    expect(sync).toMatchObject({
      status: 'COMPLETED',
      trigger: 'RETRY',
      counts: { imported: 1, tasksCreated: 1 },
    });
    const read = container.calls.filter(({ method }) => method === 'read').map(({ key }) => key);
    expect(read.every((key) => key?.endsWith('a.json'))).toBe(true);
    expect(await innerIds(project)).toEqual([1, 2]);
    expect(await owner.sync(storage)).toMatchObject({ counts: { tasksCreated: 1, unchanged: 2 } });
  });

  test('what still fails is counted again, and not twice in the ledger', async () => {
    const { storage } = await folderOf({ 'a.json': 'broken' }, TASKS);
    for (let count = 0; count < 2; count++) {
      expect(await owner.sync(storage)).toMatchObject({
        status: 'COMPLETED_WITH_ERRORS',
        counts: { failed: 1 },
      });
    }
    expect(await owner.objects(storage)).toHaveLength(1);
  });
});

test('the filter is asked again when it has changed: what was skipped comes, what was imported stays', async () => {
  const { storage, project } = await folderOf({ 'a.jpg': 'x', 'b.png': 'x' }, { filter: '.*jpg' });
  expect(await owner.sync(storage)).toMatchObject({ counts: { imported: 1, skipped: 1 } });
  const input = { storageId: storage, settings: { source: { filter: '.*png' } } };
  as((await owner.run(documents.UpdateStorage, { input })).updateStorage, 'UpdateStorageSuccess');
  expect(await owner.sync(storage)).toMatchObject({ counts: { imported: 1, skipped: 1, removed: 0 } });
  expect(await innerIds(project)).toEqual([1, 2]);
});

test('a source and a target that overlap are refused: exports would come back as tasks', async () => {
  const { project, folder } = await folderOf({ 'a.jpg': 'x' });
  const target = async (prefix: string) => {
    const input = { projectId: project, provider: memory.input(prefix), settings: { target: {} } };
    return (await owner.run(documents.CreateStorage, { input })).createStorage;
  };
  for (const prefix of ['', folder, `${folder}/exports`]) {
    expect(await target(prefix)).toMatchObject({
      __typename: 'ConflictError',
      message: expect.stringContaining('exported annotations would come back as tasks'),
    });
  }
  expect(await target(`${folder}-exports`)).toMatchObject({ __typename: 'CreateStorageSuccess' });
});
