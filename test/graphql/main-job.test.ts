import { gzipSync } from 'node:zlib';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { describe, expect, test } from 'vitest';
import { testApp } from '../support/app.ts';
import { type Bucket, createBucket } from '../support/bucket.ts';
import { candidate } from '../support/candidate.ts';
import { as } from '../support/client.ts';
import type { SourceSettingsInput, StorageProviderInput } from '../support/generated/graphql.ts';
import * as documents from './documents.ts';

/**
 * The main job from nothing, as a person does it over the API: project, validate, storage, sync, progress,
 * tasks. The same steps for each place that objects can lie.
 */
const it = await testApp();
const { owner } = it;

interface Place {
  put(key: string, body: string | Uint8Array): Promise<unknown>;
  provider: StorageProviderInput;
  /** What stands in front of a key in the ledger. */
  prefix: string;
  uri(key: string): string;
}

const places: Record<string, () => Promise<Place>> = {
  'local files': async () => {
    const folder = `photos-${Date.now()}`;
    const path = await it.files(folder, {});
    return {
      put: (key, body) => it.files(folder, { [key]: body }),
      provider: { localFiles: { path } },
      prefix: `${folder}/`,
      uri: (key) => `/data/local-files/?d=${folder}/${key}`,
    };
  },
  'S3 bucket': async () => inBucket(await createBucket(), ''),
  'S3 bucket under a prefix': async () => inBucket(await createBucket(), 'team/photos/'),
};

function inBucket(bucket: Bucket, prefix: string): Place {
  return {
    put: (key, body) => bucket.put(prefix + key, body),
    provider: bucket.input(prefix === '' ? {} : { prefix }),
    prefix,
    uri: (key) => `s3://${bucket.name}/${prefix}${key}`,
  };
}

/** Everything up to the finished sync; the progress feed is followed while it runs. */
async function play(place: Place, source: SourceSettingsInput) {
  const project = await owner.project();
  const input = { projectId: project, provider: place.provider, settings: { source } };
  const { validateStorage } = await owner.run(documents.ValidateStorage, { input: candidate(input) });
  const { validation } = as(validateStorage, 'ValidateStorageSuccess');
  const { createStorage } = await owner.run(documents.CreateStorage, { input });
  const { storage } = as(createStorage, 'CreateStorageSuccess');
  const started = await owner.start(storage.id);
  const progress = [];
  for await (const { data } of owner.sse(documents.SyncProgressFeed, { syncId: started.id })) {
    progress.push(data!.syncProgress);
  }
  return { project, validation, storage, started, progress, sync: await owner.getSync(started.id) };
}

