import type { ListObjectsCommandOutput, ListObjectsV2CommandOutput } from '@aws-sdk/client-s3';
import { compareKeys } from '../../objects/keys.ts';
import { DriverFailure } from '../errors.ts';
import type { ListPage, ObjectInfo } from '../provider.ts';
import { notS3 } from './failures.ts';

type Listing = ListObjectsV2CommandOutput | ListObjectsCommandOutput;

/** A page of a listing, without folder markers. */
export function toPage({ Contents = [], CommonPrefixes = [], IsTruncated, EncodingType }: Listing): ListPage {
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
  return {
    objects,
    ...(unusable.length > 0 && { unusable }),
    ...(CommonPrefixes.length > 0 && { folders: true }),
  };
}

/** Leads the tokens of listings of version 1, which go on behind a name. No token of a server begins so. */
const markerSign = 'marker\0';

/** The name that a listing of version 1 goes on behind; undefined: the token is one of version 2. */
export const markerOf = (token: string | undefined): string | undefined =>
  token?.startsWith(markerSign) ? token.slice(markerSign.length) : undefined;

/**
 * Where the listing goes on. Servers that know version 1 alone cut a listing off without a token: it goes on behind
 * the last name that was given.
 */
export function nextToken(response: Listing): string | undefined {
  if (!response.IsTruncated) return undefined;
  if ('NextContinuationToken' in response && response.NextContinuationToken)
    return response.NextContinuationToken;
  const { Contents = [], CommonPrefixes = [], EncodingType } = response;
  const names = [Contents.at(-1)?.Key, CommonPrefixes.at(-1)?.Prefix, nextMarkerOf(response)];
  const decoded = names.map((name) => (name && EncodingType === 'url' ? decodeKey(name) : name));
  const last = decoded.filter((name) => name !== undefined).reduce(later, '');
  if (last === '') throw new DriverFailure(notS3);
  return markerSign + last;
}

const nextMarkerOf = (response: Listing) => ('NextMarker' in response ? response.NextMarker : undefined);
const later = (a: string, b: string) => (compareKeys(a, b) < 0 ? b : a);

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
  ContentEncoding?: string | undefined;
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
    contentEncoding: response.ContentEncoding ?? null,
  };
}

/** The entity tag without its quotes. */
function versionOf(etag: string | undefined): string | null {
  if (!etag) return null;
  return etag.startsWith('"') && etag.endsWith('"') ? etag.slice(1, -1) : etag;
}
