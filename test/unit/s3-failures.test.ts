import type { ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { ProviderErrorCode } from '../../src/errors.ts';
import { isOfOneObject } from '../../src/providers/errors.ts';
import type { ProviderEnvironment } from '../../src/providers/provider.ts';
import { s3Provider } from '../../src/providers/s3/provider.ts';
import { openStore, type Store } from '../../src/providers/store.ts';
import { createOutboundGuard } from '../../src/security/outbound.ts';
import { type Recorded, type WireServer, wireServer } from '../servers/s3-wire.ts';
import { testEnvironment } from '../support/environment.ts';

/**
 * What S3 answers where no test server does: other regions, archives, overload, broken proxies. The bodies
 * have the form of "REST error responses" in the Amazon S3 API Reference.
 */

const signal = new AbortController().signal;
const canary = 'CANARY-from-the-answer';
const servers: WireServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function serve(answer: (request: Recorded, response: ServerResponse) => void): Promise<WireServer> {
  const server = await wireServer(answer);
  servers.push(server);
  return server;
}

function open(
  endpoint: string,
  settings: object = {},
  environment: Partial<ProviderEnvironment> = {},
  requestTimeoutMs = 10_000,
): Store {
  const keys = { credentials: 'ACCESS_KEY', accessKeyId: 'AKIAIOSFODNN7EXAMPLE' };
  const parsed = s3Provider.settings.parse({ bucket: 'bucket', endpoint, ...keys, ...settings });
  const secrets = { secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' };
  return openStore(s3Provider, parsed, secrets, testEnvironment(environment), {
    attempts: 1,
    requestTimeoutMs,
  });
}

const list = (store: Store) => store.list({ recursive: true, signal })[Symbol.asyncIterator]().next();

function errorDocument(code: string, more = ''): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${canary}</Message>${more}<RequestId>1</RequestId></Error>`;
}

interface Shown {
  code: ProviderErrorCode;
  message: string;
  hint: string;
  retryAfterMs: number | undefined;
}

/** The error of a listing, proven to hold nothing of the answer. */
async function failureOf(promise: Promise<unknown>): Promise<Shown> {
  const error = await promise.then(
    () => expect.fail('It succeeded, and should have failed.'),
    (reason: unknown) => reason as Error & Shown,
  );
  expect([error.message, error.hint, error.stack].join('\n')).not.toContain(canary);
  return error;
}

describe('S3 says why', () => {
  const answers: [status: number, s3Code: string, expected: ProviderErrorCode][] = [
    [403, 'SignatureDoesNotMatch', 'WRONG_CREDENTIALS'],
    [403, 'InvalidAccessKeyId', 'WRONG_CREDENTIALS'],
    [400, 'InvalidToken', 'WRONG_CREDENTIALS'],
    [403, 'RequestTimeTooSkewed', 'WRONG_CREDENTIALS'],
    [400, 'ExpiredToken', 'CREDENTIALS_EXPIRED'],
    [400, 'TokenRefreshRequired', 'CREDENTIALS_EXPIRED'],
    [403, 'AccessDenied', 'FORBIDDEN'],
    [403, 'AllAccessDisabled', 'FORBIDDEN'],
    [400, 'KMS.DisabledException', 'FORBIDDEN'],
    [403, 'SomethingNew', 'FORBIDDEN'],
    [404, 'NoSuchBucket', 'CONTAINER_NOT_FOUND'],
    [400, 'InvalidBucketName', 'CONTAINER_NOT_FOUND'],
    [404, 'NoSuchKey', 'OBJECT_NOT_FOUND'],
    [403, 'InvalidObjectState', 'OBJECT_UNREADABLE'],
    [412, 'PreconditionFailed', 'OBJECT_CHANGED'],
    [416, 'InvalidRange', 'RANGE_NOT_SATISFIABLE'],
    [400, 'KeyTooLongError', 'INVALID_KEY'],
    [503, 'SlowDown', 'RATE_LIMITED'],
    [429, 'TooManyRequests', 'RATE_LIMITED'],
    [503, 'SomethingNew', 'RATE_LIMITED'],
    [400, 'RequestTimeout', 'TIMEOUT'],
    [500, 'InternalError', 'UNAVAILABLE'],
    [502, 'SomethingNew', 'UNAVAILABLE'],
    [409, 'OperationAborted', 'UNAVAILABLE'],
    [501, 'NotImplemented', 'UNSUPPORTED'],
    [400, 'IllegalLocationConstraintException', 'WRONG_REGION'],
    [400, 'InvalidArgument', 'UNEXPECTED_RESPONSE'],
  ];
  test.each(answers)('%i %s is %s', async (status, s3Code, expected) => {
    const { url } = await serve((_, response) => response.writeHead(status).end(errorDocument(s3Code)));
    const store = open(url);
    const [capability, asked] = isOfOneObject({ code: expected })
      ? ['READ', store.read('key', { signal })]
      : ['LIST', list(store)];
    expect(await failureOf(asked)).toMatchObject({ code: expected, capability });
  });

  test('clocks that differ are named', async () => {
    const { url } = await serve((_, response) =>
      response.writeHead(403).end(errorDocument('RequestTimeTooSkewed')),
    );
    expect((await failureOf(list(open(url)))).message).toContain('clock');
  });

  test.each([
    ['7', 7_000],
    [new Date(Date.now() - 60_000).toUTCString(), 0],
  ])('Retry-After: %s', async (value, expected) => {
    const { url } = await serve((_, response) => {
      response.writeHead(503, { 'retry-after': value }).end(errorDocument('SlowDown'));
    });
    expect((await failureOf(list(open(url)))).retryAfterMs).toBe(expected);
  });
});

describe('the bucket is in another region', () => {
  const named = { code: 'WRONG_REGION', message: 'The bucket is in region "eu-west-1", not in "us-east-1".' };

  test('301 with the header', async () => {
    const { url } = await serve((_, response) => {
      response.writeHead(301, { 'x-amz-bucket-region': 'eu-west-1' }).end(errorDocument('PermanentRedirect'));
    });
    expect(await failureOf(list(open(url)))).toMatchObject(named);
    expect((await failureOf(list(open(url)))).hint).toContain('"eu-west-1"');
  });

  test('301 to a HEAD, which has no body', async () => {
    const { url } = await serve((_, response) => {
      response.writeHead(301, { 'x-amz-bucket-region': 'eu-west-1' }).end();
    });
    expect(await failureOf(open(url).head('key', signal))).toMatchObject(named);
  });

  test('400 with the region in the document', async () => {
    const { url } = await serve((_, response) => {
      response
        .writeHead(400)
        .end(errorDocument('AuthorizationHeaderMalformed', '<Region>eu-west-1</Region>'));
    });
    expect(await failureOf(list(open(url)))).toMatchObject(named);
    expect(await failureOf(open(url).head('key', signal))).toMatchObject(named);
  });

  test('what does not read like a region is not repeated', async () => {
    const { url } = await serve((_, response) => {
      response
        .writeHead(400)
        .end(errorDocument('AuthorizationHeaderMalformed', `<Region>${canary} </Region>`));
    });
    const message = 'The bucket is not in region "us-east-1".';
    expect(await failureOf(list(open(url)))).toMatchObject({ code: 'WRONG_REGION', message });
  });

  test('307 leads nowhere', async () => {
    const elsewhere = await serve((_, response) => response.end(canary));
    const { url } = await serve((_, response) => {
      response
        .writeHead(307, { location: `${elsewhere.url}/bucket` })
        .end(errorDocument('TemporaryRedirect'));
    });
    expect(await failureOf(list(open(url)))).toMatchObject({ code: 'WRONG_REGION' });
    expect(elsewhere.connections()).toBe(0);
  });

  test('a redirect that is no matter of regions leads nowhere either', async () => {
    const elsewhere = await serve((_, response) => response.end(canary));
    const { url } = await serve((_, response) => {
      response.writeHead(302, { location: `${elsewhere.url}/login` }).end(`<html>${canary}</html>`);
    });
    expect(await failureOf(list(open(url)))).toMatchObject({ code: 'UNEXPECTED_RESPONSE' });
    expect(elsewhere.connections()).toBe(0);
  });
});

describe('what answers is not S3', () => {
  const page = `<!doctype html><html><body><p>${canary}<br></body></html>`;
  const bodies: [name: string, status: number, body: string][] = [
    ['a web page', 200, page],
    ['a web page that is missing', 404, page],
    ['a well-formed page', 200, `<html><body>${canary}</body></html>`],
    ['JSON', 200, `{"message":"${canary}"}`],
    ['nothing', 200, ''],
    ['an empty listing', 200, '<ListBucketResult/>'],
    ['a bad request', 400, page],
  ];
  test.each(bodies)('%s', async (_, status, body) => {
    const { url } = await serve((_, response) => response.writeHead(status).end(body));
    const shown = await failureOf(list(open(url)));
    expect(shown).toMatchObject({ code: 'UNEXPECTED_RESPONSE', retryable: false });
    expect(await failureOf(open(url).authenticate(signal))).toMatchObject({ code: 'UNEXPECTED_RESPONSE' });
  });

  test('half a listing, again and again', async () => {
    const { url } = await serve((_, response) => response.end(`<ListBucketResult><Name>${canary}`));
    expect(await failureOf(list(open(url)))).toMatchObject({ code: 'CONNECTION_LOST', retryable: true });
  });

  test('an endless answer is cut off', async () => {
    let sent = 0;
    const chunk = Buffer.alloc(1024 * 1024, '<a></a>');
    const { url } = await serve((_, response) => {
      const more = () => {
        while (!response.destroyed && response.write(chunk)) sent += chunk.length;
        sent += chunk.length;
      };
      response.on('drain', more);
      more();
    });
    expect(await failureOf(list(open(url)))).toMatchObject({ code: 'UNEXPECTED_RESPONSE' });
    expect(sent).toBeGreaterThan(5 * 1024 * 1024);
    expect(sent).toBeLessThan(50 * 1024 * 1024);
  });

  test('a listing that goes on without saying where', async () => {
    const { url } = await serve((_, response) => {
      response.end('<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>');
    });
    expect(await failureOf(list(open(url)))).toMatchObject({ code: 'UNEXPECTED_RESPONSE' });
  });

  test('a whole object for a range', async () => {
    const { url } = await serve((_, response) => {
      response.writeHead(200, { etag: '"1"', 'content-length': 5 }).end('12345');
    });
    const ranged = open(url).read('key', { range: { start: 2, end: 3 }, signal });
    expect(await failureOf(ranged)).toMatchObject({ code: 'UNEXPECTED_RESPONSE' });
  });

  test('a port that speaks something else', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.end(`-ERR ${canary}\r\n`).resume();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    expect(await failureOf(list(open(`http://127.0.0.1:${port}`)))).toMatchObject({
      code: 'UNEXPECTED_RESPONSE',
    });
    expect(await failureOf(list(open(`https://127.0.0.1:${port}`)))).toMatchObject({ code: 'TLS_FAILURE' });
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('nothing answers', () => {
  test('a closed port', async () => {
    const { url, close } = await wireServer(() => {});
    await close();
    expect(await failureOf(list(open(url)))).toMatchObject({ code: 'CONNECTION_REFUSED' });
  });

  test('a black hole', async () => {
    const { url, requests } = await serve(() => {});
    for (const ask of [
      list,
      (store: Store) => store.head('key', signal),
      (store: Store) => store.authenticate(signal),
    ]) {
      expect(await failureOf(ask(open(url, {}, {}, 300)))).toMatchObject({ code: 'TIMEOUT' });
    }
    expect(requests).toHaveLength(3);
  });

  test('a connection cut within the answer', async () => {
    const { url } = await serve((_, response) => {
      response.writeHead(200, { 'content-length': 1000 });
      response.write('<ListBucketResult>', () => response.destroy());
    });
    expect(await failureOf(list(open(url)))).toMatchObject({ code: 'CONNECTION_LOST', retryable: true });
  });

  test('a caller that gives up is told its own reason', async () => {
    const controller = new AbortController();
    const reason = new Error('not any more');
    const { url } = await serve(() => controller.abort(reason));
    await expect(open(url).head('key', controller.signal)).rejects.toBe(reason);
  });

  test('an address that the guard refuses is not connected to', async () => {
    const server = await serve((_, response) => response.end(canary));
    const outbound = createOutboundGuard({ allow: [] });
    const role = { credentials: 'ROLE', roleArn: 'arn:aws:iam:::role/any', accessKeyId: undefined };
    const env = { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: 'x' };
    for (const settings of [{}, role]) {
      for (const endpoint of [server.url, server.url.replace('127.0.0.1', 'localhost')]) {
        const shown = await failureOf(list(open(endpoint, settings, { outbound, env })));
        expect(shown).toMatchObject({ code: 'ADDRESS_NOT_ALLOWED' });
      }
    }
    expect(server.connections()).toBe(0);
  });
});

