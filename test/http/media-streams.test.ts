import { once } from 'node:events';
import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import * as documents from '../graphql/documents.ts';
import { type Recorded, wireServer } from '../servers/s3-wire.ts';
import { testApp } from '../support/app.ts';
import type { SourceSettingsInput } from '../support/generated/graphql.ts';
import { mediaOf, open } from './media-links.ts';

/** Media through the service from a storage that misbehaves, to clients that do. */
const MiB = 1024 * 1024;
/** More than the buffers of all sockets on the way hold. */
const size = 64 * MiB;
const bytes = Buffer.alloc(size, 'abcdefghij');
const TIMEOUT_MS = 1_000;

type Answer = (request: Recorded, response: ServerResponse) => void;
let get: Answer;
/** Reads that the storage is answering now. */
let running = 0;
/** Bytes of bodies handed to the connection. */
let sent = 0;
const wire = await wireServer((request, response) => {
  if (request.url.includes('list-type=2')) {
    response.end('<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>');
    return;
  }
  running++;
  response.on('close', () => running--);
  get(request, response);
});
afterAll(() => wire.close());

const it = await testApp({
  worker: 'none',
  settings: {
    OUTBOUND_ALLOW: '127.0.0.0/8',
    RESOLVER_PROXY_TIMEOUT: String(TIMEOUT_MS / 1000),
    RESOLVER_PROXY_CONCURRENCY: '1',
  },
});
const { owner } = it;

const keys = (secretAccessKey = 'x') => ({ accessKey: { accessKeyId: 'AKIATEST', secretAccessKey } });
async function linkOf(source: SourceSettingsInput = { presign: false }, credentials = [keys()]) {
  const projectId = await owner.project();
  for (const one of credentials) {
    const s3 = { bucket: 'bucket', endpoint: wire.url, credentials: one };
    await owner.connect(projectId, { s3 }, source);
  }
  const tasks = [{ image: 's3://bucket/a.bin' }];
  await owner.run(documents.ImportTasks, { input: { projectId, tasks } });
  return (await mediaOf(owner, projectId))[0]!.media[0]!.url;
}
const url = await linkOf();

/** The part that was asked for, as S3 answers, as fast as it is taken. */
const whole: Answer = ({ headers, method }, response) => {
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '') ?? [];
  const start = Number(first ?? 0);
  const end = last ? Math.min(Number(last), size - 1) : size - 1;
  response.writeHead(first === undefined ? 200 : 206, {
    etag: '"version-1"',
    'content-length': end - start + 1,
    ...(first !== undefined && { 'content-range': `bytes ${start}-${end}/${size}` }),
  });
  if (method === 'HEAD') {
    response.end();
    return;
  }
  let at = start;
  const more = () => {
    while (at <= end) {
      const chunk = bytes.subarray(at, Math.min(at + 64 * 1024, end + 1));
      at += chunk.length;
      sent += chunk.length;
      if (!response.write(chunk)) {
        response.once('drain', more);
        return;
      }
    }
    response.end();
  };
  more();
};

const failing =
  (status: number, code: string): Answer =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/xml' });
    response.end(`<Error><Code>${code}</Code><Message>a word of the provider</Message></Error>`);
  };

beforeEach(() => {
  get = whole;
  sent = 0;
});

/** A client that takes nothing until it is told to. */
async function slowly(address: string): Promise<IncomingMessage> {
  const [response] = await once(request(address).end(), 'response');
  return response as IncomingMessage;
}

async function takeAll(response: IncomingMessage): Promise<Buffer> {
  return Buffer.concat((await response.toArray()) as Buffer[]);
}

describe('clients', () => {
  test('one that goes frees the connection to the storage at once', async () => {
    const client = await slowly(url);
    expect(running).toBe(1);
    client.destroy();
    await expect.poll(() => running, { timeout: 500, interval: 5 }).toBe(0);
    expect((await open(url, { range: 'bytes=0-9' })).body).toEqual(bytes.subarray(0, 10));
  });

  test('one that goes before the storage has answered, too', async () => {
    get = () => {};
    const client = request(url).end();
    client.on('error', () => {});
    await expect.poll(() => running).toBe(1);
    client.destroy();
    await expect.poll(() => running, { timeout: 500, interval: 5 }).toBe(0);
  });

  test('a slow one holds the storage back, and no other client; it gets every byte in the end', async () => {
    const slow = await slowly(url);
    // Only one may read at a time: the others get their turn all the same.
    for (let i = 0; i < 3; i++) expect((await open(url, { range: 'bytes=5-14' })).text).toBe('fghijabcde');
    expect(running).toBe(0);
    expect(sent).toBeLessThan(size);
    expect((await takeAll(slow)).equals(bytes)).toBe(true);
  });
});

