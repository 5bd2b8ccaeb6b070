import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { testApp } from '../support/app.ts';
import { as } from '../support/client.ts';
import { openMemory } from '../support/memory.ts';
import * as documents from './documents.ts';

/** The life of a sync: one at a time, cancelled, failed, and its history (C8, C4). */
const pageSize = 10;
const setUp = async () => {
  const memory = openMemory({ pageSize });
  const it = await testApp({ registry: memory.registry });
  return { memory, it, owner: it.owner, container: memory.container };
};
const { memory, it, owner, container } = await setUp();
afterEach(memory.release);
const photo = (index: number) => `photos/${String(index).padStart(3, '0')}.jpg`;
for (let index = 0; index < 35; index++) container.put(photo(index), 'x');

async function connect() {
  const project = await owner.project();
  const storage = await owner.connect(project, memory.input('photos'), { presign: false });
  return { project, id: storage.id };
}

describe('one active sync a storage', () => {
  test('a second request answers with the running one, however many come at once', async () => {
    const { id } = await connect();
    memory.hold();
    const starts = await Promise.all(Array.from({ length: 5 }, () => owner.start(id)));
    expect(new Set(starts.map((sync) => sync.id)).size).toBe(1);
    await memory.held();
    const running = await owner.start(id, { reimport: true });
    expect(running).toMatchObject({
      id: starts[0]!.id,
      status: 'IN_PROGRESS',
      attempt: 1,
      phase: 'SCANNING',
    });
    const { retryFailed } = await owner.run(documents.RetryFailed, { input: { storageId: id } });
    expect(as(retryFailed, 'RetryFailedSuccess').sync.id).toBe(running.id);
    expect((await owner.run(documents.GetStorage, { id })).storage).toMatchObject({ status: 'IN_PROGRESS' });

    memory.release();
    expect(await owner.ended(running.id)).toMatchObject({ status: 'COMPLETED', counts: { imported: 35 } });
    expect((await owner.start(id)).id).not.toBe(running.id);
  });

  test('two storages sync side by side', async () => {
    const [one, other] = [await connect(), await connect()];
    memory.hold();
    const syncs = [await owner.start(one.id), await owner.start(other.id)];
    for (const { id } of syncs) {
      while ((await owner.getSync(id)).status !== 'IN_PROGRESS') await sleep(10);
    }
    memory.release();
    const ended = await Promise.all(syncs.map(({ id }) => owner.ended(id)));
    expect(ended).toMatchObject([{ status: 'COMPLETED' }, { status: 'COMPLETED' }]);
  });
});

describe('cancel', () => {
  const cancel = async (syncId: string) =>
    (await owner.run(documents.CancelSync, { input: { syncId } })).cancelSync;

  test('a running sync stops at once, keeps what it has, and the next one goes on from there', async () => {
    const { id, project } = await connect();
    memory.hold();
    const started = await owner.start(id);
    for (let page = 1; page <= 2; page++) {
      await memory.held();
      memory.step();
    }
    await memory.held();
    const { sync } = as(await cancel(started.id), 'CancelSyncSuccess');
    expect(sync).toMatchObject({ id: started.id, status: 'CANCELED', phase: 'DONE', error: null });
    expect(sync.finishedAt).not.toBeNull();
    memory.release();
    const tasks = await owner.tasks(project);
    expect(tasks.length).toBeLessThan(35);
    expect(sync.counts.tasksCreated).toBe(tasks.length);
    expect(await owner.getSync(started.id)).toEqual(sync);

    expect(await owner.sync(id)).toMatchObject({
      status: 'COMPLETED',
      counts: { listed: 35, unchanged: tasks.length, imported: 35 - tasks.length },
    });
    expect((await owner.tasks(project)).map(({ sourceKey }) => sourceKey)).toEqual(
      Array.from({ length: 35 }, (_, index) => photo(index)),
    );
  });

  test('a sync that has ended cannot be cancelled', async () => {
    const { id } = await connect();
    const { id: syncId } = await owner.sync(id);
    expect(await cancel(syncId)).toEqual({
      __typename: 'ConflictError',
      message: 'The sync has already ended: COMPLETED.',
    });
  });

  test('a queued sync never runs', async () => {
    const idle = await testApp({ registry: memory.registry, worker: 'none' });
    const project = await idle.owner.project();
    const storage = await idle.owner.connect(project, memory.input('photos'));
    const queued = await idle.owner.start(storage.id);
    expect(queued).toMatchObject({
      status: 'QUEUED',
      phase: 'WAITING',
      attempt: 0,
      startedAt: null,
      durationMs: null,
    });
    const { cancelSync } = await idle.owner.run(documents.CancelSync, { input: { syncId: queued.id } });
    expect(as(cancelSync, 'CancelSyncSuccess').sync).toMatchObject({ status: 'CANCELED', attempt: 0 });

    const worker = await testApp({ beside: idle, registry: memory.registry });
    expect(await worker.owner.sync(storage.id)).toMatchObject({ status: 'COMPLETED' });
    expect(await worker.owner.getSync(queued.id)).toMatchObject({ status: 'CANCELED', attempt: 0 });
  });
});

describe('what may not be synced', () => {
  test('a storage that is not synchronizable', async () => {
    const { id: storageId } = await connect();
    const input = { storageId, synchronizable: false };
    as((await owner.run(documents.UpdateStorage, { input })).updateStorage, 'UpdateStorageSuccess');
    expect((await owner.run(documents.SyncStorage, { input: { storageId } })).syncStorage).toEqual({
      __typename: 'ConflictError',
      message: 'This storage is not synchronizable: set "synchronizable" to true first.',
    });
  });

  test('by an annotator', async () => {
    const { id: storageId } = await connect();
    const annotator = await it.member('ANNOTATOR');
    expect((await annotator.run(documents.SyncStorage, { input: { storageId } })).syncStorage).toEqual({
      __typename: 'ForbiddenError',
      message: 'This needs the role MANAGER or higher; ask an administrator.',
    });
  });
});

