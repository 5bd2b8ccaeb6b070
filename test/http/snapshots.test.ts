import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { MAX_SNAPSHOTS } from '../../src/snapshots/model.ts';
import { newFolder, serve } from '../cli/longshore.ts';
import { CreateExport, GetSnapshot, ListSnapshots, WatchSnapshot } from '../graphql/snapshot-documents.ts';
import { testApp } from '../support/app.ts';
import { as } from '../support/client.ts';
import type { CreateExportInput } from '../support/generated/graphql.ts';
import { numberOf } from '../support/ids.ts';
import type { Member } from '../support/member.ts';
import { region } from '../support/region.ts';

/** Snapshots of projects as downloads: who gets them, what they hold, and what they take of the service. */
const it = await testApp({ worker: 'none' });
const { owner } = it;

async function create(projectId: string, input: Omit<CreateExportInput, 'projectId'> = {}) {
  const { createExport } = await owner.run(CreateExport, { input: { projectId, ...input } });
  return as(createExport, 'CreateExportSuccess').snapshot;
}
type Created = Awaited<ReturnType<typeof create>>;

async function stateOf({ id }: Pick<Created, 'id'>): Promise<Created> {
  const { node } = await owner.run(GetSnapshot, { id });
  return node as Created;
}

const pathOf = ({ downloadUrl }: Created) => new URL(downloadUrl!).pathname;
const manifestOf = (snapshot: Created) => pathOf(snapshot).replace(/[^/]+$/, 'manifest.json');
const download = (snapshot: Created, who: Member = owner) => who.fetch(pathOf(snapshot));
const sha256 = (content: string | Buffer) => createHash('sha256').update(content).digest('hex');

/** A project with tasks of about 5 KB each, an annotation on each. */
async function heavy(count: number): Promise<string> {
  const project = await owner.project();
  const id = numberOf(project);
  await it.sql`
    INSERT INTO tasks (project_id, inner_id, data, total_annotations)
    SELECT ${id}, n, jsonb_build_object('image', n), 1 FROM generate_series(1, ${count}::int) n`;
  await it.sql`
    INSERT INTO annotations (project_id, task_id, result)
    SELECT ${id}, t.id, jsonb_build_array(jsonb_build_object('id', t.id, 'text',
      (SELECT string_agg(md5(t.id || '-' || m), '') FROM generate_series(1, 150) m)))
    FROM tasks t WHERE t.project_id = ${id}`;
  await it.sql`ANALYZE tasks, annotations`;
  return project;
}

/** A download that is read as the test says. */
async function begin(snapshot: Created, base = it.url): Promise<IncomingMessage> {
  const headers = { authorization: `Bearer ${owner.token}` };
  const request = get(new URL(pathOf(snapshot), base), { headers });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  expect(response.statusCode).toBe(200);
  return response.on('error', () => {});
}

/** The number of tasks that were sent when no more are. */
async function stalled(snapshot: Created): Promise<number> {
  let last = 0;
  const stands = async () => {
    const { tasks } = (await stateOf(snapshot)).counts;
    const same = tasks > 0 && tasks === last;
    last = tasks;
    return same;
  };
  // Longer than the service needs to record how far it is, twice.
  await expect.poll(stands, { interval: 2_500, timeout: 60_000 }).toBe(true);
  return last;
}

