import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { delegationKeys } from '../../src/providers/azure-blob/credentials.ts';
import { azureBlobProvider } from '../../src/providers/azure-blob/provider.ts';
import { testEnvironment } from '../support/environment.ts';

const start = Date.UTC(2026, 0, 1);
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: start });
});
afterEach(() => {
  vi.useRealTimers();
});
const at = (milliseconds: number) => vi.setSystemTime(start + milliseconds);
const after = (milliseconds: number) => new Date(Date.now() + milliseconds);

/** Keys numbered in the order in which they were asked for. */
function keys() {
  const asked: { start: Date; end: Date }[] = [];
  const state = { down: false, asked };
  const current = delegationKeys(async (start, end) => {
    if (state.down) throw new Error('Azure is down');
    asked.push({ start, end });
    return { number: asked.length, signedExpiresOn: end };
  });
  return { state, current };
}

test('a key lives a day, and begins before clocks that are behind', async () => {
  const { state, current } = keys();
  await current(after(15 * minute));
  expect(state.asked).toEqual([{ start: new Date(start - 15 * minute), end: new Date(start + day) }]);
});

test('a key is renewed in its last hour', async () => {
  const { current } = keys();
  await current(after(15 * minute));
  at(23 * hour);
  expect((await current(after(15 * minute))).number).toBe(1);
  at(23 * hour + 1);
  expect((await current(after(15 * minute))).number).toBe(2);
});

test('a URL that needs longer gets a longer key, of seven days at most', async () => {
  const { state, current } = keys();
  await current(after(15 * minute));
  await current(after(3 * day));
  expect(state.asked[1]?.end).toEqual(new Date(start + 3 * day + hour));
  await current(after(7 * day));
  expect(state.asked[2]?.end).toEqual(new Date(start + 7 * day - 15 * minute));
  for (let i = 0; i < 5; i++) await current(after(7 * day));
  expect(state.asked).toHaveLength(3);
});

test('concurrent callers share one request', async () => {
  const { state, current } = keys();
  await Promise.all([current(after(minute)), current(after(minute)), current(after(minute))]);
  expect(state.asked).toHaveLength(1);
});

test('a renewal that fails is felt only when the old key will not do, and tried again', async () => {
  const { state, current } = keys();
  await current(after(minute));
  state.down = true;
  at(23.5 * hour);
  expect((await current(after(15 * minute))).number).toBe(1);
  await expect(current(after(45 * minute))).rejects.toThrow('Azure is down');
  state.down = false;
  expect((await current(after(45 * minute))).number).toBe(2);
});

const accountKey = Buffer.alloc(64, 'key').toString('base64');
const signer = (more: object) =>
  azureBlobProvider.open(
    azureBlobProvider.settings.parse({
      container: 'container',
      accountName: 'account1',
      credentials: 'ACCOUNT_KEY',
      ...more,
    }),
    { accountKey },
    testEnvironment(),
  );
const signal = new AbortController().signal;

test.each([
  [{}, 'https://account1.blob.core.windows.net/container/a%20folder/%C3%BC%2B%3F%23%25.jpg', 'https'],
  [
    { endpoint: 'http://127.0.0.1:10000/account1' },
    'http://127.0.0.1:10000/account1/container/a%20folder/%C3%BC%2B%3F%23%25.jpg',
    'https,http',
  ],
  [
    { endpoint: 'https://media.example.com' },
    'https://media.example.com/container/a%20folder/%C3%BC%2B%3F%23%25.jpg',
    'https',
  ],
])('%j signs for %s', async (more, address, protocol) => {
  const signed = await signer(more).presign?.('a folder/ü+?#%.jpg', { ttlSeconds: 900, signal });
  const url = new URL(signed?.url ?? '');
  expect(url.origin + url.pathname).toBe(address);
  const { sig, ...query } = Object.fromEntries(url.searchParams);
  expect(query).toEqual({ sv: '2025-11-05', spr: protocol, se: '2026-01-01T00:15:00Z', sr: 'b', sp: 'r' });
  expect(sig).toMatch(/^[A-Za-z0-9+/]{43}=$/);
  expect(signed?.expiresAt).toEqual(new Date(start + 15 * minute));
});
