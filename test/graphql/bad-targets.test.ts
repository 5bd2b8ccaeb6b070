import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { copyPath } from '../../src/objects/copies.ts';
import { adminOf, startRedis } from '../servers/redis.ts';
import { recordingProxy } from '../servers/s3-wire.ts';
import { serverOf } from '../servers/servers.ts';
import { testApp } from '../support/app.ts';
import { createBucket } from '../support/bucket.ts';
import { as, fieldPath } from '../support/client.ts';
import type {
  StorageProviderInput,
  StorageProviderUpdateInput,
  TargetSettingsInput,
} from '../support/generated/graphql.ts';
import { numberOf } from '../support/ids.ts';
import { azureBlobPlaces } from '../support/places/azure-blob.ts';
import { gcsPlaces } from '../support/places/gcs.ts';
import type { Right } from '../support/places/place.ts';
import { redisPlaces } from '../support/places/redis.ts';
import { s3Places } from '../support/places/s3.ts';
import { region } from '../support/region.ts';
import { openDisk, type SmallDisk, whyNoDisk } from '../support/small-disk.ts';
import { until } from '../support/until.ts';
import * as documents from './documents.ts';

/**
 * Target storages that are not what they should be. Annotating goes on, the export record says what is wrong and what
 * to do, and once the cause is gone `retryFailed` brings the storage to the project's state.
 */
const s3 = await s3Places();
const gcs = await gcsPlaces(await serverOf('radosgw'));
const azureBlob = await azureBlobPlaces();
const redis = await redisPlaces();
const providers = { S3: s3, GCS: gcs, 'Azure Blob': azureBlob, Redis: redis };
const settings = Object.assign({}, ...Object.values(providers).map((it) => it.settings));
const it = await testApp({ settings: { ...settings, OUTBOUND_ALLOW: '127.0.0.0/8' } });
const { owner } = it;
for (const secret of [...azureBlob.secrets, ...redis.secrets]) it.secret(secret);
afterAll(() => Promise.all(Object.values(providers).map(({ close }) => close())));

const everything: Right[] = ['LIST', 'READ', 'WRITE', 'DELETE'];
/** A probe that could not be deleted is no export. */
const exported = (keys: string[]) => keys.filter((key) => /(^|\/|:)\d+\.json$/.test(key)).sort();

/** A project with one task, and a target. */
async function connect(provider: StorageProviderInput, target: TargetSettingsInput = {}) {
  const project = await owner.project();
  const { id } = await owner.target(project, provider, target);
  const rows = [{ data: { image: 'a.jpg' } }, { data: { image: 'b.jpg' } }];
  const [task, other] = await owner.importTasks(project, rows);
  return {
    ...{ project, id, task: task!, other: other! },
    states: async () => (await owner.exported(id)).map(({ state }) => state),
    errors: async () => (await owner.exports(id)).map(({ error }) => error?.code ?? null),
    records: () => owner.exports(id),
    retry: async () => {
      const { retryFailed } = await owner.run(documents.RetryFailed, { input: { storageId: id } });
      return owner.ended(as(retryFailed, 'RetryFailedSuccess').sync.id);
    },
    repoint: async (input: StorageProviderInput) => {
      const { updateStorage } = await owner.run(documents.UpdateStorage, {
        input: { storageId: id, provider: input as StorageProviderUpdateInput },
      });
      as(updateStorage, 'UpdateStorageSuccess');
    },
  };
}

const forbidden = { code: 'FORBIDDEN', message: expect.any(String), hint: expect.stringMatching(/\w{5}/) };

test.each(Object.entries(providers))(
  'a target without permission to write is refused: %s',
  async (_, places) => {
    const place = await Object.values(places.ways)[0]!.open(it);
    const projectId = await owner.project();
    const provider = await places.failures.limited(place, ['LIST', 'READ', 'DELETE']);
    const input = { projectId, provider, settings: { target: {} } };
    const { createStorage } = await owner.run(documents.CreateStorage, { input });
    expect(createStorage).toMatchObject({ __typename: 'ProviderError', ...forbidden, capability: 'WRITE' });
    expect(await place.keys()).toEqual([]);
  },
);