describe('a storage that fails on the way', () => {
  test('for a moment: it is asked again, and nobody notices', async () => {
    const { id } = await connect();
    container.fail({ method: 'list', after: 1, times: 2, failure: { code: 'UNAVAILABLE' } });
    expect(await owner.sync(id)).toMatchObject({ status: 'COMPLETED', counts: { listed: 35, imported: 35 } });
  });

  test('for good: the sync fails with the reason, keeps what it has, and the next one goes on', async () => {
    const { id, project } = await connect();
    container.fail({ method: 'list', after: 2, failure: { code: 'FORBIDDEN' } });
    const failed = await owner.sync(id);
    expect(failed).toMatchObject({
      status: 'FAILED',
      phase: 'DONE',
      error: {
        code: 'FORBIDDEN',
        message: 'The credentials are accepted, but do not allow this action.',
        hint: 'Grant the permission at the provider: the setup guide of this storage shows the policy to paste.',
      },
    });
    const kept = await owner.tasks(project);
    expect(failed.counts.tasksCreated).toBe(kept.length);
    // What the listing did not reach is not taken for removed.
    expect(failed.counts.removed).toBe(0);
    expect(await owner.sync(id)).toMatchObject({ status: 'COMPLETED', counts: { unchanged: kept.length } });
    expect(await owner.tasks(project)).toHaveLength(35);
  });

  test('inside an object: that object fails alone, and is tried again by the next sync', async () => {
    container.put('rows/a.json', '[{"image":"1"}]');
    container.put('rows/b.json', '[{"image":"2"}]');
    const project = await owner.project();
    const { id } = await owner.connect(project, memory.input('rows'), {
      importMethod: 'TASKS',
      presign: false,
    });
    container.fail({ method: 'read', key: 'rows/a.json', failure: { code: 'OBJECT_UNREADABLE' } });
    expect(await owner.sync(id)).toMatchObject({
      status: 'COMPLETED_WITH_ERRORS',
      counts: { imported: 1, failed: 1, tasksCreated: 1 },
    });
    expect((await owner.objects(id))[0]).toMatchObject({
      state: 'FAILED',
      code: 'OBJECT_UNREADABLE',
      message:
        'The object exists, but its content cannot be read. Check its permissions, encryption key and storage class at the provider.',
    });
    expect(await owner.sync(id)).toMatchObject({
      status: 'COMPLETED',
      counts: { imported: 1, unchanged: 1 },
    });
  });

  test('in a way that nobody thought of: its text stays in the log', async () => {
    const { id } = await connect();
    const inside = 'the inside of a driver';
    container.fail({ method: 'list', failure: new Error(inside) });
    expect((await owner.sync(id)).error).toMatchObject({ code: 'UNEXPECTED_RESPONSE' });
    expect(it.traffic.filter((text) => text.includes(inside))).toEqual([]);
    expect(it.logs.filter((line) => line.includes(inside))).toHaveLength(1);
  });
});

test('the history: newest first, in pages, with the last one on the storage', async () => {
  const { id } = await connect();
  const ids: string[] = [];
  for (let count = 0; count < 5; count++) ids.unshift((await owner.sync(id)).id);
  const page = async (first: number, after?: string | null) =>
    (await owner.run(documents.ListSyncs, { storageId: id, first, after })).storage!;
  const first = await page(2);
  expect(first.lastSync).toEqual({ id: ids[0] });
  expect(first.syncs.totalCount).toBe(5);
  expect(first.syncs.nodes.map((sync) => sync.id)).toEqual(ids.slice(0, 2));
  const rest = await page(3, first.syncs.pageInfo.endCursor);
  expect(rest.syncs.nodes.map((sync) => sync.id)).toEqual(ids.slice(2));
  expect(rest.syncs.pageInfo.hasNextPage).toBe(false);
  expect(rest.syncs.nodes.at(-1)).toMatchObject({ counts: { imported: 35, unchanged: 0 } });
  expect(first.syncs.nodes[0]).toMatchObject({ counts: { imported: 0, unchanged: 35, tasksCreated: 0 } });
});

test('a storage that was never synced', async () => {
  const { id } = await connect();
  const found = (await owner.run(documents.ListSyncs, { storageId: id })).storage;
  expect(found).toMatchObject({ lastSync: null, syncs: { totalCount: 0, nodes: [] } });
  expect((await owner.run(documents.GetStorage, { id })).storage).toMatchObject({ status: 'INITIALIZED' });
});

test('deleting a storage in the middle of a sync ends it quietly; the tasks stay', async () => {
  const { id, project } = await connect();
  memory.hold();
  const { id: syncId } = await owner.start(id);
  await memory.held();
  const { deleteStorage } = await owner.run(documents.DeleteStorage, { input: { storageId: id } });
  expect(deleteStorage).toEqual({ __typename: 'DeleteStorageSuccess', deletedId: id });
  memory.release();
  expect((await owner.run(documents.GetSync, { id: syncId })).sync).toBeNull();
  const again = await owner.connect(project, memory.input('photos'), { presign: false });
  expect(await owner.sync(again.id)).toMatchObject({ status: 'COMPLETED' });
  expect(await owner.tasks(project)).toHaveLength(35);
  expect(it.logs.filter((line) => line.includes('"level":"error"'))).toEqual([]);
});
