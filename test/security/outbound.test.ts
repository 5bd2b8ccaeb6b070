import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  get as requestHttp,
  type Server,
} from 'node:http';
import { get as requestHttps } from 'node:https';
import { type AddressInfo, BlockList, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ConfigError, ProviderError } from '../../src/errors.ts';
import { createOutboundGuard, type OutboundGuard, type Resolve } from '../../src/security/outbound.ts';

const body = 'what answered inside';
let canary: Server;
let port: number;
let connections = 0;
const servers: Server[] = [];

async function listen(handler: RequestListener): Promise<{ server: Server; port: number }> {
  const server = createServer(handler).listen(0);
  await once(server, 'listening');
  servers.push(server);
  return { server, port: (server.address() as AddressInfo).port };
}

beforeAll(async () => {
  ({ server: canary, port } = await listen((_, response) => response.end(body)));
  canary.on('connection', () => {
    connections += 1;
  });
});
afterEach(() => {
  connections = 0;
});
afterAll(() => {
  for (const server of servers) server.closeAllConnections();
  for (const server of servers) server.close();
});

const closed = createOutboundGuard({ allow: [] });
const open = createOutboundGuard({ allow: ['0.0.0.0/0', '::/0'] });

function respond(request: ReturnType<typeof requestHttp>): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => request.once('response', resolve).once('error', reject));
}

async function failure(promise: Promise<unknown> | (() => unknown)): Promise<unknown> {
  try {
    await (typeof promise === 'function' ? promise() : promise);
  } catch (error) {
    return error;
  }
  throw new Error('was not refused');
}

/** The intended error, wherever a client has put it. */
function refusalIn(error: unknown): ProviderError {
  for (let at = error; at instanceof Error; at = at.cause) if (at instanceof ProviderError) return at;
  throw new Error('no ProviderError in the chain of causes', { cause: error });
}

function expectRefusal(error: unknown) {
  const refusal = refusalIn(error);
  expect(refusal.code).toBe('ADDRESS_NOT_ALLOWED');
  expect(refusal.retryable).toBe(false);
  expect(refusal.hint).toContain('OUTBOUND_ALLOW');
  expect(`${refusal.message} ${refusal.hint}`).not.toContain(body);
}

/** Ways to write this machine that really lead to the canary where nobody guards. */
const leading = [
  '127.0.0.1',
  '127.255.255.254',
  '[::1]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '2130706433',
  '0x7f.1',
  '0177.0.0.1',
  '0.0.0.0',
  '127.1',
  'localhost',
];
/** Spellings that only a URL parser or some resolvers understand: elsewhere they lead nowhere. */
const spellings = ['127.0.0.1.', 'localhost.', '%31%32%37.0.0.1', 'ｌｏｃａｌｈｏｓｔ', '１２７.0.0.1'];
const others = [
  '[::]',
  '[64:ff9b::7f00:1]',
  '[64:ff9b:1::7f00:1]',
  '[2002:7f00:1::]',
  '[2001:0:7f00:1::]',
  '[::127.0.0.1]',
  '[::ffff:0:127.0.0.1]',
  '[fe80::1]',
  '[fd00:ec2::254]',
  '[fc00::1]',
  '[ff02::1]',
  '[100::1]',
  '[2001:db8::1]',
  '[3fff::1]',
  '[5f00::1]',
  '[fec0::1]',
  '169.254.169.254',
  '168.63.129.16',
  '100.100.100.200',
  '10.0.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '192.0.2.1',
  '198.18.0.1',
  '198.51.100.1',
  '203.0.113.1',
  '192.88.99.1',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
];

