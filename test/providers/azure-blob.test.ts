import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import {
  AccountSASPermissions,
  AccountSASResourceTypes,
  BlobServiceClient,
  type ContainerClient,
  ContainerSASPermissions,
  generateAccountSASQueryParameters,
  generateBlobSASQueryParameters,
  SASProtocol,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { AzureBlobSecrets, AzureBlobSettings } from '../../src/providers/azure-blob/config.ts';
import { azureBlobProvider } from '../../src/providers/azure-blob/provider.ts';
import type { ProviderEnvironment } from '../../src/providers/provider.ts';
import { openStore, type Store } from '../../src/providers/store.ts';
import { createOutboundGuard } from '../../src/security/outbound.ts';
import { trustCertificate } from '../servers/azurite.ts';
import { startEntra } from '../servers/entra.ts';
import { serverOf } from '../servers/servers.ts';
import { testEnvironment } from '../support/environment.ts';
import { until } from '../support/until.ts';
import { conformance, type Harness, optional, skipping } from './conformance.ts';

const server = await serverOf('azurite');
await trustCertificate(server);
const entra = await startEntra(server);
afterAll(() => entra.close());

const { accountName, accountKey } = server;
const sharedKey = new StorageSharedKeyCredential(accountName, accountKey);
const signal = new AbortController().signal;
const hour = 3_600_000;
const inAnHour = () => new Date(Date.now() + hour);

/** Sets this process's clock ahead. */
const later = (milliseconds: number) =>
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + milliseconds });
afterEach(() => {
  vi.useRealTimers();
});

/** A new container, made with the account's key, whatever the storage itself has. */
async function createContainer(endpoint = server.endpoint): Promise<ContainerClient> {
  const container = new BlobServiceClient(endpoint, sharedKey).getContainerClient(`c-${randomUUID()}`);
  await container.create();
  return container;
}

async function put(container: ContainerClient, key: string, body: Uint8Array | string): Promise<void> {
  const bytes = Buffer.from(body);
  await container.getBlockBlobClient(key).upload(bytes, bytes.length);
}

