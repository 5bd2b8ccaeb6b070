import { expect, test } from 'vitest';
import type { SnapshotFormat } from '../../src/snapshots/model.ts';
import type { TaskFilter } from '../../src/tasks/model.ts';
import { testApp } from '../support/app.ts';
import { schemaErrors } from '../support/export-schema.ts';
import { numberOf } from '../support/ids.ts';
import { region } from '../support/region.ts';

/** Snapshots of projects, as the command line and the API read them. */
const it = await testApp({ worker: 'none' });
const { owner } = it;
const { snapshots, tasks: taskService, organizations } = it.app.services;
const { viewer } = await organizations.ensureFirst();

const open = (project: string, format: SnapshotFormat, filter?: TaskFilter) =>
  snapshots.read(viewer, numberOf(project), { format, ...(filter && { filter }) });

async function textOf(project: string, format: SnapshotFormat, filter?: TaskFilter): Promise<string> {
  return (await Array.fromAsync((await open(project, format, filter)).text)).join('');
}

/** A project of so many tasks. */
async function many(count: number): Promise<string> {
  const project = await owner.project();
  await it.sql`
    INSERT INTO tasks (project_id, inner_id, data)
    SELECT ${numberOf(project)}, n, jsonb_build_object('image', n) FROM generate_series(1, ${count}::int) n`;
  return project;
}

interface Exported {
  inner_id: number;
  annotations: { result: { id: string }[] }[];
}

test('deletions between portions leave no other task out, and none comes twice', async () => {
  const project = await many(3_000);
  const { text } = await open(project, 'JSONL');
  const seen: number[] = [];
  // Before each portion tasks go: some that were read, some that are to come, and always the last one that was read.
  for await (const piece of text) {
    const portion = piece.trimEnd().split('\n');
    seen.push(...portion.map((line) => (JSON.parse(line) as Exported).inner_id));
    const last = seen.at(-1)!;
    await it.sql`
      DELETE FROM tasks WHERE project_id = ${numberOf(project)}
        AND inner_id IN (1, ${last - 1}, ${last}, ${last + 1}, ${last + 7}, ${last + 600})`;
  }
  expect(seen).toEqual([...new Set(seen)].toSorted((a, b) => a - b));
  const left = await it.sql<{ innerId: number }[]>`
    SELECT inner_id::int AS "innerId" FROM tasks WHERE project_id = ${numberOf(project)}`;
  expect(left.length).toBeLessThan(2_990);
  expect(left.filter(({ innerId }) => !seen.includes(innerId))).toEqual([]);
});

test('a task is shown in one state: what it counts is what it has', async () => {
  const project = await owner.project();
  const ids = await owner.importTasks(project, [{ data: { image: 'a' } }]);
  let stop = false;
  const annotating = (async () => {
    while (!stop) await owner.annotate(ids[0]!, region('x'));
  })();
  for (let look = 0; look < 200; look++) {
    const [task] = JSON.parse(await textOf(project, 'JSON'));
    expect(task.total_annotations).toBe(task.annotations.length);
  }
  stop = true;
  await annotating;
});

test('a large task comes alone, whatever stands beside it', async () => {
  const project = await many(4);
  await it.sql`
    INSERT INTO annotations (project_id, task_id, result)
    SELECT project_id, id, jsonb_build_array(jsonb_build_object('text',
      (SELECT string_agg(md5(m::text), '') FROM generate_series(1, 120000) m)))
    FROM tasks WHERE project_id = ${numberOf(project)} AND inner_id IN (2, 3)`;
  const { text, counts } = await open(project, 'JSONL');
  const portions = (await Array.fromAsync(text)).map((piece) => piece.trimEnd().split('\n').length);
  expect(portions).toEqual([1, 1, 1, 1]);
  expect(counts).toEqual({ tasks: 4, annotations: 2, predictions: 0 });
});

