import { once } from 'node:events';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import * as bodies from '../jobs/notification-bodies.ts';
import { testApp } from '../support/app.ts';
import { numberOf } from '../support/ids.ts';
import { openMemory } from '../support/memory.ts';

/** What one address, one user, one webhook may take of the service, and that others go on meanwhile. */
const memory = openMemory();
const it = await testApp({ registry: memory.registry, worker: 'none' });
const project = await it.owner.project();

/** Milliseconds that something took. */
async function took(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

function ask(token: string | null, query = '{ viewer { role } }') {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
  return fetch(`${it.url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) });
}

async function connect(folder: string) {
  const storage = await it.owner.connect(project, memory.input(folder), { presign: false });
  const row = numberOf(storage.id);
  const { viewer } = await it.app.services.organizations.ensureFirst();
  const { token } = await it.app.services.storages.createNotificationToken(viewer, row);
  const post = (keys: string[], given = token) =>
    it.client(null).fetch(`/storages/${row}/notifications?token=${given}`, {
      method: 'POST',
      body: JSON.stringify(bodies.s3(memory.container.name, keys)),
    });
  return { id: storage.id, row, post };
}

test('guessing tokens is slowed down and logged; right ones do not wait', async () => {
  const app = await testApp({ beside: it, worker: 'none' });
  const place = await connect('guessed');
  const post = (token: string) =>
    app
      .client(null)
      .fetch(`/storages/${place.row}/notifications?token=${token}`, { method: 'POST', body: '{}' });
  const query = () =>
    app.client('ls_wrong').fetch('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"query":"{ viewer { role } }"}',
    });
  for (let index = 0; index < 10; index++) {
    expect((await post('wrong')).status).toBe(401);
    expect((await query()).status).toBe(401);
  }
  expect(await took(() => post('wrong'))).toBeGreaterThan(990);
  expect(await took(query)).toBeGreaterThan(990);
  expect(app.logs.filter((line) => line.includes('a wrong token was sent'))).toHaveLength(22);
  const right = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"query":"{ viewer { role } }"}',
  };
  expect(await took(() => app.client(it.owner.token).fetch('/graphql', right))).toBeLessThan(900);
});

test('of a webhook’s notifications 50,000 wait at most; what is more becomes one sync of all', async () => {
  const { row, post } = await connect('told');
  const state = async () => {
    const [found] = await it.sql<{ waiting: number; due: boolean }[]>`
      SELECT (SELECT count(*)::int FROM object_notifications WHERE storage_id = ${row}) AS waiting,
        due_at <= now() AS due FROM storages WHERE id = ${row}`;
    return found;
  };
  for (let batch = 0; batch < 10; batch++) {
    const keys = Array.from({ length: 5_000 }, (_, index) => `told/${batch}-${index}.jpg`);
    expect((await post(keys)).status).toBe(202);
  }
  expect(await state()).toEqual({ waiting: 50_000, due: null });
  expect((await post(['told/one-more.jpg'])).status).toBe(202);
  expect(await state()).toEqual({ waiting: 50_000, due: true });
}, 120_000);

interface Opened {
  socket: WebSocket;
  /** The type of the first message, or the code that the socket was closed with. */
  answer: Promise<string | number>;
}

async function open(token: string | null): Promise<Opened> {
  const socket = new WebSocket(`${it.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  socket.on('error', () => {});
  const answer = Promise.race([
    once(socket, 'message').then(([data]) => JSON.parse(String(data)).type as string),
    once(socket, 'close').then(([code]) => code as number),
  ]);
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } }));
  return { socket, answer };
}

test('a user has 1,500 sockets at most; others open theirs', async () => {
  const member = await it.member('ANNOTATOR');
  const sockets: WebSocket[] = [];
  const answered = async (token: string | null) => {
    const { socket, answer } = await open(token);
    sockets.push(socket);
    return answer;
  };
  for (let at = 0; at < 1_500; at += 100) {
    const some = Array.from({ length: 100 }, () => answered(member.token));
    expect(new Set(await Promise.all(some))).toEqual(new Set(['connection_ack']));
  }
  expect(await answered(member.token)).toBe(1013);
  expect(await answered(it.owner.token)).toBe('connection_ack');
  sockets[0]!.terminate();
  await expect.poll(() => answered(member.token), { timeout: 5_000 }).toBe('connection_ack');
  for (const socket of sockets) socket.terminate();
}, 120_000);

test('a user has 2,000 operations running at most; queries of others are answered at once', async () => {
  const member = await it.member('ANNOTATOR');
  const { id: storageId } = await connect('watched');
  const query = `subscription { syncProgress(storageId: "${storageId}") { status } }`;
  const sockets = await Promise.all([open(member.token), open(member.token), open(member.token)]);
  const refused: unknown[] = [];
  for (const [index, { socket, answer }] of sockets.entries()) {
    socket.on('message', (data) => {
      const message = JSON.parse(String(data));
      if (message.type === 'error') refused.push(...message.payload);
    });
    expect(await answer).toBe('connection_ack');
    for (let id = 0; id < (index < 2 ? 1_000 : 10); id++) {
      socket.send(JSON.stringify({ type: 'subscribe', id: String(id), payload: { query } }));
    }
    const running = Math.min((index + 1) * 1_000, 2_000);
    await expect.poll(() => it.app.services.syncWatch.size(), { timeout: 30_000 }).toBe(running);
  }
  await expect.poll(() => refused.length).toBe(10);
  expect(refused[0]).toMatchObject({ extensions: { code: 'TOO_MANY_OPERATIONS' } });
  expect((await ask(member.token)).status).toBe(429);
  // The fastest of five: others run on this machine, too.
  const times: number[] = [];
  for (let index = 0; index < 5; index++) times.push(await took(() => ask(it.owner.token)));
  expect(Math.min(...times)).toBeLessThan(200);
  for (const { socket } of sockets) socket.terminate();
  await expect.poll(() => it.app.services.syncWatch.size(), { timeout: 6_000 }).toBe(0);
  expect((await ask(member.token)).status).toBe(200);
}, 120_000);