function open(
  settings: object,
  secrets: AzureBlobSecrets,
  environment: ProviderEnvironment = testEnvironment(),
): Store {
  const parsed = azureBlobProvider.settings.parse({ endpoint: server.endpoint, ...settings });
  return openStore(azureBlobProvider, parsed, secrets, environment, { attempts: 1 });
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

const write = (store: Store, key: string) =>
  store.write(key, Buffer.from('{}'), { contentType: 'application/json', signal });

function accountSas(permissions: string): string {
  const values = {
    version: '2025-11-05',
    permissions: AccountSASPermissions.parse(permissions),
    services: 'b',
    resourceTypes: AccountSASResourceTypes.parse('co').toString(),
    protocol: SASProtocol.HttpsAndHttp,
    expiresOn: inAnHour(),
  };
  return generateAccountSASQueryParameters(values, sharedKey).toString();
}

function containerSas(
  { containerName }: ContainerClient,
  permissions: string,
  expiresOn = inAnHour(),
): string {
  const values = {
    version: '2025-11-05',
    containerName,
    permissions: ContainerSASPermissions.parse(permissions),
    expiresOn,
  };
  return generateBlobSASQueryParameters(values, sharedKey).toString();
}

const tampered = (sas: string) => sas.replace(/sig=(.)/, (_, first) => `sig=${first === 'A' ? 'B' : 'A'}`);

type AzureHarness = Harness<AzureBlobSettings, AzureBlobSecrets>;

function harness(
  endpoint: string,
  access: { settings: object; secrets: AzureBlobSecrets; wrongSecrets: AzureBlobSecrets },
  skips: AzureHarness['skips'] = {},
): AzureHarness {
  return {
    provider: azureBlobProvider,
    async open({ prefix }) {
      const container = await createContainer(endpoint);
      const settingsFor = (name: string) =>
        azureBlobProvider.settings.parse({ container: name, prefix, endpoint, ...access.settings });
      return {
        settings: settingsFor(container.containerName),
        secrets: access.secrets,
        environment: testEnvironment(),
        put: (key, body) => put(container, key, body),
        wrongSecrets: access.wrongSecrets,
        missingContainer: settingsFor(`missing-${randomUUID()}`),
        close: async () => void (await container.delete()),
      };
    },
    skips: {
      'list: begins behind a key':
        'Azure sorts by UTF-16 code units, with a hierarchical namespace by folders first: not by UTF-8',
      'read: key with line breaks and control characters': 'Azure has no control characters in blob names',
      ...skipping(
        optional.copy,
        'a copy from another container needs its URL signed: bytes go through the service',
      ),
      ...skips,
    },
  };
}

conformance(
  'Azure (account key)',
  harness(server.endpoint, {
    settings: { credentials: 'ACCOUNT_KEY' },
    secrets: { accountKey },
    wrongSecrets: { accountKey: randomBytes(64).toString('base64') },
  }),
);

const principal = {
  credentials: 'SERVICE_PRINCIPAL',
  tenantId: entra.tenantId,
  clientId: entra.clientId,
  authorityHost: entra.authorityHost,
};

conformance(
  'Azure (service principal)',
  harness(server.tlsEndpoint, {
    settings: principal,
    secrets: { clientSecret: entra.clientSecret },
    wrongSecrets: { clientSecret: 'not-the-secret-of-this-application' },
  }),
);

const sas = accountSas('rwdlc');
const noUrl = 'a SAS token signs nothing; handing it out itself would open the whole container';
conformance('Azure (SAS)', {
  ...harness(
    server.endpoint,
    {
      settings: { credentials: 'SAS' },
      secrets: { sasToken: sas },
      wrongSecrets: { sasToken: tampered(sas) },
    },
    {
      'presign: GET gives the bytes': noUrl,
      'presign: ranged GET gives the part': noUrl,
      'presign: odd keys': noUrl,
      'presign: expired URL is refused': noUrl,
      'presign: tampered URL is refused': noUrl,
      'presign: PUT and DELETE are refused': noUrl,
      'presign: another key is refused': noUrl,
    },
  ),
  provider: {
    ...azureBlobProvider,
    capabilities: { ...azureBlobProvider.capabilities, presign: false },
  },
});

test('blobs with so much metadata that their pages are long: all are listed, once', async () => {
  const container = await createContainer();
  const names = Array.from({ length: 330 }, (_, index) => `photo-${String(index).padStart(4, '0')}.jpg`);
  const metadata = { note: 'x'.repeat(7_500) };
  await Promise.all(names.map((name) => container.getBlockBlobClient(name).upload('x', 1, { metadata })));
  const settings = { container: container.containerName, credentials: 'ACCOUNT_KEY', accountName };
  expect((await keysOf(open(settings, { accountKey }))).sort()).toEqual(names);
});

describe('SAS tokens', () => {
  let container: ContainerClient;
  beforeAll(async () => {
    container = await createContainer();
    await put(container, 'object.txt', 'content');
  });
  afterAll(async () => void (await container.delete()));

  const openSas = (sasToken: string) =>
    open({ container: container.containerName, credentials: 'SAS' }, { sasToken });
  const forbidden = (capability: string, permission: string) => ({
    code: 'FORBIDDEN',
    capability,
    retryable: false,
    message: expect.stringContaining(`lacks the permission "${permission}"`),
    hint: expect.stringContaining(`"${permission}"`),
  });

  test('to list only: lists, and each refusal names the permission that lacks', async () => {
    const store = openSas(containerSas(container, 'l'));
    await store.authenticate(signal);
    expect(await keysOf(store)).toEqual(['object.txt']);
    await expect(store.read('object.txt', { signal })).rejects.toMatchObject(forbidden('READ', 'r'));
    await expect(store.head('object.txt', signal)).rejects.toMatchObject(forbidden('READ', 'r'));
    await expect(write(store, 'new.json')).rejects.toMatchObject(forbidden('WRITE', 'w'));
    await expect(store.remove('object.txt', signal)).rejects.toMatchObject(forbidden('DELETE', 'd'));
    expect(await keysOf(store)).toEqual(['object.txt']);
  });

  test('to write only: authenticates, writes, overwrites, and does not list', async () => {
    const store = openSas(containerSas(container, 'cw'));
    await store.authenticate(signal);
    await write(store, 'written.json');
    await write(store, 'written.json');
    await expect(keysOf(store)).rejects.toMatchObject(forbidden('LIST', 'l'));
    await container.deleteBlob('written.json');
  });

  test('expired: says so, for every verb', async () => {
    const store = openSas(containerSas(container, 'rwdl', new Date(Date.now() - 5_000)));
    const expired = { code: 'CREDENTIALS_EXPIRED', message: 'The SAS token has expired.', retryable: false };
    await expect(store.authenticate(signal)).rejects.toMatchObject(expired);
    await expect(keysOf(store)).rejects.toMatchObject(expired);
    await expect(store.head('object.txt', signal)).rejects.toMatchObject(expired);
    await expect(store.read('object.txt', { signal })).rejects.toMatchObject(expired);
  });

  test('tampered, or of another container: wrong credentials, HEAD included', async () => {
    const other = await createContainer();
    const good = containerSas(container, 'rl');
    for (const bad of [tampered(good), good.replace('sp=rl', 'sp=rwdl'), containerSas(other, 'rl')]) {
      const store = openSas(bad);
      await expect(store.authenticate(signal)).rejects.toMatchObject({ code: 'WRONG_CREDENTIALS' });
      await expect(store.head('object.txt', signal)).rejects.toMatchObject({ code: 'WRONG_CREDENTIALS' });
    }
    await other.delete();
  });

  test('sign no URLs, and say why', async () => {
    const store = openSas(containerSas(container, 'rl'));
    await expect(store.presign('object.txt', { ttlSeconds: 60, signal })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      capability: 'SIGN',
      message: expect.stringContaining('SAS token'),
    });
  });
});

