import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { ProviderErrorCode } from '../../errors.ts';
import { DriverFailure, stageOf } from '../errors.ts';
import { inShortPages } from '../long-pages.ts';
import type {
  ByteRange,
  CopySource,
  Driver,
  Failure,
  ListPage,
  ListRequest,
  ObjectBody,
  ObjectInfo,
  PresignedUrl,
  ProviderEnvironment,
  ReadRequest,
  RemoveRequest,
  StreamRequest,
  WriteRequest,
} from '../provider.ts';
import { clientOptions } from './client.ts';
import { type S3Secrets, type S3Settings, s3Location, usesPathStyle } from './config.ts';
import { credentialSource } from './credentials.ts';
import { readEntries } from './entries.ts';
import { type Asked, classifyOther, classifyS3, notEncrypted, notS3 } from './failures.ts';
import { uploadInParts } from './multipart.ts';
import { markerOf, nextToken, toInfo, toPage } from './responses.ts';

/** The most that S3 gives in a page (ListObjectsV2, Amazon S3 API Reference). */
const pageSize = 1000;

/** What the settings' words for server-side encryption are called on the wire. */
const encryptions = { AES256: 'AES256', KMS: 'aws:kms' } as const;

/** What responses say of it. */
interface Encrypted {
  ServerSideEncryption?: string | undefined;
}

/** Longest life of a signed URL ("Authenticating Requests: Using Query Parameters", Amazon S3 API Reference). */
const longestTtlSeconds = 7 * 24 * 60 * 60;

