import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as documents from '../graphql/documents.ts';
import { testApp } from '../support/app.ts';
import { numberOf } from '../support/ids.ts';
import { openMemory } from '../support/memory.ts';

/** Exports come back in: a project that imports what another one has exported has the same tasks. */
const memory = openMemory();
const { container } = memory;
const it = await testApp({ registry: memory.registry });
const { owner } = it;
let folders = 0;
const folder = () => `trip${++folders}/`;

/** All that is equal of tasks that have annotations, in an order of its own. */
const shown = (id: string, withPredictions = true) => it.sql`
  SELECT t.data, t.meta, t.allow_skip, t.total_annotations, t.cancelled_annotations, t.is_labeled,
    (SELECT json_agg(json_build_array(result, was_cancelled, ground_truth, lead_time, completed_by, created_at, updated_at)
       ORDER BY result::text, was_cancelled, ground_truth, lead_time, created_at) FROM annotations a WHERE a.task_id = t.id) AS annotations,
    (SELECT json_agg(json_build_array(result, score, model_version) ORDER BY result::text, score, model_version)
       FROM predictions p WHERE p.task_id = t.id AND ${withPredictions}) AS predictions
  FROM tasks t WHERE project_id = ${numberOf(id)} AND total_annotations + cancelled_annotations > 0
  ORDER BY t.data->>'nth'`;

/** Text that the database can hold. */
const text = fc
  .string({ unit: 'grapheme', maxLength: 12 })
  .filter((it) => !it.includes('\0') && it.isWellFormed());