test.each([
  ['JSON', 'json', 'application/json; charset=utf-8'],
  ['JSONL', 'jsonl', 'application/jsonl; charset=utf-8'],
  ['CSV', 'csv', 'text/csv; charset=utf-8; header=present'],
] as const)(
  '%s: what is downloaded is what the record and the manifest say',
  async (format, ending, type) => {
    const project = await owner.project();
    const [first] = await owner.importTasks(project, [
      { image: 'ä.jpg' },
      { image: 'b.jpg' },
      { image: 'c.jpg' },
    ]);
    await owner.annotate(first!, region('x'));
    const snapshot = await create(project, { format });
    const none = { state: 'READY', expectedTasks: null, manifestUrl: null, size: null, contentHash: null };
    expect(snapshot).toMatchObject({ format, ...none, error: null, startedAt: null, finishedAt: null });
    expect((await owner.fetch(manifestOf(snapshot))).status).toBe(404);
    const head = await owner.fetch(pathOf(snapshot), { method: 'HEAD' });
    expect([head.status, (await stateOf(snapshot)).state]).toEqual([200, 'READY']);

    const { status, headers, text } = await download(snapshot);
    expect([status, headers.get('content-type')]).toEqual([200, type]);
    expect(headers.get('content-disposition')).toBe(
      `attachment; filename="snapshot-${numberOf(snapshot.id)}.${ending}"`,
    );
    const counts = { tasks: 3, annotations: 1, predictions: 0 };
    const bytes = Buffer.byteLength(text);
    const ended = await stateOf(snapshot);
    expect(ended).toMatchObject({ state: 'COMPLETED', error: null, counts, expectedTasks: 3 });
    expect(ended).toMatchObject({ size: bytes, contentHash: sha256(text) });
    if (format === 'JSON') {
      const images = JSON.parse(text).map(({ data }: { data: { image: string } }) => data.image);
      expect(images).toEqual(['ä.jpg', 'b.jpg', 'c.jpg']);
    }
    expect(JSON.parse((await owner.fetch(new URL(ended.manifestUrl!).pathname)).text)).toMatchObject({
      ...{ version: 1, format, counts, project: { id: numberOf(project), title: 'Project' } },
      files: [{ name: `tasks.${ending}`, sha256: sha256(text), bytes }],
    });
    for (const other of ['json', 'jsonl', 'csv'].filter((name) => name !== ending)) {
      expect((await owner.fetch(pathOf(snapshot).replace(/\.\w+$/, `.${other}`))).status).toBe(404);
    }
  },
);

test('a filter is kept with the snapshot, instants and storages too; a second download shows what is there then', async () => {
  const project = await owner.project();
  await owner.importTasks(project, [{ image: 'a.jpg' }, { image: 'b.jpg' }]);
  const [first, second] = await owner.tasks(project);
  await owner.annotate(first!.id, region('x'));
  const filter = { hasAnnotations: true, createdAfter: '2020-01-01T00:00:00Z' };
  const snapshot = await create(project, { format: 'JSON', filter });
  const images = async (of: Created) =>
    JSON.parse((await download(of)).text).map(({ data }: { data: { image: string } }) => data.image);
  expect(await images(snapshot)).toEqual(['a.jpg']);
  await owner.annotate(second!.id, region('y'));
  expect(await images(snapshot)).toEqual(['a.jpg', 'b.jpg']);
  expect(await images(await create(project, { filter: { createdBefore: '2020-01-01T00:00:00Z' } }))).toEqual(
    [],
  );
  const path = await it.files('scoped', {});
  const { id: storageId } = await owner.connect(project, { localFiles: { path } });
  expect(await images(await create(project, { filter: { storageId } }))).toEqual([]);
  expect(await images(await create(project, { filter: { ids: [second!.id] } }))).toEqual(['b.jpg']);
});

test('managers download, and the audit log says so; for all others there is nothing', async () => {
  const project = await owner.project();
  const snapshot = await create(project);
  const manager = await it.member('MANAGER');
  expect((await download(snapshot, manager)).status).toBe(200);
  for (const path of [pathOf(snapshot), manifestOf(snapshot)]) {
    const status = async (who: Member) => (await who.fetch(path)).status;
    expect(await status(await it.member('ANNOTATOR'))).toBe(404);
    expect(await status(await it.stranger())).toBe(404);
    expect(await status(it.client(null))).toBe(401);
  }
  const entries = await it.sql`
    SELECT action FROM audit_log WHERE project_id = ${numberOf(project)} AND action LIKE 'snapshot.%' ORDER BY id`;
  expect(entries.map(({ action }) => action)).toEqual(['snapshot.create', 'snapshot.read']);
});

