import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { renewing, type Session } from '../../src/providers/s3/credentials.ts';
import { s3Provider } from '../../src/providers/s3/provider.ts';
import { testEnvironment } from '../support/environment.ts';

const start = Date.UTC(2026, 0, 1);
const minute = 60_000;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: start });
});
afterEach(() => {
  vi.useRealTimers();
});

let begun = 0;
beforeEach(() => {
  begun = 0;
});

/** A session of so many milliseconds, numbered by its access key. */
function begin(lifetimeMs: number): Promise<Session> {
  begun++;
  const endsAt = Date.now() + lifetimeMs;
  const credentials = { accessKeyId: `session-${begun}`, secretAccessKey: 'x', expiration: new Date(endsAt) };
  return Promise.resolve({ credentials, endsAt, lifetimeMs });
}

const at = (milliseconds: number) => vi.setSystemTime(start + milliseconds);

test('a session of an hour is renewed five minutes before its end', async () => {
  const current = renewing(() => begin(60 * minute));
  await current(0);
  at(54.9 * minute);
  expect((await current(0)).credentials.accessKeyId).toBe('session-1');
  at(55 * minute);
  expect((await current(0)).credentials.accessKeyId).toBe('session-2');
  expect(begun).toBe(2);
});

test('a short session is renewed at its last fifth', async () => {
  const current = renewing(() => begin(10 * minute));
  await current(0);
  at(7.9 * minute);
  expect((await current(0)).credentials.accessKeyId).toBe('session-1');
  at(8 * minute);
  expect((await current(0)).credentials.accessKeyId).toBe('session-2');
});

test('a caller who needs more time gets a new session, but no more often than at its half', async () => {
  const current = renewing(() => begin(60 * minute));
  await current(0);
  at(44 * minute);
  await current(15 * minute);
  expect(begun).toBe(1);
  at(46 * minute);
  const session = await current(15 * minute);
  expect(begun).toBe(2);
  expect(session.endsAt - Date.now()).toBe(60 * minute);
  await current(7 * 24 * 60 * minute);
  expect(begun).toBe(2);
});

test('concurrent callers share one renewal', async () => {
  const current = renewing(() => begin(60 * minute));
  await Promise.all([current(0), current(15 * minute), current(0)]);
  expect(begun).toBe(1);
  at(59 * minute);
  await Promise.all([current(0), current(15 * minute), current(0)]);
  expect(begun).toBe(2);
});

test('a renewal that fails is felt only when the old session is over, and tried again', async () => {
  let down = false;
  const current = renewing(() => (down ? Promise.reject(new Error('STS is down')) : begin(60 * minute)));
  await current(0);
  down = true;
  at(58 * minute);
  expect((await current(0)).credentials.accessKeyId).toBe('session-1');
  at(60 * minute);
  await expect(current(0)).rejects.toThrow('STS is down');
  down = false;
  expect((await current(0)).credentials.accessKeyId).toBe('session-2');
});

test('a first session that fails is tried again', async () => {
  let down = true;
  const current = renewing(() => (down ? Promise.reject(new Error('STS is down')) : begin(60 * minute)));
  await expect(current(0)).rejects.toThrow('STS is down');
  down = false;
  expect((await current(0)).credentials.accessKeyId).toBe('session-1');
});

test('a session token given with an access key signs along', async () => {
  const keys = { credentials: 'ACCESS_KEY', accessKeyId: 'ASIAIOSFODNN7EXAMPLE' };
  const settings = s3Provider.settings.parse({ bucket: 'bucket', region: 'eu-west-1', ...keys });
  const secrets = { secretAccessKey: 'secret', sessionToken: 'token+of/session=' };
  const driver = s3Provider.open(settings, secrets, testEnvironment());
  const signed = await driver.presign?.('a b.jpg', { ttlSeconds: 900, signal: new AbortController().signal });
  const url = new URL(signed?.url ?? '');
  expect(url.origin + url.pathname).toBe('https://bucket.s3.eu-west-1.amazonaws.com/a%20b.jpg');
  expect(Object.fromEntries(url.searchParams)).toMatchObject({
    'X-Amz-Credential': 'ASIAIOSFODNN7EXAMPLE/20260101/eu-west-1/s3/aws4_request',
    'X-Amz-Date': '20260101T000000Z',
    'X-Amz-Expires': '900',
    'X-Amz-Security-Token': 'token+of/session=',
    'X-Amz-SignedHeaders': 'host',
  });
  expect(signed?.expiresAt).toEqual(new Date(start + 900_000));
});

test('a URL lives a week at most', async () => {
  const keys = { credentials: 'ACCESS_KEY', accessKeyId: 'AKIAIOSFODNN7EXAMPLE' };
  const driver = s3Provider.open(
    s3Provider.settings.parse({ bucket: 'bucket', ...keys }),
    { secretAccessKey: 'secret' },
    testEnvironment(),
  );
  const signed = await driver.presign?.('a', { ttlSeconds: 10 ** 7, signal: new AbortController().signal });
  expect(signed?.expiresAt).toEqual(new Date(start + 7 * 24 * 60 * minute));
});

test.each([
  [{}, 'https://my-bucket.s3.us-east-1.amazonaws.com/k'],
  [{ pathStyle: true }, 'https://s3.us-east-1.amazonaws.com/my-bucket/k'],
  [{ endpoint: 'https://10.0.0.1:9000' }, 'https://10.0.0.1:9000/my-bucket/k'],
  [{ endpoint: 'http://[::1]:9000' }, 'http://[::1]:9000/my-bucket/k'],
  [{ endpoint: 'http://localhost:9000' }, 'http://localhost:9000/my-bucket/k'],
  [{ endpoint: 'http://minio:9000' }, 'http://minio:9000/my-bucket/k'],
  [{ endpoint: 'https://nyc3.example.com' }, 'https://my-bucket.nyc3.example.com/k'],
  [{ endpoint: 'https://nyc3.example.com', pathStyle: true }, 'https://nyc3.example.com/my-bucket/k'],
  [
    { endpoint: 'http://10.0.0.1:9000', publicEndpoint: 'https://files.example.com' },
    'https://my-bucket.files.example.com/k',
  ],
])('%j addresses objects as %s', async (more, expected) => {
  const keys = { credentials: 'ACCESS_KEY', accessKeyId: 'AKIAIOSFODNN7EXAMPLE' };
  const settings = s3Provider.settings.parse({ bucket: 'my-bucket', ...keys, ...more });
  const driver = s3Provider.open(settings, { secretAccessKey: 'secret' }, testEnvironment());
  const signed = await driver.presign?.('k', { ttlSeconds: 60, signal: new AbortController().signal });
  expect(signed?.url.split('?')[0]).toBe(expected);
});
