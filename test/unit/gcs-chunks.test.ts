import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Store } from '../../src/providers/store.ts';
import { pattern } from '../providers/cases/content.ts';
import { allPermissions } from '../servers/gcs.ts';
import { type GcsTrial, secretsOf, startTrial } from '../servers/gcs-trial.ts';
import { wireServer } from '../servers/s3-wire.ts';
import { until } from '../support/until.ts';

/** Uploads of objects that are too long to be held in memory, in chunks of 16 MiB. */
const CHUNK = 16 << 20;

let trial: GcsTrial;
beforeAll(async () => {
  trial = await startTrial();
});
afterAll(() => trial.server.close());
afterEach(() => Object.assign(trial.server.sessions, { host: undefined, keeps: Number.POSITIVE_INFINITY }));

function opened() {
  const { name, objects } = trial.server.createBucket(trial.account);
  return { name, objects, store: trial.open(trial.settingsFor(name)) };
}

const send = (
  store: Store,
  content: Iterable<Uint8Array>,
  size: number,
  signal = new AbortController().signal,
) =>
  store.writeStream('a b+.bin', Readable.from(content, { objectMode: false }), {
    ...{ contentType: 'video/mp4', size, signal },
  });

test('holds one chunk or two, however long the object is', async () => {
  const { store, name, objects } = opened();
  const size = 6 * CHUNK + 5;
  const taken = () =>
    trial.server.requests
      .filter(({ method, url }) => method === 'PUT' && url.includes(name))
      .reduce((sum, { body }) => sum + body.length, 0);
  let ahead = 0;
  function* content() {
    for (let given = 0; given < size; given += 65_536) {
      ahead = Math.max(ahead, given - taken());
      yield Buffer.alloc(Math.min(65_536, size - given), given / 65_536);
    }
  }
  expect(await send(store, content(), size)).toMatchObject({ size, contentType: 'video/mp4' });
  expect(ahead).toBeLessThan(1.2 * CHUNK);
  const { body, contentType } = objects.get('a b+.bin')!;
  expect([body.length, contentType]).toEqual([size, 'video/mp4']);
  expect(body.equals(Buffer.concat([...content()]))).toBe(true);
});

test('sends what the server did not keep once more', async () => {
  const { store, objects } = opened();
  trial.server.sessions.keeps = 3 << 20;
  const content = pattern(20 << 20);
  await send(store, [content], content.length);
  expect(objects.get('a b+.bin')!.body.equals(content)).toBe(true);
});

test('goes to the storage’s own address, whatever host the server names, and without its token', async () => {
  const { store, name, objects } = opened();
  const canary = await wireServer((_, response) => response.end('{}'));
  trial.server.sessions.host = new URL(canary.url).host;
  await send(store, [pattern(100)], 100);
  expect(objects.get('a b+.bin')!.body).toHaveLength(100);
  expect(canary.connections()).toBe(0);
  const sent = trial.server.requests.filter(({ method, url }) => method === 'PUT' && url.includes(name));
  expect(sent.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  await canary.close();
});

test.each(['the source breaks', 'it is aborted'])('gives the session up when %s', async (how) => {
  const { store, objects } = opened();
  const stop = new AbortController();
  function* content() {
    yield pattern(CHUNK);
    if (how === 'it is aborted') stop.abort(new Error(how));
    else throw new Error(how);
    yield pattern(CHUNK);
  }
  await expect(send(store, content(), 3 * CHUNK, stop.signal)).rejects.toThrow();
  await until(trial.server.sessions.size).toBe(0);
  expect(objects.size).toBe(0);
});

test('what ends before its size, or is given up by the server, is no success', async () => {
  const { store, objects } = opened();
  await expect(send(store, [pattern(CHUNK)], 2 * CHUNK)).rejects.toMatchObject({
    code: 'UNEXPECTED_RESPONSE',
  });
  trial.server.sessions.keeps = 0;
  await expect(send(store, [pattern(CHUNK)], 2 * CHUNK)).rejects.toMatchObject({
    code: 'UNEXPECTED_RESPONSE',
  });
  expect([objects.size, trial.server.sessions.size()]).toEqual([0, 0]);
});

test('whoever may not write does not', async () => {
  const { name } = opened();
  const other = trial.server.createServiceAccount();
  const permissions = allPermissions.filter((permission) => !permission.endsWith('create'));
  trial.server.bucket(name).grants.push({ email: other.email, permissions });
  const store = trial.open(trial.settingsFor(name), secretsOf(other.json));
  await expect(send(store, [pattern(10)], 10)).rejects.toMatchObject({
    code: 'FORBIDDEN',
    capability: 'WRITE',
  });
});