test('a feed shows the beginning, the way and the end', async () => {
  const snapshot = await create(await heavy(4_000), { format: 'JSONL' });
  const seen: Created[] = [];
  const watching = (async () => {
    for await (const { data } of owner.sse(WatchSnapshot, { snapshotId: snapshot.id })) {
      seen.push(data!.snapshotProgress as Created);
    }
  })();
  await expect.poll(() => seen.length).toBe(1);
  // So slowly that it is told of in between.
  const response = await begin(snapshot);
  await expect.poll(() => seen.some(({ counts }) => counts.tasks > 0), { timeout: 10_000 }).toBe(true);
  response.resume();
  await watching;
  const states = seen.map(({ state }) => state);
  expect(states).toEqual(states.toSorted((a, b) => order.indexOf(a) - order.indexOf(b)));
  expect(new Set(states)).toEqual(new Set(order));
  const tasks = seen.map(({ counts }) => counts.tasks);
  expect(tasks).toEqual(tasks.toSorted((a, b) => a - b));
  expect(tasks.at(-1)).toBe(4_000);
  expect(seen[1]).toMatchObject({ expectedTasks: 4_000 });
});
const order = ['READY', 'IN_PROGRESS', 'COMPLETED'];

test('a client that does not read holds nothing up; when it leaves, reading ends and the record says so', {
  timeout: 90_000,
}, async () => {
  // 100 MB, of which the sockets of this machine take 37 at most (tcp_rmem and tcp_wmem of Linux).
  const snapshot = await create(await heavy(20_000), { format: 'JSONL' });
  const response = await begin(snapshot);
  // Nobody reads: what the sockets take, and one portion more, is all that leaves the database.
  expect(await stalled(snapshot)).toBeLessThan(10_000);
  expect((await stateOf(snapshot)).state).toBe('IN_PROGRESS');
  const open = () => it.sql`
    SELECT query FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'`;
  await expect.poll(async () => (await open()).length).toBe(0);
  response.destroy();
  await expect.poll(async () => (await stateOf(snapshot)).state, { timeout: 10_000 }).toBe('FAILED');
  const { error, counts, manifestUrl } = await stateOf(snapshot);
  expect(error).toMatchObject({ code: 'CLIENT_CLOSED' });
  expect(counts.tasks).toBeLessThan(10_000);
  expect(manifestUrl).toBeNull();
  expect((await owner.fetch(manifestOf(snapshot))).status).toBe(404);
  // And again, by one who stays.
  expect((await download(snapshot)).text.trimEnd().split('\n')).toHaveLength(20_000);
  expect(await stateOf(snapshot)).toMatchObject({ state: 'COMPLETED', error: null });
});

test('a client that leaves while the database is asked ends that, too', async () => {
  const snapshot = await create(await heavy(10));
  await it.sql.begin(async (sql) => {
    await sql`LOCK TABLE annotations IN ACCESS EXCLUSIVE MODE`;
    const leave = new AbortController();
    const headers = { authorization: `Bearer ${owner.token}` };
    const asked = fetch(new URL(pathOf(snapshot), it.url), { headers, signal: leave.signal }).catch(() => {});
    const waiting = async () =>
      (await it.sql`SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'annotations'::regclass`).length;
    await expect.poll(waiting).toBe(1);
    leave.abort();
    await asked;
    await expect.poll(waiting).toBe(0);
    await expect.poll(async () => (await stateOf(snapshot)).error?.code).toBe('CLIENT_CLOSED');
  });
});

