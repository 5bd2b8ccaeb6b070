import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { type CuttingServer, startCuttingServer } from '../servers/cutting-listings.ts';
import { between, type FaultyServer } from '../servers/faulty.ts';
import { testApp } from '../support/app.ts';
import { createBucket } from '../support/bucket.ts';
import { continuingKeys, fileEndings, siblingFolders } from '../support/continuing-keys.ts';
import type {
  SourceSettingsInput,
  StorageProviderInput,
  SyncFieldsFragment,
} from '../support/generated/graphql.ts';
import { numberOf } from '../support/ids.ts';
import { type RoleProcess, startRole } from '../support/process.ts';

/**
 * Syncs on real worker processes that are killed, frozen past their lease, told to stop, and cut off from the
 * storage and the database, at random moments. Whatever happens, every row is imported once, and the
 * sync completes with the right counts (C9). A long run: `CRASH_ROUNDS=50 npm test -- test/jobs/chaos.test.ts`.
 */
const ROUNDS = Number(process.env.CRASH_ROUNDS ?? 3);
const SEED = Number(process.env.CRASH_SEED ?? Math.floor(Math.random() * 1e6));
/** What befalls a sync at most, so that it gets to its end. */
const MAX_BLOWS = 8;

const bucket = await createBucket();
const through = async (url: URL) =>
  between({ host: url.hostname, port: Number(url.port) }, async (bytes) => bytes);
const s3 = await through(new URL(bucket.server.endpoint));
const it = await testApp({
  worker: 'none',
  settings: { OUTBOUND_ALLOW: '127.0.0.1', LOG_LEVEL: 'info' },
});
const { owner } = it;
const databaseUrl = new URL(it.databaseUrl);
const database = await through(databaseUrl);
databaseUrl.hostname = database.host;
databaseUrl.port = String(database.port);

/** Servers that do not go on behind a key, each behind a wire that can be cut. */
const cutting: { server: CuttingServer; gate: FaultyServer }[] = [];
const blows = { kill: 0, freeze: 0, stop: 0, cutStorage: 0, cutDatabase: 0 };
let attempts = 0;
afterAll(async () => {
  const told = Object.entries(blows).map(([blow, times]) => `${blow} ${times}`);
  const swallowed = cutting.reduce((sum, { server }) => sum + server.swallowed(), 0);
  console.log(
    `chaos: seed ${SEED}, ${ROUNDS} rounds, ${told.join(', ')}; ${attempts} attempts; ${swallowed} listings swallowed`,
  );
  await s3.close();
  await database.close();
  for (const { server, gate } of cutting) {
    await gate.close();
    await server.close();
  }
});

/** A source with what is to come of it. */
interface Source {
  provider: StorageProviderInput;
  settings: SourceSettingsInput;
  counts: Partial<SyncFieldsFragment['counts']>;
  issues: number;
}

type Random = (from: number, to: number) => number;

/** Whole numbers from..to, the same ones for the same seed (mulberry32). */
function randomFrom(seed: number): Random {
  let state = seed;
  return (from, to) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return from + (((mixed ^ (mixed >>> 14)) >>> 0) % (to - from + 1));
  };
}

/** Task files of every size, some of them with broken rows, in a bucket. */
async function taskFiles(round: number, random: Random): Promise<Source> {
  const prefix = `round-${round}`;
  let rows = 0;
  let broken = 0;
  const row = (index: number, breaks: boolean) => {
    if (breaks && random(0, 4_000) === 0) {
      broken++;
      return '{"image": broken';
    }
    rows++;
    return `{"image":"s3://media/${index}.jpg","pad":"${'x'.repeat(100)}"}`;
  };
  const lines = (count: number, breaks: boolean) =>
    Array.from({ length: count }, (_, index) => row(index, breaks)).join('\n');
  const files = new Map<string, string | Uint8Array>();
  for (const folder of siblingFolders) {
    for (const key of continuingKeys(folder, 32, ['.json', '.json.json', '.json/b.json', '-c.json']))
      files.set(key, `[${lines(random(1, 30), false).replaceAll('\n', ',')}]`);
  }
  let failedFiles = 0;
  for (const name of ['images-1.jsonl', 'images/000003.jsonl', 'zz-big.jsonl']) {
    const before = broken;
    files.set(name, lines(random(20_000, 60_000), true));
    if (broken > before) failedFiles++;
  }
  files.set('packed.jsonl.gz', gzipSync(lines(random(10_000, 30_000), false)));
  files.set('photo.jpg', 'no task file');
  files.set('images/empty.json', '');
  const waiting = [...files];
  const upload = async () => {
    for (let next = waiting.pop(); next; next = waiting.pop())
      await bucket.put(`${prefix}/${next[0]}`, next[1]);
  };
  await Promise.all(Array.from({ length: 8 }, upload));
  return {
    provider: bucket.input({ endpoint: `http://${s3.host}:${s3.port}`, prefix }),
    settings: { importMethod: 'TASKS', recursive: true },
    counts: {
      listed: files.size,
      imported: files.size - failedFiles - 2,
      failed: failedFiles + 1,
      failedRows: broken,
      tasksCreated: rows,
      ...{ unchanged: 0, skipped: 1, changed: 0, removed: 0, warnings: 0, tasksUpdated: 0, tasksDeleted: 0 },
    },
    issues: broken + 1,
  };
}

