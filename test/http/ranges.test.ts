import { afterAll, expect, test } from 'vitest';
import { startNginx } from '../servers/nginx.ts';
import { testApp } from '../support/app.ts';
import { createBucket } from '../support/bucket.ts';
import { mediaOf, open } from './media-links.ts';

/** Ranges and conditional requests, judged by nginx with the same file. */
const bytes = Buffer.from(Array.from({ length: 5_000 }, (_, index) => index % 253));
const nginx = await startNginx({ 'a.bin': bytes });
afterAll(() => nginx.close());
const it = await testApp();
const bucket = await createBucket();
await bucket.put('a.bin', bytes);
const projectId = await it.owner.project();
const { id } = await it.owner.connect(projectId, bucket.input(), { presign: false });
await it.owner.sync(id);
const [task] = await mediaOf(it.owner, projectId);
const ours = task!.media[0]!.url;
const judge = `${nginx.url}/a.bin`;

/** Values that name a server's own validators: {etag}, {modified}. */
const conditions: Record<string, string>[] = [
  {},
  { 'if-none-match': '{etag}' },
  { 'if-none-match': '"other", {etag}' },
  { 'if-none-match': 'W/{etag}' },
  { 'if-none-match': '"other"' },
  { 'if-none-match': '*' },
  { 'if-none-match': '"other"', 'if-modified-since': '{modified}' },
  { 'if-modified-since': '{modified}' },
  { 'if-modified-since': 'Wed, 21 Oct 2015 07:28:00 GMT' },
  { 'if-modified-since': 'Fri, 01 Jan 2100 00:00:00 GMT' },
  { 'if-modified-since': 'no date' },
  { 'if-match': '{etag}' },
  { 'if-match': '"other", {etag}' },
  { 'if-match': '"other"' },
  { 'if-match': '*' },
  { 'if-match': 'W/{etag}' },
  { 'if-unmodified-since': '{modified}' },
  { 'if-unmodified-since': 'Wed, 21 Oct 2015 07:28:00 GMT' },
  { 'if-range': '{etag}' },
  { 'if-range': '"other"' },
  { 'if-range': 'W/{etag}' },
  { 'if-range': '{modified}' },
  { 'if-range': 'Wed, 21 Oct 2015 07:28:00 GMT' },
];
const ranges = [
  undefined,
  'bytes=0-0',
  'bytes=0-99',
  'bytes=100-199',
  'bytes=4990-5100',
  'bytes=4999-',
  'bytes=0-',
  'bytes=10-',
  'bytes=-1',
  'bytes=-5000',
  'bytes=-9999',
  'bytes=-0',
  'bytes=5000-',
  'bytes=5000-6000',
  'bytes=20-10',
  'bytes=abc',
  'bytes=-',
  'bytes= 1 - 2 ',
  'BYTES=1-2',
  'bytes=0-1,3-4',
  'items=0-1',
  'bytes',
];

async function validators(url: string) {
  const { headers } = await open(url, {}, 'HEAD');
  return { etag: headers.get('etag')!, modified: headers.get('last-modified')! };
}
const own = { [ours]: await validators(ours), [judge]: await validators(judge) };

async function answer(url: string, headers: Record<string, string>, method: string) {
  const { etag, modified } = own[url]!;
  const fill = (text: string) => text.replace('{etag}', etag).replace('{modified}', modified);
  const filled = Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, fill(text)]));
  const it = await open(url, filled, method);
  const isPart = it.status === 200 || it.status === 206;
  return {
    status: it.status,
    range: it.headers.get('content-range'),
    length: isPart ? it.headers.get('content-length') : undefined,
    body: isPart ? it.body.toString('hex') : undefined,
  };
}

test.each(ranges)('range %s', async (range) => {
  for (const condition of conditions) {
    const headers = { ...condition, ...(range !== undefined && { range }) };
    const [mine, right] = await Promise.all([answer(ours, headers, 'GET'), answer(judge, headers, 'GET')]);
    expect({ headers, ...mine }).toEqual({ headers, ...right });
  }
});

test('HEAD has no ranges (RFC 9110, section 14.2), and the conditions of GET', async () => {
  for (const condition of conditions) {
    const [mine, right] = await Promise.all([
      answer(ours, condition, 'HEAD'),
      answer(judge, condition, 'HEAD'),
    ]);
    expect({ condition, ...mine }).toEqual({ condition, ...right });
  }
  expect((await open(ours, { range: 'bytes=0-1' }, 'HEAD')).status).toBe(200);
});
