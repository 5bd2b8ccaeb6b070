import { Readable } from 'node:stream';
import { expect } from 'vitest';
import type { Case, Trial } from '../conformance.ts';
import { bytes, keysOf } from './content.ts';

const contentType = 'application/json';

/** Verbs that make an object. */
const writes = ['write', 'writeStream', 'copy'];
const unseen = { size: 1, version: null, modifiedAt: null };

/** What each verb answers to a key. */
function verbs(t: Trial, key: string): Record<string, () => Promise<unknown>> {
  const all: Record<string, () => Promise<unknown>> = {
    head: () => t.store.head(key, t.signal),
    read: () => t.store.read(key, { signal: t.signal }),
    write: () => t.store.write(key, bytes('{}'), { contentType, signal: t.signal }),
    remove: () => t.store.remove(key, t.signal),
    copy: () => t.store.copy(key, { store: t.store, info: { ...unseen, key: t.key('1') } }, t.signal),
    writeStream: () =>
      t.store.writeStream(key, Readable.from([]), { contentType, size: 0, signal: t.signal }),
  };
  if (t.capabilities.presign) all.presign = () => t.store.presign(key, { ttlSeconds: 60, signal: t.signal });
  return all;
}

async function refusedByEveryVerb(t: Trial, key: string, only?: string[]): Promise<void> {
  for (const [verb, call] of Object.entries(verbs(t, key))) {
    if (only && !only.includes(verb)) continue;
    const error = await t.failure(call());
    expect(error, `${verb} ${JSON.stringify(key)}`).toMatchObject({ code: 'INVALID_KEY', retryable: false });
  }
}

export const refusalCases = {
  'refused: key outside the prefix, driver untouched': async (t) => {
    const own = await t.elsewhere('a');
    const { prefix } = own.store.location;
    const stem = prefix.replace(/[^a]+$/, '');
    for (const key of [
      '',
      'outside',
      `${stem.slice(0, -1)}b`,
      `x${prefix}1`,
      `/${prefix}1`,
      prefix.toUpperCase() + 1,
    ]) {
      await refusedByEveryVerb(own, key);
    }
    if (own.capabilities.folders) {
      for (const key of [prefix, `${stem}b/1`, stem]) await refusedByEveryVerb(own, key);
    }
    expect(own.driverCalls()).toBe(0);
  },

  'refused: NUL and half characters, driver untouched': async (t) => {
    for (const name of ['nul\0', '\0', 'half \ud83c', '\udff7 half'])
      await refusedByEveryVerb(t, t.key(name));
    expect(t.driverCalls()).toBe(0);
  },

  'refused: dot segments, driver untouched': async (t) => {
    const { folders, dotsInKeys } = t.capabilities;
    const names = ['../x', 'a/../x', 'a/..', './x', 'a/./x', '..', '.'];
    if (folders) {
      for (const name of names)
        await refusedByEveryVerb(t, t.key(name), dotsInKeys ? [...writes, 'remove', 'presign'] : undefined);
      expect(t.driverCalls()).toBe(0);
    }
    // Where they are names like any other, they are read as they are named.
    if (dotsInKeys) {
      for (const name of names)
        expect(await t.failure(t.store.head(t.key(name), t.signal))).toMatchObject({
          code: 'OBJECT_NOT_FOUND',
        });
    }
    // Names that only look like it are names.
    await t.store.write(t.key('..a/...'), bytes('fine'), { contentType, signal: t.signal });
    expect((await t.store.head(t.key('..a/...'), t.signal)).size).toBe(4);
  },

  'refused: writing below an empty segment or to a folder': async (t) => {
    for (const name of ['a//b', '/b', 'a/', 'a//']) await refusedByEveryVerb(t, t.key(name), writes);
    expect(t.driverCalls()).toBe(0);
  },

  'refused: wrong credentials': async (t) => {
    await t.put(t.key('object'), bytes('x'));
    const store = t.withWrongSecrets();
    const key = t.key('object');
    const wrong = { code: 'WRONG_CREDENTIALS', retryable: false };
    expect(await t.failure(store.authenticate(t.signal))).toMatchObject({
      ...wrong,
      capability: 'AUTHENTICATE',
    });
    const listing = store.list({ recursive: true, signal: t.signal })[Symbol.asyncIterator]();
    expect(await t.failure(listing.next())).toMatchObject({ ...wrong, capability: 'LIST' });
    expect(await t.failure(store.read(key, { signal: t.signal }))).toMatchObject({
      ...wrong,
      capability: 'READ',
    });
    const write = store.write(key, bytes('{}'), { contentType, signal: t.signal });
    expect(await t.failure(write)).toMatchObject({ ...wrong, capability: 'WRITE' });
    expect(await t.failure(store.remove(key, t.signal))).toMatchObject({ ...wrong, capability: 'DELETE' });
    // An answer to HEAD has no body that could say which of the two it was.
    expect(['WRONG_CREDENTIALS', 'FORBIDDEN']).toContain((await t.failure(store.head(key, t.signal))).code);
    expect(await keysOf(t)).toEqual([key]);
  },

  'refused: missing container': async (t) => {
    const store = t.withMissingContainer();
    const key = `${store.location.prefix}object`;
    const missing = { code: 'CONTAINER_NOT_FOUND', retryable: false };
    const listing = store.list({ recursive: true, signal: t.signal })[Symbol.asyncIterator]();
    expect(await t.failure(listing.next())).toMatchObject({ ...missing, capability: 'LIST' });
    const write = store.write(key, bytes('{}'), { contentType, signal: t.signal });
    expect(await t.failure(write)).toMatchObject({ ...missing, capability: 'WRITE' });
    const read = await t.failure(store.read(key, { signal: t.signal }));
    expect(['CONTAINER_NOT_FOUND', 'OBJECT_NOT_FOUND']).toContain(read.code);
    const head = await t.failure(store.head(key, t.signal));
    expect(['CONTAINER_NOT_FOUND', 'OBJECT_NOT_FOUND']).toContain(head.code);
  },

  'authenticate: right credentials': async (t) => {
    await t.store.authenticate(t.signal);
  },

  'uri: names a key, and only of this container': async (t) => {
    const uri = t.store.uri(t.key('folder/object.json'));
    expect(t.store.keyOf(uri)).toBe(t.key('folder/object.json'));
    for (const foreign of ['', 'object.json', 'https://example.com/object.json', 'ftp://x/y', `x${uri}`]) {
      expect(t.store.keyOf(foreign), foreign).toBeUndefined();
    }
  },
} satisfies Record<string, Case>;
