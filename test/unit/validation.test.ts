import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Driver } from '../../src/providers/provider.ts';
import { redisProvider } from '../../src/providers/redis/provider.ts';
import { s3Provider } from '../../src/providers/s3/provider.ts';
import type { CapabilityCheck } from '../../src/storages/model.ts';
import type { Candidate } from '../../src/storages/probes/candidate.ts';
import { obstacleIn, validateConnection } from '../../src/storages/probes/validate.ts';
import { type Recorded, type WireServer, wireServer } from '../servers/s3-wire.ts';
import { testEnvironment } from '../support/environment.ts';

/** What validation makes of servers that no test server is like. */

const signal = new AbortController().signal;
const servers: WireServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

type Answer = (request: Recorded, response: ServerResponse) => void;

async function candidateOf(answer: Answer, kind: 'source' | 'target', more = {}): Promise<Candidate> {
  const server = await wireServer(answer);
  servers.push(server);
  const settings = s3Provider.settings.parse({
    bucket: 'bucket',
    endpoint: server.url,
    credentials: 'ACCESS_KEY',
    accessKeyId: 'AKIAEXAMPLE',
    ...more,
  });
  const environment = testEnvironment();
  const connection = { provider: s3Provider, settings, secrets: { secretAccessKey: 'secret' }, environment };
  return kind === 'source'
    ? { ...connection, direction: 'SOURCE', source }
    : { ...connection, direction: 'TARGET', target };
}

const source: NonNullable<Candidate['source']> = {
  filter: null,
  importMethod: 'FILES',
  recursive: true,
  presign: true,
} as never;
const target: NonNullable<Candidate['target']> = { canDeleteObjects: false } as never;

const error = (code: string) =>
  `<?xml version="1.0"?><Error><Code>${code}</Code><Message>m</Message></Error>`;
const listing = (keys: string[]) =>
  `<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated>${keys
    .map((key) => `<Contents><Key>${key}</Key><Size>1</Size><ETag>"1"</ETag></Contents>`)
    .join('')}</ListBucketResult>`;

/** Lists, takes and gives; says nothing of encryption. */
const obliging: Answer = ({ method, url, headers }, response) => {
  const part = headers.range === undefined ? undefined : { 'content-range': 'bytes 0-0/14' };
  if (method === 'GET' && url.includes('list-type')) response.end(listing(['a.jpg']));
  else if (part) response.writeHead(206, { etag: '"1"', ...part, 'content-length': 1 }).end('{');
  else if (method === 'GET') {
    response.writeHead(200, { etag: '"1"', 'content-length': 14 }).end('{"probe":true}');
  } else response.writeHead(200, { etag: '"1"' }).end();
};

const outcomes = (checks: CapabilityCheck[]) =>
  Object.fromEntries(checks.map(({ capability, status, code }) => [capability, code ?? status]));

describe('who asks is proven, or not accepted', () => {
  test('a server that knows no user', async () => {
    const candidate = await candidateOf(
      (_, response) => response.writeHead(404).end(error('XAdminUserNotFound')),
      'source',
    );
    const { ok, checks } = await validateConnection(candidate, signal);
    expect([ok, outcomes(checks)]).toMatchObject([
      false,
      { CONNECT: 'PASSED', AUTHENTICATE: 'WRONG_CREDENTIALS', LIST: 'UNTESTED' },
    ]);
  });

  test.each([
    [404, '<html><body>Not here</body></html>'],
    [403, '<html><body>Blocked</body></html>'],
    [403, error('SomethingNew')],
    [404, error('SomethingNew')],
    [404, error('NoSuchBucket')],
  ])('%i %s to everything proves nothing, and is about no object', async (status, body) => {
    const candidate = await candidateOf((_, response) => response.writeHead(status).end(body), 'source');
    const { ok, checks } = await validateConnection(candidate, signal);
    expect([ok, outcomes(checks)]).toMatchObject([
      false,
      { CONNECT: 'UNEXPECTED_RESPONSE', AUTHENTICATE: 'UNTESTED', LIST: 'UNTESTED' },
    ]);
    expect(checks.map(({ message }) => message).join()).not.toMatch(/object (does|exists)/i);
  });

  test('a bucket that is missing, of somebody who is known', async () => {
    const candidate = await candidateOf(({ url }, response) => {
      if (url.startsWith('/bucket')) response.writeHead(404).end(error('NoSuchBucket'));
      else response.end('<?xml version="1.0"?><ListAllMyBucketsResult/>');
    }, 'source');
    const { checks } = await validateConnection(candidate, signal);
    expect(outcomes(checks)).toMatchObject({ AUTHENTICATE: 'PASSED', LIST: 'CONTAINER_NOT_FOUND' });
  });

  test('a bucket that is missing, of somebody who is not', async () => {
    const candidate = await candidateOf(({ url }, response) => {
      const code = url.startsWith('/bucket') ? 'NoSuchBucket' : 'InvalidAccessKeyId';
      response.writeHead(url.startsWith('/bucket') ? 404 : 403).end(error(code));
    }, 'source');
    const { checks } = await validateConnection(candidate, signal);
    expect(outcomes(checks)).toMatchObject({ CONNECT: 'PASSED', AUTHENTICATE: 'WRONG_CREDENTIALS' });
  });
});

