import {
  type Agent as HttpAgent,
  type IncomingMessage,
  type RequestOptions,
  request as requestHttp,
} from 'node:http';
import { type Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';

/**
 * fetch() over the given agents, since the global one takes none. It differs from the WHATWG Fetch standard on
 * purpose: redirects are handed back and never followed, whatever `redirect` says, and bodies are not decompressed
 * (`Accept-Encoding: identity` is sent unless the caller sets it). Rejects with TypeError `fetch failed` whose
 * `cause` is the network's error, or with the signal's reason.
 */
export function createFetch(agents: { httpAgent: HttpAgent; httpsAgent: HttpsAgent }): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    const signal = init?.signal ?? (input instanceof Request ? input.signal : undefined);
    signal?.throwIfAborted();
    const url = new URL(request.url);
    if (url.protocol !== 'http:' && url.protocol !== 'https:') {
      throw new TypeError(`fetch failed: expected an http or https URL, got "${url.protocol}"`);
    }
    const headers = new Headers(request.headers);
    if (!headers.has('accept-encoding')) headers.set('accept-encoding', 'identity');
    // What is already in memory goes with its length: many servers refuse chunked requests.
    const body =
      request.body && !isStreamed(input, init) ? Buffer.from(await request.arrayBuffer()) : request.body;
    if (body instanceof Buffer) headers.set('content-length', String(body.length));
    try {
      const answer = await send(
        url,
        {
          method: request.method,
          headers: Object.fromEntries(headers),
          agent: url.protocol === 'https:' ? agents.httpsAgent : agents.httpAgent,
          signal: signal ?? undefined,
        },
        body,
      );
      return toResponse(answer, request.method, url);
    } catch (cause) {
      signal?.throwIfAborted();
      throw new TypeError('fetch failed', { cause });
    }
  };
}

function isStreamed(input: string | URL | Request, init: RequestInit | undefined): boolean {
  const body: unknown = init?.body ?? undefined;
  if (body === undefined) return input instanceof Request;
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
}

type Body = Buffer | ReadableStream<Uint8Array> | null;

function send(url: URL, options: RequestOptions, body: Body): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, options);
    request.once('response', resolve);
    // Stays on after the response: a connection lost later shows in the response's own stream.
    request.on('error', reject);
    if (body instanceof ReadableStream)
      pipeline(Readable.fromWeb(body as NodeReadableStream), request).catch(reject);
    else request.end(body ?? undefined);
  });
}

function toResponse(answer: IncomingMessage, method: string, url: URL): Response {
  const status = answer.statusCode ?? 0;
  const headers = new Headers();
  for (let at = 0; at + 1 < answer.rawHeaders.length; at += 2) {
    headers.append(answer.rawHeaders[at]!, answer.rawHeaders[at + 1]!);
  }
  const empty = method === 'HEAD' || [204, 205, 304].includes(status);
  if (empty) answer.resume();
  try {
    const response = new Response(empty ? null : (Readable.toWeb(answer) as BodyInit), {
      status,
      statusText: answer.statusMessage,
      headers,
    });
    return Object.defineProperty(response, 'url', { value: url.href });
  } catch (error) {
    answer.destroy();
    throw error;
  }
}