describe('STS says why', () => {
  const role = { credentials: 'ROLE', roleArn: 'arn:aws:iam:::role/any', accessKeyId: undefined };
  const env = { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: 'x' };
  const answers: [status: number, stsCode: string, expected: ProviderErrorCode][] = [
    [403, 'AccessDenied', 'WRONG_CREDENTIALS'],
    [403, 'RegionDisabledException', 'WRONG_CREDENTIALS'],
    [403, 'InvalidClientTokenId', 'CREDENTIALS_UNAVAILABLE'],
    [403, 'SignatureDoesNotMatch', 'CREDENTIALS_UNAVAILABLE'],
    [403, 'ExpiredToken', 'CREDENTIALS_UNAVAILABLE'],
    [400, 'Throttling', 'RATE_LIMITED'],
    [503, 'ServiceUnavailable', 'RATE_LIMITED'],
    [500, 'InternalFailure', 'UNAVAILABLE'],
  ];
  test.each(answers)('%i %s is %s', async (status, stsCode, expected) => {
    const { url, requests } = await serve((_, response) => {
      const error = `<Error><Type>Sender</Type><Code>${stsCode}</Code><Message>${canary}</Message></Error>`;
      response.writeHead(status).end(`<ErrorResponse>${error}<RequestId>1</RequestId></ErrorResponse>`);
    });
    const store = open(url, role, { env });
    expect(await failureOf(store.authenticate(signal))).toMatchObject({
      code: expected,
      capability: 'AUTHENTICATE',
    });
    expect(requests.map(({ method }) => method)).toEqual(['POST']);
  });

  test('an endpoint without STS', async () => {
    const { url } = await serve((_, response) => response.end(`<html>${canary}</html>`));
    const shown = await failureOf(list(open(url, role, { env })));
    expect(shown).toMatchObject({ code: 'UNEXPECTED_RESPONSE' });
    expect(shown.message).toContain('STS');
  });
});

