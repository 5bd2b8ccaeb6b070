import { CreateBucketCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { transaction } from '../../src/database/client.ts';
import { copyLine, copyRows } from '../../src/database/copy.ts';
import { openStore } from '../../src/providers/store.ts';
import { createMemoryProvider } from '../providers/memory/config.ts';
import { testEnvironment } from '../support/environment.ts';
import type { Bench, S3Access, Scenario } from './scenario.ts';
import { imageKey, limitRows, memoryRegistry, openSyncBench } from './sync-bench.ts';

const memoryInput = { provider: 'S3' as const, settings: { container: 'memory', prefix: '' }, secrets: {} };
const generated = (count: number) => ({ count, key: imageKey, size: () => 250_000 });

/** The rows that a first sync leaves, by one COPY a table. */
async function copyFinalRows(bench: Bench): Promise<void> {
  const { size } = bench.run;
  const database = await limitRows(bench);
  function* tasks(): Generator<string> {
    for (let index = 0; index < size; index++) {
      const key = imageKey(index);
      yield copyLine(1, index + 1, `{"image":"memory://memory/${key}"}`, '{}', 1, true, 1, key, -1, 0);
    }
  }
  function* objects(): Generator<string> {
    for (let index = 0; index < size; index++) {
      const key = imageKey(index);
      const facts = [1, 1, 1, key, 250_000, `v${index}`, '2026-01-01T00:00:00Z'] as const;
      yield copyLine(...facts, 'IMPORTED', null, null, 1, 0, 0, 'FILES image', 1);
    }
  }
  await bench.time(size, () =>
    transaction(database, async ({ sql }) => {
      const places = ['container_id', 'key', 'row', 'revision'];
      const taskColumns = ['project_id', 'inner_id', 'data', 'meta', 'overlap', 'allow_skip', ...places];
      await copyRows(sql, 'tasks', taskColumns, tasks());
      const facts = ['project_id', 'storage_id', 'container_id', 'key', 'size', 'version', 'modified_at'];
      const fate = [
        'state',
        'code',
        'message',
        'task_count',
        'failed_rows',
        'revision',
        'read_as',
        'sync_id',
      ];
      await copyRows(sql, 'objects', [...facts, ...fate], objects());
    }),
  );
  await database.close();
}

export const firstSync: Scenario = {
  title: 'first sync, FILES, 1,000,000 objects from memory; limit: COPY of the same final rows',
  size: 1_000_000,
  goal: 0.95,
  compare: true,
  async ours(bench) {
    const { registry } = memoryRegistry(generated(bench.run.size));
    const it = await openSyncBench(bench, registry);
    const storage = await it.connect(memoryInput, { recursive: true });
    await bench.time(bench.run.size, () => it.sync(storage));
    await it.app.close();
  },
  limit: copyFinalRows,
};

export const secondSync: Scenario = {
  title: 'second sync, nothing changed, 1,000,000 objects; limit: listing plus one cursor over the ledger',
  size: 1_000_000,
  goal: 0.9,
  compare: true,
  async ours(bench) {
    const { registry } = memoryRegistry(generated(bench.run.size));
    const it = await openSyncBench(bench, registry);
    const storage = await it.connect(memoryInput, { recursive: true });
    await it.sync(storage);
    await bench.time(bench.run.size, () => it.sync(storage));
    await it.app.close();
  },
  async limit(bench) {
    const { container, registry } = memoryRegistry(generated(bench.run.size));
    const it = await openSyncBench(bench, registry);
    const storage = await it.connect(memoryInput, { recursive: true });
    await it.sync(storage);
    await it.app.close();
    const database = await import('../../src/database/client.ts').then(({ openDatabase }) =>
      openDatabase(bench.run.databaseUrl, { connections: 2, name: 'bench' }),
    );
    const provider = createMemoryProvider(container);
    const settings = provider.settings.parse(memoryInput.settings);
    const store = openStore(provider, settings, provider.secrets.parse({}), testEnvironment());
    await bench.time(bench.run.size, async () => {
      let listed = 0;
      let known = 0;
      const { signal } = new AbortController();
      for await (const page of store.list({ recursive: true, signal })) listed += page.objects.length;
      const ledger = database.sql`
        SELECT key, size, version, state FROM objects WHERE project_id = 1 AND storage_id = ${storage.id} ORDER BY key`;
      for await (const rows of ledger.cursor(5_000)) known += rows.length;
      if (listed !== bench.run.size || known !== bench.run.size)
        throw new Error(`${listed} listed, ${known} known`);
    });
    await database.close();
  },
};

const BUCKET = 'bench-images';
export const clientOf = (access: S3Access) =>
  new S3Client({
    endpoint: access.endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: access,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });

const bucketSize = 50_000;

export const firstSyncOfBucket: Scenario = {
  title: 'first sync, FILES, 50,000 objects on radosgw; limit: bare ListObjectsV2 loop, same SDK',
  size: bucketSize,
  goal: 1.0,
  compare: true,
  needsS3: true,
  async prepare({ s3 }) {
    const client = clientOf(s3!);
    await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
    let next = 0;
    const put = async () => {
      for (let index = next++; index < bucketSize; index = next++) {
        await client.send(new PutObjectCommand({ Bucket: BUCKET, Key: imageKey(index), Body: 'x' }));
      }
    };
    await Promise.all(Array.from({ length: 32 }, put));
    client.destroy();
  },
  async ours(bench) {
    const { endpoint, accessKeyId, secretAccessKey } = bench.run.s3!;
    const it = await openSyncBench(bench);
    const settings = { bucket: BUCKET, endpoint, credentials: 'ACCESS_KEY', accessKeyId };
    const provider = { provider: 'S3' as const, settings, secrets: { secretAccessKey } };
    const storage = await it.connect(provider, { recursive: true, presign: false });
    await bench.time(bench.run.size, () => it.sync(storage));
    await it.app.close();
  },
  async limit(bench) {
    const client = clientOf(bench.run.s3!);
    await bench.time(bench.run.size, async () => {
      let listed = 0;
      let token: string | undefined;
      do {
        const page = await client.send(
          new ListObjectsV2Command({ Bucket: BUCKET, ContinuationToken: token }),
        );
        listed += page.Contents?.length ?? 0;
        token = page.NextContinuationToken;
      } while (token);
      if (listed !== bench.run.size) throw new Error(`${listed} listed`);
    });
    client.destroy();
  },
};

/** Highest memory of a sync, in bytes, and how much of it may come from the size. */
const MAX_PEAK = 350 * 2 ** 20;
const MAX_GROWTH = 0.1;

export const memory: Scenario = {
  title: 'memory of P1 and P4 at a tenth of the size and at full size',
  size: 1_000_000,
  goal: 0,
  compare: false,
  ours: (bench) => firstSync.ours(bench),
  limit: (bench) => firstSync.limit(bench),
  async report(measure, say) {
    const show = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MB`;
    for (const scenario of ['P1', 'P4']) {
      const small = await measure('ours', 100_000, scenario);
      const large = await measure('ours', 1_000_000, scenario);
      const growth = large.peakBytes / small.peakBytes - 1;
      const verdict = large.peakBytes <= MAX_PEAK && growth <= MAX_GROWTH ? 'met' : 'MISSED';
      say(
        `${scenario}: ${show(small.peakBytes)} at 100,000, ${show(large.peakBytes)} at 1,000,000: ` +
          `growth ${(growth * 100).toFixed(1)} % (goal 350 MB, 10 %: ${verdict})`,
      );
    }
  },
};

/** Objects added to a project that has so many already. */
const ADDED = 100_000;

export const crowdedProject: Scenario = {
  title: 'time per object at 100,000 and at 1,000,000 already in the project',
  size: ADDED,
  goal: 0,
  compare: false,
  /** `size` objects of one storage are there first; the clock runs for ADDED ones of another. */
  async ours(bench) {
    const { container, registry } = memoryRegistry(generated(bench.run.size));
    for (let index = 0; index < ADDED; index++) container.put(`more/${imageKey(index)}`, 'x');
    const it = await openSyncBench(bench, registry);
    const at = (prefix: string) => ({ ...memoryInput, settings: { ...memoryInput.settings, prefix } });
    const first = await it.connect(at('images'), { recursive: true });
    const second = await it.connect(at('more'), { recursive: true });
    await it.sync(first);
    await bench.time(ADDED, () => it.sync(second));
    await it.app.close();
  },
  limit: (bench) => firstSync.limit(bench),
  async report(measure, say) {
    const few = await measure('ours', 100_000);
    const many = await measure('ours', 1_000_000);
    const ratio = many.seconds / few.seconds;
    say(
      `${(few.seconds * 1000).toFixed(0)} ms and ${(many.seconds * 1000).toFixed(0)} ms for ${ADDED} new objects`,
    );
    say(`ratio ${ratio.toFixed(2)} (goal at most 1.2: ${ratio <= 1.2 ? 'met' : 'MISSED'})`);
  },
};
