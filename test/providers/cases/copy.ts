import { expect } from 'vitest';
import type { ObjectInfo } from '../../../src/providers/provider.ts';
import type { Case, Trial } from '../conformance.ts';
import { bodyBytes, bodyText, bytes, inByteOrder, keysOf, oddNames, pattern } from './content.ts';

const contentType = 'image/png';

/** Writes an object and answers with what the storage then shows of it. */
async function put({ store, key, signal }: Trial, name: string, body: Uint8Array): Promise<ObjectInfo> {
  await store.write(key(name), body, { contentType, signal });
  return store.head(key(name), signal);
}

const copy = (to: Trial, name: string, from: Trial, info: ObjectInfo, signal = to.signal) =>
  // Each trial counts the calls of a provider of its own.
  to.store.copy(to.key(name), { store: { ...from.store, provider: to.store.provider }, info }, signal);

const textAt = async ({ store, key, signal }: Trial, name: string) =>
  bodyText(await store.read(key(name), { signal }));

/** Objects that the provider copies by itself, from one container to another. */
export const copyCases = {
  'copy: the bytes and what they are, into another container': async (t) => {
    const from = await t.elsewhere('from');
    const content = pattern(300_000);
    const info = await put(from, 'a/1.png', content);
    const copied = await copy(t, 'b/2.png', from, info);
    expect(copied).toMatchObject({ key: t.key('b/2.png'), size: content.length });
    expect(await t.store.head(t.key('b/2.png'), t.signal)).toMatchObject({
      ...{ size: content.length, version: copied!.version, contentType },
    });
    const body = await t.store.read(t.key('b/2.png'), { signal: t.signal });
    expect((await bodyBytes(body)).equals(content)).toBe(true);
    expect(await keysOf(t)).toEqual([t.key('b/2.png')]);
    expect(await keysOf(from)).toEqual([from.key('a/1.png')]);
  },

  'copy: an empty object': async (t) => {
    const from = await t.elsewhere('from');
    await copy(t, 'empty', from, await put(from, 'empty', new Uint8Array()));
    expect(await textAt(t, 'empty')).toBe('');
  },

  'copy: odd keys, on both sides': async (t) => {
    const from = await t.elsewhere('from');
    for (const name of oddNames) {
      const info = await put(from, `from/${name}`, bytes(name));
      expect(await copy(t, `to/${name}`, from, info), name).toBeDefined();
    }
    expect(inByteOrder(await keysOf(t))).toEqual(inByteOrder(oddNames.map((name) => t.key(`to/${name}`))));
    for (const name of oddNames) expect(await textAt(t, `to/${name}`)).toBe(name);
  },

  'copy: replaces what is there': async (t) => {
    const from = await t.elsewhere('from');
    const before = await put(t, '1', bytes('a longer first text'));
    const copied = await copy(t, '1', from, await put(from, '1', bytes('second')));
    expect(copied!.version).not.toBe(before.version);
    expect(await textAt(t, '1')).toBe('second');
    expect(await keysOf(t)).toEqual([t.key('1')]);
  },

  'copy: nothing of what has gone': async (t) => {
    const from = await t.elsewhere('from');
    const gone = await put(from, '1', bytes('x'));
    await from.store.remove(from.key('1'), from.signal);
    expect(await copy(t, '1', from, gone)).toBeUndefined();
    expect(await keysOf(t)).toEqual([]);
  },

  'copy: nothing of what has changed since it was looked at': async (t) => {
    const from = await t.elsewhere('from');
    const changed = await put(from, '1', bytes('before'));
    await put(from, '1', bytes('after!'));
    expect(await copy(t, '1', from, changed)).toBeUndefined();
    expect(await keysOf(t)).toEqual([]);
  },

  'copy: nothing out of a container of another server': async (t) => {
    const from = await t.elsewhere('from');
    const info = await put(from, '1', bytes('x'));
    const location = { ...from.store.location, container: `elsewhere+${from.store.location.container}` };
    expect(await copy(t, '1', { ...from, store: { ...from.store, location } }, info)).toBeUndefined();
    expect(await keysOf(t)).toEqual([]);
  },

  'copy: aborted before it begins': async (t) => {
    const from = await t.elsewhere('from');
    const info = await put(from, '1', bytes('x'));
    const reason = new Error('stopped on purpose');
    await expect(copy(t, '1', from, info, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(t.driverCalls()).toBe(0);
    expect(await keysOf(t)).toEqual([]);
  },
} satisfies Record<string, Case>;