test('no default credentials anywhere', async () => {
  const { url, requests } = await serve(() => {});
  // The SDK's chain reads the environment of the process: no files, no metadata address.
  const nowhere = '/nonexistent/longshore';
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', nowhere);
  vi.stubEnv('AWS_CONFIG_FILE', nowhere);
  try {
    for (const credentials of [
      { credentials: 'DEFAULT' },
      { credentials: 'ROLE', roleArn: 'arn:aws:iam:::role/any' },
    ]) {
      const store = open(url, { accessKeyId: undefined, ...credentials });
      expect(await failureOf(list(store))).toMatchObject({ code: 'CREDENTIALS_UNAVAILABLE' });
    }
    const store = open(url, { accessKeyId: undefined, credentials: 'DEFAULT' });
    const signing = store.presign('key', { ttlSeconds: 60, signal });
    expect(await failureOf(signing)).toMatchObject({ code: 'CREDENTIALS_UNAVAILABLE' });
  } finally {
    vi.unstubAllEnvs();
  }
  expect(requests).toEqual([]);
});

describe('Ceph that asks its STS first refuses wrong signatures as if it were a matter of rights', () => {
  const ceph = { 'x-amz-request-id': 'tx00000ed982d1f8d17ef73-006b0162f3-100a-default' };
  const empty = '<ListAllMyBucketsResult><Buckets></Buckets></ListAllMyBucketsResult>';

  test('nobody: may not even list buckets of his own', async () => {
    const { url } = await serve((_, response) =>
      response.writeHead(403, ceph).end(errorDocument('AccessDenied')),
    );
    expect(await failureOf(open(url).authenticate(signal))).toMatchObject({ code: 'WRONG_CREDENTIALS' });
  });

  test('somebody: may', async () => {
    const { url } = await serve((request, response) => {
      if (request.url.startsWith('/bucket')) response.writeHead(403, ceph).end(errorDocument('AccessDenied'));
      else response.writeHead(200, ceph).end(empty);
    });
    await open(url).authenticate(signal);
  });

  test('elsewhere the refusal shows good credentials', async () => {
    const { url, requests } = await serve((_, response) =>
      response.writeHead(403).end(errorDocument('AccessDenied')),
    );
    await open(url).authenticate(signal);
    expect(requests).toHaveLength(1);
  });
});

