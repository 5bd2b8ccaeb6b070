import { randomUUID } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { gunzipSync, gzipSync } from 'node:zlib';
import { Storage } from '@google-cloud/storage';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { GcsSettings } from '../../src/providers/gcs/config.ts';
import { gcsProvider } from '../../src/providers/gcs/provider.ts';
import type { GcsSecrets } from '../../src/providers/gcs/service-account.ts';
import type { Store } from '../../src/providers/store.ts';
import type { GcsServer, ServiceAccount } from '../servers/gcs.ts';
import { type GcsTrial, keysOf, secretsOf, startTrial, textOf, write } from '../servers/gcs-trial.ts';
import { wireServer } from '../servers/s3-wire.ts';
import { serverOf } from '../servers/servers.ts';
import { testEnvironment } from '../support/environment.ts';
import { conformance, optional, skipping } from './conformance.ts';

const lineBreaks = 'Cloud Storage allows no line breaks in names';
const throughUs = 'Cloud Storage copies in as many requests as it likes: bytes go through the service';

const signal = new AbortController().signal;
let server: GcsServer;
let account: ServiceAccount;
let trial: GcsTrial;
beforeAll(async () => {
  trial = await startTrial();
  ({ server, account } = trial);
});
afterAll(() => server.close());
const settingsFor: GcsTrial['settingsFor'] = (...parameters) => trial.settingsFor(...parameters);
const open: GcsTrial['open'] = (...parameters) => trial.open(...parameters);

conformance<GcsSettings, GcsSecrets>('GCS (service account)', {
  provider: gcsProvider,
  async open({ prefix }) {
    const { name } = server.createBucket(account);
    return {
      settings: settingsFor(name, { prefix }),
      secrets: secretsOf(account.json),
      environment: testEnvironment(),
      put: async (key, body) => server.put(name, key, body),
      wrongSecrets: secretsOf(trial.wrongJson),
      missingContainer: settingsFor(`missing-${randomUUID()}`, { prefix }),
      close: async () => server.removeBucket(name),
    };
  },
  skips: {
    'read: key with line breaks and control characters': lineBreaks,
    ...skipping(optional.copy, throughUs),
  },
});

conformance<GcsSettings, GcsSecrets>('GCS (workload identity)', {
  provider: gcsProvider,
  async open({ prefix }) {
    const { name } = server.createBucket(account);
    const { settings, environment } = trial.federate(account);
    return {
      settings: settingsFor(name, { prefix, ...settings }),
      secrets: {},
      environment,
      put: async (key, body) => server.put(name, key, body),
      missingContainer: settingsFor(`missing-${randomUUID()}`, { prefix, ...settings }),
      close: async () => server.removeBucket(name),
    };
  },
  skips: {
    'read: key with line breaks and control characters': lineBreaks,
    ...skipping(optional.copy, throughUs),
    'refused: wrong credentials': 'federation has no secrets; wrong identities have cases of their own',
  },
});

