import { afterAll, describe, expect, test } from 'vitest';
import { s3Provider } from '../../src/providers/s3/provider.ts';
import { openStore, type Store } from '../../src/providers/store.ts';
import type { Storage } from '../../src/storages/model.ts';
import { createStorePool } from '../../src/storages/pool.ts';
import { wireServer } from '../servers/s3-wire.ts';
import { testEnvironment } from '../support/environment.ts';

/** Opened stores are shared by storage and version, closed when idle, and bounded in number. */

const { signal } = new AbortController();
const aws = await wireServer((_request, response) => {
  const credentials =
    '<AccessKeyId>ASIATEST</AccessKeyId><SecretAccessKey>x</SecretAccessKey><SessionToken>y</SessionToken>' +
    `<Expiration>${new Date(Date.now() + 3_600_000).toISOString()}</Expiration>`;
  response.end(
    '<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>' +
      `<Credentials>${credentials}</Credentials></AssumeRoleResult></AssumeRoleResponse>`,
  );
});
afterAll(() => aws.close());

const storage = (id: number, version = 0) => ({ id, updatedAt: new Date(version) }) as Storage;

/** Opens stores of a role, and keeps what was opened and closed. */
function opener() {
  const opened: Store[] = [];
  const closed: Store[] = [];
  return {
    opened,
    closed,
    async open(): Promise<Store> {
      const settings = s3Provider.settings.parse({
        bucket: 'photos',
        endpoint: aws.url,
        credentials: 'ROLE',
        roleArn: 'arn:aws:iam::123456789012:role/reader',
      });
      const environment = testEnvironment({
        env: { AWS_ACCESS_KEY_ID: 'AKIATEST', AWS_SECRET_ACCESS_KEY: 'x' },
      });
      const inner = openStore(s3Provider, settings, {}, environment);
      const store: Store = {
        ...inner,
        async close() {
          closed.push(store);
          await inner.close();
        },
      };
      opened.push(store);
      return store;
    },
  };
}

const presign = (store: Store) => store.presign('a.jpg', { ttlSeconds: 60, signal });

test('20 signed URLs of a role take one AssumeRole, at once or one after another', async () => {
  const source = opener();
  const pool = createStorePool(source);
  await Promise.all(Array.from({ length: 10 }, () => pool.use(storage(1), presign)));
  for (let i = 0; i < 10; i++) await pool.use(storage(1), presign);
  expect(aws.requests.map(({ body }) => new URLSearchParams(body.toString()).get('Action'))).toEqual([
    'AssumeRole',
  ]);
  expect(source.opened).toHaveLength(1);
  await pool.close();
  expect(source.closed).toEqual(source.opened);
});

describe('what is shared, and for how long', () => {
  test('a changed storage is opened anew; the old one is closed when its last user has left', async () => {
    const source = opener();
    const pool = createStorePool(source, { idleMs: 1 });
    const hold = Promise.withResolvers<void>();
    const old = pool.use(storage(1), () => hold.promise);
    await pool.use(storage(1, 1), async (store) => expect(store).toBe(source.opened[1]));
    await expect.poll(() => source.closed).toEqual([source.opened[1]]);
    hold.resolve();
    await old;
    await expect.poll(() => source.closed).toHaveLength(2);
    await pool.close();
  });

  test('a store in use outlives its idle time, and a pool that is closing', async () => {
    const source = opener();
    const pool = createStorePool(source, { idleMs: 0 });
    const hold = Promise.withResolvers<void>();
    const use = pool.use(storage(1), () => hold.promise);
    await pool.close();
    expect(source.closed).toEqual([]);
    hold.resolve();
    await use;
    expect(source.closed).toEqual(source.opened);
  });

  test('no more than the limit are kept, the one used last goes last', async () => {
    const source = opener();
    const pool = createStorePool(source, { limit: 2 });
    const used = async () => {};
    for (const id of [1, 2, 1, 3]) await pool.use(storage(id), used);
    await expect.poll(() => source.closed).toEqual([source.opened[1]]);
    await pool.use(storage(1), used);
    expect(source.opened).toHaveLength(3);
    await pool.close();
  });

  test('one that could not be opened is tried again by the next', async () => {
    const source = opener();
    let failures = 1;
    const open = () => (failures-- > 0 ? Promise.reject(new Error('no')) : source.open());
    const pool = createStorePool({ open });
    await expect(pool.use(storage(1), presign)).rejects.toThrow('no');
    await pool.use(storage(1), presign);
    await pool.close();
  });
});
