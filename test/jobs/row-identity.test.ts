import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openEngine } from './engine.ts';
import { type Folder, openFolder } from './folder.ts';

/** Rows keep their tasks when their file changes (onChanged UPDATE), wherever they go. */
const engine = await openEngine();
const settings = { importMethod: 'TASKS', onChanged: 'UPDATE' } as const;

type Row = Record<string, unknown>;
const put = (it: Folder, rows: Row[]) => it.put('a.json', JSON.stringify(rows));
const tasksOf = async (it: Folder) => engine.tasks(it.project);

async function annotateWhere(it: Folder, field: string, value: unknown): Promise<number> {
  const task = (await tasksOf(it)).find(({ data }) => (data as Row)[field] === value)!;
  await engine.annotate(task.id);
  return task.id;
}

test('a row inserted above an annotated one becomes a task; the annotated one keeps its own', async () => {
  const it = await openFolder(engine, settings);
  put(it, [{ id: 'A' }, { id: 'B' }]);
  await it.sync();
  const annotated = await annotateWhere(it, 'id', 'A');
  put(it, [{ id: 'X' }, { id: 'A' }, { id: 'B' }]);
  expect((await it.sync()).counts).toMatchObject({ changed: 1, tasksCreated: 1, tasksUpdated: 0 });
  const tasks = await tasksOf(it);
  expect(tasks.map(({ row, data, totalAnnotations }) => [row, (data as Row).id, totalAnnotations])).toEqual([
    [0, 'X', 0],
    [1, 'A', 1],
    [2, 'B', 0],
  ]);
  expect(tasks[1]!.id).toBe(annotated);
});

test.each([
  ['by an id in the data', (id: string, text: string) => ({ id, text }), {}],
  ['by an id beside the data', (id: string, text: string) => ({ id, data: { text } }), {}],
  [
    'by a field named in the settings',
    (id: string, text: string) => ({ name: id, text }),
    { idField: 'name' },
  ],
])('rows are known %s, though their data has changed', async (_, row, more) => {
  const it = await openFolder(engine, { ...settings, ...more });
  put(it, [row('1', 'one'), row('2', 'two'), row('3', 'three')]);
  await it.sync();
  const [first, second, third] = (await tasksOf(it)).map(({ id }) => id);
  await annotateWhere(it, 'text', 'two');
  put(it, [row('0', 'new'), row('2', 'TWO'), row('3', 'THREE'), row('1', 'ONE')]);
  const sync = await it.sync();
  expect(sync.counts).toMatchObject({ tasksCreated: 1, tasksUpdated: 2 });
  const tasks = (await tasksOf(it)).map(({ id, row: number, data }) => [number, id, (data as Row).text]);
  expect(tasks).toEqual([
    [0, expect.any(Number), 'new'],
    [1, second, 'two'],
    [2, third, 'THREE'],
    [3, first, 'ONE'],
  ]);
  expect((await it.issues(sync)).filter((issue) => !issue.includes('NOT_SHOWN'))).toEqual([
    'WARNING ROW_KEPT a.json[1]',
  ]);
});

test('a deleted task stays deleted wherever its row goes, until all are asked for again', async () => {
  const it = await openFolder(engine, settings);
  it.rows('a.jsonl', 'a', 'b', 'c');
  await it.sync();
  await it.deleteTask('a.jsonl', 1);
  it.rows('a.jsonl', 'x', 'a', 'y', 'b', 'c');
  expect((await it.sync()).counts).toMatchObject({ tasksCreated: 2 });
  expect(await it.tasks()).toEqual(['a.jsonl[0]=x', 'a.jsonl[1]=a', 'a.jsonl[2]=y', 'a.jsonl[4]=c']);
  expect((await it.sync({ reimport: true })).counts).toMatchObject({ tasksCreated: 1 });
  expect((await it.tasks())[3]).toBe('a.jsonl[3]=b');
});

