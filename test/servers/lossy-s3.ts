import { createHash } from 'node:crypto';
import { type WireServer, wireServer } from './s3-wire.ts';

/** A bucket as one may meet it: it confirms what it does not keep, forbids, is full, or knows no conditions. */
export interface LossyS3 extends WireServer {
  bucket: string;
  objects: Map<string, { body: Buffer; etag: string }>;
  /** What becomes of a write's bytes; null: nothing is stored, and what was there stays. */
  keep(key: string, body: Buffer): Buffer | null;
  /** It confirms with the entity tag of what it keeps, not of what it was given. */
  honestTags: boolean;
  /**
   * What it makes of If-Match and If-None-Match. NOT_ALLOWED: as Amazon does for whoever may write and list but not read,
   * who may not compare versions either.
   */
  conditions: 'KNOWN' | 'IGNORED' | 'NOT_IMPLEMENTED' | 'INVALID' | 'NEVER_HOLD' | 'NOT_ALLOWED';
  /** How requests of these methods fail: status and code. */
  refuses: Map<string, [status: number, code: string]>;
}

const tagOf = (body: Buffer) => createHash('md5').update(body).digest('hex');
const xml = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

export async function lossyS3(): Promise<LossyS3> {
  const bucket = 'lossy';
  const objects: LossyS3['objects'] = new Map();
  const wire = await wireServer(({ method, url, headers, body }, response) => {
    const { pathname, searchParams } = new URL(url, 'http://s3');
    const key = decodeURIComponent(pathname.slice(`/${bucket}/`.length));
    const end = (status: number, text = '', more: Record<string, string> = {}) => {
      response.writeHead(status, { 'content-length': Buffer.byteLength(text), ...more });
      response.end(method === 'HEAD' ? undefined : text);
    };
    const fail = (status: number, code: string) =>
      end(status, `<Error><Code>${code}</Code><Message>No.</Message></Error>`, {
        'content-type': 'application/xml',
      });
    const refusal = server.refuses.get(method);
    if (refusal) return fail(...refusal);
    const found = objects.get(key);

    function refusesCondition(): boolean {
      const condition = headers['if-match'] ?? headers['if-none-match'];
      if (condition === undefined || server.conditions === 'IGNORED') return false;
      const holds = condition === '*' ? !found : condition === found?.etag;
      if (server.conditions === 'NOT_ALLOWED' && condition !== '*') fail(403, 'AccessDenied');
      else if (server.conditions === 'NOT_IMPLEMENTED') fail(501, 'NotImplemented');
      else if (server.conditions === 'INVALID') fail(400, 'InvalidArgument');
      else if (!holds || server.conditions === 'NEVER_HOLD') fail(412, 'PreconditionFailed');
      else return false;
      return true;
    }

    if (method === 'PUT') {
      if (refusesCondition()) return;
      const kept = server.keep(key, body);
      if (kept) objects.set(key, { body: kept, etag: tagOf(kept) });
      const encryption = headers['x-amz-server-side-encryption'];
      const tag = tagOf(kept && server.honestTags ? kept : body);
      return end(200, '', {
        etag: `"${tag}"`,
        ...(encryption && { 'x-amz-server-side-encryption': String(encryption) }),
      });
    }
    if (method === 'DELETE') {
      if (found && refusesCondition()) return;
      objects.delete(key);
      return end(204);
    }
    if (key === '') return end(200, listing(searchParams), { 'content-type': 'application/xml' });
    if (server.conditions === 'NOT_ALLOWED') return fail(403, 'AccessDenied');
    if (!found) return fail(404, 'NoSuchKey');
    response.writeHead(200, {
      'content-length': found.body.length,
      etag: `"${found.etag}"`,
      'last-modified': new Date().toUTCString(),
    });
    response.end(method === 'HEAD' ? undefined : found.body);
  });

  function listing(query: URLSearchParams): string {
    const from = query.get('continuation-token') ?? query.get('start-after') ?? '';
    const keys = [...objects.keys()]
      .filter((key) => key.startsWith(query.get('prefix') ?? '') && key > from)
      .sort();
    const size = Number(query.get('max-keys') ?? 1_000);
    const page = keys.slice(0, size).map((key) => {
      const { body, etag } = objects.get(key)!;
      const time = new Date().toISOString();
      return `<Contents><Key>${xml(key)}</Key><LastModified>${time}</LastModified><ETag>"${etag}"</ETag><Size>${body.length}</Size></Contents>`;
    });
    const more =
      keys.length > size ? `<NextContinuationToken>${xml(keys[size - 1]!)}</NextContinuationToken>` : '';
    return `<ListBucketResult><IsTruncated>${more !== ''}</IsTruncated>${page.join('')}${more}</ListBucketResult>`;
  }

  const server: LossyS3 = {
    ...wire,
    bucket,
    objects,
    keep: (_, body) => body,
    honestTags: false,
    conditions: 'KNOWN',
    refuses: new Map(),
  };
  return server;
}
