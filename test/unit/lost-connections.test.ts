import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { afterAll, expect, test } from 'vitest';
import { clientProblem, openDatabase, type Transaction, transaction } from '../../src/database/client.ts';
import { isPassing } from '../../src/database/errors.ts';
import { between } from '../servers/faulty.ts';
import { createDatabase } from '../support/database.ts';

/**
 * The database's client when its connection breaks: what was under way fails, as a whole, with a cause
 * that can be told; what comes after works. Kept so by patches/postgres+*.patch.
 */
const created = await createDatabase();
const direct = openDatabase(created.url, { connections: 1, name: 'direct' });
await direct.sql`CREATE TABLE lines (line text)`;
afterAll(async () => {
  await direct.close();
  await created.drop();
});

const ways = {
  'ended by the server': () =>
    direct.sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE application_name = 'lost' AND datname = current_database()`,
  'cut off': async (proxy: Proxy) => proxy.cut(),
  reset: async (proxy: Proxy) => proxy.reset(),
};
type Proxy = Awaited<ReturnType<typeof between>>;

const moments = {
  'in the middle of a statement': ({ sql }: Transaction) => sql`SELECT pg_sleep(2)`,
  'between two statements': () => sleep(700),
  'in the middle of a COPY': async ({ sql }: Transaction) => {
    const stream = await sql`COPY lines FROM STDIN`.writable();
    const closed = new Promise((resolve) => stream.once('close', resolve));
    stream.on('error', () => {});
    for (let line = 0; line < 40 && !stream.destroyed; line++) {
      stream.write('copied\n'.repeat(100));
      await sleep(20);
    }
    await closed;
  },
};

const cases = Object.entries(ways).flatMap(([way, lose]) =>
  Object.entries(moments).map(([moment, work]) => ({ way, lose, moment, work })),
);

test.each(cases)('$way $moment', async ({ lose, work }) => {
  const url = new URL(created.url);
  const proxy = await between({ host: url.hostname, port: Number(url.port) }, async (bytes) => bytes);
  url.hostname = proxy.host;
  url.port = String(proxy.port);
  // One connection: whoever comes next gets the very one that was lost.
  const database = openDatabase(url.href, { connections: 1, name: 'lost' });
  await direct.sql`TRUNCATE lines`;
  const begun = Promise.withResolvers<void>();
  const over = Promise.withResolvers<void>();
  const broken = transaction(database, async (tx) => {
    try {
      await tx.sql`INSERT INTO lines VALUES ('before')`;
      begun.resolve();
      await work(tx);
      await tx.sql`INSERT INTO lines VALUES ('after')`;
    } finally {
      over.resolve();
    }
  });
  const outcome = broken.then(
    () => 'committed',
    (error: unknown) => error,
  );
  await begun.promise;
  await sleep(100);
  await lose(proxy);
  const error = await outcome;
  expect(isPassing(error), String(error)).toBe(true);
  // Another transaction on the same connection, while the first one's code may still be running.
  await transaction(database, async ({ sql }) => {
    await sql`INSERT INTO lines VALUES ('other')`;
    await over.promise;
    await sql`INSERT INTO lines VALUES ('other')`;
  });
  await expect(database.sql`SELECT line FROM lines`).resolves.toMatchObject([
    { line: 'other' },
    { line: 'other' },
  ]);
  await database.close();
  await proxy.close();
});

test('a transaction whose BEGIN fills the pipeline has its connection to itself', async () => {
  const sql = postgres(created.url, { max: 1, onnotice: () => {}, ...{ max_pipeline: 100 } });
  await sql`SELECT 1`;
  await direct.sql`TRUNCATE lines`;
  const early = Array.from({ length: 100 }, () => sql`SELECT 1`.execute());
  const undone = sql.begin(async (tx) => {
    await tx`INSERT INTO lines VALUES ('inside')`;
    await sleep(100);
    throw new Error('undone');
  });
  const other = sql`INSERT INTO lines VALUES ('outside')`.execute();
  await expect(undone).rejects.toThrow('undone');
  // Had the other one run inside the transaction, it would be undone with it.
  await Promise.all([...early, other]);
  await expect(direct.sql`SELECT line FROM lines`).resolves.toMatchObject([{ line: 'outside' }]);
  await sql.end();
});

test('a client without these changes is told', () => {
  expect(clientProblem()).toBeUndefined();
  expect(clientProblem(() => {})).toContain('npx patch-package');
});
