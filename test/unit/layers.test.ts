import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ProviderError } from '../../src/errors.ts';
import { DriverFailure } from '../../src/providers/errors.ts';
import { defaultLayerOptions, type LayerOptions } from '../../src/providers/layers.ts';
import type { Driver, ListPage, ListRequest, Provider, ReadRequest } from '../../src/providers/provider.ts';
import { openStore, type Store } from '../../src/providers/store.ts';
import { createMemoryProvider, type MemorySecrets, type MemorySettings } from '../providers/memory/config.ts';
import { MemoryContainer } from '../providers/memory/container.ts';
import { testEnvironment } from '../support/environment.ts';

const signal = new AbortController().signal;
const contentType = 'application/json';
/** No pauses between tries; limits far away unless a test is about them. */
const quick: Partial<LayerOptions> = { sleep: async (_, stop) => stop.throwIfAborted() };

interface Bench {
  container: MemoryContainer;
  store: Store;
  /** What the driver was asked to read and list. */
  reads: ReadRequest[];
  lists: ListRequest[];
}

/** A store on a memory container; `change` replaces methods of the driver. */
function bench(
  options: Partial<LayerOptions> = {},
  change: (driver: Driver) => Partial<Driver> = () => ({}),
  capabilities: Partial<Provider['capabilities']> = {},
): Bench {
  const container = new MemoryContainer({ pageSize: 10 });
  const provider = createMemoryProvider(container, { capabilities });
  const reads: ReadRequest[] = [];
  const lists: ListRequest[] = [];
  const spied: Provider<MemorySettings, MemorySecrets> = {
    ...provider,
    open(...parameters) {
      const bare = provider.open(...parameters);
      const driver = { ...bare, ...change(bare) };
      return {
        ...driver,
        read(key, request) {
          reads.push(request);
          return driver.read(key, request);
        },
        listPage(request) {
          lists.push(request);
          return driver.listPage(request);
        },
      };
    },
  };
  const settings = { container: container.name, prefix: '' };
  const store = openStore(spied, settings, {}, testEnvironment(), { ...quick, ...options });
  return { container, store, reads, lists };
}

const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('It succeeded, and should have failed.'),
    (error: unknown) => error,
  );

