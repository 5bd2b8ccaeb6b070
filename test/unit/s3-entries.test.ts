import { ListObjectsCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { readEntries, takeEntries } from '../../src/providers/s3/entries.ts';
import { wireServer } from '../servers/s3-wire.ts';

/** Entries of listings are read as the SDK reads them, whatever their form. */
let page = '';
const server = await wireServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'application/xml' });
  response.end(page);
});
afterAll(() => server.close());

const credentials = { accessKeyId: 'id', secretAccessKey: 'secret' };
const options = {
  endpoint: server.url,
  region: 'us-east-1',
  forcePathStyle: true,
  credentials,
  maxAttempts: 1,
};
const plain = new S3Client(options);
const quick = new S3Client(options);
readEntries(quick);

const pageOf = (entries: string) =>
  `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><IsTruncated>true</IsTruncated>${entries}<CommonPrefixes><Prefix>folder/</Prefix></CommonPrefixes><NextContinuationToken>t</NextContinuationToken></ListBucketResult>`;

/** What the driver looks at of a page; an error by its name. */
async function read(client: S3Client, Command: typeof ListObjectsV2Command | typeof ListObjectsCommand) {
  try {
    const { Contents, CommonPrefixes, IsTruncated, ...more } = await client.send(
      new (Command as typeof ListObjectsV2Command)({ Bucket: 'b' }),
    );
    const entries = Contents?.map(({ Key, Size, ETag, LastModified }) => ({ Key, Size, ETag, LastModified }));
    return { entries, CommonPrefixes, IsTruncated, next: more.NextContinuationToken };
  } catch (error) {
    return (error as Error).name;
  }
}

async function expectAlike(xml: string) {
  page = xml;
  for (const Command of [ListObjectsV2Command, ListObjectsCommand]) {
    expect(await read(quick, Command)).toEqual(await read(plain, Command));
  }
}

const modified = '<LastModified>2026-01-31T12:00:00.000Z</LastModified>';
const etag = '<ETag>&quot;9b2cf535f27731c974343645a3985328&quot;</ETag>';
const entry = (key: string, more = '') =>
  `<Contents><Key>${key}</Key>${modified}${etag}<Size>7</Size>${more}</Contents>`;

test.each([
  ['plain', entry('a/b.jpg') + entry('c%20d+e.jpg'), 2],
  [
    'an owner and a storage class',
    entry(
      'a',
      '<StorageClass>STANDARD</StorageClass><Owner><ID>Size</ID><DisplayName>x</DisplayName></Owner>',
    ),
    1,
  ],
  [
    'pretty-printed',
    `\n  <Contents>\n    <Key>a</Key>\n    ${modified}\n    ${etag}\n    <Size>7</Size>\n  </Contents>\n`,
    1,
  ],
  ['no ETag', `<Contents><Key>a</Key>${modified}<Size>0</Size></Contents>`, undefined],
  ['the five entities', entry('a&amp;lt;b&quot;c&apos;&lt;&gt;'), 1],
  ['none', '', undefined],
  ['another entity', entry('a&#x41;b&#66;') + entry('b'), undefined],
  ['an entity that is none', entry('a&nbsp;b'), undefined],
  ['an ampersand alone', entry('a&b') + entry('c'), undefined],
  ['white space in a key', entry(' a b ') + entry('c'), undefined],
  ['a CDATA section', entry('<![CDATA[a<b]]>') + entry('c'), undefined],
  ['a comment', `<!-- ${entry('no')} -->${entry('a')}`, undefined],
  ['an attribute', `${entry('a')}<Contents kind="x"><Key>b</Key><Size>1</Size></Contents>`, undefined],
  ['an attribute of a key', `${entry('a')}<Contents><Key x="y">b</Key><Size>1</Size></Contents>`, undefined],
  ['no size', `${entry('a')}<Contents><Key>b</Key></Contents>`, undefined],
  ['no key', `${entry('a')}<Contents><Key/><Size>1</Size></Contents>`, undefined],
  ['a size that is none', '<Contents><Key>b</Key><Size>1e3</Size></Contents>', undefined],
  [
    'a date of another form',
    `${entry('a')}<Contents><Key>b</Key><LastModified>31 Jan 2026</LastModified>${etag}<Size>1</Size></Contents>`,
    undefined,
  ],
  ['cut off', '<Contents><Key>a</Key>', undefined],
])('%s', async (_name, entries, taken) => {
  await expectAlike(pageOf(entries));
  expect(takeEntries(pageOf(entries))?.entries.length).toBe(taken);
});

test.each(['', 'no xml', '<html><body>hello</body></html>', '<Error><Code>NoSuchBucket</Code></Error>'])(
  'a response that is no listing: %s',
  (text) => expectAlike(text),
);

test('keys as S3 escapes them, and texts of any kind', async () => {
  const text = fc.oneof(
    fc.webPath(),
    fc
      .string({ unit: 'binary', minLength: 1, maxLength: 20 })
      .map((it) => encodeURIComponent(it.toWellFormed())),
    fc.constantFrom('&amp;', '&lt;Size&gt;9&lt;/Size&gt;', '&quot;', 'é', '😀', '&#10;'),
  );
  const run = fc.asyncProperty(
    fc.array(
      text.filter((it) => it !== ''),
      { maxLength: 5 },
    ),
    async (keys) => expectAlike(pageOf(keys.map((key) => entry(key)).join(''))),
  );
  await fc.assert(run, { numRuns: 200 });
});
