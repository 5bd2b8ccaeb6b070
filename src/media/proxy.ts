import { LongshoreError, ProviderError } from '../errors.ts';
import { providerError } from '../providers/errors.ts';
import type { ByteRange, ObjectBody, ObjectInfo } from '../providers/provider.ts';
import type { Store } from '../providers/store.ts';
import { objectHeaders, representationOf } from './headers.ts';
import { pump, type Sink } from './pump.ts';
import {
  type Decision,
  decide,
  type MediaHeaders,
  needsRepresentation,
  rangeOf,
  validatorsOf,
} from './range.ts';
import type { Slots } from './slots.ts';

export interface ProxyRequest {
  method: string | undefined;
  headers: MediaHeaders;
  /** Aborted when the client has gone. */
  signal: AbortSignal;
}

export interface ProxyOptions {
  slots: Slots;
  /** Longest wait for the storage's next bytes, in milliseconds. */
  timeoutMs: number;
  /** Most bytes that an open-ended range gets at a time. */
  maxOpenRange: number;
}

/**
 * Answers with an object's bytes, or with what they would be. Throws before anything is sent, or breaks the
 * response off: what was announced and can't be had never ends as if it were whole.
 */
export async function proxy(
  store: Store,
  key: string,
  request: ProxyRequest,
  response: Sink,
  options: ProxyOptions,
): Promise<void> {
  const slot = await options.slots.take(request.signal);
  try {
    const own = patient(store, options.timeoutMs);
    const opened = await open(own, key, request, options).catch((error: unknown) => {
      // Changed between looking and reading: what it is now is as good.
      if (!isCode(error, 'OBJECT_CHANGED')) throw error;
      return open(own, key, request, options);
    });
    const { info, body } = opened;
    response.writeHead(opened.decision.status, headersOf(opened, store));
    if (!body) response.end(opened.decision.status === 416 && request.method === 'GET' ? UNSATISFIABLE : '');
    else
      await pump(own, info, opened.start, body, response, { ...options, slot, signal: request.signal }).catch(
        brokenOff,
      );
  } finally {
    slot.release();
  }
}

/** No other storage can go on with what has begun. */
function brokenOff(cause: unknown): never {
  throw new LongshoreError('RESPONSE_BROKEN_OFF', 'The response was broken off.', { cause });
}

const UNSATISFIABLE = `${JSON.stringify({
  code: 'RANGE_NOT_SATISFIABLE',
  message: 'The requested range lies behind the end of the object.',
})}\n`;

/** One more try for a connection that the storage closed meanwhile; the time limits are the proxy's own. */
const patient = (store: Store, timeoutMs: number) =>
  store.within({
    attempts: 2,
    rateLimitAttempts: 2,
    requestTimeoutMs: timeoutMs,
    readIdleMs: timeoutMs,
    maxRetryAfterMs: 1_000,
  });

interface Opened {
  info: ObjectInfo;
  decision: Decision;
  /** Where the body begins in the object. */
  start: number;
  /** Absent: none is to be sent. */
  body?: ObjectBody;
}

async function open(
  store: Store,
  key: string,
  request: ProxyRequest,
  { timeoutMs, maxOpenRange }: ProxyOptions,
): Promise<Opened> {
  const { method, headers } = request;
  return within(timeoutMs, request.signal, async (signal) => {
    if (method === 'GET' && !needsRepresentation(headers)) {
      const { start = 0, end = start + maxOpenRange - 1 } = rangeOf(headers) ?? {};
      const range: ByteRange | undefined =
        headers.range === undefined || !rangeOf(headers) ? undefined : { start, end };
      try {
        const body = await store.read(key, { range, signal });
        const last = start + body.length - 1;
        const decision: Decision = range ? { status: 206, start, end: last } : { status: 200 };
        return { info: body.info, decision, start, body };
      } catch (error) {
        // How long it is decides what to answer.
        if (!isCode(error, 'RANGE_NOT_SATISFIABLE')) throw error;
      }
    }
    const info = await store.head(key, signal);
    const decision = decide(method, headers, representationOf(info, store.provider), maxOpenRange);
    const start = decision.status === 206 ? decision.start : 0;
    const wanted = method === 'GET' && (decision.status === 200 || decision.status === 206);
    if (!wanted) return { info, decision, start };
    const range = decision.status === 206 ? { start, end: decision.end } : undefined;
    const ifVersion = info.version ?? undefined;
    return { info, decision, start, body: await store.read(key, { range, ifVersion, signal }) };
  });
}

/**
 * Runs `work` with a signal that also ends by TIMEOUT, unless `work` has ended by then. The signal goes on
 * to follow the client's.
 */
async function within<T>(
  milliseconds: number,
  client: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(providerError({ code: 'TIMEOUT' })), milliseconds);
  try {
    return await work(AbortSignal.any([client, late.signal]));
  } finally {
    clearTimeout(timer);
  }
}

function headersOf({ info, decision }: Opened, { provider }: Store): Record<string, string> {
  const it = representationOf(info, provider);
  const common = { ...objectHeaders(info), ...validatorsOf(it) };
  switch (decision.status) {
    case 200:
      return { ...common, 'content-length': String(it.size) };
    case 206: {
      const { start, end } = decision;
      return {
        ...common,
        'content-length': String(end - start + 1),
        'content-range': `bytes ${start}-${end}/${it.size}`,
      };
    }
    case 416:
      return {
        ...withoutContent(common),
        'content-range': `bytes */${it.size}`,
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(UNSATISFIABLE)),
      };
    case 412:
      return { ...withoutContent(common), 'content-length': '0' };
    case 304:
      return withoutContent(common);
  }
}

/** Of a response that has no content, or none of the object's. */
function withoutContent(headers: Record<string, string>): Record<string, string> {
  const { 'content-type': _, 'content-disposition': __, 'content-encoding': ___, ...rest } = headers;
  return rest;
}

const isCode = (error: unknown, code: ProviderError['code']) =>
  error instanceof ProviderError && error.code === code;
