import { afterEach, describe, expect, test } from 'vitest';
import { takeChanges } from '../../src/annotations/changes.ts';
import { transaction } from '../../src/database/client.ts';
import { openEngine } from './engine.ts';

/** Every way in which annotations come, change and go is recorded, in the transaction that does it. */
const engine = await openEngine();
const { sql, services, viewer } = engine;

type Line = `${number} ${string}`;

/** What was recorded of a project: `annotation change`, oldest first. */
async function changesOf(projectId: number): Promise<Line[]> {
  const rows = await sql<{ line: Line }[]>`
    SELECT annotation_id || ' ' || change AS line FROM annotation_changes
    WHERE project_id = ${projectId} ORDER BY id`;
  return rows.map(({ line }) => line);
}

/** Annotations that there are, as the changes tell it. */
async function told(): Promise<number[]> {
  const rows = await sql<{ id: number }[]>`
    SELECT annotation_id AS id FROM annotation_changes
    GROUP BY 1 HAVING (array_agg(change ORDER BY id DESC))[1] <> 'DELETED' ORDER BY 1`;
  return rows.map(({ id }) => id);
}
const live = async () =>
  (await sql<{ id: number }[]>`SELECT id FROM annotations ORDER BY id`).map(({ id }) => id);

afterEach(async () => expect(await told()).toEqual(await live()));

/** A project with tasks, by importing them with this many annotations each. */
async function projectOf(...annotations: number[]) {
  const project = await engine.project();
  const rows = annotations.map((count, index) => ({
    data: { i: `${index}` },
    annotations: Array.from({ length: count }, () => ({ result: [] })),
  }));
  await services.tasks.importTasks(viewer, project.id, rows);
  const tasks = await engine.tasks(project);
  const ids = await sql<{ id: number; taskId: number }[]>`
    SELECT id, task_id AS "taskId" FROM annotations WHERE project_id = ${project.id} ORDER BY id`;
  return { project, tasks, ids };
}

describe('a person', () => {
  test('annotates, changes and deletes', async () => {
    const { project, tasks } = await projectOf(0);
    const { id } = await services.annotations.create(viewer, tasks[0]!.id, { result: [] });
    await services.annotations.update(viewer, id, { result: [{ type: 'choices' }] });
    await services.annotations.delete(viewer, id);
    expect(await changesOf(project.id)).toEqual([`${id} CREATED`, `${id} UPDATED`, `${id} DELETED`]);
    const [row] =
      await sql`SELECT DISTINCT user_id AS "userId" FROM annotation_changes WHERE annotation_id = ${id}`;
    expect(row).toEqual({ userId: viewer.userId });
  });

  test('imports tasks with annotations', async () => {
    const { project, ids } = await projectOf(2, 0, 1);
    expect(ids).toHaveLength(3);
    expect(await changesOf(project.id)).toEqual(ids.map(({ id }) => `${id} CREATED`));
  });

  test('deletes tasks: what they had goes with them, nothing else', async () => {
    const { project, tasks, ids } = await projectOf(2, 1);
    await engine.deleteTasks(project, [tasks[0]!.id]);
    const gone = ids.filter(({ taskId }) => taskId === tasks[0]!.id).map(({ id }) => `${id} DELETED`);
    expect((await changesOf(project.id)).slice(ids.length)).toEqual(gone);
    expect(gone).toHaveLength(2);
  });

  test('deletes a project: the record outlives it', async () => {
    const { project, ids } = await projectOf(1, 2);
    await services.projects.delete(viewer, project.id);
    expect((await changesOf(project.id)).slice(3)).toEqual(ids.map(({ id }) => `${id} DELETED`));
  });
});

describe('a sync', () => {
  const file = (...counts: number[]) =>
    JSON.stringify(
      counts.map((count, index) => ({
        data: { i: `${index}`, count },
        annotations: Array.from({ length: count }, () => ({ result: [] })),
      })),
    );

  async function synced(content: string) {
    const name = `c${Math.random()}`.replace('.', '');
    const project = await engine.project();
    engine.container.put(`${name}/a.json`, content);
    const policies = { importMethod: 'TASKS', onChanged: 'UPDATE', onRemoved: 'DELETE_UNANNOTATED' } as const;
    const source = { ...policies, maximumRemovedShare: 1, recursive: true };
    const storage = await engine.connect(project, source, { prefix: `${name}/` });
    await engine.sync(storage);
    return { name, project, storage };
  }

  test('imports tasks with annotations', async () => {
    const { project } = await synced(file(1, 0, 2));
    expect(await changesOf(project.id)).toHaveLength(3);
    const [row] =
      await sql`SELECT DISTINCT user_id AS "userId" FROM annotation_changes WHERE project_id = ${project.id}`;
    expect(row).toEqual({ userId: null });
  });

  test('updates data and removes tasks: annotated ones stay, and nothing is recorded', async () => {
    const { name, project, storage } = await synced(file(1, 0));
    const before = await changesOf(project.id);
    engine.container.put(`${name}/a.json`, file(1, 0).replaceAll('"count":0', '"count":9'));
    await engine.sync(storage);
    engine.container.remove(`${name}/a.json`);
    await engine.sync(storage);
    expect(await engine.tasks(project)).toHaveLength(1);
    expect(await changesOf(project.id)).toEqual(before);
  });
});

test('what is rolled back is not recorded', async () => {
  const { project, tasks } = await projectOf(0);
  await sql`ALTER TABLE annotation_changes ADD CONSTRAINT refused CHECK (project_id <> ${sql.unsafe(String(project.id))})`;
  await expect(services.annotations.create(viewer, tasks[0]!.id, { result: [] })).rejects.toThrow();
  await sql`ALTER TABLE annotation_changes DROP CONSTRAINT refused`;
  const [count] = await sql`SELECT count(*)::int AS total FROM annotations WHERE project_id = ${project.id}`;
  expect(count).toEqual({ total: 0 });
});

test('an annotation that comes while its task is deleted is refused, or recorded as deleted', async () => {
  for (let round = 0; round < 10; round++) {
    const { project, tasks } = await projectOf(1);
    const id = tasks[0]!.id;
    await Promise.allSettled([
      services.annotations.create(viewer, id, { result: [] }),
      engine.deleteTasks(project, [id]),
      services.annotations.create(viewer, id, { result: [] }),
    ]);
    expect(await told()).toEqual(await live());
  }
});

test('each change is taken once, in order, whoever takes', async () => {
  const total = (
    await sql<{ total: number }[]>`SELECT count(*)::int AS total FROM annotation_changes WHERE pending`
  )[0]!.total;
  const taken: number[] = [];
  const take = async () => {
    for (;;) {
      const changes = await transaction(engine.database, (tx) => takeChanges(tx, 3));
      if (changes.length === 0) return;
      taken.push(...changes.map(({ id }) => id));
    }
  };
  await Promise.all([take(), take(), take()]);
  expect(taken).toHaveLength(total);
  expect(new Set(taken).size).toBe(total);
});