describe('addresses that are not public', () => {
  test.each(leading)('%s leads to the canary when everything is allowed', async (host) => {
    const response = await respond(
      requestHttp({ host: host.replace(/[[\]]/g, ''), port, agent: open.httpAgent }),
    );
    expect(await text(response)).toBe(body);
    expect(connections).toBe(1);
    open.httpAgent.destroy();
  });

  test.each([...leading, ...spellings, ...others])(
    '%s is refused by check, as URL and as host',
    async (host) => {
      for (const target of [
        `http://${host}:${port}/x`,
        `redis://user:secret@${host}:${port}`,
        `${host}:${port}`,
        host,
      ]) {
        const error = await failure(closed.check(target));
        expectRefusal(error);
        expect(refusalIn(error).message).not.toContain('secret');
      }
    },
  );

  test.each([...leading, ...spellings, ...others])(
    '%s gets no connection from the agents, fetch and look-up',
    async (host) => {
      const bare = host.replace(/[[\]]/g, '');
      const attempts = [
        () => respond(requestHttp({ host: bare, port, agent: closed.httpAgent })),
        () => respond(requestHttps({ host: bare, port, agent: closed.httpsAgent })),
        () => closed.fetch(`http://${host}:${port}/`),
        () => closed.fetch(`https://${host}:${port}/`),
        async () => {
          closed.assertLiteral(host, port);
          await once(connect({ host: bare, port, lookup: closed.lookup }), 'connect');
        },
      ];
      for (const attempt of attempts) {
        const error = await failure(attempt);
        if (!spellings.includes(host)) expectRefusal(error);
      }
      expect(connections).toBe(0);
    },
  );

  test('a zone makes no difference', async () => {
    expectRefusal(await failure(closed.check('fe80::1%eth0')));
    expectRefusal(await failure(() => closed.assertLiteral('::1%lo', 80)));
    expectRefusal(await failure(respond(requestHttp({ host: '::1%lo', port, agent: closed.httpAgent }))));
    expect(connections).toBe(0);
  });

  test.each([
    'gopher://example.com/',
    'file:///etc/passwd',
    'ftp://example.com',
    'data://x',
    '//127.0.0.1/',
    'http://',
    'a b',
    '',
  ])('"%s" is not something to connect to', async (target) => {
    expect(refusalIn(await failure(closed.check(target))).code).toBe('ADDRESS_NOT_ALLOWED');
  });

  test('local sockets and other schemes are refused', async () => {
    const local = requestHttp({ socketPath: '/var/run/docker.sock', agent: closed.httpAgent });
    expectRefusal(await failure(respond(local)));
    await expect(closed.fetch('file:///etc/passwd')).rejects.toThrow('"file:"');
    await expect(closed.fetch('data:text/plain,hello')).rejects.toThrow('"data:"');
  });

  test('the error names the class of address and does not repeat the resolved one', async () => {
    const guard = createOutboundGuard({
      allow: [],
      resolve: async () => [{ address: '10.20.30.40', family: 4 }],
    });
    const error = refusalIn(await failure(guard.check('https://db.corp.example')));
    expect(error.message).toContain('a private address');
    expect(error.message).toContain('db.corp.example');
    expect(error.message).not.toContain('10.20.30.40');
  });
});

describe('public addresses', () => {
  test.each([
    '8.8.8.8',
    '[2606:4700:4700::1111]',
    '[64:ff9b::808:808]',
    '[::ffff:8.8.8.8]',
    'https://1.1.1.1:9000',
  ])('%s passes', async (target) => {
    await closed.check(target);
  });

  test('a name that resolves to one passes', async () => {
    const resolve: Resolve = async () => [{ address: '93.184.215.14', family: 4 }];
    await createOutboundGuard({ allow: [], resolve }).check('https://public.example');
  });
});

