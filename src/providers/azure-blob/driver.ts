import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { type BlobItem, ContainerClient } from '@azure/storage-blob';
import { DriverFailure } from '../errors.ts';
import { inShortPages } from '../long-pages.ts';
import { inParts } from '../parts.ts';
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
import type { AzureBlobSecrets, AzureBlobSettings } from './config.ts';
import { openAccess } from './credentials.ts';
import { classifyAzure, isProvenRefusal, notAzure } from './failures.ts';
import { parseSas } from './sas.ts';

/** Azure gives up to 5,000, but the SDK's XML parser holds the thread a tenth of a second for each thousand. */
const pageSize = 1_000;
/** Of an object that is written as a stream; 50,000 blocks at most (Put Block, Azure Storage REST API). */
const BLOCK_BYTES = 16 << 20;
const MAX_BLOCKS = 45_000;

/** Opens a container; connects to nothing yet. */
export function openAzureBlob(
  settings: AzureBlobSettings,
  secrets: AzureBlobSecrets,
  environment: ProviderEnvironment,
): Driver {
  const access = openAccess(settings, secrets, environment);
  const container = new ContainerClient(containerUrl(access.url, settings.container), access.pipeline);
  const sas = settings.credentials === 'SAS' ? parseSas(secrets.sasToken ?? '') : undefined;
  const context = { settings, sas };
  const classify = (error: unknown) => classifyAzure(error, context);

  async function segment(
    { prefix, recursive, token, signal: abortSignal }: ListRequest,
    maxPageSize: number,
  ) {
    // Folders of accounts with a hierarchical namespace show only in their metadata.
    const options = { prefix: prefix || undefined, includeMetadata: true, abortSignal };
    const blobs = recursive ? container.listBlobsFlat(options) : container.listBlobsByHierarchy('/', options);
    for await (const page of blobs.byPage({ maxPageSize, continuationToken: token })) return page;
    throw new DriverFailure(notAzure);
  }

  /**
   * In no order that could be relied on: with a flat namespace Azure sorts names by UTF-16 code units, with a
   * hierarchical one '/' comes before every other character, and its documentation promises neither.
   */
  const listPage = inShortPages(pageSize, async (request: ListRequest, size): Promise<ListPage> => {
    const { segment: listed, continuationToken } = await segment(request, size);
    const prefixes = 'blobPrefixes' in listed ? (listed.blobPrefixes as unknown[]).length : 0;
    if (listed.blobItems.length + prefixes > size) throw new DriverFailure(notAzure);
    return {
      objects: listed.blobItems.filter((item) => !isFolder(item)).map(toListed),
      ...(prefixes > 0 && { folders: true }),
      ...(continuationToken && { next: continuationToken }),
    };
  });

  async function head(key: string, { signal }: { signal: AbortSignal }): Promise<ObjectInfo> {
    const response = await container.getBlobClient(key).getProperties({ abortSignal: signal });
    return toInfo(key, response, response.contentLength);
  }

  async function read(key: string, { range, ifVersion, signal }: ReadRequest): Promise<ObjectBody> {
    const { start = 0, end } = range ?? {};
    const response = await container
      .getBlobClient(key)
      .download(start, end === undefined ? undefined : end - start + 1, {
        abortSignal: signal,
        conditions: { ifMatch: ifVersion && `"${ifVersion}"` },
        maxRetryRequests: 0,
      });
    const { readableStreamBody: stream, contentLength: length, contentRange } = response;
    if (!(stream instanceof Readable)) throw new DriverFailure(notAzure);
    try {
      const whole = contentRange === undefined;
      if (length === undefined || (whole && (start > 0 || end !== undefined)))
        throw new DriverFailure(notAzure);
      const size = whole ? length : Number(/\/(\d+)$/.exec(contentRange)?.[1]);
      // From 0 to the end is no range to the SDK, though an empty object has no byte 0.
      if (range && start >= size) throw new DriverFailure({ code: 'RANGE_NOT_SATISFIABLE' });
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
    const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    const response = await container.getBlockBlobClient(key).upload(bytes, bytes.length, {
      abortSignal: signal,
      blobHTTPHeaders: { blobContentType: contentType },
      ...(ifVersion === null && { conditions: { ifNoneMatch: '*' } }),
      ...(ifVersion && { conditions: { ifMatch: `"${ifVersion}"` } }),
    });
    return { ...toInfo(key, response, bytes.length), contentType };
  }

  /**
   * In blocks, of which one is held in memory; the blob is there with the last request. Uploads of the same blob that
   * overlap share the blocks that are not committed, so each names its own ("Put Block", Azure Storage services).
   */
  async function writeStream(
    key: string,
    body: Readable,
    { contentType, size, signal }: StreamRequest,
  ): Promise<ObjectInfo> {
    const client = container.getBlockBlobClient(key);
    const blocks: string[] = [];
    const upload = randomUUID();
    for await (const block of inParts(body, Math.max(BLOCK_BYTES, Math.ceil(size / MAX_BLOCKS)))) {
      const id = Buffer.from(`${upload}-${String(blocks.length).padStart(8, '0')}`).toString('base64');
      await client.stageBlock(id, block, block.length, { abortSignal: signal });
      blocks.push(id);
    }
    const response = await client.commitBlockList(blocks, {
      abortSignal: signal,
      blobHTTPHeaders: { blobContentType: contentType },
    });
    return { ...toInfo(key, response, size), contentType };
  }

  async function remove(key: string, { ifVersion, signal }: RemoveRequest): Promise<void> {
    const conditions = { ifMatch: ifVersion && `"${ifVersion}"` };
    try {
      await container.getBlobClient(key).delete({ abortSignal: signal, conditions });
    } catch (error) {
      if (classify(error)?.code !== 'OBJECT_NOT_FOUND') throw error;
    }
  }

  const { sign } = access;
  const presign =
    sign &&
    (async (key: string, { ttlSeconds }: { ttlSeconds: number }): Promise<PresignedUrl> => {
      // Signatures speak of whole seconds.
      const seconds = Math.floor(Date.now() / 1000) + Math.max(1, Math.floor(ttlSeconds));
      const { query, expiresAt } = await sign(key, new Date(seconds * 1000));
      return { url: `${container.getBlobClient(key).url}?${query}`, expiresAt };
    });

  /** Azure looks at permissions after it has proven who asks, so a refusal to list shows good credentials. */
  async function authenticate({ signal }: { signal: AbortSignal }): Promise<void> {
    try {
      await segment({ prefix: settings.prefix, recursive: true, signal }, 1);
    } catch (error) {
      if (!isProvenRefusal(error, context)) throw error;
    }
  }

  return {
    listPage,
    head,
    read,
    write,
    writeStream,
    remove,
    ...(presign && { presign }),
    authenticate,
    classify,
    // The connections belong to the guard's agents.
    close: async () => {},
  };
}

function containerUrl(serviceUrl: string, container: string): string {
  const url = new URL(serviceUrl);
  url.pathname = `${url.pathname.replace(/\/$/, '')}/${container}`;
  return url.href;
}

/** A marker of a folder: by name, or as Data Lake and Hadoop make them, empty and with metadata that says so. */
function isFolder({ name, properties, metadata }: BlobItem): boolean {
  return name.endsWith('/') || (properties.contentLength === 0 && metadata?.hdi_isfolder === 'true');
}

function toListed({ name, properties }: BlobItem): ObjectInfo {
  return toInfo(name, properties, properties.contentLength);
}

/** What listings and answers to HEAD, GET and PUT say of an object alike. */
interface BlobResponse {
  etag?: string | undefined;
  lastModified?: Date | undefined;
  contentType?: string | undefined;
  contentEncoding?: string | undefined;
}

/** What a response says of the object; `size` is that of the whole object. */
function toInfo(
  key: string,
  { etag, lastModified, contentType, contentEncoding }: BlobResponse,
  size: number | undefined,
): ObjectInfo {
  if (!etag || size === undefined || !Number.isSafeInteger(size)) throw new DriverFailure(notAzure);
  // Quoted in headers, bare in listings.
  const version = etag.replace(/^"|"$/g, '');
  return {
    ...{ key, size, version, modifiedAt: lastModified ?? null },
    contentType: contentType ?? null,
    contentEncoding: contentEncoding ?? null,
  };
}
