import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { CRC32C } from '@google-cloud/storage';

/** One stored object, with what its resource shows. */
export interface StoredObject {
  name: string;
  body: Buffer;
  md5Hash: string;
  generation: string;
  contentType: string;
  contentEncoding?: string;
  updated: Date;
}

/** Cross-origin rules of a bucket, as its CORS file has them. */
export interface CorsRule {
  origin: string[];
  method: string[];
  responseHeader?: string[];
  maxAgeSeconds?: number;
}

/** Whom a bucket lets do what, below a prefix or everywhere. */
export interface Grant {
  email: string;
  permissions: readonly string[];
  prefix?: string;
}

export interface Bucket {
  name: string;
  objects: Map<string, StoredObject>;
  grants: Grant[];
  cors: CorsRule[];
}

/** What the API answers instead of success. */
export class ApiFailure extends Error {
  readonly status: number;
  readonly reason: string;
  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

let lastGeneration = BigInt(Date.now()) * 1000n;

/** Creates or overwrites. @throws ApiFailure for names that Cloud Storage does not allow */
export function store(
  bucket: Bucket,
  name: string,
  body: Buffer,
  more: { contentType?: string; contentEncoding?: string } = {},
): StoredObject {
  if (name === '' || name === '.' || name === '..' || /[\r\n]/.test(name) || Buffer.byteLength(name) > 1024) {
    throw new ApiFailure(400, 'invalid', `Disallowed unicode characters or length in object name.`);
  }
  const object: StoredObject = {
    name,
    body,
    md5Hash: md5Of(body),
    generation: String(++lastGeneration),
    contentType: more.contentType ?? 'application/octet-stream',
    contentEncoding: more.contentEncoding,
    updated: new Date(),
  };
  bucket.objects.set(name, object);
  return object;
}

/** The object resource of the JSON API, as far as clients of ours need it and a little more. */
export function resourceOf(bucket: Bucket, object: StoredObject): Record<string, unknown> {
  const { name, body, generation, contentType, contentEncoding, updated } = object;
  return {
    kind: 'storage#object',
    id: `${bucket.name}/${name}/${generation}`,
    name,
    bucket: bucket.name,
    generation,
    metageneration: '1',
    contentType,
    contentEncoding,
    storageClass: 'STANDARD',
    size: String(body.length),
    md5Hash: object.md5Hash,
    // Slow in JavaScript, and clients of ours do not ask for it.
    get crc32c() {
      const sum = new CRC32C();
      sum.update(body);
      return sum.toString();
    },
    etag: `C${generation}`,
    timeCreated: updated.toISOString(),
    updated: updated.toISOString(),
  };
}

export function md5Of(body: Uint8Array): string {
  return createHash('md5').update(body).digest('base64');
}

/**
 * `objects.list`: names in the order of their UTF-8, from `startOffset` on, with `delimiter` folded into prefixes, in
 * pages of `maxResults` items and prefixes together.
 */
export function listObjects(bucket: Bucket, query: URLSearchParams): Record<string, unknown> {
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const startOffset = query.get('startOffset') ?? '';
  const behind = Buffer.from(query.get('pageToken') ?? '', 'base64url').toString();
  const most = Math.min(Number(query.get('maxResults') ?? 1000), 1000);
  const names = sortedNames(bucket).filter((name) => name.startsWith(prefix) && !before(name, startOffset));
  const items: object[] = [];
  const prefixes = new Set<string>();
  let last = '';
  for (const name of names) {
    if (behind !== '' && !before(behind, name)) continue;
    const end = delimiter === '' ? -1 : name.indexOf(delimiter, prefix.length);
    const folder = end < 0 ? undefined : name.slice(0, end + delimiter.length);
    // A folder that the page before ended with.
    if (folder !== undefined && (prefixes.has(folder) || behind.startsWith(folder))) continue;
    if (items.length + prefixes.size === most) {
      return { ...page(items, prefixes), nextPageToken: Buffer.from(last).toString('base64url') };
    }
    if (folder === undefined) items.push(resourceOf(bucket, bucket.objects.get(name)!));
    else prefixes.add(folder);
    last = folder ?? name;
  }
  return page(items, prefixes);
}

function page(items: object[], prefixes: Set<string>): Record<string, unknown> {
  return {
    kind: 'storage#objects',
    ...(items.length > 0 && { items }),
    ...(prefixes.size > 0 && { prefixes: [...prefixes] }),
  };
}

function sortedNames(bucket: Bucket): string[] {
  return [...bucket.objects.keys()]
    .map((name) => Buffer.from(name))
    .sort(Buffer.compare)
    .map((bytes) => bytes.toString());
}

function before(a: string, b: string): boolean {
  return Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0;
}

/**
 * What a download answers: a range of the stored bytes, or the unpacked whole of an object that is stored packed,
 * for clients that do not take packed bytes ("Transcoding of gzip-compressed files").
 */
export function download(
  object: StoredObject,
  headers: { range?: string | undefined; 'accept-encoding'?: string | string[] | undefined },
): { status: 200 | 206 | 416; headers: Record<string, string>; body: Buffer } {
  const stored = object.body;
  const unpacks = object.contentEncoding === 'gzip' && !/gzip/.test(String(headers['accept-encoding'] ?? ''));
  const common: Record<string, string> = {
    'content-type': object.contentType,
    'last-modified': object.updated.toUTCString(),
    etag: `"C${object.generation}"`,
    'x-goog-generation': object.generation,
    'x-goog-metageneration': '1',
    'x-goog-stored-content-encoding': object.contentEncoding ?? 'identity',
    'x-goog-stored-content-length': String(stored.length),
    'x-goog-hash': `md5=${object.md5Hash}`,
    'accept-ranges': unpacks ? 'none' : 'bytes',
  };
  if (unpacks) return { status: 200, headers: common, body: gunzipSync(stored) };
  if (object.contentEncoding) common['content-encoding'] = object.contentEncoding;
  const asked = /^bytes=(\d*)-(\d*)$/.exec(headers.range ?? '');
  if (!asked || (asked[1] === '' && asked[2] === '')) return { status: 200, headers: common, body: stored };
  const start = asked[1] === '' ? Math.max(0, stored.length - Number(asked[2])) : Number(asked[1]);
  const end =
    asked[1] === '' || asked[2] === '' ? stored.length - 1 : Math.min(Number(asked[2]), stored.length - 1);
  if (start > end) {
    return {
      status: 416,
      headers: { 'content-range': `bytes */${stored.length}` },
      body: Buffer.from('InvalidRange'),
    };
  }
  common['content-range'] = `bytes ${start}-${end}/${stored.length}`;
  return { status: 206, headers: common, body: stored.subarray(start, end + 1) };
}

/** A partial response: `fields` as "Partial responses" of the JSON API has it (`a,b(c,d)`), a missing one: all. */
export function selectFields(value: Record<string, unknown>, fields: string | null): Record<string, unknown> {
  if (!fields) return value;
  const selected: Record<string, unknown> = {};
  for (const [, name, inner] of fields.matchAll(/([A-Za-z0-9]+)(?:\(([^()]*)\))?(?:,|$)/g)) {
    const found = value[name!];
    if (found === undefined) continue;
    const pick = (one: unknown) => selectFields(one as Record<string, unknown>, inner!);
    selected[name!] = inner ? (Array.isArray(found) ? found.map(pick) : pick(found)) : found;
  }
  return selected;
}

/** The two parts of a multipart/related upload: description and content. @throws ApiFailure */
export function uploadParts(
  body: Buffer,
  contentType: string,
): { description: Record<string, unknown>; content: Buffer; contentType: string } {
  const [, boundary] = /boundary="?([^";]+)"?/.exec(contentType) ?? [];
  if (!/^multipart\/related/i.test(contentType) || !boundary)
    throw new ApiFailure(400, 'badContent', 'No boundary.');
  const parts: { head: string; content: Buffer }[] = [];
  const mark = Buffer.from(`--${boundary}`);
  for (let at = body.indexOf(mark); at >= 0; ) {
    const next = body.indexOf(mark, at + mark.length);
    const start = body.indexOf('\r\n\r\n', at);
    if (next < 0 || start < 0) break;
    const head = body.toString('utf8', at + mark.length, start);
    parts.push({ head, content: body.subarray(start + 4, next - 2) });
    at = next;
  }
  const [first, second] = parts;
  if (!first || !second || parts.length !== 2) throw new ApiFailure(400, 'badContent', 'Expected two parts.');
  return {
    description: JSON.parse(first.content.toString()),
    content: Buffer.from(second.content),
    contentType: /content-type:\s*(\S+)/i.exec(second.head)?.[1] ?? 'application/octet-stream',
  };
}