const fake = await serverOf('fakeGcs');
if ('missing' in fake) {
  test('conformance: GCS (fake-gcs-server)', ({ skip }) => skip(fake.missing));
} else {
  const unsigned = 'fake-gcs-server checks no signatures; the service account column does';
  const post = async (path: string, body: string | Uint8Array<ArrayBuffer>) => {
    const answer = await fetch(`${fake.url}${path}`, { method: 'POST', body });
    if (!answer.ok) throw new Error(`fake-gcs-server answers ${answer.status} to ${path}`);
    await answer.arrayBuffer();
  };
  conformance<GcsSettings, GcsSecrets>('GCS (fake-gcs-server)', {
    // Without signatures to rely on, the suite may not take presign for granted.
    provider: { ...gcsProvider, capabilities: { ...gcsProvider.capabilities, presign: false } },
    async open({ prefix }) {
      const name = `bucket-${randomUUID()}`;
      await post('/storage/v1/b?project=test-project', JSON.stringify({ name }));
      const settings = settingsFor(name, { prefix, endpoint: fake.url });
      return {
        settings,
        secrets: secretsOf(account.json),
        environment: testEnvironment(),
        put: (key, body) =>
          post(
            `/upload/storage/v1/b/${name}/o?uploadType=media&name=${encodeURIComponent(key)}`,
            new Uint8Array(body),
          ),
        wrongSecrets: secretsOf(trial.wrongJson),
        missingContainer: { ...settings, bucket: `missing-${randomUUID()}` },
        // It has to be emptied one by one; its name is not used again, and it ends with the run.
        close: async () => {},
      };
    },
    skips: {
      'read: key with line breaks and control characters': lineBreaks,
      ...skipping(optional.copy, throughUs),
      'remove: only the expected version': 'fake-gcs-server removes whatever the condition',
      'presign: GET gives the bytes': unsigned,
      'presign: ranged GET gives the part': unsigned,
      'presign: odd keys': unsigned,
      'presign: expired URL is refused': unsigned,
      'presign: tampered URL is refused': unsigned,
      'presign: PUT and DELETE are refused': unsigned,
      'presign: another key is refused': unsigned,
    },
  });
}

describe('permissions', () => {
  let bucket: string;
  beforeAll(() => {
    bucket = server.createBucket(account).name;
    server.put(bucket, 'object.txt', Buffer.from('content'));
  });

  /** Opens the bucket by an account of its own, which may do this and nothing else. */
  function openAs(permissions: string[], prefix?: string): Store {
    const other = server.createServiceAccount();
    server.bucket(bucket).grants.push({ email: other.email, permissions, prefix });
    return open(settingsFor(bucket), secretsOf(other.json));
  }
  const forbidden = { code: 'FORBIDDEN', retryable: false };

  test('LIST alone lists, and reads and writes nothing', async () => {
    const store = openAs(['storage.objects.list']);
    await store.authenticate(signal);
    expect(await keysOf(store)).toEqual(['object.txt']);
    await expect(store.read('object.txt', { signal })).rejects.toMatchObject({
      ...forbidden,
      capability: 'READ',
    });
    await expect(store.head('object.txt', signal)).rejects.toMatchObject(forbidden);
    await expect(write(store, 'new.json')).rejects.toMatchObject({ ...forbidden, capability: 'WRITE' });
    await expect(store.remove('object.txt', signal)).rejects.toMatchObject({
      ...forbidden,
      capability: 'DELETE',
    });
    // A URL can be signed by whoever has a key; it opens nothing that its signer may not read.
    const { url } = await store.presign('object.txt', { ttlSeconds: 60, signal });
    expect((await fetch(url)).status).toBe(403);
  });

  test('GET alone reads, and does not list', async () => {
    const store = openAs(['storage.objects.get']);
    await store.authenticate(signal);
    expect(await textOf(store, 'object.txt')).toBe('content');
    await expect(keysOf(store)).rejects.toMatchObject({ ...forbidden, capability: 'LIST' });
  });

  test('a stranger authenticates and can do nothing', async () => {
    const store = openAs([]);
    await store.authenticate(signal);
    await expect(keysOf(store)).rejects.toMatchObject(forbidden);
    await expect(store.read('object.txt', { signal })).rejects.toMatchObject(forbidden);
  });

  test('in a missing bucket, removing says so', async () => {
    const store = open(settingsFor(`missing-${randomUUID()}`));
    await expect(store.remove('object.txt', signal)).rejects.toMatchObject({ code: 'CONTAINER_NOT_FOUND' });
    await expect(store.authenticate(signal)).rejects.toMatchObject({ code: 'CONTAINER_NOT_FOUND' });
  });
});