describe('storages', () => {
  test('one that never answers', async () => {
    get = () => {};
    const answer = await open(url);
    expect([answer.status, JSON.parse(answer.text).code]).toEqual([504, 'TIMEOUT']);
  });

  test('one that is slow, but keeps sending for longer than the limit', async () => {
    get = async (_request, response) => {
      response.writeHead(200, { etag: '"version-1"', 'content-length': 20 });
      for (let i = 0; i < 20; i++) {
        response.write('x');
        await sleep(TIMEOUT_MS / 10);
      }
      response.end();
    };
    expect((await open(url)).text).toBe('x'.repeat(20));
  });

  test('one that breaks off once: the rest is asked for, at the same version', async () => {
    let requests = 0;
    get = (request, response) => {
      if (requests++ > 0) {
        expect(request.headers).toMatchObject({
          range: `bytes=${MiB}-${size - 1}`,
          'if-match': '"version-1"',
        });
        return whole(request, response);
      }
      response.writeHead(200, { etag: '"version-1"', 'content-length': size });
      response.write(bytes.subarray(0, MiB), () => response.destroy());
    };
    expect((await open(url)).body.equals(bytes)).toBe(true);
    expect(requests).toBe(2);
  });

  test.each<[string, Answer]>([
    ['is gone', (_request, response) => response.destroy()],
    ['has another version', failing(412, 'PreconditionFailed')],
    ['falls silent', () => {}],
  ])('one that breaks off and then %s: the response ends abnormally', async (_name, after) => {
    let requests = 0;
    get = (request, response) => {
      if (requests++ > 0) return after(request, response);
      response.writeHead(200, { etag: '"version-1"', 'content-length': size });
      response.write(bytes.subarray(0, MiB), () => response.destroy());
    };
    await expect(open(url)).rejects.toThrow('terminated');
  });

  test('one that falls silent in the middle', async () => {
    get = (_request, response) => {
      response.writeHead(200, { etag: '"version-1"', 'content-length': size });
      response.write(bytes.subarray(0, MiB));
    };
    await expect(open(url)).rejects.toThrow('terminated');
    await expect.poll(() => running).toBe(0);
  });

  test.each<[string, number, number, string]>([
    ['NoSuchKey', 404, 404, 'OBJECT_NOT_FOUND'],
    ['AccessDenied', 403, 403, 'FORBIDDEN'],
    ['InvalidAccessKeyId', 403, 502, 'WRONG_CREDENTIALS'],
    ['ExpiredToken', 400, 502, 'CREDENTIALS_EXPIRED'],
    ['NoSuchBucket', 404, 502, 'CONTAINER_NOT_FOUND'],
    ['PermanentRedirect', 301, 502, 'WRONG_REGION'],
    ['InvalidObjectState', 403, 502, 'OBJECT_UNREADABLE'],
    ['SlowDown', 503, 503, 'RATE_LIMITED'],
    ['InternalError', 500, 503, 'UNAVAILABLE'],
  ])('%s', async (word, status, expected, code) => {
    get = failing(status, word);
    const answer = await open(url);
    expect([answer.status, JSON.parse(answer.text)]).toEqual([
      expected,
      { code, message: expect.any(String) },
    ]);
    expect(answer.text).not.toContain('provider');
  });
});

test('what one storage may not read, another one that sees it may', async () => {
  const address = await linkOf({ presign: false }, [
    keys(),
    { accessKey: { accessKeyId: 'AKIAOTHER', secretAccessKey: 'y' } },
  ]);
  get = (request, response) =>
    (request.headers.authorization?.includes('AKIAOTHER') ? whole : failing(403, 'AccessDenied'))(
      request,
      response,
    );
  expect((await open(address, { range: 'bytes=0-3' })).body).toEqual(bytes.subarray(0, 4));
});
