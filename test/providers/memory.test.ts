import { describe, expect, test } from 'vitest';
import { openStore } from '../../src/providers/store.ts';
import { testEnvironment } from '../support/environment.ts';
import { conformance, optional, skipping } from './conformance.ts';
import { createMemoryProvider } from './memory/config.ts';
import { MemoryContainer } from './memory/container.ts';

const noUrl = 'objects in memory have no URL';
// The provider is made per case around a new container; its description is always the same.
const provider = createMemoryProvider(new MemoryContainer());
let container: MemoryContainer;

conformance('Memory', {
  provider: { ...provider, open: (...parameters) => createMemoryProvider(container).open(...parameters) },
  async open({ prefix }) {
    container = new MemoryContainer({ token: 'canary-memory-token' });
    const mine = container;
    return {
      settings: { container: mine.name, prefix },
      secrets: { token: 'canary-memory-token' },
      environment: testEnvironment(),
      async put(key, body) {
        mine.put(key, body);
      },
      wrongSecrets: { token: 'canary-another-token' },
      missingContainer: { container: 'another', prefix },
      async close() {},
    };
  },
  skips: {
    ...skipping([...optional.writeStream, ...optional.copy], 'what lies in memory needs neither'),
    'presign: GET gives the bytes': noUrl,
    'presign: ranged GET gives the part': noUrl,
    'presign: odd keys': noUrl,
    'presign: expired URL is refused': noUrl,
    'presign: tampered URL is refused': noUrl,
    'presign: PUT and DELETE are refused': noUrl,
    'presign: another key is refused': noUrl,
  },
});

const signal = new AbortController().signal;

function openAll(of: MemoryContainer, prefix = '') {
  const options = { baseDelayMs: 1 };
  return openStore(createMemoryProvider(of), { container: of.name, prefix }, {}, testEnvironment(), options);
}

async function keysOf(
  of: MemoryContainer,
  request: { prefix?: string; after?: string; recursive?: boolean } = {},
) {
  const { prefix, recursive = true, after } = request;
  const keys: string[] = [];
  for await (const page of openAll(of, prefix).list({ recursive, after, signal })) {
    keys.push(...page.objects.map((object) => object.key));
  }
  return keys;
}

describe('generated objects', () => {
  const million = {
    count: 1_000_000,
    key: (index: number) => `data/${String(index).padStart(7, '0')}.json`,
    body: (index: number) => Buffer.from(`{"n":${index}}`),
  };

  test('a million are listed in order, in pages', async () => {
    const container = new MemoryContainer({ generated: million });
    let listed = 0;
    let pages = 0;
    for await (const { objects } of openAll(container).list({ recursive: true, signal })) {
      if (objects.length === 0) continue;
      if (objects[0]!.key !== million.key(listed))
        expect.fail(`Page ${pages} begins with ${objects[0]!.key}.`);
      listed += objects.length;
      pages++;
    }
    expect([listed, pages]).toEqual([1_000_000, 1_000]);
  });

  test('are found, read and begun behind without a list of them', async () => {
    const container = new MemoryContainer({ generated: million });
    const store = openAll(container);
    expect(await keysOf(container, { after: 'data/0999997.json' })).toEqual([
      'data/0999998.json',
      'data/0999999.json',
    ]);
    expect(await keysOf(container, { prefix: 'dat' })).toEqual([]);
    const body = await store.read('data/0123456.json', { signal });
    expect(await body.stream.toArray()).toEqual([Buffer.from('{"n":123456}')]);
    await expect(store.head('data/1000000.json', signal)).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' });
  });

  test('can be overwritten, removed and joined by others', async () => {
    const generated = { count: 5, key: (index: number) => `k${index}` };
    const container = new MemoryContainer({ generated, pageSize: 2 });
    const before = container.info('k1')!.version;
    container.put('k1', 'changed');
    container.put('k10', 'between');
    container.put('k9', 'behind');
    container.remove('k3');
    container.remove('k9');
    container.remove('never there');
    expect(await keysOf(container)).toEqual(['k0', 'k1', 'k10', 'k2', 'k4']);
    expect(container.info('k1')).toMatchObject({ size: 7 });
    expect(container.info('k1')!.version).not.toBe(before);
    expect(container.info('k3')).toBeUndefined();
    expect(container.body('k3')).toBeUndefined();
    container.put('k3', 'back');
    expect(await keysOf(container, { after: 'k2' })).toEqual(['k3', 'k4']);
  });
});

describe('injected failures', () => {
  test('strike the calls that they name, and no others', async () => {
    const container = new MemoryContainer();
    const store = openAll(container);
    for (const key of ['a', 'b', 'c']) container.put(key, key);
    container.fail({ method: 'head', key: 'b', failure: { code: 'FORBIDDEN' } });
    container.fail({ method: 'head', key: /^c/, failure: { code: 'OBJECT_UNREADABLE' }, after: 1, times: 2 });
    expect((await store.head('a', signal)).key).toBe('a');
    await expect(store.head('b', signal)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect((await store.head('b', signal)).key).toBe('b');
    expect((await store.head('c', signal)).key).toBe('c');
    await expect(store.head('c', signal)).rejects.toMatchObject({ code: 'OBJECT_UNREADABLE' });
    await expect(store.head('c', signal)).rejects.toMatchObject({ code: 'OBJECT_UNREADABLE' });
    expect((await store.head('c', signal)).key).toBe('c');
    expect(container.calls.map(({ key }) => key)).toEqual(['a', 'b', 'b', 'c', 'c', 'c', 'c']);
  });

  test('a container that goes missing answers so', async () => {
    const container = new MemoryContainer();
    const store = openAll(container);
    await store.authenticate(signal);
    container.missing = true;
    await expect(store.authenticate(signal)).rejects.toMatchObject({ code: 'CONTAINER_NOT_FOUND' });
  });

  test('presigning can be lent', async () => {
    const container = new MemoryContainer();
    const provider = createMemoryProvider(container, {
      name: 'GCS',
      presign: (key, ttl) => `http://host/${key}?ttl=${ttl}`,
    });
    expect(provider).toMatchObject({ name: 'GCS', capabilities: { presign: true } });
    const store = openStore(provider, { container: container.name, prefix: '' }, {}, testEnvironment());
    expect((await store.presign('a', { ttlSeconds: 60, signal })).url).toBe('http://host/a?ttl=60');
  });
});
