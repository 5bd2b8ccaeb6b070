import { mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { testApp } from '../support/app.ts';
import { createBucket } from '../support/bucket.ts';
import { candidate } from '../support/candidate.ts';
import { as, fieldPath } from '../support/client.ts';
import type {
  StorageProviderInput,
  StorageProviderUpdateInput,
  StorageSettingsChangesInput,
  StorageSettingsInput,
  TargetSettingsInput,
} from '../support/generated/graphql.ts';
import { numberOf } from '../support/ids.ts';
import { redisPlaces } from '../support/places/redis.ts';
import { region } from '../support/region.ts';
import * as documents from './documents.ts';

/** Where exported objects lie: templates, prefixes with fields, and versions side by side. */
const redis = await redisPlaces();
afterAll(redis.close);
const it = await testApp({ settings: { OUTBOUND_ALLOW: '127.0.0.0/8' } });
const { owner } = it;
for (const secret of redis.secrets) it.secret(secret);
const update = (input: {
  storageId: string;
  provider?: StorageProviderInput;
  settings?: StorageSettingsChangesInput;
}) =>
  owner.run(documents.UpdateStorage, {
    input: { ...input, provider: (input.provider ?? null) as StorageProviderUpdateInput },
  });

async function connect(provider: StorageProviderInput, target: TargetSettingsInput = {}) {
  const project = await owner.project();
  const storage = await owner.target(project, provider, target);
  const [task] = await owner.importTasks(project, [{ data: { image: 'a.jpg' } }]);
  return { project, storage, id: storage.id, task: task! };
}
const bucket = await createBucket();

describe('an example of the key', () => {
  const target = { keyTemplate: '{annotation.createdAt:yyyy/MM}/{task.sourceKey}-{annotation.id}.json' };
  const example = '2026/01/images/photo.jpg-1001.json';

  test('comes with validation, below the prefix, and with the storage', async () => {
    const provider = bucket.input({ prefix: 'out' });
    const { project, storage } = await connect(provider, target);
    expect(storage.settings).toMatchObject({ exampleKey: example });
    const validate = async (input: Parameters<typeof candidate>[0]) => {
      const answer = await owner.run(documents.ValidateStorage, { input: candidate(input) });
      return as(answer.validateStorage, 'ValidateStorageSuccess').validation;
    };
    const unsaved = { projectId: project, provider: bucket.input({ prefix: 'other' }), settings: { target } };
    expect(await validate(unsaved)).toMatchObject({ ok: true, exampleKey: `other/${example}` });
    expect(await validate({ storageId: storage.id })).toMatchObject({ exampleKey: `out/${example}` });
    const changed = { target: { keyTemplate: 'x/{annotation.id}', writeMode: 'NEW_OBJECT_PER_VERSION' } };
    expect(await validate({ storageId: storage.id, settings: changed })).toMatchObject({
      exampleKey: 'out/x/1001.9f86d081884c7d65',
    });
    const source = { projectId: project, provider: bucket.input({ prefix: 'in' }), settings: { source: {} } };
    expect(await validate(source)).toMatchObject({ exampleKey: null });
  });
});

const folder = await it.files('exports', {});
const place = await Object.values(redis.ways)[0]!.open(it);

describe('a prefix with fields', () => {
  const at: Record<
    string,
    [
      provider: StorageProviderInput,
      prefix: string,
      template: string,
      key: (task: number, id: number) => string,
    ]
  > = {
    S3: [
      bucket.input({ prefix: '/team/{project.id}/of-{task.id}/' }),
      'team/',
      '{project.id}/of-{task.id}/{annotation.id}.json',
      (task, id) => `of-${task}/${id}.json`,
    ],
    'local files': [
      { localFiles: { path: `${folder}/{task.id}` } },
      'exports/',
      '{task.id}/{annotation.id}.json',
      (task, id) => `exports/${task}/${id}.json`,
    ],
    Redis: [
      { redis: { ...place.provider.redis!, path: 'out:{task.id}:' } },
      'out:',
      '{task.id}:{annotation.id}.json',
      (task, id) => `out:${task}:${id}.json`,
    ],
  };

  test.each(Object.entries(at))('%s', async (_, [provider, prefix, keyTemplate, keyOf]) => {
    const target = await connect(provider);
    expect(target.storage).toMatchObject({ prefix, settings: { keyTemplate } });
    const id = await owner.annotate(target.task);
    const [record] = await owner.exported(target.id);
    expect(record).toMatchObject({ state: 'EXPORTED' });
    expect(record!.key).toMatch(new RegExp(`^${prefix}`));
    expect(record!.key!.endsWith(keyOf(numberOf(target.task), numberOf(id)))).toBe(true);
  });

  test('is checked as a template is; of a source it is text', async () => {
    const project = await owner.project();
    const create = async (prefix: string, settings: StorageSettingsInput) => {
      const input = { projectId: project, provider: bucket.input({ prefix }), settings };
      return (await owner.run(documents.CreateStorage, { input })).createStorage;
    };
    for (const prefix of ['a/{nope}', 'a/{task.id}/../b', 'a/{task.id']) {
      expect(await create(prefix, { target: {} })).toMatchObject({
        __typename: 'ValidationError',
        fields: [{ path: fieldPath('settings.target.keyTemplate') }],
      });
    }
    expect(await create('in/{task.id}', { source: {} })).toMatchObject({
      storage: { prefix: 'in/{task.id}/' },
    });
  });

  test('of a saved storage comes with the key template', async () => {
    const target = await connect(bucket.input({ prefix: 'moves' }));
    const provider = bucket.input({ prefix: 'moves/{task.id}' });
    expect((await update({ storageId: target.id, provider })).updateStorage).toMatchObject({
      __typename: 'ValidationError',
      fields: [{ path: fieldPath('provider.s3.prefix'), message: expect.stringMatching(/keyTemplate/) }],
    });
    const settings = { target: { keyTemplate: 'x-{annotation.id}.json' } };
    const { updateStorage } = await update({ storageId: target.id, provider, settings });
    expect(updateStorage).toMatchObject({
      storage: { prefix: 'moves/', settings: { keyTemplate: '{task.id}/x-{annotation.id}.json' } },
    });
  });
});

describe('a new object for each version', () => {
  const versions = { writeMode: 'NEW_OBJECT_PER_VERSION' } as const;

  test('keeps all of them, and the record names the newest', async () => {
    const own = await createBucket();
    const target = await connect(own.input({ prefix: 'lake' }), versions);
    const id = await owner.annotate(target.task, region('1'));
    const hashes: string[] = [];
    for (const version of ['1', '2', '3']) {
      if (version !== '1') await owner.change(id, region(version));
      await expect
        .poll(async () => (await owner.exported(target.id))[0]?.contentHash)
        .toSatisfy((hash: string) => !hashes.includes(hash));
      const [record] = await owner.exported(target.id);
      hashes.push(record!.contentHash!);
      expect(record).toMatchObject({ state: 'EXPORTED', error: null });
      expect(record!.key).toBe(`lake/${numberOf(id)}.${record!.contentHash!.slice(0, 16)}.json`);
    }
    const keys = hashes.map((hash) => `lake/${numberOf(id)}.${hash.slice(0, 16)}.json`);
    expect((await own.keys()).sort()).toEqual(keys.toSorted());
    // A full sync writes nothing beside them, and a deleted annotation leaves them.
    await owner.sync(target.id, { full: true });
    await owner.unannotate(id);
    await expect.poll(async () => (await owner.exported(target.id))[0]?.state).toBe('KEPT');
    expect(await own.keys()).toHaveLength(3);
  });

  test('and their deletion exclude each other', async () => {
    const refused = {
      __typename: 'ValidationError',
      fields: [{ path: fieldPath('settings.target.canDeleteObjects') }],
    };
    const project = await owner.project();
    const settings = { target: { ...versions, canDeleteObjects: true } };
    const input = { projectId: project, provider: bucket.input({ prefix: 'both' }), settings };
    expect((await owner.run(documents.CreateStorage, { input })).createStorage).toMatchObject(refused);
    const target = await connect(bucket.input({ prefix: 'deletes' }), { canDeleteObjects: true });
    expect(
      (await update({ storageId: target.id, settings: { target: versions } })).updateStorage,
    ).toMatchObject(refused);
  });
});

describe('a source’s key in the key of an export', () => {
  const keyTemplate = '{task.sourceKey}-{annotation.id}.json';
  const climbing = [
    ...['../up', '../../up', 'a/../../../up', '..', '.', '/absolute', '//host/share', 'a//b', 'a/./b'],
    ...['..\\..\\up', 'a\\b', 'a\nb', 'linked/up', 'x/'],
  ];

  async function exportAll(target: Awaited<ReturnType<typeof connect>>) {
    const rows = climbing.map((key) => ({ data: { key } }));
    const tasks = (await owner.importTasks(target.project, rows)).slice(1);
    for (const [index, id] of tasks.entries()) {
      await it.sql`
        UPDATE tasks SET key = ${climbing[index]!}, row = 0,
          container_id = (SELECT container_id FROM storages WHERE id = ${numberOf(target.id)})
        WHERE id = ${numberOf(id)}`;
      await owner.annotate(id);
    }
    const records = await owner.exported(target.id);
    expect(records).toHaveLength(climbing.length);
    for (const { key } of records) {
      if (key) expect(key.split('/').filter((part) => /^\.{0,2}$/.test(part))).toEqual([]);
    }
    return records;
  }

  test('stays below the prefix of a bucket', async () => {
    const own = await createBucket();
    const target = await connect(own.input({ prefix: 'out/deep' }), { keyTemplate });
    const records = await exportAll(target);
    expect(records.filter(({ state }) => state !== 'EXPORTED')).toEqual([]);
    const keys = await own.keys();
    expect(keys).toHaveLength(climbing.length);
    for (const key of keys) expect(key).toMatch(/^out\/deep\/[^/]/);
  });

  test('stays in the folder, and goes through no link out of it', async () => {
    const path = await it.files('linked/out', {});
    const outside = await mkdtemp(join(tmpdir(), 'longshore-outside-'));
    await symlink(outside, join(path, 'linked'));
    const beside = (await readdir(it.documentRoot)).sort();
    const target = await connect({ localFiles: { path } }, { keyTemplate });
    const records = await exportAll(target);
    const failed = records.filter(({ state }) => state !== 'EXPORTED');
    expect(failed).toMatchObject([
      { state: 'FAILED', key: expect.stringContaining('linked/out/linked/up-') },
    ]);
    expect(await readdir(outside)).toEqual([]);
    expect((await readdir(it.documentRoot)).sort()).toEqual(beside);
    expect(await readdir(join(path, '..'))).toEqual(['out']);
    await rm(outside, { recursive: true });
  });
});
