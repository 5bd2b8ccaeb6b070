import { once } from 'node:events';
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { type ClientRequest, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { createLinkSigner } from '../../src/media/signature.ts';
import { parseKeys } from '../../src/security/secrets.ts';
import * as documents from '../graphql/documents.ts';
import { wireServer } from '../servers/s3-wire.ts';
import { testApp } from '../support/app.ts';
import { mediaOf, open } from './media-links.ts';

/** Many clients at once, and what else goes on beside them. */
const MiB = 1024 * 1024;
const CONCURRENCY = 32;
/** Objects of the storage by their names. */
const objects: Record<string, { body: Buffer; headers?: Record<string, string> }> = {};
let running = 0;
let most = 0;
const wire = await wireServer((request, response) => {
  const object = objects[decodeURIComponent(new URL(request.url, 'http://x').pathname).split('/').at(-1)!];
  if (request.url.includes('list-type=2') || !object) {
    response.end('<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>');
    return;
  }
  most = Math.max(most, ++running);
  response.on('close', () => running--);
  const { body, headers } = object;
  response.writeHead(200, { etag: '"v1"', 'content-length': body.length, ...headers });
  response.end(request.method === 'HEAD' ? undefined : body);
});
afterAll(() => wire.close());

const it = await testApp({
  settings: {
    OUTBOUND_ALLOW: '127.0.0.0/8',
    RESOLVER_PROXY_CONCURRENCY: String(CONCURRENCY),
    LOCAL_FILES_SERVING_ENABLED: 'true',
  },
});
const { owner } = it;
const s3 = {
  bucket: 'bucket-x',
  endpoint: wire.url,
  credentials: { accessKey: { accessKeyId: 'AKIATEST', secretAccessKey: 'x' } },
};

/** Links to these objects, one task each. */
async function linksTo(names: string[]): Promise<string[]> {
  const projectId = await owner.project();
  await owner.connect(projectId, { s3 }, { presign: false });
  const tasks = names.map((name) => ({ image: `s3://bucket-x/${name}` }));
  await owner.run(documents.ImportTasks, { input: { projectId, tasks } });
  return (await mediaOf(owner, projectId)).map(({ media }) => media[0]!.url);
}

test('200 readers that take nothing do not hold up a sync, nor other readers', {
  timeout: 60_000,
}, async () => {
  objects['film.mp4'] = { body: Buffer.alloc(8 * MiB, 'film') };
  objects['small.png'] = { body: Buffer.from('a picture') };
  const [film, small] = (await linksTo(['film.mp4', 'small.png'])) as [string, string];
  most = 0;
  const readers: ClientRequest[] = [];
  for (let count = 0; count < 200; count++) {
    const reader = request(film, { agent: false });
    reader.on('error', () => {});
    // Nobody reads from it: the bytes stay where they are.
    reader.on('response', (response) => response.pause());
    reader.end();
    readers.push(reader);
  }
  // How many at once depends on how soon each is found to take nothing.
  await expect.poll(() => most, { timeout: 10_000 }).toBeGreaterThan(CONCURRENCY / 4);

  const files = Object.fromEntries(Array.from({ length: 2_000 }, (_, index) => [`${index}.jpg`, 'x']));
  const path = await it.files('beside', files);
  const storage = await owner.connect(await owner.project(), { localFiles: { path } });
  const sync = await owner.sync(storage.id);
  expect(sync).toMatchObject({ status: 'COMPLETED', counts: { tasksCreated: 2_000 } });
  // A paused film loses its place at the storage to whoever waits.
  expect((await open(small)).text).toBe('a picture');
  expect(most).toBeLessThanOrEqual(CONCURRENCY);

  for (const reader of readers) reader.destroy();
  await expect.poll(() => running, { timeout: 5_000 }).toBe(0);
  expect((await open(small)).text).toBe('a picture');
});

test('a page with 50 pictures gets them all over a few connections to the storage', async () => {
  const names = Array.from({ length: 50 }, (_, index) => `picture-${index}.png`);
  for (const name of names) objects[name] = { body: Buffer.from(`bytes of ${name}`) };
  const links = await linksTo(names);
  most = 0;
  const pictures = await Promise.all(links.map((link) => open(link)));
  expect(pictures.map(({ status, text }) => [status, text])).toEqual(
    names.map((name) => [200, `bytes of ${name}`]),
  );
  expect(most).toBeLessThanOrEqual(CONCURRENCY);
});

test('what is stored compressed says so, and a browser shows what was compressed', async () => {
  const text = 'a text that repeats itself '.repeat(100);
  objects['text.txt'] = {
    body: gzipSync(text),
    headers: { 'content-encoding': 'gzip', 'content-type': 'text/plain' },
  };
  objects['odd.txt'] = {
    body: Buffer.from('x'),
    headers: { 'content-encoding': 'aws-chunked', 'content-type': 'text/plain' },
  };
  const [link, odd] = (await linksTo(['text.txt', 'odd.txt'])) as [string, string];
  const shown = await open(link);
  expect(shown.headers.get('content-encoding')).toBe('gzip');
  expect(shown.headers.get('content-length')).toBe(String(objects['text.txt'].body.length));
  // As browsers do, fetch undoes the coding.
  expect(shown.text).toBe(text);
  expect((await open(odd)).headers.get('content-encoding')).toBeNull();
});

test('a folder that is swapped with a link while it is served: nothing outside is read', {
  timeout: 60_000,
}, async () => {
  const outside = join(it.documentRoot, '..', 'outside');
  await mkdir(outside, { recursive: true });
  await writeFile(join(outside, 'a.txt'), 'outside');
  const path = await it.files('swapped/folder', { 'a.txt': 'inside' });
  const projectId = await owner.project();
  await owner.connect(projectId, { localFiles: { path: join(it.documentRoot, 'swapped') } });
  const link = '/data/local-files/?d=swapped/folder/a.txt';
  const headers = { authorization: `Bearer ${owner.token}` };
  let over = false;
  const swapping = (async () => {
    const aside = `${path}-aside`;
    while (!over) {
      await rename(path, aside);
      await symlink(outside, path);
      await rm(path);
      await rename(aside, path);
      await sleep(Math.random() * 3);
    }
  })();
  const seen = new Map<string, number>();
  const often = (answer: string) => (seen.get(answer) ?? 0) > 5;
  const [atLeast, atMost] = [Date.now() + 4_000, Date.now() + 40_000];
  while (Date.now() < atLeast || (Date.now() < atMost && !(often('inside') && often('404')))) {
    const answers = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const response = await fetch(it.url + link, { headers });
        return response.status === 200 ? await response.text() : String(response.status);
      }),
    );
    for (const answer of answers) seen.set(answer, (seen.get(answer) ?? 0) + 1);
  }
  over = true;
  await swapping;
  expect(seen.get('outside')).toBeUndefined();
  expect([often('inside'), often('404')]).toEqual([true, true]);
  expect([...seen.keys()].filter((answer) => !['inside', '404', '403', '502'].includes(answer))).toEqual([]);
});

