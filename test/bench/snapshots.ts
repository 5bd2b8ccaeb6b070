import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { openDatabase } from '../../src/database/client.ts';
import type { Manifest } from '../../src/snapshots/model.ts';
import type { Bench, Scenario } from './scenario.ts';
import { openSyncBench } from './sync-bench.ts';

/** Heap that the process may have, in megabytes: a small part of what it writes. */
const HEAP = 128;
const main = new URL('../../src/main.ts', import.meta.url).pathname;

/** Tasks of a common size, every second one with an annotation, every tenth with a prediction. */
async function fill(databaseUrl: string, projectId: number, size: number): Promise<void> {
  const database = openDatabase(databaseUrl, { connections: 1, name: 'bench' });
  const { sql } = database;
  await sql`
    INSERT INTO tasks (project_id, inner_id, data, total_annotations)
    SELECT ${projectId}, n, jsonb_build_object('image', 's3://bucket/images/photo-' || n || '.jpg', 'width', n % 4000,
      'text', 'The quick brown fox jumps over the lazy dog, number ' || n || ', and goes on.'), n % 2
    FROM generate_series(1, ${size}::int) n`;
  const result = `[{"id": "r1", "type": "rectanglelabels", "value": {"x": 1.5, "y": 2.5, "width": 10, "height": 3}}]`;
  await sql`
    INSERT INTO annotations (project_id, task_id, result)
    SELECT project_id, id, ${result}::text::jsonb FROM tasks WHERE project_id = ${projectId} AND inner_id % 2 = 1`;
  await sql`
    INSERT INTO predictions (project_id, task_id, result, score, model_version)
    SELECT project_id, id, ${result}::text::jsonb, 0.5, 'v1' FROM tasks WHERE project_id = ${projectId} AND inner_id % 10 = 0`;
  await sql`ANALYZE tasks, annotations, predictions`;
  await database.close();
}

/** Highest resident memory of a running process, in bytes; 0: it has ended, or this is not Linux. */
async function peakOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}

/** Runs `longshore export` to its end. @returns its peak memory in bytes */
async function exportTo(out: string, project: string, { run }: Bench): Promise<number> {
  const args = [`--max-old-space-size=${HEAP}`, main, 'export', project, '--out', out, '--format', 'jsonl'];
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, LOG_LEVEL: 'warn', DATABASE_URL: run.databaseUrl, DATA_DIR: run.directory };
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'inherit', 'ignore'] });
  let peak = 0;
  const timer = setInterval(async () => {
    peak = Math.max(peak, await peakOf(child.pid!));
  }, 50);
  const [code] = await once(child, 'exit');
  clearInterval(timer);
  if (code !== 0) throw new Error(`The export ended with code ${code}.`);
  return peak;
}

/** @throws unless the manifest says what there was, and its file is what it says */
async function check(out: string, size: number): Promise<number> {
  const manifest: Manifest = JSON.parse(await readFile(join(out, 'manifest.json'), 'utf8'));
  const [file] = manifest.files;
  const hash = createHash('sha256');
  await pipeline(createReadStream(join(out, file!.name)), hash);
  const { tasks, annotations, predictions } = manifest.counts;
  const found = [tasks, annotations, predictions, hash.digest('hex')].join();
  const expected = [size, Math.ceil(size / 2), Math.floor(size / 10), file!.sha256].join();
  if (found !== expected) throw new Error(`The snapshot has ${found}, expected ${expected}.`);
  return file!.bytes;
}

export const snapshotOfMany: Scenario = {
  title: `longshore export of 100,000 and of 1,000,000 tasks, with a heap of ${HEAP} MB`,
  size: 1_000_000,
  goal: 0,
  compare: false,
  async ours(bench) {
    const { size, databaseUrl, directory } = bench.run;
    const { app, project } = await openSyncBench(bench);
    await app.close();
    await fill(databaseUrl, project.id, size);
    const out = join(directory, `snapshot-${size}`);
    let peak = 0;
    const begun = performance.now();
    await bench.time(size, async () => {
      peak = await exportTo(out, project.title, bench);
    });
    const seconds = (performance.now() - begun) / 1_000;
    const bytes = await check(out, size);
    const [perSecond, megabytes] = [
      Math.round(size / seconds),
      (count: number) => Math.round(count / 2 ** 20),
    ];
    console.log(
      `    ${size.toLocaleString('en-US')} tasks in ${seconds.toFixed(1)} s: ${perSecond.toLocaleString('en-US')}/s, ` +
        `${megabytes(bytes)} MB written, peak memory ${megabytes(peak)} MB; counts and hash as the manifest says`,
    );
  },
  limit: (bench) => snapshotOfMany.ours(bench),
  async report(measure) {
    for (const size of [100_000, 1_000_000]) await measure('ours', size);
  },
};
