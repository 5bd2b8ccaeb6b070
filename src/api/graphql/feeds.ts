import type { ExecutionResult } from 'graphql';
import { stoppable } from '../../database/stop.ts';

/**
 * A feed whose end is heard at once: whoever leaves aborts the signal first, so that a source that waits for
 * news stops waiting, and its statements end, and is not awaited till then. Errors become the last event.
 */
export function endable(
  feed: AsyncIterable<ExecutionResult>,
  leave: AbortController,
  failed: (error: unknown) => ExecutionResult,
): AsyncGenerator<ExecutionResult, void, undefined> {
  const source = feed[Symbol.asyncIterator]();
  let over = false;
  const left = new Promise<IteratorResult<ExecutionResult, void>>((resolve) => {
    const finish = () => resolve({ value: undefined, done: true });
    leave.signal.addEventListener('abort', finish, { once: true });
  });
  const end = async () => {
    over = true;
    leave.abort();
    await source.return?.();
    return { value: undefined, done: true } as const;
  };
  return {
    async next() {
      if (over) return { value: undefined, done: true };
      try {
        const { value, done } = await Promise.race([stoppable(leave.signal, () => source.next()), left]);
        if (!done) return { value: value as ExecutionResult, done: false };
        return await end();
      } catch (error) {
        over = true;
        leave.abort();
        return { value: failed(error), done: false };
      }
    },
    return: end,
    throw: end,
    [Symbol.asyncIterator]() {
      return this;
    },
    async [Symbol.asyncDispose]() {
      await end();
    },
  };
}