test('links outlive a new signing key for their lifetime, and end with the old one', () => {
  const [before, after] = ['a', 'b'].map((text) => Buffer.alloc(32, text).toString('base64'));
  const target = { projectId: 1, taskId: 2, uri: 's3://b/k' };
  const holder = { organizationId: 1, userId: 1, tokenId: 1 };
  const signed = createLinkSigner(parseKeys(before!), 3_600).sign(holder, target);
  const rotated = createLinkSigner(parseKeys(`${after},${before}`), 3_600);
  expect(rotated.verify(signed, target)).toMatchObject({ holder, projectId: 1 });
  // What is signed now is signed with the new key.
  expect(
    createLinkSigner(parseKeys(after!), 3_600).verify(rotated.sign(holder, target), target),
  ).toBeDefined();
  expect(createLinkSigner(parseKeys(after!), 3_600).verify(signed, target)).toBeUndefined();
});

test('the service is not held open by clients that have gone', async () => {
  objects['gone.bin'] = { body: Buffer.alloc(4 * MiB) };
  const [link] = (await linksTo(['gone.bin'])) as [string];
  const reader = request(link, { agent: false }).end();
  const [response] = await once(reader, 'response');
  response.destroy();
  reader.on('error', () => {});
  await expect.poll(() => running, { timeout: 5_000 }).toBe(0);
});
