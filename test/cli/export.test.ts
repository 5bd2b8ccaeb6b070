import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Manifest } from '../../src/snapshots/model.ts';
import { testApp } from '../support/app.ts';
import { schemaErrors } from '../support/export-schema.ts';
import { numberOf } from '../support/ids.ts';
import { region } from '../support/region.ts';
import { begin, newFolder, run } from './longshore.ts';

/** `longshore export`, on the database of a running service. */
const it = await testApp({ worker: 'none' });
const { owner } = it;
const env = { ...it.settings, LOG_LEVEL: 'warn' };

async function exportTo(folder: string, projectId: string, ...args: string[]) {
  return run(['export', projectId, '--out', 'out', ...args], { folder, env });
}

/** The manifest of a folder, whose files are as it says. */
async function checked(folder: string): Promise<Manifest> {
  const manifest: Manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8'));
  for (const { name, sha256, bytes } of manifest.files) {
    const content = await readFile(join(folder, name));
    expect([createHash('sha256').update(content).digest('hex'), content.length]).toEqual([sha256, bytes]);
  }
  return manifest;
}

/** A project with three tasks: two annotations and a prediction, none, one. */
async function labeled(): Promise<string> {
  const project = await owner.project();
  await owner.importTasks(project, [
    {
      data: { image: 'a.jpg' },
      annotations: [{ result: region('x') }, { result: [], was_cancelled: true }],
      predictions: [{ result: region('p'), score: 0.25, model_version: 'v1' }],
    },
    { data: { image: 'b.jpg' } },
    { data: { image: '=c.jpg' }, annotations: [{ result: region('y'), lead_time: 2.5 }] },
  ]);
  return project;
}

test('json, jsonl and csv, each with a manifest that is true', async () => {
  const project = await labeled();
  const folder = await newFolder();
  const out = join(folder, 'out');
  const counts = { tasks: 3, annotations: 3, predictions: 1 };

  const { code, stdout, stderr } = await exportTo(folder, project);
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
  expect(stderr).toMatch(/^Project \[█+\] 100% {2}3 tasks, 3 annotations, \d+\/s\n/m);
  expect(stderr).toMatch(/COMPLETED: 3 tasks, 3 annotations in out \(tasks\.json, [\d,]+ bytes\)/);
  expect(await checked(out)).toMatchObject({
    ...{ version: 1, format: 'JSON', counts, files: [{ name: 'tasks.json' }] },
    project: { id: numberOf(project), title: 'Project' },
  });
  const tasks = JSON.parse(await readFile(join(out, 'tasks.json'), 'utf8'));
  expect(tasks.map((task: unknown) => schemaErrors('TASK', task))).toEqual([[], [], []]);
  expect(tasks.map(({ inner_id }: { inner_id: number }) => inner_id)).toEqual([1, 2, 3]);

  await exportTo(folder, project, '--format', 'jsonl');
  expect(await checked(out)).toMatchObject({ format: 'JSONL', counts, files: [{ name: 'tasks.jsonl' }] });
  const lines = (await readFile(join(out, 'tasks.jsonl'), 'utf8')).trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toEqual(tasks);

  await exportTo(folder, project, '--format', 'csv');
  expect(await checked(out)).toMatchObject({ format: 'CSV', counts, files: [{ name: 'tasks.csv' }] });
  const [head, ...rows] = (await readFile(join(out, 'tasks.csv'), 'utf8')).trimEnd().split('\r\n');
  expect(head).toMatch(/^task_id,inner_id,source_key,data,meta,annotation_id,/);
  expect(rows).toHaveLength(4);
  expect(rows[2]).toMatch(/^\d+,2,,"\{""image"": ""b\.jpg""\}",\{\},,,,,,,,$/);
  // Nothing but what has a name is left.
  expect((await readdir(out)).sort()).toEqual(['manifest.json', 'tasks.csv', 'tasks.json', 'tasks.jsonl']);
});

