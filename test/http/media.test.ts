import { afterAll, describe, expect, test } from 'vitest';
import { serverOf } from '../servers/servers.ts';
import { testApp } from '../support/app.ts';
import { createBucket } from '../support/bucket.ts';
import { azureBlobPlaces } from '../support/places/azure-blob.ts';
import { gcsPlaces } from '../support/places/gcs.ts';
import { localFiles } from '../support/places/local-files.ts';
import type { Way } from '../support/places/place.ts';
import { redisPlaces } from '../support/places/redis.ts';
import { s3Places } from '../support/places/s3.ts';
import { mediaOf, open } from './media-links.ts';

/** From a URI in a task to its bytes, the same for every provider, on real servers. */
const s3 = await s3Places();
const gcs = await gcsPlaces(await serverOf('radosgw'));
const azureBlob = await azureBlobPlaces();
const redis = await redisPlaces();
const providers = [s3, gcs, azureBlob, redis];
afterAll(() => Promise.all(providers.map(({ close }) => close())));

const ways: Record<string, Way> = Object.fromEntries([
  ...providers.map(({ ways }) => Object.entries(ways)[0]!),
  ['Local files', localFiles],
]);
const settings: Record<string, string> = Object.assign({}, ...providers.map((it) => it.settings));
const it = await testApp({
  settings: {
    ...settings,
    OUTBOUND_ALLOW: '127.0.0.0/8',
    LOCAL_FILES_SERVING_ENABLED: 'true',
    RESOLVER_PROXY_MAX_RANGE_SIZE: '1000',
  },
});
const { owner } = it;
for (const secret of [...azureBlob.secrets, ...redis.secrets]) it.secret(secret);

const bytes = Buffer.from(Array.from({ length: 3_000 }, (_, index) => index % 251));

