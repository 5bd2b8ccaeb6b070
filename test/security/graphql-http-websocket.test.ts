import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { testApp } from '../support/app.ts';
import { openMemory } from '../support/memory.ts';

/** GraphQL over WebSocket: abuse ends in the protocol's close codes, and harms nobody else. */
const memory = openMemory();
const it = await testApp({ registry: memory.registry });
const authorization = `Bearer ${it.owner.token}`;
const address = `${it.url.replace('http', 'ws')}/graphql`;

type Message = { type: string; id?: string; payload?: unknown };

/** A bare connection: says what it is told, keeps what it hears. */
async function connect(protocols = ['graphql-transport-ws']) {
  const socket = new WebSocket(address, protocols);
  const heard: Message[] = [];
  socket.on('message', (data) => {
    it.traffic.push(String(data));
    heard.push(JSON.parse(String(data)));
  });
  const closed = once(socket, 'close').then(([code, reason]) => {
    it.traffic.push(String(reason));
    return { code: code as number, reason: String(reason) };
  });
  await once(socket, 'open');
  return {
    heard,
    closed,
    say: (message: object | string) =>
      socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    async until(type: string, id?: string): Promise<Message> {
      for (;;) {
        const found = heard.find((message) => message.type === type && message.id === id);
        if (found) return found;
        await once(socket, 'message');
      }
    },
    close: () => socket.close(),
  };
}

async function open(payload: object = { authorization }) {
  const connection = await connect();
  connection.say({ type: 'connection_init', payload });
  await connection.until('connection_ack');
  return connection;
}

const viewer = (id: string) => ({ type: 'subscribe', id, payload: { query: '{ viewer { role } }' } });

describe('works', () => {
  test('queries and mutations too, with either spelling of the header', async () => {
    for (const name of ['authorization', 'Authorization']) {
      const connection = await open({ [name]: authorization });
      connection.say(viewer('1'));
      expect(await connection.until('next', '1')).toMatchObject({
        payload: { data: { viewer: { role: 'OWNER' } } },
      });
      await connection.until('complete', '1');
      connection.close();
    }
  });

  test('an operation that fails leaves the others on its connection alone', async () => {
    const project = await it.owner.project();
    const { id } = await it.owner.connect(project, memory.input(), { presign: false });
    const connection = await open();
    const query = 'subscription ($storageId: ID) { syncProgress(storageId: $storageId) { status } }';
    const subscribe = (operation: string, storageId: string) =>
      connection.say({ type: 'subscribe', id: operation, payload: { query, variables: { storageId } } });
    subscribe('good', id);
    subscribe('bad', 'no such id');
    connection.say({ type: 'subscribe', id: 'wrong', payload: { query: '{ nothing }' } });
    connection.say({ type: 'subscribe', id: 'broken', payload: { query: '{' } });
    expect(await connection.until('next', 'bad')).toMatchObject({
      payload: {
        errors: [{ message: 'No storage with id "no such id".', extensions: { code: 'NOT_FOUND' } }],
      },
    });
    expect(await connection.until('error', 'wrong')).toMatchObject({
      payload: [{ message: 'Cannot query field "nothing" on type "Query".' }],
    });
    expect(await connection.until('error', 'broken')).toMatchObject({
      payload: [{ message: /^Syntax Error/ }],
    });
    await it.owner.sync(id);
    await connection.until('complete', 'good');
    expect(connection.heard.filter((message) => message.id === 'good').at(-2)).toMatchObject({
      payload: { data: { syncProgress: { status: 'COMPLETED' } } },
    });
    connection.close();
  });

  test('variables that do not fit are answered without their value', async () => {
    const connection = await open();
    const secretAccessKey = it.canary('secret-over-websocket');
    const s3 = { bucket: 'b', credentials: { accessKey: { secretAccessKey } } };
    const variables = { input: { projectId: 'x', settings: { source: {} }, provider: { s3 } } };
    const query = 'mutation ($input: CreateStorageInput!) { createStorage(input: $input) { __typename } }';
    connection.say({ type: 'subscribe', id: '1', payload: { query, variables } });
    const answer = await Promise.race([connection.until('error', '1'), connection.until('next', '1')]);
    expect(JSON.stringify(answer)).toContain('required field');
    connection.close();
  });
});

describe('is closed, with the code of the protocol', () => {
  test('without or with a wrong token: 4403', async () => {
    for (const payload of [undefined, {}, { authorization: 'Bearer wrong' }, { authorization: 5 }]) {
      const connection = await connect();
      connection.say({ type: 'connection_init', payload });
      expect(await connection.closed).toEqual({ code: 4403, reason: 'Forbidden' });
    }
  });

  test('an operation before the introduction: 4401', async () => {
    const connection = await connect();
    connection.say(viewer('1'));
    expect(await connection.closed).toEqual({ code: 4401, reason: 'Unauthorized' });
  });

  test('no introduction at all: 4408', async () => {
    const connection = await connect();
    expect(await connection.closed).toEqual({ code: 4408, reason: 'Connection initialisation timeout' });
  });

  test('two introductions: 4429', async () => {
    const connection = await open();
    connection.say({ type: 'connection_init', payload: { authorization } });
    expect(await connection.closed).toEqual({ code: 4429, reason: 'Too many initialisation requests' });
  });

  test('two operations under one id: 4409', async () => {
    const connection = await open();
    const query = `subscription { syncProgress(storageId: "${await waitingStorage()}") { status } }`;
    for (let count = 0; count < 2; count++)
      connection.say({ type: 'subscribe', id: '1', payload: { query } });
    expect(await connection.closed).toEqual({ code: 4409, reason: 'Subscriber for 1 already exists' });
  });

  test.each(['no JSON', '[]', '{"type":"nonsense"}', '{"type":"subscribe","id":5}'])(
    '%s: 4400',
    async (message) => {
      const connection = await open();
      connection.say(message);
      expect((await connection.closed).code).toBe(4400);
    },
  );

  test('a message of more than 256 KiB: 1009', async () => {
    const connection = await open();
    connection.say(viewer('x'.repeat(256 << 10)));
    expect((await connection.closed).code).toBe(1009);
  });

  test('no protocol: 4406', async () => {
    const connection = await connect([]);
    expect((await connection.closed).code).toBe(4406);
  });

  test('while all that goes on, a connection that behaves is served', async () => {
    const connection = await open();
    connection.say(viewer('1'));
    await connection.until('complete', '1');
    connection.close();
    expect((await connection.closed).code).toBe(1005);
  });
});

async function waitingStorage(): Promise<string> {
  return (await it.owner.connect(await it.owner.project(), memory.input(), { presign: false })).id;
}
