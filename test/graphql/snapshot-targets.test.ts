import { createHash } from 'node:crypto';
import { afterAll, expect, test } from 'vitest';
import type { Manifest } from '../../src/snapshots/model.ts';
import { MAX_OPEN } from '../../src/snapshots/model.ts';
import { lossyS3 } from '../servers/lossy-s3.ts';
import { serverOf } from '../servers/servers.ts';
import { testApp } from '../support/app.ts';
import { createBucket } from '../support/bucket.ts';
import { as } from '../support/client.ts';
import type { CreateExportInput } from '../support/generated/graphql.ts';
import { numberOf } from '../support/ids.ts';
import { azureBlobPlaces } from '../support/places/azure-blob.ts';
import { gcsPlaces } from '../support/places/gcs.ts';
import { localFiles } from '../support/places/local-files.ts';
import type { Way } from '../support/places/place.ts';
import { redisPlaces } from '../support/places/redis.ts';
import { s3Places } from '../support/places/s3.ts';
import { region } from '../support/region.ts';
import * as documents from './documents.ts';
import { CreateExport, GetSnapshot } from './snapshot-documents.ts';

/** Snapshots that a worker writes to target storages, over the five providers' real servers. */
const s3 = await s3Places();
const providers = [
  s3,
  await gcsPlaces(await serverOf('radosgw')),
  await azureBlobPlaces(),
  await redisPlaces(),
];
const settings = Object.assign({}, ...providers.map((it) => it.settings));
const it = await testApp({ settings: { ...settings, OUTBOUND_ALLOW: '127.0.0.0/8,localhost' } });
const { owner } = it;
for (const { secrets = [] } of providers as { secrets?: string[] }[])
  for (const secret of secrets) it.secret(secret);
afterAll(() => Promise.all(providers.map(({ close }) => close())));
const ways: [string, Way][] = [
  ...providers.map((provider) => Object.entries(provider.ways)[0]!),
  ['local files', localFiles],
];

const ask = async (input: CreateExportInput) => (await owner.run(CreateExport, { input })).createExport;
const create = async (input: CreateExportInput) => as(await ask(input), 'CreateExportSuccess').snapshot;
type Created = Awaited<ReturnType<typeof create>>;
const look = async ({ id }: Pick<Created, 'id'>) => (await owner.run(GetSnapshot, { id })).node as Created;

/** The snapshot once no worker has to do with it any more. @param hurry leaves out pauses between tries */
async function ended(snapshot: Created, hurry = false): Promise<Created> {
  const open = async () => {
    if (hurry) await it.sql`UPDATE snapshots SET due_at = now() WHERE state = 'QUEUED'`;
    return (await look(snapshot)).finishedAt;
  };
  await expect.poll(open, { timeout: 60_000, interval: 100 }).not.toBeNull();
  return look(snapshot);
}

async function manifestOf({ manifestUrl }: Created): Promise<Manifest> {
  return JSON.parse((await owner.fetch(new URL(manifestUrl!).pathname)).text);
}

/** A project with two tasks, of which one has an annotation. */
async function labeled(): Promise<string> {
  const project = await owner.project();
  const [first] = await owner.importTasks(project, [{ image: 'a.jpg' }, { image: 'b.jpg' }]);
  await owner.annotate(first!, region('x'));
  return project;
}

test.each(ways)(
  '%s: parts and manifest lie there; the project itself never takes them for tasks',
  {
    timeout: 60_000,
  },
  async (_, way) => {
    const place = await way.open(it);
    const projectId = await labeled();
    const target = await owner.target(projectId, place.provider, { exportOnSave: false });
    const snapshot = await create({ projectId, targetId: target.id, format: 'JSONL' });
    expect(snapshot).toMatchObject({ downloadUrl: null, manifestUrl: null });
    const done = await ended(snapshot);
    expect(done).toMatchObject({ state: 'COMPLETED', error: null, expectedTasks: 2 });
    expect(done.counts).toMatchObject({ tasks: 2, annotations: 1, predictions: 0, media: 0 });
    const { files, counts } = await manifestOf(done);
    expect(done.counts).toMatchObject(counts);
    expect(files).toMatchObject([{ name: 'tasks-00001.jsonl', key: `${done.folder}tasks-00001.jsonl` }]);
    expect(files[0]!.bytes).toBe(done.size);
    const keys = (await place.keys()).filter((key) => key.startsWith(done.folder!)).sort();
    expect(keys).toEqual([`${done.folder}manifest.json`, `${done.folder}tasks-00001.jsonl`]);
    expect(done.folder).toMatch(new RegExp(`^${place.prefix}snapshot-${numberOf(done.id)}-[\\da-f]{16}/$`));

    // The target gone, a source at the same place sees all of it.
    await owner.run(documents.DeleteStorage, { input: { storageId: target.id } });
    for (const importMethod of ['TASKS', 'FILES'] as const) {
      const source = await owner.connect(projectId, place.provider, { importMethod, recursive: true });
      const { status, counts } = await owner.sync(source.id);
      expect([status, counts.tasksCreated, counts.skippedBy]).toEqual([
        ...['COMPLETED', 0, [{ reason: 'OWN_EXPORT', count: 2 }]],
      ]);
      await owner.run(documents.DeleteStorage, { input: { storageId: source.id } });
    }
    // Another project takes them as what they are.
    const other = await owner.project();
    const source = await owner.connect(other, place.provider, {
      ...{ importMethod: 'TASKS', recursive: true, filter: '.*tasks-.*' },
    });
    expect((await owner.sync(source.id)).counts.tasksCreated).toBe(2);
    const tasks = await owner.tasks(other);
    expect(tasks.map(({ data, totalAnnotations }) => [data, totalAnnotations])).toEqual([
      [{ image: 'a.jpg' }, 1],
      [{ image: 'b.jpg' }, 0],
    ]);
  },
);

