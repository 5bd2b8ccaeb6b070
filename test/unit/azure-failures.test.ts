import type { ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from 'vitest';
import type { ProviderErrorCode } from '../../src/errors.ts';
import { azureBlobProvider } from '../../src/providers/azure-blob/provider.ts';
import { isOfOneObject } from '../../src/providers/errors.ts';
import type { ProviderEnvironment } from '../../src/providers/provider.ts';
import { openStore, type Store } from '../../src/providers/store.ts';
import { createOutboundGuard } from '../../src/security/outbound.ts';
import { type Recorded, type WireServer, wireServer } from '../servers/s3-wire.ts';
import { testEnvironment } from '../support/environment.ts';

/**
 * What Azure answers where Azurite does not: firewalls, archives, overload, broken proxies. The bodies have
 * the form of "Status and error codes" (Azure Storage REST API).
 */

const signal = new AbortController().signal;
const canary = 'CANARY-from-the-answer';
const key = Buffer.alloc(64, 'key').toString('base64');
const servers: WireServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function serve(answer: (request: Recorded, response: ServerResponse) => void): Promise<WireServer> {
  const server = await wireServer(answer);
  servers.push(server);
  return server;
}

const refuseWith =
  (status: number, code: string, headers: Record<string, string> = {}) =>
  (_: Recorded, response: ServerResponse) => {
    const message = `${canary}\nRequestId:1\nTime:2026-11-21T00:00:00Z`;
    const body = `\uFEFF<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
    response.writeHead(status, { 'content-type': 'application/xml', 'x-ms-error-code': code, ...headers });
    response.end(body);
  };

function open(
  origin: string,
  {
    environment = {},
    settings = {},
    secrets = { accountKey: key },
    attempts = 1,
    requestTimeoutMs = 10_000,
  }: {
    environment?: Partial<ProviderEnvironment>;
    settings?: object;
    secrets?: object;
    attempts?: number;
    requestTimeoutMs?: number;
  } = {},
): Store {
  const parsed = azureBlobProvider.settings.parse({
    container: 'container',
    endpoint: `${origin}/account1`,
    credentials: 'ACCOUNT_KEY',
    ...settings,
  });
  const options = { attempts, requestTimeoutMs, baseDelayMs: 1 };
  return openStore(azureBlobProvider, parsed, secrets, testEnvironment(environment), options);
}

const list = (store: Store) => store.list({ recursive: true, signal })[Symbol.asyncIterator]().next();
const write = (store: Store) =>
  store.write('key', Buffer.from('{}'), { contentType: 'application/json', signal });

interface Shown {
  code: ProviderErrorCode;
  message: string;
  hint: string;
  retryAfterMs: number | undefined;
}

/** The error, proven to hold nothing of the answer. */
async function failureOf(promise: Promise<unknown>): Promise<Shown> {
  const error = await promise.then(
    () => expect.fail('It succeeded, and should have failed.'),
    (reason: unknown) => reason as Error & Shown,
  );
  expect([error.message, error.hint, error.stack].join('\n')).not.toContain(canary);
  return error;
}

describe('Azure says why', () => {
  const answers: [status: number, azureCode: string, expected: ProviderErrorCode][] = [
    [403, 'AuthenticationFailed', 'WRONG_CREDENTIALS'],
    [401, 'InvalidAuthenticationInfo', 'WRONG_CREDENTIALS'],
    [401, 'NoAuthenticationInformation', 'WRONG_CREDENTIALS'],
    [403, 'KeyBasedAuthenticationNotPermitted', 'WRONG_CREDENTIALS'],
    [403, 'AuthorizationFailure', 'FORBIDDEN'],
    [403, 'AuthorizationPermissionMismatch', 'FORBIDDEN'],
    [403, 'InsufficientAccountPermissions', 'FORBIDDEN'],
    [403, 'AccountIsDisabled', 'FORBIDDEN'],
    [403, 'SomethingNew', 'FORBIDDEN'],
    [404, 'ContainerNotFound', 'CONTAINER_NOT_FOUND'],
    [404, 'ResourceNotFound', 'CONTAINER_NOT_FOUND'],
    [409, 'ContainerBeingDeleted', 'CONTAINER_NOT_FOUND'],
    [400, 'InvalidResourceName', 'CONTAINER_NOT_FOUND'],
    [412, 'ConditionNotMet', 'OBJECT_CHANGED'],
    [416, 'InvalidRange', 'RANGE_NOT_SATISFIABLE'],
    [400, 'OutOfRangeInput', 'INVALID_KEY'],
    [503, 'ServerBusy', 'RATE_LIMITED'],
    [429, 'TooManyRequests', 'RATE_LIMITED'],
    [500, 'OperationTimedOut', 'TIMEOUT'],
    [500, 'InternalError', 'UNAVAILABLE'],
    [502, 'SomethingNew', 'UNAVAILABLE'],
    [400, 'InvalidQueryParameterValue', 'UNEXPECTED_RESPONSE'],
  ];
  test.each(answers)('%i %s is %s', async (status, azureCode, expected) => {
    const { url } = await serve(refuseWith(status, azureCode));
    const store = open(url);
    const [capability, asked] = isOfOneObject({ code: expected })
      ? ['READ', store.read('key', { signal })]
      : ['LIST', list(store)];
    expect(await failureOf(asked)).toMatchObject({ code: expected, capability });
  });

  test('in a header to HEAD', async () => {
    const { url } = await serve((_, response) => {
      response.writeHead(404, { 'x-ms-error-code': 'ContainerNotFound' }).end();
    });
    expect((await failureOf(open(url).head('key', signal))).code).toBe('CONTAINER_NOT_FOUND');
  });

  test.each([
    [409, 'BlobArchived', 'OBJECT_UNREADABLE', 'archive'],
    [409, 'BlobBeingRehydrated', 'OBJECT_UNREADABLE', 'archive'],
  ])('%i %s of a blob is %s', async (status, azureCode, code, word) => {
    const { url } = await serve(refuseWith(status, azureCode));
    const error = await failureOf(open(url).read('key', { signal }));
    expect(error).toMatchObject({ code, message: expect.stringContaining(word) });
  });

  test.each([
    [412, 'LeaseIdMissing', 'leased'],
    [409, 'BlobImmutableDueToPolicy', 'immutability'],
    [403, 'UnauthorizedBlobOverwrite', 'overwrite'],
  ])('%i %s of a written blob is explained', async (status, azureCode, word) => {
    const { url } = await serve(refuseWith(status, azureCode));
    const error = await failureOf(write(open(url)));
    expect(error).toMatchObject({ code: 'FORBIDDEN', message: expect.stringContaining(word) });
  });

  test('snapshots are not deleted along with their blob', async () => {
    const { url, requests } = await serve(refuseWith(409, 'SnapshotsPresent'));
    const error = await failureOf(open(url).remove('key', signal));
    expect(error).toMatchObject({ code: 'FORBIDDEN', message: expect.stringContaining('snapshots') });
    expect(requests[0]?.headers['x-ms-delete-snapshots']).toBeUndefined();
  });

  test('a firewall is named, also for a SAS token that has the permission', async () => {
    const { url } = await serve(refuseWith(403, 'AuthorizationFailure'));
    const sasToken = 'sv=2025-11-05&sr=c&sp=rl&se=2099-01-01T00:00:00Z&sig=c2lnbmF0dXJl';
    const bySas = open(url, { settings: { credentials: 'SAS' }, secrets: { sasToken } });
    for (const store of [open(url), bySas]) expect((await failureOf(list(store))).hint).toContain('firewall');
  });

  test('an API version that the server does not know', async () => {
    const { url } = await serve((_, response) => {
      const body = `<Error><Code>InvalidHeaderValue</Code><Message>${canary}</Message><HeaderName>x-ms-version</HeaderName><HeaderValue>1</HeaderValue></Error>`;
      response.writeHead(400, { 'content-type': 'application/xml' }).end(body);
    });
    const error = await failureOf(list(open(url)));
    expect(error).toMatchObject({ code: 'UNSUPPORTED', message: expect.stringContaining('older versions') });
  });

  test.each([
    ['7', 7_000],
    [new Date(Date.now() - 60_000).toUTCString(), 0],
    ['soon', undefined],
  ])('Retry-After: %s', async (value, expected) => {
    const { url } = await serve(refuseWith(503, 'ServerBusy', { 'retry-after': value }));
    expect((await failureOf(list(open(url)))).retryAfterMs).toBe(expected);
  });

  test('one attempt is one request: the layers alone retry', async () => {
    const { url, requests } = await serve(refuseWith(503, 'ServerBusy'));
    await failureOf(list(open(url)));
    expect(requests).toHaveLength(1);
    await failureOf(list(open(url, { attempts: 3 })));
    expect(requests).toHaveLength(4);
  });
});

describe('what is not Azure', () => {
  const page = `<!doctype html><html><body><h1>${canary}</h1></body></html>`;
  const nonsense: [what: string, status: number, type: string, body: string][] = [
    ['a web page', 200, 'text/html', page],
    ['a web page that was not found', 404, 'text/html', page],
    ['an empty answer', 200, 'application/xml', ''],
    ['no XML', 200, 'application/xml', `${canary} \u0000\u0001`],
    ['half of a document', 200, 'application/xml', `<EnumerationResults><Blobs><Blob><Name>${canary}`],
    [
      'another document',
      200,
      'application/xml',
      `<ListBucketResult><Name>${canary}</Name></ListBucketResult>`,
    ],
    ['JSON', 200, 'application/json', `{"canary":"${canary}"}`],
    [
      'a blob without size',
      200,
      'application/xml',
      `<EnumerationResults><Blobs><Blob><Name>${canary}</Name><Properties><Etag>1</Etag></Properties></Blob></Blobs></EnumerationResults>`,
    ],
  ];
  test.each(nonsense)('%s', async (_, status, type, body) => {
    const { url } = await serve((_, response) => {
      response.writeHead(status, { 'content-type': type }).end(body);
    });
    expect(await failureOf(list(open(url)))).toMatchObject({
      code: 'UNEXPECTED_RESPONSE',
      message: expect.stringContaining('not as Azure Blob Storage does'),
    });
  });

  test('objects without length or version', async () => {
    const { url } = await serve((_, response) => response.writeHead(200).end());
    const store = open(url);
    const answers = [store.head('key', signal), store.read('key', { signal }), write(store)];
    for (const { code } of await Promise.all(answers.map(failureOf)))
      expect(code).toBe('UNEXPECTED_RESPONSE');
  });

  test('a whole object where a part was asked for', async () => {
    const { url } = await serve((_, response) => response.writeHead(200, { etag: '"1"' }).end('0123456789'));
    const range = { start: 2, end: 4 };
    expect((await failureOf(open(url).read('key', { range, signal }))).code).toBe('UNEXPECTED_RESPONSE');
  });

  test('an answer without end is cut off', async () => {
    const chunk = Buffer.alloc(1024 * 1024, ' ');
    const { url } = await serve((_, response) => {
      response.writeHead(200, { 'content-type': 'application/xml' });
      const more = () => {
        while (response.writable && response.write(chunk));
      };
      response.on('drain', more);
      more();
    });
    expect((await failureOf(list(open(url)))).code).toBe('UNEXPECTED_RESPONSE');
  });

  test('entities that multiply are not expanded', async () => {
    const entities = Array.from(
      'bcdefghij',
      (name, i) => `<!ENTITY ${name} "${`&${'abcdefghi'[i]};`.repeat(10)}">`,
    );
    const { url } = await serve((_, response) => {
      const doctype = `<!DOCTYPE x [<!ENTITY a "${canary}">${entities.join('')}]>`;
      const blob = `<Blob><Name>&j;</Name><Properties><Etag>1</Etag><Content-Length>1</Content-Length></Properties></Blob>`;
      response.writeHead(200, { 'content-type': 'application/xml' });
      response.end(`${doctype}<EnumerationResults><Blobs>${blob}</Blobs><NextMarker/></EnumerationResults>`);
    });
    const { value } = await list(open(url));
    expect(value.objects.map(({ key }: { key: string }) => key)).toEqual(['&j;']);
  });

  test('another protocol', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.end(`-ERR ${canary}\r\n`);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    expect((await failureOf(list(open(`http://127.0.0.1:${port}`)))).code).toBe('UNEXPECTED_RESPONSE');
    server.close();
  });
});

