import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { testApp } from '../support/app.ts';

/** What a client has asked the database for ends with the client, and nothing else does. */
const it = await testApp({ worker: 'none', settings: { DATABASE_CONNECTIONS: '4' } });
const project = await it.owner.project();

/** Runs `work` while nobody else can use the table. */
async function whileLocked(table: string, work: () => Promise<void>): Promise<void> {
  await it.sql.begin(async (sql) => {
    await sql.unsafe(`LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
    await work();
  });
}

/** Statements of the service that wait for a lock, and transactions of it that are open beside. */
async function held(): Promise<{ waiting: number; open: number }> {
  const [row] = await it.sql<{ waiting: number; open: number }[]>`
    SELECT count(*) FILTER (WHERE wait_event_type = 'Lock')::int AS waiting,
      count(*) FILTER (WHERE state LIKE 'idle in transaction%')::int AS open
    FROM pg_stat_activity WHERE application_name = 'longshore' AND datname = current_database()`;
  return row!;
}
const waits = (count: number) =>
  expect.poll(held, { interval: 20, timeout: 2_000 }).toEqual({ waiting: count, open: 0 });

const operations = {
  'a query': ['tasks', `{ project(id: "${project}") { tasks { nodes { id } totalCount } } }`],
  'a mutation': ['projects', 'mutation { createProject(input: { title: "too late" }) { __typename } }'],
} as const;

/** Asks, and gives the way to leave. */
const transports = {
  async HTTP(query: string) {
    const left = new AbortController();
    const asked = fetch(`${it.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${it.owner.token}` },
      body: JSON.stringify({ query }),
      signal: left.signal,
    }).catch(() => {});
    return async () => {
      left.abort();
      await asked;
    };
  },
  'WebSocket that closes': async (query: string) => {
    const socket = await ask(query);
    return async () => socket.terminate();
  },
  'WebSocket that says "complete"': async (query: string) => {
    const socket = await ask(query);
    return async () => {
      socket.send(JSON.stringify({ type: 'complete', id: '1' }));
      setTimeout(() => socket.terminate(), 3_000);
    };
  },
};

async function ask(query: string): Promise<WebSocket> {
  const socket = new WebSocket(`${it.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  await once(socket, 'open');
  const payload = { authorization: `Bearer ${it.owner.token}` };
  socket.send(JSON.stringify({ type: 'connection_init', payload }));
  await once(socket, 'message');
  socket.send(JSON.stringify({ type: 'subscribe', id: '1', payload: { query } }));
  return socket;
}

const cases = Object.entries(operations).flatMap(([what, [table, query]]) =>
  Object.entries(transports).map(([how, start]) => ({ what, table, query, how, start })),
);

describe('statements end with the client', () => {
  test.each(cases)('$what over $how', async ({ table, query, start }) => {
    await whileLocked(table, async () => {
      const leave = await start(query);
      await expect.poll(async () => (await held()).waiting, { interval: 20 }).toBeGreaterThan(0);
      await leave();
      await waits(0);
    });
    const [made] = await it.sql`SELECT count(*)::int AS count FROM projects WHERE title = 'too late'`;
    expect(made).toEqual({ count: 0 });
  });

  test('more of them than there are connections', async () => {
    const [table, query] = operations['a query'];
    await whileLocked(table, async () => {
      const leaves = await Promise.all(Array.from({ length: 40 }, () => transports.HTTP(query)));
      await expect.poll(async () => (await held()).waiting, { interval: 20 }).toBe(4);
      await Promise.all(leaves.map((leave) => leave()));
      await waits(0);
    });
    expect((await it.owner.fetch('/ready')).status).toBe(200);
  });
});

test('nobody else is hit by it, however it falls', async () => {
  const { query, title } = { query: '{ projects { nodes { id title } } viewer { role } }', title: 'kept' };
  let over = false;
  const leavers = Array.from({ length: 3 }, async (_, index) => {
    for (let round = 0; !over; round++) {
      const leave = await transports.HTTP(round % 2 ? query : operations['a mutation'][1]);
      await sleep(5 + ((7 * round + index) % 20));
      await leave();
      // Client and server share a processor.
      await sleep(10);
    }
  });
  const stayers = Array.from({ length: 4 }, async () => {
    for (let round = 0; round < 60; round++) {
      expect(
        await it.owner.fetch(
          '/graphql',
          post(round % 2 ? query : `mutation { createProject(input: { title: "${title}" }) { __typename } }`),
        ),
      ).toMatchObject({ status: 200 });
    }
  });
  await Promise.all(stayers);
  over = true;
  await Promise.all(leavers);
  const [made] = await it.sql`SELECT count(*)::int AS count FROM projects WHERE title = ${title}`;
  expect(made).toEqual({ count: 120 });
  expect(it.traffic.filter((text) => text.includes('INTERNAL_ERROR'))).toEqual([]);
  expect(it.logs.find((line) => line.includes('unexpected error'))).toBeUndefined();
  await waits(0);
});

function post(query: string) {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${it.owner.token}` };
  return { method: 'POST', headers, body: JSON.stringify({ query }) };
}