describe('permission is taken away', () => {
  test('to write: S3', async () => {
    const place = await s3.ways['S3: access key']!.open(it);
    const target = await connect(await s3.failures.limited(place, everything));
    // The bucket's policy lets another user in from now on, and no longer this one.
    const next = await s3.failures.limited(place, everything);
    const ids = [await owner.annotate(target.task, region('a')), await owner.annotate(target.task)];
    await until(target.states).toEqual(['FAILED', 'FAILED']);
    expect(await target.records()).toMatchObject([{ error: forbidden }, { error: forbidden }]);
    expect(exported(await place.keys())).toEqual([]);
    await target.repoint(next);
    expect(await target.retry()).toMatchObject({ status: 'COMPLETED' });
    await until(target.states).toEqual(['EXPORTED', 'EXPORTED']);
    expect(exported(await place.keys())).toEqual(ids.map((id) => `${place.prefix}${numberOf(id)}.json`));
  });

  test('to write: Redis', async () => {
    const place = await Object.values(redis.ways)[0]!.open(it);
    const provider = await redis.failures.limited(place, everything);
    const target = await connect(provider);
    const { username } = provider.redis!.credentials!.user!;
    const admin = adminOf((await serverOf('redis')).secured);
    await admin.call('ACL', 'SETUSER', username, '-set');
    const id = await owner.annotate(target.task);
    await until(target.states).toEqual(['FAILED']);
    expect(await target.records()).toMatchObject([{ error: forbidden }]);
    await admin.call('ACL', 'SETUSER', username, '+set');
    admin.disconnect();
    expect(await target.retry()).toMatchObject({ status: 'COMPLETED' });
    await until(target.states).toEqual(['EXPORTED']);
    expect(numberOf(id)).toBeGreaterThan(0);
  });

  test.each(Object.entries(providers))('to delete: %s', async (_, places) => {
    const place = await Object.values(places.ways)[0]!.open(it);
    const limited = await places.failures.limited(place, ['LIST', 'READ', 'WRITE']);
    const target = await connect(limited, { canDeleteObjects: true });
    const gone = await owner.annotate(target.task);
    await until(target.states).toEqual(['EXPORTED']);
    const [before] = await target.records();
    await owner.unannotate(gone);
    await until(target.errors).toEqual(['FORBIDDEN']);
    expect(await target.records()).toMatchObject([{ state: 'FAILED', key: before!.key, error: forbidden }]);
    await owner.annotate(target.other);
    await until(target.states).toEqual(['FAILED', 'EXPORTED']);
    await target.repoint(await places.failures.limited(place, everything));
    expect(await target.retry()).toMatchObject({ status: 'COMPLETED' });
    await until(target.states).toEqual(['DELETED', 'EXPORTED']);
    expect(exported(await place.keys())).toEqual([(await target.records())[1]!.key]);
  });
});

const noDisk = whyNoDisk();
const disks: SmallDisk[] = [];
afterAll(() => {
  for (const disk of disks) disk.close();
});

