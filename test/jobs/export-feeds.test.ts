import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import * as documents from '../graphql/documents.ts';
import { testApp } from '../support/app.ts';
import { createBucket } from '../support/bucket.ts';
import { createClient } from '../support/client.ts';
import { numberOf } from '../support/ids.ts';
import { createMember, type Member } from '../support/member.ts';
import { type RoleProcess, startRole } from '../support/process.ts';
import { region } from '../support/region.ts';

/** The log of exports, followed through one process while another one works. */
const it = await testApp({ worker: 'none' });
const { owner } = it;
const bucket = await createBucket();
const BEGINNING = Buffer.from('export:0').toString('base64url');

const startApi = () => startRole(it, ['serve', '--no-worker', '--no-demo']);
const startWorker = () => startRole(it, ['worker'], { WORKER_EXPORT_LEASE_SECONDS: '1' });
const clientOf = (role: RoleProcess): Member =>
  createMember(createClient(role.url(), owner.token, it.traffic));

const logOf = (project: string) => it.sql<{ cursor: string }[]>`
  SELECT rtrim(translate(encode(convert_to('export:' || id, 'UTF8'), 'base64'), '+/', '-_'), '=') AS cursor
  FROM export_events WHERE project_id = ${numberOf(project)} ORDER BY id`;

/** A project with targets of both layouts, and a task in it. */
async function connect(prefix: string) {
  const project = await owner.project();
  for (const layout of ['ANNOTATION', 'TASK'] as const) {
    const provider = bucket.input({ prefix: `${prefix}/${layout.toLowerCase()}` });
    await owner.target(project, provider, { layout, canDeleteObjects: true });
  }
  const tasks = await owner.importTasks(
    project,
    Array.from({ length: 5 }, (_, i) => ({ data: { i } })),
  );
  return { project, tasks };
}

test.each(['webSocket', 'sse'] as const)(
  'over %s a subscriber that comes back with its last cursor misses nothing and sees nothing twice',
  async (transport) => {
    const { project, tasks } = await connect(transport);
    const apis = [await startApi()];
    const workers = [await startWorker(), await startWorker()];
    let changing = true;
    let last = BEGINNING;
    const seen: string[] = [];
    let connections = 0;
    const unseen = async () => (await logOf(project)).length - seen.length;

    /** Takes so many events, waiting for those that are still to come, over a connection of its own. */
    async function take(wanted: number): Promise<void> {
      connections++;
      const variables = { projectId: project, after: last };
      for await (const { data } of clientOf(apis.at(-1)!)[transport](documents.ExportEventsFeed, variables)) {
        last = data!.exportEvents.cursor;
        seen.push(last);
        if (--wanted === 0) return;
      }
    }

    async function read(): Promise<void> {
      for (;;) {
        const left = changing ? 12 : await unseen();
        if (left <= 0) return;
        // The process on the other side may be killed meanwhile.
        await take(1 + Math.floor(Math.random() * left)).catch(() => sleep(20));
      }
    }

    async function restartApi(): Promise<void> {
      apis.at(-1)!.kill('SIGKILL');
      apis.push(await startApi());
    }

    const reading = read();
    const annotations: string[] = [];
    for (let change = 0; change < 60; change++) {
      const of = Math.random();
      const task = tasks[change % tasks.length]!;
      if (of < 0.5 || annotations.length === 0)
        annotations.push(await owner.annotate(task, region(String(change))));
      else if (of < 0.8) await owner.change(annotations.at(-1)!, region(String(change)));
      else await owner.unannotate(annotations.shift()!);
      if (change % 20 === 10) {
        workers.shift()!.kill('SIGKILL');
        workers.push(await startWorker());
      }
      if (change % 20 === 15) await restartApi();
    }
    const open = async () => {
      const [row] = await it.sql`
        SELECT (SELECT count(*) FROM export_records WHERE due_at IS NOT NULL)::int
          + (SELECT count(*) FROM annotation_changes WHERE pending)::int AS open`;
      return row!.open;
    };
    await expect.poll(open, { timeout: 60_000, interval: 100 }).toBe(0);
    changing = false;
    await restartApi();
    await reading;
    expect(seen).toEqual((await logOf(project)).map(({ cursor }) => cursor));
    expect(seen.length).toBeGreaterThan(40);
    expect(connections).toBeGreaterThan(5);
  },
  180_000,
);

test('is kept for 30 days: a cursor from before is refused, since something may be missing', async () => {
  const { project, tasks } = await connect('kept');
  await startWorker();
  for (const task of tasks) await owner.annotate(task);
  const count = async () => (await logOf(project)).length;
  await expect.poll(count, { timeout: 20_000 }).toBe(2 * tasks.length);
  const age = (days: number, events: number) => it.sql`
    UPDATE export_events SET created_at = now() - make_interval(days => ${days}) WHERE id IN (
      SELECT id FROM export_events WHERE project_id = ${numberOf(project)} ORDER BY id LIMIT ${events})`;
  const [gone, , , kept] = await logOf(project);
  await age(29, 6);
  await age(31, 3);
  // Each worker looks when it starts.
  await startWorker();
  await expect.poll(count, { timeout: 20_000 }).toBe(2 * tasks.length - 3);
  const feed = (after: string) => owner.sse(documents.ExportEventsFeed, { projectId: project, after });
  const read = async (after: string, events: number) => {
    const seen: string[] = [];
    for await (const { data } of feed(after)) {
      seen.push(data!.exportEvents.cursor);
      if (seen.length === events) break;
    }
    return seen;
  };
  const left = (await logOf(project)).map(({ cursor }) => cursor);
  expect(await read(BEGINNING, left.length)).toEqual(left);
  expect(await read(kept!.cursor, left.length - 1)).toEqual(left.slice(1));
  const refused = await feed(gone!.cursor)[Symbol.asyncIterator]().next();
  expect(JSON.stringify(refused.value)).toContain(
    'after: Expected the cursor of an event that the log still has',
  );
}, 60_000);
