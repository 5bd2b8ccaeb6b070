import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import type { Sync, SyncOptions } from '../../src/syncs/model.ts';
import { MemoryContainer } from '../providers/memory/container.ts';
import { type Engine, openEngine, type Source, withoutVersions } from './engine.ts';
import {
  type File,
  Model,
  type ModelStorage,
  noCounts,
  type PreviewedEntry,
  type Row,
  type Settings,
  taskId,
} from './model.ts';

/**
 * Random histories of a bucket and its storages, run through the engine and through the model, compared after
 * each sync. More of them: HISTORY_RUNS=2000, and one again: HISTORY_SEED.
 */
const runs = Number(process.env.HISTORY_RUNS ?? 160);
const seed = process.env.HISTORY_SEED === undefined ? {} : { seed: Number(process.env.HISTORY_SEED) };

const keys = [
  // Keys and folders of which one goes on where another ends.
  'a',
  'a.json',
  'a-2023/1.json',
  'a.old/1.json',
  'a/1.json',
  'a/1.json.json',
  'a/1.json/b.json',
  'a/1.jsonz',
  'a/photo.jpg',
  'b/x y.json',
  'b/é😀.json',
  'b/\uffee.json',
  'z.json',
];
const filters = [null, 'a/', '.*1\\.json', '[^z]', 'nothing'];

const key = fc.constantFrom(...keys);
const row: fc.Arbitrary<Row> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('x', 'y', 'z').map((text) => ({ text })) },
  { weight: 1, arbitrary: fc.constant<Row>('BAD') },
  { weight: 1, arbitrary: fc.constant<Row>('EXPORT') },
);
const file: fc.Arbitrary<File> = fc.record({
  rows: fc.array(row, { maxLength: 4 }),
  cut: fc.boolean(),
});
const goodFile: fc.Arbitrary<File> = fc.record({
  rows: fc.array(
    fc.constantFrom('x', 'y', 'z').map((text) => ({ text })),
    { maxLength: 4 },
  ),
  cut: fc.constant(false),
});

/** What happens while a sync runs. */
const interruption = fc.record({
  kind: fc.constantFrom('NOTHING', 'CANCEL', 'HAND_OVER', 'TAKE_OVER'),
  /** The number of the statement at which it strikes. */
  statement: fc.integer({ min: 1, max: 60 }),
  /** Batches are stored as soon as there is anything in them: checkpoints are many. */
  smallBatches: fc.boolean(),
});
const nothing: Interruption = { kind: 'NOTHING', statement: 0, smallBatches: false };
type Interruption = typeof interruption extends fc.Arbitrary<infer T> ? T : never;

const which = fc.nat(1);
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('put' as const), key, file: fc.oneof(goodFile, file) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('remove' as const), key }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('rename' as const), key, to: key }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('filter' as const), which, filter: fc.constantFrom(...filters) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('share' as const), which, share: fc.constantFrom(0, 0.5, 1) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('deleteTask' as const), pick: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('annotate' as const), pick: fc.nat() }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('sync' as const), which, interruption }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reimport' as const), which, interruption }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('retry' as const), which, interruption }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const policies = {
  onChanged: fc.constantFrom('IGNORE' as const, 'FLAG' as const, 'UPDATE' as const, 'NEW_TASK' as const),
  onRemoved: fc.constantFrom('KEEP' as const, 'FLAG' as const, 'DELETE_UNANNOTATED' as const),
};
const settings = (importMethod: Settings['importMethod']): fc.Arbitrary<Settings> =>
  fc.record({
    ...policies,
    importMethod: fc.constant(importMethod),
    maximumRemovedShare: fc.constantFrom(1, 0.5),
    filter: fc.constant(null),
  });