test('a row that can’t be read any more is not gone, and gets its task back', async () => {
  const it = await openFolder(engine, settings);
  it.rows('a.jsonl', 'a', 'b', 'c');
  await it.sync();
  await it.annotate('a.jsonl', 1);
  it.put('a.jsonl', '{"text":"a"}\n{"text":\n{"text":"c"}\n');
  const sync = await it.sync();
  expect((await it.issues(sync)).filter((issue) => issue.includes('ROWS_GONE'))).toEqual([]);
  expect(await it.tasks()).toEqual(['a.jsonl[0]=a', 'a.jsonl[1]=b*', 'a.jsonl[2]=c']);
  it.rows('a.jsonl', 'a', 'b', 'c');
  expect((await it.sync()).counts).toMatchObject({ tasksCreated: 0, tasksUpdated: 0 });
});

describe('any edits of a file', () => {
  type Edit =
    | { kind: 'insert' | 'delete' | 'change'; at: number }
    | { kind: 'move'; at: number; to: number }
    | { kind: 'annotate'; at: number };
  const place = fc.nat(9);
  const edit: fc.Arbitrary<Edit> = fc.oneof(
    fc.record({ kind: fc.constantFrom('insert' as const, 'delete' as const, 'change' as const), at: place }),
    fc.record({ kind: fc.constant('move' as const), at: place, to: place }),
    fc.record({ kind: fc.constant('annotate' as const), at: place }),
  );
  const rounds = fc.array(fc.array(edit, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 });
  const runs = Number(process.env.HISTORIES ?? 40);

  test.each([
    ['with ids', true],
    ['without', false],
  ])(
    'each row has one task, annotated tasks keep their data, nothing is lost in silence (%s)',
    async (_, withIds) => {
      let serial = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 0, max: 6 }),
          rounds,
          fc.boolean(),
          async (size, history, twins) => {
            const it = await openFolder(engine, settings);
            // Few texts, so that rows are equal now and then.
            const text = () => (twins ? `t${++serial % 3}` : `t${++serial}`);
            const fresh = (): Row => (withIds ? { id: `r${++serial}`, text: text() } : { text: text() });
            const file = Array.from({ length: size }, fresh);
            /** Data that annotated tasks had when they were annotated, by task. */
            const annotated = new Map<number, string>();
            const byRow = async () =>
              new Map((await tasksOf(it)).filter(({ row }) => row! >= 0).map((task) => [task.row, task]));
            put(it, file);
            await it.sync();
            for (const edits of history) {
              for (const { kind, at, ...rest } of edits) {
                const index = file.length === 0 ? 0 : at % file.length;
                if (kind === 'insert') file.splice(index, 0, fresh());
                else if (file.length === 0) continue;
                else if (kind === 'delete') file.splice(index, 1);
                else if (kind === 'change') file[index] = { ...file[index], text: text() };
                else if (kind === 'move') {
                  const [moved] = file.splice(index, 1);
                  file.splice(('to' in rest ? rest.to : 0) % (file.length + 1), 0, moved!);
                } else {
                  const task = (await byRow()).get(index);
                  if (!task || annotated.has(task.id)) continue;
                  await engine.annotate(task.id);
                  annotated.set(task.id, JSON.stringify(task.data));
                }
              }
              put(it, file);
              const sync = await it.sync();
              const issues = await it.issues(sync);
              const tasks = await byRow();
              expect([...tasks.keys()].sort((a, b) => a! - b!)).toEqual(file.map((_row, number) => number));
              for (const [number, row] of file.entries()) {
                const { id, data } = tasks.get(number)!;
                const same = JSON.stringify(data) === JSON.stringify(row);
                if (!same) expect(annotated.has(id)).toBe(true);
                const changed = sync.counts.changed > 0;
                if (!same && changed) expect(issues).toContain(`WARNING ROW_KEPT a.json[${number}]`);
                if (withIds) expect((data as Row).id).toBe(row.id);
              }
              const all = new Map((await tasksOf(it)).map((task) => [task.id, JSON.stringify(task.data)]));
              for (const [id, data] of annotated) expect(all.get(id)).toBe(data);
            }
          },
        ),
        { numRuns: runs },
      );
    },
    600_000 + runs * 250,
  );
});
