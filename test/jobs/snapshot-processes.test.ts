import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Manifest } from '../../src/snapshots/model.ts';
import { CreateExport, GetSnapshot } from '../graphql/snapshot-documents.ts';
import { testApp } from '../support/app.ts';
import { createBucket } from '../support/bucket.ts';
import { as } from '../support/client.ts';
import { numberOf } from '../support/ids.ts';
import { startRole } from '../support/process.ts';

/** Workers that are killed, frozen past their lease, or told to stop while they write a snapshot to a target. */
const it = await testApp({ worker: 'none' });
const { owner } = it;
const COUNT = 60_000;
const startWorker = () => startRole(it, ['worker'], { WORKER_EXPORT_LEASE_SECONDS: '1' });

test.each(['SIGKILL', 'SIGSTOP', 'SIGTERM'] as const)('%s', { timeout: 180_000 }, async (signal) => {
  const bucket = await createBucket();
  const projectId = await owner.project();
  const { id: targetId } = await owner.target(projectId, bucket.input({ prefix: 'out' }));
  await it.sql`
    INSERT INTO tasks (project_id, inner_id, data)
    SELECT ${numberOf(projectId)}, n, jsonb_build_object('image', n) FROM generate_series(1, ${COUNT}::int) n`;
  const first = await startWorker();
  const { createExport } = await owner.run(CreateExport, { input: { projectId, targetId, format: 'JSONL' } });
  const { id } = as(createExport, 'CreateExportSuccess').snapshot;
  const parts = async () => {
    const [row] = await it.sql<{ parts: number; state: string }[]>`
      SELECT count(p)::int AS parts, s.state FROM snapshots s
      LEFT JOIN snapshot_parts p ON p.snapshot_id = s.id WHERE s.id = ${numberOf(id)} GROUP BY s.id`;
    return row!;
  };
  while ((await parts()).parts < 2) await sleep(2);
  first.kill(signal);
  if (signal !== 'SIGSTOP') await first.exited;
  const before = await parts();
  expect([before.parts < COUNT / 10_000, before.state === 'COMPLETED']).toEqual([true, false]);
  const kept = await it.sql`
    SELECT number, key, sha256, version FROM snapshot_parts WHERE snapshot_id = ${numberOf(id)} ORDER BY number`;

  await startWorker();
  const look = async () =>
    (await owner.run(GetSnapshot, { id })).node as { state: string; folder: string; counts: object };
  await expect.poll(async () => (await look()).state, { timeout: 60_000 }).toBe('COMPLETED');
  if (signal === 'SIGSTOP') {
    first.kill('SIGCONT');
    await expect.poll(first.said, { timeout: 20_000 }).toContain('left to another worker');
  }
  const { folder, counts } = await look();
  expect(counts).toMatchObject({ tasks: COUNT, annotations: 0, predictions: 0 });
  const { files }: Manifest = JSON.parse(await bucket.text(`${folder}manifest.json`));
  const numbers: number[] = [];
  for (const { key, sha256 } of files) {
    const text = await bucket.text(key!);
    expect(createHash('sha256').update(text).digest('hex')).toBe(sha256);
    for (const line of text.trimEnd().split('\n')) numbers.push(JSON.parse(line).inner_id);
  }
  expect(numbers).toEqual(Array.from({ length: COUNT }, (_, index) => index + 1));
  expect(await bucket.keysUnder(folder)).toEqual(
    [`${folder}manifest.json`, ...files.map(({ key }) => key!)].sort(),
  );
  // What was recorded was not written again.
  const now = await it.sql`
    SELECT number, key, sha256, version FROM snapshot_parts WHERE snapshot_id = ${numberOf(id)} ORDER BY number`;
  expect(now.slice(0, kept.length)).toEqual([...kept]);
});