test('a copy is made only of the version that was looked at', async () => {
  const { url, requests } = await serve((_, response) =>
    response.writeHead(412).end(errorDocument('PreconditionFailed')),
  );
  const store = open(url);
  const info = { key: 'a ü.jpg', size: 1, version: 'f00', modifiedAt: null };
  expect(await store.copy('b.jpg', { store, info }, signal)).toBeUndefined();
  expect(
    requests.map(({ headers }) => [headers['x-amz-copy-source'], headers['x-amz-copy-source-if-match']]),
  ).toEqual([['bucket/a%20%C3%BC.jpg', 'f00']]);
});

test('who may write in parts need not be allowed to look', async () => {
  const { url } = await serve(({ method, url }, response) => {
    if (method === 'HEAD') response.writeHead(403).end();
    else if (method === 'PUT') response.writeHead(200, { etag: '"part"' }).end();
    else if (url.includes('uploadId')) {
      response.end('<CompleteMultipartUploadResult><ETag>"f00-1"</ETag></CompleteMultipartUploadResult>');
    } else
      response.end('<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>');
  });
  const body = Readable.from([Buffer.from('{}')], { objectMode: false });
  const written = open(url).writeStream('1.mp4', body, { contentType: 'video/mp4', size: 2, signal });
  expect(await written).toMatchObject({ key: '1.mp4', size: 2, version: 'f00-1' });
});

