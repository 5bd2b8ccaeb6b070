import type { ServerResponse } from 'node:http';
import { providerError } from '../providers/errors.ts';
import type { ObjectBody, ObjectInfo } from '../providers/provider.ts';
import type { Store } from '../providers/store.ts';
import type { Slot, Slots } from './slots.ts';

/** Where a response is written to. */
export type Sink = Pick<ServerResponse, 'writeHead' | 'write' | 'end' | 'destroy' | 'on' | 'off'>;

export interface PumpOptions {
  slots: Slots;
  /** The place that the opened body holds. */
  slot: Slot;
  timeoutMs: number;
  signal: AbortSignal;
}

/** Objects up to this size are taken from the storage at once, however slowly the client takes them. */
const SMALL = 1024 * 1024;

/** How long a client may take nothing before it loses its place at the storage, in milliseconds. */
const STALL = 5_000;
/** The same where others wait already. Who comes later gets the place at once. */
const STALL_CROWDED = 100;

/**
 * Sends a body with backpressure: no more is taken from the storage than the client takes. A client that
 * takes nothing for a while (a paused film) loses its connection to the storage, not its response: when it
 * takes more, the object is opened again where it stopped, at the same version.
 */
export async function pump(
  store: Store,
  { key, version }: ObjectInfo,
  start: number,
  first: ObjectBody,
  response: Sink,
  options: PumpOptions,
): Promise<void> {
  const { slots, timeoutMs, signal } = options;
  let { slot } = options;
  let body = first;
  const end = start + first.length;
  let offset = start;
  const small = first.length <= SMALL;
  try {
    for (;;) {
      let slow = false;
      for await (const chunk of timely(body, timeoutMs)) {
        offset += chunk.length;
        if (response.write(chunk) || small) continue;
        slow = !(await drained(response, signal, version === null ? undefined : slots));
        if (slow) break;
      }
      if (!slow) break;
      slot.release();
      await drained(response, signal);
      if (offset === end) break;
      slot = await slots.take(signal);
      const range = { start: offset, end: end - 1 };
      body = await store.read(key, { range, ifVersion: version ?? undefined, signal });
    }
    if (offset !== end) throw providerError({ code: 'CONNECTION_LOST' });
    response.end();
  } catch (error) {
    response.destroy();
    throw error;
  } finally {
    body.stream.destroy();
    slot.release();
  }
}

/** The chunks of a body, none of them later than the time limit, which only runs while one is asked for. */
async function* timely({ stream }: ObjectBody, milliseconds: number): AsyncGenerator<Uint8Array> {
  const late = () => stream.destroy(providerError({ code: 'TIMEOUT' }));
  let timer = setTimeout(late, milliseconds);
  try {
    for await (const chunk of stream) {
      clearTimeout(timer);
      yield chunk as Uint8Array;
      timer = setTimeout(late, milliseconds);
    }
  } finally {
    clearTimeout(timer);
  }
}

/** Waits until the client has taken what was written; false: not soon enough to keep its place at the storage. */
function drained(response: Sink, signal: AbortSignal, slots?: Slots): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  const yes = () => resolve(true);
  const no = () => resolve(false);
  const gone = () => reject(signal.reason);
  if (signal.aborted) gone();
  signal.addEventListener('abort', gone, { once: true });
  response.on('drain', yes);
  const timer = slots && setTimeout(no, slots.crowded ? STALL_CROWDED : STALL);
  const deaf = slots?.onWaiting(no);
  return promise.finally(() => {
    clearTimeout(timer);
    deaf?.();
    response.off('drain', yes);
    signal.removeEventListener('abort', gone);
  });
}