describe('the network', () => {
  test('a black hole is a timeout, for every verb', async () => {
    const { url, requests } = await serve(() => {});
    const store = open(url, { requestTimeoutMs: 200 });
    const answers = [
      list(store),
      store.head('key', signal),
      store.read('key', { signal }),
      write(store),
      store.remove('key', signal),
      store.authenticate(signal),
    ];
    for (const { code } of await Promise.all(answers.map(failureOf))) expect(code).toBe('TIMEOUT');
    expect(requests).toHaveLength(answers.length);
  });

  test('nobody listens', async () => {
    const { url, close } = await wireServer(() => {});
    await close();
    expect((await failureOf(list(open(url)))).code).toBe('CONNECTION_REFUSED');
  });

  test('an account that has no host is named', async () => {
    const outbound = createOutboundGuard({
      allow: [],
      resolve: async () => {
        throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
      },
    });
    const settings = { endpoint: undefined, accountName: 'nosuchaccount' };
    const error = await failureOf(list(open('', { settings, environment: { outbound } })));
    expect(error).toMatchObject({ code: 'DNS_FAILURE', message: expect.stringContaining('"nosuchaccount"') });
  });

  test('a connection lost before the answer', async () => {
    const { url } = await serve((_, response) => response.destroy());
    expect((await failureOf(list(open(url)))).code).toBe('CONNECTION_LOST');
  });

  test('a body that breaks off is taken up where it stopped, at the same version', async () => {
    const content = Buffer.from(Array.from({ length: 200_000 }, (_, i) => i % 251));
    const ranges: unknown[] = [];
    const { url } = await serve(({ headers }, response) => {
      const range = /bytes=(\d+)-(\d*)/.exec(String(headers['x-ms-range'] ?? ''));
      ranges.push([headers['x-ms-range'] !== undefined, headers['if-match']]);
      const start = Number(range?.[1] ?? 0);
      const part = content.subarray(start);
      response.writeHead(range ? 206 : 200, {
        etag: '"version-1"',
        'content-length': part.length,
        ...(range && { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` }),
      });
      if (part.length <= 100_000) response.end(part);
      else response.write(part.subarray(0, 80_000), () => setTimeout(() => response.destroy(), 50));
    });
    const body = await open(url, { attempts: 3 }).read('key', { signal });
    expect((await buffer(body.stream)).equals(content)).toBe(true);
    expect(ranges).toEqual([
      [false, undefined],
      [true, '"version-1"'],
      [true, '"version-1"'],
    ]);
  });

  test.each([301, 302, 307, 308])('a redirect by %i is not followed, to anywhere', async (status) => {
    const target = await serve((_, response) => response.end(canary));
    const { url, requests } = await serve((_, response) => {
      const away = requests.length % 2 === 0 ? target.url : `${url}/account1/elsewhere`;
      response.writeHead(status, { location: away }).end(canary);
    });
    const store = open(url);
    const answers = [
      () => list(store),
      () => store.head('key', signal),
      () => store.read('key', { signal }),
      () => write(store),
      () => store.remove('key', signal),
      () => store.authenticate(signal),
    ];
    // Twice each: once to another host, once to another path of the same.
    for (const answer of answers.flatMap((answer) => [answer, answer])) {
      const error = await failureOf(answer());
      expect(error).toMatchObject({
        code: 'UNEXPECTED_RESPONSE',
        message: expect.stringContaining('sent the request on'),
      });
    }
    expect(requests).toHaveLength(2 * answers.length);
    expect(target.connections()).toBe(0);
  });

  test('addresses that the guard refuses hear nothing', async () => {
    const target = await serve((_, response) => response.end(canary));
    const { port } = new URL(target.url);
    const environment = { outbound: createOutboundGuard({ allow: [] }) };
    for (const host of ['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]', '2130706433', '0x7f.1', '0.0.0.0']) {
      const store = open(`http://${host}:${port}`, { environment });
      const answers = [list(store), store.read('key', { signal }), write(store), store.authenticate(signal)];
      for (const { code } of await Promise.all(answers.map(failureOf)))
        expect(code, host).toBe('ADDRESS_NOT_ALLOWED');
    }
    expect(target.connections()).toBe(0);
  });

  test('proxy settings of the environment are not read', async () => {
    const proxy = await serve((_, response) => response.end(canary));
    const { url, requests } = await serve(refuseWith(403, 'AuthorizationPermissionMismatch'));
    const names = ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'];
    const before = names.map((name) => process.env[name]);
    for (const name of names) process.env[name] = proxy.url;
    try {
      await failureOf(list(open(url)));
    } finally {
      names.forEach((name, i) => {
        if (before[i] === undefined) delete process.env[name];
        else process.env[name] = before[i];
      });
    }
    expect(requests).toHaveLength(1);
    expect(proxy.connections()).toBe(0);
  });
});
