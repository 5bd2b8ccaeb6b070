import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type AccessToken, keepToken } from '../../src/providers/gcs/tokens.ts';

const start = Date.UTC(2026, 0, 1);
const minute = 60_000;
let asked = 0;
beforeEach(() => {
  asked = 0;
  vi.useFakeTimers({ toFake: ['Date'], now: start });
});
afterEach(() => {
  vi.useRealTimers();
});
const at = (milliseconds: number) => vi.setSystemTime(start + milliseconds);

/** Numbered tokens of so many milliseconds. */
async function next(lifetimeMs: number): Promise<AccessToken> {
  asked++;
  return { value: `token-${asked}`, expiresAt: Date.now() + lifetimeMs };
}

test('a token of an hour is renewed five minutes before its end', async () => {
  const tokens = keepToken(() => next(60 * minute));
  expect(await tokens.current()).toBe('token-1');
  at(54.9 * minute);
  expect(await tokens.current()).toBe('token-1');
  at(55 * minute);
  expect(await tokens.current()).toBe('token-2');
});

test('a short one is renewed at its last fifth', async () => {
  const tokens = keepToken(() => next(10 * minute));
  await tokens.current();
  at(7.9 * minute);
  expect(await tokens.current()).toBe('token-1');
  at(8 * minute);
  expect(await tokens.current()).toBe('token-2');
});

test('concurrent callers share one request', async () => {
  const tokens = keepToken(() => next(60 * minute));
  expect(await Promise.all([tokens.current(), tokens.current()])).toEqual(['token-1', 'token-1']);
  at(59 * minute);
  expect(await Promise.all([tokens.current(), tokens.current()])).toEqual(['token-2', 'token-2']);
});

test('a renewal that fails is felt only when the old token is over, and tried again', async () => {
  let down = false;
  const tokens = keepToken(() => (down ? Promise.reject(new Error('down')) : next(60 * minute)));
  await tokens.current();
  down = true;
  at(58 * minute);
  expect(await tokens.current()).toBe('token-1');
  at(60 * minute);
  await expect(tokens.current()).rejects.toThrow('down');
  down = false;
  expect(await tokens.current()).toBe('token-2');
});

test('a refused token is not given again, a newer one is', async () => {
  const tokens = keepToken(() => next(60 * minute));
  const first = await tokens.current();
  tokens.discard(first);
  expect(await tokens.current()).toBe('token-2');
  tokens.discard(first);
  expect(await tokens.current()).toBe('token-2');
});

test('an aborted caller is gone within 100 ms, and the last one takes the request along', async () => {
  const signals: AbortSignal[] = [];
  const tokens = keepToken((signal) => {
    signals.push(signal);
    return new Promise(() => {});
  });
  const [first, second] = [new AbortController(), new AbortController()];
  const waiting = [tokens.current(first.signal), tokens.current(second.signal)];
  const begun = performance.now();
  first.abort('first has gone');
  await expect(waiting[0]).rejects.toBe('first has gone');
  expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
  second.abort('second has gone');
  await expect(waiting[1]).rejects.toBe('second has gone');
  expect(performance.now() - begun).toBeLessThan(100);
  expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
});