describe.each(Object.entries(ways))('%s', (name, way) => {
  /** A storage with one object, and the link to it. */
  async function link(source: { presign: boolean }, key = 'a b.jpg') {
    const place = await way.open(it);
    await place.put(key, bytes);
    const projectId = await owner.project();
    const storage = await owner.connect(projectId, place.provider, { ...source, filter: '.*' });
    await owner.sync(storage.id);
    const [task] = await mediaOf(owner, projectId);
    return { place, storage, task: task!, media: task!.media[0]! };
  }

  test('proxy: the bytes, ranges, conditions and headers', async () => {
    const { task, media, storage } = await link({ presign: false });
    expect(task.resolvedData).toEqual({ image: media.url });
    expect(media).toMatchObject({
      uri: (task.data as { image: string }).image,
      contentType: 'image/jpeg',
      size: bytes.length,
      storage: { id: storage.id },
    });

    const whole = await open(media.url);
    expect(whole.status).toBe(200);
    expect(whole.body).toEqual(bytes);
    expect(Object.fromEntries(whole.headers)).toMatchObject({
      'accept-ranges': 'bytes',
      'content-length': '3000',
      'content-type': 'image/jpeg',
      'content-disposition': expect.stringMatching(/^inline; filename="(photos:)?a b\.jpg"$/),
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringContaining('sandbox'),
    });
    const head = await open(media.url, {}, 'HEAD');
    expect([head.status, head.headers.get('content-length'), head.body.length]).toEqual([200, '3000', 0]);

    for (const [range, start, end] of [
      ['bytes=0-0', 0, 0],
      ['bytes=10-19', 10, 19],
      ['bytes=2990-9999', 2990, 2999],
      ['bytes=-5', 2995, 2999],
      ['bytes=-5000', 0, 2999],
      ['bytes=0-', 0, 999],
      ['bytes=500-', 500, 1499],
      ['bytes=2500-', 2500, 2999],
    ] as const) {
      const part = await open(media.url, { range });
      expect([
        range,
        part.status,
        part.headers.get('content-range'),
        part.headers.get('content-length'),
      ]).toEqual([range, 206, `bytes ${start}-${end}/3000`, String(end - start + 1)]);
      expect(part.body).toEqual(bytes.subarray(start, end + 1));
    }
    for (const range of ['bytes=3000-', 'bytes=5000-6000', 'bytes=-0', 'bytes=9-5']) {
      const none = await open(media.url, { range });
      expect([range, none.status, none.headers.get('content-range')]).toEqual([range, 416, 'bytes */3000']);
      expect(JSON.parse(none.text)).toMatchObject({ code: 'RANGE_NOT_SATISFIABLE' });
    }
    for (const range of ['bytes=0-1,5-6', 'lines=1-2'])
      expect((await open(media.url, { range })).body).toEqual(bytes);

    const etag = whole.headers.get('etag')!;
    const same = await open(media.url, { 'if-none-match': `"x", ${etag}` });
    expect([same.status, same.body.length, same.headers.get('etag')]).toEqual([304, 0, etag]);
    expect((await open(media.url, { 'if-none-match': '"x"' })).status).toBe(200);
    expect((await open(media.url, { 'if-match': '"x"' })).status).toBe(412);
    const weak = etag.startsWith('W/');
    expect((await open(media.url, { range: 'bytes=0-9', 'if-range': etag })).status).toBe(weak ? 200 : 206);
    expect((await open(media.url, { range: 'bytes=0-9', 'if-range': '"x"' })).status).toBe(200);
    const modified = whole.headers.get('last-modified');
    expect(modified === null).toBe(name.startsWith('Redis'));
    if (modified === null) return;
    expect((await open(media.url, { 'if-modified-since': modified })).status).toBe(304);
    expect((await open(media.url, { range: 'bytes=0-9', 'if-range': modified })).status).toBe(206);
  });

  test('presign: a redirect to a URL that reads this object and no other way', async () => {
    const { media } = await link({ presign: true });
    const answer = await open(media.url);
    if (name.startsWith('Redis') || name.startsWith('Local')) {
      expect([answer.status, answer.body]).toEqual([200, bytes]);
      return;
    }
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([303, 'no-store']);
    const url = answer.headers.get('location')!;
    expect((await open(url)).body).toEqual(bytes);
    expect((await open(url, { range: 'bytes=1-2' })).body).toEqual(bytes.subarray(1, 3));
    for (const method of ['PUT', 'DELETE']) {
      const response = await fetch(url, { method });
      await response.text();
      expect(response.status).toBeGreaterThanOrEqual(400);
    }
    expect((await open(media.url, {}, 'HEAD')).status).toBe(303);
  });

  test('an empty object, and a name of many scripts', async () => {
    const key = 'Größe 図 😀 #1?=&+%41.png';
    const { place, media } = await link({ presign: false }, key);
    expect((await open(media.url)).body).toEqual(bytes);
    await place.put(key, '');
    const empty = await open(media.url);
    expect([empty.status, empty.body.length, empty.headers.get('content-length')]).toEqual([200, 0, '0']);
    expect((await open(media.url, { range: 'bytes=0-' })).status).toBe(200);
  });
});

test.each([true, false])(
  'keys of S3 are no paths: each is served as it is named (presign: %s)',
  async (presign) => {
    const place = await createBucket();
    const keys = [
      'a//b.jpg',
      '/lead.jpg',
      'a/../b.jpg',
      './c.jpg',
      '..',
      'space .jpg ',
      'a+b&c=d#e?f%20g.jpg',
    ];
    for (const key of keys) await place.put(key, key);
    const projectId = await owner.project();
    const { id } = await owner.connect(projectId, place.input(), { presign, recursive: true });
    expect(await owner.sync(id)).toMatchObject({ status: 'COMPLETED', counts: { imported: keys.length } });
    const tasks = await mediaOf(owner, projectId);
    const served = await Promise.all(
      tasks.map(async ({ media }) => {
        const answer = await open(media[0]!.url);
        const location = answer.headers.get('location');
        return location === null ? answer.text : (await open(location)).text;
      }),
    );
    expect(served.sort()).toEqual(keys.sort());
  },
);