/** Many small files in a folder, one task each. */
async function manyFiles(round: number, random: Random): Promise<Source> {
  const count = 4 * random(4_000, 6_000);
  const names = siblingFolders.flatMap((folder) =>
    continuingKeys(folder, count / siblingFolders.length, fileEndings),
  );
  const path = await it.files(`round-${round}`, Object.fromEntries(names.map((name) => [name, ''])));
  return {
    provider: { localFiles: { path } },
    settings: { importMethod: 'FILES', recursive: true },
    ...oneTaskEach(names.length),
  };
}

/** The same over a server that does not go on behind a key where a listing was broken off. */
async function cutListings(_: number, random: Random): Promise<Source> {
  const server = await startCuttingServer();
  const gate = await through(new URL(server.url));
  cutting.push({ server, gate });
  for (const folder of siblingFolders)
    for (const key of continuingKeys(folder, random(3_000, 6_000))) server.keys.add(key);
  server.delay(60);
  const credentials = { accessKey: { accessKeyId: 'AKIATEST', secretAccessKey: 'x' } };
  return {
    provider: { s3: { bucket: 'bucket-x', endpoint: `http://${gate.host}:${gate.port}`, credentials } },
    settings: {
      ...{ importMethod: 'FILES', recursive: true, presign: false },
      ...{ onRemoved: 'DELETE_UNANNOTATED', maximumRemovedShare: 1 },
    },
    ...oneTaskEach(server.keys.size),
  };
}

function oneTaskEach(count: number): Pick<Source, 'counts' | 'issues'> {
  const none = {
    ...{ unchanged: 0, skipped: 0, changed: 0, removed: 0, warnings: 0, failed: 0, failedRows: 0 },
    ...{ tasksUpdated: 0, tasksDeleted: 0 },
  };
  return { counts: { listed: count, imported: count, tasksCreated: count, ...none }, issues: 0 };
}

const kinds = [taskFiles, manyFiles, cutListings];

const worker = () => startRole(it, ['worker'], { DATABASE_URL: databaseUrl.href, WORKER_LEASE_SECONDS: '1' });

/** Deals blows while the sync is on its way, until it has had enough of them; two workers stand ready all the time. */
async function rage(random: Random, sync: () => Promise<{ status: string }>): Promise<void> {
  const starting = new Set<Promise<void>>();
  const workers: RoleProcess[] = [];
  const replace = () => {
    // One that loses the database while it starts says so and ends: whoever looks after it starts another.
    const started = worker().then((role) => void workers.push(role), replace);
    starting.add(started);
    void started.finally(() => starting.delete(started));
  };
  replace();
  replace();
  while ((await sync()).status === 'QUEUED') await sleep(5);
  for (let blow = 0; blow < MAX_BLOWS; ) {
    await sleep(random(20, 700));
    if (!['QUEUED', 'IN_PROGRESS'].includes((await sync()).status)) break;
    const kind = random(1, 10);
    if (kind >= 9) {
      blows.cutStorage++;
      s3.cut();
      for (const { gate } of cutting) gate.cut();
    } else if (kind >= 7) {
      blows.cutDatabase++;
      database.cut();
    } else if (workers.length > 0) {
      const role = workers.splice(random(0, workers.length - 1), 1)[0]!;
      if (kind >= 6) {
        blows.freeze++;
        role.kill('SIGSTOP');
        await sleep(random(1_200, 3_500));
        role.kill('SIGCONT');
        workers.push(role);
      } else {
        blows[kind === 5 ? 'stop' : 'kill']++;
        role.kill(kind === 5 ? 'SIGTERM' : 'SIGKILL');
        replace();
      }
    } else continue;
    blow++;
  }
  await Promise.all(starting);
}

describe(`seed ${SEED}`, () => {
  const rounds = Array.from({ length: ROUNDS }, (_, index) => index + 1);
  test.each(rounds)(
    'round %i',
    async (round) => {
      const random = randomFrom(SEED + round);
      const { provider, settings, counts, issues } = await kinds[round % kinds.length]!(round, random);
      const project = await owner.project();
      const { id } = await owner.connect(project, provider, settings);
      const { id: syncId } = await owner.start(id);
      const [sync] = await Promise.all([owner.ended(syncId), rage(random, () => owner.getSync(syncId))]);
      attempts += sync.attempt;
      const status = counts.failed === 0 ? 'COMPLETED' : 'COMPLETED_WITH_ERRORS';
      expect(sync).toMatchObject({ status, error: null, counts });
      const key = numberOf(project);
      const [found] = await it.sql`
      SELECT count(*)::int AS tasks, count(DISTINCT (key, row))::int AS sources,
        count(DISTINCT inner_id)::int AS inner_ids, max(inner_id)::int AS last FROM tasks WHERE project_id = ${key}`;
      const created = counts.tasksCreated;
      expect(found).toEqual({ tasks: created, sources: created, inner_ids: created, last: created });
      const told = await owner.issues(syncId);
      expect(new Set(told.map(({ key, row }) => `${key} ${row}`)).size).toBe(told.length);
      expect(told).toHaveLength(issues);
      // In peace, there is nothing left to do but to try again what is broken.
      const again = await owner.sync(id);
      expect(again.counts).toMatchObject({
        listed: counts.listed,
        unchanged: counts.imported,
        tasksCreated: 0,
      });
    },
    180_000,
  );
});
