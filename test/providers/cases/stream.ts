import { Readable } from 'node:stream';
import { expect } from 'vitest';
import type { Case, Trial } from '../conformance.ts';
import { bodyBytes, bytes, keysOf, pattern } from './content.ts';

const contentType = 'video/mp4';

/** Pieces of no round length, as networks give them. */
function* pieces(content: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < content.length; at += 99_991) yield content.subarray(at, at + 99_991);
}
const streamOf = (content: Uint8Array) => Readable.from(pieces(content), { objectMode: false });

const send = ({ store, key, signal }: Trial, name: string, content: Uint8Array) =>
  store.writeStream(key(name), streamOf(content), { contentType, size: content.length, signal });

const contentAt = async ({ store, key, signal }: Trial, name: string) =>
  bodyBytes(await store.read(key(name), { signal }));

/** Objects that are too long to be held in memory. */
export const streamCases = {
  'stream: several parts, then read': async (t) => {
    const content = pattern(40_000_001);
    const written = await send(t, 'folder/ü +1.mp4', content);
    expect(written).toMatchObject({ key: t.key('folder/ü +1.mp4'), size: content.length });
    const head = await t.store.head(t.key('folder/ü +1.mp4'), t.signal);
    expect(head).toMatchObject({ size: content.length, version: written.version });
    expect((await contentAt(t, 'folder/ü +1.mp4')).equals(content)).toBe(true);
    expect(await keysOf(t)).toEqual([t.key('folder/ü +1.mp4')]);
  },

  'stream: an empty one': async (t) => {
    await send(t, 'empty', new Uint8Array());
    expect(await contentAt(t, 'empty')).toHaveLength(0);
  },

  'stream: replaces what is there': async (t) => {
    await t.put(t.key('1'), bytes('a first text'));
    await send(t, '1', bytes('second'));
    expect(String(await contentAt(t, '1'))).toBe('second');
    expect(await keysOf(t)).toEqual([t.key('1')]);
  },

  'stream: one that breaks off leaves what was there': async (t) => {
    await t.put(t.key('1'), bytes('a first text'));
    const failure = new Error('the source broke');
    function* broken() {
      yield pattern(20_000_000);
      throw failure;
    }
    const body = Readable.from(broken(), { objectMode: false });
    const about = { contentType, size: 40_000_000, signal: t.signal };
    await expect(t.store.writeStream(t.key('1'), body, about)).rejects.toThrow();
    expect(String(await contentAt(t, '1'))).toBe('a first text');
    expect(await keysOf(t)).toEqual([t.key('1')]);
  },

  'stream: one that is aborted half-way leaves nothing': async (t) => {
    const stop = new AbortController();
    const reason = new Error('stopped on purpose');
    function* endless() {
      for (let given = 0; ; given += 1_000_000) {
        if (given === 20_000_000) stop.abort(reason);
        yield pattern(1_000_000);
      }
    }
    const body = Readable.from(endless(), { objectMode: false });
    const about = { contentType, size: 100_000_000, signal: stop.signal };
    await expect(t.store.writeStream(t.key('1'), body, about)).rejects.toBe(reason);
    body.destroy();
    expect(await keysOf(t)).toEqual([]);
  },
} satisfies Record<string, Case>;
