import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from 'graphql-ws';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { testApp } from '../support/app.ts';
import { openMemory } from '../support/memory.ts';

/** What anybody may send, with or without a token, holds nobody up. */
const memory = openMemory();
const it = await testApp({ registry: memory.registry });
const headers = { 'content-type': 'application/json' };
const post = (token: string | null, body: unknown) =>
  it.client(token).fetch('/graphql', { method: 'POST', headers, body: JSON.stringify(body) });

describe('work before the caller is known', () => {
  const mutation = 'mutation ($input: CreateStorageInput!) { createStorage(input: $input) { __typename } }';

  test.each([
    ['250,000, without a token: not let in', 250_000, null, 401, 'UNAUTHENTICATED'],
    ['250,000, with one: not read', 250_000, it.owner.token, 400, 'BODY_TOO_COMPLEX'],
    ['50,000, with one: refused at the first look', 50_000, it.owner.token, 400, 'of its fields are none of'],
  ] as const)('unknown fields: %s', async (_name, length, token, status, text) => {
    const input = Object.fromEntries(Array.from({ length }, (_, index) => [`f${index}`, 0]));
    const answer = await post(token, { query: mutation, variables: { input } });
    expect(answer.status).toBe(status);
    expect(answer.text).toContain(text);
  });

  test('more ids than may be asked for', async () => {
    const query = 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }';
    const body = (length: number) => ({ query, variables: { ids: Array(length).fill('UHJvamVjdDox') } });
    const refused = await post(null, body(140_000));
    expect([refused.status, JSON.parse(refused.text).code]).toEqual([401, 'UNAUTHENTICATED']);
    const answer = await post(it.owner.token, body(20_000));
    expect(JSON.parse(answer.text).errors[0].message).toContain('at most 10000');
  });

  test('what the API is may be asked by anybody, what is in it not', async () => {
    const ask = async (query: string) => JSON.parse((await post(null, { query })).text);
    expect(await ask('{ __typename __schema { queryType { name } } }')).toEqual({
      data: { __typename: 'Query', __schema: { queryType: { name: 'Query' } } },
    });
    for (const query of ['{ node(id: "x") { id } }', '{ ...F } fragment F on Query { viewer { role } }']) {
      expect((await ask(query)).errors[0].extensions.code).toBe('UNAUTHENTICATED');
    }
  });
});

/** What a burst of rubbish leaves behind does not count. */
function residentMemory(): number {
  global.gc?.();
  return process.memoryUsage().rss;
}

test('documents are not kept beyond what they may take: 2,000 of the greatest size', async () => {
  // Wrong, but parsed: what is sent again would not be parsed again.
  const names = Array.from({ length: 4_900 }, (_, index) => `a${index}`).join(' ');
  const send = async (round: number) => {
    const query = `{ b${round} ${names} } #`.padEnd(100_000, 'x');
    expect((await post(null, { query })).text).toContain('Cannot query field');
  };
  for (let round = 0; round < 100; round++) await send(round);
  const before = residentMemory();
  for (let round = 100; round < 2_100; round++) await send(round);
  expect(residentMemory() - before).toBeLessThan(200 << 20);
  const query = `{ __typename } #${'x'.repeat(100_000)}`;
  expect(JSON.parse((await post(null, { query })).text).errors[0].message).toContain('100000 characters');
}, 240_000);