describe('signed URLs', () => {
  let bucket: string;
  beforeAll(() => {
    bucket = server.createBucket(account).name;
  });

  test('live a week at most', async () => {
    const store = open(settingsFor(bucket));
    const { url, expiresAt } = await store.presign('a', { ttlSeconds: 10 ** 7, signal });
    expect(new URL(url).searchParams.get('X-Goog-Expires')).toBe('604800');
    expect(expiresAt.getTime()).toBeLessThanOrEqual(Date.now() + 604_800_000);
  });

  test('by a key that is not the account’s are refused', async () => {
    server.put(bucket, 'object.txt', Buffer.from('content'));
    const { url } = await open(settingsFor(bucket), secretsOf(trial.wrongJson)).presign('object.txt', {
      ttlSeconds: 60,
      signal,
    });
    const answer = await fetch(url);
    expect([answer.status, await answer.text()]).toEqual([
      403,
      expect.stringContaining('SignatureDoesNotMatch'),
    ]);
  });

  test('need no request to Google', async () => {
    const requests = server.requests.length;
    await open(settingsFor(bucket)).presign('a', { ttlSeconds: 60, signal });
    expect(server.requests.length).toBe(requests);
  });

  test('for Google itself have its host', async () => {
    const settings = gcsProvider.settings.parse({ bucket: 'my-bucket', credentials: 'SERVICE_ACCOUNT' });
    const { url } = await open(settings).presign('a b/ö.jpg', { ttlSeconds: 60, signal });
    expect(
      url.startsWith('https://storage.googleapis.com/my-bucket/a%20b/%C3%B6.jpg?X-Goog-Algorithm='),
    ).toBe(true);
  });
});