describe('credentials of the environment', () => {
  const env = { AZURE_BLOB_ACCOUNT_NAME: accountName, AZURE_BLOB_ACCOUNT_KEY: accountKey };

  test('are those of the service', async () => {
    const container = await createContainer();
    await put(container, 'object.txt', 'content');
    const settings = { container: container.containerName, credentials: 'ENVIRONMENT' };
    const store = open(settings, {}, testEnvironment({ env }));
    expect(await keysOf(store)).toEqual(['object.txt']);
    const { url } = await store.presign('object.txt', { ttlSeconds: 60, signal });
    expect(await (await fetch(url)).text()).toBe('content');
    await container.delete();
  });

  test.each([
    ['are missing', {}],
    ['lack the key', { AZURE_BLOB_ACCOUNT_NAME: accountName }],
    ['lack the name', { AZURE_BLOB_ACCOUNT_KEY: accountKey }],
    ['have an empty key', { ...env, AZURE_BLOB_ACCOUNT_KEY: ' ' }],
    ['are of another account', { ...env, AZURE_BLOB_ACCOUNT_NAME: 'anotheraccount' }],
  ])('%s', (_, env) => {
    const names = expect.stringMatching(/AZURE_BLOB_ACCOUNT_NAME and AZURE_BLOB_ACCOUNT_KEY/);
    const unavailable = { code: 'CREDENTIALS_UNAVAILABLE', retryable: false, hint: names };
    const settings = { container: 'container', credentials: 'ENVIRONMENT' };
    expect(() => open(settings, {}, testEnvironment({ env }))).toThrow(expect.objectContaining(unavailable));
  });
});