/** The engine and the model side by side. */
async function openHistory(
  engine: Engine,
  versions: boolean,
  chosen: [Settings, Settings],
  secondPrefix: string,
) {
  const { container, sql } = engine;
  for (const name of keys) container.remove(name);
  const project = await engine.project();
  const model = new Model();
  const storages: { source: Source; model: ModelStorage }[] = [];
  for (const [index, prefix] of ['', secondPrefix].entries()) {
    const source = await engine.connect(project, chosen[index]!, { prefix });
    storages.push({ source, model: { prefix, settings: { ...chosen[index]! }, ledger: new Map() } });
  }
  let clock = Date.parse('2026-03-01T00:00:00.001Z');

  function put(name: string, content: File): void {
    clock += 7;
    const { size, version } = container.put(name, bytesOf(content), { modifiedAt: new Date(clock) });
    model.bucket.set(name, { ...content, size, version: versions ? version : null, modifiedAt: clock });
  }

  async function change(index: number, source: Partial<Settings>): Promise<void> {
    const it = storages[index]!;
    Object.assign(it.model.settings, source);
    it.source = (await engine.services.storages.update(
      engine.viewer,
      { storageId: it.source.id, settings: { source } },
      new AbortController().signal,
    )) as Source;
  }

  async function pickTask(pick: number) {
    const tasks = await engine.tasks(project);
    const task = tasks[pick % tasks.length];
    return task && { ...task, name: taskId(task.key, task.revision, task.row) };
  }

  async function sync(index: number, options: SyncOptions, cut: Interruption): Promise<void> {
    const it = storages[index]!;
    const { source } = it;
    const plain = Object.keys(options).length === 0;
    const before = new Set((await engine.tasks(project)).map((task) => task.id));
    const entries = plain ? await preview(it) : new Map<string, PreviewedEntry>();
    /** Objects that the preview says will make a first task. */
    const promised = [...entries].filter(
      ([key, { action, data }]) => action === 'IMPORT' && data !== null && !model.hasSource(key),
    );
    const { id } = await engine.start(source, options);
    let ended = await interrupted(engine, id, cut);
    const expected = model.sync(it.model, options);
    const canceled = ended.status === 'CANCELED';
    // What was canceled is made up for by the next one: the result is the same, only not the counts.
    if (canceled) ended = await engine.sync(source, options);
    expect(ended, engine.logs.slice(-3).join('')).toMatchObject({
      status: ended.counts.failed + ended.counts.failedRows === 0 ? 'COMPLETED' : 'COMPLETED_WITH_ERRORS',
      errorCode: null,
    });
    const counts = Object.fromEntries(
      Object.keys(noCounts).map((name) => [name, ended.counts[name as 'listed']]),
    );
    if (!canceled) expect(counts).toEqual(expected);
    await compare();
    if (!plain) return;
    const made = (await engine.tasks(project)).filter((task) => !before.has(task.id));
    for (const [name, { data }] of promised)
      expect(made.map((task) => [task.key, task.data])).toContainEqual([name, data]);
    for (const task of made) expect(entries.get(task.key)?.action, task.key).not.toBe('UNCHANGED');
    if (it.model.settings.importMethod !== 'FILES') return;
    for (const task of made) expect(entries.get(task.key)).toMatchObject({ code: null, data: task.data });
  }

  /** The preview is what the model says, in counts and object by object. */
  async function preview(it: { source: Source; model: ModelStorage }): Promise<Map<string, PreviewedEntry>> {
    const predicted = await engine.services.previews.preview(
      engine.viewer,
      { storageId: it.source.id, first: 100 },
      new AbortController().signal,
    );
    expect(predicted).toMatchObject({ counts: model.preview(it.model), complete: true });
    const entries = predicted.entries.map(
      ({ key, action, code, data }) => [key, { action, code, data }] as const,
    );
    expect(new Map(entries)).toEqual(model.previewEntries(it.model));
    return new Map(entries);
  }

  /** Tasks, ledgers and counters are what the model says. */
  async function compare(): Promise<void> {
    const tasks = await engine.tasks(project);
    expect(
      new Map(
        tasks.map((task) => [
          taskId(task.key, task.revision, task.row),
          { data: task.data, annotated: task.totalAnnotations > 0 },
        ]),
      ),
    ).toEqual(model.tasks);
    expect(new Set(tasks.map(({ innerId }) => innerId)).size).toBe(tasks.length);
    for (const { source, model: expected } of storages) {
      const ledger = (await engine.ledger(source)).map(({ key: name, message, ...entry }) => {
        expect(message === null, `${name}: ${message}`).toBe(!['FAILED'].includes(entry.state));
        return [name, entry] as const;
      });
      expect(new Map(ledger)).toEqual(expected.ledger);
    }
    const [total] = await sql<{ created: number; last: number }[]>`
      SELECT (SELECT coalesce(sum((counts->>'tasksCreated')::int), 0)::int FROM syncs WHERE project_id = ${project.id}) AS created,
        last_inner_id AS last FROM projects WHERE id = ${project.id}`;
    expect(total!.created, 'innerIds without gaps').toBe(total!.last);
    expect(await engine.marks()).toBe(0);
  }

  async function play(it: Step): Promise<void> {
    switch (it.do) {
      case 'put':
        return put(it.key, it.file);
      case 'remove':
        model.bucket.delete(it.key);
        return container.remove(it.key);
      case 'rename': {
        const moved = model.bucket.get(it.key);
        if (!moved) return;
        container.remove(it.key);
        model.bucket.delete(it.key);
        return put(it.to, moved);
      }
      case 'filter':
        return change(it.which, { filter: it.filter });
      case 'share':
        return change(it.which, { maximumRemovedShare: it.share });
      case 'deleteTask': {
        const task = await pickTask(it.pick);
        if (!task) return;
        await engine.deleteTasks(project, [task.id]);
        model.deleted.set(task.name, model.tasks.get(task.name)!.data);
        model.tasks.delete(task.name);
        return;
      }
      case 'annotate': {
        const task = await pickTask(it.pick);
        if (!task) return;
        await engine.annotate(task.id);
        model.tasks.get(task.name)!.annotated = true;
        return;
      }
      default: {
        const options = { sync: {}, reimport: { reimport: true }, retry: { retryFailed: true } }[it.do];
        return sync(it.which, options, it.interruption);
      }
    }
  }

  return { play };
}

