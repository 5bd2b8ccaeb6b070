import { type IncomingHttpHeaders, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { excessOf } from '../../formats/excess.ts';
import { DriverFailure } from '../errors.ts';
import type { ProviderEnvironment } from '../provider.ts';
import { GcsError, type GcsService } from './error.ts';
import { notGcs } from './failures.ts';

/**
 * Requests to Google's HTTP APIs through the outbound guard's agents.
 *
 * Bodies stay Node streams, since an object passes through here byte by byte.
 */

/** A listing of 1,000 names of 1,024 bytes, each byte escaped, stays below 8 MB. */
const responseLimit = 8 * 1024 * 1024;
/** 1,000 objects have a hundred values each, at most. */
const partsLimit = { values: 100_000, levels: 100 };
/** Enough for every error document; of a page that is none, more is not wanted. */
const errorLimit = 64 * 1024;

export interface Request {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  url: string;
  headers?: Record<string, string>;
  /** Sent one after the other, with their length. */
  body?: readonly Uint8Array[];
  signal: AbortSignal;
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  /** To be read or destroyed: until then it holds its connection. */
  stream: IncomingMessage;
}

/** What an error is about and where it came from, since the response alone does not say. */
export interface Subject {
  service: GcsService;
  /** What a 404 means when the response has no words for it. */
  about?: 'BUCKET' | 'OBJECT';
}

/** Sends a request; redirects are answers like others. Rejects with the network's error or the signal's reason. */
export async function send(environment: ProviderEnvironment, request: Request): Promise<Answer> {
  const { method = 'GET', body = [], signal } = request;
  signal.throwIfAborted();
  const url = new URL(request.url);
  const secure = url.protocol === 'https:';
  const headers: Record<string, string> = {
    'accept-encoding': 'identity',
    'user-agent': 'longshore',
    ...request.headers,
  };
  if (request.body) headers['content-length'] = String(body.reduce((sum, part) => sum + part.length, 0));
  const { httpAgent, httpsAgent } = environment.outbound;
  const answered = Promise.withResolvers<IncomingMessage>();
  const outgoing = (secure ? requestHttps : requestHttp)(url, {
    method,
    headers,
    signal,
    agent: secure ? httpsAgent : httpAgent,
  });
  outgoing.once('response', answered.resolve);
  // Stays on after the response: a connection lost later shows in the response's own stream.
  outgoing.on('error', answered.reject);
  for (const part of body) outgoing.write(part);
  outgoing.end();
  try {
    const stream = await answered.promise;
    return { status: stream.statusCode ?? 0, headers: stream.headers, stream };
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

/** As `send`, for a response of success, or of one status more. @throws GcsError for every other */
export async function sendChecked(
  environment: ProviderEnvironment,
  request: Request,
  subject: Subject,
  also?: number,
): Promise<Answer> {
  const response = await send(environment, request);
  const { status } = response;
  if ((status >= 200 && status < 300) || status === also) return response;
  throw await refusal(response, subject);
}

/** As `sendChecked`, for a response of a JSON object. @throws DriverFailure for anything else */
export async function sendForJson(
  environment: ProviderEnvironment,
  request: Request,
  subject: Subject,
): Promise<Record<string, unknown>> {
  return objectOf((await sendChecked(environment, request, subject)).stream);
}

/** The response as a JSON object. @throws DriverFailure for anything else, or too much of it */
export async function objectOf(stream: IncomingMessage): Promise<Record<string, unknown>> {
  const json = objectIn(await textOf(stream, responseLimit));
  if (!json) throw new DriverFailure(notGcs);
  return json;
}

async function refusal({ status, headers, stream }: Answer, subject: Subject): Promise<GcsError> {
  const text = await textOf(stream, errorLimit).catch(() => '');
  const document = objectIn(text);
  return new GcsError({
    ...subject,
    status,
    // A web page is nobody's sentence.
    ...(document ? wordsOf(document) : { reasons: [], sentence: /^\s*</.test(text) ? '' : text }),
    documented: document !== undefined,
    retryAfterMs: retryAfter(headers['retry-after']),
  });
}

/**
 * The words of an error document: Google's own form `{"error": {"message", "status", "errors": [{"reason"}],
 * "details": [{"reason"}]}}`, or OAuth's `{"error", "error_description"}` (RFC 6749 section 5.2).
 */
function wordsOf({ error, error_description }: Record<string, unknown>): {
  reasons: string[];
  sentence: string;
} {
  if (typeof error === 'string') return { reasons: [error], sentence: String(error_description ?? '') };
  const { errors, details, status, message } = asObject(error) ?? {};
  const entries = [details, errors].flatMap((list: unknown) => (Array.isArray(list) ? list : []));
  const reasons = [...entries.map((entry) => asObject(entry)?.reason), status];
  return {
    reasons: reasons.filter((reason) => typeof reason === 'string'),
    sentence: typeof message === 'string' ? message : '',
  };
}

async function textOf(stream: IncomingMessage, limit: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    length += chunk.length;
    // Leaving the loop destroys the stream.
    if (length > limit) throw new DriverFailure(notGcs);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length).toString();
}

function objectIn(text: string): Record<string, unknown> | undefined {
  if (excessOf(text, partsLimit)) return undefined;
  try {
    return asObject(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** The value, if it is an object that is not a list. */
export function asObject(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

/** Retry-After (RFC 9110 section 10.2.3), seconds or a date, in milliseconds. */
function retryAfter(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
