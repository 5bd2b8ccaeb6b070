import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import * as documents from '../graphql/documents.ts';
import { type TestApp, testApp } from '../support/app.ts';
import { continuingKeys, fileEndings, siblingFolders } from '../support/continuing-keys.ts';
import type { SyncFieldsFragment } from '../support/generated/graphql.ts';
import { numberOf } from '../support/ids.ts';
import { openMemory } from '../support/memory.ts';
import { type RoleProcess, startRole } from '../support/process.ts';

/**
 * Workers that are lost, frozen or told to stop in the middle of a sync: another goes on from the last
 * checkpoint, and every row is there once (C9). The workers are real processes.
 */
const it = await testApp({ worker: 'none' });
const { owner } = it;
const lease = { WORKER_LEASE_SECONDS: '1' };

/** Rows of one object, every thousandth one broken, between two small objects whose keys its own continues. */
const ROWS = 100_000;
const BROKEN = ROWS / 1_000;
const rowsOf = async (folder: string) => {
  const row = (index: number) =>
    index % 1_000 === 500 ? '{"image": broken' : `{"image":"s3://media/${index}.jpg","number":${index}}`;
  const big = Array.from({ length: ROWS }, (_, index) => row(index)).join('\n');
  return it.files(folder, {
    'rows.json': '[{"image":"first"}]',
    'rows.jsonl': big,
    'rows/last.json': '[{"image":"last"}]',
  });
};

async function connect(path: string, importMethod: 'FILES' | 'TASKS') {
  const project = await owner.project();
  const { id } = await owner.connect(project, { localFiles: { path } }, { importMethod });
  return { project, id };
}

/** How far the database says that a sync is. */
async function progress(): Promise<{ status: string; created: number; attempt: number }> {
  const [row] = await it.sql<{ status: string; created: number; attempt: number }[]>`
    SELECT status, coalesce((counts->>'tasksCreated')::int, 0) AS created, attempt FROM syncs ORDER BY id DESC LIMIT 1`;
  return row!;
}

/** Waits until something more is committed, and the sync is still on its way. */
async function untilBeyond(created: number): Promise<number> {
  for (;;) {
    const now = await progress();
    if (now.created > created) {
      expect(now.status).toBe('IN_PROGRESS');
      return now.created;
    }
    await sleep(2);
  }
}

async function expectOnce(project: string, created: number): Promise<void> {
  const key = numberOf(project);
  const [row] = await it.sql`
    SELECT count(*)::int AS tasks, count(DISTINCT (key, row))::int AS sources, count(DISTINCT inner_id)::int AS inner_ids,
           min(inner_id)::int AS first, max(inner_id)::int AS last FROM tasks WHERE project_id = ${key}`;
  expect(row).toEqual({ tasks: created, sources: created, inner_ids: created, first: 1, last: created });
}

async function expectRows(project: string, storage: string, sync: SyncFieldsFragment): Promise<void> {
  const created = ROWS - BROKEN + 2;
  expect(sync).toMatchObject({ status: 'COMPLETED_WITH_ERRORS', error: null });
  expect(sync.counts).toMatchObject({
    ...{
      listed: 3,
      imported: 2,
      failed: 1,
      failedRows: BROKEN,
      tasksCreated: created,
      unchanged: 0,
      warnings: 0,
    },
  });
  await expectOnce(project, created);
  const issues = await owner.issues(sync.id);
  expect(issues.filter(({ code }) => code === 'BROKEN_JSON').map(({ row }) => row)).toEqual(
    Array.from({ length: BROKEN }, (_, index) => index * 1_000 + 500),
  );
  expect(issues).toHaveLength(BROKEN);
  expect(await owner.objects(storage)).toMatchObject([
    { key: expect.stringMatching(/rows\.json$/), state: 'IMPORTED', taskCount: 1 },
    {
      key: expect.stringMatching(/rows\.jsonl$/),
      state: 'FAILED',
      taskCount: ROWS - BROKEN,
      failedRows: BROKEN,
    },
    { key: expect.stringMatching(/rows\/last\.json$/), state: 'IMPORTED', taskCount: 1 },
  ]);
}

const worker = (settings: Record<string, string> = lease) => startRole(it, ['worker'], settings);

async function killed(role: RoleProcess): Promise<void> {
  role.kill('SIGKILL');
  expect(await role.exited).toEqual([null, 'SIGKILL']);
  expect(await progress()).toMatchObject({ status: 'IN_PROGRESS' });
}

test('killed twice in the middle of an object: the third worker brings it to its end', async () => {
  const { project, id } = await connect(await rowsOf('killed'), 'TASKS');
  const first = await worker();
  const { id: syncId } = await owner.start(id);
  let created = await untilBeyond(0);
  await killed(first);
  const second = await worker();
  created = await untilBeyond(created);
  await killed(second);
  await worker();
  const sync = await owner.ended(syncId);
  expect(sync.attempt).toBe(3);
  await expectRows(project, id, sync);
}, 120_000);

