import { rm } from 'node:fs/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { wireServer } from '../servers/s3-wire.ts';
import { testApp } from '../support/app.ts';
import { accessKey, createBucket } from '../support/bucket.ts';
import { candidate, unbranched } from '../support/candidate.ts';
import { as, fieldPath } from '../support/client.ts';
import type { UpdateStorageInput } from '../support/generated/graphql.ts';
import * as documents from './documents.ts';

/** Changes of a saved storage: merged with what is stored, then judged (B6). */
const thief = await wireServer((_request, response) => response.end());
afterAll(() => thief.close());
const it = await testApp({ settings: { OUTBOUND_ALLOW: '127.0.0.0/8' } });
const { owner } = it;
const bucket = await createBucket();
await bucket.put('photos/a.jpg', 'x');
const other = await createBucket();

async function connected() {
  const source = { filter: '.*\\.jpg', presignTtlMinutes: 30, recursive: true };
  return owner.connect(await owner.project(), bucket.input({ prefix: 'photos' }), source);
}

async function update(storageId: string, change: Omit<UpdateStorageInput, 'storageId'>) {
  const input = { storageId, ...change };
  return (await owner.run(documents.UpdateStorage, { input })).updateStorage;
}

const needsSecrets = (path: string) => ({
  __typename: 'ValidationError',
  fields: [
    {
      path: fieldPath(`provider.s3.${path}`),
      message: 'Changing this needs the secrets again: send the credentials in the same request.',
    },
  ],
});

describe('what is absent stays', () => {
  test('a title alone', async () => {
    const before = await connected();
    const { storage } = as(await update(before.id, { title: 'Photos' }), 'UpdateStorageSuccess');
    expect(storage).toEqual({ ...before, title: 'Photos' });
  });

  test('a setting alone, and null for the default', async () => {
    const before = await connected();
    const changed = await update(before.id, { settings: { source: { filter: null, onChanged: 'FLAG' } } });
    expect(as(changed, 'UpdateStorageSuccess').storage).toEqual({
      ...before,
      settings: { ...before.settings, filter: null, onChanged: 'FLAG' },
    });
  });

  test('the secret, when another prefix is given: the storage still works', async () => {
    await bucket.put('scans/b.jpg', 'x');
    const before = await connected();
    const { storage } = as(
      await update(before.id, { provider: { s3: { prefix: 'scans' } } }),
      'UpdateStorageSuccess',
    );
    expect(storage).toMatchObject({ bucket: bucket.name, prefix: 'scans/', hasSecretAccessKey: true });
    expect(await owner.sync(storage.id)).toMatchObject({ status: 'COMPLETED', counts: { imported: 1 } });
  });

  test('the secret, when its access key is sent again alone', async () => {
    const before = await connected();
    const { accessKeyId } = bucket.server;
    const changed = await update(before.id, {
      provider: { s3: { credentials: { accessKey: { accessKeyId } } } },
    });
    expect(as(changed, 'UpdateStorageSuccess').storage).toEqual(before);
  });
});

