import type { ListObjectsV2CommandOutput } from '@aws-sdk/client-s3';
import { DriverFailure } from '../errors.ts';
import type { ListPage, ObjectInfo } from '../provider.ts';
import { notS3 } from './failures.ts';

/** A page of a listing, without folder markers. */
export function toPage({ Contents = [], IsTruncated, EncodingType }: ListObjectsV2CommandOutput): ListPage {
  if (IsTruncated === undefined) throw new DriverFailure(notS3);
  const objects: ObjectInfo[] = [];
  const unusable: NonNullable<ListPage['unusable']> = [];
  for (const { Key, Size, ETag, LastModified } of Contents) {
    if (Key === undefined || Size === undefined) throw new DriverFailure(notS3);
    const key = EncodingType === 'url' ? decodeKey(Key) : Key;
    if (key === undefined) unusable.push({ name: Key, reason: 'Its name is not UTF-8.' });
    else if (!key.endsWith('/'))
      objects.push({ key, size: Size, version: versionOf(ETag), modifiedAt: LastModified ?? null });
  }
  return unusable.length > 0 ? { objects, unusable } : { objects };
}

/** Undoes `encoding-type=url`: percent escapes of UTF-8, a space as `+`. undefined: no UTF-8. */
function decodeKey(escaped: string): string | undefined {
  if (!escaped.includes('%') && !escaped.includes('+')) return escaped;
  try {
    return decodeURIComponent(escaped.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

/** What HEAD, GET and PUT say of an object alike. */
interface ObjectResponse {
  ETag?: string | undefined;
  LastModified?: Date | undefined;
  ContentType?: string | undefined;
}

/** What a response says of the object; `size` is that of the whole object. */
export function toInfo(key: string, response: ObjectResponse, size: number | undefined): ObjectInfo {
  const version = versionOf(response.ETag);
  if (version === null || size === undefined || !Number.isSafeInteger(size)) throw new DriverFailure(notS3);
  return {
    key,
    size,
    version,
    modifiedAt: response.LastModified ?? null,
    contentType: response.ContentType ?? null,
  };
}

/** The entity tag without its quotes. */
function versionOf(etag: string | undefined): string | null {
  if (!etag) return null;
  return etag.startsWith('"') && etag.endsWith('"') ? etag.slice(1, -1) : etag;
}
