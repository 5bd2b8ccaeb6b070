import { DriverFailure } from './errors.ts';

/** Token services answer in well under a second. */
const limitMs = 15_000;

/**
 * A request that several callers wait for: the first begins it, whoever comes meanwhile shares it. It is aborted
 * when the last caller has gone, and ends with TIMEOUT after 15 seconds even if `run` does not heed its signal. A
 * caller whose own signal is aborted leaves at once with the signal's reason.
 */
export function sharedRequest<T>(
  run: (signal: AbortSignal) => Promise<T>,
  timeoutMs = limitMs,
): (signal?: AbortSignal) => Promise<T> {
  let pending: { response: Promise<T>; callers: number; controller: AbortController } | undefined;

  function begin() {
    const controller = new AbortController();
    const own = { response: limited(run, controller, timeoutMs), callers: 0, controller };
    const end = () => {
      if (pending === own) pending = undefined;
    };
    own.response.then(end, end);
    return own;
  }

  return async (signal) => {
    signal?.throwIfAborted();
    pending ??= begin();
    const own = pending;
    own.callers++;
    try {
      return await (signal ? orAborted(own.response, signal) : own.response);
    } finally {
      if (--own.callers === 0) {
        // Whoever comes now begins anew rather than share an aborted request.
        if (pending === own) pending = undefined;
        own.controller.abort();
      }
    }
  };
}

async function limited<T>(
  run: (signal: AbortSignal) => Promise<T>,
  controller: AbortController,
  timeoutMs: number,
): Promise<T> {
  const timeout = new DriverFailure({
    code: 'TIMEOUT',
    message: 'The service that gives out access tokens did not answer in time.',
  });
  const timer = setTimeout(() => controller.abort(timeout), timeoutMs);
  try {
    return await orAborted(run(controller.signal), controller.signal);
  } finally {
    clearTimeout(timer);
  }
}

/** The response, or the signal's reason if that comes first. */
async function orAborted<T>(response: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const stop = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([response, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