async function bytesOf(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function keysOf(store: Store, request: { after?: string; before?: string } = {}): Promise<string[]> {
  const keys: string[] = [];
  for await (const page of store.list({ recursive: true, signal, ...request }))
    keys.push(...page.objects.map((o) => o.key));
  return keys;
}

const content = (length: number) => Buffer.from(Array.from({ length }, (_, i) => (i * 31 + (i >> 8)) & 255));
const unavailable = { code: 'UNAVAILABLE' } as const;
const lost = { code: 'CONNECTION_LOST' } as const;

describe('retry', () => {
  test('tries again what may pass, as often as allowed', async () => {
    const { container, store } = bench({ attempts: 3 });
    container.put('a', 'x');
    container.fail({ method: 'head', failure: unavailable, times: 2 });
    expect((await store.head('a', signal)).size).toBe(1);
    expect(container.calls.length).toBe(3);
    container.fail({ method: 'head', failure: unavailable, times: 3 });
    expect(await failureOf(store.head('a', signal))).toMatchObject({
      code: 'UNAVAILABLE',
      capability: 'READ',
    });
    expect(container.calls.length).toBe(6);
  });

  test('tries once what will not pass', async () => {
    const { container, store } = bench();
    container.fail({ method: 'write', failure: { code: 'FORBIDDEN' }, times: 9 });
    const write = store.write('a', Buffer.from('x'), { contentType, signal });
    expect(await failureOf(write)).toMatchObject({
      code: 'FORBIDDEN',
      retryable: false,
      capability: 'WRITE',
    });
    expect(container.calls.length).toBe(1);
  });

  test('pauses by full jitter under a doubling, capped bound', async () => {
    for (const [random, pauses] of [
      [0, [0, 0, 0, 0, 0]],
      [0.5, [100, 200, 400, 500, 500]],
      [1, [200, 400, 800, 1_000, 1_000]],
    ] as const) {
      const slept: number[] = [];
      const { container, store } = bench({
        attempts: 6,
        baseDelayMs: 200,
        maxDelayMs: 1_000,
        random: () => random,
        sleep: async (milliseconds) => void slept.push(milliseconds),
      });
      container.fail({ method: 'authenticate', failure: unavailable, times: 6 });
      expect(await failureOf(store.authenticate(signal))).toMatchObject({ code: 'UNAVAILABLE' });
      expect(slept).toEqual(pauses);
    }
  });

  test('waits at least as long as the provider asks, and not at all when that is too long', async () => {
    const slept: number[] = [];
    const events: unknown[] = [];
    const { container, store } = bench({
      random: () => 0,
      maxRetryAfterMs: 5_000,
      sleep: async (milliseconds) => void slept.push(milliseconds),
      onRetry: ({ error, failures, delayMs }) => void events.push([error.code, failures, delayMs]),
    });
    container.fail({ method: 'authenticate', failure: { code: 'RATE_LIMITED', retryAfterMs: 5_000 } });
    await store.authenticate(signal);
    expect(slept).toEqual([5_000]);
    expect(events).toEqual([['RATE_LIMITED', 1, 5_000]]);
    container.fail({ method: 'authenticate', failure: { code: 'RATE_LIMITED', retryAfterMs: 5_001 } });
    expect(await failureOf(store.authenticate(signal))).toMatchObject({
      retryable: true,
      retryAfterMs: 5_001,
    });
    expect(slept).toEqual([5_000]);
  });

  test('an abort during the pause ends it with its own reason', async () => {
    const controller = new AbortController();
    const reason = { stopped: 'on purpose' };
    const { container, store } = bench({
      sleep: defaultLayerOptions.sleep,
      baseDelayMs: 3_600_000,
      maxDelayMs: 3_600_000,
      random: () => 1,
      onRetry: () => void setImmediate(() => controller.abort(reason)),
    });
    container.fail({ method: 'authenticate', failure: unavailable });
    expect(await failureOf(store.authenticate(controller.signal))).toBe(reason);
    expect(container.calls.length).toBe(1);
  });
});

describe('time limit', () => {
  test('ends an attempt that hangs, and the next one may succeed', async () => {
    const { container, store } = bench({ requestTimeoutMs: 20 });
    container.put('a', 'x');
    container.fail({ method: 'head', failure: 'stall' });
    expect((await store.head('a', signal)).size).toBe(1);
    expect(container.calls.length).toBe(2);
  });

  test('ends a driver that does not heed its signal', async () => {
    const { store } = bench({ requestTimeoutMs: 20, attempts: 2 }, () => ({
      head: () => new Promise(() => {}),
    }));
    expect(await failureOf(store.head('a', signal))).toMatchObject({ code: 'TIMEOUT', retryable: true });
  });

  test("the caller's abort ends a driver that does not heed its signal, with the caller's reason", async () => {
    const { store } = bench({}, () => ({ head: () => new Promise(() => {}) }));
    const controller = new AbortController();
    const answer = store.head('a', controller.signal);
    controller.abort('enough');
    expect(await failureOf(answer)).toBe('enough');
  });

  test('a body that comes too late is let go', async () => {
    const late: Readable[] = [];
    const gate = Promise.withResolvers<void>();
    const { container, store } = bench({ requestTimeoutMs: 20, attempts: 1 }, (driver) => ({
      async read(key, request) {
        await gate.promise;
        const body = await driver.read(key, { ...request, signal });
        late.push(body.stream);
        return body;
      },
    }));
    container.put('a', content(100));
    expect(await failureOf(store.read('a', { signal }))).toMatchObject({ code: 'TIMEOUT' });
    gate.resolve();
    await expect.poll(() => late[0]?.destroyed).toBe(true);
  });

  test('grows with what is written', async () => {
    const { store } = bench({ requestTimeoutMs: 20, attempts: 1 }, () => ({
      async write(key, body) {
        await sleep(60);
        return { key, size: body.length, version: null, modifiedAt: null };
      },
    }));
    expect(await failureOf(store.write('a', content(10), { contentType, signal }))).toMatchObject({
      code: 'TIMEOUT',
    });
    expect((await store.write('a', new Uint8Array(10_000_000), { contentType, signal })).size).toBe(
      10_000_000,
    );
  });
});

describe('resumed reads', () => {
  test('a cut stream goes on at the byte where it stopped, at the same version', async () => {
    const { container, store, reads } = bench();
    const body = content(300_000);
    const { version } = container.put('a', body);
    container.fail({ method: 'read', failure: lost, afterBytes: 100_000 });
    container.fail({ method: 'read', failure: lost, afterBytes: 50_000, after: 1 });
    const { stream, length, info } = await store.read('a', { signal });
    expect([length, info.version]).toEqual([300_000, version]);
    expect((await bytesOf(stream)).equals(body)).toBe(true);
    expect(reads.map(({ range, ifVersion }) => ({ range, ifVersion }))).toEqual([
      { range: undefined, ifVersion: undefined },
      { range: { start: 100_000, end: 299_999 }, ifVersion: version },
      { range: { start: 150_000, end: 299_999 }, ifVersion: version },
    ]);
  });

  test('a range goes on within the range', async () => {
    const { container, store, reads } = bench();
    const body = content(1_000);
    container.put('a', body);
    container.fail({ method: 'read', failure: lost, afterBytes: 7 });
    const { stream, length } = await store.read('a', { range: { start: 100, end: 5_000 }, signal });
    expect(length).toBe(900);
    expect((await bytesOf(stream)).equals(body.subarray(100))).toBe(true);
    expect(reads[1]!.range).toEqual({ start: 107, end: 999 });
  });

  test('an end that comes too early is a cut', async () => {
    const { container, store } = bench();
    const body = content(1_000);
    container.put('a', body);
    container.fail({ method: 'read', failure: 'end', afterBytes: 400 });
    expect((await bytesOf((await store.read('a', { signal })).stream)).equals(body)).toBe(true);
  });

  test('whatever is cut wherever, the bytes are those of the object', async () => {
    const cut = fc.record({
      afterBytes: fc.nat(2_000),
      failure: fc.constantFrom(lost, 'end' as const, new Error('ECONNRESET')),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.nat(2_000),
        fc.nat(2_000),
        fc.nat(2_000),
        fc.array(cut, { maxLength: 4 }),
        async (size, a, b, cuts) => {
          const { container, store } = bench({}, () => ({ classify: () => lost }));
          const body = content(size);
          container.put('a', body);
          cuts.forEach(({ afterBytes, failure }, index) => {
            container.fail({ method: 'read', failure, afterBytes, after: index });
          });
          const range = a < size ? { start: a, end: a + b } : undefined;
          const { stream, length } = await store.read('a', { range, signal });
          const expected = range ? body.subarray(a, a + b + 1) : body;
          const got = await bytesOf(stream);
          expect(got.equals(expected)).toBe(true);
          expect(length).toBe(expected.length);
        },
      ),
      { numRuns: 200 },
    );
  });

  test('failures count since the last progress', async () => {
    const { container, store, reads } = bench({ attempts: 3 });
    const body = content(100);
    container.put('a', body);
    container.fail({ method: 'read', failure: lost, afterBytes: 10, times: 9 });
    expect((await bytesOf((await store.read('a', { signal })).stream)).equals(body)).toBe(true);
    expect(reads.length).toBe(10);

    container.fail({ method: 'read', failure: lost, afterBytes: 10 });
    container.fail({ method: 'read', failure: lost, afterBytes: 0, times: 9, after: 1 });
    const { stream } = await store.read('a', { signal });
    expect(await failureOf(bytesOf(stream))).toMatchObject({ code: 'CONNECTION_LOST', capability: 'READ' });
    expect(reads.length).toBe(10 + 3);
  });

  test('what will not pass ends the stream at once', async () => {
    const { container, store, reads } = bench();
    container.put('a', content(100));
    container.fail({ method: 'read', failure: { code: 'OBJECT_UNREADABLE' }, afterBytes: 10 });
    const { stream } = await store.read('a', { signal });
    expect(await failureOf(bytesOf(stream))).toMatchObject({ code: 'OBJECT_UNREADABLE' });
    expect(reads.length).toBe(1);
  });

  test('an object changed in the meantime is not patched together', async () => {
    const { container, store } = bench({
      onRetry: () => void container.put('a', Buffer.alloc(100, 'new')),
    });
    container.put('a', content(100));
    container.fail({ method: 'read', failure: lost, afterBytes: 10 });
    const { stream } = await store.read('a', { signal });
    expect(await failureOf(bytesOf(stream))).toMatchObject({ code: 'OBJECT_CHANGED' });
  });

  test('without a version only a stream that gave nothing yet begins again', async () => {
    const { container, store, reads } = bench({}, (driver) => ({
      async read(key, request) {
        const body = await driver.read(key, request);
        return { ...body, info: { ...body.info, version: null } };
      },
    }));
    const body = content(100);
    container.put('a', body);
    container.fail({ method: 'read', failure: lost, afterBytes: 0 });
    expect((await bytesOf((await store.read('a', { signal })).stream)).equals(body)).toBe(true);
    expect(reads.length).toBe(2);
    container.fail({ method: 'read', failure: lost, afterBytes: 1 });
    const { stream } = await store.read('a', { signal });
    expect(await failureOf(bytesOf(stream))).toMatchObject({ code: 'CONNECTION_LOST' });
    expect(reads.length).toBe(3);
  });

  test('a server that ignores the range of the rest is found out', async () => {
    const { container, store } = bench({}, (driver) => ({
      read: (key, request) => driver.read(key, { ...request, range: undefined }),
    }));
    container.put('a', content(200_000));
    container.fail({ method: 'read', failure: lost, afterBytes: 10 });
    const { stream } = await store.read('a', { signal });
    const got: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => got.push(chunk));
    const [error] = await once(stream, 'close').catch((reason: unknown) => [reason]);
    expect(error).toMatchObject({ code: 'UNEXPECTED_RESPONSE' });
    expect(Buffer.concat(got).equals(content(10))).toBe(true);
  });

  test('a server that sends more than it announced is found out', async () => {
    const { container, store } = bench({}, (driver) => ({
      read: async (key, request) => ({ ...(await driver.read(key, request)), length: 99 }),
    }));
    container.put('a', content(100));
    const { stream } = await store.read('a', { signal });
    expect(await failureOf(bytesOf(stream))).toMatchObject({ code: 'UNEXPECTED_RESPONSE' });
  });

  test('silence in the middle is a failure, and the stream goes on', async () => {
    const { container, store, reads } = bench({ readIdleMs: 30 });
    const body = content(1_000);
    container.put('a', body);
    container.fail({ method: 'read', failure: 'stall', afterBytes: 300 });
    expect((await bytesOf((await store.read('a', { signal })).stream)).equals(body)).toBe(true);
    expect(reads.map(({ range }) => range?.start)).toEqual([undefined, 300]);
    container.fail({ method: 'read', failure: 'stall', afterBytes: 300 });
    container.fail({ method: 'read', failure: 'stall', afterBytes: 0, after: 1, times: 9 });
    const { stream } = await store.read('a', { signal });
    expect(await failureOf(bytesOf(stream))).toMatchObject({ code: 'TIMEOUT', retryable: true });
  });

  test('a consumer that is slow is no silence', async () => {
    const { container, store, reads } = bench({ readIdleMs: 15 });
    const body = content(1_000_000);
    container.put('a', body);
    const { stream } = await store.read('a', { signal });
    const chunks: Buffer[] = [];
    for await (const chunk of stream) {
      chunks.push(chunk as Buffer);
      await sleep(40);
    }
    expect(Buffer.concat(chunks).equals(body)).toBe(true);
    expect(reads.length).toBe(1);
  });

  test('a connection lost while nobody asks is opened again when somebody does, and never counts up', async () => {
    const sources: Readable[] = [];
    const { container, store, reads } = bench({ attempts: 2 }, (driver) => ({
      async read(key, request) {
        const body = await driver.read(key, request);
        sources.push(body.stream);
        return body;
      },
    }));
    const body = content(1_000_000);
    container.put('a', body);
    const { stream } = await store.read('a', { signal });
    const chunks: Buffer[] = [];
    for await (const chunk of stream) {
      chunks.push(chunk as Buffer);
      if (reads.length > 5) continue;
      const source = sources.at(-1)!;
      if (source.destroyed) continue;
      await expect.poll(() => source.isPaused() || source.destroyed).toBe(true);
      const before = reads.length;
      source.destroy(new DriverFailure(lost));
      await sleep(5);
      expect(reads.length).toBe(before);
    }
    expect(Buffer.concat(chunks).equals(body)).toBe(true);
    expect(reads.length).toBeGreaterThan(3);
  });

  test('destroying the stream releases the source and ends a pending pause', async () => {
    const sources: Readable[] = [];
    const { container, store } = bench(
      { sleep: defaultLayerOptions.sleep, baseDelayMs: 3_600_000, maxDelayMs: 3_600_000 },
      (driver) => ({
        async read(key, request) {
          const body = await driver.read(key, request);
          sources.push(body.stream);
          return body;
        },
      }),
    );
    container.put('a', content(1_000_000));
    const first = (await store.read('a', { signal })).stream;
    await once(first, 'readable');
    first.destroy();
    await once(first, 'close');
    expect(sources[0]!.destroyed).toBe(true);

    container.fail({ method: 'read', failure: lost, afterBytes: 10 });
    const second = (await store.read('a', { signal })).stream;
    await once(second, 'readable');
    second.read();
    second.destroy();
    await once(second, 'close');
    expect(sources[1]!.destroyed).toBe(true);
  });

  test('a range that is none is refused before the driver', async () => {
    const { container, store } = bench();
    for (const range of [{ start: -1 }, { start: 5, end: 4 }, { start: 0.5 }, { start: Number.NaN }]) {
      expect(await failureOf(store.read('a', { range, signal }))).toMatchObject({
        code: 'RANGE_NOT_SATISFIABLE',
      });
    }
    expect(container.calls).toEqual([]);
  });
});