test.each(ways)('%s: an object of some size goes there through the service', async (name, way) => {
  const [place, photos] = [await way.open(it), await createBucket()];
  // More than a part or block, where there are such; MONITOR, by which changes in Redis are seen, spells all of it out.
  const content = new Uint8Array((name.startsWith('Redis') ? 5 : 20) << 20).fill(7);
  await photos.put('in/large.bin', content);
  const projectId = await owner.project();
  // By another name the storage is not known for the same server.
  const { port } = new URL(photos.server.endpoint);
  await owner.connect(projectId, photos.input({ prefix: 'in', endpoint: `http://localhost:${port}` }));
  await owner.importTasks(projectId, [{ image: `s3://${photos.name}/in/large.bin` }]);
  const { id: targetId } = await owner.target(projectId, place.provider, { exportOnSave: false });
  const done = await ended(await create({ projectId, targetId, withMedia: true }));
  expect(done).toMatchObject({ state: 'COMPLETED', counts: { media: 1, mediaBytes: content.length } });
  const copies = (await place.keys()).filter((key) => key.startsWith(`${done.folder}media/`));
  expect(copies).toHaveLength(1);
});

test('each part can be read without the others, in each format; an empty project has one', async () => {
  const bucket = await createBucket();
  const projectId = await owner.project();
  const { id: targetId } = await owner.target(projectId, bucket.input(), { exportOnSave: false });
  const textsOf = async (format: 'JSON' | 'JSONL' | 'CSV') => {
    const done = await ended(await create({ projectId, targetId, format }));
    const { files } = await manifestOf(done);
    const written = JSON.parse(await bucket.text(`${done.folder}manifest.json`));
    expect({ ...written, finishedAt: '' }).toEqual({ ...(await manifestOf(done)), finishedAt: '' });
    const texts = await Promise.all(files.map(({ key }) => bucket.text(key!)));
    expect(files.map(({ sha256, bytes }) => [sha256, bytes])).toEqual(
      texts.map((text) => [createHash('sha256').update(text).digest('hex'), Buffer.byteLength(text)]),
    );
    return texts;
  };
  expect((await textsOf('JSON')).map((text) => JSON.parse(text))).toEqual([[]]);
  await it.sql`
    INSERT INTO tasks (project_id, inner_id, data)
    SELECT ${numberOf(projectId)}, n, jsonb_build_object('image', n) FROM generate_series(1, 25000) n`;
  const json = (await textsOf('JSON')).map((text) => JSON.parse(text) as { inner_id: number }[]);
  expect(json.map(({ length }) => length)).toEqual([10_000, 10_000, 5_000]);
  const numbers = json.flat().map(({ inner_id }) => inner_id);
  expect(numbers).toEqual(Array.from({ length: 25_000 }, (_, index) => index + 1));
  const lines = (await textsOf('JSONL')).map((text) => text.trimEnd().split('\n'));
  expect(lines.flat().map((line) => JSON.parse(line).inner_id)).toEqual(numbers);
  const tables = (await textsOf('CSV')).map((text) => text.trimEnd().split('\r\n'));
  expect(tables.map(([head, ...rows]) => [head!.slice(0, 8), rows.length])).toEqual(
    [10_000, 10_000, 5_000].map((length) => ['task_id,', length]),
  );
});

