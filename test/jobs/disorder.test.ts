import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Provider } from '../../src/providers/provider.ts';
import { type Engine, openEngine } from './engine.ts';
import { openFolder } from './folder.ts';

/** Listings that promise an order and do not keep it: they are taken as those that promise none. */

/** What the server lists, page by page; keys without their prefix. */
let pages: string[][] = [];

function listing(provider: Provider): Provider {
  return {
    ...provider,
    open(...access) {
      const driver = provider.open(...access);
      return {
        ...driver,
        beginsBehindKeys: false,
        async listPage({ prefix, token = '0', signal }) {
          await driver.listPage({ prefix, recursive: true, signal });
          const names = pages[Number(token)] ?? [];
          const objects = [];
          for (const name of names) {
            const info = await driver.head(prefix + name, { signal }).catch(() => undefined);
            if (info) objects.push(info);
          }
          const next = Number(token) + 1;
          return { objects, next: next < pages.length ? String(next) : undefined };
        },
      };
    },
  };
}

const engine: Engine = await openEngine({ dress: listing });
const keys = ['a', 'a.jpg', 'a.jpgz', 'a/b', 'b', 'm', 'z'];

describe('a listing out of order', () => {
  test.each([
    ['in its first page', [['z', 'a', 'm', 'a']]],
    ['between two pages', [['m'], ['z'], ['a']]],
    ['with a key twice in a row', [['a', 'a', 'm', 'z']]],
    [
      'with a key twice, between two pages',
      [
        ['a', 'm'],
        ['m', 'z'],
      ],
    ],
  ])('%s: each object is imported, once', async (_, listed) => {
    const it = await openFolder(engine, { onRemoved: 'DELETE_UNANNOTATED', maximumRemovedShare: 1 });
    for (const key of ['z', 'a', 'm']) it.put(key);
    pages = listed;
    const preview = await engine.services.previews.preview(
      engine.viewer,
      { storageId: it.storage.id },
      new AbortController().signal,
    );
    expect(preview).toMatchObject({ complete: true, counts: { listed: 3, import: 3, removed: 0 } });
    expect(await it.sync()).toMatchObject({ status: 'COMPLETED', counts: { listed: 3, imported: 3 } });
    expect(await it.sync()).toMatchObject({ counts: { listed: 3, unchanged: 3, removed: 0 } });
    expect(await it.tasks()).toEqual(['a', 'm', 'z']);
    it.remove('m');
    expect(await it.sync()).toMatchObject({
      counts: { listed: 2, unchanged: 2, removed: 1, tasksDeleted: 1 },
    });
    expect(await it.tasks()).toEqual(['a', 'z']);
    expect(await engine.marks()).toBe(0);
  });

  test('whatever the pages: what is there is known, once, and what is gone is removed', async () => {
    const order = fc.shuffledSubarray(keys, { minLength: keys.length });
    const shuffled = fc.tuple(order, order, fc.integer({ min: 1, max: 4 }), fc.subarray(keys));
    await fc.assert(
      fc.asyncProperty(shuffled, async ([first, second, size, gone]) => {
        const it = await openFolder(engine, { onRemoved: 'DELETE_UNANNOTATED', maximumRemovedShare: 1 });
        const inPages = (names: string[]) =>
          names.flatMap((_, at) => (at % size === 0 ? [names.slice(at, at + size)] : []));
        for (const key of keys) it.put(key);
        pages = inPages(first);
        expect((await it.sync()).counts).toMatchObject({ listed: 7, imported: 7, unchanged: 0, removed: 0 });
        it.remove(...gone);
        // Some are listed twice.
        pages = inPages([...second, ...first.slice(0, 3)]);
        const left = keys.filter((key) => !gone.includes(key));
        const { counts } = await it.sync();
        expect(counts).toMatchObject({ listed: left.length, unchanged: left.length, removed: gone.length });
        expect(await it.tasks()).toEqual(left);
      }),
      { numRuns: 30 },
    );
  }, 120_000);
});