describe.skipIf(noDisk)(`a disk of its own${noDisk ? ` (left out: ${noDisk})` : ''}`, () => {
  async function connectDisk(name: string) {
    const disk = openDisk(join(it.documentRoot, name));
    disks.push(disk);
    const target = await connect({ localFiles: { path: disk.path } }, { canDeleteObjects: true });
    const old = await owner.annotate(target.task, region('old'));
    await until(target.states).toEqual(['EXPORTED']);
    return { ...target, disk, old, names: async () => (await readdir(disk.path)).sort() };
  }

  test('that is mounted read-only', async () => {
    const target = await connectDisk('read-only');
    target.disk.readOnly(true);
    const id = await owner.annotate(target.other);
    await owner.unannotate(target.old);
    await until(target.errors).toEqual(['FORBIDDEN', 'FORBIDDEN']);
    await until(target.states).toEqual(['FAILED', 'FAILED']);
    const message = 'The file system is mounted read-only.';
    expect(await target.records()).toMatchObject([
      { error: { ...forbidden, message } },
      { error: { ...forbidden, message } },
    ]);
    target.disk.readOnly(false);
    expect(await target.retry()).toMatchObject({ status: 'COMPLETED' });
    await until(target.states).toEqual(['DELETED', 'EXPORTED']);
    expect(await target.names()).toEqual([`${numberOf(id)}.json`]);
  });

  test('that is full: what makes room is done, and the rest when there is room', async () => {
    const target = await connectDisk('full');
    target.disk.fill();
    const big = [{ id: 'x', type: 'textarea', value: { text: 'x'.repeat(20_000) } }];
    const id = await owner.annotate(target.other, big);
    await until(target.errors).toEqual([null, 'UNAVAILABLE']);
    expect((await target.records())[1]).toMatchObject({
      state: 'PENDING',
      error: { message: 'The disk or quota is full.', hint: 'Free some space, then try again.' },
      nextAttemptAt: expect.any(String),
    });
    expect(await owner.sync(target.id)).toMatchObject({
      status: 'FAILED',
      error: { code: 'UNAVAILABLE', message: 'The disk or quota is full.' },
    });
    await owner.unannotate(target.old);
    await until(async () => (await target.records())[0]?.state).toBe('DELETED');
    // Nothing half written lies about.
    expect(await target.names()).toEqual(['.filler']);
    target.disk.free();
    expect(await target.retry()).toMatchObject({ status: 'COMPLETED' });
    expect(await target.names()).toEqual([`${numberOf(id)}.json`]);
  });
});

test('Redis without memory left: what makes room is done, and the rest when there is room', async () => {
  const server = await startRedis({ config: ['maxmemory-policy noeviction'] });
  const admin = adminOf(server);
  const provider = { redis: { host: server.host, port: server.port, path: 'out:' } };
  const target = await connect(provider, { canDeleteObjects: true });
  const old = await owner.annotate(target.task, region('old'));
  await until(target.states).toEqual(['EXPORTED']);
  await admin.set('filler', Buffer.alloc(4 << 20));
  await admin.config('SET', 'maxmemory', '2mb');
  const id = await owner.annotate(target.other);
  await until(target.errors).toEqual([null, 'UNAVAILABLE']);
  expect((await target.records())[1]).toMatchObject({
    state: 'PENDING',
    error: {
      message: 'The server has no memory left for this.',
      hint: 'Make room, or raise maxmemory at the server.',
    },
  });
  await owner.unannotate(old);
  await until(async () => (await target.records())[0]?.state).toBe('DELETED');
  await admin.config('SET', 'maxmemory', '0');
  expect(await target.retry()).toMatchObject({ status: 'COMPLETED' });
  expect((await admin.keys('out:*')).sort()).toEqual([`out:${numberOf(id)}.json`]);
  admin.disconnect();
  await server.stop();
});

test('a bucket that keeps every version, and lets none be deleted for a day', async () => {
  const bucket = await createBucket(undefined, { locked: true });
  const proxy = await recordingProxy(bucket.server.endpoint);
  const target = await connect(bucket.input({ endpoint: proxy.url }), { canDeleteObjects: true });
  const id = await owner.annotate(target.task, region('first'));
  await until(target.states).toEqual(['EXPORTED']);
  const [before] = await target.records();
  await owner.change(id, region('second'));
  await until(async () => (await target.records())[0]?.contentHash).not.toBe(before!.contentHash);
  expect(await bucket.keys()).toEqual([`${numberOf(id)}.json`]);
  // Amazon takes an object into such a bucket only with a digest of its content.
  const digests = proxy.requests
    .filter(({ method }) => method === 'PUT')
    .map(({ headers, body }) => headers['content-md5'] === createHash('md5').update(body).digest('base64'));
  expect(new Set(digests)).toEqual(new Set([true]));
  await owner.unannotate(id);
  await until(target.states).toEqual(['DELETED']);
  expect(await bucket.keys()).toEqual([]);
  await proxy.close();
});