test('a target that is down is tried again, and says why meanwhile; one that refuses has failed', {
  timeout: 120_000,
}, async () => {
  const bucket = await createBucket();
  const projectId = await labeled();
  const { id: targetId } = await owner.target(projectId, bucket.input(), { exportOnSave: false });
  const pointTo = (endpoint: string) => it.sql`
    UPDATE storages SET config = jsonb_set(config::jsonb, '{endpoint}', to_jsonb(${endpoint}::text)), updated_at = now()
    WHERE id = ${numberOf(targetId)}`;
  // Nothing listens there.
  await pointTo('http://127.0.0.1:9');
  const waiting = await create({ projectId, targetId });
  const code = async () => (await look(waiting)).error?.code;
  await expect.poll(code, { timeout: 60_000 }).toBe('CONNECTION_REFUSED');
  expect(await look(waiting)).toMatchObject({ state: 'QUEUED', finishedAt: null });
  await pointTo(bucket.server.endpoint);
  expect(await ended(waiting, true)).toMatchObject({ state: 'COMPLETED', error: null });

  // It never comes back: after so many tries nobody goes on.
  await pointTo('http://127.0.0.1:9');
  const given = await create({ projectId, targetId });
  await it.sql`UPDATE snapshots SET attempts = 7 WHERE id = ${numberOf(given.id)}`;
  expect(await ended(given, true)).toMatchObject({
    ...{ state: 'FAILED', error: { code: 'CONNECTION_REFUSED' } },
  });

  const gone = await createBucket();
  const other = await owner.target(projectId, gone.input({ prefix: 'x' }), { exportOnSave: false });
  await gone.remove();
  expect(await ended(await create({ projectId, targetId: other.id }))).toMatchObject({
    ...{ state: 'FAILED', attempts: 1 },
    error: { code: 'CONTAINER_NOT_FOUND', hint: expect.stringMatching(/\w/) },
  });
});

test('a target that confirms what it does not keep is found out, also when it loses it later', {
  timeout: 120_000,
}, async () => {
  const server = await lossyS3();
  const projectId = await labeled();
  const credentials = { accessKey: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: it.canary('secret-key') } };
  const provider = { s3: { bucket: server.bucket, endpoint: server.url, pathStyle: true, credentials } };
  const { id: targetId } = await owner.target(projectId, provider, { exportOnSave: false });
  server.keep = () => null;
  const failed = await ended(await create({ projectId, targetId }), true);
  expect(failed).toMatchObject({ state: 'FAILED', attempts: 8, error: { code: 'NOT_STORED' } });
  // The first part goes lost while the second one is written.
  await it.sql`
    INSERT INTO tasks (project_id, inner_id, data)
    SELECT ${numberOf(projectId)}, n, '{}' FROM generate_series(100, 15000) n`;
  let losses = 0;
  server.keep = (key, body) => {
    if (key.endsWith('tasks-00002.json') && losses++ === 0) {
      for (const name of server.objects.keys())
        if (name.endsWith('tasks-00001.json')) server.objects.delete(name);
    }
    return body;
  };
  const mended = await ended(await create({ projectId, targetId }), true);
  expect(mended).toMatchObject({ state: 'COMPLETED', counts: { tasks: 14_903 } });
  const { files } = await manifestOf(mended);
  expect(files).toHaveLength(2);
  for (const { key, sha256 } of files) {
    const { body } = server.objects.get(key!)!;
    expect(createHash('sha256').update(body).digest('hex')).toBe(sha256);
  }
  await server.close();
});

test('only a target of the project will do, a few snapshots at a time, and it goes with its target', async () => {
  const projectId = await labeled();
  const path = await it.files('exported', {});
  const source = await owner.connect(projectId, { localFiles: { path: await it.files('photos', {}) } });
  const elsewhere = await owner.target(await owner.project(), { localFiles: { path } });
  for (const targetId of [source.id, elsewhere.id]) {
    const refused = as(await ask({ projectId, targetId }), 'ValidationError');
    expect(refused.fields).toMatchObject([{ path: ['targetId'] }]);
  }
  const { id: targetId } = await owner.target(projectId, { localFiles: { path } }, { exportOnSave: false });
  await it.sql`
    INSERT INTO snapshots (project_id, format, target_id, state, due_at)
    SELECT ${numberOf(projectId)}, 'JSON', ${numberOf(targetId)}, 'QUEUED', now() + interval '1 hour'
    FROM generate_series(1, ${MAX_OPEN}::int)`;
  as(await ask({ projectId, targetId }), 'ConflictError');
  await create({ projectId });
  await owner.run(documents.DeleteStorage, { input: { storageId: targetId } });
  const left = await it.sql`SELECT 1 FROM snapshots WHERE project_id = ${numberOf(projectId)}`;
  expect(left).toHaveLength(1);
});
