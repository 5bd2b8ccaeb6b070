/** Reads one item ahead, so that the next page is on its way while this one is worked on. */
export async function* readAhead<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
  const iterator = items[Symbol.asyncIterator]();
  const fetch = () => {
    const next = iterator.next();
    // Awaited in the next turn; until then a failure must not count as unhandled.
    next.catch(() => {});
    return next;
  };
  let next = fetch();
  try {
    for (;;) {
      const result = await next;
      if (result.done) return;
      next = fetch();
      yield result.value;
    }
  } finally {
    await next.catch(() => {});
    await iterator.return?.();
  }
}