const value = fc.oneof(
  text,
  fc.boolean(),
  fc.constant(null),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const object = fc.dictionary(text, fc.oneof(value, fc.array(value, { maxLength: 3 })), { maxKeys: 4 });
const result = fc.array(fc.record({ id: text, type: fc.constant('choices'), value: object }), {
  maxLength: 2,
});
const annotation = fc.record({
  result,
  was_cancelled: fc.boolean(),
  ground_truth: fc.boolean(),
  lead_time: fc.option(fc.double({ min: 0, max: 1e6, noNaN: true })),
  created_at: fc
    .date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true })
    .map((it) => it.toISOString()),
});
const prediction = fc.record({
  result,
  score: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
  model_version: fc.option(text),
});
const tasks = fc
  .array(
    fc.record({
      data: object,
      meta: object,
      allow_skip: fc.boolean(),
      annotations: fc.array(annotation, { maxLength: 4 }),
      predictions: fc.array(prediction, { maxLength: 2 }),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((rows) =>
    rows.map((row, nth) => ({ ...row, data: { ...row.data, nth: String(nth).padStart(3, '0') } })),
  );

describe.each(['TASK', 'ANNOTATION'] as const)('layout %s', (layout) => {
  test('comes back in as equal tasks', async () => {
    await fc.assert(
      fc.asyncProperty(tasks, async (rows) => {
        const place = memory.input(folder());
        const project = await owner.project();
        await owner.importTasks(project, rows);
        const target = await owner.target(project, place, { layout, exportOnSave: false });
        await owner.sync(target.id);
        const other = await owner.project();
        const source = await owner.connect(other, place, { importMethod: 'TASKS' });
        const sync = await owner.sync(source.id);
        expect(sync).toMatchObject({ status: 'COMPLETED', counts: { failed: 0 } });
        const annotated = rows.filter(({ annotations }) => annotations.length > 0);
        expect(Number(sync.counts.tasksCreated)).toBe(annotated.length);
        expect(await shown(other)).toEqual(await shown(project, layout === 'TASK'));
      }),
      { numRuns: 12 },
    );
  }, 120_000);

  test('stays out of the project that wrote it, and is shown so beforehand', async () => {
    const out = folder();
    const project = await owner.project();
    await owner.importTasks(project, [
      { data: { image: 'a.jpg' }, annotations: [{ result: [] }, { result: [] }] },
    ]);
    const target = await owner.target(project, memory.input(out), { layout, exportOnSave: false });
    await owner.sync(target.id);
    const copies = folder();
    const keys = container.page(out, undefined).map(({ key }) => key);
    for (const key of keys) container.put(copies + key.slice(out.length), container.body(key)!);
    const source = await owner.connect(project, memory.input(copies), { importMethod: 'TASKS' });
    const { previewSync } = await owner.run(documents.PreviewSync, {
      input: { saved: { storageId: source.id } },
    });
    expect(previewSync).toMatchObject({
      preview: { entries: keys.map(() => ({ action: 'SKIP', code: 'OWN_EXPORT' })) },
    });
    expect(await owner.sync(source.id)).toMatchObject({
      status: 'COMPLETED',
      counts: {
        tasksCreated: 0,
        skipped: keys.length,
        skippedBy: [{ reason: 'OWN_EXPORT', count: keys.length }],
      },
    });
    expect(await owner.tasks(project)).toHaveLength(1);
  });
});

describe('annotations of one task', () => {
  const exported = async (count: number) => {
    const out = folder();
    const project = await owner.project();
    const annotations = Array.from({ length: count }, (_, i) => ({ result: [{ id: `${i}`, value: {} }] }));
    const [task] = await owner.importTasks(project, [{ data: { image: 'a.jpg' }, annotations }]);
    const target = await owner.target(project, memory.input(out), { exportOnSave: false });
    await owner.sync(target.id);
    return { out, project, task: task!, target };
  };

  test('that come later join their task, and are counted and exported with it', async () => {
    const from = await exported(2);
    const other = await owner.project();
    const source = await owner.connect(other, memory.input(from.out), { importMethod: 'TASKS' });
    await owner.sync(source.id);
    const onward = await owner.target(other, memory.input(folder()), { layout: 'TASK' });
    await owner.annotate(from.task, [{ id: 'late', value: {} }]);
    await owner.sync(from.target.id);
    const sync = await owner.sync(source.id);
    expect(sync).toMatchObject({ status: 'COMPLETED', counts: { tasksCreated: 0, imported: 1 } });
    const [task, ...none] = await owner.tasks(other);
    expect(none).toEqual([]);
    expect(task!.annotations).toHaveLength(3);
    expect(await shown(other)).toEqual(await shown(from.project));
    await expect
      .poll(async () => (await owner.exports(onward.id)).map(({ state }) => state))
      .toEqual(['EXPORTED']);
  });

  test('join one task, whichever of two storages reads them first', async () => {
    const out = folder();
    const project = await owner.project();
    const annotations = Array.from({ length: 15 }, (_, i) => ({ result: [{ id: `${i}`, value: {} }] }));
    const rows = Array.from({ length: 20 }, (_, nth) => ({ data: { image: 'a.jpg', nth }, annotations }));
    await owner.importTasks(project, rows);
    const target = await owner.target(project, memory.input(out), { exportOnSave: false });
    await owner.sync(target.id);
    const other = await owner.project();
    // Each reads a half of every task's annotations.
    const connect = (filter: string) =>
      owner.connect(other, memory.input(out), { importMethod: 'TASKS', filter });
    const sources = [await connect('.*[02468]\\.json'), await connect('.*[13579]\\.json')];
    const syncs = await Promise.all(sources.map(({ id }) => owner.sync(id)));
    expect(syncs.map(({ status }) => status)).toEqual(['COMPLETED', 'COMPLETED']);
    const created = syncs.map(({ counts }) => Number(counts.tasksCreated));
    expect(created[0]! + created[1]!).toBe(20);
    expect(await shown(other)).toEqual(await shown(project));
  });

  test('stay deleted with their task, whichever of them is read again', async () => {
    const from = await exported(3);
    const other = await owner.project();
    const source = await owner.connect(other, memory.input(from.out), { importMethod: 'TASKS' });
    await owner.sync(source.id);
    const taskIds = (await owner.tasks(other)).map(({ id }) => id);
    await owner.run(documents.DeleteTasks, { input: { projectId: other, taskIds } });
    // Another storage knows nothing of the first one's objects.
    await owner.run(documents.DeleteStorage, { input: { storageId: source.id } });
    const again = await owner.connect(other, memory.input(from.out), { importMethod: 'TASKS' });
    expect(await owner.sync(again.id)).toMatchObject({ status: 'COMPLETED', counts: { tasksCreated: 0 } });
    expect(await owner.tasks(other)).toEqual([]);
    expect(await owner.sync(again.id, { reimport: true })).toMatchObject({ counts: { tasksCreated: 1 } });
    expect(await shown(other)).toEqual(await shown(from.project));
  });

  test('keep apart what only has the same number: the data tells', async () => {
    const from = await exported(1);
    const [key] = container.page(from.out, undefined).map((it) => it.key);
    const body = JSON.parse(Buffer.from(container.body(key!)!).toString());
    body.task.data = { image: 'b.jpg' };
    container.put(`${from.out}other.json`, JSON.stringify({ ...body, id: 1_000_000 }));
    const other = await owner.project();
    const source = await owner.connect(other, memory.input(from.out), { importMethod: 'TASKS' });
    expect(await owner.sync(source.id)).toMatchObject({ counts: { tasksCreated: 2 } });
  });

  test.each(['UPDATE', 'NEW_TASK'] as const)(
    'that change leave the task as it is (onChanged: %s)',
    async (onChanged) => {
      const from = await exported(2);
      const other = await owner.project();
      const source = await owner.connect(other, memory.input(from.out), { importMethod: 'TASKS', onChanged });
      await owner.sync(source.id);
      for (const { key } of container.page(from.out, undefined)) {
        const body = JSON.parse(Buffer.from(container.body(key)!).toString());
        container.put(key, JSON.stringify({ ...body, result: [{ id: 'changed', value: {} }] }));
      }
      const sync = await owner.sync(source.id);
      expect(sync).toMatchObject({ status: 'COMPLETED', counts: { tasksCreated: 0, warnings: 0 } });
      const [task, ...none] = await owner.tasks(other);
      expect(none).toEqual([]);
      // As a new task would bring it, a changed annotation comes beside the one that it was.
      expect(task!.annotations).toHaveLength(onChanged === 'UPDATE' ? 2 : 4);
    },
  );
});
