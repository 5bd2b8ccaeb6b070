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
