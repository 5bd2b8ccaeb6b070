import { createHash, randomUUID } from 'node:crypto';
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
import { endpointProblem, type GcsSettings, googleEndpoint } from './config.ts';
import { openCredentials } from './credentials.ts';
import { GcsError } from './error.ts';
import { classifyGcs, notGcs } from './failures.ts';
import { type Answer, type Request, type Subject, sendChecked, sendForJson } from './requests.ts';
import { objectFields, toDownload, toInfo, toPage } from './responses.ts';
import type { GcsSecrets } from './service-account.ts';
import { escapeRfc3986, signUrl } from './signed-url.ts';

/** The most that Cloud Storage gives in a page ("Objects: list", JSON API). */
const pageSize = 1000;

/** Opens a bucket; connects to nothing yet. */
export function openGcs(
  settings: GcsSettings,
  secrets: GcsSecrets,
  environment: ProviderEnvironment,
): Driver {
  // The operator may have closed since what was open when the storage was saved.
  if (endpointProblem(settings, environment)) throw new DriverFailure({ code: 'ADDRESS_NOT_ALLOWED' });
  const credentials = openCredentials(settings, secrets, environment);
  const endpoint = settings.endpoint ?? googleEndpoint;
  const bucketPath = `storage/v1/b/${settings.bucket}/o`;
  const objectUrl = (path: string, key: string) => `${endpoint}/${path}/${escapeRfc3986(key)}`;

  /** Sends with a token; one that is refused is exchanged for a new one, once: it may have been revoked. */
  async function authorized<T>(request: Request, sendIt: (request: Request) => Promise<T>): Promise<T> {
    const token = await credentials.tokens.current();
    try {
      return await sendIt(withToken(request, token));
    } catch (error) {
      if (!(error instanceof GcsError) || error.response.status !== 401) throw error;
      credentials.tokens.discard(token);
      return sendIt(withToken(request, await credentials.tokens.current()));
    }
  }

  function ask(request: Request, about: 'BUCKET' | 'OBJECT'): Promise<Record<string, unknown>> {
    const subject: Subject = { service: 'STORAGE', about };
    return authorized(request, (withIt) => sendForJson(environment, withIt, subject));
  }

  function askForAnswer(request: Request): Promise<Answer> {
    const subject: Subject = { service: 'STORAGE', about: 'OBJECT' };
    return authorized(request, (withIt) => sendChecked(environment, withIt, subject));
  }

  async function listPage(request: ListRequest): Promise<ListPage> {
    const { prefix, recursive, after, before, token, signal } = request;
    const query = new URLSearchParams({
      maxResults: String(pageSize),
      fields: `kind,nextPageToken,${recursive ? '' : 'prefixes,'}items(${objectFields})`,
      ...(prefix !== '' && { prefix }),
      ...(!recursive && { delimiter: '/' }),
      // Includes the key itself.
      ...(after !== undefined && { startOffset: after }),
      ...(before !== undefined && { endOffset: before }),
      ...(token !== undefined && { pageToken: token }),
    });
    const page = toPage(await ask({ url: `${endpoint}/${bucketPath}?${query}`, signal }, 'BUCKET'));
    if (page.objects[0]?.key === after) page.objects.shift();
    // A page that leads to itself would never end.
    if (page.next !== undefined && page.next === token) throw new DriverFailure(notGcs);
    return page;
  }

  async function head(key: string, { signal }: { signal: AbortSignal }): Promise<ObjectInfo> {
    const url = `${objectUrl(bucketPath, key)}?fields=${objectFields}`;
    return { ...toInfo(await ask({ url, signal }, 'OBJECT')), key };
  }

  async function read(key: string, { range, ifVersion, signal }: ReadRequest): Promise<ObjectBody> {
    const condition = ifVersion === undefined ? '' : `&ifGenerationMatch=${encodeURIComponent(ifVersion)}`;
    const { headers, stream } = await askForAnswer({
      url: `${objectUrl(`download/${bucketPath}`, key)}?alt=media${condition}`,
      headers: {
        // Without it, objects stored with `Content-Encoding: gzip` come unpacked, and ranges are ignored
        // ("Transcoding of gzip-compressed files", Cloud Storage documentation).
        'accept-encoding': 'gzip',
        ...(range && { range: rangeHeader(range) }),
      },
      signal,
    });
    try {
      const { info, length, whole } = toDownload(key, headers);
      if (ifVersion !== undefined && info.version !== ifVersion)
        throw new DriverFailure({ code: 'OBJECT_CHANGED' });
      if (whole && range && (range.start > 0 || range.end !== undefined)) throw new DriverFailure(notGcs);
      return { info, length, stream };
    } catch (error) {
      stream.destroy();
      throw error;
    }
  }

  /** In one request with its description, so that the server compares the checksum before it keeps the object. */
  async function write(
    key: string,
    body: Uint8Array,
    { contentType, signal }: WriteRequest,
  ): Promise<ObjectInfo> {
    refuseName(key);
    const md5Hash = createHash('md5').update(body).digest('base64');
    const boundary = `longshore-${randomUUID()}`;
    const description = JSON.stringify({ name: key, contentType, md5Hash });
    const resource = await ask(
      {
        method: 'POST',
        url: `${endpoint}/upload/${bucketPath}?uploadType=multipart&fields=${objectFields},md5Hash`,
        headers: { 'content-type': `multipart/related; boundary=${boundary}` },
        body: [
          Buffer.from(
            `--${boundary}\r\ncontent-type: application/json; charset=utf-8\r\n\r\n${description}\r\n` +
              `--${boundary}\r\ncontent-type: ${contentType}\r\n\r\n`,
          ),
          body,
          Buffer.from(`\r\n--${boundary}--\r\n`),
        ],
        signal,
      },
      'BUCKET',
    );
    const info = toInfo(resource);
    const kept = info.size === body.length && (resource.md5Hash ?? md5Hash) === md5Hash;
    if (!kept || info.key !== key) throw new DriverFailure(notGcs);
    return { ...info, contentType };
  }

  async function remove(key: string, { signal }: { signal: AbortSignal }): Promise<void> {
    try {
      const { stream } = await askForAnswer({ method: 'DELETE', url: objectUrl(bucketPath, key), signal });
      stream.resume();
    } catch (error) {
      if (classifyGcs(error)?.code !== 'OBJECT_NOT_FOUND') throw error;
    }
  }

  async function presign(
    key: string,
    { ttlSeconds, signal }: { ttlSeconds: number; signal: AbortSignal },
  ): Promise<PresignedUrl> {
    const signer = await credentials.signer(signal);
    const seconds = Math.max(1, Math.floor(Math.min(ttlSeconds, signer.longestTtlSeconds)));
    // A signature counts from a whole second.
    const now = new Date(Math.floor(Date.now() / 1000) * 1000);
    const object = { endpoint, bucket: settings.bucket, key };
    const url = await signUrl(object, { signer, ttlSeconds: seconds, now });
    return { url, expiresAt: new Date(now.getTime() + seconds * 1000) };
  }

  /** Cloud Storage looks at permissions after it has proven who asks, so a refusal to list shows good credentials. */
  async function authenticate({ signal }: { signal: AbortSignal }): Promise<void> {
    const query = new URLSearchParams({ maxResults: '1', fields: 'kind', prefix: settings.prefix });
    try {
      toPage(await ask({ url: `${endpoint}/${bucketPath}?${query}`, signal }, 'BUCKET'));
    } catch (error) {
      if (classifyGcs(error)?.code !== 'FORBIDDEN') throw error;
    }
  }

  return {
    listPage,
    beginsBehindKeys: true,
    head,
    read,
    write,
    remove,
    presign,
    authenticate,
    classify: classifyGcs,
    // The connections belong to the guard's agents.
    close: async () => {},
  };
}

function withToken(request: Request, token: string): Request {
  return { ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } };
}

function rangeHeader({ start, end }: ByteRange): string {
  return `bytes=${start}-${end ?? ''}`;
}

/** "Object naming guidelines" of the Cloud Storage documentation. */
function refuseName(key: string): void {
  const refuse = (message: string) => {
    throw new DriverFailure({ code: 'INVALID_KEY', message });
  };
  if (/[\r\n]/.test(key)) refuse('The key has a line break, which Cloud Storage does not allow.');
  if (Buffer.byteLength(key) > 1024)
    refuse('The key is longer than the 1,024 bytes that Cloud Storage allows.');
  if (key.startsWith('.well-known/acme-challenge/')) refuse('Cloud Storage allows no key that begins so.');
}
