import { randomUUID } from 'node:crypto';
import { text } from 'node:stream/consumers';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ProviderEnvironment } from '../../src/providers/provider.ts';
import type { S3Secrets, S3Settings } from '../../src/providers/s3/config.ts';
import { s3Provider } from '../../src/providers/s3/provider.ts';
import { openStore, type Store } from '../../src/providers/store.ts';
import { radosgwAt, type S3Keys } from '../servers/radosgw.ts';
import { recordingProxy, type WireServer } from '../servers/s3-wire.ts';
import { serverOf } from '../servers/servers.ts';
import { testEnvironment } from '../support/environment.ts';
import { conformance } from './conformance.ts';

const server = radosgwAt(await serverOf('radosgw'));
const admin = new S3Client({
  endpoint: server.endpoint,
  region: 'us-east-1',
  forcePathStyle: true,
  credentials: server,
  requestChecksumCalculation: 'WHEN_REQUIRED',
});
const signal = new AbortController().signal;

async function createBucket(): Promise<string> {
  const bucket = `bucket-${randomUUID()}`;
  await admin.send(new CreateBucketCommand({ Bucket: bucket }));
  return bucket;
}

async function put(Bucket: string, Key: string, Body: Uint8Array | string): Promise<void> {
  await admin.send(new PutObjectCommand({ Bucket, Key, Body }));
}

async function removeBucket(Bucket: string): Promise<void> {
  for (;;) {
    const { Contents = [] } = await admin.send(new ListObjectsV2Command({ Bucket, EncodingType: 'url' }));
    if (Contents.length === 0) break;
    const keys = Contents.map(({ Key = '' }) => decodeURIComponent(Key.replaceAll('+', ' ')));
    // A batch is XML, which has no way to say control characters.
    const single = keys.filter((key) => /\p{Cc}/u.test(key));
    for (const Key of single) await admin.send(new DeleteObjectCommand({ Bucket, Key }));
    const Objects = keys.filter((key) => !single.includes(key)).map((Key) => ({ Key }));
    if (Objects.length > 0)
      await admin.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }));
  }
  await admin.send(new DeleteBucketCommand({ Bucket }));
}

function settingsFor(bucket: string, more: object = {}, keys: S3Keys = server): S3Settings {
  const credentials = { credentials: 'ACCESS_KEY', accessKeyId: keys.accessKeyId };
  return s3Provider.settings.parse({ bucket, endpoint: server.endpoint, ...credentials, ...more });
}

const secretsOf = ({ secretAccessKey }: S3Keys = server): S3Secrets => ({ secretAccessKey });

function open(
  settings: S3Settings,
  secrets = secretsOf(),
  environment: ProviderEnvironment = testEnvironment(),
): Store {
  return openStore(s3Provider, settings, secrets, environment, { attempts: 1 });
}

async function keysOf(store: Store): Promise<string[]> {
  const keys: string[] = [];
  for await (const page of store.list({ recursive: true, signal }))
    keys.push(...page.objects.map(({ key }) => key));
  return keys;
}

async function textOf(store: Store, key: string): Promise<string> {
  return text((await store.read(key, { signal })).stream);
}

conformance<S3Settings, S3Secrets>('S3 (radosgw)', {
  provider: s3Provider,
  async open({ prefix }) {
    const bucket = await createBucket();
    return {
      settings: settingsFor(bucket, { prefix }),
      secrets: secretsOf(),
      environment: testEnvironment(),
      put: (key, body) => put(bucket, key, body),
      wrongSecrets: { secretAccessKey: 'not-the-secret-of-this-access-key-at-all' },
      missingContainer: settingsFor(`missing-${randomUUID()}`, { prefix }),
      close: () => removeBucket(bucket),
    };
  },
  skips: {
    'remove: only the expected version':
      'radosgw removes whatever the condition; lossy-s3.ts knows it as Amazon does',
    'copy: nothing of what has changed since it was looked at':
      'radosgw copies whatever the condition; s3-failures.test.ts has a server that refuses as Amazon does',
  },
});