test('access that ends on the way breaks the download off', async () => {
  const snapshot = await create(await heavy(10_000), { format: 'JSONL' });
  const manager = await it.member('MANAGER');
  const headers = { authorization: `Bearer ${manager.token}` };
  const request = get(new URL(pathOf(snapshot), it.url), { headers });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const broken = once(response, 'error');
  await it.sql`DELETE FROM memberships WHERE role = 'MANAGER'`;
  const wait = expect.poll(async () => (await stateOf(snapshot)).counts.tasks, { timeout: 10_000 });
  await wait.toBeGreaterThan(0);
  // What was found out about a member holds for a second.
  const second = performance.now() + 1_100;
  await expect.poll(() => performance.now(), { timeout: 3_000 }).toBeGreaterThan(second);
  response.resume();
  expect(((await broken) as [Error])[0].message).toBe('aborted');
  expect(await stateOf(snapshot)).toMatchObject({ state: 'FAILED', error: { code: 'ACCESS_ENDED' } });
});

test('the download of a process that is lost has failed, also for who watches it', async () => {
  const snapshot = await create(await owner.project());
  await it.sql`
    UPDATE snapshots SET state = 'IN_PROGRESS', started_at = now(), lease_until = now() + interval '2 seconds'
    WHERE id = ${numberOf(snapshot.id)}`;
  const seen = [];
  for await (const { data } of owner.webSocket(WatchSnapshot, { snapshotId: snapshot.id })) {
    const { state, error } = data!.snapshotProgress as Created;
    seen.push([state, error?.code]);
  }
  expect(seen).toEqual([
    ['IN_PROGRESS', undefined],
    ['FAILED', 'PROCESS_LOST'],
  ]);
});

test('what a later download records is not written over by an earlier one', async () => {
  const project = await heavy(4_000);
  const snapshot = await create(project, { format: 'JSONL' });
  const slow = await begin(snapshot);
  await download(snapshot);
  const ended = await stateOf(snapshot);
  expect(ended).toMatchObject({ state: 'COMPLETED', counts: { tasks: 4_000 } });
  await it.sql`DELETE FROM tasks WHERE project_id = ${numberOf(project)} AND inner_id > 3990`;
  slow.resume();
  await once(slow, 'end');
  expect(await stateOf(snapshot)).toEqual(ended);
});

test(`a project keeps its last ${MAX_SNAPSHOTS} snapshots, and lists them page by page`, async () => {
  const project = await owner.project();
  await it.sql`
    INSERT INTO snapshots (project_id, format)
    SELECT ${numberOf(project)}, 'JSON' FROM generate_series(1, ${MAX_SNAPSHOTS + 5}::int)`;
  const { id } = await create(project, { format: 'CSV' });
  const page = async (first: number, after: string | null = null) =>
    (await owner.run(ListSnapshots, { projectId: project, first, after })).project!.snapshots;
  const { totalCount, nodes, pageInfo } = await page(10);
  expect([totalCount, nodes[0]!.id]).toEqual([MAX_SNAPSHOTS, id]);
  const rest = await page(200, pageInfo.endCursor);
  const ids = [...nodes, ...rest.nodes].map((node) => numberOf(node.id));
  expect(ids).toEqual(ids.toSorted((a, b) => b - a));
  expect(ids).toHaveLength(MAX_SNAPSHOTS);
});

/** Most memory that a process ever had, in bytes. */
const peakOf = async (pid: number) =>
  Number(/VmHWM:\s+(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))![1]) * 1_024;

test('150 MB are sent by a process that never holds them', { timeout: 240_000 }, async () => {
  const snapshot = await create(await heavy(30_000), { format: 'JSONL' });
  const folder = await newFolder();
  const env = { ...it.settings, NODE_OPTIONS: '--max-old-space-size=128' };
  const service = await serve(['serve', '--no-worker'], { folder, env });
  await (await fetch(`${service.url}/health`)).text();
  const before = await peakOf(service.pid);
  const response = await begin(snapshot, service.url);
  // At first the client is slower than the database.
  await stalled(snapshot);
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of response) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  expect(bytes).toBeGreaterThan(150_000_000);
  await expect.poll(async () => (await stateOf(snapshot)).state).toBe('COMPLETED');
  expect(await stateOf(snapshot)).toMatchObject({ size: bytes, contentHash: hash.digest('hex') });
  expect((await peakOf(service.pid)) - before).toBeLessThan(100_000_000);
});
