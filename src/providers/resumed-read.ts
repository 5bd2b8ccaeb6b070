import { Readable } from 'node:stream';
import type { ProviderError } from '../errors.ts';
import { providerError } from './errors.ts';
import { type LayerOptions, pauseOrThrow, type ToError } from './layers.ts';
import type { ObjectBody } from './provider.ts';

/**
 * The bytes of `body`, taken up again where they stopped when the connection breaks or falls silent.
 *
 * `reopen(given, signal)` answers a stream of the rest, behind the first `given` bytes. `pinned`: it is sure
 * to be of the same version; otherwise a stream that broke after its first byte fails.
 * Silence counts only while the consumer asks for bytes: one that is slow for an hour is no failure, and a
 * connection lost meanwhile is opened again when it asks. Failures are counted since the last progress.
 */
export function resumedStream(
  body: Pick<ObjectBody, 'length' | 'stream'>,
  context: {
    reopen(given: number, signal: AbortSignal): Promise<Readable>;
    pinned: boolean;
    signal: AbortSignal;
    toError: ToError;
    options: LayerOptions;
  },
): Readable {
  const { reopen, pinned, signal, toError, options } = context;
  const stop = new AbortController();
  let source: Readable | undefined;
  let flowing = false;
  let broken: ProviderError | undefined;
  let given = 0;
  let failures = 0;
  let idle: NodeJS.Timeout | undefined;

  const out = new Readable({
    read() {
      if (source) flow(source);
      else if (broken) void resume(broken);
    },
    destroy(error, done) {
      signal.removeEventListener('abort', onAbort);
      stop.abort(error ?? consumed);
      drop();
      done(error);
    },
  });
  const onAbort = () => {
    out.destroy(
      signal.reason instanceof Error ? signal.reason : new Error('aborted', { cause: signal.reason }),
    );
  };
  signal.addEventListener('abort', onAbort, { once: true });

  function attach(stream: Readable): void {
    source = stream;
    stream.pause();
    stream.on('data', (chunk: Uint8Array) => {
      if (stream === source) take(stream, chunk);
    });
    // A dropped stream may still fail: this listener stays, or it would be an uncaught error.
    stream.on('error', (error) => {
      if (stream === source) fail(error);
    });
    for (const over of ['end', 'close']) {
      stream.on(over, () => {
        if (stream === source) ended();
      });
    }
  }

  function flow(stream: Readable): void {
    if (flowing) return;
    flowing = true;
    idle = setTimeout(() => fail(silence()), options.readIdleMs);
    stream.resume();
  }

  function take(stream: Readable, chunk: Uint8Array): void {
    given += chunk.length;
    failures = 0;
    if (given > body.length) {
      out.destroy(
        providerError({ code: 'UNEXPECTED_RESPONSE', message: 'The storage sent more than it announced.' }),
      );
    } else if (out.push(chunk)) {
      idle?.refresh();
    } else {
      flowing = false;
      clearTimeout(idle);
      stream.pause();
    }
  }

  /** Ended properly or not: what counts is whether all bytes have come. */
  function ended(): void {
    if (given < body.length) {
      fail(providerError({ code: 'CONNECTION_LOST' }));
      return;
    }
    drop();
    out.push(null);
  }

  function fail(error: unknown): void {
    if (given === body.length) {
      ended();
      return;
    }
    const wanted = flowing;
    drop();
    broken = toError(error);
    if (wanted) void resume(broken);
  }

  function drop(): void {
    clearTimeout(idle);
    flowing = false;
    source?.destroy();
    source = undefined;
  }

  async function resume(error: ProviderError): Promise<void> {
    broken = undefined;
    try {
      if (!pinned && given > 0) throw error;
      const stream = await reopened(error);
      // The consumer may have left while the response was on its way.
      if (out.destroyed) {
        stream.destroy();
        return;
      }
      attach(stream);
      flow(stream);
    } catch (final) {
      out.destroy(final as Error);
    }
  }

  async function reopened(error: ProviderError): Promise<Readable> {
    for (let latest = error; ; ) {
      await pauseOrThrow(latest, ++failures, stop.signal, options);
      try {
        return await reopen(given, stop.signal);
      } catch (raw) {
        stop.signal.throwIfAborted();
        latest = toError(raw);
      }
    }
  }

  attach(body.stream);
  return out;
}

/** Why nothing is reopened any more; an abort without a reason would make an error for each object. */
const consumed = new Error('The stream is over.');

const silence = () =>
  providerError({ code: 'TIMEOUT', message: 'The storage stopped sending in the middle of an object.' });