describe('listing', () => {
  const names = Array.from({ length: 55 }, (_, i) => `k${String(i).padStart(3, '0')}`);

  test('a page that fails is asked for again, alone, by its own token', async () => {
    const { container, store, lists } = bench({ attempts: 2 });
    for (const name of names) container.put(name, 'x');
    for (let i = 0; i < 6; i++) container.fail({ method: 'list', failure: unavailable, after: 2 * i });
    expect(await keysOf(store)).toEqual(names);
    const twice = [undefined, 'k009', 'k019', 'k029', 'k039', 'k049'].flatMap((token) => [token, token]);
    expect(lists.map(({ token }) => token)).toEqual(twice);
    expect(lists.map(({ after }) => after)).toEqual(twice.map(() => undefined));
  });

  test('begins behind the key that is asked for, where the driver is to be relied on', async () => {
    const { container, store, lists } = bench();
    for (const name of names) container.put(name, 'x');
    expect(await keysOf(store, { after: 'k030' })).toEqual(names.slice(31));
    expect(lists.map(({ after, token }) => [after, token])).toEqual([
      ['k030', undefined],
      [undefined, 'k040'],
      [undefined, 'k050'],
    ]);
  });

  test('begins at the beginning and passes over what was given, where it is not', async () => {
    const { container, store, lists } = bench({}, () => ({ beginsBehindKeys: false }));
    for (const name of names) container.put(name, 'x');
    expect(await keysOf(store, { after: 'k030' })).toEqual(names.slice(31));
    expect(await keysOf(store, { after: 'k0305', before: 'k0425' })).toEqual(names.slice(31, 43));
    expect(lists.every(({ after }) => after === undefined)).toBe(true);
  });

  test.each([true, false])(
    'goes on behind its last key when the token is refused (relied on: %s)',
    async (relied) => {
      const { container, store, lists } = bench({}, () => ({ beginsBehindKeys: relied }));
      for (const name of names) container.put(name, 'x');
      const refused = { code: 'UNEXPECTED_RESPONSE' } as const;
      container.fail({ method: 'list', failure: refused, after: 2 });
      expect(await keysOf(store)).toEqual(names);
      expect(lists.map(({ token }) => token).slice(0, 4)).toEqual([undefined, 'k009', 'k019', undefined]);
      expect(lists[3]!.after).toBe(relied ? 'k019' : undefined);
      container.fail({ method: 'list', failure: refused, after: 2, times: 9 });
      expect(await failureOf(keysOf(store))).toMatchObject({ code: 'UNEXPECTED_RESPONSE' });
    },
  );

  test('gives up when one page fails too often', async () => {
    const { container, store } = bench({ attempts: 3 });
    for (const name of names) container.put(name, 'x');
    container.fail({ method: 'list', failure: unavailable, after: 2, times: 3 });
    const got: string[] = [];
    const walk = async () => {
      for await (const page of store.list({ recursive: true, signal }))
        got.push(...page.objects.map((o) => o.key));
    };
    expect(await failureOf(walk())).toMatchObject({ code: 'UNAVAILABLE', capability: 'LIST' });
    expect(got).toEqual(names.slice(0, 20));
  });

  test('a listing in no order goes on at the page that failed, too', async () => {
    const { container, store, lists } = bench({}, undefined, { listsInOrder: false });
    for (const name of names) container.put(name, 'x');
    container.fail({ method: 'list', failure: unavailable, times: 2 });
    container.fail({ method: 'list', failure: unavailable, after: 4 });
    expect((await keysOf(store)).sort()).toEqual(names);
    expect(lists.length).toBe(9);
  });

  test('a page that hangs is ended and fetched again; a consumer that is slow is not', async () => {
    const { container, store, lists } = bench({ requestTimeoutMs: 30 });
    for (const name of names) container.put(name, 'x');
    container.fail({ method: 'list', failure: 'stall', after: 1 });
    const keys: string[] = [];
    for await (const page of store.list({ recursive: true, signal })) {
      keys.push(...page.objects.map((object) => object.key));
      await sleep(50);
    }
    expect(keys).toEqual(names);
    expect(lists.length).toBe(7);
  });

  const listed = async (pages: string[][]) => {
    const { store } = bench({}, () => ({
      async listPage({ token = '0' }): Promise<ListPage> {
        const next = Number(token) + 1;
        const objects = pages[Number(token)]!.map((key) => ({
          key,
          size: 1,
          version: null,
          modifiedAt: null,
        }));
        return { objects, next: next < pages.length ? String(next) : undefined };
      },
    }));
    const given = await Array.fromAsync(store.list({ recursive: true, signal }));
    return given.map(({ objects, disordered }) =>
      disordered ? 'disordered' : objects.map(({ key }) => key),
    );
  };

  test('the first sign of disorder is told, in a page or between two', async () => {
    expect(await listed([['a', 'c'], ['e', 'd'], ['f']])).toEqual([['a', 'c'], 'disordered', ['f']]);
    expect(await listed([['b', 'c'], ['a']])).toEqual([['b', 'c'], 'disordered']);
    expect(await listed([['a', 'a.jpg', 'a/b'], ['a.jpg']])).toEqual([['a', 'a.jpg', 'a/b'], 'disordered']);
  });

  test('equal neighbours count once, in a page and between two', async () => {
    expect(
      await listed([
        ['a', 'a', 'b'],
        ['b', 'c', 'c'],
      ]),
    ).toEqual([['a', 'b'], ['c']]);
  });

  test('a server that lists keys outside the prefix is refused, in order as they are', async () => {
    const container = new MemoryContainer();
    const provider = createMemoryProvider(container);
    const open: typeof provider.open = (...parameters) => ({
      ...provider.open(...parameters),
      listPage: async () => ({
        objects: ['store/a', 'stored/b'].map((key) => ({ key, size: 1, version: null, modifiedAt: null })),
      }),
    });
    const settings = { container: container.name, prefix: 'store' };
    const store = openStore({ ...provider, open }, settings, {}, testEnvironment(), quick);
    expect(await failureOf(keysOf(store))).toMatchObject({ code: 'UNEXPECTED_RESPONSE', retryable: false });
  });
});

describe('errors', () => {
  test('what a driver throws is wrapped: its text stays in the cause', async () => {
    const raw = new Error('canary-secret in a text of the SDK');
    const { store } = bench({}, () => ({ head: () => Promise.reject(raw) }));
    const error = await failureOf(store.head('a', signal));
    expect(error).toBeInstanceOf(ProviderError);
    expect(error).toMatchObject({
      code: 'UNEXPECTED_RESPONSE',
      capability: 'READ',
      retryable: false,
      cause: raw,
    });
    expect(JSON.stringify(error) + (error as Error).stack).not.toContain('canary');
  });

  test('presigning without the ability names the reason', async () => {
    const { store } = bench();
    expect(await failureOf(store.presign('a', { ttlSeconds: 60, signal }))).toMatchObject({
      code: 'UNSUPPORTED',
      capability: 'SIGN',
      message: 'Objects in memory have no URL.',
    });
  });
});
