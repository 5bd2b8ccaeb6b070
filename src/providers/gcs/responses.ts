import type { IncomingHttpHeaders } from 'node:http';
import { DriverFailure } from '../errors.ts';
import type { ListPage, ObjectInfo } from '../provider.ts';
import { notGcs } from './failures.ts';
import { asObject } from './requests.ts';

/** What the driver asks for of an object resource: a listing of names alone is a third of a whole one. */
export const objectFields = 'name,size,generation,updated,contentType';

/** A page of `objects.list` ("Objects: list", JSON API), without folder markers and folders. */
export function toPage(response: Record<string, unknown>): ListPage {
  const { kind, items = [], prefixes, nextPageToken } = response;
  if (kind !== 'storage#objects' || !Array.isArray(items)) throw new DriverFailure(notGcs);
  const objects: ObjectInfo[] = [];
  for (const item of items as unknown[]) {
    const object = toInfo(asObject(item) ?? {});
    if (!object.key.endsWith('/')) objects.push(object);
  }
  return {
    objects,
    ...(Array.isArray(prefixes) && prefixes.length > 0 && { folders: true }),
    next: typeof nextPageToken === 'string' && nextPageToken !== '' ? nextPageToken : undefined,
  };
}

/** An object resource ("Objects", JSON API); 64-bit numbers come as text. */
export function toInfo(resource: Record<string, unknown>): ObjectInfo {
  const { name, size, generation, updated, contentType, contentEncoding } = resource;
  if (typeof name !== 'string' || name === '' || generation === undefined) throw new DriverFailure(notGcs);
  return {
    key: name,
    size: toSize(size),
    version: String(generation),
    modifiedAt: toDate(updated),
    contentType: typeof contentType === 'string' ? contentType : null,
    contentEncoding: typeof contentEncoding === 'string' ? contentEncoding : null,
  };
}

/** The same of an object that was just written. @throws DriverFailure when it is another one than was sent */
export function toStored(
  resource: Record<string, unknown>,
  sent: { key: string; size: number; md5Hash: string },
): ObjectInfo {
  const info = toInfo(resource);
  // Composite objects and those under some encryptions have no MD5.
  const kept = info.size === sent.size && (resource.md5Hash ?? sent.md5Hash) === sent.md5Hash;
  if (!kept || info.key !== sent.key) throw new DriverFailure(notGcs);
  return info;
}

/** What the headers of a download say; `length` counts the bytes of this response. */
export function toDownload(
  key: string,
  headers: IncomingHttpHeaders,
): { info: ObjectInfo; length: number; whole: boolean } {
  const length = toSize(headers['content-length']);
  const range = headers['content-range'];
  const whole = range === undefined;
  const size = whole ? length : toSize(/\/(\d+)$/.exec(range)?.[1]);
  const generation = headers['x-goog-generation'];
  if (typeof generation !== 'string') throw new DriverFailure(notGcs);
  // Anything between that decompresses or recompresses would shift every range.
  if (whole && headers['x-goog-stored-content-length'] !== undefined) {
    if (toSize(headers['x-goog-stored-content-length']) !== size) throw new DriverFailure(notGcs);
  }
  const info = {
    key,
    size,
    version: generation,
    modifiedAt: toDate(headers['last-modified']),
    contentType: headers['content-type'] ?? null,
    contentEncoding: headers['content-encoding'] ?? null,
  };
  return { info, length, whole };
}

function toSize(value: unknown): number {
  const size = typeof value === 'string' && value !== '' ? Number(value) : Number.NaN;
  if (!Number.isSafeInteger(size) || size < 0) throw new DriverFailure(notGcs);
  return size;
}

function toDate(value: unknown): Date | null {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isFinite(time) ? new Date(time) : null;
}
