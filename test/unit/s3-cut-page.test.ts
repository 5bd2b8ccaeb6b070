import { expect, test } from 'vitest';
import { s3Provider } from '../../src/providers/s3/provider.ts';
import { openStore } from '../../src/providers/store.ts';
import { wireServer } from '../servers/s3-wire.ts';
import { testEnvironment } from '../support/environment.ts';

const entry =
  '<Contents><Key>a.jpg</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>"v"</ETag><Size>1</Size></Contents>';
const whole = `<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated>${entry}</ListBucketResult>`;

/** The response is complete as HTTP goes: whatever made the page stopped in the middle. */
test.each([
  ['in an entry', whole.slice(0, whole.indexOf('<Size>'))],
  ['behind an entry', whole.slice(0, whole.indexOf('</ListBucketResult>'))],
  ['before the first entry', whole.slice(0, whole.indexOf('<Contents>'))],
])('a page of a listing that is cut off %s is asked for again', async (_, cut) => {
  let listings = 0;
  const server = await wireServer((_request, response) => void response.end(++listings === 1 ? cut : whole));
  const settings = {
    bucket: 'bucket',
    endpoint: server.url,
    credentials: 'ACCESS_KEY',
    accessKeyId: 'AKIATEST',
  };
  const options = { baseDelayMs: 1 };
  const parsed = s3Provider.settings.parse(settings);
  const store = openStore(s3Provider, parsed, { secretAccessKey: 'secret' }, testEnvironment(), options);
  const found: string[] = [];
  for await (const { objects } of store.list({ recursive: true, signal: new AbortController().signal }))
    found.push(...objects.map(({ key }) => key));
  expect({ found, listings }).toEqual({ found: ['a.jpg'], listings: 2 });
  await store.close();
  await server.close();
});
