import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { s3Provider } from '../../src/providers/s3/provider.ts';
import { openStore, type Store } from '../../src/providers/store.ts';
import { type WireServer, wireServer } from '../servers/s3-wire.ts';
import { continuingKeys, siblingFolders } from '../support/continuing-keys.ts';
import { testEnvironment } from '../support/environment.ts';

/**
 * Servers that know listings of version 1 alone: they pass over `list-type`, `start-after` and tokens, cut a listing off
 * without a token, and go on behind a `marker` ("ListObjects", Amazon S3 API Reference).
 */
const keys = siblingFolders
  .flatMap((folder) => continuingKeys(folder, 600))
  .concat('a', 'a&b <c>.jpg', 'z')
  .sort((a, b) => Buffer.from(a).compare(Buffer.from(b)));
const signal = new AbortController().signal;

let server: WireServer;
let open: Store;
beforeAll(async () => {
  server = await wireServer(({ url }, response) => {
    const { searchParams } = new URL(url, 'http://s3');
    response.end(listing(searchParams));
  });
  const settings = {
    bucket: 'bucket',
    endpoint: server.url,
    credentials: 'ACCESS_KEY',
    accessKeyId: 'AKIATEST',
  };
  const secrets = { secretAccessKey: 'secret' };
  open = openStore(s3Provider, s3Provider.settings.parse(settings), secrets, testEnvironment());
});
afterAll(async () => {
  await open.close();
  await server.close();
});

/** Keys and folders in one order; NextMarker with a delimiter only. */
function listing(query: URLSearchParams): string {
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter');
  const marker = query.get('marker') ?? '';
  const size = Number(query.get('max-keys') ?? 1_000);
  const names = new Set<string>();
  for (const key of keys) {
    if (!key.startsWith(prefix)) continue;
    const end = delimiter === null ? -1 : key.indexOf(delimiter, prefix.length);
    const name = end < 0 ? key : key.slice(0, end + 1);
    if (Buffer.from(name).compare(Buffer.from(marker)) > 0) names.add(name);
  }
  const page = [...names].slice(0, size);
  const encoded = (name: string) => encodeURIComponent(name).replaceAll('%2F', '/');
  const entries = page.map((name) =>
    delimiter !== null && name.endsWith(delimiter)
      ? `<CommonPrefixes><Prefix>${encoded(name)}</Prefix></CommonPrefixes>`
      : `<Contents><Key>${encoded(name)}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>"v"</ETag><Size>1</Size></Contents>`,
  );
  const more = names.size > page.length;
  const next = more && delimiter !== null ? `<NextMarker>${encoded(page.at(-1)!)}</NextMarker>` : '';
  return `<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>${more}</IsTruncated>${next}${entries.join('')}</ListBucketResult>`;
}

async function listed(request: { recursive: boolean; after?: string; before?: string }): Promise<string[]> {
  const found: string[] = [];
  for await (const { objects } of open.list({ ...request, signal }))
    found.push(...objects.map(({ key }) => key));
  return found;
}

describe('a server of version 1', () => {
  test('gives all keys, once each, in pages that go on behind the last name', async () => {
    const before = server.requests.length;
    expect(await listed({ recursive: true })).toEqual(keys);
    const [first, ...others] = server.requests.slice(before).map(({ url }) => url);
    expect(first).toContain('list-type=2');
    expect(others).toHaveLength(2);
    for (const url of others) expect(url).toContain('marker=');
  });

  test('gives those of the first level alone', async () => {
    expect(await listed({ recursive: false })).toEqual(['a', 'a&b <c>.jpg', 'z']);
  });

  test.each([keys[0]!, keys[1_234]!, keys.at(-1)!])(
    'goes on behind %s, which it was asked for in vain',
    async (after) => {
      const rest = keys.slice(keys.indexOf(after) + 1);
      expect(await listed({ recursive: true, after })).toEqual(rest);
    },
  );
});