describe('cost', async () => {
  const nested = (first: number, depth: number): string =>
    depth === 0 ? 'id' : `project { tasks(first: ${first}) { nodes { ${nested(first, depth - 1)} } } }`;
  const project = await it.owner.project();
  const ask = async (query: string, variables = {}) =>
    JSON.parse((await post(it.owner.token, { query, variables })).text);

  test('nested lists are refused before anything of them runs', async () => {
    const query = `{ project(id: "${project}") { tasks(first: 250) { nodes { ${nested(250, 2)} } } } }`;
    expect((await ask(query)).errors[0]).toMatchObject({ extensions: { code: 'COST_EXCEEDED' } });
  });

  test('the same by variables, by fragments and by aliases', async () => {
    const inner = 'tasks(first: $n) { nodes { project { tasks(first: $n) { nodes { id } } } } }';
    for (const query of [
      `query ($n: Int) { project(id: "${project}") { ${inner} } }`,
      `query ($n: Int) { project(id: "${project}") { ...F } } fragment F on Project { ${inner} }`,
      `query ($n: Int) { ${Array.from({ length: 40 }, (_, index) => `a${index}: project(id: "${project}") { tasks(first: $n) { nodes { project { tasks(first: 10) { nodes { id } } } } } }`).join(' ')} }`,
    ]) {
      expect((await ask(query, { n: 250 })).errors[0]).toMatchObject({
        extensions: { code: 'COST_EXCEEDED' },
      });
    }
  });

  test.each([
    ['levels', `{ project(id: "x") ${'{ tasks { nodes { project '.repeat(5)} { id } ${'} } }'.repeat(5)} }`],
    ['aliases', `{ ${Array.from({ length: 60 }, (_, index) => `a${index}: __typename`).join(' ')} }`],
    ['directives', `{ __typename ${'@include(if: true) '.repeat(60)} }`],
  ])('too many %s', async (what, query) => {
    const messages = (await ask(query)).errors.map(({ message }: { message: string }) => message);
    expect(messages.join(' ')).toMatch(new RegExp(`at most \\d+ ${what}`));
  });

  test('what it costs, what it did cost and what is left stand beside the data', async () => {
    const query =
      '{ projects(first: 20) { nodes { id } totalCount } rateLimit { limit cost remaining resetAt } }';
    const { data, extensions } = await ask(query);
    expect(extensions.cost).toMatchObject({ requested: 23, limit: 50_000 });
    expect(extensions.cost.actual).toBe(data.projects.nodes.length + 2);
    expect(data.rateLimit).toMatchObject({
      cost: 23,
      limit: 1_000_000,
      // Seen while it runs: afterwards what it did not cost is given back.
      remaining: extensions.cost.remaining - (23 - extensions.cost.actual),
    });
  });
});

