import { DriverFailure } from '../errors.ts';
import { inParts } from '../parts.ts';
import type { ProviderEnvironment } from '../provider.ts';
import { GcsError } from './error.ts';
import { notGcs } from './failures.ts';
import { type Answer, objectOf, type Request, send, sendChecked } from './requests.ts';

/** A multiple of 256 KiB, as Cloud Storage wants it. */
const CHUNK_BYTES = 16 << 20;
/** How long the end of an upload that failed is waited for, in milliseconds. */
const CANCEL_LIMIT = 10_000;

/** What is to be written where; `size` in bytes. */
interface Target {
  endpoint: string;
  bucket: string;
  key: string;
  contentType: string;
  size: number;
}

interface Sending {
  environment: ProviderEnvironment;
  /** With a token. @throws GcsError */
  begin(request: Request): Promise<Answer>;
}

/**
 * Uploads an object of any length in chunks, of which one is held in memory ("Resumable uploads", Cloud Storage
 * documentation). Nothing is there until all of it is; what fails leaves no session behind, as far as the server lets
 * us clear up.
 * @returns the resource of the object
 */
export async function uploadInChunks(
  { environment, begin }: Sending,
  target: Target,
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<Record<string, unknown>> {
  const url = await beginSession(begin, target, signal);
  try {
    let start = 0;
    for await (const chunk of inParts(body, CHUNK_BYTES)) {
      const end = start + chunk.length;
      do {
        const bytes = chunk.subarray(chunk.length - (end - start));
        const answer = await sendFrom(environment, { url, bytes, start, size: target.size, signal });
        if (answer.status !== 308) return await objectOf(answer.stream);
        answer.stream.resume();
        const kept = keptOf(answer.headers.range);
        // It may keep less than it was sent; without progress this would never end.
        if (kept <= start || kept > end) throw new DriverFailure(notGcs);
        start = kept;
      } while (start < end);
    }
    // It waits for more, and there is no more.
    throw new DriverFailure(notGcs);
  } catch (error) {
    await cancel(environment, url);
    throw error;
  }
}

/** @returns the address that chunks go to, which is itself what permits them */
async function beginSession(
  begin: Sending['begin'],
  { endpoint, bucket, key, contentType, size }: Target,
  signal: AbortSignal,
): Promise<string> {
  const url = new URL(`/upload/storage/v1/b/${encodeURIComponent(bucket)}/o`, endpoint);
  url.search = new URLSearchParams({ uploadType: 'resumable', name: key }).toString();
  const headers = {
    'content-type': 'application/json',
    'x-upload-content-type': contentType,
    'x-upload-content-length': String(size),
  };
  const body = [Buffer.from(JSON.stringify({ contentType }))];
  const { headers: said, stream } = await begin({ method: 'POST', url: url.href, headers, body, signal });
  stream.resume();
  const session = URL.parse(said.location ?? '', url);
  if (!session?.searchParams.has('upload_id')) throw new DriverFailure(notGcs);
  // The storage's own address, whatever host the server names.
  url.pathname = session.pathname;
  url.search = session.search;
  return url.href;
}

/** Sends bytes from an offset on. @returns status 308: it waits for more; else it has the object */
async function sendFrom(
  environment: ProviderEnvironment,
  {
    url,
    bytes,
    start,
    size,
    signal,
  }: { url: string; bytes: Uint8Array; start: number; size: number; signal: AbortSignal },
): Promise<Answer> {
  const range = bytes.length > 0 ? `${start}-${start + bytes.length - 1}` : '*';
  const headers = { 'content-range': `bytes ${range}/${size}` };
  const request: Request = { method: 'PUT', url, headers, body: [bytes], signal };
  try {
    return await sendChecked(environment, request, { service: 'STORAGE' }, 308);
  } catch (error) {
    const gone = error instanceof GcsError && [404, 410].includes(error.response.status);
    throw gone ? new DriverFailure(givenUp, error) : error;
  }
}

const givenUp = { code: 'UNAVAILABLE' as const, message: 'Cloud Storage gave up the upload before its end.' };

/** Bytes that the server has: `bytes=0-42` says 43; without the header there are none. */
function keptOf(range: string | undefined): number {
  const [, last] = /^bytes=0-(\d+)$/.exec(range ?? '') ?? [];
  return last === undefined ? 0 : Number(last) + 1;
}

/** It answers 499, and otherwise keeps what it got for a week. */
async function cancel(environment: ProviderEnvironment, url: string): Promise<void> {
  const request: Request = { method: 'DELETE', url, signal: AbortSignal.timeout(CANCEL_LIMIT) };
  await send(environment, request).then(
    ({ stream }) => stream.resume(),
    () => undefined,
  );
}
