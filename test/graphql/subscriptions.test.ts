import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { testApp } from '../support/app.ts';
import { type Answer, as } from '../support/client.ts';
import { graphql } from '../support/generated/gql.ts';
import type {
  SyncProgressFeedSubscription,
  SyncProgressFeedSubscriptionVariables,
} from '../support/generated/graphql.ts';
import type { Member } from '../support/member.ts';
import { openMemory } from '../support/memory.ts';
import * as documents from './documents.ts';

/** The progress feed, over both transports (F1, F4). */
const memory = openMemory({ pageSize: 10 });
const it = await testApp({ registry: memory.registry });
const { owner } = it;
for (let index = 0; index < 60; index++)
  memory.container.put(`photos/${100 + index}.json`, '[{"image":"x"},5]');
afterEach(memory.release);

type Progress = SyncProgressFeedSubscription['syncProgress'];
type Variables = SyncProgressFeedSubscriptionVariables;
const transports = ['sse', 'webSocket'] as const;

async function connect(): Promise<string> {
  const source = { presign: false, importMethod: 'TASKS' } as const;
  return (await owner.connect(await owner.project(), memory.input('photos'), source)).id;
}

const feedOf = (member: Member, transport: (typeof transports)[number], variables: Variables) =>
  member[transport](documents.SyncProgressFeed, variables);

/** All states until the feed ends. */
async function collect(feed: AsyncGenerator<Answer<SyncProgressFeedSubscription>>): Promise<Progress[]> {
  const states: Progress[] = [];
  for await (const { data, errors } of feed) {
    if (errors || !data) throw new Error(JSON.stringify(errors));
    states.push(data.syncProgress);
  }
  return states;
}

function expectForwardOnly(states: Progress[]): void {
  const order = ['QUEUED', 'IN_PROGRESS', 'COMPLETED', 'COMPLETED_WITH_ERRORS', 'FAILED', 'CANCELED'];
  for (const [index, state] of states.entries()) {
    const before = states[index - 1] ?? state;
    expect(order.indexOf(state.status)).toBeGreaterThanOrEqual(order.indexOf(before.status));
    for (const name of ['listed', 'imported', 'failed', 'tasksCreated'] as const) {
      expect(state.counts[name]).toBeGreaterThanOrEqual(before.counts[name]);
    }
  }
}

