import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { mediaOf, open } from '../http/media-links.ts';
import { testApp } from '../support/app.ts';
import { lose, losses } from '../support/lose.ts';
import type { Member } from '../support/member.ts';
import { openMemory } from '../support/memory.ts';

/** Rights end with what they came from, however long ago the socket, the feed or the link was opened. */
const memory = openMemory();
const it = await testApp({ registry: memory.registry });
const project = await it.owner.project();
memory.container.put('nowhere/a.jpg', 'x');
const { id: storageId } = await it.owner.connect(project, memory.input('nowhere'), { presign: false });
await it.owner.importTasks(project, [{ image: 'memory://memory/nowhere/a.jpg' }]);
const LIMIT = { timeout: 5_000 };

async function connect(member: Member) {
  const socket = new WebSocket(`${it.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  const heard: { type: string; id?: string; payload?: unknown }[] = [];
  socket.on('message', (data) => heard.push(JSON.parse(String(data))));
  let code: number | undefined;
  socket.on('close', (closed) => {
    code = closed;
  });
  await once(socket, 'open');
  const payload = { authorization: `Bearer ${member.token}` };
  socket.send(JSON.stringify({ type: 'connection_init', payload }));
  await once(socket, 'message');
  return {
    heard,
    code: () => code,
    ask: (id: string, query: string) =>
      socket.send(JSON.stringify({ type: 'subscribe', id, payload: { query } })),
    of: (id: string) => heard.filter((message) => message.id === id),
    close: () => socket.close(),
  };
}

const query = '{ viewer { role } }';
const create = (title: string) => `mutation { createProject(input: { title: "${title}" }) { __typename } }`;
const freshToken = 'mutation { createApiToken(input: { title: "for ever" }) { __typename } }';
const feed = `subscription { syncProgress(storageId: "${storageId}") { status } }`;
const projects = async (title: string) =>
  (await it.sql`SELECT 1 FROM projects WHERE title = ${title}`).length;

describe.each(losses)('%s', (how) => {
  const gone = how !== 'demote';

  test('an open WebSocket: the next operation is refused, the socket closed within five seconds', async () => {
    const member = await it.member('MANAGER');
    const socket = await connect(member);
    socket.ask('before', query);
    socket.ask('feed', feed);
    await expect.poll(() => socket.of('before').length, LIMIT).toBe(2);
    await lose(it, how, member);
    if (gone) {
      await expect.poll(socket.code, LIMIT).toBe(4403);
      expect(await projects(`WS ${how}`)).toBe(0);
    } else {
      // A moment is granted: what is known of a viewer holds for a second.
      await expect
        .poll(() => {
          socket.ask(`role ${socket.heard.length}`, query);
          return JSON.stringify(socket.heard);
        }, LIMIT)
        .toContain('ANNOTATOR');
      socket.ask('write', create(`WS ${how}`));
      await expect.poll(() => JSON.stringify(socket.of('write')), LIMIT).toContain('ForbiddenError');
      expect(await projects(`WS ${how}`)).toBe(0);
      expect(socket.code()).toBeUndefined();
      socket.close();
    }
  });

  test('operations sent over a WebSocket in the very moment: nothing is made after a second', async () => {
    const member = await it.member('MANAGER');
    const socket = await connect(member);
    await lose(it, how, member);
    const until = performance.now() + 1_100;
    await expect.poll(() => performance.now() > until, LIMIT).toBe(true);
    const before = await it.sql`SELECT count(*) FROM api_tokens`;
    socket.ask('write', create(`late ${how}`));
    if (gone) socket.ask('token', freshToken);
    await expect.poll(() => socket.code() ?? socket.of('write').length, LIMIT).toBeTruthy();
    expect(await projects(`late ${how}`)).toBe(0);
    if (gone) expect(await it.sql`SELECT count(*) FROM api_tokens`).toEqual(before);
    socket.close();
  });

  test('queries and mutations over HTTP: refused at once', async () => {
    const member = await it.member('MANAGER');
    await lose(it, how, member);
    const ask = (text: string) =>
      member.fetch('/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: text }),
      });
    expect((await ask(query)).status).toBe(gone ? 401 : 200);
    expect((await ask(create(`HTTP ${how}`))).text).toContain(gone ? 'UNAUTHENTICATED' : 'ForbiddenError');
    expect(await projects(`HTTP ${how}`)).toBe(0);
  });

  test('a feed over server-sent events ends within five seconds, if there is nothing left to see', async () => {
    const member = await it.member('MANAGER');
    const left = new AbortController();
    const response = await fetch(`${it.url}/graphql`, {
      method: 'POST',
      headers: {
        ...{ 'content-type': 'application/json', accept: 'text/event-stream' },
        authorization: `Bearer ${member.token}`,
      },
      body: JSON.stringify({ query: feed }),
      signal: left.signal,
    });
    let ended = false;
    const reading = (async () => {
      for await (const _ of response.body!);
      ended = true;
    })();
    await expect.poll(() => it.app.services.syncWatch.size(), LIMIT).toBe(1);
    await lose(it, how, member);
    if (gone) {
      await expect.poll(() => ended, LIMIT).toBe(true);
      await reading;
    } else {
      expect(ended).toBe(false);
      left.abort();
      await expect(reading).rejects.toThrow();
    }
  });

  test('a link to a file opens it while there is something left to see', async () => {
    const member = await it.member('MANAGER');
    const [link] = (await mediaOf(member, project))[0]!.media;
    expect(await open(link!.url)).toMatchObject({ status: 200, text: 'x' });
    await lose(it, how, member);
    expect((await open(link!.url)).status).toBe(gone ? 401 : 200);
  });
});