test('a project is found by its title, and an empty one has an empty array', async () => {
  const { viewer } = await it.app.services.organizations.ensureFirst();
  await it.app.services.projects.create(viewer, { title: 'By its title' });
  const folder = await newFolder();
  expect((await exportTo(folder, 'By its title')).code).toBe(0);
  expect(JSON.parse(await readFile(join(folder, 'out/tasks.json'), 'utf8'))).toEqual([]);
  expect((await checked(join(folder, 'out'))).counts).toEqual({ tasks: 0, annotations: 0, predictions: 0 });
});

test('what cannot be is said in one line, and leaves nothing', async () => {
  const project = await labeled();
  const folder = await newFolder();
  await writeFile(join(folder, 'out'), '');
  const says = async (...args: string[]) => {
    const { code, stdout, stderr } = await run(['export', ...args], { folder, env });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr.trim().split('\n')).toHaveLength(1);
    return stderr;
  };
  expect(await says('No such project', '--out', 'new')).toContain(
    'PROJECT: Expected the id of a project, or its title, got "No such project"',
  );
  const foreign = await (await it.stranger()).project();
  expect(await says(foreign, '--out', 'new')).toContain('you have none of that name');
  expect(await says(project, '--out', 'out')).toContain('--out: "out" cannot be written to: it is a file');
  expect(await says(project, '--out', 'out/below')).toContain('a part of it is a file');
  expect(await readdir(folder)).toEqual(['out']);
});

test('an earlier snapshot stays whole until the new one is, also where no room is left for it', async () => {
  const project = await labeled();
  const folder = await newFolder();
  const out = join(folder, 'out');
  await exportTo(folder, project);
  const before = await checked(out);
  const limited = { folder, env, fileBlocks: 4 };
  const { code, stderr } = await run(['export', project, '--out', 'out'], limited);
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringContaining('--out: "out" cannot be written to'),
  });
  expect(await checked(out)).toEqual(before);
  expect((await readdir(out)).sort()).toEqual(['manifest.json', 'tasks.json']);
});

test('50,000 tasks are streamed: the process never holds them', { timeout: 240_000 }, async () => {
  const project = await owner.project();
  const id = numberOf(project);
  await it.sql`
    INSERT INTO tasks (project_id, inner_id, data, total_annotations)
    SELECT ${id}, n, jsonb_build_object('image', n), 1 FROM generate_series(1, 50000) n`;
  await it.sql`
    INSERT INTO annotations (project_id, task_id, result)
    SELECT ${id}, t.id, jsonb_build_array(jsonb_build_object('id', t.id, 'text',
      (SELECT string_agg(md5(t.id || '-' || m), '') FROM generate_series(1, 150) m)))
    FROM tasks t WHERE t.project_id = ${id}`;
  await it.sql`ANALYZE tasks, annotations`;
  const folder = await newFolder();
  // The file is larger than all that the process may have.
  const { code, stderr } = await run(['export', project, '--out', 'out', '--format', 'jsonl'], {
    folder,
    env: { ...env, NODE_OPTIONS: '--max-old-space-size=128' },
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('COMPLETED: 50,000 tasks') });
  const { files, counts } = await checked(join(folder, 'out'));
  expect(counts).toEqual({ tasks: 50_000, annotations: 50_000, predictions: 0 });
  expect(files[0]!.bytes).toBeGreaterThan(250_000_000);
});

test('stopped half-way it leaves nothing and says so', { timeout: 240_000 }, async () => {
  const project = await owner.project();
  await it.sql`
    INSERT INTO tasks (project_id, inner_id, data)
    SELECT ${numberOf(project)}, n, jsonb_build_object('image', n) FROM generate_series(1, 300000) n`;
  const folder = await newFolder();
  const running = begin(['export', project, '--out', 'out'], { folder, env });
  await running.says(/^Project \[/m);
  const { code, stderr } = await running.stop();
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringContaining('Stopped; nothing was written.'),
  });
  expect(await readdir(join(folder, 'out'))).toEqual([]);
});
