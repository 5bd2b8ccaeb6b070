import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import * as documents from '../graphql/documents.ts';
import { lossyS3 } from '../servers/lossy-s3.ts';
import { testApp } from '../support/app.ts';
import { as } from '../support/client.ts';
import type { SyncFieldsFragment } from '../support/generated/graphql.ts';

/** A target that confirms what it does not keep: nothing of that counts as exported, and all of it heals. */
const server = await lossyS3();
afterAll(server.close);
const it = await testApp({ settings: { OUTBOUND_ALLOW: '127.0.0.1' } });
const { owner } = it;
const COUNT = 120;

beforeEach(() => {
  server.objects.clear();
  server.requests.length = 0;
  Object.assign(server, { keep: (_: string, body: Buffer) => body, honestTags: false, conditions: 'KNOWN' });
});

async function connect(prefix: string) {
  const project = await owner.project();
  const { id } = await owner.target(
    project,
    {
      s3: {
        ...{ bucket: server.bucket, prefix, endpoint: server.url, pathStyle: true },
        credentials: { accessKey: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: it.canary('secret-key') } },
      },
    },
    { exportOnSave: false, canDeleteObjects: true },
  );
  const rows = Array.from({ length: COUNT }, (_, i) => ({ data: { i }, annotations: [{ result: [] }] }));
  await owner.importTasks(project, rows);
  return { project, id };
}

/** The sync at its end, without the pauses between tries. */
async function hurried(syncId: string): Promise<SyncFieldsFragment> {
  for (;;) {
    await it.sql`UPDATE export_records SET due_at = now() WHERE due_at > now() AND lease_until IS NULL`;
    const sync = await owner.getSync(syncId);
    if (sync.finishedAt !== null) return sync;
    await sleep(50);
  }
}

/** Every object that counts as exported is there, byte for byte. */
async function expectProven(id: string): Promise<void> {
  const { createHash } = await import('node:crypto');
  for (const { state, key, contentHash } of await owner.exports(id)) {
    if (state !== 'EXPORTED') continue;
    const { body } = server.objects.get(key!)!;
    expect(createHash('sha256').update(body).digest('hex')).toBe(contentHash);
  }
}

/** One in fifty, always the same. */
const isUnlucky = (key: string) => Number(/(\d+)\.json$/.exec(key)![1]) % 50 === 7;
const other = (body: Buffer) => Buffer.from(body).fill('x', 0, 1);

const losses = {
  'stores nothing': { keep: () => null, failed: COUNT, code: 'NOT_STORED' },
  'stores half': { keep: (_, body) => body.subarray(0, body.length / 2), failed: COUNT, code: 'NOT_STORED' },
  'stores other bytes': { keep: (_, body) => other(body), failed: COUNT, code: 'NOT_STORED' },
  'stores other bytes, and says so': {
    ...{ keep: (_, body) => other(body), honestTags: true },
    ...{ failed: COUNT, code: 'UNEXPECTED_RESPONSE' },
  },
  'loses one in fifty': {
    keep: (key, body) => (isUnlucky(key) ? null : body),
    ...{ failed: undefined, code: 'NOT_STORED' },
  },
} satisfies Record<
  string,
  { keep: typeof server.keep; honestTags?: boolean; failed: number | undefined; code: string }
>;

describe('a server that answers 200 and', () => {
  test.each(Object.entries(losses))(
    '%s',
    async (name, { failed, code, ...behaviour }) => {
      const { id } = await connect(name.replaceAll(/\W/g, '-'));
      Object.assign(server, behaviour);
      const sync = await hurried((await owner.start(id)).id);
      const records = await owner.exports(id);
      const lost = failed ?? records.filter(({ key }) => isUnlucky(key!)).length;
      expect(lost).toBeGreaterThan(0);
      expect((await owner.run(documents.ExportCounts, { id: sync.id })).sync).toMatchObject({
        status: 'COMPLETED_WITH_ERRORS',
        counts: { listed: COUNT, exported: COUNT - lost, failed: lost },
      });
      const states = records.map(({ state, error }) => error?.code ?? state).sort();
      const expected = [...Array(lost).fill(code), ...Array(COUNT - lost).fill('EXPORTED')];
      expect(states).toEqual(expected.sort());
      await expectProven(id);
      server.keep = (_, body) => body;
      server.honestTags = false;
      const { retryFailed } = await owner.run(documents.RetryFailed, { input: { storageId: id } });
      await hurried(as(retryFailed, 'RetryFailedSuccess').sync.id);
      expect(new Set((await owner.exports(id)).map(({ state }) => state))).toEqual(new Set(['EXPORTED']));
      expect(server.objects.size).toBe(COUNT);
      await expectProven(id);
    },
    60_000,
  );
});

describe('a server whose conditions are', () => {
  const puts = () => server.requests.filter(({ method }) => method === 'PUT');
  const conditional = (requests = puts()) =>
    requests.filter(({ headers }) => headers['if-match'] || headers['if-none-match']).length;

  test.each(['KNOWN', 'IGNORED', 'NOT_IMPLEMENTED', 'INVALID', 'NEVER_HOLD', 'NOT_ALLOWED'] as const)(
    '%s',
    async (way) => {
      const { project, id } = await connect(way.toLowerCase().replace('_', '-'));
      server.conditions = way;
      expect((await owner.sync(id)).status).toBe('COMPLETED');
      await expectProven(id);
      const knows = way === 'KNOWN' || way === 'IGNORED';
      // Found out by the first requests, which are on their way together.
      if (knows || way === 'NOT_ALLOWED') expect(conditional()).toBe(COUNT);
      else expect(conditional()).toBeLessThan(30);
      // Somebody changed some by hand: the newest state of the project wins all the same.
      for (const [key, { body }] of [...server.objects].slice(0, 20)) {
        server.objects.set(key, { body, etag: 'somebody-else' });
      }
      server.requests.length = 0;
      expect((await owner.sync(id, { full: true })).status).toBe('COMPLETED');
      expect([...server.objects.values()].filter(({ etag }) => etag === 'somebody-else')).toEqual([]);
      await expectProven(id);
      const tried = conditional();
      if (way === 'NOT_ALLOWED') expect(tried).toBeLessThan(30);
      else if (!knows) expect(tried).toBe(0);
      const again = { KNOWN: 20, NOT_ALLOWED: tried }[way as string] ?? 0;
      expect(puts()).toHaveLength(COUNT + again);
      // And what nobody needs any more goes, whoever changed it.
      for (const [key, { body }] of [...server.objects].slice(0, 20)) {
        server.objects.set(key, { body, etag: 'somebody-else' });
      }
      const taskIds = (await owner.tasks(project)).map(({ id }) => id);
      await owner.run(documents.DeleteTasks, { input: { projectId: project, taskIds } });
      expect((await owner.sync(id)).status).toBe('COMPLETED');
      expect(server.objects.size).toBe(0);
      const deletes = server.requests.filter(({ method }) => method === 'DELETE');
      if (knows) expect(conditional(deletes)).toBe(way === 'KNOWN' ? COUNT + 20 : COUNT);
      else expect(conditional(deletes)).toBeLessThan(30);
    },
    60_000,
  );
});
