import { once } from 'node:events';
import { expect } from 'vitest';
import type { Case } from '../conformance.ts';
import { bodyBytes, bodyText, bytes, oddNames, pattern } from './content.ts';

const large = 20 * 1024 * 1024;

export const readCases = {
  'head: what an object is': async (t) => {
    const before = Date.now();
    await t.put(t.key('object.bin'), pattern(1234));
    const info = await t.store.head(t.key('object.bin'), t.signal);
    expect(info).toMatchObject({ key: t.key('object.bin'), size: 1234 });
    // Servers cut to seconds, and clocks of server and test may differ a little.
    if (info.modifiedAt) expect(Math.abs(info.modifiedAt.getTime() - before)).toBeLessThan(60_000);
  },

  'head: missing object': async (t) => {
    const error = await t.failure(t.store.head(t.key('missing'), t.signal));
    expect(error).toMatchObject({ code: 'OBJECT_NOT_FOUND', retryable: false, capability: 'READ' });
    expect(t.driverCalls()).toBe(1);
  },

  'read: whole object': async (t) => {
    await t.put(t.key('object.txt'), bytes('hello, wörld'));
    const body = await t.store.read(t.key('object.txt'), { signal: t.signal });
    expect(body.length).toBe(13);
    expect(body.info).toMatchObject({ key: t.key('object.txt'), size: 13 });
    expect(body.info.version).toBe((await t.store.head(t.key('object.txt'), t.signal)).version);
    expect(await bodyText(body)).toBe('hello, wörld');
  },

  'read: missing object': async (t) => {
    const error = await t.failure(t.store.read(t.key('missing'), { signal: t.signal }));
    expect(error).toMatchObject({ code: 'OBJECT_NOT_FOUND', retryable: false, capability: 'READ' });
  },

  'read: ranges': async (t) => {
    const content = pattern(1000);
    await t.put(t.key('object.bin'), content);
    const ranges = [
      { range: { start: 0, end: 0 }, bytes: [0, 1] },
      { range: { start: 0, end: 99 }, bytes: [0, 100] },
      { range: { start: 10, end: 19 }, bytes: [10, 20] },
      { range: { start: 0 }, bytes: [0, 1000] },
      { range: { start: 990 }, bytes: [990, 1000] },
      { range: { start: 999 }, bytes: [999, 1000] },
      { range: { start: 999, end: 999 }, bytes: [999, 1000] },
      { range: { start: 900, end: 5000 }, bytes: [900, 1000] },
    ];
    for (const { range, bytes } of ranges) {
      const body = await t.store.read(t.key('object.bin'), { range, signal: t.signal });
      const expected = content.subarray(bytes[0], bytes[1]);
      expect(body.length, JSON.stringify(range)).toBe(expected.length);
      expect(body.info.size).toBe(1000);
      expect((await bodyBytes(body)).equals(expected), JSON.stringify(range)).toBe(true);
    }
  },

  'read: range behind the end': async (t) => {
    await t.put(t.key('object.bin'), pattern(1000));
    await t.put(t.key('empty'), new Uint8Array());
    const outside = [
      { key: t.key('object.bin'), range: { start: 1000 } },
      { key: t.key('object.bin'), range: { start: 1000, end: 1000 } },
      { key: t.key('object.bin'), range: { start: 5000, end: 6000 } },
      { key: t.key('empty'), range: { start: 0 } },
    ];
    for (const { key, range } of outside) {
      const error = await t.failure(t.store.read(key, { range, signal: t.signal }));
      expect(error, JSON.stringify(range)).toMatchObject({ code: 'RANGE_NOT_SATISFIABLE', retryable: false });
    }
  },

  'read: empty object': async (t) => {
    await t.put(t.key('empty'), new Uint8Array());
    const body = await t.store.read(t.key('empty'), { signal: t.signal });
    expect(body).toMatchObject({ length: 0, info: { size: 0 } });
    expect(await bodyText(body)).toBe('');
  },

  'read: odd keys': async (t) => {
    for (const name of oddNames) {
      const key = t.key(`odd/${name}`);
      await t.put(key, bytes(name));
      expect((await t.store.head(key, t.signal)).key).toBe(key);
      expect(await bodyText(await t.store.read(key, { signal: t.signal }))).toBe(name);
    }
  },

  'read: key of 900 bytes': async (t) => {
    const prefix = t.key('ä');
    const key = prefix + '/one of many folders'.repeat(50).slice(0, 900 - Buffer.byteLength(prefix));
    expect(Buffer.byteLength(key)).toBe(900);
    await t.put(key, bytes('far down'));
    expect(await bodyText(await t.store.read(key, { signal: t.signal }))).toBe('far down');
    expect((await t.store.head(key, t.signal)).key).toBe(key);
  },

  'read: key with a backslash': async (t) => {
    await t.put(t.key('back\\slash'), bytes('b'));
    expect(await bodyText(await t.store.read(t.key('back\\slash'), { signal: t.signal }))).toBe('b');
  },

  'read: key with line breaks and control characters': async (t) => {
    const key = t.key('line\nbreak\tand\u0001more');
    await t.put(key, bytes('c'));
    const listed: string[] = [];
    for await (const page of t.store.list({ recursive: true, signal: t.signal })) {
      listed.push(...page.objects.map((object) => object.key));
    }
    expect(listed).toEqual([key]);
    expect(await bodyText(await t.store.read(key, { signal: t.signal }))).toBe('c');
  },

  'read: key with an empty segment': async (t) => {
    await t.put(t.key('a//b'), bytes('empty between'));
    await t.put(t.key('a/b'), bytes('another object'));
    expect(await bodyText(await t.store.read(t.key('a//b'), { signal: t.signal }))).toBe('empty between');
  },

  'read: 20 MB, every byte': async (t) => {
    const content = pattern(large);
    await t.put(t.key('large.bin'), content);
    const body = await t.store.read(t.key('large.bin'), { signal: t.signal });
    expect(body.length).toBe(large);
    let at = 0;
    for await (const chunk of body.stream) {
      const part = chunk as Buffer;
      if (!part.equals(content.subarray(at, at + part.length)))
        expect.fail(`Bytes differ in ${at}+${part.length}.`);
      at += part.length;
    }
    expect(at).toBe(large);
  },

  'read: destroyed half-way, 300 times': async (t) => {
    // More than the connections in any pool: one that is not released stops the case.
    await t.put(t.key('large.bin'), pattern(large));
    for (let i = 0; i < 300; i++) {
      const { stream } = await t.store.read(t.key('large.bin'), { signal: t.signal });
      await once(stream, 'readable');
      expect((stream.read() as Buffer).length).toBeGreaterThan(0);
      const closed = once(stream, 'close');
      stream.destroy();
      await closed;
    }
    expect((await t.store.head(t.key('large.bin'), t.signal)).size).toBe(large);
  },

  'read: aborted half-way': async (t) => {
    await t.put(t.key('large.bin'), pattern(large));
    const controller = new AbortController();
    const reason = new Error('stopped on purpose');
    const body = await t.store.read(t.key('large.bin'), { signal: controller.signal });
    let got = 0;
    const drain = async () => {
      for await (const chunk of body.stream) {
        got += (chunk as Buffer).length;
        controller.abort(reason);
      }
    };
    await expect(drain()).rejects.toBe(reason);
    expect(got).toBeLessThan(large);
    await expect(t.store.read(t.key('large.bin'), { signal: controller.signal })).rejects.toBe(reason);
    await expect(t.store.head(t.key('large.bin'), controller.signal)).rejects.toBe(reason);
  },

  'read: only if the version is still the same': async (t) => {
    const key = t.key('object.txt');
    await t.put(key, bytes('first'));
    const { version } = await t.store.head(key, t.signal);
    expect(version).not.toBeNull();
    const request = { ifVersion: version!, signal: t.signal };
    expect(await bodyText(await t.store.read(key, request))).toBe('first');
    expect(await bodyText(await t.store.read(key, { ...request, range: { start: 1, end: 2 } }))).toBe('ir');
    await t.put(key, bytes('second one'));
    const error = await t.failure(t.store.read(key, request));
    expect(error).toMatchObject({ code: 'OBJECT_CHANGED', retryable: false });
    const ranged = await t.failure(t.store.read(key, { ...request, range: { start: 1 } }));
    expect(ranged).toMatchObject({ code: 'OBJECT_CHANGED' });
  },
} satisfies Record<string, Case>;