/** Opens a bucket; connects to nothing yet. */
export function openS3(settings: S3Settings, secrets: S3Secrets, environment: ProviderEnvironment): Driver {
  const { bucket: Bucket, region, endpoint, publicEndpoint, encryption } = settings;
  const source = credentialSource(settings, secrets, environment);
  const clientFor = (address: string | undefined) =>
    new S3Client({
      ...clientOptions(environment),
      region,
      endpoint: address,
      forcePathStyle: usesPathStyle(settings, address),
      credentials: source.provider,
      followRegionRedirects: false,
      // Checksums that only AWS knows would be refused elsewhere; the signature covers the body.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      expectContinueHeader: false,
    });
  const client = clientFor(endpoint);
  readEntries(client);
  const signer = publicEndpoint === undefined ? client : clientFor(publicEndpoint);

  /** The encryption that each object is written with, as requests say it. */
  const asked = encryption && {
    ServerSideEncryption: encryptions[encryption.type],
    SSEKMSKeyId: encryption.type === 'KMS' ? encryption.keyId : undefined,
  };

  /** @throws DriverFailure for a response that does not say that it was done */
  function expectEncrypted({ ServerSideEncryption: done }: Encrypted): void {
    if (!encryption || done?.startsWith(encryptions[encryption.type])) return;
    throw new DriverFailure(notEncrypted(encryption, 'IGNORED'));
  }

  const listPage = inShortPages(pageSize, async (request: ListRequest, size): Promise<ListPage> => {
    const { prefix, recursive, after, token, signal } = request;
    const marker = markerOf(token);
    const common = {
      Bucket,
      Prefix: prefix || undefined,
      Delimiter: recursive ? undefined : '/',
      MaxKeys: size,
      // XML cannot carry every character that a key may have.
      EncodingType: 'url' as const,
    };
    const response =
      marker === undefined
        ? await client.send(
            new ListObjectsV2Command({
              ...common,
              StartAfter: token === undefined ? after : undefined,
              ContinuationToken: token,
            }),
            { abortSignal: signal },
          )
        : await client.send(new ListObjectsCommand({ ...common, Marker: marker }), { abortSignal: signal });
    const { Contents = [], CommonPrefixes = [] } = response;
    if (Contents.length + CommonPrefixes.length > size) throw new DriverFailure(notS3);
    const page = toPage(response);
    const next = nextToken(response);
    // A page that leads to itself would never end.
    if (next !== undefined && next === token) throw new DriverFailure(notS3);
    return { ...page, next };
  });

  async function head(key: string, { signal }: { signal: AbortSignal }): Promise<ObjectInfo> {
    const command = new HeadObjectCommand({ Bucket, Key: key });
    const response = await client.send(command, { abortSignal: signal }).catch(async (error: unknown) => {
      throw (await spokenReason(error, signal)) ?? error;
    });
    return toInfo(key, response, response.ContentLength);
  }

  /** A response to HEAD has no body, so that its cause stays open: a small listing that fails too tells it. */
  async function spokenReason(error: unknown, signal: AbortSignal): Promise<unknown> {
    const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
    if (status !== 400 && status !== 403 && status !== 404) return undefined;
    const reason: unknown = await askForOneKey(signal).catch((reason: unknown) => reason);
    const failure = classifyS3(reason, { of: 'LIST', region });
    // Who may not list gets no further response by listing.
    return failure && failure.code !== 'FORBIDDEN' ? new DriverFailure(failure, reason) : undefined;
  }

  async function askForOneKey(signal: AbortSignal): Promise<void> {
    const command = new ListObjectsV2Command({ Bucket, Prefix: settings.prefix || undefined, MaxKeys: 1 });
    const response = await client.send(command, { abortSignal: signal });
    if (response.IsTruncated === undefined) throw new DriverFailure(notS3);
  }

  async function read(key: string, { range, ifVersion, signal }: ReadRequest): Promise<ObjectBody> {
    const command = new GetObjectCommand({
      Bucket,
      Key: key,
      Range: range && rangeHeader(range),
      IfMatch: ifVersion && `"${ifVersion}"`,
    });
    const response = await client.send(command, { abortSignal: signal });
    const { Body: stream, ContentLength: length, ContentRange } = response;
    if (!(stream instanceof Readable)) throw new DriverFailure(notS3);
    try {
      const whole = ContentRange === undefined;
      if (length === undefined || (whole && range && (range.start > 0 || range.end !== undefined))) {
        throw new DriverFailure(notS3);
      }
      const size = whole ? length : Number(/\/(\d+)$/.exec(ContentRange)?.[1]);
      return { info: toInfo(key, response, size), length, stream };
    } catch (error) {
      stream.destroy();
      throw error;
    }
  }

  async function write(
    key: string,
    body: Uint8Array,
    { contentType, ifVersion, signal }: WriteRequest,
  ): Promise<ObjectInfo> {
    const digest = createHash('md5').update(body).digest();
    const command = new PutObjectCommand({
      Bucket,
      Key: key,
      Body: body,
      ContentLength: body.length,
      ContentType: contentType,
      // Every server knows it, and buckets with Object Lock take nothing without (PutObject, S3 API Reference).
      ContentMD5: digest.toString('base64'),
      // Without quotes, as Amazon's own examples have it: Ceph compares the header letter by letter.
      IfMatch: ifVersion ?? undefined,
      IfNoneMatch: ifVersion === null ? '*' : undefined,
      ...asked,
    });
    const response = await client.send(command, { abortSignal: signal }).catch((error: unknown) => {
      const gone = ifVersion && error instanceof S3ServiceException && error.name === 'NoSuchKey';
      throw gone ? new DriverFailure({ code: 'OBJECT_CHANGED' }, error) : error;
    });
    expectEncrypted(response);
    const info = toInfo(key, response, body.length);
    if (isOfOthers(info.version, digest, response) && !(await holds(key, body, signal))) {
      throw new DriverFailure(otherBytes);
    }
    return { ...info, modifiedAt: null, contentType };
  }

  async function writeStream(
    key: string,
    body: Readable,
    { contentType, size, signal }: StreamRequest,
  ): Promise<ObjectInfo> {
    const target = {
      ...{ Bucket, Key: key, ContentType: contentType },
      ...asked,
    };
    const response = await uploadInParts(client, target, { body, size, begun: expectEncrypted }, signal);
    // Not every server names the entity tag; who may write need not be allowed to look.
    return response.ETag ? toInfo(key, response, size) : head(key, { signal });
  }

  /** Copies keep the description of the object. Source: CopyObject, Amazon S3 API Reference (up to 5 GB). */
  async function copy(
    key: string,
    { container, info }: CopySource,
    { signal }: { signal: AbortSignal },
  ): Promise<ObjectInfo | undefined> {
    const own = s3Location(settings).container;
    const server = own.slice(0, own.length - Bucket.length);
    const bucket = container.slice(server.length);
    if (container !== server + bucket || bucket.includes('/')) return undefined;
    const command = new CopyObjectCommand({
      Bucket,
      Key: key,
      CopySource: [bucket, ...info.key.split('/')].map(encodeURIComponent).join('/'),
      CopySourceIfMatch: info.version ?? undefined,
      ...asked,
    });
    const response = await client.send(command, { abortSignal: signal });
    expectEncrypted(response);
    return toInfo(key, { ETag: response.CopyObjectResult?.ETag }, info.size);
  }

  /** Whether the object has just these bytes, by reading it. */
  async function holds(key: string, body: Uint8Array, signal: AbortSignal): Promise<boolean> {
    const { length, stream } = await read(key, { signal });
    if (length === body.length) return Buffer.concat(await stream.toArray()).equals(body);
    stream.destroy();
    return false;
  }

  async function remove(key: string, { ifVersion, signal }: RemoveRequest): Promise<void> {
    const command = new DeleteObjectCommand({ Bucket, Key: key, IfMatch: ifVersion });
    await client.send(command, { abortSignal: signal }).catch((error: unknown) => {
      if (!(error instanceof S3ServiceException) || error.name !== 'NoSuchKey') throw error;
    });
  }

  /** The URL ends with the credentials that signed it, so temporary ones are renewed for it in time. */
  async function presign(key: string, { ttlSeconds }: { ttlSeconds: number }): Promise<PresignedUrl> {
    await source.extend(ttlSeconds * 1000);
    const { expiration } = await signer.config.credentials();
    const now = Date.now();
    const left = expiration ? Math.floor((expiration.getTime() - now) / 1000) : Number.POSITIVE_INFINITY;
    if (left < 1) throw new DriverFailure({ code: 'CREDENTIALS_EXPIRED' });
    const expiresIn = Math.max(1, Math.floor(Math.min(ttlSeconds, longestTtlSeconds, left)));
    // A signature counts from a whole second.
    const signingDate = new Date(Math.floor(now / 1000) * 1000);
    const url = await getSignedUrl(signer, new GetObjectCommand({ Bucket, Key: key }), {
      expiresIn,
      signingDate,
    });
    return { url, expiresAt: new Date(signingDate.getTime() + expiresIn * 1000) };
  }

  /**
   * S3 looks at permissions after it has proven who asks, so a refusal to list shows good credentials. Not so
   * Ceph where it asks its STS first: there a wrong signature is refused in the same words, but whoever is
   * known may list the buckets of his own. And not so where there is no bucket to look at.
   */
  async function authenticate({ signal }: { signal: AbortSignal }): Promise<void> {
    try {
      await askForOneKey(signal);
    } catch (error) {
      const missing = codeOf(error) === 'CONTAINER_NOT_FOUND';
      if (!missing && !isAccessDenied(error)) throw error;
      const keyed = settings.credentials === 'ACCESS_KEY' && !secrets.sessionToken;
      if (!missing && !(keyed && isFromCeph(error))) return;
      const second = await askForBuckets(signal);
      if (!missing && isAccessDenied(second)) throw new DriverFailure({ code: 'WRONG_CREDENTIALS' }, second);
      if (!missing && second !== undefined) throw second;
      if (missing) throw new DriverFailure(absence(codeOf(second)), second ?? error);
    }
  }

  /** What a missing bucket means, by how the question for all buckets failed. */
  function absence(code: ProviderErrorCode | undefined): Failure {
    // A server that says so whatever it is asked is none.
    if (code === 'CONTAINER_NOT_FOUND') return notS3;
    return { code: code && stageOf({ code }) === 'AUTHENTICATE' ? code : 'CONTAINER_NOT_FOUND' };
  }

  /** How a question about no bucket fails; undefined: it does not. */
  function askForBuckets(signal: AbortSignal): Promise<unknown> {
    const command = new ListBucketsCommand({ MaxBuckets: 1 });
    return client.send(command, { abortSignal: signal }).then(
      () => undefined,
      (error: unknown) => error,
    );
  }

  const codeOf = (error: unknown) => classifyS3(error, { of: 'LIST', region })?.code;

  /** The operation, with its refusals told by what was asked. */
  function told<T>(of: Asked['of'], operation: Promise<T>): Promise<T> {
    return operation.catch((error: unknown) => {
      const failure = error instanceof S3ServiceException && classifyS3(error, { of, region, encryption });
      throw failure ? new DriverFailure(failure, error) : error;
    });
  }

  return {
    listPage: (request) => told('LIST', listPage(request)),
    head: (key, request) => told('HEAD', head(key, request)),
    read: (key, request) => told('READ', read(key, request)),
    write: (key, body, request) => told('WRITE', write(key, body, request)),
    writeStream: (key, body, request) => told('WRITE', writeStream(key, body, request)),
    copy: (key, from, request) => told('WRITE', copy(key, from, request)),
    remove: (key, request) => told('DELETE', remove(key, request)),
    presign,
    authenticate: (request) => told('AUTHENTICATE', authenticate(request)),
    classify: classifyOther,
    // The connections belong to the guard's agents.
    close: async () => {},
  };
}