describe('names', () => {
  const rebinding = (): Resolve => {
    const answers = ['93.184.215.14', '127.0.0.1'];
    return async () => [{ address: answers.shift() ?? '127.0.0.1', family: 4 }];
  };

  test('one that turns from public to loopback is refused at connect', async () => {
    const url = `http://rebind.example:${port}/`;
    const attempts: ((guard: OutboundGuard) => Promise<unknown>)[] = [
      (guard) => respond(requestHttp(url, { agent: guard.httpAgent })),
      (guard) => respond(requestHttps(url.replace('http', 'https'), { agent: guard.httpsAgent })),
      (guard) => guard.fetch(url),
      (guard) => once(connect({ host: 'rebind.example', port, lookup: guard.lookup }), 'connect'),
    ];
    for (const attempt of attempts) {
      const guard = createOutboundGuard({ allow: [], resolve: rebinding() });
      await guard.check(url);
      expectRefusal(await failure(attempt(guard)));
    }
    expect(connections).toBe(0);
  });

  test('of several addresses only the public ones are ever given to a socket', async () => {
    const resolve: Resolve = async () => [
      { address: '127.0.0.1', family: 4 },
      { address: '93.184.215.14', family: 4 },
      { address: '::1', family: 6 },
    ];
    const guard = createOutboundGuard({ allow: [], resolve });
    expectRefusal(await failure(guard.check('mixed.example')));
    const all = await new Promise((done) =>
      guard.lookup('mixed.example', { all: true }, (...heard) => done(heard)),
    );
    expect(all).toEqual([null, [{ address: '93.184.215.14', family: 4 }]]);
    const one = await new Promise((done) => guard.lookup('mixed.example', {}, (...heard) => done(heard)));
    expect(one).toEqual([null, '93.184.215.14', 4]);
  });

  test('one that nobody knows is a DNS failure, for good or for now', async () => {
    const failing =
      (code: string): Resolve =>
      () =>
        Promise.reject(Object.assign(new Error(code), { code }));
    const unknown = createOutboundGuard({ allow: [], resolve: failing('ENOTFOUND') });
    const busy = createOutboundGuard({ allow: [], resolve: failing('EAI_AGAIN') });
    expect(await failure(unknown.check('nowhere.example'))).toMatchObject({
      code: 'DNS_FAILURE',
      retryable: false,
    });
    expect(await failure(busy.check('nowhere.example'))).toMatchObject({
      code: 'DNS_FAILURE',
      retryable: true,
    });
  });

  test('check stops waiting when it is aborted', async () => {
    const guard = createOutboundGuard({ allow: [], resolve: () => new Promise(() => {}) });
    const reason = new Error('enough');
    const controller = new AbortController();
    const waiting = failure(guard.check('slow.example', controller.signal));
    controller.abort(reason);
    expect(await waiting).toBe(reason);
  });
});

describe('OUTBOUND_ALLOW', () => {
  test('an address opens itself, through agent and fetch, kept alive', async () => {
    const guard = createOutboundGuard({ allow: ['127.0.0.1'] });
    await guard.check(`http://127.0.0.1:${port}`);
    for (let round = 0; round < 2; round++) {
      expect(
        await text(await respond(requestHttp(`http://127.0.0.1:${port}/`, { agent: guard.httpAgent }))),
      ).toBe(body);
      expect(await (await guard.fetch(`http://127.0.0.1:${port}/`)).text()).toBe(body);
    }
    expect(connections).toBe(1);
    guard.httpAgent.destroy();
    // A TLS handshake with a plain server fails, but behind the guard.
    const error = await failure(
      respond(requestHttps(`https://127.0.0.1:${port}/`, { agent: guard.httpsAgent })),
    );
    expect(error).not.toBeInstanceOf(ProviderError);
    expect(connections).toBe(2);
  });

  test.each([
    ['name and port', (at: number) => `localhost:${at}`, 'localhost'],
    ['address and port', (at: number) => `127.0.0.1:${at}`, '127.0.0.1'],
    ['range and port', (at: number) => `127.0.0.0/8:${at}`, '127.0.0.1'],
    ['IPv6 address and port', (at: number) => `[::1]:${at}`, '[::1]'],
    ['IPv6 range and port', (at: number) => `[::/96]:${at}`, '[::1]'],
    ['a name reached by an allowed address', (at: number) => `127.0.0.1:${at}`, 'localhost'],
  ])('%s opens that port only', async (_, entry, host) => {
    const other = await listen((_request, response) => response.end('other'));
    const guard = createOutboundGuard({ allow: [entry(other.port)] });
    expect(await (await guard.fetch(`http://${host}:${other.port}/`)).text()).toBe('other');
    await guard.check(`http://${host}:${other.port}/`);
    await guard.check(`${host}:${other.port}`);
    expectRefusal(await failure(guard.fetch(`http://${host}:${port}/`)));
    expectRefusal(await failure(guard.check(`http://${host}:${port}/`)));
    expectRefusal(await failure(guard.check(host)));
    expect(connections).toBe(0);
    guard.httpAgent.destroy();
  });

  test('a look-up for a port honours entries that name it, one for no port does not', async () => {
    const guard = createOutboundGuard({ allow: [`localhost:${port}`] });
    const socket = connect({ host: 'localhost', port, lookup: guard.lookupFor(port) });
    await once(socket, 'connect');
    socket.destroy();
    expectRefusal(await failure(once(connect({ host: 'localhost', port, lookup: guard.lookup }), 'connect')));
  });

  test('a name opens what it resolves to, but not the address by other names', async () => {
    const resolve: Resolve = async () => [{ address: '10.0.0.7', family: 4 }];
    const guard = createOutboundGuard({ allow: ['MinIO.internal.'], resolve });
    await guard.check('https://minio.internal:9000');
    expectRefusal(await failure(guard.check('https://evil.example:9000')));
    expectRefusal(await failure(guard.check('https://minio.internal.evil.example')));
    expectRefusal(await failure(guard.check('https://10.0.0.7:9000')));
  });

  test.each([
    '*.example.com',
    'http://minio',
    '10.0.0.0/33',
    '10.1.2.3/8',
    '::/129',
    '::ffff:10.0.0.0/104',
    'a b',
    'host:0',
    'host:70000',
    'host:port',
    '[::1',
    '/8',
    'user@host',
  ])('"%s" is refused by name', (entry) => {
    const create = () => createOutboundGuard({ allow: ['127.0.0.1', entry] });
    expect(create).toThrow(ConfigError);
    expect(create).toThrow(`"${entry}"`);
  });

  test('spaces and empty entries are ignored', async () => {
    await createOutboundGuard({ allow: [' 10.0.0.0/8 ', ''] }).check('10.1.2.3');
  });
});