describe('a stored secret is not sent elsewhere', () => {
  test.each(['update', 'validate'] as const)('%s: another endpoint', async (verb) => {
    const { id: storageId } = await connected();
    const input = { storageId, provider: { s3: { endpoint: thief.url } } };
    const answer =
      verb === 'update'
        ? (await owner.run(documents.UpdateStorage, { input })).updateStorage
        : unbranched(
            (await owner.run(documents.ValidateStorage, { input: candidate(input) })).validateStorage,
          );
    expect(answer).toMatchObject(needsSecrets('endpoint'));
    expect(thief.connections()).toBe(0);
    expect((await owner.run(documents.GetStorage, { id: storageId })).storage).toMatchObject({
      endpoint: bucket.server.endpoint,
    });
  });

  test('another bucket, or none of the endpoint', async () => {
    const { id } = await connected();
    expect(await update(id, { provider: { s3: { bucket: other.name } } })).toMatchObject(
      needsSecrets('bucket'),
    );
    expect(await update(id, { provider: { s3: { endpoint: null } } })).toMatchObject(
      needsSecrets('endpoint'),
    );
  });

  test('an access key of somebody else does not do either', async () => {
    const { id } = await connected();
    const credentials = { accessKey: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE' } };
    const answer = await update(id, { provider: { s3: { endpoint: thief.url, credentials } } });
    expect(answer).toMatchObject(needsSecrets('endpoint'));
    expect(thief.connections()).toBe(0);
  });

  test('with the secret given again it may move', async () => {
    const { id } = await connected();
    await other.put('photos/c.jpg', 'x');
    const moved = { bucket: other.name, credentials: accessKey(other.server) };
    const { storage } = as(await update(id, { provider: { s3: moved } }), 'UpdateStorageSuccess');
    expect(storage).toMatchObject({ bucket: other.name, prefix: 'photos/' });
    expect(await owner.sync(id)).toMatchObject({ status: 'COMPLETED', counts: { imported: 1 } });
  });
});

describe('halves of a pair', () => {
  test.each([
    [
      'another access key id without its secret',
      { accessKeyId: 'AKIAIOSFODNN7EXAMPLE' },
      ['secretAccessKey'],
    ],
    ['a secret without its id', { secretAccessKey: 'other-secret' }, ['accessKeyId']],
    ['a session token alone', { sessionToken: 'session-token' }, ['accessKeyId', 'secretAccessKey']],
    [
      'a session token and a secret',
      { sessionToken: 'session-token', secretAccessKey: 'other-secret' },
      ['accessKeyId'],
    ],
  ])('%s: what is missing is named, and nobody is asked', async (_, half, missing) => {
    const listing =
      '<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>';
    const server = await wireServer((_, response) => response.end(listing));
    const credentials = { accessKey: { accessKeyId: 'AKIASTORED', secretAccessKey: 'stored-secret' } };
    const s3 = { bucket: 'bucket', endpoint: server.url, credentials };
    const { id } = await owner.connect(await owner.project(), { s3 });
    const before = server.requests.length;
    const input = { storageId: id, provider: { s3: { credentials: { accessKey: half } } } };
    const fields = missing.map((name) => ({
      path: fieldPath(`provider.s3.credentials.accessKey.${name}`),
      message: 'These credentials change whole: send this one in the same request.',
    }));
    const refused = { __typename: 'ValidationError', fields };
    expect(await update(id, { provider: input.provider })).toMatchObject(refused);
    expect(
      unbranched((await owner.run(documents.ValidateStorage, { input: candidate(input) })).validateStorage),
    ).toMatchObject(refused);
    expect(server.requests.length).toBe(before);
    await server.close();
  });

  test('a session token needs the access key that it belongs to', async () => {
    const project = await owner.project();
    const credentials = { accessKey: { sessionToken: it.canary('session-token') } };
    const provider = { s3: { bucket: bucket.name, endpoint: bucket.server.endpoint, credentials } };
    const input = { projectId: project, provider, settings: { source: {} } };
    const answer = unbranched(
      (await owner.run(documents.ValidateStorage, { input: candidate(input) })).validateStorage,
    );
    expect(answer).toMatchObject({
      __typename: 'ValidationError',
      fields: expect.arrayContaining([
        {
          path: fieldPath('provider.s3.credentials.accessKey.accessKeyId'),
          message: 'expected an access key id like "AKIAIOSFODNN7EXAMPLE", got nothing',
        },
      ]),
    });
  });

  test('an access key without its secret', async () => {
    const credentials = { accessKey: { accessKeyId: bucket.server.accessKeyId } };
    const provider = { s3: { bucket: bucket.name, endpoint: bucket.server.endpoint, credentials } };
    const input = { projectId: await owner.project(), provider, settings: { source: {} } };
    expect(
      unbranched((await owner.run(documents.ValidateStorage, { input: candidate(input) })).validateStorage),
    ).toMatchObject({
      __typename: 'ValidationError',
      fields: [
        {
          path: fieldPath('provider.s3.credentials.accessKey.secretAccessKey'),
          message: 'expected the secret access key that belongs to the access key id, got nothing',
        },
      ],
    });
  });

  test('exactly one way in: two are refused by the schema, another one clears the first', async () => {
    const { id } = await connected();
    const both = { ...accessKey(bucket.server), default: true };
    const answer = await owner.send(documents.UpdateStorage, {
      input: { storageId: id, provider: { s3: { credentials: both as never } } },
    });
    expect(answer.errors?.[0]?.message).toContain('S3CredentialsUpdateInput');
    expect(answer.data?.updateStorage).toBeUndefined();

    const changed = await update(id, { provider: { s3: { credentials: { default: true } } } });
    expect(changed).toMatchObject({ __typename: 'ProviderError', code: 'CREDENTIALS_UNAVAILABLE' });
  });
});

describe('what cannot be changed', () => {
  test('the provider, and the direction', async () => {
    const { id } = await connected();
    const path = await it.files('a', { 'a.jpg': 'x' });
    expect(await update(id, { provider: { localFiles: { path } } })).toMatchObject({
      __typename: 'ValidationError',
      fields: [
        {
          path: fieldPath('provider.localFiles'),
          message: "This storage's provider is S3; create another storage for LOCAL_FILES.",
        },
      ],
    });
    expect(await update(id, { settings: { target: {} } })).toMatchObject({
      __typename: 'ValidationError',
      fields: [
        {
          path: fieldPath('settings.target'),
          message:
            'This is a source storage: expected "source". Create another storage for the other direction.',
        },
      ],
    });
  });

  test('a filter into one that does not compile', async () => {
    const before = await connected();
    expect(await update(before.id, { settings: { source: { filter: '(' } } })).toMatchObject({
      __typename: 'ValidationError',
      fields: [{ path: fieldPath('settings.source.filter') }],
    });
    expect((await owner.run(documents.GetStorage, { id: before.id })).storage).toEqual(before);
  });
});

describe('local files', () => {
  test('the path is put in order when it is saved', async () => {
    const path = await it.files('some/folder', { 'a.jpg': 'x' });
    const untidy = ` ${path.replace('/some/', '//some\\')}// `;
    const storage = await owner.connect(await owner.project(), { localFiles: { path: untidy } });
    expect(storage).toMatchObject({ path, prefix: 'some/folder/' });
  });
});

describe('a storage whose place is gone can still be renamed, paused and unscheduled', () => {
  const everything = {
    title: 'Old',
    synchronizable: false,
    settings: { source: { schedule: null, onRemoved: 'FLAG' } },
  } satisfies Omit<UpdateStorageInput, 'storageId'>;
  const scheduled = { schedule: { cron: '0 0 1 1 *' } };
  const changed = {
    __typename: 'UpdateStorageSuccess',
    storage: { title: 'Old', synchronizable: false, settings: { onRemoved: 'FLAG' } },
  };

  test('its folder', async () => {
    const path = await it.files('gone', { 'a.jpg': 'x' });
    const { id } = await owner.connect(await owner.project(), { localFiles: { path } }, scheduled);
    await rm(path, { recursive: true });
    expect(await update(id, everything)).toMatchObject(changed);
    expect(await it.sql`SELECT title FROM storages WHERE due_at IS NOT NULL`).toEqual([]);
    expect(await update(id, { title: 'Older', provider: { localFiles: { path } } })).toMatchObject({
      __typename: 'ValidationError',
      fields: [{ path: fieldPath('provider.localFiles.path') }],
    });
  });

  test('its bucket; and a connection given again as it is changes nothing, so that nothing is proven', async () => {
    const gone = await createBucket();
    const { id } = await owner.connect(await owner.project(), gone.input(), scheduled);
    await gone.remove();
    expect(await update(id, everything)).toMatchObject(changed);
    const again = await update(id, { title: 'Old', provider: { s3: { bucket: gone.name } } });
    expect(again).toMatchObject(changed);
    expect(await update(id, { provider: { s3: { prefix: 'a' } } })).toMatchObject({
      __typename: 'ProviderError',
      code: 'CONTAINER_NOT_FOUND',
    });
  });

  test('its key', async () => {
    const user = await other.server.createUser();
    const place = await createBucket(user);
    const { id } = await owner.connect(await owner.project(), place.input(), scheduled);
    await other.server.suspend(user.uid);
    expect(await update(id, everything)).toMatchObject(changed);
  });
});
