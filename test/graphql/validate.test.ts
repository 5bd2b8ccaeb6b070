import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { PutBucketPolicyCommand, S3Client } from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import { testApp } from '../support/app.ts';
import { accessKey, type Bucket, createBucket } from '../support/bucket.ts';
import { candidate, type Flat, unbranched } from '../support/candidate.ts';
import { as } from '../support/client.ts';
import { dump } from '../support/database.ts';
import * as documents from './documents.ts';

/** What `validateStorage` proves, and that it leaves nothing behind (B7). */
const it = await testApp();
const { owner } = it;
const project = await owner.project();

async function validate(input: Flat) {
  const validateStorage = unbranched(
    (await owner.run(documents.ValidateStorage, { input: candidate(input) })).validateStorage,
  );
  return as(validateStorage, 'ValidateStorageSuccess').validation;
}

const outcomes = ({ checks }: Awaited<ReturnType<typeof validate>>) =>
  checks.map(({ capability, status, required }) => `${capability} ${status}${required ? '' : ' (optional)'}`);

describe('an unsaved storage', () => {
  test('a source on S3: the sample object is read, and fetched by a signed URL', async () => {
    const bucket = await createBucket();
    await bucket.put('a.jpg', 'x');
    const validation = await validate({
      projectId: project,
      provider: bucket.input(),
      settings: { source: {} },
    });
    expect(validation.ok).toBe(true);
    expect(validation.checks.map(({ message }) => message)).toEqual([
      'The storage answers.',
      'The storage accepts the credentials.',
      'Lists objects, for example "a.jpg".',
      'Reads "a.jpg".',
      'A signed URL answers GET.',
    ]);
    expect(outcomes(validation)).toEqual([
      'CONNECT PASSED',
      'AUTHENTICATE PASSED',
      'LIST PASSED',
      'READ PASSED (optional)',
      'SIGN PASSED',
    ]);
  });

  test('a source of local files has nothing to sign', async () => {
    const path = await it.files('source', { 'a.jpg': 'x' });
    const provider = { localFiles: { path } };
    const validation = await validate({ projectId: project, provider, settings: { source: {} } });
    expect(validation.ok).toBe(true);
    expect(outcomes(validation)).toEqual([
      'CONNECT PASSED',
      'AUTHENTICATE PASSED',
      'LIST PASSED',
      'READ PASSED',
      'SIGN UNTESTED (optional)',
    ]);
  });

  test.each(['S3', 'local files'])(
    'a target on %s: the probe is written, read back and removed',
    async (kind) => {
      const bucket = await createBucket();
      const path = await it.files(`target-${kind.length}`, {});
      const provider = kind === 'S3' ? bucket.input({ prefix: 'out' }) : { localFiles: { path } };
      const target = { canDeleteObjects: true };
      const validation = await validate({ projectId: project, provider, settings: { target } });
      expect(validation.ok).toBe(true);
      expect(outcomes(validation)).toEqual([
        'CONNECT PASSED',
        'AUTHENTICATE PASSED',
        'LIST PASSED (optional)',
        'WRITE PASSED',
        'READ PASSED (optional)',
        'DELETE PASSED',
      ]);
      expect(await bucket.keys()).toEqual([]);
      expect(await readdir(path)).toEqual([]);
    },
  );
});

describe('credentials that may do only a part', () => {
  const may = async (bucket: Bucket, Action: string[]) => {
    const user = await bucket.server.createUser();
    const Resource = [`arn:aws:s3:::${bucket.name}`, `arn:aws:s3:::${bucket.name}/*`];
    const Principal = { AWS: [`arn:aws:iam:::user/${user.uid}`] };
    const Statement = [{ Effect: 'Allow', Principal, Action, Resource }];
    const { endpoint } = bucket.server;
    const admin = new S3Client({
      endpoint,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: bucket.server,
    });
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement });
    await admin.send(new PutBucketPolicyCommand({ Bucket: bucket.name, Policy }));
    return bucket.input({ credentials: accessKey(user) });
  };

  test('list only: enough for a sync of FILES, and validate says that browsers will see nothing', async () => {
    const bucket = await createBucket();
    await bucket.put('a.jpg', 'x');
    const provider = await may(bucket, ['s3:ListBucket']);
    const validation = await validate({ projectId: project, provider, settings: { source: {} } });
    expect(outcomes(validation)).toEqual([
      'CONNECT PASSED',
      'AUTHENTICATE PASSED',
      'LIST PASSED',
      'READ FAILED (optional)',
      'SIGN FAILED',
    ]);
    expect(validation.ok).toBe(true);
    const own = await owner.project();
    const storage = await owner.connect(own, provider);
    expect(await owner.sync(storage.id)).toMatchObject({ status: 'COMPLETED', counts: { tasksCreated: 1 } });
    expect((await owner.tasks(own)).map(({ data }) => data)).toEqual([
      { image: `s3://${bucket.name}/a.jpg` },
    ]);
  });

  test('a target that may write but not delete: the probe that stays is named', async () => {
    const bucket = await createBucket();
    const provider = await may(bucket, ['s3:ListBucket', 's3:PutObject', 's3:GetObject']);
    const validation = await validate({ projectId: project, provider, settings: { target: {} } });
    expect(validation.ok).toBe(true);
    const [probe] = await bucket.keys();
    expect(probe).toMatch(/^\.longshore-probe-/);
    expect(validation.checks.at(-1)).toMatchObject({
      capability: 'DELETE',
      status: 'FAILED',
      required: false,
      code: 'FORBIDDEN',
      message: expect.stringContaining(`The probe "${probe}" is still there.`),
    });
  });

  test('a target that may not write is not saved', async () => {
    const bucket = await createBucket();
    const provider = await may(bucket, ['s3:ListBucket', 's3:GetObject']);
    const input = { projectId: project, provider, settings: { target: {} } };
    expect((await owner.run(documents.CreateStorage, { input })).createStorage).toMatchObject({
      __typename: 'ProviderError',
      code: 'FORBIDDEN',
      capability: 'WRITE',
    });
  });
});

