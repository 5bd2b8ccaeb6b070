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

test('a service that never answers is not waited for, and asked again', async () => {
  const stopped = new AbortController();
  const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValueOnce(stopped.signal);
  let hangs = true;
  const tokens = keepToken(() => (hangs ? new Promise(() => {}) : next(60 * minute)));
  const waiting = tokens.current();
  stopped.abort(new DOMException('The operation timed out.', 'TimeoutError'));
  await expect(waiting).rejects.toMatchObject({ name: 'TimeoutError' });
  timeout.mockRestore();
  hangs = false;
  expect(await tokens.current()).toBe('token-1');
});
