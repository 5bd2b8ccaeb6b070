import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PutBucketCorsCommand, S3Client } from '@aws-sdk/client-s3';
import { BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { serverOf } from '../servers/servers.ts';
import { testApp } from '../support/app.ts';
import { launchBrowser } from '../support/browser.ts';
import { createBucket } from '../support/bucket.ts';
import { azureBlobPlaces } from '../support/places/azure-blob.ts';
import { localFiles } from '../support/places/local-files.ts';
import type { Place } from '../support/places/place.ts';
import { mediaOf } from './media-links.ts';

/** Pictures, sound and film of tasks in a real browser, on a page of another origin. */
const screenshots = new URL('../../test-results/', import.meta.url).pathname;

/** The page that shows media, and the place where a script that ran would call. */
let calls = 0;
const site = createServer((request, response) => {
  if (request.url?.startsWith('/canary')) calls++;
  response.writeHead(200, { 'content-type': 'text/html' });
  response.end('<!doctype html><title>Labels</title><body style="font: 16px sans-serif">');
});
await once(site.listen(0, '127.0.0.1'), 'listening');
const origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;

const azureBlob = await azureBlobPlaces();
const it = await testApp({
  settings: {
    OUTBOUND_ALLOW: '127.0.0.0/8',
    LOCAL_FILES_SERVING_ENABLED: 'true',
    CORS_ORIGINS: origin,
    RESOLVER_PROXY_MAX_RANGE_SIZE: '10000',
  },
});
const { owner } = it;
for (const secret of azureBlob.secrets) it.secret(secret);
let browser: Browser;
let folder: string;
const files: Record<string, Buffer> = {};

beforeAll(async () => {
  browser = await launchBrowser('--autoplay-policy=no-user-gesture-required');
  folder = await mkdtemp(join(tmpdir(), 'longshore-media-'));
  await mkdir(screenshots, { recursive: true });
  const ffmpeg = (name: string, ...options: string[]) =>
    promisify(execFile)('ffmpeg', ['-nostdin', '-v', 'error', '-f', 'lavfi', ...options, join(folder, name)]);
  await Promise.all([
    // Half red and half blue.
    ffmpeg(
      'a.png',
      '-i',
      'color=red:size=160x120',
      '-vf',
      'drawbox=x=80:color=blue:t=fill',
      '-frames:v',
      '1',
    ),
    ffmpeg('b.wav', '-i', 'sine=frequency=440:duration=3'),
    // A minute whose first half is red and whose second is blue, with its index at the end of the file.
    ffmpeg(
      ...['c.mp4', '-i', 'color=red:size=320x240:rate=10:duration=60', '-pix_fmt', 'yuv420p'],
      ...['-preset', 'ultrafast', '-g', '20', '-vf', "drawbox=color=blue:t=fill:enable='gte(t,30)'"],
      // So that it is more than one answer.
      ...['-metadata', `comment=${'x'.repeat(100_000)}`],
    ),
  ]);
  for (const name of ['a.png', 'b.wav', 'c.mp4']) files[name] = await readFile(join(folder, name));
  const script = `fetch('${origin}/canary', { mode: 'no-cors' }); document.title = 'ran';`;
  files['d.html'] = Buffer.from(`<!doctype html><script>${script}</script><p>a page</p>`);
  files['e.svg'] = Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="50" height="40"><script>${script}</script><rect width="50" height="40" fill="#0a0"/></svg>`,
  );
  files['f.jpg'] = files['d.html']!;
  files['g.xhtml'] = Buffer.from(
    `<html xmlns="http://www.w3.org/1999/xhtml"><head><title/><script>${script}</script></head><body/></html>`,
  );
  files['h.xml'] = Buffer.from(`<a><script xmlns="http://www.w3.org/1999/xhtml">${script}</script></a>`);
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await azureBlob.close();
  site.close();
  await rm(folder, { recursive: true, force: true });
});

const everyone = { AllowedMethods: ['GET'], AllowedOrigins: ['*'], AllowedHeaders: ['*'] };
const places: Record<string, () => Promise<Pick<Place, 'provider' | 'put'>>> = {
  async S3() {
    const bucket = await createBucket();
    const { server, name } = bucket;
    const admin = new S3Client({
      ...{ endpoint: server.endpoint, region: 'us-east-1', forcePathStyle: true, credentials: server },
      requestChecksumCalculation: 'WHEN_REQUIRED',
    });
    await admin.send(
      new PutBucketCorsCommand({ Bucket: name, CORSConfiguration: { CORSRules: [everyone] } }),
    );
    return { provider: bucket.input(), put: bucket.put };
  },
  async 'Azure Blob'() {
    const { accountName, accountKey, endpoint } = await serverOf('azurite');
    const service = new BlobServiceClient(endpoint, new StorageSharedKeyCredential(accountName, accountKey));
    const rule = { allowedOrigins: '*', allowedMethods: 'GET', allowedHeaders: '*', exposedHeaders: '*' };
    await service.setProperties({ cors: [{ ...rule, maxAgeInSeconds: 60 }] });
    return azureBlob.ways['Azure Blob: account key']!.open(it);
  },
  'Local files': () => localFiles.open(it),
};

/** Links to the files, by name. */
async function linksIn(place: Pick<Place, 'provider' | 'put'>, presign: boolean) {
  for (const [name, body] of Object.entries(files)) await place.put(name, body);
  const projectId = await owner.project();
  const { id } = await owner.connect(projectId, place.provider, { presign });
  await owner.sync(id);
  const links = async () => {
    const found = (await mediaOf(owner, projectId)).flatMap(({ media }) => media);
    return Object.fromEntries(found.map(({ uri, url }) => [uri.slice(uri.lastIndexOf('/') + 1), url]));
  };
  return links;
}

const show = (page: Page, links: Record<string, string>) => page.evaluate(inPage, links);

/** Runs in the page: shows a picture, sound and film; what of them arrived. */
async function inPage(links: Record<string, string>) {
  function add<T extends 'img' | 'audio' | 'video'>(tag: T, url: string) {
    const element = document.createElement(tag);
    element.crossOrigin = 'anonymous';
    element.src = url;
    document.body.append(element);
    return element;
  }
  const event = (element: HTMLElement, name: string) =>
    new Promise<void>((resolve, reject) => {
      element.addEventListener(name, () => resolve(), { once: true });
      element.addEventListener('error', () => reject(new Error(`${element.tagName} failed`)), { once: true });
    });
  const pixel = (source: HTMLImageElement | HTMLVideoElement, x: number, y: number) => {
    const canvas = document.createElement('canvas');
    const context = canvas.getContext('2d')!;
    context.drawImage(source, 0, 0);
    const [red = 0, , blue = 0, alpha] = context.getImageData(x, y, 1, 1).data;
    if (alpha === 0) return 'nothing';
    return red > blue ? 'red' : 'blue';
  };
  const img = add('img', links['a.png']!);
  await event(img, 'load');
  const picture = [pixel(img, 10, 10), pixel(img, 150, 10), img.naturalWidth];

  const audio = add('audio', links['b.wav']!);
  audio.controls = true;
  audio.playbackRate = 8;
  await event(audio, 'canplay');
  audio.muted = true;
  await audio.play();
  await event(audio, 'ended');

  const video = add('video', links['c.mp4']!);
  video.muted = true;
  await event(video, 'loadeddata');
  const film: string[] = [];
  for (const time of [1, 50, 5, 55]) {
    video.currentTime = time;
    await event(video, 'seeked');
    // The first frame may come to be drawn a little later than it is told of.
    const until = performance.now() + 5_000;
    let color = pixel(video, 20, 20);
    while (color === 'nothing' && performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      color = pixel(video, 20, 20);
    }
    film.push(color);
  }
  await video.play();
  await event(video, 'timeupdate');
  video.pause();
  return { picture, sound: Math.round(audio.duration), length: Math.round(video.duration), film };
}

const everything = {
  picture: ['red', 'blue', 160],
  sound: 3,
  length: 60,
  film: ['red', 'blue', 'red', 'blue'],
};

test.each([
  ['S3', true],
  ['S3', false],
  ['Azure Blob', true],
  ['Azure Blob', false],
  ['Local files', false],
])(
  '%s, presign %s: pictures into a canvas, sound to its end, film from any place',
  async (name, presign) => {
    const links = await linksIn(await places[name]!(), presign);
    const page = await browser.newPage({ viewport: { width: 800, height: 500 } });
    await page.goto(origin);
    expect(await show(page, await links())).toEqual(everything);
    await page.screenshot({
      path: `${screenshots}media-${name.replace(' ', '-')}-${presign ? 'presign' : 'proxy'}.png`,
    });
    await page.close();
  },
  60_000,
);

test('a page whose links have expired asks for new ones', async () => {
  const links = await linksIn(await places.S3!(), false);
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 3 * 3_600_000 });
  const old = await links().finally(() => vi.useRealTimers());
  const page = await browser.newPage();
  await page.goto(origin);
  await expect(show(page, old)).rejects.toThrow('IMG failed');
  await page.reload();
  expect(await show(page, await links())).toEqual(everything);
  await page.close();
}, 60_000);

test('no script of an object runs, in whatever it is put', async () => {
  const links = await linksIn(await places['Local files']!(), false);
  const found = (await links()) as Record<string, string>;
  const pages = ['d.html', 'e.svg', 'g.xhtml', 'h.xml'].map((name) => found[name]!);
  const fake = found['f.jpg']!;
  const page = await browser.newPage();
  await page.goto(origin);
  const shown = await page.evaluate(
    async (urls) => {
      for (const url of urls) {
        for (const tag of ['iframe', 'embed', 'object', 'img'] as const) {
          const element = document.createElement(tag);
          element.setAttribute(tag === 'object' ? 'data' : 'src', url);
          document.body.append(element);
        }
      }
      const images = [...document.images];
      await Promise.all(images.map((image) => image.decode().catch(() => undefined)));
      return images.map(({ naturalWidth }) => naturalWidth);
    },
    [...pages, fake],
  );
  // A drawing is a picture, and pages are none.
  expect(shown).toEqual([0, 50, 0, 0, 0]);
  for (const url of pages) {
    const download = page.waitForEvent('download');
    await page.goto(url).catch(() => undefined);
    await (await download).cancel();
  }
  await page.goto(fake);
  await page.waitForLoadState('networkidle');
  expect(calls).toBe(0);
  await page.close();
}, 60_000);