describe.each(Object.keys(places))('%s', (name) => {
  test('FILES: one task per object, under the label config’s first data key', async () => {
    const place = await places[name]!();
    for (const key of ['b.jpg', 'a.jpg', 'deep/c d.jpg', 'readme.txt']) await place.put(key, 'bytes');
    const run = await play(place, { filter: '.*\\.jpg', recursive: true });

    expect(run.validation.ok).toBe(true);
    const proven = run.validation.checks.filter(({ required }) => required);
    expect(proven.map(({ capability, status }) => `${capability} ${status}`)).toEqual(
      expect.arrayContaining(['CONNECT PASSED', 'AUTHENTICATE PASSED', 'LIST PASSED']),
    );
    expect(run.storage).toMatchObject({ direction: 'SOURCE', status: 'INITIALIZED', prefix: place.prefix });
    expect(run.started).toMatchObject({ trigger: 'REQUEST', finishedAt: null, error: null });

    expect(run.sync).toMatchObject({ status: 'COMPLETED', phase: 'DONE', attempt: 1, error: null });
    expect(run.sync.counts).toEqual({
      ...{ listed: 4, imported: 3, skipped: 1, skippedBy: [{ reason: 'FILTER', count: 1 }], tasksCreated: 3 },
      ...{ unchanged: 0, changed: 0, removed: 0, failed: 0, failedRows: 0, warnings: 0, bytesRead: 0 },
      ...{ tasksUpdated: 0, tasksDeleted: 0 },
    });
    expect(run.sync.durationMs).toBeGreaterThanOrEqual(0);
    expect(run.progress.at(-1)).toMatchObject({
      status: 'COMPLETED',
      counts: { listed: 4, tasksCreated: 3 },
    });

    const keys = ['a.jpg', 'b.jpg', 'deep/c d.jpg'];
    const uris = keys.map((key) =>
      name === 'local files' ? place.uri(key).replace(' ', '%20') : place.uri(key),
    );
    const tasks = await owner.tasks(run.project);
    expect(tasks.map(({ innerId, data }) => ({ innerId, data }))).toEqual(
      uris.map((image, index) => ({ innerId: index + 1, data: { image } })),
    );
    expect(tasks.map(({ sourceKey, sourceRow }) => [sourceKey, sourceRow])).toEqual(
      keys.map((key) => [place.prefix + key, null]),
    );
    const ledger = await owner.objects(run.storage.id);
    expect(
      ledger.map(({ key, state, code, taskCount, size }) => ({ key, state, code, taskCount, size })),
    ).toEqual([
      ...keys.map((key) => ({
        key: place.prefix + key,
        state: 'IMPORTED',
        code: null,
        taskCount: 1,
        size: 5,
      })),
      { key: `${place.prefix}readme.txt`, state: 'SKIPPED', code: 'FILTER', taskCount: 0, size: 5 },
    ]);
    expect(ledger.map(({ uri }) => uri).slice(0, 3)).toEqual(uris);
  });

  test('TASKS: one task per row of every kind of task file', async () => {
    const place = await places[name]!();
    const rows = (file: string, count: number) =>
      Array.from({ length: count }, (_, row) => ({ image: `s3://media/${file}-${row}.jpg`, row }));
    const lines = (file: string, count: number) =>
      rows(file, count)
        .map((row) => JSON.stringify(row))
        .join('\n');
    const mark = '\ufeff';
    const files: Record<string, { body: string | Uint8Array; tasks: number }> = {
      'array.json': { body: JSON.stringify(rows('array', 3), null, 2), tasks: 3 },
      'array.json.gz': { body: gzipSync(JSON.stringify(rows('packed', 4))), tasks: 4 },
      'lines.jsonl': { body: lines('lines', 5), tasks: 5 },
      'lines.jsonl.gz': { body: gzipSync(lines('lines-packed', 2)), tasks: 2 },
      'lines.ndjson': { body: `${mark}${lines('nd', 2)}\r\n\r\n`, tasks: 2 },
      'object-per-line.json': { body: lines('per-line', 3), tasks: 3 },
      'object.json': { body: JSON.stringify(rows('object', 1)[0], null, 2), tasks: 1 },
    };
    for (const [key, { body }] of Object.entries(files)) await place.put(key, body);
    const run = await play(place, { importMethod: 'TASKS', presign: false });

    expect(run.validation.ok).toBe(true);
    expect(run.sync).toMatchObject({
      status: 'COMPLETED',
      counts: { listed: 7, imported: 7, tasksCreated: 20 },
    });
    const bytes = Object.values(files).reduce((sum, { body }) => sum + Buffer.byteLength(body), 0);
    expect(run.sync.counts.bytesRead).toBe(bytes);
    expect(await owner.issues(run.sync.id)).toEqual([]);
    const ledger = await owner.objects(run.storage.id);
    expect(Object.fromEntries(ledger.map(({ key, taskCount }) => [key, taskCount]))).toEqual(
      Object.fromEntries(Object.entries(files).map(([key, { tasks }]) => [place.prefix + key, tasks])),
    );
    const tasks = await owner.tasks(run.project);
    expect(tasks.map(({ innerId }) => innerId)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    const packed = tasks.filter(({ sourceKey }) => sourceKey === `${place.prefix}array.json.gz`);
    expect(packed.map(({ data, sourceRow }) => ({ data, sourceRow }))).toEqual(
      rows('packed', 4).map((data, sourceRow) => ({ data, sourceRow })),
    );
  });
});

test('without recursion, folders below the prefix of a bucket are left alone, and their markers are no tasks', async () => {
  const bucket = await createBucket();
  for (const key of ['a/1.jpg', 'a/', 'a/deep/2.jpg', 'ab/3.jpg', 'a.jpg']) await bucket.put(key, 'x');
  const project = await owner.project();
  const storage = await owner.connect(project, bucket.input({ prefix: 'a' }));
  expect(await owner.sync(storage.id)).toMatchObject({ status: 'COMPLETED', counts: { imported: 1 } });
  expect((await owner.tasks(project)).map(({ sourceKey }) => sourceKey)).toEqual(['a/1.jpg']);
});

const allow = (statement: object) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', ...statement }],
});

describe('ways into S3', () => {
  test('the default chain of the service’s own environment', async () => {
    const bucket = await createBucket();
    await bucket.put('1.jpg', 'x');
    const { accessKeyId, secretAccessKey } = bucket.server;
    const { owner } = await testApp({
      settings: { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
    });
    const storage = await owner.connect(
      await owner.project(),
      bucket.input({ credentials: { default: true } }),
    );
    expect(storage).toMatchObject({ accessKeyId: null, hasSecretAccessKey: false });
    expect(await owner.sync(storage.id)).toMatchObject({ status: 'COMPLETED', counts: { imported: 1 } });
  });

  test('temporary credentials with their session token', async () => {
    const bucket = await createBucket();
    await bucket.put('1.jpg', 'x');
    const { endpoint } = bucket.server;
    const sts = new STSClient({ endpoint, region: 'us-east-1', credentials: bucket.server });
    const RoleArn = await bucket.server.createRole(
      allow({ Principal: { AWS: ['arn:aws:iam:::user/owner'] }, Action: ['sts:AssumeRole'] }),
      allow({ Action: ['s3:*'], Resource: ['*'] }),
    );
    const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'test' }));
    const { AccessKeyId, SecretAccessKey, SessionToken } = Credentials!;
    it.secret(SecretAccessKey!);
    it.secret(SessionToken!);
    const keys = { accessKeyId: AccessKeyId!, secretAccessKey: SecretAccessKey! };
    const project = await owner.project();
    const accessKey = { ...keys, sessionToken: SessionToken! };
    const storage = await owner.connect(project, bucket.input({ credentials: { accessKey } }));
    expect(storage).toMatchObject({ hasSecretAccessKey: true, hasSessionToken: true });
    expect(await owner.sync(storage.id)).toMatchObject({ status: 'COMPLETED', counts: { imported: 1 } });

    const without = { projectId: project, provider: bucket.input({ credentials: { accessKey: keys } }) };
    const input = { ...without, settings: { source: {} } };
    expect((await owner.run(documents.CreateStorage, { input })).createStorage).toMatchObject({
      __typename: 'ProviderError',
      code: 'WRONG_CREDENTIALS',
    });
  });
});
