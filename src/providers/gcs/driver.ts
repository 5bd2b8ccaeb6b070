import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { DriverFailure } from '../errors.ts';
import type {
  Driver,
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
import { endpointProblem, type GcsSettings, googleEndpoint } from './config.ts';
import { openCredentials } from './credentials.ts';
import { classifyGcs, isProvenRefusal, notGcs } from './failures.ts';
import { openLibrary } from './library.ts';
import { asObject, type Request } from './requests.ts';
import { objectFields, toDownload, toInfo, toPage, toStored } from './responses.ts';
import { uploadInChunks } from './resumable.ts';
import type { GcsSecrets } from './service-account.ts';
import { signUrl } from './signed-url.ts';

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
  const library = openLibrary({
    endpoint,
    bucket: settings.bucket,
    tokens: credentials.tokens,
    environment,
  });

  async function listPage(request: ListRequest): Promise<ListPage> {
    const { prefix, recursive, after, before, token, signal } = request;
    const bucket = await library.bucket({ about: 'BUCKET', signal });
    const [, , response] = await bucket.getFiles({
      autoPaginate: false,
      maxResults: pageSize,
      fields: `kind,nextPageToken,${recursive ? '' : 'prefixes,'}items(${objectFields})`,
      prefix: prefix || undefined,
      delimiter: recursive ? undefined : '/',
      // Includes the key itself.
      startOffset: after,
      endOffset: before,
      pageToken: token,
    });
    const { items = [], prefixes = [] } = (asObject(response) ?? {}) as {
      items?: unknown[];
      prefixes?: unknown[];
    };
    if (items.length + prefixes.length > pageSize) throw new DriverFailure(notGcs);
    const page = toPage(asObject(response) ?? {});
    if (page.objects[0]?.key === after) page.objects.shift();
    // A page that leads to itself would never end.
    if (page.next !== undefined && page.next === token) throw new DriverFailure(notGcs);
    return page;
  }

  async function head(key: string, { signal }: { signal: AbortSignal }): Promise<ObjectInfo> {
    const bucket = await library.bucket({
      about: 'OBJECT',
      signal,
      query: { fields: `${objectFields},contentEncoding` },
    });
    const [resource] = await bucket.file(key).getMetadata();
    return { ...toInfo(asObject(resource) ?? {}), key };
  }

  async function read(key: string, { range, ifVersion, signal }: ReadRequest): Promise<ObjectBody> {
    // The library can ask for a generation, but not on condition that it is the newest.
    const query = ifVersion === undefined ? undefined : { ifGenerationMatch: ifVersion };
    const bucket = await library.bucket({ about: 'OBJECT', signal, query });
    // Packed as stored: of what is unpacked on the way, ranges would be ignored.
    const stream = bucket.file(key).createReadStream({ ...range, decompress: false, validation: false });
    try {
      const { info, length, whole } = toDownload(key, await headersOf(stream));
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
    { contentType, ifVersion, signal }: WriteRequest,
  ): Promise<ObjectInfo> {
    refuseName(key);
    const md5Hash = createHash('md5').update(body).digest('base64');
    // Generation 0 stands for no object.
    const query = ifVersion === undefined ? undefined : { ifGenerationMatch: ifVersion ?? '0' };
    const bucket = await library.bucket({ about: 'BUCKET', signal, query });
    const file = bucket.file(key);
    await file.save(Buffer.from(body.buffer, body.byteOffset, body.byteLength), {
      resumable: false,
      validation: false,
      metadata: { contentType, md5Hash },
    });
    return { ...toStored(asObject(file.metadata) ?? {}, { key, size: body.length, md5Hash }), contentType };
  }

  async function writeStream(
    key: string,
    body: Readable,
    { contentType, size, signal }: StreamRequest,
  ): Promise<ObjectInfo> {
    refuseName(key);
    const md5 = createHash('md5');
    async function* seen() {
      for await (const chunk of body as AsyncIterable<Uint8Array>) {
        md5.update(chunk);
        yield chunk;
      }
    }
    const target = { endpoint, bucket: settings.bucket, key, contentType, size };
    const begin = (request: Request) => library.send(request, 'BUCKET');
    const resource = await uploadInChunks({ begin, environment }, target, seen(), signal);
    return { ...toStored(resource, { key, size, md5Hash: md5.digest('base64') }), contentType };
  }

  async function remove(key: string, { ifVersion, signal }: RemoveRequest): Promise<void> {
    const query = ifVersion === undefined ? undefined : { ifGenerationMatch: ifVersion };
    const bucket = await library.bucket({ about: 'OBJECT', signal, query });
    try {
      await bucket.file(key).delete();
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
    const bucket = await library.bucket({ about: 'BUCKET', signal });
    const query = { autoPaginate: false, maxResults: 1, fields: 'kind', prefix: settings.prefix };
    try {
      const [, , response] = await bucket.getFiles(query);
      toPage(asObject(response) ?? {});
    } catch (error) {
      if (!isProvenRefusal(error)) throw error;
    }
  }

  return {
    listPage,
    beginsBehindKeys: true,
    head,
    read,
    write,
    writeStream,
    remove,
    presign,
    authenticate,
    classify: classifyGcs,
    // The connections belong to the guard's agents.
    close: async () => {},
  };
}

/** The headers of a download's response, which the first look into the stream asks for. */
async function headersOf(stream: Readable): Promise<IncomingHttpHeaders> {
  const answered = once(stream, 'response') as Promise<[IncomingMessage]>;
  stream.read(0);
  const [{ headers }] = await answered;
  return headers;
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
