import { execFile } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { Cluster, type Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { redisGuide } from '../../src/providers/redis/guide.ts';
import { redisProvider } from '../../src/providers/redis/provider.ts';
import { openStore, type Store } from '../../src/providers/store.ts';
import { createOutboundGuard } from '../../src/security/outbound.ts';
import {
  adminOf,
  type RedisAddress,
  startRedis,
  startRedisCluster,
  startSentinel,
} from '../servers/redis.ts';
import { testEnvironment } from '../support/environment.ts';

const signal = new AbortController().signal;
const contentType = 'application/json';
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function storeOf(settings: object, secrets: object = {}, allow = ['127.0.0.0/8']): Store {
  const environment = testEnvironment({ outbound: createOutboundGuard({ allow }) });
  const store = openStore(
    redisProvider,
    redisProvider.settings.parse({ host: '127.0.0.1', ...settings }),
    redisProvider.secrets.parse(secrets),
    environment,
    { attempts: 1 },
  );
  closers.push(() => store.close());
  return store;
}

async function keysOf(store: Store): Promise<string[]> {
  const pages = await Array.fromAsync(store.list({ recursive: true, signal }));
  return pages.flatMap(({ objects }) => objects.map(({ key }) => key));
}

async function textOf(store: Store, key: string): Promise<string> {
  return text((await store.read(key, { signal })).stream);
}

const connectionsTo = async (admin: Redis) =>
  Number(/total_connections_received:(\d+)/.exec(await admin.info('stats'))![1]);

describe('a cluster', () => {
  let nodes: RedisAddress[];
  let stop: () => Promise<void>;
  let admins: Redis[];
  let cluster: Cluster;
  beforeAll(async () => {
    ({ nodes, stop } = await startRedisCluster(3));
    admins = nodes.map((node) => adminOf(node));
    cluster = new Cluster(nodes.map(({ host, port }) => ({ host, port })));
  });
  afterEach(async () => {
    await Promise.all(admins.map((admin) => admin.flushall()));
  });
  afterAll(async () => {
    cluster.disconnect();
    for (const admin of admins) admin.disconnect();
    await stop();
  });

  const settings = () => ({ port: nodes[1]!.port, topology: 'CLUSTER' });

  test('of three nodes lists 10,000 keys, each once, with what the nodes hold', async () => {
    const keys = Array.from({ length: 10_000 }, (_, index) => `task:${index}`);
    await Promise.all(keys.map((key) => cluster.set(key, key)));
    const held = await Promise.all(admins.map((admin) => admin.dbsize()));
    expect(Math.min(...held)).toBeGreaterThan(3_000);
    const store = storeOf({ ...settings(), path: 'task:' });
    expect((await keysOf(store)).sort()).toEqual(keys.sort());
    for (const key of keys.slice(0, 20)) expect(await textOf(store, key)).toBe(key);
  });

  test('is written to and removed from, whichever node holds the key', async () => {
    const store = storeOf(settings());
    await store.authenticate(signal);
    const keys = Array.from({ length: 30 }, (_, index) => `{tag-${index % 7}}:${index}`);
    for (const key of keys) await store.write(key, Buffer.from(key), { contentType, signal });
    expect(await Promise.all(keys.map((key) => cluster.get(key)))).toEqual(keys);
    for (const key of keys.slice(1)) await store.remove(key, signal);
    expect(await keysOf(store)).toEqual(keys.slice(0, 1));
    expect(await store.head(keys[0]!, signal)).toMatchObject({ size: keys[0]!.length });
    await expect(store.head('missing', signal)).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' });
  });

  test('follows a slot to another node, and lists nothing half while it moves', async () => {
    const [from, to] = [admins[0]!, admins[2]!];
    const [fromId, toId] = (await Promise.all(
      [from, to].map((admin) => admin.call('CLUSTER', 'MYID')),
    )) as string[];
    // {b} is in the first node's share.
    const slot = String(await from.call('CLUSTER', 'KEYSLOT', '{b}:1'));
    expect(Number(slot)).toBeLessThan(5_000);
    await cluster.set('{b}:1', 'moves');
    await cluster.set('{b}:2', 'moves');
    const store = storeOf(settings());
    expect(await textOf(store, '{b}:1')).toBe('moves');
    await to.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', fromId!);
    await from.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', toId!);
    await from.migrate('127.0.0.1', nodes[2]!.port, '{b}:1', 0, 5_000);
    const moving = { code: 'UNAVAILABLE', retryable: true };
    await expect(keysOf(store)).rejects.toMatchObject(moving);
    await expect(store.head('{b}:1', signal)).rejects.toMatchObject(moving);
    expect(await textOf(store, '{b}:2')).toBe('moves');
    await from.migrate('127.0.0.1', nodes[2]!.port, '{b}:2', 0, 5_000);
    for (const admin of admins) await admin.call('CLUSTER', 'SETSLOT', slot, 'NODE', toId!);
    expect(await textOf(store, '{b}:1')).toBe('moves');
    expect((await keysOf(store)).sort()).toEqual(['{b}:1', '{b}:2']);
    await to.flushall();
    for (const admin of [from, ...admins]) await admin.call('CLUSTER', 'SETSLOT', slot, 'NODE', fromId!);
  });

  test('whose node is outside the list of the guard is refused, without a connection there', async () => {
    await cluster.set('k', 'value');
    const allow = [nodes[0]!, nodes[1]!].map(({ host, port }) => `${host}:${port}`);
    const store = storeOf(settings(), {}, allow);
    const before = await connectionsTo(admins[2]!);
    const refused = { code: 'ADDRESS_NOT_ALLOWED', retryable: false };
    await expect(store.authenticate(signal)).rejects.toMatchObject(refused);
    await expect(keysOf(store)).rejects.toMatchObject(refused);
    expect(await connectionsTo(admins[2]!)).toBe(before);
  });

  test('of which a slot has no node is not listed', async () => {
    await admins[0]!.call('CLUSTER', 'DELSLOTS', '0');
    closers.push(() => admins[0]!.call('CLUSTER', 'ADDSLOTS', '0'));
    await expect(keysOf(storeOf({ ...settings(), port: nodes[0]!.port }))).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: 'The cluster does not serve all of its slots at the moment.',
    });
  });

  test('grants what the setup guide says, on every node', async () => {
    const given = redisProvider.settings.parse({ host: '127.0.0.1', ...settings(), path: 'a:' });
    const request = { origins: [], addresses: [], externalId: 'x', servicePrincipal: null };
    const [step] = redisGuide(given, { ...request, direction: 'TARGET' });
    const { stdout } = await promisify(execFile)('sh', ['-ec', step!.content]);
    const password = stdout.trim().split('\n').at(-1)!;
    const access = { path: 'a:', credentials: 'USER', username: 'longshore' };
    const store = storeOf({ ...settings(), ...access }, { password });
    await store.authenticate(signal);
    const keys = Array.from({ length: 10 }, (_, index) => `a:${index}`);
    for (const key of keys) await store.write(key, Buffer.from(key), { contentType, signal });
    expect((await keysOf(store)).sort()).toEqual(keys);
    const wider = storeOf({ ...settings(), ...access, path: '' }, { password });
    await expect(wider.head('b', signal)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  test('is told from a server that stands alone, both ways', async () => {
    const alone = await startRedis();
    closers.push(alone.stop);
    const unsupported = { code: 'UNSUPPORTED', hint: expect.stringContaining('topology') };
    await expect(
      storeOf({ port: alone.port, topology: 'CLUSTER' }).authenticate(signal),
    ).rejects.toMatchObject(unsupported);
    await expect(storeOf({ port: nodes[0]!.port }).authenticate(signal)).rejects.toMatchObject(unsupported);
  });
});

describe('a Sentinel', () => {
  const secretsOf = (sentinel: RedisAddress, server: RedisAddress) => ({
    password: server.password,
    sentinelPassword: sentinel.password,
  });

  async function setUp() {
    const primary = await startRedis({ password: true });
    closers.push(primary.stop);
    const following = [`replicaof ${primary.host} ${primary.port}`, `masterauth ${primary.password}`];
    const replica = await startRedis({ password: primary.password!, config: following });
    closers.push(replica.stop);
    const sentinel = await startSentinel('tasks', primary);
    closers.push(sentinel.stop);
    const settings = {
      port: sentinel.port,
      topology: 'SENTINEL',
      primaryName: 'tasks',
      credentials: 'PASSWORD',
      database: 1,
    };
    return { primary, replica, sentinel, settings };
  }

  test('finds the primary, and after a failover the new one', async () => {
    const { primary, replica, sentinel, settings } = await setUp();
    const store = storeOf(settings, secretsOf(sentinel, primary));
    await store.authenticate(signal);
    await store.write('k', Buffer.from('value'), { contentType, signal });
    const admin = adminOf(replica, { db: 1 });
    closers.push(() => admin.disconnect());
    await expect.poll(() => admin.get('k'), { timeout: 10_000 }).toBe('value');
    await primary.stop();
    const asksAgain = async () => {
      await store.write('k', Buffer.from('after'), { contentType, signal });
      return admin.get('k');
    };
    await expect
      .poll(() => asksAgain().catch((error: { code: string }) => error.code), {
        timeout: 30_000,
        interval: 250,
      })
      .toBe('after');
    expect(await keysOf(store)).toEqual(['k']);
  }, 60_000);

  test('is asked, and the primary that it names reached, through the guard', async () => {
    const { primary, sentinel, settings } = await setUp();
    const secrets = secretsOf(sentinel, primary);
    const admin = adminOf(primary);
    closers.push(() => admin.disconnect());
    const refused = { code: 'ADDRESS_NOT_ALLOWED', retryable: false };
    const before = /connected_clients:\d+/.exec(await admin.info('clients'))![0];
    await expect(
      storeOf(settings, secrets, [`127.0.0.1:${sentinel.port}`]).authenticate(signal),
    ).rejects.toMatchObject(refused);
    await expect(
      storeOf(settings, secrets, [`127.0.0.1:${primary.port}`]).authenticate(signal),
    ).rejects.toMatchObject(refused);
    expect(/connected_clients:\d+/.exec(await admin.info('clients'))![0]).toBe(before);
    await storeOf(
      settings,
      secrets,
      [sentinel, primary].map(({ port }) => `127.0.0.1:${port}`),
    ).authenticate(signal);
  });

  test('that does not know the name, or wants a password, or is none, says so', async () => {
    const { primary, sentinel, settings } = await setUp();
    const secrets = secretsOf(sentinel, primary);
    await expect(
      storeOf({ ...settings, primaryName: 'other' }, secrets).authenticate(signal),
    ).rejects.toMatchObject({
      code: 'CONTAINER_NOT_FOUND',
      hint: expect.stringContaining('primaryName'),
    });
    await expect(
      storeOf(settings, { ...secrets, sentinelPassword: undefined }).authenticate(signal),
    ).rejects.toMatchObject({ code: 'WRONG_CREDENTIALS' });
    await expect(
      storeOf(
        { ...settings, port: primary.port },
        { ...secrets, sentinelPassword: primary.password },
      ).authenticate(signal),
    ).rejects.toMatchObject({ code: 'UNSUPPORTED', message: 'The server is no Sentinel.' });
  });
});