describe('the container goes in mid-export', () => {
  const gone = {
    code: 'CONTAINER_NOT_FOUND',
    message: expect.any(String),
    hint: expect.stringMatching(/\w/),
  };

  test('a local folder: nothing is taken for deleted, and it is not made anew', async () => {
    const path = await it.files('goes', {});
    const target = await connect({ localFiles: { path } }, { canDeleteObjects: true });
    const old = await owner.annotate(target.task);
    await until(target.states).toEqual(['EXPORTED']);
    await rename(path, `${path}-away`);
    await owner.unannotate(old);
    const id = await owner.annotate(target.task);
    await until(target.errors).toEqual(['CONTAINER_NOT_FOUND', 'CONTAINER_NOT_FOUND']);
    await until(target.states).toEqual(['FAILED', 'FAILED']);
    expect(await target.records()).toMatchObject([{ error: gone }, { error: gone }]);
    expect(existsSync(path)).toBe(false);
    await rename(`${path}-away`, path);
    expect(await target.retry()).toMatchObject({ status: 'COMPLETED' });
    await until(target.states).toEqual(['DELETED', 'EXPORTED']);
    expect(await readdir(path)).toEqual([`${numberOf(id)}.json`]);
  });

  test('a bucket', async () => {
    const bucket = await createBucket();
    const target = await connect(bucket.input());
    await bucket.remove();
    const id = await owner.annotate(target.task);
    await until(target.errors).toEqual(['CONTAINER_NOT_FOUND']);
    await until(target.states).toEqual(['FAILED']);
    expect(await target.records()).toMatchObject([{ error: gone }]);
    await bucket.create();
    expect(await target.retry()).toMatchObject({ status: 'COMPLETED' });
    await until(target.states).toEqual(['EXPORTED']);
    expect(await bucket.keys()).toEqual([`${numberOf(id)}.json`]);
  });
});

test('a storage that is deleted in mid-export leaves nobody waiting, and no records', async () => {
  const bucket = await createBucket();
  const target = await connect(bucket.input(), { exportOnSave: false });
  const rows = Array.from({ length: 400 }, (_, i) => ({ data: { i }, annotations: [{ result: [] }] }));
  await owner.importTasks(target.project, rows);
  await owner.start(target.id);
  await until(() => bucket.keys()).not.toEqual([]);
  as(
    (await owner.run(documents.DeleteStorage, { input: { storageId: target.id } })).deleteStorage,
    'DeleteStorageSuccess',
  );
  await owner.annotate(target.task);
  const left = () => it.sql`SELECT FROM export_records WHERE storage_id = ${numberOf(target.id)}`;
  expect(await left()).toHaveLength(0);
  const again = await owner.target(target.project, bucket.input(), { exportOnSave: false });
  expect(await owner.sync(again.id)).toMatchObject({ status: 'COMPLETED' });
  const states = new Set((await owner.exports(again.id)).map(({ state }) => state));
  expect(states).toEqual(new Set(['EXPORTED']));
  expect(await left()).toHaveLength(0);
}, 60_000);

const place = await s3.ways['S3: access key']!.open(it);
const project = await owner.project();

