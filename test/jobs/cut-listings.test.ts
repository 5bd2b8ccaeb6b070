import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { type CuttingServer, startCuttingServer } from '../servers/cutting-listings.ts';
import { testApp } from '../support/app.ts';
import { continuingKeys, siblingFolders } from '../support/continuing-keys.ts';
import { numberOf } from '../support/ids.ts';
import { startRole } from '../support/process.ts';

/**
 * Syncs over a server that does not go on where a listing was broken off, and says that it has given all: whatever
 * breaks off, everything is imported, and nothing counts as removed. Long: `CRASH_ROUNDS=40 npm test -- …`.
 */
const ROUNDS = Number(process.env.CRASH_ROUNDS ?? 2);
const it = await testApp({ worker: 'none', settings: { OUTBOUND_ALLOW: '127.0.0.1', LOG_LEVEL: 'info' } });
const { owner } = it;
const servers: CuttingServer[] = [];
let kills = 0;
let swallowed = 0;
afterAll(async () => {
  for (const server of servers) {
    swallowed += server.swallowed();
    await server.close();
  }
  console.log(`cut listings: ${ROUNDS} rounds, ${kills} kills, ${swallowed} listings swallowed`);
});

/** A storage that deletes what is gone, over a server with so many keys in each of four folders. */
async function connect(inFolder: number) {
  const server = await startCuttingServer();
  servers.push(server);
  for (const folder of siblingFolders)
    for (const key of continuingKeys(folder, inFolder)) server.keys.add(key);
  const credentials = { accessKey: { accessKeyId: 'AKIATEST', secretAccessKey: 'x' } };
  const s3 = { bucket: 'bucket-x', endpoint: server.url, credentials };
  const settings = {
    ...{ recursive: true, presign: false },
    ...{ onRemoved: 'DELETE_UNANNOTATED' as const, maximumRemovedShare: 1 },
  };
  const projectId = await owner.project();
  const storage = await owner.connect(projectId, { s3 }, settings);
  return { server, id: storage.id };
}

const worker = () => startRole(it, ['worker'], { WORKER_LEASE_SECONDS: '1' });

test('a page whose connection breaks off is asked for again by its own token', {
  timeout: 60_000,
}, async () => {
  const { server, id } = await connect(1_125);
  await worker();
  server.cutAt(4);
  const all = server.keys.size;
  expect(all).toBe(4_500);
  expect(await owner.sync(id)).toMatchObject({
    status: 'COMPLETED',
    counts: { listed: all, imported: all, removed: 0, tasksCreated: all },
  });
  server.cutAt(2);
  expect(await owner.sync(id)).toMatchObject({
    status: 'COMPLETED',
    counts: { unchanged: all, imported: 0, removed: 0, tasksDeleted: 0 },
  });
});

test.each(Array.from({ length: ROUNDS }, (_, index) => index))(
  'workers that are killed in the middle of it, round %i: all is imported, and nothing is gone',
  async (round) => {
    const { server, id } = await connect(5_200);
    const all = server.keys.size;
    server.delay(60);
    for (const again of [false, true]) {
      const { id: syncId } = await owner.start(id);
      const before = server.listings();
      // Each dies at another page, the first one where the rest of the listing would be swallowed.
      for (const pages of [17 + (round % 3), 6 + (round % 7)]) {
        const doomed = await worker();
        while (server.listings() < before + pages && (await owner.getSync(syncId)).status !== 'COMPLETED')
          await sleep(5);
        doomed.kill('SIGKILL');
        await doomed.exited;
        kills++;
      }
      const last = await worker();
      const { status, counts } = await owner.ended(syncId);
      expect({ status, removed: counts.removed, deleted: counts.tasksDeleted }).toEqual({
        status: 'COMPLETED',
        removed: 0,
        deleted: 0,
      });
      const [found] = await it.sql<{ tasks: number; entries: number }[]>`
        SELECT (SELECT count(*)::int FROM tasks t WHERE t.project_id = s.project_id) AS tasks,
          (SELECT count(*)::int FROM objects o WHERE o.storage_id = s.id AND o.state = 'IMPORTED') AS entries
        FROM storages s WHERE s.id = ${numberOf(id)}`;
      expect(found, `second sync: ${again}`).toEqual({ tasks: all, entries: all });
      last.kill('SIGTERM');
      await last.exited;
    }
    // It is not asked to begin behind a key, whose response could not be believed.
    expect(server.swallowed()).toBe(0);
  },
  180_000,
);
