import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type {
  HttpOperationResponse,
  IHttpClient,
  StoragePipelineOptions,
  WebResource,
} from '@azure/storage-blob';
import { isCrowded } from '../../formats/excess.ts';
import type { OutboundGuard } from '../../security/outbound.ts';
import { DriverFailure } from '../errors.ts';
import { LongPage, MAX_XML } from '../long-pages.ts';
import { notAzure } from './failures.ts';

/** Longer pages are asked for in parts before they are there. */
const responseLimit = 8 * 1024 * 1024;
/** Tags and escapes of a response: 1,000 blobs have sixty each, and some for their metadata. */
const partsLimit = 150_000;
/** Enough for every error document; of a page that is none, more is not wanted. */
const errorLimit = 64 * 1024;

/** For the SDK's pipelines: the guard's connections, and one attempt (the layers retry). */
export function clientOptions(outbound: OutboundGuard): StoragePipelineOptions {
  return {
    httpClient: guardedClient(outbound),
    retryOptions: { maxTries: 1 },
    userAgentOptions: { userAgentPrefix: 'longshore' },
  };
}

/**
 * The SDK's transport, over the guard's agents. Reads no proxy settings, follows no redirect, decompresses
 * nothing, and bounds what is read as a whole, since any server may be named as endpoint. Rejects with the
 * network's or the guard's own error.
 */
function guardedClient(outbound: OutboundGuard): IHttpClient {
  return {
    async sendRequest(request: WebResource): Promise<HttpOperationResponse> {
      const response = await send(request, outbound);
      const status = response.statusCode ?? 0;
      const headers = headersOf(response, request);
      const streams = request.streamResponseStatusCodes;
      if (streams?.has(status) || streams?.has(Number.POSITIVE_INFINITY)) {
        return { request, status, headers, readableStreamBody: response };
      }
      return { request, status, headers, bodyAsText: await textOf(response) };
    },
  };
}

function send(request: WebResource, { httpAgent, httpsAgent }: OutboundGuard): Promise<IncomingMessage> {
  const url = new URL(request.url);
  const secure = url.protocol === 'https:';
  return new Promise((resolve, reject) => {
    const outgoing = (secure ? requestHttps : requestHttp)(url, {
      method: request.method,
      headers: request.headers.toJson({ preserveCase: true }),
      agent: secure ? httpsAgent : httpAgent,
      // The driver gives every call a signal, which the SDK hands on.
      signal: request.abortSignal instanceof AbortSignal ? request.abortSignal : undefined,
    });
    outgoing.once('response', resolve);
    // Stays on after the response: a connection lost later shows in the response's own stream.
    outgoing.on('error', reject);
    outgoing.end(request.body ?? undefined);
  });
}

/** In the SDK's own class, which it does not export; the address of a redirect is left out, or it would be followed. */
function headersOf(response: IncomingMessage, request: WebResource): HttpOperationResponse['headers'] {
  const headers = request.headers.clone();
  for (const name of headers.headerNames()) headers.remove(name);
  for (const [name, value] of Object.entries(response.headers)) {
    if (value !== undefined && name !== 'location') headers.set(name, String(value));
  }
  return headers;
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  const limit = (response.statusCode ?? 0) < 300 ? responseLimit : errorLimit;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    // Leaving the loop destroys the connection.
    if (length > limit) throw new (limit === errorLimit ? DriverFailure : LongPage)(notAzure);
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks, length);
  if (length > MAX_XML) throw new LongPage(notAzure);
  if (isCrowded(body, partsLimit)) throw new DriverFailure(notAzure);
  return body.toString('utf8');
}
