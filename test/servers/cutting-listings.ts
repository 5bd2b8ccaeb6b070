import type { ServerResponse } from 'node:http';
import { type Recorded, wireServer } from './s3-wire.ts';

/**
 * An S3 server whose listings can be gone on with by their own token only. Asked to start after a key, it gives nothing
 * and says that this was all, if a folder beside that key's own has a name that goes on with a character below '/'
 * (`images-2023/` beside `images/`) and holds a page or more: so did MinIO in November 2026.
 */
export interface CuttingServer {
  url: string;
  keys: Set<string>;
  /** Listings asked for so far. */
  listings(): number;
  /** How often a start behind a key was answered with nothing. */
  swallowed(): number;
  /** Lets the connection of the listing of this number break in the middle, once. */
  cutAt(number: number): void;
  /** Every page of a listing takes this long, in milliseconds. */
  delay(milliseconds: number): void;
  close(): Promise<void>;
}

const PAGE = 1_000;

export async function startCuttingServer(): Promise<CuttingServer> {
  const keys = new Set<string>();
  let sorted: string[] = [];
  let listings = 0;
  let swallowed = 0;
  let cut = -1;
  let delay = 0;

  function inOrder(): string[] {
    if (sorted.length !== keys.size)
      sorted = [...keys].sort((a, b) => Buffer.from(a).compare(Buffer.from(b)));
    return sorted;
  }

  /** Whether a start behind this key is answered with nothing. */
  function swallows(key: string): boolean {
    const folder = key.slice(0, key.indexOf('/'));
    if (!key.includes('/')) return false;
    const siblings = inOrder().filter((other) => other.startsWith(folder) && other[folder.length]! < '/');
    return siblings.length >= PAGE;
  }

  function list(query: URLSearchParams, response: ServerResponse): void {
    const number = ++listings;
    const prefix = query.get('prefix') ?? '';
    const token = query.get('continuation-token');
    const startAfter = query.get('start-after');
    const size = Math.min(Number(query.get('max-keys') ?? PAGE), PAGE);
    const behind = token === null ? startAfter : Buffer.from(token, 'base64').toString();
    let found = inOrder().filter((key) => key.startsWith(prefix) && (behind === null || key > behind));
    if (token === null && startAfter !== null && swallows(startAfter)) {
      swallowed++;
      found = [];
    }
    const page = found.slice(0, size);
    const more = found.length > page.length;
    const contents = page.map((key) => {
      const name = key.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
      return `<Contents><Key>${name}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>"v1"</ETag><Size>1</Size></Contents>`;
    });
    const next = more
      ? `<NextContinuationToken>${Buffer.from(page.at(-1)!).toString('base64')}</NextContinuationToken>`
      : '';
    const body = `<ListBucketResult><KeyCount>${page.length}</KeyCount><IsTruncated>${more}</IsTruncated>${next}${contents.join('')}</ListBucketResult>`;
    setTimeout(() => {
      response.writeHead(200, {
        'content-type': 'application/xml',
        'content-length': Buffer.byteLength(body),
      });
      if (number !== cut) response.end(body);
      else response.write(body.slice(0, body.length / 2), () => response.destroy());
    }, delay);
  }

  const server = await wireServer(({ method, url }: Recorded, response) => {
    const { pathname, searchParams } = new URL(url, 'http://server');
    if (searchParams.has('list-type')) return list(searchParams, response);
    const key = decodeURIComponent(pathname).split('/').slice(2).join('/');
    if (!keys.has(key)) {
      response.writeHead(404, { 'content-type': 'application/xml' });
      response.end(method === 'HEAD' ? undefined : '<Error><Code>NoSuchKey</Code></Error>');
      return;
    }
    response.writeHead(200, {
      etag: '"v1"',
      'content-length': 1,
      'last-modified': 'Thu, 01 Jan 2026 00:00:00 GMT',
    });
    response.end(method === 'HEAD' ? undefined : 'x');
  });
  return {
    url: server.url,
    keys,
    listings: () => listings,
    swallowed: () => swallowed,
    cutAt: (number) => {
      cut = listings + number;
    },
    delay: (milliseconds) => {
      delay = milliseconds;
    },
    close: () => server.close(),
  };
}