describe.each(transports)('%s', (transport) => {
  test('the present state first, then every change, ending with the final state', async () => {
    const id = await connect();
    memory.hold();
    const { id: syncId } = await owner.start(id);
    await memory.held();
    const feed = feedOf(owner, transport, { syncId });
    const first = (await feed.next()).value as Answer<SyncProgressFeedSubscription>;
    expect(first.data?.syncProgress).toMatchObject({
      status: 'IN_PROGRESS',
      phase: 'SCANNING',
      counts: { listed: 0 },
      remainingMs: null,
      lastIssues: [],
      sync: { id: syncId, attempt: 1 },
    });
    memory.release();
    const states = [first.data!.syncProgress, ...(await collect(feed))];
    expectForwardOnly(states);
    expect(states.at(-1)).toMatchObject({
      status: 'COMPLETED_WITH_ERRORS',
      phase: 'DONE',
      remainingMs: 0,
      counts: { listed: 60, failed: 60, tasksCreated: 60 },
    });
    expect(states.at(-1)!.lastIssues).toEqual(
      [59, 58, 57, 56, 55].map((index) => ({ code: 'NOT_AN_OBJECT', key: `photos/${100 + index}.json` })),
    );
  });

  test('steps show while it runs, and from the second sync on an estimate of what remains', async () => {
    const id = await connect();
    await owner.sync(id);
    memory.hold();
    const { id: syncId } = await owner.start(id, { reimport: true });
    const feed = feedOf(owner, transport, { syncId });
    const seen: Progress[] = [];
    const reading = (async () => {
      for await (const { data } of feed) seen.push(data!.syncProgress);
    })();
    // What is found is stored, and told, at the latest with the first page that comes 400 ms later.
    while ((seen.at(-1)?.counts.listed ?? 0) === 0) {
      await memory.held();
      await sleep(200);
      memory.step();
    }
    const middle = seen.at(-1)!;
    expect(middle).toMatchObject({ status: 'IN_PROGRESS', phase: 'SCANNING' });
    expect(middle.counts.listed).toBeLessThan(60);
    expect(middle.remainingMs).toBeGreaterThanOrEqual(0);
    memory.release();
    await reading;
    expectForwardOnly(seen);
    expect(seen.at(-1)).toMatchObject({ status: 'COMPLETED_WITH_ERRORS', counts: { listed: 60 } });
  });

  test('who comes late, or again, gets the final state and the end', async () => {
    const id = await connect();
    const { id: syncId } = await owner.sync(id);
    for (const variables of [{ syncId }, { storageId: id }, { syncId }]) {
      const states = await collect(feedOf(owner, transport, variables));
      expect(states).toMatchObject([
        { status: 'COMPLETED_WITH_ERRORS', counts: { listed: 60 }, sync: { id: syncId } },
      ]);
    }
  });

  test('by storage: waits for the first sync to come', async () => {
    const id = await connect();
    const collected = collect(feedOf(owner, transport, { storageId: id }));
    await sleep(100);
    const sync = await owner.sync(id);
    const states = await collected;
    expectForwardOnly(states);
    expect(states.at(-1)).toMatchObject({ status: 'COMPLETED_WITH_ERRORS', sync: { id: sync.id } });
  });

  test('many clients see the same end, those of other syncs none of it', async () => {
    const [id, otherId] = [await connect(), await connect()];
    memory.hold();
    const { id: syncId } = await owner.start(id);
    const { id: otherSync } = await owner.start(otherId);
    const annotator = await it.member('ANNOTATOR');
    const feeds = [owner, owner, annotator].map((member) => collect(feedOf(member, transport, { syncId })));
    const others = collect(feedOf(owner, transport, { syncId: otherSync }));
    await memory.held();
    memory.release();
    const ends = (await Promise.all(feeds)).map((states) => states.at(-1));
    expect(ends[0]).toMatchObject({ status: 'COMPLETED_WITH_ERRORS', sync: { id: syncId } });
    expect(ends).toEqual([ends[0], ends[0], ends[0]]);
    expect(new Set((await others).map(({ sync }) => sync.id))).toEqual(new Set([otherSync]));
  });

  test('a cancelled sync ends the feed as CANCELED', async () => {
    const id = await connect();
    memory.hold();
    const { id: syncId } = await owner.start(id);
    const states = collect(feedOf(owner, transport, { syncId }));
    await memory.held();
    await owner.run(documents.CancelSync, { input: { syncId } });
    expect((await states).at(-1)).toMatchObject({ status: 'CANCELED', phase: 'DONE' });
  });

  test('a storage that is deleted on the way ends the feed', async () => {
    const id = await connect();
    memory.hold();
    const { id: syncId } = await owner.start(id);
    const feed = feedOf(owner, transport, { syncId });
    await feed.next();
    await memory.held();
    const { deleteStorage } = await owner.run(documents.DeleteStorage, { input: { storageId: id } });
    as(deleteStorage, 'DeleteStorageSuccess');
    expect((await collect(feed)).at(-1)).toMatchObject({ status: 'CANCELED' });
  });

  describe('refused', () => {
    const refusal = async (member: Member, variables: Variables) => {
      const answers = [];
      for await (const answer of feedOf(member, transport, variables)) answers.push(answer);
      return answers;
    };
    const missing = Buffer.from('Sync:999999').toString('base64');

    test('a stranger, with the words for what does not exist', async () => {
      const storageId = await connect();
      const { id: syncId } = await owner.sync(storageId);
      const stranger = await it.stranger();
      const foreign = await refusal(stranger, { syncId });
      expect(foreign).toHaveLength(1);
      expect(foreign[0]).toMatchObject({
        errors: [{ message: expect.stringMatching(/^No sync with id "/), extensions: { code: 'NOT_FOUND' } }],
      });
      expect(foreign[0]!.data ?? null).toBeNull();
      const shape = (answers: unknown) => JSON.stringify(answers).replaceAll(/id \\"[^"]*\\"/g, 'id');
      expect(shape(foreign)).toBe(shape(await refusal(stranger, { syncId: missing })));
      expect(await refusal(stranger, { storageId })).toMatchObject([
        { errors: [{ message: expect.stringMatching(/^No storage with id "/) }] },
      ]);
    });

    test('an id of another kind, both ids, and none', async () => {
      const storageId = await connect();
      for (const syncId of [storageId, 'garbage']) {
        expect(await refusal(owner, { syncId })).toMatchObject([
          { errors: [{ extensions: { code: 'NOT_FOUND' } }] },
        ]);
      }
      for (const variables of [{ syncId: missing, storageId }, {}]) {
        expect(await refusal(owner, variables)).toMatchObject([
          {
            errors: [
              {
                message: 'syncId: Expected either syncId or storageId.',
                extensions: { code: 'VALIDATION_FAILED' },
              },
            ],
          },
        ]);
      }
    });
  });

  describe('access that is lost ends the feed', () => {
    const ways: Record<string, (member: Member) => Promise<unknown>> = {
      'the token is revoked': async (member) => {
        const [token] = (await member.run(documents.WhoAmI)).viewer.apiTokens.nodes;
        const { revokeApiToken } = await member.run(documents.RevokeApiToken, {
          input: { tokenId: token!.id },
        });
        as(revokeApiToken, 'RevokeApiTokenSuccess');
      },
      'the token expires': (member) =>
        it.sql`UPDATE api_tokens SET expires_at = now() WHERE hint = ${member.token!.slice(-4)}`,
      'the member is removed': async (member) => {
        const { email } = (await member.run(documents.WhoAmI)).viewer.user;
        await it.sql`DELETE FROM memberships WHERE user_id = (SELECT id FROM users WHERE email = ${email})`;
      },
    };

    test.concurrent.each(Object.entries(ways))('%s', async (_name, lose) => {
      const member = await it.member('ANNOTATOR');
      const project = await owner.project();
      const { id } = await owner.connect(project, memory.input(), { presign: false });
      const feed = feedOf(member, transport, { storageId: id });
      // No sync yet: the feed waits. Its end must come by itself.
      const ended = collect(feed).catch((closed: { code: number }) => closed.code);
      await sleep(100);
      await lose(member);
      // A socket is closed as a whole: all that runs over it has lost the same right.
      expect(await ended).toEqual(transport === 'webSocket' ? 4403 : []);
    });
  });
});

const HeavyFeed = graphql(/* GraphQL */ `
  subscription HeavyFeed($syncId: ID) {
    syncProgress(syncId: $syncId) {
      status
      counts {
        listed
      }
      lastIssues(first: 100) {
        message
      }
    }
  }
`);

describe('a client that does not read', () => {
  /** Events of 800 kB each: what the kernel's buffers take of them is soon full. */
  const VERSIONS = 200;

  /** A sync that "another worker" moves on, as fast as the database takes it. */
  async function fakeSync() {
    const idle = await testApp({ registry: memory.registry, worker: 'none' });
    const { owner, sql } = idle;
    const { id } = await owner.connect(await owner.project(), memory.input('photos'), { presign: false });
    const { id: syncId } = await owner.start(id);
    await sql`UPDATE syncs SET status = 'IN_PROGRESS', lease_until = now() + interval '1 hour', counts = '{"failed":1}'`;
    await sql`INSERT INTO sync_issues (project_id, sync_id, severity, code, message)
              SELECT project_id, id, 'ERROR', 'X', repeat('x', 8000) FROM syncs, generate_series(1, 100)`;
    const move = (listed: number, status: string) => sql`
      WITH moved AS (
        UPDATE syncs SET version = version + 1, status = ${status}::sync_status,
          counts = jsonb_build_object('failed', 1, 'listed', ${listed}::int) RETURNING *)
      SELECT pg_notify('longshore_events', json_build_object('topic', 'sync', 'syncId', id,
        'storageId', storage_id, 'projectId', project_id, 'version', version)::text) FROM moved`;
    return { idle, syncId, move };
  }

  function expectNewest(listed: number[]): void {
    expect(listed.at(-1)).toBe(VERSIONS + 1);
    expect(listed).toEqual(listed.toSorted((a, b) => a - b));
    // The states in between were passed over, not kept for it.
    expect(listed.length).toBeLessThan(VERSIONS / 2);
  }

  const body = (syncId: string) => ({ query: String(HeavyFeed), variables: { syncId } });

  test('over SSE sees the newest state next, and the final one', async () => {
    const { idle, syncId, move } = await fakeSync();
    const authorization = `Bearer ${idle.owner.token}`;
    const headers = { 'content-type': 'application/json', accept: 'text/event-stream', authorization };
    const sent = request(`${idle.url}/graphql`, { method: 'POST', headers });
    sent.end(JSON.stringify(body(syncId)));
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    await once(response, 'readable');
    for (let version = 1; version <= VERSIONS; version++) await move(version, 'IN_PROGRESS');
    await move(VERSIONS + 1, 'COMPLETED');
    let text = '';
    for await (const chunk of response) text += chunk;
    expectNewest([...text.matchAll(/"listed":(\d+)/g)].map(([, listed]) => Number(listed)));
    expect(text.trimEnd()).toMatch(/event: complete\ndata:$/);
  });

  test('over WebSocket likewise, while another client of the same sync gets all it can read', async () => {
    const { idle, syncId, move } = await fakeSync();
    const socket = new WebSocket(`${idle.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    const listed: number[] = [];
    await once(socket, 'open');
    socket.send(
      JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${idle.owner.token}` } }),
    );
    await once(socket, 'message');
    socket.on('message', (message) => {
      const found = /"listed":(\d+)/.exec(String(message))?.[1];
      if (found) listed.push(Number(found));
    });
    const complete = once(socket, 'message').then(() => {});
    socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: body(syncId) }));
    await complete;
    socket.pause();

    const quick = idle.owner.sse(documents.SyncProgressFeed, { syncId });
    let last = 0;
    const reading = (async () => {
      for await (const { data } of quick) last = data!.syncProgress.counts.listed;
    })();
    for (let version = 1; version <= VERSIONS; version++) await move(version, 'IN_PROGRESS');
    while (last < VERSIONS) await sleep(10);
    await move(VERSIONS + 1, 'COMPLETED');
    await reading;
    socket.resume();
    while (listed.at(-1) !== VERSIONS + 1) await sleep(10);
    socket.terminate();
    expectNewest(listed);
  });
});