describe('service principal', () => {
  let container: ContainerClient;
  beforeAll(async () => {
    container = await createContainer(server.tlsEndpoint);
    await put(container, 'folder/öbject+1.txt', 'content');
  });
  afterAll(async () => void (await container.delete()));

  const openPrincipal = (
    settings: object = {},
    clientSecret = entra.clientSecret,
    environment = testEnvironment(),
  ) => {
    const place = { container: container.containerName, endpoint: server.tlsEndpoint };
    return open({ ...place, ...principal, ...settings }, { clientSecret }, environment);
  };

  test('asks for one token, however many requests wait for it', async () => {
    const store = openPrincipal();
    const before = entra.requests.length;
    await Promise.all(Array.from({ length: 10 }, () => keysOf(store)));
    await textOf(store, 'folder/öbject+1.txt');
    await store.presign('folder/öbject+1.txt', { ttlSeconds: 60, signal });
    expect(entra.requests.slice(before)).toEqual([`/${entra.tenantId}/oauth2/v2.0/token`]);
  });

  test('renews its token before the end', async () => {
    const before = entra.requests.length;
    entra.lifetime = 1;
    try {
      const store = openPrincipal();
      await keysOf(store);
      later(1_100);
      expect(await keysOf(store)).toEqual(['folder/öbject+1.txt']);
      expect(entra.requests.length - before).toBeGreaterThan(1);
    } finally {
      entra.lifetime = 3600;
    }
  });

  test('signs with a key that is kept, as long as was asked for', async () => {
    const store = openPrincipal();
    const sign = (ttlSeconds: number) => store.presign('folder/öbject+1.txt', { ttlSeconds, signal });
    const keyOf = (url: string) => new URL(url).searchParams.get('ske');
    const first = await sign(60);
    // A key that was asked for now would end a second later.
    later(1_100);
    expect(keyOf((await sign(900)).url)).toBe(keyOf(first.url));
    const week = await sign(7 * 24 * 3600);
    expect(week.expiresAt.getTime() - Date.now()).toBeGreaterThan(6.9 * 24 * hour);
    expect(keyOf((await sign(900)).url)).toBe(keyOf(week.url));
    const answer = await fetch(week.url);
    expect([answer.status, await answer.text()]).toEqual([200, 'content']);
    expect(new URL(first.url).searchParams.get('spr')).toBe('https');
    expect(new URL(first.url).searchParams.get('sp')).toBe('r');
  });

  const refusals: [what: string, settings: object, secret: string, code: string, message: RegExp][] = [
    ['client secret', {}, 'another-secret-entirely', 'WRONG_CREDENTIALS', /client secret/],
    ['expired secret', {}, entra.expiredClientSecret, 'CREDENTIALS_EXPIRED', /secret has expired/],
    ['client id', { clientId: randomUUID() }, entra.clientSecret, 'WRONG_CREDENTIALS', /client id/],
    ['tenant', { tenantId: randomUUID() }, entra.clientSecret, 'WRONG_CREDENTIALS', /no such tenant/],
  ];
  test.each(refusals)(
    'wrong %s: named, and nothing of the answer shown',
    async (_, settings, secret, code, message) => {
      const store = openPrincipal(settings, secret);
      const error = await store.authenticate(signal).catch((error: Error & { hint: string }) => error);
      expect(error).toMatchObject({
        code,
        message: expect.stringMatching(message),
        capability: 'AUTHENTICATE',
      });
      expect(JSON.stringify([error?.message, error?.hint, error?.stack])).not.toMatch(/AADSTS|Trace ID/);
      expect(JSON.stringify([error?.message, error?.hint, error?.stack])).not.toContain(secret);
      await expect(store.presign('x', { ttlSeconds: 60, signal })).rejects.toMatchObject({ code });
    },
  );

  test('an authority host that the guard refuses hears nothing', async () => {
    const canary = createServer();
    let connections = 0;
    canary.on('connection', (socket) => {
      connections++;
      socket.destroy();
    });
    await once(canary.listen(0, '127.0.0.1'), 'listening');
    const { port } = canary.address() as { port: number };
    const outbound = createOutboundGuard({ allow: [new URL(server.tlsEndpoint).host] });
    for (const host of [
      `127.0.0.1:${port}`,
      `localhost:${port}`,
      `[::ffff:127.0.0.1]:${port}`,
      `2130706433:${port}`,
    ]) {
      const store = openPrincipal(
        { authorityHost: `https://${host}` },
        entra.clientSecret,
        testEnvironment({ outbound }),
      );
      const refused = { code: 'ADDRESS_NOT_ALLOWED', retryable: false };
      await expect(store.authenticate(signal), host).rejects.toMatchObject(refused);
      await expect(store.presign('x', { ttlSeconds: 60, signal })).rejects.toMatchObject(refused);
    }
    expect(connections).toBe(0);
    canary.close();
  });

  test('an authority host that is not Microsoft Entra', async () => {
    const wrong = openPrincipal({ authorityHost: new URL(server.tlsEndpoint).origin });
    await expect(wrong.authenticate(signal)).rejects.toMatchObject({
      code: 'UNEXPECTED_RESPONSE',
      message: expect.stringContaining('Microsoft Entra'),
    });
    const closed = openPrincipal({ authorityHost: 'https://127.0.0.1:1' });
    await expect(closed.authenticate(signal)).rejects.toMatchObject({
      code: 'CONNECTION_REFUSED',
      message: expect.stringContaining('https://127.0.0.1:1'),
    });
  });
});