const otherBytes: Failure = {
  code: 'UNEXPECTED_RESPONSE',
  message: 'The storage confirmed other bytes than it was given.',
  hint: 'Check the disks of the storage, and what stands between it and this service.',
};

/**
 * Whether the entity tag looks like the MD5 of other bytes: it is that of the bytes, unless KMS or the server itself
 * have it otherwise ("Common response headers", Amazon S3 API Reference).
 */
function isOfOthers(etag: string | null, digest: Buffer, { ServerSideEncryption }: Encrypted): boolean {
  const isDigest = /^[0-9a-f]{32}$/.test(etag ?? '') && (ServerSideEncryption ?? 'AES256') === 'AES256';
  return isDigest && digest.toString('hex') !== etag;
}

function isAccessDenied(error: unknown): error is S3ServiceException {
  return error instanceof S3ServiceException && error.name === 'AccessDenied';
}

/** Ceph numbers its requests in a form of its own: `tx00000ed982d1f8d17ef73-006b0162f3-100a-default`. */
function isFromCeph(error: unknown): boolean {
  const id = error instanceof S3ServiceException ? error.$metadata.requestId : undefined;
  return /^tx[0-9a-f]{21}-/.test(id ?? '');
}

function rangeHeader({ start, end }: ByteRange): string {
  return `bytes=${start}-${end ?? ''}`;
}
