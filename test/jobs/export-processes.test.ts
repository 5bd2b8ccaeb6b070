import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { between } from '../servers/faulty.ts';
import { testApp } from '../support/app.ts';
import { createBucket } from '../support/bucket.ts';
import { type RoleProcess, startRole } from '../support/process.ts';
import { exportModel, pick } from './export-model.ts';

/**
 * Exports by real worker processes that are killed, frozen past their lease, and live by clocks that are minutes wrong,
 * to a storage that is cut off now and then, its answers lost. Whatever happens, each target ends at the newest state.
 * A long run: `EXPORT_ROUNDS=20 npm test -- test/jobs/export-processes.test.ts`.
 */
const ROUNDS = Number(process.env.EXPORT_ROUNDS ?? 1);
const STEPS = 70;
const WORKERS = 3;

const bucket = await createBucket();
const endpoint = new URL(bucket.server.endpoint);
let down = false;
const s3 = await between({ host: endpoint.hostname, port: Number(endpoint.port) }, async (bytes) =>
  down ? null : bytes,
);
const it = await testApp({ worker: 'none', settings: { OUTBOUND_ALLOW: `127.0.0.1:${s3.port}` } });
const blows = { kill: 0, freeze: 0, outage: 0 };
afterAll(async () => {
  const told = Object.entries(blows).map(([blow, times]) => `${blow} ${times}`);
  console.info(`export processes: ${ROUNDS} rounds of ${STEPS} steps, ${told.join(', ')}`);
  await s3.close();
});

const clock = new URL('../support/skewed-clock.ts', import.meta.url).href;
/** S3 allows 15 minutes. */
const skews = [-10, 0, 10].map((minutes) => minutes * 60_000);

const startWorker = () =>
  startRole(it, ['worker'], {
    WORKER_EXPORT_LEASE_SECONDS: '1',
    NODE_OPTIONS: `--import ${clock}`,
    CLOCK_SKEW_MS: String(pick(skews)),
  });

test('targets converge on the newest state', { timeout: 120_000 * ROUNDS }, async () => {
  const workers = await Promise.all(Array.from({ length: WORKERS }, startWorker));
  for (let round = 0; round < ROUNDS; round++) {
    const address = { endpoint: `http://${s3.host}:${s3.port}` };
    const root = `round-${round}/`;
    const model = await exportModel(it, (prefix) => bucket.input({ ...address, prefix }), root);
    const frozen: Promise<void>[] = [];
    for (let step = 0; step < STEPS; step++) {
      const dice = Math.random();
      if (dice < 0.85) await model.change();
      else if (dice < 0.9) await kill(workers);
      else if (dice < 0.95) frozen.push(freeze(pick(workers)));
      else await outage();
      await sleep(Math.random() * 40);
    }
    await Promise.all(frozen);
    await model.settled();
    await model.expectConverged({ keys: bucket.keysUnder, text: bucket.text });
  }
  expect(blows.kill + blows.freeze + blows.outage).toBeGreaterThan(0);
});

async function kill(workers: RoleProcess[]): Promise<void> {
  blows.kill++;
  const index = Math.floor(Math.random() * workers.length);
  workers[index]!.kill('SIGKILL');
  workers[index] = await startWorker();
}

/** For up to three leases. */
async function freeze(worker: RoleProcess): Promise<void> {
  blows.freeze++;
  worker.kill('SIGSTOP');
  await sleep(500 + Math.random() * 2_500);
  worker.kill('SIGCONT');
}

async function outage(): Promise<void> {
  blows.outage++;
  down = true;
  s3.cut();
  await sleep(Math.random() * 600);
  down = false;
}
