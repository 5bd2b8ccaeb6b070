import { describe, expect, test } from 'vitest';
import { migrateDatabase } from '../../src/database/migrate.ts';
import * as documents from '../graphql/documents.ts';
import { testApp } from '../support/app.ts';
import { as } from '../support/client.ts';

/** The main job on tables that are divided by project. */
const PARTITIONS = 64;
const it = await testApp({ settings: { PARTITIONS: String(PARTITIONS) } });
const { owner, sql } = it;

const large = [
  ...[
    'annotation_changes',
    'annotations',
    'deleted_sources',
    'object_notifications',
    'objects',
    'predictions',
  ],
  ...['sync_issues', 'sync_marks', 'tasks'],
];

test('each table that grows with objects or tasks is divided, and no other', async () => {
  const rows = await sql<{ name: string; parts: number }[]>`
    SELECT inhparent::regclass::text AS name, count(*)::int AS parts FROM pg_inherits
    JOIN pg_class c ON c.oid = inhparent AND c.relkind = 'p' AND c.relnamespace = 'public'::regnamespace
    GROUP BY 1 ORDER BY 1`;
  expect(rows.map(({ name }) => name)).toEqual(expect.arrayContaining(large));
  expect(new Set(rows.map(({ parts }) => parts))).toEqual(new Set([PARTITIONS]));
  const whole = await sql<{ name: string }[]>`
    SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
      AND NOT relispartition`;
  const names = whole.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['projects', 'storages', 'syncs', 'users']));
});

test('every unique key of a divided table has the project in it', async () => {
  const keys = await sql<{ table: string; columns: string[] }[]>`
    SELECT c.relname AS table, array_agg(a.attname::text) AS columns
    FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid AND c.relkind = 'p' AND c.relnamespace = 'public'::regnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY(i.indkey)
    WHERE i.indisunique GROUP BY i.indexrelid, c.relname`;
  expect(keys.length).toBeGreaterThanOrEqual(large.length);
  for (const { columns } of keys) expect(columns).toContain('project_id');
});

describe('the main job', () => {
  test('import, annotate, change, delete, import again', async () => {
    const files = {
      'a.json': '[{"image": "1"}, {"image": "2"}]',
      'b.json': '{"image": "3"}',
      'c.json': 'no',
    };
    const path = await it.files('divided', files);
    const projects = await Promise.all([owner.project(), owner.project()]);
    for (const project of projects) {
      const storage = await owner.connect(project, { localFiles: { path } }, { importMethod: 'TASKS' });
      const sync = await owner.sync(storage.id);
      expect(sync).toMatchObject({ status: 'COMPLETED_WITH_ERRORS', counts: { tasksCreated: 3, failed: 1 } });
      expect(await owner.issues(sync.id)).toHaveLength(1);
      expect((await owner.objects(storage.id)).map(({ state }) => state)).toEqual([
        ...['IMPORTED', 'IMPORTED', 'FAILED'],
      ]);

      const [first, second] = await owner.tasks(project);
      const input = { taskId: first!.id, result: [{ type: 'choices' }] };
      const created = as(
        (await owner.run(documents.CreateAnnotation, { input })).createAnnotation,
        'CreateAnnotationSuccess',
      );
      expect(created.annotation.result).toEqual(input.result);
      await owner.run(documents.DeleteTasks, { input: { projectId: project, taskIds: [second!.id] } });
      const again = await owner.sync(storage.id, { reimport: true });
      expect(again.counts).toMatchObject({ tasksCreated: 1 });
      expect((await owner.sync(storage.id)).counts).toMatchObject({ tasksCreated: 0, unchanged: 2 });
      expect(await owner.tasks(project)).toHaveLength(3);
    }
    await owner.run(documents.DeleteProject, { input: { projectId: projects[0]! } });
    expect(await owner.tasks(projects[1]!)).toHaveLength(3);
    const [left] = await sql`SELECT count(DISTINCT project_id)::int AS tasks FROM tasks`;
    expect(left).toEqual({ tasks: 1 });
  });
});

test('the number is chosen once: another one is refused, the same and none are taken', async () => {
  await expect(migrateDatabase(it.databaseUrl, 32)).rejects.toThrow(/PARTITIONS: expected 64, got 32/);
  await migrateDatabase(it.databaseUrl, PARTITIONS);
  await migrateDatabase(it.databaseUrl);
});