describe('objects', () => {
  let bucket: string;
  beforeAll(() => {
    bucket = server.createBucket(account).name;
  });

  test('stored packed are read as stored, ranges included', async () => {
    const packed = gzipSync(Buffer.from('{"text":"hello"}'.repeat(100)));
    server.put(bucket, 'packed.json', packed, { contentType: 'application/json', contentEncoding: 'gzip' });
    const store = open(settingsFor(bucket));
    const body = await store.read('packed.json', { signal });
    expect(body).toMatchObject({ length: packed.length, info: { size: packed.length } });
    expect((await buffer(body.stream)).equals(packed)).toBe(true);
    const part = await store.read('packed.json', { range: { start: 2, end: 9 }, signal });
    expect((await buffer(part.stream)).equals(packed.subarray(2, 10))).toBe(true);
  });

  test('that something unpacks on the way are refused, not shifted', async () => {
    const packed = gzipSync(Buffer.from('{"text":"hello"}'.repeat(100)));
    const between = await wireServer((_, response) => {
      response
        .writeHead(200, {
          'x-goog-generation': '1',
          'x-goog-stored-content-length': packed.length,
          'content-length': gunzipSync(packed).length,
        })
        .end(gunzipSync(packed));
    });
    const store = open(settingsFor(bucket, { endpoint: between.url }));
    await expect(store.read('packed.json', { signal })).rejects.toMatchObject({
      code: 'UNEXPECTED_RESPONSE',
    });
    await between.close();
  });

  test('keys that URLs and paths like to bend keep their shape', async () => {
    const own = server.createBucket(account).name;
    const store = open(settingsFor(own));
    const keys = [
      '/leading',
      '//two',
      'a//b',
      'a/ b',
      'a%2Fb',
      'a%252Fb',
      'a+b',
      'a?b#c',
      'tab\tand\u0001more',
      'k'.repeat(1024),
      '~',
      "'!()*",
    ];
    for (const key of keys) server.put(own, key, Buffer.from(key));
    expect((await keysOf(store)).sort()).toEqual([...keys].sort());
    for (const key of keys) {
      expect(await textOf(store, key)).toBe(key);
      const { url } = await store.presign(key, { ttlSeconds: 60, signal });
      expect(await (await fetch(url)).text()).toBe(key);
      expect(gcsProvider.keyOf(settingsFor(own), store.uri(key))).toBe(key);
    }
  });

  test('names that Cloud Storage does not allow are refused before it is asked', async () => {
    const store = open(settingsFor(bucket));
    const before = server.requests.length;
    for (const key of ['line\nbreak', 'line\rbreak', 'k'.repeat(1025), '.well-known/acme-challenge/x']) {
      await expect(write(store, key)).rejects.toMatchObject({ code: 'INVALID_KEY', capability: 'WRITE' });
    }
    expect(server.requests.slice(before).filter(({ url }) => url.startsWith('/upload/'))).toEqual([]);
  });

  test('arrive whole: a wrong checksum is refused by the server, a wrong answer by us', async () => {
    const store = open(settingsFor(bucket));
    await write(store, 'new.json');
    const upload = server.requests.findLast(({ url }) => url.startsWith('/upload/'));
    expect(upload?.body.toString()).toContain('"md5Hash":"mZFLkyvTelC5g8XnyQrpOw=="');

    const lying = await wireServer((_, response) => {
      const resource = { name: 'new.json', size: '2', generation: '1', md5Hash: 'AAAAAAAAAAAAAAAAAAAAAA==' };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(resource));
    });
    const other = open(settingsFor(bucket, { endpoint: lying.url }));
    await expect(write(other, 'new.json')).rejects.toMatchObject({ code: 'UNEXPECTED_RESPONSE' });
    await lying.close();
  });

  test('that have changed are not sent at all', async () => {
    const store = open(settingsFor(bucket));
    const { version } = await write(store, 'changing.json');
    await write(store, 'changing.json', '{"changed":true}');
    const reading = store.read('changing.json', { ifVersion: version ?? '', signal });
    await expect(reading).rejects.toMatchObject({ code: 'OBJECT_CHANGED' });
    expect(server.requests.at(-1)?.url).toContain(`?alt=media&ifGenerationMatch=${version}`);
  });

  test('listings ask for no more than they need, in pages of 1,000', async () => {
    const before = server.requests.length;
    await keysOf(open(settingsFor(bucket, { prefix: 'none' })));
    const listing = server.requests.slice(before).find(({ url }) => url.startsWith('/storage/'));
    expect(Object.fromEntries(new URL(listing!.url, server.url).searchParams)).toEqual({
      prefix: 'none/',
      maxResults: '1000',
      fields: 'kind,nextPageToken,items(name,size,generation,updated,contentType)',
    });
  });

  test('are the same for Google’s own library', async () => {
    const own = server.createBucket(account).name;
    const token = await fetchToken();
    const authorize = (options: { headers?: object }) => ({
      ...options,
      headers: { ...options.headers, authorization: `Bearer ${token}` },
    });
    const sdk = new Storage({
      apiEndpoint: server.url,
      projectId: 'test-project',
      interceptors_: [{ request: authorize as never }],
    });
    const store = open(settingsFor(own));
    await sdk
      .bucket(own)
      .file('by/sdk.txt')
      .save('from the SDK', { resumable: false, contentType: 'text/plain' });
    await write(store, 'by/driver.json', '{"from":"the driver"}');
    expect(await keysOf(store)).toEqual(['by/driver.json', 'by/sdk.txt']);
    expect(await textOf(store, 'by/sdk.txt')).toBe('from the SDK');
    const [files] = await sdk.bucket(own).getFiles({ prefix: 'by/' });
    expect(files.map(({ name }) => name)).toEqual(['by/driver.json', 'by/sdk.txt']);
    const [metadata] = await sdk.bucket(own).file('by/driver.json').getMetadata();
    const head = await store.head('by/driver.json', signal);
    expect([metadata.generation, metadata.contentType]).toEqual([head.version, 'application/json']);
  });
});

/** An access token of the account, as its own assertion buys it. */
async function fetchToken(): Promise<string> {
  const bucket = server.createBucket(account).name;
  await keysOf(open(settingsFor(bucket)));
  const listing = server.requests.findLast(({ url }) => url.includes(bucket));
  return String(listing?.headers.authorization).replace('Bearer ', '');
}
