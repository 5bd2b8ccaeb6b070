import { expect, test } from 'vitest';
import * as documents from '../graphql/documents.ts';
import { testApp } from '../support/app.ts';
import { createClient } from '../support/client.ts';
import { createMember, type Member } from '../support/member.ts';
import { type RoleProcess, startRole } from '../support/process.ts';

/** The roles `serve` and `worker` as processes of their own over one database (H2, F4). */
const it = await testApp({ worker: 'none' });
const ROWS = 40_000;

/** A client of another process, with the owner's token. */
const clientOf = (role: RoleProcess): Member =>
  createMember(createClient(role.url(), it.owner.token, it.traffic));

async function connect(folder: string) {
  const rows = Array.from({ length: ROWS }, (_, index) => `{"image":"${index}"}`).join('\n');
  const path = await it.files(folder, { 'rows.jsonl': rows });
  const project = await it.owner.project();
  const storage = await it.owner.connect(project, { localFiles: { path } }, { importMethod: 'TASKS' });
  return { project, storage };
}

async function follow(member: Member, transport: 'sse' | 'webSocket', syncId: string) {
  const states = [];
  for await (const { data } of member[transport](documents.SyncProgressFeed, { syncId }))
    states.push(data!.syncProgress);
  return states;
}

test('asked of one process, done by another, watched through a third', async () => {
  const serving = ['serve', '--no-worker', '--no-demo'];
  const [asked, watched] = await Promise.all([startRole(it, serving), startRole(it, serving)]);
  const { project, storage } = await connect('three');
  const { id: syncId, status } = await clientOf(asked).start(storage.id);
  expect(status).toBe('QUEUED');
  const feeds = [follow(clientOf(watched), 'sse', syncId), follow(clientOf(watched), 'webSocket', syncId)];
  // Nobody works yet: the feeds are there first.
  await startRole(it, ['worker']);
  for (const states of await Promise.all(feeds)) {
    expect(states[0]).toMatchObject({ status: 'QUEUED', phase: 'WAITING' });
    expect(states.map((state) => state.status)).toContain('IN_PROGRESS');
    expect(states.at(-1)).toMatchObject({
      status: 'COMPLETED',
      phase: 'DONE',
      counts: { tasksCreated: ROWS },
    });
    const created = states.map(({ counts }) => counts.tasksCreated);
    expect(created).toEqual(created.toSorted((a, b) => a - b));
  }
  const [last] = await clientOf(asked).tasks(project, { sourceKey: 'three/rows.jsonl' });
  expect(last).toMatchObject({ innerId: 1 });
}, 90_000);

test('cancelled through one process, it stops in another', async () => {
  const serve = await startRole(it, ['serve', '--no-worker', '--no-demo']);
  await startRole(it, ['worker']);
  const { storage } = await connect('cancelled');
  const client = clientOf(serve);
  const { id: syncId } = await client.start(storage.id);
  for await (const { data } of client.sse(documents.SyncProgressFeed, { syncId })) {
    if (data!.syncProgress.counts.tasksCreated === 0) continue;
    await it.owner.run(documents.CancelSync, { input: { syncId } });
  }
  const canceled = await client.getSync(syncId);
  expect(canceled).toMatchObject({ status: 'CANCELED', error: null });
  expect(canceled.counts.tasksCreated).toBeLessThan(ROWS);
  // The worker is free again, and goes on from there.
  expect(await client.sync(storage.id)).toMatchObject({ status: 'COMPLETED' });
  const [row] = await it.sql`SELECT count(*)::int AS tasks, count(DISTINCT row)::int AS rows
    FROM tasks WHERE key = 'cancelled/rows.jsonl'`;
  expect(row).toEqual({ tasks: ROWS, rows: ROWS });
}, 90_000);

test('two workers share the syncs of many storages, each done once', async () => {
  const workers = await Promise.all([startRole(it, ['worker']), startRole(it, ['worker'])]);
  const project = await it.owner.project();
  const storages = await Promise.all(
    Array.from({ length: 12 }, async (_, index) => {
      const path = await it.files(`shared/${index}`, { 'a.jpg': 'x', 'b.jpg': 'x' });
      return (await it.owner.connect(project, { localFiles: { path } })).id;
    }),
  );
  const syncs = await Promise.all(storages.map((id) => it.owner.sync(id)));
  for (const sync of syncs)
    expect(sync).toMatchObject({ status: 'COMPLETED', attempt: 1, counts: { imported: 2 } });
  const tasks = await it.owner.tasks(project);
  expect(tasks.map(({ innerId }) => innerId)).toEqual(Array.from({ length: 24 }, (_, index) => index + 1));
  const ended = workers.map((worker) => worker.said().split('"sync ended"').length - 1);
  expect(ended[0]! + ended[1]!).toBe(12);
}, 90_000);

test('more syncs are started at once than there are connections', async () => {
  const small = await testApp({ worker: 'none', settings: { DATABASE_CONNECTIONS: '2' } });
  const path = await small.files('many', { 'a.jpg': 'x' });
  const project = await small.owner.project();
  const storages = [];
  for (let index = 0; index < 6; index++) {
    storages.push((await small.owner.connect(project, { localFiles: { path } })).id);
  }
  const syncs = await Promise.all(storages.map((id) => small.owner.start(id)));
  for (const { status } of syncs) expect(status).toBe('QUEUED');
});

test('a rolling restart loses nothing: the new worker is there before the old one goes', async () => {
  const old = await startRole(it, ['worker']);
  const { project, storage } = await connect('rolling');
  const { id: syncId } = await it.owner.start(storage.id);
  for await (const { data } of it.owner.sse(documents.SyncProgressFeed, { syncId })) {
    if (data!.syncProgress.counts.tasksCreated > 0) break;
  }
  await startRole(it, ['worker']);
  old.kill('SIGTERM');
  expect(await old.exited).toEqual([0, null]);
  expect(await it.owner.ended(syncId)).toMatchObject({ status: 'COMPLETED', counts: { tasksCreated: ROWS } });
  expect((await it.owner.tasks(project)).length).toBe(ROWS);
}, 90_000);