describe('keys', () => {
  const refused: Record<string, [template: string, message: RegExp, layout?: 'TASK']> = {
    'that climb': ['../{annotation.id}.json', /relative key without empty parts/],
    'that climb in the middle': ['a/../{annotation.id}.json', /relative key without empty parts/],
    'that stand still': ['./{annotation.id}.json', /relative key without empty parts/],
    'that are absolute': ['/{annotation.id}.json', /relative key without empty parts/],
    'with an empty part': ['a//{annotation.id}.json', /relative key without empty parts/],
    'that end in a folder': ['{annotation.id}/', /relative key without empty parts/],
    'with a backslash': ['a\\{annotation.id}.json', /relative key/],
    'with a NUL': ['a\0{annotation.id}.json', /without NUL/],
    'of an unknown field': ['{annotation.name}-{annotation.id}', /Unknown field \{annotation\.name\}/],
    'of a field of every object': ['{constructor}-{annotation.id}', /Unknown field \{constructor\}/],
    'of a field of no name': ['{}-{annotation.id}', /Unknown field \{\}/],
    'of the other layout': ['{annotation.id}', /Unknown field \{annotation\.id\}/, 'TASK'],
    'with half a field': ['{annotation.id', /pairs of braces/],
    'with a format for what is no date': ['{annotation.id:yyyy}', /only dates take a format/],
    'with a format that is none': ['{annotation.createdAt:code}-{annotation.id}', /expected a format of/],
    'that all annotations share': ['all.json', /no two exports share a key/],
    'without end': [`${'x'.repeat(500)}{annotation.id}`, /at most 500 characters/],
  };
  test.each(Object.entries(refused))('%s are refused', async (_, [keyTemplate, message, layout]) => {
    const target = { keyTemplate, ...(layout && { layout }) };
    const input = { projectId: project, provider: place.provider, settings: { target } };
    const { createStorage } = await owner.run(documents.CreateStorage, { input });
    expect(createStorage).toMatchObject({
      __typename: 'ValidationError',
      fields: [{ path: fieldPath('settings.target.keyTemplate'), message: expect.stringMatching(message) }],
    });
  });

  test('that would be another export’s are found, and told apart by another template', async () => {
    const target = await connect(place.provider, { keyTemplate: '{task.id}{annotation.id}.json' });
    const next = (table: string, id: number) =>
      it.sql`SELECT setval(pg_get_serial_sequence(${table}, 'id'), ${id}, false)`;
    await next('tasks', 9_000);
    const short = (await owner.importTasks(target.project, [{ data: {} }])).at(-1)!;
    await next('tasks', 90_001);
    const long = (await owner.importTasks(target.project, [{ data: {} }])).at(-1)!;
    await next('annotations', 500_000);
    const first = await owner.annotate(long, region('first'));
    await until(target.states).toEqual(['EXPORTED']);
    await next('annotations', 1_500_000);
    const second = await owner.annotate(short, region('second'));
    expect([numberOf(first), numberOf(second)]).toEqual([500_000, 1_500_000]);
    await until(target.states).toEqual(['EXPORTED', 'FAILED']);
    expect((await target.records())[1]).toMatchObject({
      error: {
        code: 'KEY_TAKEN',
        message: `Another export of this storage has the key "${place.prefix}90001500000.json".`,
        hint: expect.stringMatching(/key template/),
      },
    });
    const settings = { target: { keyTemplate: '{task.id}-{annotation.id}.json' } };
    await owner.run(documents.UpdateStorage, { input: { storageId: target.id, settings } });
    expect(await target.retry()).toMatchObject({ status: 'COMPLETED' });
    expect((await target.records()).map(({ state, key }) => `${state} ${key}`)).toEqual([
      `EXPORTED ${place.prefix}90001500000.json`,
      `EXPORTED ${place.prefix}9000-1500000.json`,
    ]);
  });

  test.each([
    ['no storage could', 3, /2,000 bytes/],
    ['the storage cannot', 2, /1,024 bytes/],
  ])('that %s hold fail by themselves, and the others go on', async (_, times, message) => {
    const source = await createBucket();
    const name = randomBytes(450).toString('hex');
    await source.put(`${name}.jpg`, 'x');
    const target = await connect(place.provider, {
      keyTemplate: `${'{task.sourceKey}'.repeat(times)}-{annotation.id}.json`,
    });
    const from = await owner.connect(target.project, source.input());
    await owner.sync(from.id);
    const tasks = await owner.tasks(target.project);
    await owner.annotate(tasks.at(-1)!.id);
    await owner.annotate(target.task);
    await until(target.errors).toEqual(['INVALID_KEY', null]);
    await until(target.states).toEqual(['FAILED', 'EXPORTED']);
    const [record] = await target.records();
    expect(record).toMatchObject({
      error: { message: expect.stringMatching(message), hint: expect.stringMatching(/key template/) },
    });
    const settings = { target: { keyTemplate: '{annotation.id}.json' } };
    await owner.run(documents.UpdateStorage, { input: { storageId: target.id, settings } });
    expect(await target.retry()).toMatchObject({ status: 'COMPLETED' });
    await until(target.states).toEqual(['EXPORTED', 'EXPORTED']);
  });

  test('below a source of the project: neither side can be created or moved there', async () => {
    const own = await owner.project();
    const bucket = await createBucket();
    await bucket.put('in/a.jpg', 'x');
    const at = (prefix: string) => bucket.input({ prefix });
    const source = await owner.connect(own, at('in'));
    const target = await owner.target(own, at('out'));
    const message = expect.stringMatching(/overlaps with the (source|target) storage/);
    const overlapping = { __typename: 'ConflictError', message };
    for (const prefix of ['in', 'in/deep', '']) {
      const input = { projectId: own, provider: at(prefix), settings: { target: {} } };
      const { createStorage } = await owner.run(documents.CreateStorage, { input });
      expect(createStorage).toMatchObject(overlapping);
      const moved = { storageId: target.id, provider: at(prefix) as StorageProviderUpdateInput };
      const { updateStorage } = await owner.run(documents.UpdateStorage, { input: moved });
      expect(updateStorage).toMatchObject(overlapping);
    }
    const moved = { storageId: source.id, provider: at('out') as StorageProviderUpdateInput };
    const { updateStorage } = await owner.run(documents.UpdateStorage, { input: moved });
    expect(updateStorage).toMatchObject(overlapping);
  });
});

