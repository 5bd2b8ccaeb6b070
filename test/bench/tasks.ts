import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { parquetWriteFile } from 'hyparquet-writer';
import { transaction } from '../../src/database/client.ts';
import { copyLine, copyRows } from '../../src/database/copy.ts';
import { clientOf } from './imports.ts';
import type { Bench, Scenario } from './scenario.ts';
import { limitRows, openSyncBench } from './sync-bench.ts';

/** Scenarios of import method TASKS. Their files are made once per run, outside the clock. */

const rootOf = (directory: string) => join(directory, 'files');
const folderOf = (directory: string, kind: string) => join(rootOf(directory), kind);

function rowOf(index: number) {
  return {
    image: `s3://bucket/images/batch-${index % 97}/picture-${index}.jpg`,
    text: `The quick brown fox jumps over the lazy dog, number ${index}, and goes on to say something else of some length.`,
    width: index % 4000,
    height: (index * 7) % 3000,
    source: `camera-${index % 13}`,
  };
}

function* jsonLines(count: number): Generator<string> {
  for (let start = 0; start < count; start += 1000) {
    let text = '';
    for (let index = start; index < Math.min(start + 1000, count); index++) {
      text += `${JSON.stringify({ data: rowOf(index), meta: { takenAt: '2026-01-01T00:00:00Z' } })}\n`;
    }
    yield text;
  }
}

async function makeLines(directory: string, count: number): Promise<string> {
  const folder = folderOf(directory, `lines-${count}`);
  const file = join(folder, 'tasks.jsonl');
  if (existsSync(file)) return folder;
  await mkdir(folder, { recursive: true });
  await pipeline(Readable.from(jsonLines(count)), createWriteStream(file));
  return folder;
}

async function makeParquet(directory: string, count: number): Promise<string> {
  const folder = folderOf(directory, `parquet-${count}`);
  const file = join(folder, 'tasks.parquet');
  if (existsSync(file)) return folder;
  await mkdir(folder, { recursive: true });
  const rows = Array.from({ length: count }, (_, index) => rowOf(index));
  const names = Object.keys(rowOf(0)) as (keyof ReturnType<typeof rowOf>)[];
  const columnData = names.map((name) => ({ name, data: rows.map((row) => row[name]) }));
  await parquetWriteFile({ filename: file, columnData, rowGroupSize: 100_000 });
  return folder;
}

async function syncFolder(bench: Bench, folder: string): Promise<void> {
  const it = await openSyncBench(bench, undefined, {
    LOCAL_FILES_DOCUMENT_ROOT: rootOf(bench.run.directory),
  });
  const provider = { provider: 'LOCAL_FILES' as const, settings: { path: folder }, secrets: {} };
  const storage = await it.connect(provider, { importMethod: 'TASKS', presign: false });
  await bench.time(bench.run.size, () => it.sync(storage));
  await it.app.close();
}

const columns = ['project_id', 'inner_id', 'data', 'meta', 'container_id', 'key', 'row'];

/** What every limit does with its rows: COPY them as tasks. */
async function copyTasks(bench: Bench, lines: AsyncIterable<string>): Promise<void> {
  const database = await limitRows(bench);
  await bench.time(bench.run.size, () =>
    transaction(database, async ({ sql }) => {
      // Batches, since COPY is fed from a synchronous iterable.
      let batch: string[] = [];
      for await (const line of lines) {
        batch.push(line);
        if (batch.length < 50_000) continue;
        await copyRows(sql, 'tasks', columns, batch);
        batch = [];
      }
      await copyRows(sql, 'tasks', columns, batch);
    }),
  );
  await database.close();
}

const millionRows = 1_000_000;

export const jsonLinesSync: Scenario = {
  title: 'TASKS, one JSONL object, 1,000,000 rows, 300 MB; limit: read, split, JSON.parse, COPY',
  size: millionRows,
  goal: 0.85,
  compare: true,
  prepare: async ({ directory }) => void (await makeLines(directory, millionRows)),
  async ours(bench) {
    await syncFolder(bench, await makeLines(bench.run.directory, bench.run.size));
  },
  async limit(bench) {
    const folder = await makeLines(bench.run.directory, bench.run.size);
    async function* lines(): AsyncGenerator<string> {
      let row = 0;
      for await (const line of createInterface({ input: createReadStream(join(folder, 'tasks.jsonl')) })) {
        const { data, meta } = JSON.parse(line);
        yield copyLine(1, row + 1, JSON.stringify(data), JSON.stringify(meta), 1, 'tasks.jsonl', row);
        row++;
      }
    }
    await copyTasks(bench, lines());
  },
};

export const parquetSync: Scenario = {
  title: 'TASKS, one Parquet object, 1,000,000 rows; limit: hyparquet decode, COPY',
  size: millionRows,
  goal: 0.9,
  compare: true,
  prepare: async ({ directory }) => void (await makeParquet(directory, millionRows)),
  async ours(bench) {
    await syncFolder(bench, await makeParquet(bench.run.directory, bench.run.size));
  },
  async limit(bench) {
    const folder = await makeParquet(bench.run.directory, bench.run.size);
    async function* lines(): AsyncGenerator<string> {
      const file = await asyncBufferFromFile(join(folder, 'tasks.parquet'));
      const metadata = await parquetMetadataAsync(file);
      let row = 0;
      for (const group of metadata.row_groups) {
        const rowEnd = row + Number(group.num_rows);
        for (const data of await parquetReadObjects({ file, metadata, rowStart: row, rowEnd })) {
          yield copyLine(1, row + 1, JSON.stringify(data), '{}', 1, 'tasks.parquet', row);
          row++;
        }
      }
    }
    await copyTasks(bench, lines());
  },
};

const BUCKET = 'bench-tasks';
const smallObjects = 20_000;
const smallKey = (index: number) => `task-${String(index).padStart(6, '0')}.json`;
const CONCURRENCY = 16;

export const smallObjectsSync: Scenario = {
  title: 'TASKS, 20,000 small JSON objects on radosgw; limit: bare GetObject, same concurrency',
  size: smallObjects,
  goal: 0.9,
  compare: true,
  needsS3: true,
  async prepare({ s3 }) {
    const client = clientOf(s3!);
    await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
    await inParallel(32, smallObjects, (index) =>
      client.send(
        new PutObjectCommand({
          Bucket: BUCKET,
          Key: smallKey(index),
          Body: JSON.stringify({ data: rowOf(index) }),
        }),
      ),
    );
    client.destroy();
  },
  async ours(bench) {
    const { endpoint, accessKeyId, secretAccessKey } = bench.run.s3!;
    const it = await openSyncBench(bench, undefined, { WORKER_READ_CONCURRENCY: String(CONCURRENCY) });
    const settings = { bucket: BUCKET, endpoint, credentials: 'ACCESS_KEY', accessKeyId };
    const provider = { provider: 'S3' as const, settings, secrets: { secretAccessKey } };
    const storage = await it.connect(provider, { importMethod: 'TASKS', presign: false });
    await bench.time(bench.run.size, () => it.sync(storage));
    await it.app.close();
  },
  async limit(bench) {
    const client = clientOf(bench.run.s3!);
    await bench.time(bench.run.size, () =>
      inParallel(CONCURRENCY, bench.run.size, async (index) => {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key: smallKey(index) }));
        if ((await Body!.transformToByteArray()).length === 0) throw new Error('An empty object.');
      }),
    );
    client.destroy();
  },
};

async function inParallel(
  concurrency: number,
  count: number,
  work: (index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < count; index = next++) await work(index);
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}
