import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import type { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { ListPage } from '../../src/providers/provider.ts';
import type { RedisSecrets, RedisSettings } from '../../src/providers/redis/config.ts';
import { redisGuide } from '../../src/providers/redis/guide.ts';
import { redisProvider } from '../../src/providers/redis/provider.ts';
import { openStore, type Store } from '../../src/providers/store.ts';
import { createOutboundGuard } from '../../src/security/outbound.ts';
import { adminOf, newDatabase, type RedisAddress, startRedis } from '../servers/redis.ts';
import { serverOf } from '../servers/servers.ts';
import { testEnvironment } from '../support/environment.ts';
import { conformance, type Harness, optional, skipping } from './conformance.ts';

const { open: openServer, secured: securedServer } = await serverOf('redis');
const signal = new AbortController().signal;
const contentType = 'application/json';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** How a harness logs in. */
interface Access {
  settings: object;
  secrets: RedisSecrets;
  wrongSecrets?: RedisSecrets;
}

const noConditions = 'SET knows no versions: the last one wins';
const noUrl = 'Redis has no URLs';
const noFolders =
  'Redis has no folders: a path is a prefix exactly as written, and all keys are of one level';
const skips: Harness<RedisSettings, RedisSecrets>['skips'] = {
  'list: begins behind a key': 'SCAN has no order',
  ...skipping(optional.writeStream, 'a value is written in one command'),
  ...skipping(optional.copy, 'COPY knows the keys of one server only'),
  'list: first level only': noFolders,
  'list: prefix a leaves out ab/': noFolders,
  'list: folder markers are left out': noFolders,
  'refused: writing below an empty segment or to a folder': noFolders,
  'write: keeps the content type': 'Redis keeps nothing beside the value',
  'write: only where there is no object yet': noConditions,
  'write: only over the expected version': noConditions,
  'remove: only the expected version': noConditions,
  'presign: GET gives the bytes': noUrl,
  'presign: ranged GET gives the part': noUrl,
  'presign: odd keys': noUrl,
  'presign: expired URL is refused': noUrl,
  'presign: tampered URL is refused': noUrl,
  'presign: PUT and DELETE are refused': noUrl,
  'presign: another key is refused': noUrl,
};

function harness(
  server: RedisAddress,
  access: (admin: Redis) => Promise<Access>,
  more: Harness<RedisSettings, RedisSecrets>['skips'] = {},
): Harness<RedisSettings, RedisSecrets> {
  return {
    provider: redisProvider,
    skips: { ...skips, ...more },
    async open({ prefix }) {
      const database = await newDatabase(server);
      const admin = adminOf(server, { db: database });
      const { settings, secrets, wrongSecrets } = await access(admin);
      const settingsFor = (database: number) =>
        redisProvider.settings.parse({ ...addressOf(server), database, path: prefix, ...settings });
      return {
        settings: settingsFor(database),
        secrets,
        environment: testEnvironment(),
        async put(key, body) {
          await admin.set(key, Buffer.from(body));
        },
        async putMany(keys, body) {
          await admin.mset(...keys.flatMap((key) => [key, Buffer.from(body)]));
        },
        wrongSecrets,
        missingContainer: settingsFor(server.databases),
        async close() {
          await admin.flushdb();
          admin.disconnect();
        },
      };
    },
  };
}

const addressOf = ({ host, port }: Pick<RedisAddress, 'host' | 'port'>) => ({ host, port });

conformance(
  'Redis',
  harness(openServer, async () => ({ settings: {}, secrets: {} }), {
    'refused: wrong credentials': 'a server without passwords lets in everybody',
  }),
);

conformance(
  'Redis (user)',
  harness(securedServer, async (admin) => {
    const password = 'canary-password-of-the-user';
    await admin.call('ACL', 'SETUSER', 'conformance', 'reset', 'on', `>${password}`, '~*', '+@all');
    return {
      settings: { credentials: 'USER', username: 'conformance' },
      secrets: { password },
      wrongSecrets: { password: 'canary-another-password' },
    };
  }),
);

conformance(
  'Redis (TLS)',
  harness(securedServer, async () => ({
    settings: {
      port: securedServer.tls?.port,
      tls: true,
      tlsCa: securedServer.tls?.ca,
      credentials: 'PASSWORD',
    },
    secrets: { password: securedServer.password },
    wrongSecrets: { password: 'canary-another-password' },
  })),
);

/** A storage, and a client for its database. Both go with the test. */
async function openStorage(
  given: object = {},
  { server = openServer, secrets = {}, ...options }: Options = {},
): Promise<{ store: Store; admin: Redis; database: number }> {
  const database = await newDatabase(server);
  const admin = adminOf(server, { db: database });
  const store = storeOf({ ...addressOf(server), database, ...given }, secrets, options);
  closers.push(() => admin.disconnect());
  return { store, admin, database };
}

interface Options {
  server?: RedisAddress;
  secrets?: RedisSecrets;
  requestTimeoutMs?: number;
}

function storeOf(
  settings: object,
  secrets: RedisSecrets = {},
  options: { requestTimeoutMs?: number } = {},
  environment = testEnvironment(),
): Store {
  const parsed = redisProvider.settings.parse(settings);
  const store = openStore(redisProvider, parsed, secrets, environment, { attempts: 1, ...options });
  closers.push(() => store.close());
  return store;
}

async function pagesOf(store: Store): Promise<ListPage[]> {
  return Array.fromAsync(store.list({ recursive: true, signal }));
}

async function keysOf(store: Store): Promise<string[]> {
  return (await pagesOf(store)).flatMap(({ objects }) => objects.map(({ key }) => key)).sort();
}

async function textOf(store: Store, key: string): Promise<string> {
  return text((await store.read(key, { signal })).stream);
}

function write(store: Store, key: string, body = '{}') {
  return store.write(key, Buffer.from(body), { contentType, signal });
}

describe('keys', () => {
  test('characters of patterns in the path stand for themselves', async () => {
    const path = 'a*b?[c-z]^\\{x}:';
    const { store, admin } = await openStorage({ path });
    await admin.mset(`${path}1`, '1', 'aXbYd^{x}:2', '2', 'a*b?[c-z]^{x}:3', '3', 'a*b?d^\\{x}:4', '4');
    expect(await keysOf(store)).toEqual([`${path}1`]);
    expect(await textOf(store, `${path}1`)).toBe('1');
  });

  test('a path is a prefix exactly as written, without a slash added', async () => {
    const { store, admin } = await openStorage({ path: 'task' });
    await admin.mset('task', 'the path itself', 'task:1', '1', 'tasks/2', '2', 'Task:3', '3', ' task:4', '4');
    expect(await keysOf(store)).toEqual(['task', 'task:1', 'tasks/2']);
    expect(await textOf(store, 'task')).toBe('the path itself');
  });

  test('where few are wanted, pages say about how many were gone through', async () => {
    const { store, admin } = await openStorage({ path: 'wanted:' });
    await admin.mset(...Array.from({ length: 5_000 }, (_, n) => [`other:${n}`, 'x']).flat());
    const pages = await pagesOf(store);
    expect(pages.flatMap(({ objects }) => objects)).toEqual([]);
    const looked = pages.reduce((sum, page) => sum + (page.looked ?? 0), 0);
    expect(looked).toBeGreaterThanOrEqual(5_000);
    expect(looked).toBeLessThan(20_000);
  });

  test('what is no string is shown as unusable, with what it is', async () => {
    const { store, admin } = await openStorage({ path: 'k:' });
    await admin.set('k:string', 'x');
    await admin.rpush('k:list', 'x');
    await admin.hset('k:hash', 'field', 'x');
    await admin.sadd('k:set', 'x');
    await admin.zadd('k:zset', 1, 'x');
    await admin.xadd('k:stream', '*', 'field', 'x');
    const pages = await pagesOf(store);
    expect(pages.flatMap(({ objects }) => objects)).toMatchObject([{ key: 'k:string', size: 1 }]);
    const unusable = pages
      .flatMap((page) => page.unusable ?? [])
      .map(({ name, reason }) => `${name} ${reason}`);
    expect(unusable.sort()).toEqual([
      'k:hash It holds a hash, not a string.',
      'k:list It holds a list, not a string.',
      'k:set It holds a set, not a string.',
      'k:stream It holds a stream, not a string.',
      'k:zset It holds a sorted set, not a string.',
    ]);
    const unreadable = { code: 'OBJECT_UNREADABLE', message: 'The key holds a list, not a string.' };
    await expect(store.read('k:list', { signal })).rejects.toMatchObject(unreadable);
    await expect(store.head('k:list', signal)).rejects.toMatchObject(unreadable);
  });

  test('names that no key can have are shown as unusable', async () => {
    const { store, admin } = await openStorage();
    for (const name of [Buffer.from([0x61, 0xff, 0x22]), Buffer.from('nul\0nul'), Buffer.alloc(0)]) {
      await admin.set(name, 'x');
    }
    await admin.set('\ufeffbyte order mark', 'x');
    const pages = await pagesOf(store);
    expect(pages.flatMap(({ objects }) => objects.map(({ key }) => key))).toEqual(['\ufeffbyte order mark']);
    const unusable = pages
      .flatMap((page) => page.unusable ?? [])
      .map(({ name, reason }) => `${name} ${reason}`);
    expect(unusable.sort()).toEqual([
      '"" Its name is empty.',
      '"a\\xff\\"" Its name is not UTF-8.',
      '"nul\\x00nul" Its name has a NUL character.',
    ]);
  });

  test('5,000 of them are all listed while others come and go', async () => {
    const { store, admin } = await openStorage({ path: 'fixed:' });
    const keys = Array.from({ length: 5_000 }, (_, index) => `fixed:${index}`);
    await admin.mset(...keys.flatMap((key) => [key, 'x']));
    const listed = new Set<string>();
    let round = 0;
    for await (const { objects } of store.list({ recursive: true, signal })) {
      for (const { key } of objects) listed.add(key);
      // Enough to make the server's table grow, then shrink again.
      const others = Array.from({ length: 20_000 }, (_, index) => `other:${round % 3}:${index}`);
      if (round++ % 2 === 0) await admin.mset(...others.flatMap((key) => [key, 'y']));
      else await admin.del(...others.map((key) => key.replace(/:\d:/, `:${(round - 2) % 3}:`)));
    }
    expect(round).toBeGreaterThan(3);
    expect([...listed].sort()).toEqual(keys.sort());
  });

  test('one that has expired is not listed', async () => {
    const { store, admin } = await openStorage();
    await admin.set('stays', 'x');
    await admin.set('expires', 'x', 'PX', 1);
    await expect.poll(() => admin.exists('expires')).toBe(0);
    expect(await keysOf(store)).toEqual(['stays']);
  });
});

describe('versions', () => {
  test('change with content of the same length', async () => {
    const { store, admin } = await openStorage();
    await admin.set('k', '{"a":1}');
    const first = await store.head('k', signal);
    await admin.set('k', '{"a":2}');
    const second = await store.head('k', signal);
    expect([first.size, second.size]).toEqual([7, 7]);
    expect(first.version).not.toBe(second.version);
    await admin.set('k', '{"a":1}');
    expect((await store.head('k', signal)).version).toBe(first.version);
    const [page] = await pagesOf(store);
    expect(page?.objects).toEqual([first]);
  });

  test('long values have none, and are told apart by size', async () => {
    const { store, admin } = await openStorage();
    const limit = 1024 * 1024;
    await admin.set('at the limit', Buffer.alloc(limit));
    await admin.set('beyond', Buffer.alloc(limit + 1));
    const [page] = await pagesOf(store);
    const versions = Object.fromEntries(
      page!.objects.map(({ key, size, version }) => [key, { size, version }]),
    );
    expect(versions).toEqual({
      'at the limit': { size: limit, version: expect.stringMatching(/^[0-9a-f]{32}$/) },
      beyond: { size: limit + 1, version: null },
    });
    expect((await write(store, 'beyond', 'x'.repeat(limit + 2))).version).toBeNull();
  });

  test('many values of a megabyte are listed in requests that stay small', async () => {
    const { store, admin } = await openStorage();
    for (let index = 0; index < 40; index++) await admin.set(`k${index}`, Buffer.alloc(1_000_000, index));
    const pages = await pagesOf(store);
    const objects = pages.flatMap((page) => page.objects);
    expect(new Set(objects.map(({ version }) => version)).size).toBe(40);
  });

  test('a long value that changes its size half-way is not spliced', async () => {
    const { store, admin } = await openStorage();
    await admin.set('long', Buffer.alloc(3 * 1024 * 1024, 'a'));
    const { stream } = await store.read('long', { signal });
    await once(stream, 'readable');
    await admin.set('long', Buffer.alloc(3 * 1024 * 1024 + 1, 'b'));
    await expect(text(stream)).rejects.toMatchObject({ code: 'OBJECT_CHANGED' });
  });
});

describe('databases', () => {
  test('0 is one like the others', async () => {
    const server = await startRedis();
    closers.push(server.stop);
    const zero = storeOf({ ...addressOf(server), database: 0 });
    const one = storeOf({ ...addressOf(server), database: 1 });
    await write(zero, 'k', 'zero');
    await write(one, 'k', 'one');
    expect(await textOf(zero, 'k')).toBe('zero');
    expect(await textOf(one, 'k')).toBe('one');
    await one.remove('k', signal);
    expect([await keysOf(zero), await keysOf(one)]).toEqual([['k'], []]);
  });

  test('one that the server does not have is named, and nothing is written elsewhere', async () => {
    const server = await startRedis();
    closers.push(server.stop);
    const store = storeOf({ ...addressOf(server), database: server.databases });
    const missing = {
      code: 'CONTAINER_NOT_FOUND',
      message: `The server has no database ${server.databases}.`,
      retryable: false,
    };
    await expect(store.authenticate(signal)).rejects.toMatchObject(missing);
    await expect(write(store, 'k')).rejects.toMatchObject(missing);
    const admin = adminOf(server);
    closers.push(() => admin.disconnect());
    expect(await admin.info('keyspace')).not.toMatch(/^db/m);
  });
});

describe('the server is spared', () => {
  test('KEYS is never sent', async () => {
    const server = await startRedis();
    closers.push(server.stop);
    const admin = adminOf(server, { db: 3 });
    closers.push(() => admin.disconnect());
    await admin.mset('p:1', '1', 'p:2', '2', 'q:3', '3');
    const store = storeOf({ ...addressOf(server), database: 3, path: 'p:' });
    await admin.config('RESETSTAT');
    await store.authenticate(signal);
    expect(await keysOf(store)).toEqual(['p:1', 'p:2']);
    await store.head('p:1', signal);
    await textOf(store, 'p:1');
    await write(store, 'p:4');
    await store.remove('p:4', signal);
    const stats = await admin.info('commandstats');
    const commands = [...stats.matchAll(/^cmdstat_([^:]+):/gm)].map(([, name]) => name);
    expect(commands.filter((name) => !/^(config|info)/.test(name ?? '')).sort()).toEqual([
      'del',
      'get',
      'hello',
      'ping',
      'scan',
      'select',
      'set',
      'strlen',
      'type',
    ]);
  });

  test('one connection serves all requests, and an aborted one harms no other', async () => {
    const server = await startRedis();
    closers.push(server.stop);
    const admin = adminOf(server, { db: 1 });
    closers.push(() => admin.disconnect());
    await admin.set('k', 'value');
    const store = storeOf({ ...addressOf(server), database: 1 });
    const connections = async () =>
      ((await admin.call('CLIENT', 'LIST')) as string).trim().split('\n').length - 1;
    await Promise.all(Array.from({ length: 50 }, () => textOf(store, 'k')));
    expect(await connections()).toBe(1);

    // The server holds back everybody's commands, the administrator's own apart.
    await admin.call('CLIENT', 'PAUSE', '1000', 'ALL');
    const controller = new AbortController();
    const reason = new Error('stopped on purpose');
    const aborted = store.head('k', controller.signal);
    const others = [textOf(store, 'k'), textOf(store, 'k')];
    controller.abort(reason);
    await expect(aborted).rejects.toBe(reason);
    const later = textOf(store, 'k');
    expect(await Promise.all([...others, later])).toEqual(['value', 'value', 'value']);
    await expect.poll(connections).toBe(1);
  });

  test('a connection that the server has closed is replaced', async () => {
    const { store, admin } = await openStorage();
    await write(store, 'k', 'value');
    await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await expect.poll(() => textOf(store, 'k').catch((error: { code: string }) => error.code)).toBe('value');
  });
});

describe('permissions', () => {
  const server = securedServer;
  let admin: Redis;
  beforeAll(() => {
    admin = adminOf(server);
  });
  afterAll(() => admin.disconnect());

  /** A storage as a user of its own with these rights. */
  async function openAs(name: string, rights: string[], given: object = {}) {
    const password = `password-of-${name}`;
    await admin.call('ACL', 'SETUSER', name, 'reset', 'on', `>${password}`, ...rights);
    const settings = { credentials: 'USER', username: name, ...given };
    return openStorage(settings, { server, secrets: { password } });
  }

  test('a user that lacks SET reads, and is told so when it writes', async () => {
    const rights = ['~*', '+@read', '+ping', '+select', '+del'];
    const { store, admin: own } = await openAs('reader', rights);
    await own.set('k', 'value');
    await store.authenticate(signal);
    expect(await textOf(store, 'k')).toBe('value');
    const forbidden = { code: 'FORBIDDEN', retryable: false, capability: 'WRITE' };
    await expect(write(store, 'k')).rejects.toMatchObject(forbidden);
    expect(await own.get('k')).toBe('value');
  });

  test('listing rights alone list, without versions', async () => {
    const rights = ['~*', '+ping', '+select', '+scan', '+type', '+strlen'];
    const { store, admin: own } = await openAs('lister', rights);
    await own.set('k', 'value');
    const [page] = await pagesOf(store);
    expect(page?.objects).toEqual([{ key: 'k', size: 5, version: null, modifiedAt: null }]);
    await expect(store.read('k', { signal })).rejects.toMatchObject({
      code: 'FORBIDDEN',
      capability: 'READ',
    });
  });

  test('a user that may not list is told so', async () => {
    const { store, admin: own } = await openAs('blind', ['~*', '+ping', '+select', '+get']);
    await own.set('k', 'value');
    await expect(pagesOf(store)).rejects.toMatchObject({ code: 'FORBIDDEN', capability: 'LIST' });
  });

  test('no password, or one that is not needed, is named as such', async () => {
    const none = storeOf(addressOf(server));
    await expect(none.authenticate(signal)).rejects.toMatchObject({
      code: 'WRONG_CREDENTIALS',
      message: 'The server asks for a password, and the storage has none.',
    });
    const needless = storeOf({ ...addressOf(openServer), credentials: 'PASSWORD' }, { password: 'needless' });
    await expect(needless.authenticate(signal)).rejects.toMatchObject({
      code: 'WRONG_CREDENTIALS',
      message: 'The storage has a password, and the server none.',
    });
  });
});

describe('the setup guide', () => {
  const request = { origins: [], addresses: [], externalId: 'x', servicePrincipal: null };

  /** Pastes the first step into a shell, as an administrator would; answers what it prints last. */
  async function paste(content: string, server: RedisAddress): Promise<string> {
    const cwd = await mkdtemp(join(tmpdir(), 'longshore-guide-'));
    closers.push(() => rm(cwd, { recursive: true }));
    const env = { ...process.env, REDISCLI_AUTH: server.password ?? '' };
    const { stdout } = await promisify(execFile)('sh', ['-ec', content], { cwd, env });
    expect(stdout).toMatch(/^OK$/m);
    return stdout.trim().split('\n').at(-1) ?? '';
  }

  async function ownServer(path: string, given: object = {}) {
    const server = await startRedis({ password: true, tls: true });
    closers.push(server.stop);
    const admin = adminOf(server, { db: 2 });
    closers.push(() => admin.disconnect());
    await admin.mset(`${path}1`, 'one', 'elsewhere', 'two', `${path.slice(0, -1)}!`, 'three');
    const encrypted = { port: server.tls?.port, tls: true, tlsCa: server.tls?.ca };
    const settings = redisProvider.settings.parse({
      ...addressOf(server),
      ...encrypted,
      database: 2,
      path,
      ...given,
    });
    return { server, admin, settings };
  }

  const refused = { message: expect.stringMatching(/^NOPERM/) };
  const forbidden = { code: 'FORBIDDEN' };

  test('a source rule suffices, and allows nothing else', async () => {
    const path = 'team\'s [a-c]* \\o"?/';
    const { server, settings } = await ownServer(path);
    const [step] = redisGuide(settings, { ...request, direction: 'SOURCE', importMethod: 'TASKS' });
    const password = await paste(step!.content, server);
    const user = { ...settings, credentials: 'USER', username: 'longshore' };
    const store = storeOf(user, { password });
    await store.authenticate(signal);
    expect(await pagesOf(store)).toMatchObject([
      { objects: [{ key: `${path}1`, version: expect.any(String) }] },
    ]);
    expect(await textOf(store, `${path}1`)).toBe('one');
    await expect(write(store, `${path}2`)).rejects.toMatchObject(forbidden);
    await expect(store.remove(`${path}1`, signal)).rejects.toMatchObject(forbidden);
    const wider = storeOf({ ...user, path: '' }, { password });
    await expect(textOf(wider, 'elsewhere')).rejects.toMatchObject(forbidden);
    await expect(textOf(wider, `${path.slice(0, -1)}!`)).rejects.toMatchObject(forbidden);
    const client = adminOf({ ...server, password }, { username: 'longshore', enableReadyCheck: false });
    closers.push(() => client.disconnect());
    for (const command of ['KEYS *', 'FLUSHALL', 'CONFIG GET *', 'ACL LIST', 'EVAL x 0', 'PUBLISH c m']) {
      const [name = '', ...words] = command.split(' ');
      await expect(client.call(name, ...words), command).rejects.toMatchObject(refused);
    }
  });

  test('a rule for listing only does that', async () => {
    const { server, settings } = await ownServer('tasks:');
    const steps = redisGuide(settings, { ...request, direction: 'SOURCE', importMethod: 'FILES' });
    const password = await paste(steps[1]!.content, server);
    const store = storeOf({ ...settings, credentials: 'USER', username: 'longshore' }, { password });
    expect(await keysOf(store)).toEqual(['tasks:1']);
    await expect(textOf(store, 'tasks:1')).rejects.toMatchObject(forbidden);
  });

  test('a target rule suffices for a user that exists, who keeps the password', async () => {
    const secrets = { password: 'password-of-the-writer' };
    const access = { credentials: 'USER', username: 'writer' };
    const { server, admin, settings } = await ownServer('done/', access);
    await admin.call('ACL', 'SETUSER', 'writer', 'on', `>${secrets.password}`, '~*', '+@all');
    const [step] = redisGuide(settings, { ...request, direction: 'TARGET' });
    await paste(step!.content, server);
    const store = storeOf(settings, secrets);
    await write(store, 'done/2', 'written');
    expect(await textOf(store, 'done/2')).toBe('written');
    await store.remove('done/2', signal);
    expect(await keysOf(store)).toEqual(['done/1']);
    await expect(write(storeOf({ ...settings, path: '' }, secrets), 'elsewhere')).rejects.toMatchObject(
      forbidden,
    );
  });
});

describe('servers in other states', () => {
  test('a replica is read, and not written to', async () => {
    const server = await startRedis();
    closers.push(server.stop);
    const admin = adminOf(server);
    closers.push(() => admin.disconnect());
    await admin.set('k', 'value');
    const store = storeOf(addressOf(server));
    await admin.config('SET', 'replica-read-only', 'yes');
    // Nobody answers there; until then it serves what it has.
    await admin.replicaof('127.0.0.1', 1);
    expect(await textOf(store, 'k')).toBe('value');
    await expect(write(store, 'k')).rejects.toMatchObject({
      code: 'FORBIDDEN',
      message: 'The server is a replica, which cannot be written to.',
    });
  });

  test('a full one is unavailable for writing', async () => {
    const server = await startRedis({ config: ['maxmemory 1mb', 'maxmemory-policy noeviction'] });
    closers.push(server.stop);
    const store = storeOf(addressOf(server));
    await expect(write(store, 'k')).rejects.toMatchObject({ code: 'UNAVAILABLE', retryable: true });
    expect(await keysOf(store)).toEqual([]);
  });

  test('a node of a cluster is refused, since it holds only a part of the keys', async () => {
    const server = await startRedis({ config: ['cluster-enabled yes'] });
    closers.push(server.stop);
    const store = storeOf(addressOf(server));
    await expect(pagesOf(store)).rejects.toMatchObject({ code: 'UNSUPPORTED', capability: 'LIST' });
    const other = storeOf({ ...addressOf(server), database: 1 });
    await expect(other.authenticate(signal)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });
});

describe('TLS', () => {
  const { host, port, password, tls } = securedServer;
  const secrets = { password };
  const encrypted = { host, port: tls?.port, tls: true, tlsCa: tls?.ca, credentials: 'PASSWORD' };

  test('the same objects are reached with and without', async () => {
    const { store, database } = await openStorage(
      { credentials: 'PASSWORD' },
      { server: securedServer, secrets },
    );
    await write(store, 'k', 'value');
    expect(await textOf(storeOf({ ...encrypted, database }, secrets), 'k')).toBe('value');
    expect(await textOf(storeOf({ ...encrypted, host: 'localhost', database }, secrets), 'k')).toBe('value');
  });

  test('an authority that is not known is refused', async () => {
    const store = storeOf({ ...encrypted, tlsCa: undefined }, secrets);
    await expect(store.authenticate(signal)).rejects.toMatchObject({
      code: 'TLS_FAILURE',
      hint: expect.stringContaining('tlsCa'),
    });
  });

  test('a certificate for another host is refused', async () => {
    const outbound = createOutboundGuard({
      allow: ['127.0.0.0/8'],
      resolve: async () => [{ address: '127.0.0.1', family: 4 }],
    });
    const store = storeOf(
      { ...encrypted, host: 'redis.example.com' },
      secrets,
      {},
      testEnvironment({ outbound }),
    );
    await expect(store.authenticate(signal)).rejects.toMatchObject({ code: 'TLS_FAILURE' });
  });

  test('a port that speaks only one of the two says so', async () => {
    const toTls = storeOf({ host, port: tls?.port, credentials: 'PASSWORD' }, secrets);
    await expect(toTls.authenticate(signal)).rejects.toMatchObject({
      code: expect.stringMatching(/^(TLS_FAILURE|CONNECTION_LOST)$/),
      hint: expect.stringMatching(/switch tls on/i),
    });
    // Redis waits for the end of what it takes for a line, so only a clock ends this.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    closers.push(() => vi.useRealTimers());
    const patient = { requestTimeoutMs: 1_000_000_000 };
    const toPlain = storeOf({ ...encrypted, port }, secrets, patient).authenticate(signal);
    let ended = false;
    toPlain.catch(() => {}).finally(() => (ended = true));
    while (!ended) {
      vi.advanceTimersByTime(10_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await expect(toPlain).rejects.toMatchObject({
      code: 'TLS_FAILURE',
      hint: expect.stringMatching(/switch tls off/i),
    });
  });

  test('a server that asks for a client certificate is named as such', async () => {
    const server = await startRedis({ tls: true });
    closers.push(server.stop);
    const admin = adminOf(server);
    closers.push(() => admin.disconnect());
    await admin.config('SET', 'tls-auth-clients', 'yes');
    const store = storeOf({ host, port: server.tls?.port, tls: true, tlsCa: server.tls?.ca });
    await expect(store.authenticate(signal)).rejects.toMatchObject({
      code: 'TLS_FAILURE',
      message: 'The server asks for a client certificate, which this service does not have.',
    });
  });
});

/** A server of bytes. `answer` is given each connection. */
async function byteServer(answer: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    answer(socket);
    // Unread bytes would hide that the other side has gone.
    socket.resume();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  closers.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { host: '127.0.0.1', port, connections: () => connections, open: () => sockets.size };
}

describe('hosts that are no Redis', () => {
  const secret = 'body of an internal service';
  const answers: Record<string, string | Buffer> = {
    'a web page': `HTTP/1.1 400 Bad Request\r\nServer: internal/1.0\r\n\r\n<html>${secret}</html>`,
    'a banner': `SSH-2.0-OpenSSH_9.2 ${secret}\r\n`,
    'an error of its own': `-ERR ${secret}\r\n`,
    'an unknown kind of error': `-${secret}\r\n`,
    'a simple string': `+${secret}\r\n`,
    'an absent value': '$-1\r\n'.repeat(10),
    'a list that is too long': '*4294967296\r\n',
    'a list without an end': `*1000000000\r\n${':1\r\n'.repeat(100_000)}`,
    'lists in lists': '*1\r\n'.repeat(200_000),
    'a value that is too long': `$999999999999\r\n${secret}`,
    'a length that is no number': '$1e9\r\n',
    'a line without an end': Buffer.alloc(200_000, '+'),
    'a value longer than announced': `$3\r\n${secret}\r\n`,
  };

  for (const [name, answer] of Object.entries(answers)) {
    test(`${name} gives away nothing and harms nothing`, async () => {
      const server = await byteServer((socket) => socket.on('data', () => socket.write(answer)));
      const store = storeOf(addressOf(server), {}, { requestTimeoutMs: 1_000 });
      const error = await pagesOf(store).then(
        () => expect.fail('It listed.'),
        (error: Error & { hint: string }) => error,
      );
      expect(error).toMatchObject({ code: expect.stringMatching(/^(UNEXPECTED_RESPONSE|TIMEOUT)$/) });
      for (const shown of [error.message, error.hint]) expect(shown).not.toMatch(/internal|SSH|HTTP/);
      expect(`${error.stack} ${JSON.stringify(error)}`).not.toContain(secret);
      await store.close();
      await expect.poll(server.open).toBe(0);
    });
  }

  test('an answer without an end is cut off', async () => {
    const chunk = Buffer.from(':1\r\n'.repeat(16_384));
    let sent = 0;
    function* endless() {
      yield Buffer.from('*2000000000\r\n');
      for (; ; sent += chunk.length) yield chunk;
    }
    const server = await byteServer((socket) => void pipeline(endless, socket).catch(() => {}));
    await expect(storeOf(addressOf(server)).authenticate(signal)).rejects.toMatchObject({
      code: 'UNEXPECTED_RESPONSE',
    });
    await expect.poll(server.open).toBe(0);
    expect(sent).toBeLessThan(64 * 1024 * 1024);
  });

  test('a server that speaks before it is asked is no Redis', async () => {
    const server = await byteServer((socket) => socket.write(`220 ${secret} ESMTP\r\n`));
    const store = storeOf(addressOf(server));
    await expect(store.authenticate(signal)).rejects.toMatchObject({ code: 'UNEXPECTED_RESPONSE' });
  });

  test('a black hole is a time-out, and its connection is dropped', async () => {
    const server = await byteServer(() => {});
    const store = storeOf(addressOf(server), {}, { requestTimeoutMs: 200 });
    await expect(store.authenticate(signal)).rejects.toMatchObject({ code: 'TIMEOUT', retryable: true });
    await expect.poll(server.open).toBe(0);
    expect(server.connections()).toBe(1);
  });

  test('an aborted request ends at once and drops its connection', async () => {
    const server = await byteServer(() => {});
    const store = storeOf(addressOf(server));
    const controller = new AbortController();
    const reason = new Error('stopped on purpose');
    const asking = store.authenticate(controller.signal);
    await expect.poll(server.open).toBe(1);
    controller.abort(reason);
    await expect(asking).rejects.toBe(reason);
    await expect.poll(server.open).toBe(0);
  });

  test('a connection that breaks off is lost, a port that nobody listens on refuses', async () => {
    const server = await byteServer((socket) => socket.once('data', () => socket.end()));
    const lost = { code: 'CONNECTION_LOST', retryable: true };
    await expect(storeOf(addressOf(server)).authenticate(signal)).rejects.toMatchObject(lost);
    const store = storeOf({ host: '127.0.0.1', port: 1 });
    await expect(store.authenticate(signal)).rejects.toMatchObject({ code: 'CONNECTION_REFUSED' });
  });
});

describe('addresses that must not be connected to', () => {
  const names = { 'rebound.example.com': '127.0.0.1' } as Record<string, string>;
  const outbound = createOutboundGuard({
    allow: [],
    resolve: async (name) => [{ address: names[name] ?? '127.0.0.1', family: 4 }],
  });
  const hosts = [
    '127.0.0.1',
    'localhost',
    'localhost.',
    '[::1]',
    '::ffff:127.0.0.1',
    '[64:ff9b::7f00:1]',
    '2130706433',
    '0x7f.1',
    '0.0.0.0',
    'rebound.example.com',
  ];

  for (const host of hosts) {
    test(`${host} is refused without a connection`, async () => {
      const canary = await byteServer(() => {});
      for (const tls of [false, true]) {
        const settings = { host, port: canary.port, tls };
        const store = storeOf(settings, {}, {}, testEnvironment({ outbound }));
        const refusal = { code: 'ADDRESS_NOT_ALLOWED', retryable: false };
        await expect(store.authenticate(signal)).rejects.toMatchObject(refusal);
        await expect(pagesOf(store)).rejects.toMatchObject(refusal);
        await expect(store.read('k', { signal })).rejects.toMatchObject(refusal);
        await expect(write(store, 'k')).rejects.toMatchObject(refusal);
      }
      expect(canary.connections()).toBe(0);
    });
  }
});
