import type { IncomingMessage } from 'node:http';
import { PassThrough, type Readable } from 'node:stream';
import type { Bucket, Storage } from '@google-cloud/storage';
import { DriverFailure } from '../errors.ts';
import type { ProviderEnvironment } from '../provider.ts';
import { GcsError } from './error.ts';
import { notGcs } from './failures.ts';
import { type Answer, objectOf, type Request, type Subject, sendChecked } from './requests.ts';
import type { TokenSource } from './tokens.ts';

/**
 * Google's own client library over this service's sender. Its own one picks its agents itself, follows redirects with
 * the bearer token and knows no AbortSignal: `makeAuthenticatedRequest` is the seam at which it can be replaced whole.
 */
export interface Library {
  /**
   * The bucket for one operation: its requests, and those of its files, end with the signal.
   * @param query parameters that the library has no option for
   */
  bucket(operation: {
    about: Subject['about'];
    signal: AbortSignal;
    query?: Record<string, string> | undefined;
  }): Promise<Bucket>;
  /** A request that the library knows no way for, with a token, as the library's own go. @throws GcsError */
  send(request: Request, about: Subject['about']): Promise<Answer>;
}

/** A request as the library hands it to its sender. */
interface LibraryRequest {
  uri: string;
  method?: string;
  qs?: Record<string, unknown>;
  headers?: HeadersInit;
  multipart?: { 'Content-Type': string; body: string | Readable }[];
  // Put in by the interceptor of the operation.
  about: Subject['about'];
  signal: AbortSignal;
}

type Callback = (error: unknown, body?: unknown, response?: IncomingMessage) => void;

/** Connects to nothing yet; the library itself, which is large, is loaded at the first operation. */
export function openLibrary({
  endpoint,
  bucket: name,
  tokens,
  environment,
}: {
  endpoint: string;
  bucket: string;
  tokens: TokenSource;
  environment: ProviderEnvironment;
}): Library {
  async function load(): Promise<Storage> {
    const { Storage } = await import('@google-cloud/storage');
    const retryOptions = { autoRetry: false, maxRetries: 0 };
    // With a project id given, it does not go and look for one.
    const storage = new Storage({
      apiEndpoint: endpoint,
      projectId: '-',
      userAgent: 'longshore',
      retryOptions,
    });
    storage.makeAuthenticatedRequest = makeRequest as unknown as Storage['makeAuthenticatedRequest'];
    return storage;
  }

  /** The library's contract: with a callback the body as JSON, without one a stream that tells of its response. */
  function makeRequest(request: LibraryRequest, callback?: Callback): Readable | { abort(): void } {
    const { about } = request;
    const sent = plainRequest(request).then((plain) => send(plain, about));
    if (callback) {
      sent
        .then(async ({ stream }) => [await documentOf(request, stream), stream] as const)
        .then(
          ([body, response]) => callback(null, body, response),
          (error: unknown) => callback(error),
        );
      return { abort() {} };
    }
    const events = new PassThrough();
    sent.then(
      ({ stream }) => events.emit('response', asLibraryResponse(stream)),
      (error: Error) => events.destroy(error),
    );
    return events;
  }

  /** Sends with a token; one that is refused is exchanged for a new one, once: it may have been revoked. */
  async function send(request: Request, about: Subject['about']): Promise<Answer> {
    const { signal } = request;
    const subject: Subject = { service: 'STORAGE', about };
    const token = await tokens.current(signal);
    try {
      return await sendChecked(environment, withToken(request, token), subject);
    } catch (error) {
      if (!(error instanceof GcsError) || error.response.status !== 401) throw error;
      tokens.discard(token);
      return sendChecked(environment, withToken(request, await tokens.current(signal)), subject);
    }
  }

  let loaded: Promise<Storage> | undefined;
  return {
    send,
    async bucket({ about, signal, query }) {
      loaded ??= load();
      const bucket = (await loaded).bucket(name);
      const request = (options: object) => ({
        ...options,
        about,
        signal,
        qs: { ...(options as LibraryRequest).qs, ...query },
      });
      bucket.interceptors.push({ request: request as never });
      return bucket;
    },
  };
}

/** A library that was given a list where it expects none would throw where nobody can catch it. */
async function documentOf(
  { method }: LibraryRequest,
  stream: IncomingMessage,
): Promise<Record<string, unknown> | undefined> {
  if (method === 'DELETE') {
    stream.resume();
    return undefined;
  }
  const document = await objectOf(stream);
  if (document.items !== undefined && !Array.isArray(document.items)) throw new DriverFailure(notGcs);
  return document;
}

/** What the library reads of a response besides Node's own. */
function asLibraryResponse(stream: IncomingMessage): IncomingMessage {
  return Object.assign(stream, { toJSON: () => ({ headers: stream.headers }), request: {} });
}

/** The same request in this service's own terms: options of the library's pages are none of the server's. */
async function plainRequest(request: LibraryRequest): Promise<Request> {
  const { uri, method = 'GET', qs = {}, multipart, signal } = request;
  const url = new URL(uri);
  // Downloads have a path of their own, where they are answered rather than sent on.
  if (qs.alt === 'media') url.pathname = `/download${url.pathname}`;
  for (const [name, value] of Object.entries(qs)) {
    if (value !== undefined && name !== 'autoPaginate') url.searchParams.set(name, String(value));
  }
  const headers = Object.fromEntries(new Headers(request.headers));
  const plain = { method: method as Request['method'], url: url.href, headers, signal };
  if (!multipart) return plain;
  const boundary = `longshore-${crypto.randomUUID()}`;
  const type = `multipart/related; boundary=${boundary}`;
  return {
    ...plain,
    headers: { ...headers, 'content-type': type },
    body: await partsOf(multipart, boundary),
  };
}

/** In memory, as the bodies that are written come from there: so the request goes with its length, and again. */
async function partsOf(
  multipart: NonNullable<LibraryRequest['multipart']>,
  boundary: string,
): Promise<Uint8Array[]> {
  const parts: Uint8Array[] = [];
  for (const { 'Content-Type': type, body } of multipart) {
    parts.push(Buffer.from(`--${boundary}\r\ncontent-type: ${type}\r\n\r\n`));
    if (typeof body === 'string') parts.push(Buffer.from(body));
    else for await (const chunk of body) parts.push(chunk as Buffer);
    parts.push(Buffer.from('\r\n'));
  }
  return [...parts, Buffer.from(`--${boundary}--\r\n`)];
}

function withToken(request: Request, token: string): Request {
  return { ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } };
}