/** Runs the sync to its end, with something in its way at one of its statements. */
async function interrupted(engine: Engine, id: number, cut: Interruption): Promise<Sync> {
  const shutdown = new AbortController();
  const others: Promise<unknown>[] = [];
  let statements = 0;
  if (cut.smallBatches) {
    // To the engine, every batch is old.
    let clock = Date.now();
    vi.spyOn(Date, 'now').mockImplementation(() => (clock += 1_000));
  }
  if (cut.kind !== 'NOTHING') {
    engine.hooks.onStatement = () => {
      if (++statements !== cut.statement) return;
      if (cut.kind === 'CANCEL') others.push(engine.services.syncs.cancel(engine.viewer, id).catch(() => {}));
      else if (cut.kind === 'HAND_OVER') shutdown.abort();
      else others.push(engine.loseLease(id).then(() => engine.run(id)));
    };
  }
  try {
    await engine.run(id, shutdown.signal);
    engine.hooks.onStatement = undefined;
    await Promise.all(others);
    return await engine.finish(id);
  } finally {
    engine.hooks.onStatement = undefined;
    vi.restoreAllMocks();
  }
}

/** A list of rows; a bad one is balanced, so that the others are found. */
function bytesOf({ rows, cut }: File): string {
  const texts = rows.map((it) => {
    if (it === 'BAD') return '{"text" 1}';
    return JSON.stringify(it === 'EXPORT' ? { task: { id: 1 }, result: [], completed_by: 1 } : it);
  });
  return `[${texts.join(',')}${cut ? '' : ']'}`;
}

const places: [string, boolean, boolean][] = [
  ['in key order', true, true],
  ['in no order', false, true],
  ['in no order, without versions', false, false],
  ['in key order, without versions', true, false],
];

describe.each(places)('%s', (_, listsInOrder, versions) => {
  test.each(['FILES', 'TASKS'] as const)(
    '%s: tasks, ledger, counts and preview are as the model says after each sync',
    async (importMethod) => {
      const engine = await openEngine({
        container: new MemoryContainer({ pageSize: 3 }),
        capabilities: { listsInOrder },
        ...(!versions && { dress: withoutVersions }),
      });
      const chosen = fc.tuple(settings(importMethod), settings(importMethod));
      await fc.assert(
        fc.asyncProperty(
          chosen,
          fc.constantFrom('', 'a'),
          fc.array(step, { minLength: 5, maxLength: 25 }),
          async (policy, secondPrefix, steps) => {
            const prefix = secondPrefix === '' ? '' : `${secondPrefix}/`;
            const history = await openHistory(engine, versions, policy, prefix);
            for (const it of steps) await history.play(it);
            for (const index of [0, 1])
              await history.play({ do: 'sync', which: index, interruption: nothing });
          },
        ),
        { numRuns: Math.ceil(runs / 8), endOnFailure: process.env.HISTORY_SHRINK === undefined, ...seed },
      );
    },
    600_000 + runs * 250,
  );
});