test('an account named by the host, as at Azure itself', async () => {
  const container = await createContainer();
  await put(container, 'a folder/öbject+1.txt', 'content');
  const name = `${accountName}.blob.storage.test`;
  const outbound = createOutboundGuard({
    allow: ['127.0.0.1'],
    resolve: async () => [{ address: '127.0.0.1', family: 4 }],
  });
  const endpoint = `http://${name}:${new URL(server.endpoint).port}`;
  const settings = { container: container.containerName, endpoint, accountName, credentials: 'ACCOUNT_KEY' };
  const store = open(settings, { accountKey }, testEnvironment({ outbound }));
  expect(await keysOf(store)).toEqual(['a folder/öbject+1.txt']);
  expect(await textOf(store, 'a folder/öbject+1.txt')).toBe('content');
  const { url } = await store.presign('a folder/öbject+1.txt', { ttlSeconds: 60, signal });
  expect(url.startsWith(`${endpoint}/${container.containerName}/a%20folder/%C3%B6bject%2B1.txt?`)).toBe(true);
  expect(await (await outbound.fetch(url)).text()).toBe('content');
  await container.delete();
});

test('folders as Data Lake and Hadoop mark them are left out', async () => {
  const container = await createContainer();
  const store = open({ container: container.containerName, credentials: 'ACCOUNT_KEY' }, { accountKey });
  await container.getBlockBlobClient('folder').upload('', 0, { metadata: { hdi_isfolder: 'true' } });
  await container.getBlockBlobClient('not a folder').upload('x', 1, { metadata: { hdi_isfolder: 'true' } });
  await put(container, 'folder/object', 'content');
  await put(container, 'empty', '');
  expect(await keysOf(store)).toEqual(['empty', 'folder/object', 'not a folder']);
  await container.delete();
});

test('keys that URLs and paths like to bend keep their shape', async () => {
  const container = await createContainer();
  const settings = { container: container.containerName, credentials: 'ACCOUNT_KEY' };
  const store = open(settings, { accountKey });
  const keys = [
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
    'a/...b',
    'sig=1&se=2',
  ];
  for (const key of keys) await put(container, key, key);
  expect((await keysOf(store)).sort()).toEqual([...keys].sort());
  for (const key of keys) {
    expect(await textOf(store, key)).toBe(key);
    const { url } = await store.presign(key, { ttlSeconds: 60, signal });
    expect(await (await fetch(url)).text()).toBe(key);
    expect(store.keyOf(store.uri(key))).toBe(key);
  }
  await container.delete();
});

test('uploads of one blob that overlap mix nothing', async () => {
  const container = await createContainer();
  const store = open({ container: container.containerName, credentials: 'ACCOUNT_KEY' }, { accountKey });
  const size = 33 << 20;
  const about = { contentType: 'video/mp4', size, signal };
  const goOn = Promise.withResolvers<void>();
  async function* slow() {
    yield Buffer.alloc(17 << 20, 'a');
    await goOn.promise;
    yield Buffer.alloc(16 << 20, 'a');
  }
  const first = store.writeStream('x', Readable.from(slow(), { objectMode: false }), about).then(
    () => 'a',
    () => 'b',
  );
  const blob = container.getBlockBlobClient('x');
  const blocks = async () => (await blob.getBlockList('uncommitted')).uncommittedBlocks?.length;
  await until(() => blocks().catch(() => 0)).toBe(1);
  await store.writeStream('x', Readable.from([Buffer.alloc(size, 'b')], { objectMode: false }), about);
  goOn.resolve();
  // Either it replaces the other one as a whole, or it fails.
  const expected = Buffer.alloc(size, await first);
  const found = await blob.downloadToBuffer();
  expect(found.equals(expected)).toBe(true);
  await container.delete();
});
