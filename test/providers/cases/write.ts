import { expect } from 'vitest';
import type { Case } from '../conformance.ts';
import { bodyBytes, bodyText, bytes, inByteOrder, keysOf, oddNames, pattern } from './content.ts';

const contentType = 'application/json';

export const writeCases = {
  'write: then read': async (t) => {
    const key = t.key('new folder/1.json');
    const content = pattern(300_000);
    const written = await t.store.write(key, content, { contentType, signal: t.signal });
    expect(written).toMatchObject({ key, size: content.length });
    const head = await t.store.head(key, t.signal);
    expect(head).toMatchObject({ key, size: content.length, version: written.version });
    expect((await bodyBytes(await t.store.read(key, { signal: t.signal }))).equals(content)).toBe(true);
    expect(await keysOf(t)).toEqual([key]);
  },

  'write: empty object': async (t) => {
    await t.store.write(t.key('empty'), new Uint8Array(), { contentType, signal: t.signal });
    expect(await bodyText(await t.store.read(t.key('empty'), { signal: t.signal }))).toBe('');
  },

  'write: overwriting replaces the whole object': async (t) => {
    const key = t.key('1.json');
    await t.store.write(key, bytes('a longer first text'), { contentType, signal: t.signal });
    await t.store.write(key, bytes('second'), { contentType, signal: t.signal });
    expect(await bodyText(await t.store.read(key, { signal: t.signal }))).toBe('second');
    expect(await keysOf(t)).toEqual([key]);
  },

  'write: overwriting changes the version': async (t) => {
    const key = t.key('1.json');
    const versions = new Set<string | null>();
    for (const content of ['aaaa', 'bbbb', 'cccc']) {
      versions.add((await t.store.write(key, bytes(content), { contentType, signal: t.signal })).version);
      versions.add((await t.store.head(key, t.signal)).version);
    }
    expect(versions.size).toBe(3);
  },

  'write: keeps the content type': async (t) => {
    const key = t.key('1.json');
    await t.store.write(key, bytes('{}'), { contentType, signal: t.signal });
    expect((await t.store.head(key, t.signal)).contentType).toBe(contentType);
    const body = await t.store.read(key, { signal: t.signal });
    expect(body.info.contentType).toBe(contentType);
    body.stream.destroy();
  },

  'write: only where there is no object yet': async (t) => {
    const write = (text: string, ifVersion: string | null) =>
      t.store.write(t.key('1.json'), bytes(text), { contentType, ifVersion, signal: t.signal });
    await write('first', null);
    expect(await t.failure(write('second', null))).toMatchObject({ code: 'OBJECT_CHANGED' });
    expect(await bodyText(await t.store.read(t.key('1.json'), { signal: t.signal }))).toBe('first');
  },

  'write: only over the expected version': async (t) => {
    const key = t.key('1.json');
    const write = (text: string, ifVersion?: string | null) =>
      t.store.write(key, bytes(text), { contentType, ifVersion, signal: t.signal });
    const first = await write('first');
    const second = await write('second', first.version);
    expect(await t.failure(write('late', first.version))).toMatchObject({ code: 'OBJECT_CHANGED' });
    expect((await t.store.head(key, t.signal)).version).toBe(second.version);
    await t.store.remove(key, t.signal);
    expect(await t.failure(write('late', second.version))).toMatchObject({ code: 'OBJECT_CHANGED' });
    expect(await keysOf(t)).toEqual([]);
    await write('anew', null);
    expect(await keysOf(t)).toEqual([key]);
  },

  'glance: many written objects, in a few requests': async (t) => {
    const names = [
      ...Array.from({ length: 40 }, (_, i) => `many/${i}.json`),
      ...oddNames.map((it) => `many/${it}`),
    ];
    const written = [];
    for (const [i, name] of names.entries()) {
      written.push(await t.store.write(t.key(name), bytes('x'.repeat(i)), { contentType, signal: t.signal }));
    }
    await t.put(t.key('many/0.json'), bytes('changed'));
    const before = t.driverCalls();
    const shown = await t.store.glance([...written.map(({ key }) => key), t.key('many/missing')], t.signal);
    expect(t.driverCalls() - before).toBeLessThan(5);
    const [changed, ...others] = written;
    expect(shown.get(changed!.key)).toMatchObject({ size: 7 });
    expect(shown.get(changed!.key)?.version).not.toBe(changed!.version);
    for (const { key, size, version } of others) expect(shown.get(key)).toMatchObject({ key, size, version });
    expect(shown.size).toBe(written.length);
  },

  'write: odd keys': async (t) => {
    const keys = oddNames.map((name) => t.key(`odd/${name}`));
    for (const key of keys) await t.store.write(key, bytes('old'), { contentType, signal: t.signal });
    // Both sides mean the same object: putting it behind our back must not add a second one.
    for (const key of keys) await t.put(key, bytes(key));
    expect(inByteOrder(await keysOf(t))).toEqual(inByteOrder(keys));
    for (const key of keys) expect(await bodyText(await t.store.read(key, { signal: t.signal }))).toBe(key);
    for (const key of keys) await t.store.remove(key, t.signal);
    expect(await keysOf(t)).toEqual([]);
  },

  'write: aborted before it begins': async (t) => {
    const reason = new Error('stopped on purpose');
    const signal = AbortSignal.abort(reason);
    await expect(t.store.write(t.key('1.json'), bytes('{}'), { contentType, signal })).rejects.toBe(reason);
    expect(t.driverCalls()).toBe(0);
    expect(await keysOf(t)).toEqual([]);
  },

  'remove: an object, and only that': async (t) => {
    await t.put(t.key('1.json'), bytes('1'));
    await t.put(t.key('10.json'), bytes('10'));
    await t.store.remove(t.key('1.json'), t.signal);
    expect(await keysOf(t)).toEqual([t.key('10.json')]);
    expect(await t.failure(t.store.head(t.key('1.json'), t.signal))).toMatchObject({
      code: 'OBJECT_NOT_FOUND',
    });
  },

  'remove: only the expected version': async (t) => {
    const key = t.key('1.json');
    const write = (text: string) => t.store.write(key, bytes(text), { contentType, signal: t.signal });
    const first = await write('first');
    const second = await write('second');
    const late = t.store.remove(key, t.signal, first.version!);
    expect(await t.failure(late)).toMatchObject({ code: 'OBJECT_CHANGED' });
    expect(await keysOf(t)).toEqual([key]);
    await t.store.remove(key, t.signal, second.version!);
    expect(await keysOf(t)).toEqual([]);
  },

  'remove: a missing object is no error': async (t) => {
    await t.store.remove(t.key('missing'), t.signal);
    await t.store.remove(t.key('missing/folder/object'), t.signal);
  },
} satisfies Record<string, Case>;