test('encryption that is disregarded fails WRITE by its name, and the probe is removed', async () => {
  const methods: string[] = [];
  const candidate = await candidateOf(
    (request, response) => {
      if (!request.url.includes('list-type')) methods.push(request.method);
      obliging(request, response);
    },
    'target',
    { encryption: { type: 'AES256' } },
  );
  const { ok, checks } = await validateConnection(candidate, signal);
  const write = checks.find(({ capability }) => capability === 'WRITE');
  expect([ok, write]).toMatchObject([
    false,
    { status: 'FAILED', code: 'UNSUPPORTED', message: expect.stringMatching(/encryption.*AES256/) },
  ]);
  expect(methods).toEqual(['PUT', 'DELETE']);
});

describe('what passes by itself is tried again', () => {
  test.each(['source', 'target'] as const)('%s: each request fails twice', async (kind) => {
    const failures = new Map<string, number>();
    const candidate = await candidateOf((request, response) => {
      // A probe has a name of its own each time, a signature another time.
      const asked = `${request.method} ${request.url.includes('list-type') ? 'list' : 'object'}`;
      const before = failures.get(asked) ?? 0;
      failures.set(asked, before + 1);
      if (before < 2) response.writeHead(503).end(error('SlowDown'));
      else obliging(request, response);
    }, kind);
    const { ok, checks } = await validateConnection(candidate, signal);
    expect([ok, outcomes(checks)]).toMatchObject([true, { CONNECT: 'PASSED', LIST: 'PASSED' }]);
    expect(new Set(Object.values(outcomes(checks)))).toEqual(new Set(['PASSED']));
  });
});

describe('places without objects', () => {
  const empty: Answer = (_, response) => response.end(listing([]));

  test('an empty bucket is a remark', async () => {
    const { ok, checks } = await validateConnection(await candidateOf(empty, 'source'), signal);
    const list = checks.find(({ capability }) => capability === 'LIST');
    expect([ok, list]).toMatchObject([true, { status: 'PASSED', code: null, hint: null }]);
    expect(list?.message).not.toMatch(/recursive|folder/);
  });

  test('an empty prefix fails its check, and can be saved all the same', async () => {
    const candidate = await candidateOf(empty, 'source', { prefix: 'nope' });
    const { ok, checks } = await validateConnection(candidate, signal);
    const list = checks.find(({ capability }) => capability === 'LIST');
    expect([ok, list]).toMatchObject([true, { status: 'FAILED', code: 'EMPTY_PREFIX' }]);
    expect(list?.hint).not.toContain('recursive');
  });
});

test('an obstacle is a required check that did not pass', () => {
  const check = (more: Partial<CapabilityCheck>): CapabilityCheck => ({
    capability: 'LIST',
    required: true,
    status: 'FAILED',
    code: 'FORBIDDEN',
    message: '',
    hint: null,
    ...more,
  });
  expect(obstacleIn([check({})])).toBeDefined();
  expect(obstacleIn([check({ status: 'UNTESTED', code: null })])).toBeDefined();
  expect(obstacleIn([check({ required: false })])).toBeUndefined();
  expect(obstacleIn([check({ capability: 'READ' })])).toBeUndefined();
  expect(obstacleIn([check({ code: 'NO_MATCH' })])).toBeUndefined();
});

test('a look through keys of which none is wanted ends within seconds, and says how far it came', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  let pages = 0;
  const driver = {
    authenticate: async () => {},
    async listPage() {
      vi.advanceTimersByTime(10);
      return { objects: [], looked: 1_000, ...(++pages < 10_000 && { next: '1' }) };
    },
    classify: () => undefined,
    close: async () => {},
  };
  const candidate: Candidate = {
    provider: { ...redisProvider, open: () => driver as unknown as Driver } as never,
    settings: redisProvider.settings.parse({ host: 'redis.example.com', path: 'wanted:' }) as never,
    ...{ secrets: {}, environment: testEnvironment(), direction: 'SOURCE', source },
  };
  const { ok, checks } = await validateConnection(candidate, signal);
  vi.useRealTimers();
  expect([ok, outcomes(checks)]).toMatchObject([true, { LIST: 'PASSED', READ: 'UNTESTED' }]);
  const { message } = checks.find(({ capability }) => capability === 'LIST')!;
  expect(message).toBe(
    'Lists objects; none was found among about 501,000 keys that were looked at within 5 seconds.',
  );
});