describe('permissions', () => {
  let bucket: string;
  beforeAll(async () => {
    bucket = await createBucket();
    await put(bucket, 'object.txt', 'content');
  });
  afterAll(() => removeBucket(bucket));

  /** Opens the bucket as a user of its own, whom the bucket's policy allows these actions. */
  async function openAs(Action: string[]): Promise<Store> {
    const user = await server.createUser();
    if (Action.length > 0) {
      const Principal = { AWS: [`arn:aws:iam:::user/${user.uid}`] };
      const Resource = [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`];
      const Policy = JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal, Action, Resource }],
      });
      await admin.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }));
    }
    return open(settingsFor(bucket, {}, user), secretsOf(user));
  }

  test('LIST alone lists, and reads and writes nothing', async () => {
    const store = await openAs(['s3:ListBucket']);
    await store.authenticate(signal);
    expect(await keysOf(store)).toEqual(['object.txt']);
    const forbidden = { code: 'FORBIDDEN', retryable: false };
    await expect(store.read('object.txt', { signal })).rejects.toMatchObject({
      ...forbidden,
      capability: 'READ',
    });
    await expect(store.head('object.txt', signal)).rejects.toMatchObject({
      ...forbidden,
      capability: 'READ',
    });
    const written = store.write('new.json', Buffer.from('{}'), { contentType: 'application/json', signal });
    await expect(written).rejects.toMatchObject({ ...forbidden, capability: 'WRITE' });
    await expect(store.remove('object.txt', signal)).rejects.toMatchObject({
      ...forbidden,
      capability: 'DELETE',
    });
    expect(await keysOf(store)).toEqual(['object.txt']);
  });

  test('GET alone reads, and does not list', async () => {
    const store = await openAs(['s3:GetObject']);
    await store.authenticate(signal);
    expect(await textOf(store, 'object.txt')).toBe('content');
    await expect(keysOf(store)).rejects.toMatchObject({ code: 'FORBIDDEN', capability: 'LIST' });
  });

  test('a stranger authenticates and can do nothing', async () => {
    const store = await openAs([]);
    await store.authenticate(signal);
    await expect(keysOf(store)).rejects.toMatchObject({ code: 'FORBIDDEN', capability: 'LIST' });
    await expect(store.read('object.txt', { signal })).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  test('an unknown access key id is wrong credentials, HEAD included', async () => {
    const store = open(settingsFor(bucket, { accessKeyId: 'AKIAIOSFODNN7EXAMPLE' }));
    const wrong = { code: 'WRONG_CREDENTIALS' };
    await expect(store.authenticate(signal)).rejects.toMatchObject({ ...wrong, capability: 'AUTHENTICATE' });
    await expect(keysOf(store)).rejects.toMatchObject({ ...wrong, capability: 'LIST' });
    await expect(store.head('object.txt', signal)).rejects.toMatchObject({ ...wrong, capability: 'READ' });
  });

  test('HEAD in a missing bucket names the bucket', async () => {
    const store = open(settingsFor(`missing-${randomUUID()}`));
    await expect(store.head('object.txt', signal)).rejects.toMatchObject({ code: 'CONTAINER_NOT_FOUND' });
  });
});

describe('roles', () => {
  let bucket: string;
  let proxy: WireServer;
  beforeAll(async () => {
    bucket = await createBucket();
    await put(bucket, 'object.txt', 'content');
    proxy = await recordingProxy(server.endpoint);
  });
  afterAll(async () => {
    await proxy.close();
    await removeBucket(bucket);
  });

  const { accessKeyId, secretAccessKey } = server;
  const base = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
  const trusting = (AWS: string) => ({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { AWS: [AWS] }, Action: ['sts:AssumeRole'] }],
  });
  const listOnly = () => ({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: ['s3:ListBucket'], Resource: [`arn:aws:s3:::${bucket}`] }],
  });
  const openRole = (roleArn: string, environment: Partial<ProviderEnvironment> = {}) => {
    const settings = s3Provider.settings.parse({ bucket, endpoint: proxy.url, credentials: 'ROLE', roleArn });
    return open(settings, {}, testEnvironment({ env: base, externalId: 'organization-7', ...environment }));
  };
  const stsRequests = () => proxy.requests.filter(({ method, url }) => method === 'POST' && url === '/');

  test('lends what its policy allows, by one request that carries the external ID', async () => {
    const before = stsRequests().length;
    const store = openRole(await server.createRole(trusting('arn:aws:iam:::user/owner'), listOnly()));
    const listings = await Promise.all(Array.from({ length: 5 }, () => keysOf(store)));
    expect(new Set(listings.flat())).toEqual(new Set(['object.txt']));
    await store.authenticate(signal);
    await expect(store.read('object.txt', { signal })).rejects.toMatchObject({ code: 'FORBIDDEN' });

    const asked = stsRequests().slice(before);
    expect(asked).toHaveLength(1);
    const parameters = new URLSearchParams(asked[0]?.body.toString());
    expect(Object.fromEntries(parameters)).toMatchObject({
      Action: 'AssumeRole',
      ExternalId: 'organization-7',
      RoleSessionName: 'longshore',
    });
    // The session's own credentials do the work, not the service's.
    const [listing] = proxy.requests.filter(
      ({ method, url }) => method === 'GET' && url.includes('list-type=2'),
    );
    expect(listing?.headers['x-amz-security-token']).toBeTypeOf('string');
    expect(listing?.headers.authorization).not.toContain(accessKeyId);
  });

  test('a signed URL ends no later than the session', async () => {
    const allowed = {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: ['s3:GetObject'], Resource: [`arn:aws:s3:::${bucket}/*`] }],
    };
    const store = openRole(await server.createRole(trusting('arn:aws:iam:::user/owner'), allowed));
    const { url, expiresAt } = await store.presign('object.txt', { ttlSeconds: 7 * 24 * 3600, signal });
    const hour = 3600_000;
    expect(expiresAt.getTime()).toBeLessThanOrEqual(Date.now() + hour);
    expect(expiresAt.getTime()).toBeGreaterThan(Date.now() + hour / 2);
    const answer = await fetch(url);
    expect([answer.status, await answer.text()]).toEqual([200, 'content']);
  });

  test('one that does not trust this service cannot be assumed', async () => {
    const store = openRole(await server.createRole(trusting('arn:aws:iam:::user/somebody-else'), listOnly()));
    const refused = {
      code: 'WRONG_CREDENTIALS',
      message: 'The role could not be assumed.',
      retryable: false,
    };
    await expect(store.authenticate(signal)).rejects.toMatchObject({
      ...refused,
      capability: 'AUTHENTICATE',
    });
    await expect(keysOf(store)).rejects.toMatchObject({ ...refused, capability: 'LIST' });
    await expect(store.presign('object.txt', { ttlSeconds: 60, signal })).rejects.toMatchObject(refused);
  });

  test('one that does not exist cannot be assumed', async () => {
    const store = openRole('arn:aws:iam:::role/there-is-none');
    await expect(store.authenticate(signal)).rejects.toMatchObject({ code: 'WRONG_CREDENTIALS' });
  });
});

describe('default credentials', () => {
  test('are those of the environment', async () => {
    const bucket = await createBucket();
    await put(bucket, 'object.txt', 'content');
    const settings = s3Provider.settings.parse({ bucket, endpoint: server.endpoint, credentials: 'DEFAULT' });
    const { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY } = server;
    const environment = testEnvironment({ env: { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } });
    expect(await keysOf(open(settings, {}, environment))).toEqual(['object.txt']);
    await removeBucket(bucket);
  });
});

describe('public endpoint', () => {
  test('is what URLs are signed for; requests go to the endpoint', async () => {
    const bucket = await createBucket();
    await put(bucket, 'folder/öbject+1.txt', 'content');
    const proxy = await recordingProxy(server.endpoint);
    const publicEndpoint = proxy.url.replace('127.0.0.1', 'localhost');
    const store = open(settingsFor(bucket, { publicEndpoint }));
    expect(await keysOf(store)).toEqual(['folder/öbject+1.txt']);
    const { url } = await store.presign('folder/öbject+1.txt', { ttlSeconds: 60, signal });
    expect(proxy.requests).toEqual([]);
    expect(url.startsWith(`${publicEndpoint}/${bucket}/`)).toBe(true);
    const answer = await fetch(url);
    expect([answer.status, await answer.text()]).toEqual([200, 'content']);
    expect(proxy.requests).toHaveLength(1);
    await proxy.close();
    await removeBucket(bucket);
  });
});

test('keys that URLs and paths like to bend keep their shape', async () => {
  const bucket = await createBucket();
  const store = open(settingsFor(bucket));
  const keys = [
    '/leading',
    '//two',
    'a//b',
    'a/ b',
    'a%2Fb',
    'a%252Fb',
    'a+b',
    'a b',
    'a?b#c',
    'k'.repeat(1024),
    '~',
    "'!()*",
  ];
  for (const key of keys) await put(bucket, key, key);
  expect((await keysOf(store)).sort()).toEqual([...keys].sort());
  for (const key of keys) {
    expect(await textOf(store, key)).toBe(key);
    const { url } = await store.presign(key, { ttlSeconds: 60, signal });
    expect(await (await fetch(url)).text()).toBe(key);
    expect(s3Provider.keyOf(settingsFor(bucket), store.uri(key))).toBe(key);
  }
  await removeBucket(bucket);
});
