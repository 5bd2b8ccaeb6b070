import { expect, test } from 'vitest';
import { s3Provider } from '../../src/providers/s3/provider.ts';
import { openStore } from '../../src/providers/store.ts';
import { wireServer } from '../servers/s3-wire.ts';
import { testEnvironment } from '../support/environment.ts';

/** A server that says much of each object, in a form that is left to the SDK's reader. */
const TOTAL = 500;
const keyOf = (index: number) => `photo-${String(index).padStart(4, '0')}.jpg`;
const owner = `<Owner><DisplayName><![CDATA[${'x'.repeat(8_000)}]]></DisplayName></Owner>`;

test('pages that are too long to be read in one go are asked for in shorter ones', async () => {
  const asked: number[] = [];
  const server = await wireServer(({ url }, response) => {
    const query = new URL(url, 'http://x').searchParams;
    const size = Number(query.get('max-keys'));
    asked.push(size);
    const first = Number(query.get('continuation-token') ?? 0);
    const end = Math.min(first + size, TOTAL);
    const entries = Array.from(
      { length: end - first },
      (_, index) =>
        `<Contents><Key>${keyOf(first + index)}</Key><Size>1</Size><ETag>"v"</ETag>${owner}</Contents>`,
    );
    const more = end < TOTAL ? `<NextContinuationToken>${end}</NextContinuationToken>` : '';
    response.end(
      `<ListBucketResult><IsTruncated>${end < TOTAL}</IsTruncated>${entries.join('')}${more}</ListBucketResult>`,
    );
  });
  const settings = {
    bucket: 'b-c',
    endpoint: server.url,
    credentials: 'ACCESS_KEY',
    accessKeyId: 'AKIATEST',
  };
  const parsed = s3Provider.settings.parse(settings);
  const store = openStore(s3Provider, parsed, { secretAccessKey: 'secret' }, testEnvironment(), {
    attempts: 1,
  });
  const found: string[] = [];
  for await (const { objects } of store.list({ recursive: true, signal: new AbortController().signal }))
    found.push(...objects.map(({ key }) => key));
  expect(found).toEqual(Array.from({ length: TOTAL }, (_, index) => keyOf(index)));
  expect(asked).toEqual([1_000, 100, 100, 100, 100, 100]);
  await store.close();
  await server.close();
});
