import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { startEmbeddedPostgres } from '../../src/database/embedded/embedded.ts';
import { migrateDatabase } from '../../src/database/migrate.ts';
import { startRadosgw } from '../servers/radosgw.ts';
import type { Measurement, Run } from './scenario.ts';
import { scenarios } from './scenarios.ts';

/**
 * `npm run bench [-- P1 P2 …]`: each scenario against its limit, the shortest program that does the
 * same input and output with the same libraries. Both run in processes of their own, in turn, three times; the
 * median counts. The ratio is the figure: machines differ, and so do their moods. PARTITIONS=64 divides the tables.
 */
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);

/** The flags that package.json starts the service with. */
const flags = ['--max-semi-space-size=16', '--heap-growing-percent=40'];

const wanted = process.argv.slice(2).map((name) => name.toUpperCase());
const names = wanted.length > 0 ? wanted : Object.keys(scenarios);
const unknown = names.filter((name) => !scenarios[name]);
if (unknown.length > 0) {
  console.error(
    `There is no scenario ${unknown.join(', ')}; there are ${Object.keys(scenarios).join(', ')}.`,
  );
  process.exit(2);
}

const directory = mkdtempSync(join(tmpdir(), 'longshore-bench-'));
const server = await startEmbeddedPostgres({ directory });
const admin = postgres(server.url, { max: 1, onnotice: () => {} });
const databaseUrl = (name: string) => server.url.replace(/\/[^/]*$/, `/${name}`);
await admin`CREATE DATABASE bench_template`;
await migrateDatabase(databaseUrl('bench_template'), Number(process.env.PARTITIONS ?? 0) || null);
const radosgw = names.some((name) => scenarios[name]!.needsS3) ? await startRadosgw() : undefined;

async function measure(scenario: string, side: Run['side'], size: number): Promise<Measurement> {
  const name = `bench_${randomUUID().replaceAll('-', '')}`;
  await admin.unsafe(`CREATE DATABASE ${name} TEMPLATE bench_template`);
  await admin`CHECKPOINT`;
  try {
    const s3 = radosgw && {
      endpoint: radosgw.endpoint,
      accessKeyId: radosgw.accessKeyId,
      secretAccessKey: radosgw.secretAccessKey,
    };
    return await runChild({ scenario, side, size, databaseUrl: databaseUrl(name), directory, s3 });
  } finally {
    await admin.unsafe(`DROP DATABASE ${name} WITH (FORCE)`);
  }
}

function runChild(run: Run): Promise<Measurement> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      [...flags, '--expose-gc', new URL('./child.ts', import.meta.url).pathname],
      {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      },
    );
    let result: Measurement | undefined;
    child.on('message', (message) => {
      result = message as Measurement;
    });
    child.on('error', reject);
    child.on('exit', (code) => {
      if (code === 0 && result) resolve(result);
      else reject(new Error(`${run.scenario} ${run.side} ended with code ${code}.`));
    });
    child.send(run);
  });
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
const rate = ({ units, seconds }: Measurement) => units / seconds;
const megabytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MB`;
const cpuPerUnit = (measured: Measurement[]) =>
  `${median(measured.map(({ cpuSeconds, units }) => (cpuSeconds / units) * 1000)).toFixed(3)} ms`;
const perSecond = (value: number) => `${Math.round(value).toLocaleString('en-US')}/s`;

try {
  for (const name of names) {
    const scenario = scenarios[name]!;
    console.log(`\n${name}  ${scenario.title}`);
    if (scenario.prepare) await scenario.prepare({ s3: radosgw, directory });
    if (scenario.compare) {
      const ours: Measurement[] = [];
      const limit: Measurement[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        limit.push(await measure(name, 'limit', scenario.size));
        ours.push(await measure(name, 'ours', scenario.size));
        console.log(
          `    round ${round + 1}: ours ${perSecond(rate(ours.at(-1)!))}, limit ${perSecond(rate(limit.at(-1)!))}`,
        );
      }
      const ratio = median(ours.map(rate)) / median(limit.map(rate));
      const verdict = ratio >= scenario.goal ? 'met' : 'MISSED';
      console.log(
        `    ours ${perSecond(median(ours.map(rate)))}  limit ${perSecond(median(limit.map(rate)))}  ` +
          `ratio ${ratio.toFixed(2)} (goal ${scenario.goal}, ${verdict})`,
      );
      const { units, statements } = ours[0]!;
      console.log(
        `    peak memory ${megabytes(Math.max(...ours.map(({ peakBytes }) => peakBytes)))}  ` +
          `statements per 1,000: ${((statements / units) * 1000).toFixed(2)}  ` +
          `processor per unit: ${cpuPerUnit(ours)} (limit ${cpuPerUnit(limit)})`,
      );
    }
    if (scenario.report) {
      await scenario.report(
        (side, size, other) => measure(other ?? name, side, size),
        (line) => console.log(`    ${line}`),
      );
    }
  }
} finally {
  await admin.end();
  await server.stop();
  await radosgw?.stop();
  rmSync(directory, { recursive: true, force: true });
}