test('killed between objects: thousands of them, one task each', async () => {
  const count = 12_000;
  const names = siblingFolders.flatMap((folder) =>
    continuingKeys(folder, count / siblingFolders.length, fileEndings),
  );
  const path = await it.files('many', Object.fromEntries(names.map((name) => [name, ''])));
  const { project, id } = await connect(path, 'FILES');
  const first = await worker();
  const { id: syncId } = await owner.start(id);
  const created = await untilBeyond(0);
  expect(created).toBeLessThan(count);
  await killed(first);
  await worker();
  const sync = await owner.ended(syncId);
  expect(sync).toMatchObject({ status: 'COMPLETED', attempt: 2 });
  expect(sync.counts).toMatchObject({
    listed: count,
    imported: count,
    tasksCreated: count,
    failed: 0,
    removed: 0,
  });
  await expectOnce(project, count);
  const filter = { states: ['IMPORTED' as const] };
  const { storage } = await owner.run(documents.ListObjects, { storageId: id, filter });
  expect(storage!.objects.totalCount).toBe(count);
}, 120_000);

test('told to stop: hands the sync back at once, whatever its lease, and ends', async () => {
  const { project, id } = await connect(await rowsOf('stopped'), 'TASKS');
  const patient = { WORKER_LEASE_SECONDS: '600' };
  const first = await worker(patient);
  const { id: syncId } = await owner.start(id);
  await untilBeyond(0);
  first.kill('SIGTERM');
  expect(await first.exited).toEqual([0, null]);
  expect(await owner.getSync(syncId)).toMatchObject({ status: 'QUEUED', finishedAt: null });
  await worker(patient);
  const sync = await owner.ended(syncId);
  expect(sync.attempt).toBe(2);
  await expectRows(project, id, sync);
}, 120_000);

test('frozen for longer than its lease: what it still wants to commit when it wakes is refused', async () => {
  const { project, id } = await connect(await rowsOf('frozen'), 'TASKS');
  const frozen = await worker();
  const { id: syncId } = await owner.start(id);
  const created = await untilBeyond(0);
  frozen.kill('SIGSTOP');
  await worker();
  await untilBeyond(created);
  frozen.kill('SIGCONT');
  const sync = await owner.ended(syncId);
  expect(sync.attempt).toBe(2);
  while (!frozen.said().includes('sync left to another worker')) await sleep(20);
  expect(await owner.getSync(syncId)).toEqual(sync);
  await expectRows(project, id, sync);
}, 120_000);

describe('a slow object is not a dead job', () => {
  const memory = openMemory();
  let slow: TestApp;
  afterEach(memory.release);

  test('held for longer than the lease, with another worker at hand: nobody takes it over', async () => {
    memory.container.put('a.json', '[{"image":"x"}]');
    slow = await testApp({ registry: memory.registry, settings: lease });
    await testApp({ beside: slow, registry: memory.registry });
    const project = await slow.owner.project();
    const source = { importMethod: 'TASKS', presign: false } as const;
    const { id } = await slow.owner.connect(project, memory.input(), source);
    memory.hold();
    const { id: syncId } = await slow.owner.start(id);
    await memory.held();
    memory.step();
    await memory.held();
    const [held] = await slow.sql<[{ until: string }]>`SELECT lease_until::text AS until FROM syncs`;
    const outlived = async () =>
      (await slow.sql`SELECT 1 FROM syncs WHERE lease_until > ${held.until}::timestamptz + interval '3 s'`)
        .length;
    await expect.poll(outlived, { timeout: 20_000 }).toBe(1);
    memory.release();
    expect(await slow.owner.ended(syncId)).toMatchObject({ status: 'COMPLETED', attempt: 1 });
  });
});

test('the database drops every connection: the sync goes on', async () => {
  const inline = await testApp();
  const big = Array.from({ length: 60_000 }, (_, index) => `{"image":"${index}"}`).join('\n');
  const path = await inline.files('dropped', { 'big.jsonl': big });
  const project = await inline.owner.project();
  const { id } = await inline.owner.connect(project, { localFiles: { path } }, { importMethod: 'TASKS' });
  const { id: syncId } = await inline.owner.start(id);
  const until = async (condition: string) => {
    while ((await inline.sql.unsafe(`SELECT 1 FROM syncs WHERE ${condition}`)).length === 0) await sleep(5);
  };
  await until(`(counts->>'tasksCreated')::int > 0`);
  await inline.sql`
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'longshore'`;
  // Requests under way may fail; the sync may not.
  await until('finished_at IS NOT NULL');
  expect(await inline.owner.getSync(syncId)).toMatchObject({
    status: 'COMPLETED',
    counts: { tasksCreated: 60_000 },
  });
  const [count] =
    await inline.sql`SELECT count(*)::int AS tasks, count(DISTINCT row)::int AS rows FROM tasks`;
  expect(count).toEqual({ tasks: 60_000, rows: 60_000 });
}, 60_000);
