import { randomUUID } from 'node:crypto';
import { ApiFailure, type Bucket, type StoredObject, store } from './gcs-objects.ts';
import type { WireReply } from './gcs-replies.ts';
import type { Recorded } from './s3-wire.ts';

/** Uploads in chunks ("Resumable uploads", Cloud Storage documentation): whoever knows the address may send to it. */
export interface Sessions {
  /** Of those that are open. */
  size(): number;
  /** Host that the addresses name; default: the server's own. */
  host: string | undefined;
  /** So many bytes of each chunk are kept, and no more. */
  keeps: number;
  /** @returns the response that names the address */
  begin(bucket: Bucket, name: string, contentType: string, request: Recorded): WireReply;
  /** undefined: the session waits for more, as the reply says. @throws ApiFailure */
  take(id: string, request: Recorded): { bucket: Bucket; object: StoredObject } | WireReply;
}

/** All chunks but the last are multiples of it. */
const UNIT = 256 * 1024;

export function createSessions(url: () => string): Sessions {
  const open = new Map<string, { bucket: Bucket; name: string; contentType: string; chunks: Buffer[] }>();
  const sessions: Sessions = {
    size: () => open.size,
    host: undefined,
    keeps: Number.POSITIVE_INFINITY,
    begin(bucket, name, contentType, request) {
      const id = randomUUID();
      open.set(id, { bucket, name, contentType, chunks: [] });
      const location = new URL(`${request.url}&upload_id=${id}`, url());
      if (sessions.host) location.host = sessions.host;
      return { status: 200, headers: { location: location.href, 'content-length': '0' }, body: '' };
    },
    take(id, { method, headers, body }) {
      const session = open.get(id);
      if (!session) throw new ApiFailure(404, 'notFound', 'No such upload.');
      if (method === 'DELETE') {
        open.delete(id);
        return { status: 499, headers: { 'content-length': '0' }, body: '' };
      }
      const { bucket, name, contentType, chunks } = session;
      const has = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
      const [, start, end, total] =
        /^bytes (?:(\d+)-(\d+)|\*)\/(\d+)$/.exec(String(headers['content-range'])) ?? [];
      const isLast = start === undefined ? total === '0' : Number(end) + 1 === Number(total);
      const fits = start === undefined || (Number(start) === has && Number(end) - has + 1 === body.length);
      if (!fits || (!isLast && body.length % UNIT !== 0)) throw new ApiFailure(400, 'invalid', 'Bad range.');
      const kept = body.subarray(0, sessions.keeps);
      chunks.push(kept);
      if (isLast && kept.length === body.length) {
        open.delete(id);
        return { bucket, object: store(bucket, name, Buffer.concat(chunks), { contentType }) };
      }
      const range = `bytes=0-${has + kept.length - 1}`;
      return {
        status: 308,
        headers: { 'content-length': '0', ...(has + kept.length > 0 && { range }) },
        body: '',
      };
    },
  };
  return sessions;
}
