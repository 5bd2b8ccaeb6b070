import { Readable } from 'node:stream';
import {
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
import { DriverFailure } from '../errors.ts';
import type {
  ByteRange,
  Driver,
  ListPage,
  ListRequest,
  ObjectBody,
  ObjectInfo,
  PresignedUrl,
  ProviderEnvironment,
  ReadRequest,
  WriteRequest,
} from '../provider.ts';
import { clientOptions } from './client.ts';
import { type S3Secrets, type S3Settings, usesPathStyle } from './config.ts';
import { credentialSource } from './credentials.ts';
import { classifyS3, notS3 } from './failures.ts';
import { markerOf, nextToken, toInfo, toPage } from './responses.ts';

/** Longest life of a signed URL ("Authenticating Requests: Using Query Parameters", Amazon S3 API Reference). */
const longestTtlSeconds = 7 * 24 * 60 * 60;

/** Opens a bucket; connects to nothing yet. */
export function openS3(settings: S3Settings, secrets: S3Secrets, environment: ProviderEnvironment): Driver {
  const { bucket: Bucket, region, endpoint, publicEndpoint } = settings;
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
  const signer = publicEndpoint === undefined ? client : clientFor(publicEndpoint);

  async function listPage(request: ListRequest): Promise<ListPage> {
    const { prefix, recursive, after, token, signal } = request;
    const marker = markerOf(token);
    const common = {
      Bucket,
      Prefix: prefix || undefined,
      Delimiter: recursive ? undefined : '/',
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
    const page = toPage(response);
    const next = nextToken(response);
    // A page that leads to itself would never end.
    if (next !== undefined && next === token) throw new DriverFailure(notS3);
    return { ...page, next };
  }

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
    const failure = classifyS3(reason, region);
    // Who may not list gets no further response by listing.
    return failure && failure.code !== 'FORBIDDEN' ? reason : undefined;
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
    { contentType, signal }: WriteRequest,
  ): Promise<ObjectInfo> {
    const command = new PutObjectCommand({
      Bucket,
      Key: key,
      Body: body,
      ContentLength: body.length,
      ContentType: contentType,
      ...encryptionOf(settings),
    });
    const response = await client.send(command, { abortSignal: signal });
    return { ...toInfo(key, response, body.length), modifiedAt: null, contentType };
  }

  async function remove(key: string, { signal }: { signal: AbortSignal }): Promise<void> {
    await client.send(new DeleteObjectCommand({ Bucket, Key: key }), { abortSignal: signal });
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
   * known may list the buckets of his own.
   */
  async function authenticate({ signal }: { signal: AbortSignal }): Promise<void> {
    try {
      await askForOneKey(signal);
    } catch (error) {
      if (!isAccessDenied(error)) throw error;
      if (settings.credentials !== 'ACCESS_KEY' || secrets.sessionToken || !isFromCeph(error)) return;
      await client
        .send(new ListBucketsCommand({ MaxBuckets: 1 }), { abortSignal: signal })
        .catch((second: unknown) => {
          throw isAccessDenied(second) ? new DriverFailure({ code: 'WRONG_CREDENTIALS' }, second) : second;
        });
    }
  }

  return {
    listPage,
    // Amazon's own buckets but those of its Express class, which list in no order. Of other servers some leave keys
    // out that follow: MinIO where a folder has a sibling whose name goes on with a character before '/'.
    beginsBehindKeys: endpoint === undefined && !Bucket.endsWith('--x-s3'),
    head,
    read,
    write,
    remove,
    presign,
    authenticate,
    classify: (error) => classifyS3(error, region),
    // The connections belong to the guard's agents.
    close: async () => {},
  };
}

function isAccessDenied(error: unknown): error is S3ServiceException {
  return error instanceof S3ServiceException && error.name === 'AccessDenied';
}

/** Ceph numbers its requests in a form of its own: `tx00000ed982d1f8d17ef73-006b0162f3-100a-default`. */
function isFromCeph(error: S3ServiceException): boolean {
  return /^tx[0-9a-f]{21}-/.test(error.$metadata.requestId ?? '');
}

function rangeHeader({ start, end }: ByteRange): string {
  return `bytes=${start}-${end ?? ''}`;
}

function encryptionOf({ encryption }: S3Settings) {
  if (encryption === undefined) return {};
  if (encryption.type === 'AES256') return { ServerSideEncryption: 'AES256' as const };
  return { ServerSideEncryption: 'aws:kms' as const, SSEKMSKeyId: encryption.keyId };
}
