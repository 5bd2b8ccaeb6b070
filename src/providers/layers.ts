import { setTimeout as wait } from 'node:timers/promises';
import type { ProviderError } from '../errors.ts';
import { providerError } from './errors.ts';

/**
 * What every call of a driver goes through, from the outside in: retry, then the time limit of one attempt,
 * then the driver. The time limit lies inside retry, so that an attempt that hangs is one failed attempt.
 */
export interface LayerOptions {
  /** Tries of one request, the first included; also of a broken stream without a byte of progress. */
  attempts: number;
  /** The same where the provider asks to slow down; default: as many as `attempts`. */
  rateLimitAttempts?: number;
  /** Longest wait for one response: a page, a head, the beginning of a body. */
  requestTimeoutMs: number;
  /** Longest wait for the next bytes of an opened body, while the consumer is asking for some. */
  readIdleMs: number;
  /** Upper bound of the first pause; it doubles with each failure. */
  baseDelayMs: number;
  /** Upper bound of every pause. */
  maxDelayMs: number;
  /** A provider that asks for a longer wait than this gets no retry here: the caller can wait better. */
  maxRetryAfterMs: number;
  /** 0 to 1, like Math.random. */
  random(): number;
  /** Resolves after so many milliseconds, rejects with the signal's reason when aborted. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
  /** Told before each pause, for the log. */
  onRetry?(event: { error: ProviderError; failures: number; delayMs: number }): void;
}

export const defaultLayerOptions: LayerOptions = {
  attempts: 5,
  requestTimeoutMs: 30_000,
  readIdleMs: 20_000,
  baseDelayMs: 200,
  maxDelayMs: 20_000,
  maxRetryAfterMs: 60_000,
  random: Math.random,
  async sleep(milliseconds, signal) {
    await wait(milliseconds, undefined, { signal }).catch(() => signal.throwIfAborted());
  },
};

export type ToError = (error: unknown) => ProviderError;

/** Calls `run` until it succeeds, fails for good, or the signal is aborted (then its reason is thrown). */
export async function retry<T>(
  run: () => Promise<T>,
  context: { signal: AbortSignal; toError: ToError; options: LayerOptions },
): Promise<T> {
  const { signal, toError, options } = context;
  for (let failures = 1; ; failures++) {
    try {
      return await run();
    } catch (raw) {
      if (signal.aborted) throw signal.reason;
      await pauseOrThrow(toError(raw), failures, signal, options);
    }
  }
}

/**
 * Waits before the next try, or throws the error when there is to be none. Exponential backoff with full
 * jitter: anything from 0 to the doubled bound, so that workers that failed together do not come back
 * together (AWS Architecture Blog, "Exponential Backoff And Jitter"). A wait that the provider asked for is
 * a lower bound.
 */
export async function pauseOrThrow(
  error: ProviderError,
  failures: number,
  signal: AbortSignal,
  options: LayerOptions,
): Promise<void> {
  const asked = error.retryAfterMs ?? 0;
  const { attempts, rateLimitAttempts = attempts } = options;
  const allowed = error.code === 'RATE_LIMITED' ? rateLimitAttempts : attempts;
  if (!error.retryable || failures >= allowed || asked > options.maxRetryAfterMs) throw error;
  const bound = Math.min(options.maxDelayMs, options.baseDelayMs * 2 ** (failures - 1));
  const delayMs = Math.max(asked, options.random() * bound);
  options.onRetry?.({ error, failures, delayMs });
  await options.sleep(delayMs, signal);
}

/**
 * One attempt: ends when `run` does, with TIMEOUT after so many milliseconds, or with the reason of the
 * caller's signal, even if `run` does not heed the signal it is given. `controller` lets several attempts
 * share one signal.
 */
export async function limited<T>(
  signal: AbortSignal,
  milliseconds: number,
  run: (signal: AbortSignal) => Promise<T>,
  controller = new AbortController(),
): Promise<T> {
  signal.throwIfAborted();
  const stopped = Promise.withResolvers<never>();
  function stop(reason: unknown): void {
    // First our own end, then the signal: what `run` makes of the abort must not win the race.
    stopped.reject(reason);
    controller.abort(reason);
  }
  const onAbort = () => stop(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  const timer = setTimeout(() => stop(providerError({ code: 'TIMEOUT' })), milliseconds);
  try {
    return await Promise.race([stopped.promise, run(controller.signal)]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}
