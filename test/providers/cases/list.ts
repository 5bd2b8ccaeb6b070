import { expect } from 'vitest';
import type { Case } from '../conformance.ts';
import { bytes, inByteOrder, keysOf, oddNames, pagesOf } from './content.ts';

const body = bytes('x');

export const listCases = {
  'list: empty storage': async (t) => {
    expect(await keysOf(t)).toEqual([]);
  },

  'list: 2,500 objects once each, in pages': async (t) => {
    const keys = Array.from({ length: 2_500 }, (_, i) =>
      t.key(`d${i % 7}/object ${String(i * 7919).padStart(9, '0')}.json`),
    );
    await t.putMany(keys, body);
    const pages = await pagesOf(t);
    const listed = pages.flatMap((page) => page.objects.map((object) => object.key));
    expect(inByteOrder(listed)).toEqual(inByteOrder(keys));
    if (t.capabilities.listsInOrder) expect(listed).toEqual(inByteOrder(keys));
    expect(pages.length).toBeGreaterThan(1);
    expect(Math.max(...pages.map((page) => page.objects.length))).toBeLessThanOrEqual(5_000);
    expect(pages.flatMap((page) => page.unusable ?? [])).toEqual([]);
  },

  'list: size, version and time of each object': async (t) => {
    await t.put(t.key('five'), bytes('12345'));
    await t.put(t.key('empty'), new Uint8Array());
    const [page] = await pagesOf(t);
    const sizes = Object.fromEntries(page!.objects.map((object) => [object.key, object.size]));
    expect(sizes).toEqual({ [t.key('five')]: 5, [t.key('empty')]: 0 });
    for (const object of page!.objects) {
      const head = await t.store.head(object.key, t.signal);
      expect(head.version).toBe(object.version);
      expect(head.size).toBe(object.size);
      if (object.modifiedAt && head.modifiedAt) {
        // HTTP dates carry whole seconds, listings often carry milliseconds (RFC 9110 section 5.6.7).
        expect(Math.abs(object.modifiedAt.getTime() - head.modifiedAt.getTime())).toBeLessThan(1_000);
      }
    }
  },

  'list: begins behind a key': async (t) => {
    const names = ['a', 'a/1', 'a/2', 'a/b/3', 'a-', 'a.txt', 'b', 'b/1', 'ｚ', '🏷', 'z/1', 'z/2'];
    // A name cannot be both file and folder everywhere.
    const keys = inByteOrder(names.filter((name) => name !== 'a' && name !== 'b').map(t.key));
    await t.putMany(keys, body);
    expect(await keysOf(t)).toEqual(keys);
    for (const after of keys) {
      expect(await keysOf(t, { after }), `behind ${after}`).toEqual(keys.slice(keys.indexOf(after) + 1));
    }
    const absent = t.key('a/b');
    const behind = keys.filter((key) => Buffer.compare(Buffer.from(key), Buffer.from(absent)) > 0);
    expect(await keysOf(t, { after: absent })).toEqual(behind);
  },

  'list: first level only': async (t) => {
    const top = ['1.txt', 'm.txt', 'z.txt'].map(t.key);
    await t.putMany([...top, t.key('dir/2.txt'), t.key('m/3.txt'), t.key('m/n/4.txt')], body);
    expect(inByteOrder(await keysOf(t, { recursive: false }))).toEqual(inByteOrder(top));
    expect(await keysOf(t, { recursive: true })).toHaveLength(6);
  },

  'list: prefix a leaves out ab/': async (t) => {
    const own = await t.elsewhere('a');
    const { prefix } = own.store.location;
    const mine = `${prefix}object.json`;
    const stem = prefix.replace(/[^a]+$/, '');
    await own.put(mine, body);
    await own.put(`${stem}b/object.json`, body);
    await own.put(`${stem}-object.json`, body);
    await own.put(`${stem}.json`, body);
    expect(await keysOf(own)).toEqual([mine]);
    expect(await keysOf(own, { recursive: false })).toEqual([mine]);
  },

  'list: folder markers are left out': async (t) => {
    await t.putFolder(t.key('folder/'));
    await t.putFolder(t.key('folder/inner/'));
    await t.put(t.key('folder/object'), body);
    if (t.store.location.prefix.endsWith('/')) await t.putFolder(t.store.location.prefix);
    expect(await keysOf(t)).toEqual([t.key('folder/object')]);
    expect(await keysOf(t, { recursive: false })).toEqual([]);
  },

  'list: odd keys': async (t) => {
    const keys = oddNames.flatMap((name) => [t.key(name), t.key(`in folder ${name}/${name}`)]);
    await t.putMany(keys, body);
    expect(inByteOrder(await keysOf(t))).toEqual(inByteOrder(keys));
    for (const key of keys) expect(t.store.keyOf(t.store.uri(key)), t.store.uri(key)).toBe(key);
  },

  'list: aborted between pages': async (t) => {
    const keys = Array.from({ length: 2_500 }, (_, i) => t.key(`o${i}`));
    await t.putMany(keys, body);
    const controller = new AbortController();
    const reason = new Error('stopped on purpose');
    let pages = 0;
    const walk = async () => {
      for await (const _ of t.store.list({ recursive: true, signal: controller.signal })) {
        pages++;
        controller.abort(reason);
      }
    };
    await expect(walk()).rejects.toBe(reason);
    expect(pages).toBe(1);
    await expect(walk()).rejects.toBe(reason);
    expect(pages).toBe(1);
  },
} satisfies Record<string, Case>;
