import { providerError } from '../providers/errors.ts';

/** A bounded number of requests to storages at a time; the others wait their turn. */
export interface Slots {
  /** @throws ProviderError UNAVAILABLE when too many wait, or for too long; the signal's reason when aborted */
  take(signal: AbortSignal): Promise<Slot>;
  /** Whether somebody waits. */
  readonly crowded: boolean;
  /** Tells a holder who can do without its place that somebody waits for one. @returns the way to stop */
  onWaiting(listener: () => void): () => void;
}

export interface Slot {
  /** Gives the place to the next one; again does nothing. */
  release(): void;
}

export interface SlotOptions {
  /** At a time. */
  count: number;
  /** How many may wait. */
  queue: number;
  /** How long one may wait, in milliseconds. */
  patienceMs: number;
}

export function createSlots({ count, queue, patienceMs }: SlotOptions): Slots {
  let free = count;
  const waiting = new Set<() => void>();
  const listeners = new Set<() => void>();

  function slot(): Slot {
    let held = true;
    return {
      release() {
        if (!held) return;
        held = false;
        const [next] = waiting;
        if (next) next();
        else free++;
      },
    };
  }

  return {
    get crowded() {
      return waiting.size > 0;
    },
    onWaiting(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async take(signal) {
      signal.throwIfAborted();
      if (free > 0) {
        free--;
        return slot();
      }
      if (waiting.size >= queue) throw busy();
      const turn = Promise.withResolvers<void>();
      const timer = setTimeout(() => turn.reject(busy()), patienceMs);
      const leave = () => turn.reject(signal.reason);
      waiting.add(turn.resolve);
      signal.addEventListener('abort', leave, { once: true });
      const [holder] = listeners;
      holder?.();
      try {
        await turn.promise;
        return slot();
      } finally {
        waiting.delete(turn.resolve);
        clearTimeout(timer);
        signal.removeEventListener('abort', leave);
      }
    },
  };
}

const busy = () =>
  providerError({
    code: 'UNAVAILABLE',
    message: 'Too many media requests are waiting for their turn.',
    hint: 'Try again in a moment.',
  });
