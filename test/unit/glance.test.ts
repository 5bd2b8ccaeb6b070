import { expect, test } from 'vitest';
import { openStore } from '../../src/providers/store.ts';
import { createMemoryProvider } from '../providers/memory/config.ts';
import { type GeneratedObjects, MemoryContainer } from '../providers/memory/container.ts';
import { testEnvironment } from '../support/environment.ts';

/** Looking at many objects at once asks little, whatever else lies between them, and says nothing of what it left out. */
const signal = new AbortController().signal;
const keyed = (numbers: readonly number[]) => numbers.map((it) => `out/${it}.json`);
const from = (first: number, count: number) => keyed(Array.from({ length: count }, (_, i) => first + i));

function open(options: { generated?: GeneratedObjects; inOrder?: boolean } = {}) {
  const container = new MemoryContainer(options.generated ? { generated: options.generated } : {});
  const provider = createMemoryProvider(container, {
    capabilities: { listsInOrder: options.inOrder ?? true },
  });
  const settings = { container: container.name, prefix: 'out' };
  const store = openStore(provider, settings, {}, testEnvironment(), { attempts: 1 });
  return { container, store, lists: () => container.calls.filter(({ method }) => method === 'list').length };
}

test.each([true, false])('a thousand take a few pages (in order: %s)', async (inOrder) => {
  const { container, store, lists } = open({ inOrder });
  for (const key of from(1, 3_000)) container.put(key, '{}');
  const shown = await store.glance(from(1_001, 1_000), signal);
  expect([...shown.keys()].sort()).toEqual(from(1_001, 1_000).sort());
  expect(lists()).toBeLessThanOrEqual(3);
});

test('keys that continue in another length are found over the gap', async () => {
  const { container, store, lists } = open();
  for (const key of from(1, 12_000)) container.put(key, '{}');
  expect((await store.glance(from(9_101, 1_000), signal)).size).toBe(1_000);
  expect(lists()).toBeLessThanOrEqual(4);
});

test('where others lie in between, it is given up after two pages', async () => {
  const key = (index: number) => `out/${String(index).padStart(7, '0')}.json`;
  const { store, lists } = open({ generated: { count: 1_000_000, key } });
  const wanted = Array.from({ length: 500 }, (_, i) => key(i * 2_000));
  expect((await store.glance(wanted, signal)).size).toBeLessThan(500);
  expect(lists()).toBe(2);
});

test('a few are not worth a listing', async () => {
  const { container, store, lists } = open();
  for (const key of from(1, 10)) container.put(key, '{}');
  expect((await store.glance(from(1, 10), signal)).size).toBe(0);
  expect(lists()).toBe(0);
});

test('a listing that is refused shows nothing; an abort ends it', async () => {
  const { container, store } = open();
  container.fail({ method: 'list', failure: { code: 'FORBIDDEN' } });
  expect((await store.glance(from(1, 100), signal)).size).toBe(0);
  await expect(store.glance(from(1, 100), AbortSignal.abort(new Error('stopped')))).rejects.toThrow(
    'stopped',
  );
});
