import { create as contentDisposition } from 'content-disposition';
import mime from 'mime';
import type { ObjectInfo, Provider } from '../providers/provider.ts';
import type { Representation } from './range.ts';

/** Types that a browser may show under our origin: pictures without script, sound, film and plain text. */
const inlineTypes =
  /^(image\/(png|apng|jpeg|gif|webp|avif|bmp|tiff|heic|heif|x-icon|vnd\.microsoft\.icon)|(audio|video)\/[\w.+-]+|text\/plain)$/;

/** Codings that browsers undo; what else a storage says of an object is left out. */
const codings = /^(gzip|x-gzip|br|deflate|zstd)$/;

/** Also for what is shown inline: no script runs, and nothing is fetched but the object itself. */
const contentPolicy =
  "sandbox; default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'";

/** Longest time that a browser shows an object without asking whether it may, and whether it is still the same. */
const CACHE_SECONDS = 300;

/**
 * Media type of an object: the one stored with it, else by the extension of its key, never by its content.
 * `application/octet-stream` is what storages say when they were told nothing.
 */
export function contentTypeOf(key: string, stored: string | null | undefined): string {
  const given = stored?.trim() ?? '';
  // Printable ASCII only: it becomes a header.
  if (/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(\s*;[ -~]*)?$/.test(given) && !/octet-stream/i.test(given)) return given;
  return mime.getType(key) ?? 'application/octet-stream';
}

/** How an object is described before its bytes are sent. */
export function representationOf(info: ObjectInfo, provider: Provider): Representation {
  const { version, size, modifiedAt } = info;
  // Characters that an entity tag may have (RFC 9110, section 8.8.3).
  const tag = version !== null && /^[\x21\x23-\x7e]+$/.test(version) ? `"${version}"` : null;
  const etag = tag && provider.capabilities.weakVersions ? `W/${tag}` : tag;
  return { size, etag, lastModified: modifiedAt };
}

/** Headers that go with an object whatever part of it is sent: bytes of strangers never act as our page. */
export function objectHeaders({ key, contentType, contentEncoding }: ObjectInfo): Record<string, string> {
  const type = contentTypeOf(key, contentType);
  const [essence = ''] = type.toLowerCase().split(';');
  const name = key.slice(key.lastIndexOf('/') + 1).replace(/\p{Cc}/gu, '_');
  return {
    'content-type': type,
    'content-disposition': contentDisposition(name, {
      type: inlineTypes.test(essence.trim()) ? 'inline' : 'attachment',
    }),
    'x-content-type-options': 'nosniff',
    'content-security-policy': contentPolicy,
    'cache-control': `private, max-age=${CACHE_SECONDS}, must-revalidate`,
    'accept-ranges': 'bytes',
    ...(contentEncoding && codings.test(contentEncoding) && { 'content-encoding': contentEncoding }),
  };
}

/** CORS for the origins that the operator names; never with credentials, since links need none. */
export function corsHeaders(origin: string | undefined, allowed: readonly string[]): Record<string, string> {
  if (allowed.length === 0) return {};
  if (origin === undefined || !allowed.includes(origin)) return { vary: 'Origin' };
  return {
    vary: 'Origin',
    'access-control-allow-origin': origin,
    'access-control-expose-headers':
      'Accept-Ranges, Content-Disposition, Content-Length, Content-Range, ETag, Last-Modified',
    'access-control-allow-headers': 'Authorization, If-None-Match, If-Range, Range',
    'access-control-allow-methods': 'GET, HEAD',
    'access-control-max-age': '600',
  };
}