describe('a saved storage', () => {
  test('as it is, and with changes that are not saved', async () => {
    const bucket = await createBucket();
    await bucket.put('photos/a.jpg', 'x');
    const storage = await owner.connect(await owner.project(), bucket.input({ prefix: 'photos' }));
    const { id: storageId } = storage;
    expect(await validate({ storageId })).toMatchObject({ ok: true });
    const changed = await validate({ storageId, provider: { s3: { prefix: 'nowhere' } } });
    expect(changed.checks[2]).toMatchObject({ status: 'FAILED', code: 'EMPTY_PREFIX' });
    const filtered = await validate({ storageId, settings: { source: { filter: 'nothing' } } });
    expect(filtered.checks[2]).toMatchObject({ status: 'FAILED', code: 'NO_MATCH' });
    expect((await owner.run(documents.GetStorage, { id: storageId })).storage).toEqual(storage);
  });

  test('either a saved storage or an unsaved one, whole; wrong fields are named as the input has them', async () => {
    const path = await it.files('source', { 'a.jpg': 'x' });
    const { id: storageId } = await owner.connect(project, { localFiles: { path } });
    const [unsaved, saved] = [{ projectId: project, provider: { localFiles: { path } } }, { storageId }];
    const bad = { source: { filter: '(' } };
    const ask = async (input: object) => {
      const query = `mutation ($input: ValidateStorageInput!) { validateStorage(input: $input) {
        __typename ... on ValidationError { fields { path } } } }`;
      const headers = { 'content-type': 'application/json' };
      const init = { method: 'POST', headers, body: JSON.stringify({ query, variables: { input } }) };
      return JSON.parse((await owner.fetch('/graphql', init)).text);
    };
    for (const wrong of [{}, { unsaved }, { saved: {} }, { saved, unsaved: { ...unsaved, settings: bad } }]) {
      expect((await ask(wrong)).errors[0].extensions.code, JSON.stringify(wrong)).toBe('BAD_USER_INPUT');
    }
    const named = async (input: object) => (await ask(input)).data.validateStorage.fields[0].path.join('.');
    expect(await named({ unsaved: { ...unsaved, settings: bad } })).toBe('unsaved.settings.source.filter');
    expect(await named({ saved: { ...saved, changes: { settings: bad } } })).toBe(
      'saved.changes.settings.source.filter',
    );
    const elsewhere = { localFiles: { path: '/nowhere' } };
    expect(await named({ saved: { ...saved, changes: { provider: elsewhere } } })).toBe(
      'saved.changes.provider.localFiles.path',
    );
  });
});

test('nothing of all this is written to the database, not even by what succeeds', async () => {
  const bucket = await createBucket();
  await bucket.put('a.jpg', 'x');
  const storage = await owner.connect(project, bucket.input());
  const before = await dump(it.sql);
  await validate({ storageId: storage.id });
  await validate({ storageId: storage.id, provider: { s3: { prefix: 'x' } } });
  await validate({ projectId: project, provider: (await createBucket()).input(), settings: { target: {} } });
  const missing = bucket.input({ bucket: `missing-${randomUUID()}` });
  await validate({ projectId: project, provider: missing, settings: { source: {} } });
  expect(await dump(it.sql)).toBe(before);
});

test('a storage that overlaps with another one is refused as it would be on saving', async () => {
  const bucket = await createBucket();
  await owner.connect(project, bucket.input({ prefix: 'in' }));
  const beside = await owner.target(project, bucket.input({ prefix: 'out' }));
  const target = { projectId: project, provider: bucket.input(), settings: { target: {} } };
  const changes = { storageId: beside.id, provider: { s3: { prefix: 'in/deep' } } };
  for (const input of [target, changes]) {
    const { validateStorage } = await owner.run(documents.ValidateStorage, { input: candidate(input) });
    expect(as(validateStorage, 'ConflictError').message).toContain('overlaps with the source storage');
  }
  const elsewhere = { ...target, projectId: await owner.project() };
  expect(await validate(elsewhere)).toMatchObject({ ok: true });
});