describe('fetch', () => {
  test('does not follow a redirect to the canary', async () => {
    const redirecting = await listen((_, response) =>
      response.writeHead(307, { location: `http://127.0.0.1:${port}/` }).end(),
    );
    const guard = createOutboundGuard({ allow: [`127.0.0.1:${redirecting.port}`] });
    const response = await guard.fetch(`http://127.0.0.1:${redirecting.port}/`, { redirect: 'follow' });
    expect(response.status).toBe(307);
    expectRefusal(await failure(guard.fetch(response.headers.get('location') ?? '')));
    expect(connections).toBe(0);
    guard.httpAgent.destroy();
  });

  test('carries method, headers and bodies, whole or streamed', async () => {
    const echo = await listen(async (request, response) => {
      const sent = await text(request);
      response.setHeader('set-cookie', ['a=1', 'b=2']).writeHead(201, 'Made');
      response.end(JSON.stringify({ method: request.method, headers: request.headers, sent }));
    });
    const guard = createOutboundGuard({ allow: ['127.0.0.1'] });
    const url = `http://127.0.0.1:${echo.port}/a?b=c`;
    const form = await guard.fetch(url, { method: 'POST', body: new URLSearchParams({ a: 'ü' }) });
    expect([form.status, form.statusText, form.url]).toEqual([201, 'Made', url]);
    expect(form.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(await form.json()).toMatchObject({
      method: 'POST',
      sent: 'a=%C3%BC',
      headers: { 'content-length': '8', 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8' },
    });
    const stream = new Blob(['streamed']).stream();
    const streamed = await guard.fetch(url, {
      method: 'PUT',
      body: stream,
      duplex: 'half',
      headers: { 'x-a': 'b' },
    } as RequestInit);
    expect(await streamed.json()).toMatchObject({
      method: 'PUT',
      sent: 'streamed',
      headers: { 'transfer-encoding': 'chunked', 'x-a': 'b', 'accept-encoding': 'identity' },
    });
    guard.httpAgent.destroy();
  });

  test('answers without a body, aborts and lost connections', async () => {
    const server = await listen((request, response) => {
      if (request.url === '/empty') response.writeHead(204).end();
      else if (request.url === '/cut')
        response.writeHead(200, { 'content-length': '9' }).write('cut', () => response.destroy());
      else if (request.url === '/lost') request.destroy();
    });
    const guard = createOutboundGuard({ allow: ['127.0.0.1'] });
    const base = `http://127.0.0.1:${server.port}`;
    expect(await guard.fetch(`${base}/empty`)).toMatchObject({ status: 204, body: null });
    await expect((await guard.fetch(`${base}/cut`)).text()).rejects.toThrow();
    const lost = await failure(guard.fetch(`${base}/lost`));
    expect(lost).toBeInstanceOf(TypeError);
    expect((lost as Error).cause).toMatchObject({ code: 'ECONNRESET' });
    const controller = new AbortController();
    const hanging = failure(guard.fetch(`${base}/hang`, { signal: controller.signal }));
    const reason = new Error('enough');
    setImmediate(() => controller.abort(reason));
    expect(await hanging).toBe(reason);
    expect(await failure(guard.fetch(base, { signal: AbortSignal.abort(reason) }))).toBe(reason);
    guard.httpAgent.destroy();
  });
});

describe('for any address', () => {
  const blocked = [
    '0.0.0.0/8',
    '10.0.0.0/8',
    '100.64.0.0/10',
    '127.0.0.0/8',
    '169.254.0.0/16',
    '172.16.0.0/12',
    '192.168.0.0/16',
    '198.18.0.0/15',
    '224.0.0.0/4',
    '240.0.0.0/4',
  ];
  const inside = (cidr: string) => {
    const [base = '', prefix = ''] = cidr.split('/');
    const start = base.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);
    return fc.integer({ min: start, max: start + 2 ** (32 - Number(prefix)) - 1 });
  };
  const dotted = (value: number) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');
  const groups = (value: number) => `${(value >>> 16).toString(16)}:${(value & 0xffff).toString(16)}`;
  const v4 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
  const refuses = (host: string) => {
    try {
      closed.assertLiteral(host, 443);
      return false;
    } catch {
      return true;
    }
  };

  test('no embedding of a blocked IPv4 address passes', () => {
    const suffix = fc.integer({ min: 0, max: 0xffff });
    fc.assert(
      fc.property(fc.oneof(...blocked.map(inside)), suffix, (value, rest) => {
        for (const host of [
          dotted(value),
          String(value),
          `0x${value.toString(16)}`,
          `::ffff:${dotted(value)}`,
          `::ffff:${groups(value)}`,
          `0:0:0:0:0:FFFF:${groups(value)}`,
          `64:ff9b::${groups(value)}`,
          `64:ff9b::${dotted(value)}`,
          `2002:${groups(value)}::${rest.toString(16)}`,
          `2001:0:${groups(value)}::${rest.toString(16)}`,
          `::${dotted(value)}`,
        ]) {
          expect(refuses(host), host).toBe(true);
        }
      }),
    );
  });

  test('mapped and translated forms are judged as the IPv4 address they hold', () => {
    fc.assert(
      fc.property(v4, (value) => {
        const plain = refuses(dotted(value));
        expect(refuses(`::ffff:${groups(value)}`)).toBe(plain);
        expect(refuses(`64:ff9b::${groups(value)}`)).toBe(plain);
      }),
    );
  });

  test('ranges match as those of node:net do', () => {
    const passes = (entry: string, host: string) => {
      try {
        createOutboundGuard({ allow: [entry] }).assertLiteral(host, 443);
        return true;
      } catch {
        return false;
      }
    };
    const prefixV4 = fc.integer({ min: 1, max: 32 });
    fc.assert(
      fc.property(v4, prefixV4, v4, prefixV4, (base, prefix, other, shared) => {
        const masked = dotted((base >>> (32 - prefix)) * 2 ** (32 - prefix));
        const near = dotted((base >>> (32 - shared)) * 2 ** (32 - shared) + (other % 2 ** (32 - shared)));
        const list = new BlockList();
        list.addSubnet(masked, prefix, 'ipv4');
        expect(passes(`${masked}/${prefix}`, near), near).toBe(list.check(near, 'ipv4') || !refuses(near));
      }),
    );
    const words = fc.array(fc.integer({ min: 1, max: 0xffff }), { minLength: 8, maxLength: 8 });
    const v6 = (list: number[]) => list.map((word) => word.toString(16)).join(':');
    const count = fc.integer({ min: 1, max: 8 });
    fc.assert(
      fc.property(words, words, count, count, (base, other, wordsKept, wordsShared) => {
        const masked = v6(base.map((word, index) => (index < wordsKept ? word : 0)));
        const near = v6([...base.slice(0, wordsShared), ...other.slice(wordsShared)]);
        const list = new BlockList();
        list.addSubnet(masked, 16 * wordsKept, 'ipv6');
        expect(passes(`${masked}/${16 * wordsKept}`, near), near).toBe(
          list.check(near, 'ipv6') || !refuses(near),
        );
      }),
    );
  });
});