describe('server-side encryption', () => {
  const encryptions: [name: string, settings: object, headers: Record<string, string>][] = [
    ['none', {}, {}],
    ['AES256', { encryption: { type: 'AES256' } }, { 'x-amz-server-side-encryption': 'AES256' }],
    [
      'KMS',
      { encryption: { type: 'KMS', keyId: 'alias/exports' } },
      {
        'x-amz-server-side-encryption': 'aws:kms',
        'x-amz-server-side-encryption-aws-kms-key-id': 'alias/exports',
      },
    ],
  ];
  test.each(encryptions)('%s', async (_, settings, expected) => {
    const { url, requests } = await serve(({ headers }, response) => {
      const name = 'x-amz-server-side-encryption';
      const said = headers[name] === undefined ? {} : { [name]: headers[name] };
      response.writeHead(200, { etag: '"1"', ...said }).end();
    });
    const body = Buffer.from('{"a":1}');
    const store = open(url, settings);
    const written = await store.write('folder/1.json', body, { contentType: 'application/json', signal });
    expect(written).toMatchObject({ key: 'folder/1.json', size: 7, version: '1' });
    const [request] = requests;
    expect(request).toMatchObject({ method: 'PUT', body, headers: { 'content-type': 'application/json' } });
    const sent = Object.entries(request?.headers ?? {}).filter(([name]) => name.includes('encryption'));
    expect(Object.fromEntries(sent)).toEqual(expected);
  });

  const wanted = encryptions.slice(1);
  const write = (store: Store) =>
    store.write('1.json', Buffer.from('{}'), { contentType: 'application/json', signal });

  test.each(wanted)('%s, taken without a word of it', async (name, settings) => {
    const { url } = await serve((_, response) => response.writeHead(200, { etag: '"1"' }).end());
    const error = await failureOf(write(open(url, settings)));
    expect(error).toMatchObject({ code: 'UNSUPPORTED', message: expect.stringContaining('encryption') });
    expect(error.message).toContain(name);
  });

  test.each(wanted)(
    '%s, not a word of it when an upload in parts begins: no byte is sent',
    async (name, settings) => {
      const began = '<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>';
      const { url, requests } = await serve((_, response) =>
        response.writeHead(200, { etag: '"1"' }).end(began),
      );
      const body = Readable.from([Buffer.from('{}')], { objectMode: false });
      const sent = open(url, settings).writeStream('1.mp4', body, {
        contentType: 'video/mp4',
        size: 2,
        signal,
      });
      const error = await failureOf(sent);
      expect(error).toMatchObject({ code: 'UNSUPPORTED', message: expect.stringContaining(name) });
      expect(requests.map(({ method }) => method)).toEqual(['POST', 'DELETE']);
      expect(requests[0]!.headers).toMatchObject(encryptions.find(([one]) => one === name)![2]);
    },
  );

  test.each(wanted)(
    '%s, not a word of it when an object is copied: it counts for nothing',
    async (_, settings) => {
      const copied = '<CopyObjectResult><ETag>"1"</ETag></CopyObjectResult>';
      let says: object = {};
      const { url } = await serve((_, response) => response.writeHead(200, { ...says }).end(copied));
      const store = open(url, settings);
      const info = { key: 'a.jpg', size: 1, version: '1', modifiedAt: null };
      expect(await store.copy('b.jpg', { store, info }, signal)).toBeUndefined();
      says = {
        'x-amz-server-side-encryption': encryptions.find(([, one]) => one === settings)![2][
          'x-amz-server-side-encryption'
        ],
      };
      expect(await store.copy('b.jpg', { store, info }, signal)).toMatchObject({
        key: 'b.jpg',
        version: '1',
      });
    },
  );

  test.each([
    [501, 'NotImplemented'],
    [400, 'InvalidArgument'],
    [400, 'InvalidEncryptionAlgorithmError'],
    [400, 'ServerSideEncryptionConfigurationNotFoundError'],
  ])('refused with %i %s', async (status, code) => {
    const { url } = await serve((_, response) => response.writeHead(status).end(errorDocument(code)));
    for (const [, settings] of wanted) {
      const error = await failureOf(write(open(url, settings)));
      expect(error).toMatchObject({ code: 'UNSUPPORTED', message: expect.stringContaining('encryption') });
    }
    const { message } = await failureOf(write(open(url)));
    expect(message).not.toContain('encryption');
  });

  test('a denial of the key names the key', async () => {
    const sentence = 'User: x is not authorized to perform: kms:GenerateDataKey on resource: y';
    const document = errorDocument('AccessDenied').replace(canary, sentence);
    const { url } = await serve((_, response) => response.writeHead(403).end(document));
    for (const ask of [write, (store: Store) => store.read('key', { signal })]) {
      const error = await failureOf(ask(open(url)));
      expect(error).toMatchObject({ code: 'FORBIDDEN', message: expect.stringContaining('KMS') });
      expect(error.hint).toContain('kms:');
      expect(error.message).not.toContain('authorized');
    }
  });

  test('an object under a key that only its writer has', async () => {
    const sentence = 'The object was stored using a form of Server Side Encryption.';
    const document = errorDocument('InvalidRequest').replace(canary, sentence);
    const { url } = await serve((_, response) => response.writeHead(400).end(document));
    const error = await failureOf(open(url).read('key', { signal }));
    expect(error).toMatchObject({ code: 'OBJECT_UNREADABLE', message: expect.stringContaining('SSE-C') });
  });
});