test('a budget that is used up: 429 with the standard headers; others go on', async () => {
  const poor = await testApp({ worker: 'none', settings: { RATE_LIMIT: '100' } });
  const member = await poor.member('ANNOTATOR');
  const ask = (client: typeof member) =>
    client.fetch('/graphql', {
      method: 'POST',
      headers,
      body: JSON.stringify({ query: '{ projects(first: 60) { nodes { id } } }' }),
    });
  const first = await ask(member);
  expect([first.status, first.headers.get('ratelimit-policy')]).toEqual([200, '"nodes";q=100;w=60']);
  // What was asked for and not there is given back: each of these costs a node or two, not sixty.
  let second = first;
  let admitted = 1;
  for (; second.status === 200 && admitted < 100; admitted++) second = await ask(member);
  expect(admitted).toBeGreaterThan(10);
  expect(second.status).toBe(429);
  expect(second.headers.get('ratelimit')).toMatch(/^"nodes";r=\d+;t=\d+$/);
  expect(Number(second.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(JSON.parse(second.text).errors[0].extensions.code).toBe('RATE_LIMITED');
  expect((await ask(poor.owner)).status).toBe(200);
});

/** A preview of a saved storage: it lists, and waits for that. */
const previewOf = (storageId: string) =>
  `mutation { previewSync(input: { saved: { storageId: "${storageId}" } }) { __typename } }`;

async function introduced(socket: WebSocket): Promise<void> {
  const payload = { authorization: `Bearer ${it.owner.token}` };
  socket.send(JSON.stringify({ type: 'connection_init', payload }));
  await once(socket, 'message');
}

describe('feeds end with their client', async () => {
  const project = await it.owner.project();
  const { id: storageId } = await it.owner.connect(project, memory.input('nothing-yet'), { presign: false });
  const query = 'subscription ($storageId: ID) { syncProgress(storageId: $storageId) { status } }';
  let statements = 0;
  const counting = await testApp({
    ...{ beside: it, registry: memory.registry, worker: 'none' },
    onStatement: () => statements++,
  });
  /** Statements that the service sends to the database within a second. */
  async function perSecond(): Promise<number> {
    const before = statements;
    await sleep(1_000);
    return statements - before;
  }

  test.each(['close', 'terminate', 'complete'] as const)('500 of them on one socket, by %s', async (how) => {
    const sockets: WebSocket[] = [];
    class Kept extends WebSocket {
      constructor(...given: ConstructorParameters<typeof WebSocket>) {
        super(...given);
        sockets.push(this);
      }
    }
    const client = createClient({
      url: `${counting.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: Kept,
      connectionParams: { authorization: `Bearer ${it.owner.token}` },
      retryAttempts: 0,
      lazy: false,
      onNonLazyError: () => {},
    });
    const ends = Array.from({ length: 500 }, () =>
      client.subscribe({ query, variables: { storageId } }, { next() {}, error() {}, complete() {} }),
    );
    const watch = counting.app.services.syncWatch;
    await expect.poll(() => watch.size(), { timeout: 20_000 }).toBe(500);
    expect(await perSecond()).toBeGreaterThan(50);
    if (how === 'close') await client.dispose();
    else if (how === 'terminate') sockets[0]!.terminate();
    else for (const end of ends) end();
    await expect.poll(() => watch.size(), { timeout: 6_000 }).toBe(0);
    expect(await perSecond()).toBeLessThan(10);
    if (how === 'complete') await client.dispose();
  });

  test('one over server-sent events', async () => {
    const left = new AbortController();
    const response = await fetch(`${it.url}/graphql`, {
      method: 'POST',
      headers: { ...headers, accept: 'text/event-stream', authorization: `Bearer ${it.owner.token}` },
      body: JSON.stringify({ query, variables: { storageId } }),
      signal: left.signal,
    });
    expect(response.status).toBe(200);
    await expect.poll(() => it.app.services.syncWatch.size(), { timeout: 10_000 }).toBe(1);
    left.abort();
    await expect.poll(() => it.app.services.syncWatch.size(), { timeout: 6_000 }).toBe(0);
  });

  test('more than 1,000 operations on one socket are refused, the others go on', async () => {
    const socket = new WebSocket(`${it.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    const kinds = new Map<string, number>();
    socket.on('message', (data) => {
      const { type } = JSON.parse(String(data));
      kinds.set(type, (kinds.get(type) ?? 0) + 1);
    });
    await once(socket, 'open');
    await introduced(socket);
    for (let id = 0; id < 1_100; id++) {
      const operation = { query, variables: { storageId } };
      socket.send(JSON.stringify({ type: 'subscribe', id: String(id), payload: operation }));
    }
    await expect.poll(() => kinds.get('error'), { timeout: 20_000 }).toBe(100);
    expect((await it.owner.fetch('/health')).status).toBe(200);
    socket.terminate();
    await expect.poll(() => it.app.services.syncWatch.size(), { timeout: 6_000 }).toBe(0);
  });
});

describe('what an operation has under way stops with its client', async () => {
  const project = await it.owner.project();
  const { id: storageId } = await it.owner.connect(project, memory.input('slow'), { presign: false });
  const payload = { query: previewOf(storageId) };
  const waits = (count: number) => expect.poll(memory.waiting, { timeout: 5_000 }).toBe(count);
  beforeEach(() => memory.hold());
  afterEach(() => memory.release());

  test.each(['complete', 'terminate'] as const)('over a WebSocket, by %s', async (how) => {
    const socket = new WebSocket(`${it.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    await once(socket, 'open');
    await introduced(socket);
    socket.send(JSON.stringify({ type: 'subscribe', id: '1', payload }));
    await waits(1);
    if (how === 'complete') socket.send(JSON.stringify({ type: 'complete', id: '1' }));
    else socket.terminate();
    await waits(0);
    socket.terminate();
  });

  test('over HTTP', async () => {
    const left = new AbortController();
    const response = fetch(`${it.url}/graphql`, {
      method: 'POST',
      headers: { ...headers, authorization: `Bearer ${it.owner.token}` },
      body: JSON.stringify(payload),
      signal: left.signal,
    });
    await waits(1);
    left.abort();
    await expect(response).rejects.toThrow();
    await waits(0);
  });
});

test('the service stops within ten seconds though clients keep their feeds', async () => {
  const app = await testApp({ beside: it, worker: 'none' });
  const project = await it.owner.project();
  const { id: storageId } = await it.owner.connect(project, memory.input('none'), { presign: false });
  const socket = new WebSocket(`${app.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  await once(socket, 'open');
  await introduced(socket);
  const query = 'subscription ($storageId: ID) { syncProgress(storageId: $storageId) { status } }';
  socket.send(JSON.stringify({ type: 'subscribe', id: '1', payload: { query, variables: { storageId } } }));
  await expect.poll(() => app.app.services.syncWatch.size(), { timeout: 10_000 }).toBe(1);
  socket.pause();
  const started = performance.now();
  await app.app.close();
  expect(performance.now() - started).toBeLessThan(10_000);
  socket.terminate();
});