test('what is read comes back in by importTasks as equal tasks', async () => {
  const project = await owner.project();
  await owner.importTasks(project, [
    {
      data: { image: 'a.jpg', n: 1.5, text: '\u2028 "quoted"\n' },
      meta: { batch: 'm' },
      annotations: [
        { result: region('x'), ground_truth: true, lead_time: 2.5 },
        { result: [], was_cancelled: true },
      ],
      predictions: [{ result: region('p'), score: 0.25, model_version: 'v1' }],
    },
    { data: { image: 'b.jpg' } },
  ]);
  const shown = (id: string) => it.sql`
    SELECT t.data, t.meta, t.total_annotations, t.cancelled_annotations, t.total_predictions, t.is_labeled,
      (SELECT json_agg(json_build_array(result, was_cancelled, ground_truth, lead_time, completed_by,
         created_at) ORDER BY a.id) FROM annotations a WHERE a.task_id = t.id) AS annotations,
      (SELECT json_agg(json_build_array(result, score, model_version)) FROM predictions p WHERE p.task_id = t.id) AS predictions
    FROM tasks t WHERE project_id = ${numberOf(id)} ORDER BY inner_id`;
  const tasks = JSON.parse(await textOf(project, 'JSON'));
  expect(tasks.flatMap((task: unknown) => schemaErrors('TASK', task))).toEqual([]);
  const lines = (await textOf(project, 'JSONL')).trimEnd().split('\n');
  for (const rows of [tasks, lines.map((line) => JSON.parse(line))]) {
    const other = await owner.project();
    await taskService.importTasks(viewer, numberOf(other), rows);
    expect(await shown(other)).toEqual(await shown(project));
  }
});

test('a filter says which tasks', async () => {
  const project = await many(10);
  const [first] = await owner.tasks(project);
  await owner.annotate(first!.id, region('x'));
  const only = async (filter: TaskFilter) =>
    (JSON.parse(await textOf(project, 'JSON', filter)) as Exported[]).map(({ inner_id }) => inner_id);
  expect(await only({ hasAnnotations: true })).toEqual([1]);
  expect(await only({ hasAnnotations: false })).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(await only({ ids: [] })).toEqual([]);
});

test('a formula in a CSV is led by an apostrophe; JSON texts stay as they are', async () => {
  const project = await owner.project();
  await owner.importTasks(project, [{ data: { image: '=1+1' } }]);
  await it.sql`
    UPDATE tasks SET container_id = 1, key = '=HYPERLINK("x")', row = 0 WHERE project_id = ${numberOf(project)}`;
  const rows = (await textOf(project, 'CSV')).split('\r\n');
  expect(rows[1]).toMatch(/^\d+,1,"'=HYPERLINK\(""x""\)","\{""image"": ""=1\+1""\}",/);
});

test('managers may, annotators may not, and for others the project does not exist', async () => {
  const project = await many(1);
  const as = (who: Partial<typeof viewer>) =>
    snapshots.read({ ...viewer, ...who }, numberOf(project), { format: 'JSON' });
  await expect(as({ role: 'ANNOTATOR' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
  await expect(as({ organizationId: 0 })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await as({ role: 'MANAGER' });
  const entries = await it.sql`
    SELECT action, changes FROM audit_log WHERE action = 'snapshot.create' AND project_id = ${numberOf(project)}`;
  expect([...entries]).toEqual([{ action: 'snapshot.create', changes: { format: { after: 'JSON' } } }]);
});

test('access that ends in the middle ends the reading', async () => {
  const project = await many(10_000);
  const { token } = await it.member('MANAGER');
  const member = (await organizations.authenticate(token!))!;
  const { text } = await snapshots.read(member, numberOf(project), { format: 'JSONL' });
  expect((await text.next()).done).toBe(false);
  await it.sql`DELETE FROM memberships WHERE user_id = ${member.userId}`;
  // What was found out about a member holds for a second.
  const readOn = () => text.next().then(({ done }) => `read, ended: ${done}`, String);
  await expect.poll(readOn, { timeout: 5_000, interval: 300 }).toContain('Access to the project has ended');
});

test('a project that is deleted in the middle does not look like one with fewer tasks', async () => {
  const project = await many(1_200);
  const { text } = await open(project, 'JSON');
  await text.next();
  await it.app.services.projects.delete(viewer, numberOf(project));
  await expect(Array.fromAsync(text)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});
