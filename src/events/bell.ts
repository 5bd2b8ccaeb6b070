/** Wakes one waiter; rung while nobody waits, the next wait returns at once. */
export function createBell(bells: Set<() => void>, signal: AbortSignal) {
  let rung = false;
  let wake: (() => void) | undefined;
  const ring = () => {
    rung = true;
    wake?.();
  };
  bells.add(ring);
  signal.addEventListener('abort', ring, { once: true });
  return {
    async wait(milliseconds: number): Promise<void> {
      if (!rung) {
        let timer: NodeJS.Timeout | undefined;
        await new Promise<void>((resolve) => {
          wake = resolve;
          timer = setTimeout(resolve, milliseconds);
        });
        clearTimeout(timer);
        wake = undefined;
      }
      rung = false;
    },
    close(): void {
      bells.delete(ring);
      signal.removeEventListener('abort', ring);
    },
  };
}

/** Bells hung up by what they ring for. */
export function createBells<K>() {
  const hanging = new Map<K, Set<() => void>>();
  return {
    ring(key: K): void {
      for (const ring of hanging.get(key) ?? []) ring();
    },
    /** A bell that rings for `key` until it is closed. */
    hang(key: K, signal: AbortSignal): Pick<ReturnType<typeof createBell>, 'wait' | 'close'> {
      const bells = hanging.get(key) ?? new Set();
      hanging.set(key, bells);
      const bell = createBell(bells, signal);
      return {
        wait: bell.wait,
        close() {
          bell.close();
          if (bells.size === 0) hanging.delete(key);
        },
      };
    },
  };
}
