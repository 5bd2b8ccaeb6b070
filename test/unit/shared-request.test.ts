import { expect, test } from 'vitest';
import { sharedRequest } from '../../src/providers/shared-request.ts';

test('callers share a request, and the next one begins anew', async () => {
  let asked = 0;
  const request = sharedRequest(async () => ++asked);
  expect(await Promise.all([request(), request(), request()])).toEqual([1, 1, 1]);
  expect(await request()).toBe(2);
});

test('what fails, fails for all who wait, and is asked for again', async () => {
  let down = true;
  const request = sharedRequest(async () => {
    if (down) throw new Error('down');
    return 'up';
  });
  const both = await Promise.allSettled([request(), request()]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  down = false;
  expect(await request()).toBe('up');
});

test('a service that never answers ends as TIMEOUT, heeding the signal or not', async () => {
  const signals: AbortSignal[] = [];
  const request = sharedRequest((signal) => {
    signals.push(signal);
    return new Promise(() => {});
  }, 20);
  await expect(request()).rejects.toMatchObject({ failure: { code: 'TIMEOUT' } });
  expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
});

test('an aborted caller does not begin a request', async () => {
  let asked = 0;
  const request = sharedRequest(async () => ++asked);
  await expect(request(AbortSignal.abort('gone'))).rejects.toBe('gone');
  expect(asked).toBe(0);
});
