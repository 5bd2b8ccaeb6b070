import { expect } from 'vitest';

/** Looks again and again until the expectation that follows holds: `await until(count).toBe(3)`. */
export const until = <T>(look: () => T) => expect.poll(look, { timeout: 20_000, interval: 20 });