describe('an annotation', () => {
  /** As no request can bring it: an API request has 4 MiB at most, a row of a task file 16 MiB. */
  const enlarge = (id: string, bytes: number) => it.sql`
    UPDATE annotations SET result = jsonb_build_array(jsonb_build_object('text', repeat('x', ${bytes})))
    WHERE id = ${numberOf(id)}`;

  test('of 50 MB is written; one that is too large fails alone, until it is made smaller', async () => {
    const target = await connect(place.provider, { exportOnSave: false });
    const ids = [await owner.annotate(target.task), await owner.annotate(target.task)];
    const small = await owner.annotate(target.task);
    await enlarge(ids[0]!, 50_000_000);
    await enlarge(ids[1]!, 80_000_000);
    expect(await owner.sync(target.id)).toMatchObject({ status: 'COMPLETED_WITH_ERRORS' });
    const [whole, tooLarge, other] = await target.records();
    expect(whole).toMatchObject({ state: 'EXPORTED', error: null });
    expect(Number(whole!.size)).toBeGreaterThan(50_000_000);
    expect(tooLarge).toMatchObject({
      state: 'FAILED',
      error: { code: 'TOO_LARGE', message: expect.stringMatching(/64 MiB/), hint: expect.any(String) },
    });
    expect(other).toMatchObject({ state: 'EXPORTED', key: `${place.prefix}${numberOf(small)}.json` });
    await enlarge(ids[1]!, 1_000);
    expect(await target.retry()).toMatchObject({ status: 'COMPLETED' });
    await until(target.states).toEqual(['EXPORTED', 'EXPORTED', 'EXPORTED']);
  }, 120_000);
});

test('a copy that cannot be kept fails its own export, and the storage has the object all the same', async () => {
  const target = await connect(place.provider, { keepCopies: true });
  const dataDirectory = it.settings.DATA_DIR!;
  const copies = copyPath(dataDirectory, numberOf(target.id), '');
  await mkdir(dirname(dirname(copies)), { recursive: true });
  // A file stands where the copies' folder is to be made.
  await writeFile(dirname(copies), '');
  const id = await owner.annotate(target.task);
  await until(target.errors).toEqual(['COPY_FAILED']);
  expect(exported(await place.keys())).toContain(`${place.prefix}${numberOf(id)}.json`);
  expect((await target.records())[0]!.error).toMatchObject({ hint: expect.stringMatching(/data directory/) });
  await rm(dirname(copies));
  expect(await target.retry()).toMatchObject({ status: 'COMPLETED' });
  await until(target.states).toEqual(['EXPORTED']);
  expect(
    existsSync(copyPath(dataDirectory, numberOf(target.id), `${place.prefix}${numberOf(id)}.json`)),
  ).toBe(true);
});
