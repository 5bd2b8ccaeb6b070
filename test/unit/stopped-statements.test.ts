import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { openDatabase, transaction } from '../../src/database/client.ts';
import { stoppable, unstoppable } from '../../src/database/stop.ts';
import { createDatabase } from '../support/database.ts';

/**
 * Statements that are cancelled when their signal is aborted, and those that come after them on the same connection,
 * which are not. Kept so by patches/postgres+*.patch.
 */
const created = await createDatabase();
const database = openDatabase(created.url, { connections: 1, name: 'stopped' });
const { sql } = database;
await sql`CREATE TABLE lines (line text)`;
afterAll(async () => {
  await database.close();
  await created.drop();
});

const canceled = { code: '57014' };
const sleeping = () => sql`SELECT pg_sleep(20)`;
const lines = async () => (await sql`SELECT line FROM lines`).map(({ line }) => line);

test('a statement that runs, and one that waits for the connection', async () => {
  const leave = new AbortController();
  const [running, waiting] = stoppable(leave.signal, () => [sleeping().execute(), sql`SELECT 1`.execute()]);
  const other = sql`SELECT 2 AS two`.execute();
  setTimeout(() => leave.abort(), 50);
  await expect(running).rejects.toMatchObject(canceled);
  await expect(waiting).rejects.toMatchObject(canceled);
  expect(await other).toEqual([{ two: 2 }]);
  await expect(stoppable(leave.signal, async () => sql`SELECT 1`)).rejects.toMatchObject(canceled);
  expect(await stoppable(leave.signal, () => unstoppable(async () => sql`SELECT 3 AS three`))).toEqual([
    { three: 3 },
  ]);
});

test('whoever comes next on the connection is not hit, at whichever moment it falls', async () => {
  let stopped = 0;
  for (let round = 0; round < 400; round++) {
    const leave = new AbortController();
    const short = stoppable(leave.signal, async () => sql`SELECT pg_sleep(0.002)`);
    const next = sql`SELECT pg_sleep(0.001), ${round}::int AS round`.execute();
    await Promise.all([
      sleep(round % 5).then(() => leave.abort()),
      short.catch(() => stopped++),
      expect(next).resolves.toMatchObject([{ round }]),
    ]);
  }
  expect(stopped).toBeGreaterThan(50);
  expect(stopped).toBeLessThan(400);
});

test('a transaction is rolled back: in the middle of a statement, and between two', async () => {
  for (const pause of [(tx: typeof sql) => tx`SELECT pg_sleep(20)`, () => sleep(150)]) {
    const leave = new AbortController();
    const broken = stoppable(leave.signal, () =>
      transaction(database, async (tx) => {
        await tx.sql`INSERT INTO lines VALUES ('lost')`;
        await pause(tx.sql as never);
        await tx.sql`INSERT INTO lines VALUES ('lost, too')`;
      }),
    );
    setTimeout(() => leave.abort(), 50);
    await expect(broken).rejects.toMatchObject(canceled);
    expect(await lines()).toEqual([]);
  }
});

test('a transaction whose work is done is committed', async () => {
  const leave = new AbortController();
  await stoppable(leave.signal, () =>
    transaction(database, async (tx) => {
      await tx.sql`INSERT INTO lines VALUES ('kept')`;
      leave.abort();
    }),
  );
  expect(await lines()).toEqual(['kept']);
});

test('a connection that was not yet made serves the next one', async () => {
  const fresh = openDatabase(created.url, { connections: 1, name: 'fresh' });
  const leave = new AbortController();
  const early = stoppable(leave.signal, () => fresh.sql`SELECT 1`.execute());
  await sleep(0);
  leave.abort();
  await expect(early).rejects.toMatchObject(canceled);
  expect(await fresh.sql`SELECT 2 AS two`).toEqual([{ two: 2 }]);
  await fresh.close();
});

test('what ended in the middle of its rows leaves no gap in the next result', async () => {
  const database = openDatabase(created.url, { connections: 1, name: 'gaps' });
  await expect(database.sql`SELECT 1 / (5 - x) FROM generate_series(1, 9) AS x`).rejects.toThrow(
    'division by zero',
  );
  expect([...(await database.sql`SELECT 7 AS seven`)]).toEqual([{ seven: 7 }]);
  await database.close();
});
