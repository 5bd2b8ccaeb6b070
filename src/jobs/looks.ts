/** Work that is looked for when there may be some, and now and then whether or not anybody said so. */
export interface Looks {
  /** There may be something to do: looks now, or once more when the present look has ended. */
  wake(): void;
  /** Stops looking, and waits for the present look. */
  close(): Promise<void>;
}

/**
 * Looks at once, whenever it is woken, and every so many milliseconds, one look at a time.
 * @param onError hears of a look that failed; the next one tries again
 * @param signal ends it: no look begins any more
 */
export function lookForWork(
  look: () => Promise<void>,
  { every, onError, signal }: { every: number; onError: (error: unknown) => void; signal: AbortSignal },
): Looks {
  let looking: Promise<void> | undefined;
  let again = false;

  function wake(): void {
    again = true;
    looking ??= (async () => {
      while (again && !signal.aborted) {
        again = false;
        await look().catch(onError);
      }
    })().finally(() => {
      looking = undefined;
    });
  }

  const timer = setInterval(wake, every);
  wake();
  return {
    wake,
    async close() {
      clearInterval(timer);
      await looking;
    },
  };
}
