/**
 * What reading rows costs beside the shortest loop over the same bytes: `node test/bench/formats.ts [rows]`.
 * Prints, per kind of file, the median of three interleaved runs of each and the ratio of their speeds
 * (1 is as fast, less is slower). The bare loops check nothing; the list is parsed from one string.
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { parquetWriteFile } from 'hyparquet-writer';
import { readRows } from '../../src/formats/rows.ts';

const count = Number(process.argv[2] ?? 1_000_000);

function taskOf(index: number) {
  return {
    image: `s3://bucket/images/batch-${index % 97}/picture-${index}.jpg`,
    text: `The quick brown fox jumps over the lazy dog, number ${index}, and goes on to say something else.`,
    width: index % 4000,
    height: (index * 7) % 3000,
    score: index / 7,
    source: `camera-${index % 13}`,
  };
}

function* textOf(before: string, between: string, after: string) {
  yield before;
  for (let index = 0; index < count; index += 1000) {
    const rows: string[] = [];
    for (let row = index; row < Math.min(index + 1000, count); row += 1) {
      rows.push(JSON.stringify({ data: taskOf(row), meta: { takenAt: '2026-01-01T00:00:00Z' } }));
    }
    yield rows.join(between) + (index + 1000 < count ? between : '');
  }
  yield after;
}

async function writeFiles(folder: string) {
  const to = (name: string) => createWriteStream(join(folder, name));
  await pipeline(Readable.from(textOf('', '\n', '\n')), to('lines.jsonl'));
  await pipeline(Readable.from(textOf('[', ',', ']')), to('list.json'));
  await pipeline(Readable.from(textOf('', '\n', '\n')), createGzip({ level: 1 }), to('lines.jsonl.gz'));
  const tasks = Array.from({ length: count }, (_, index) => taskOf(index));
  const column = <K extends keyof (typeof tasks)[0]>(name: K) => ({
    name,
    data: tasks.map((task) => task[name]),
  });
  const columnData = [
    column('image'),
    column('text'),
    column('width'),
    column('height'),
    column('score'),
    column('source'),
  ];
  await parquetWriteFile({ filename: join(folder, 'columns.parquet'), columnData, rowGroupSize: 100_000 });
}

async function bareLines(chunks: AsyncIterable<Buffer>): Promise<number> {
  let rows = 0;
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    let start = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
      if (JSON.parse(bytes.toString('utf8', start, end)).data) rows += 1;
      start = end + 1;
    }
    rest = bytes.subarray(start);
  }
  return rows;
}

async function bareParquet(path: string): Promise<number> {
  const file = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file);
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows);
    rowStart += (await parquetReadObjects({ file, metadata, compressors, rowStart, rowEnd })).length;
  }
  return rowStart;
}

const bare: Record<string, (path: string) => Promise<number>> = {
  'lines.jsonl': (path) => bareLines(createReadStream(path)),
  'list.json': async (path) => (JSON.parse(await readFile(path, 'utf8')) as unknown[]).length,
  'lines.jsonl.gz': (path) => bareLines(createReadStream(path).pipe(createGunzip())),
  'columns.parquet': bareParquet,
};

async function ours(path: string): Promise<number> {
  const { size } = await stat(path);
  const source = { key: path, size, open: async (range?: object) => createReadStream(path, range) };
  let rows = 0;
  for await (const batch of readRows(source, { signal: new AbortController().signal })) rows += batch.length;
  return rows;
}

async function timed(read: Promise<number>): Promise<number> {
  const start = performance.now();
  const rows = await read;
  if (rows !== count) throw new Error(`${rows} rows instead of ${count}`);
  return performance.now() - start;
}

function median(times: number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;
}

const folder = await mkdtemp(join(tmpdir(), 'longshore-formats-'));
try {
  await writeFiles(folder);
  for (const [name, read] of Object.entries(bare)) {
    const path = join(folder, name);
    const times = { ours: [] as number[], bare: [] as number[] };
    for (let run = 0; run < 3; run += 1) {
      times.ours.push(await timed(ours(path)));
      times.bare.push(await timed(read(path)));
    }
    const [mine, limit] = [median(times.ours), median(times.bare)];
    const megabytes = (await stat(path)).size / 1e6;
    console.log(
      `${name.padEnd(16)} ${megabytes.toFixed(0).padStart(4)} MB  ours ${mine.toFixed(0)} ms  ` +
        `bare ${limit.toFixed(0)} ms  ratio ${(limit / mine).toFixed(2)}`,
    );
  }
} finally {
  await rm(folder, { recursive: true });
}
