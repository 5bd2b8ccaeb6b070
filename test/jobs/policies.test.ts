import { describe, expect, test } from 'vitest';
import { MemoryContainer } from '../providers/memory/container.ts';
import { never, openEngine, versionedByContent } from './engine.ts';
import { openFolder } from './folder.ts';

/** What a sync does about objects that change, go and come back; each policy with its guards (C6, C7). */
const engine = await openEngine();
const tasksOf = { importMethod: 'TASKS' } as const;
const paged = (pageSize: number) => new MemoryContainer({ pageSize });

describe('onChanged', () => {
  test('IGNORE: counted, nothing else; the tasks keep their data', async () => {
    const it = await openFolder(engine, tasksOf);
    it.rows('a.jsonl', 'one', 'two');
    await it.sync();
    it.rows('a.jsonl', 'ONE', 'TWO', 'THREE');
    for (let round = 0; round < 2; round++) {
      const sync = await it.sync();
      expect(sync).toMatchObject({
        status: 'COMPLETED',
        counts: { changed: 1, unchanged: 0, warnings: 0, bytesRead: 0 },
      });
      expect(await it.tasks()).toEqual(['a.jsonl[0]=one', 'a.jsonl[1]=two']);
      expect(await it.ledger()).toEqual(['a.jsonl IMPORTED']);
    }
  });

  test('FLAG: CHANGED with one warning, and back to IMPORTED when the old content is back', async () => {
    const engine = await openEngine({ dress: versionedByContent });
    const it = await openFolder(engine, { ...tasksOf, onChanged: 'FLAG' });
    it.rows('a.jsonl', 'one');
    await it.sync();
    it.rows('a.jsonl', 'ONE');
    const flagged = await it.sync();
    expect(flagged.counts).toMatchObject({ changed: 1, warnings: 1 });
    expect(await it.issues(flagged)).toEqual(['WARNING OBJECT_CHANGED a.jsonl']);
    expect(await it.ledger()).toEqual(['a.jsonl CHANGED']);
    expect((await it.sync()).counts).toMatchObject({ changed: 1, warnings: 0 });
    it.rows('a.jsonl', 'one');
    expect((await it.sync()).counts).toMatchObject({ changed: 0, unchanged: 1 });
    expect(await it.ledger()).toEqual(['a.jsonl IMPORTED']);
    expect(await it.tasks()).toEqual(['a.jsonl[0]=one']);
  });

  test('UPDATE: tasks without annotations get the new data, annotated ones keep theirs, new rows are added', async () => {
    const it = await openFolder(engine, { ...tasksOf, onChanged: 'UPDATE' });
    it.rows('a.jsonl', 'one', 'two', 'same', 'skipped');
    await it.sync();
    await it.annotate('a.jsonl', 1);
    const skipped = (await engine.tasks(it.project)).find(({ row }) => row === 3)!;
    const cancelled = { result: [], wasCancelled: true };
    await engine.services.annotations.create(engine.viewer, skipped.id, cancelled);
    it.rows('a.jsonl', 'ONE', 'TWO', 'same', 'SKIPPED', 'FIVE');
    const sync = await it.sync();
    expect(sync.counts).toMatchObject({ changed: 1, imported: 0, tasksUpdated: 1, tasksCreated: 1 });
    expect(await it.tasks()).toEqual([
      ...['a.jsonl[0]=ONE', 'a.jsonl[1]=two*', 'a.jsonl[2]=same', 'a.jsonl[3]=skipped', 'a.jsonl[4]=FIVE'],
    ]);
    expect((await it.sync()).counts).toMatchObject({ unchanged: 1, tasksUpdated: 0, bytesRead: 0 });
  });

  test('UPDATE: a repaired file brings its missing rows, and the new data of the others', async () => {
    const it = await openFolder(engine, { ...tasksOf, onChanged: 'UPDATE' });
    it.put('a.jsonl', '{"text":"one"}\nbroken\n');
    expect((await it.sync()).status).toBe('COMPLETED_WITH_ERRORS');
    it.rows('a.jsonl', 'ONE', 'two');
    expect((await it.sync()).counts).toMatchObject({ imported: 1, tasksCreated: 1, tasksUpdated: 1 });
    expect(await it.tasks()).toEqual(['a.jsonl[0]=ONE', 'a.jsonl[1]=two']);
  });

  test('NEW_TASK: each version becomes tasks of its own', async () => {
    const it = await openFolder(engine, { ...tasksOf, onChanged: 'NEW_TASK' });
    it.rows('a.jsonl', 'one');
    await it.sync();
    await it.annotate('a.jsonl', 0);
    for (const text of ['two', 'three']) {
      it.rows('a.jsonl', text);
      expect((await it.sync()).counts).toMatchObject({ changed: 1, imported: 0, tasksCreated: 1 });
      expect((await it.sync()).counts).toMatchObject({ unchanged: 1, tasksCreated: 0 });
    }
    expect(await it.tasks()).toEqual(['a.jsonl[0]=one*', 'a.jsonl[0]=two', 'a.jsonl[0]=three']);
  });

  test('NEW_TASK: a change is not lost to a reimport', async () => {
    const it = await openFolder(engine, { ...tasksOf, onChanged: 'NEW_TASK' });
    it.rows('a.jsonl', 'one');
    await it.sync();
    it.rows('a.jsonl', 'two');
    await it.sync({ reimport: true });
    expect(await it.tasks()).toEqual(['a.jsonl[0]=one', 'a.jsonl[0]=two']);
  });

  test('FILES: changed content has the same URI; a task deleted by the user stays deleted, NEW_TASK makes another', async () => {
    for (const [onChanged, expected] of [
      ['UPDATE', ['b.jpg']],
      ['NEW_TASK', ['a.jpg', 'b.jpg', 'b.jpg']],
    ] as const) {
      const it = await openFolder(engine, { onChanged });
      it.put('a.jpg');
      it.put('b.jpg');
      await it.sync();
      await it.deleteTask('a.jpg');
      it.put('a.jpg');
      it.put('b.jpg');
      expect((await it.sync()).counts).toMatchObject({ changed: 2 });
      expect(await it.tasks()).toEqual(expected);
    }
  });

  test.each(['IGNORE', 'UPDATE', 'NEW_TASK', 'FLAG'] as const)(
    '%s: an object replaced while it is read is taken as a whole by the next sync',
    async (onChanged) => {
      const it = await openFolder(engine, { ...tasksOf, onChanged });
      it.rows('a.jsonl', ...Array.from({ length: 20_000 }, (_, row) => `old ${row}`));
      // The connection breaks behind the first rows; what it goes on with is another version.
      engine.container.fail({
        method: 'read',
        key: /a\.jsonl/,
        afterBytes: 150_000,
        failure: { code: 'CONNECTION_LOST' },
      });
      engine.container.fail({
        method: 'read',
        key: /a\.jsonl/,
        after: 1,
        failure: { code: 'OBJECT_CHANGED' },
      });
      const torn = await it.sync();
      expect(torn).toMatchObject({ status: 'COMPLETED_WITH_ERRORS', counts: { failed: 1 } });
      expect(await it.ledger()).toEqual(['a.jsonl FAILED OBJECT_CHANGED']);
      expect(torn.counts.tasksCreated).toBeGreaterThan(0);
      it.rows('a.jsonl', ...Array.from({ length: 20_000 }, (_, row) => `new ${row}`));
      expect(await it.sync()).toMatchObject({ status: 'COMPLETED' });
      const texts = (await it.tasks()).filter((task) => task.includes('=new'));
      expect(texts).toHaveLength(20_000);
      if (onChanged !== 'NEW_TASK') expect(await it.tasks()).toHaveLength(20_000);
    },
  );
});

describe('onRemoved', () => {
  test('KEEP: the ledger says REMOVED, the tasks stay', async () => {
    const it = await openFolder(engine);
    it.put('a.jpg');
    it.put('b.jpg');
    await it.sync();
    it.remove('a.jpg');
    const sync = await it.sync();
    expect(sync.counts).toMatchObject({ removed: 1, unchanged: 1, tasksDeleted: 0, warnings: 0 });
    expect(await it.ledger()).toEqual(['a.jpg REMOVED', 'b.jpg IMPORTED']);
    expect(await it.tasks()).toEqual(['a.jpg', 'b.jpg']);
    expect((await it.sync()).counts).toMatchObject({ removed: 0 });
  });

  test('FLAG: the same, with a warning each', async () => {
    const it = await openFolder(engine, { onRemoved: 'FLAG' });
    for (const key of ['a.jpg', 'b.jpg', 'c.jpg']) it.put(key);
    await it.sync();
    it.remove('a.jpg', 'b.jpg');
    const sync = await it.sync();
    expect(sync).toMatchObject({ status: 'COMPLETED', counts: { removed: 2, warnings: 2 } });
    expect(await it.issues(sync)).toEqual(['WARNING OBJECT_REMOVED a.jpg', 'WARNING OBJECT_REMOVED b.jpg']);
    expect(await it.tasks()).toEqual(['a.jpg', 'b.jpg', 'c.jpg']);
  });

  test('DELETE_UNANNOTATED: annotated tasks stay, cancelled annotations count; the tasks come back with the object', async () => {
    const it = await openFolder(engine, { onRemoved: 'DELETE_UNANNOTATED', maximumRemovedShare: 1 });
    for (const key of ['a.jpg', 'b.jpg', 'c.jpg', 'd.jpg']) it.put(key);
    await it.sync();
    await it.annotate('b.jpg');
    const [, , c] = await engine.tasks(it.project);
    await engine.services.annotations.create(engine.viewer, c!.id, { result: [], wasCancelled: true });
    it.remove('a.jpg', 'b.jpg', 'c.jpg');
    const sync = await it.sync();
    expect(sync.counts).toMatchObject({ removed: 3, tasksDeleted: 1 });
    expect(await it.tasks()).toEqual(['b.jpg*', 'c.jpg', 'd.jpg']);
    for (const key of ['a.jpg', 'b.jpg']) it.put(key);
    expect((await it.sync()).counts).toMatchObject({ imported: 2, tasksCreated: 1 });
    expect(await it.tasks()).toEqual(['a.jpg', 'b.jpg*', 'c.jpg', 'd.jpg']);
    expect(await it.ledger()).toEqual([
      'a.jpg IMPORTED',
      'b.jpg IMPORTED',
      'c.jpg REMOVED',
      'd.jpg IMPORTED',
    ]);
  });

  test.each(['IGNORE', 'FLAG', 'UPDATE', 'NEW_TASK'] as const)(
    'with onChanged %s too, an object that comes back with other content has its task again',
    async (onChanged) => {
      for (const importMethod of ['FILES', 'TASKS'] as const) {
        const source = {
          importMethod,
          onChanged,
          onRemoved: 'DELETE_UNANNOTATED',
          maximumRemovedShare: 1,
        } as const;
        const it = await openFolder(engine, source);
        it.rows('a.json', 'one');
        await it.sync();
        it.remove('a.json');
        await it.sync();
        expect(await it.tasks()).toEqual([]);
        it.rows('a.json', 'two');
        await it.sync();
        expect(await it.tasks()).toEqual([importMethod === 'FILES' ? 'a.json' : 'a.json[0]=two']);
      }
    },
  );

  test('the guard: where suspiciously much is gone, no task is deleted, until the share is raised', async () => {
    const it = await openFolder(engine, { onRemoved: 'DELETE_UNANNOTATED' });
    const keys = ['a.jpg', 'b.jpg', 'c.jpg', 'd.jpg'];
    for (const key of keys) it.put(key);
    await it.sync();
    it.remove('a.jpg', 'b.jpg', 'c.jpg');
    for (let round = 0; round < 2; round++) {
      const sync = await it.sync();
      expect(sync).toMatchObject({
        status: 'COMPLETED',
        counts: { removed: 3, tasksDeleted: 0, warnings: 1 },
      });
      expect(await it.issues(sync)).toEqual(['WARNING REMOVAL_GUARD']);
      const [issue] = await engine.issues(sync);
      expect(issue!.message).toMatch(
        /^3 of 4 objects are gone, more than the share of 0.5 .* raise maximumRemovedShare\.$/,
      );
      expect(await it.tasks()).toEqual(keys);
      expect(await it.ledger()).toEqual([
        ...['a.jpg', 'b.jpg', 'c.jpg'].map((key) => `${key} REMOVED REMOVAL_GUARD`),
        'd.jpg IMPORTED',
      ]);
    }
    // One of them is back: half of what there is may go.
    it.put('a.jpg');
    expect((await it.sync()).counts).toMatchObject({
      imported: 1,
      removed: 2,
      tasksDeleted: 2,
      tasksCreated: 0,
    });
    expect(await it.tasks()).toEqual(['a.jpg', 'd.jpg']);
    await it.change({ maximumRemovedShare: 1 });
    it.remove('a.jpg', 'd.jpg');
    expect((await it.sync()).counts).toMatchObject({ removed: 2, tasksDeleted: 2 });
    expect((await it.sync()).counts).toMatchObject({ removed: 0 });
  });

  test('a listing that fails half-way removes nothing', async () => {
    const it = await openFolder(engine, { onRemoved: 'DELETE_UNANNOTATED', maximumRemovedShare: 1 });
    for (const key of ['a.jpg', 'b.jpg', 'c.jpg']) it.put(key);
    await it.sync();
    it.remove('a.jpg', 'c.jpg');
    engine.container.fail({ method: 'list', failure: { code: 'FORBIDDEN' } });
    expect(await it.sync()).toMatchObject({
      status: 'FAILED',
      errorCode: 'FORBIDDEN',
      counts: { removed: 0 },
    });
    expect(await it.tasks()).toEqual(['a.jpg', 'b.jpg', 'c.jpg']);
    expect(await it.ledger()).toEqual(['a.jpg IMPORTED', 'b.jpg IMPORTED', 'c.jpg IMPORTED']);
    expect(await engine.marks()).toBe(0);
  });

  test.each([true, false])(
    'nor does one that fails on a later page (in key order: %s)',
    async (listsInOrder) => {
      const engine = await openEngine({ capabilities: { listsInOrder }, container: paged(2) });
      const it = await openFolder(engine, { onRemoved: 'DELETE_UNANNOTATED', maximumRemovedShare: 1 });
      const keys = ['a.jpg', 'b.jpg', 'c.jpg', 'd.jpg', 'e.jpg', 'f.jpg'];
      for (const key of keys) it.put(key);
      await it.sync();
      it.remove('a.jpg', 'd.jpg', 'f.jpg');
      it.put('b2.jpg');
      engine.container.fail({ method: 'list', after: 1, failure: { code: 'WRONG_CREDENTIALS' } });
      const sync = await it.sync();
      expect(sync).toMatchObject({
        status: 'FAILED',
        errorCode: 'WRONG_CREDENTIALS',
        counts: { removed: 0 },
      });
      expect((await it.tasks()).filter((key) => key !== 'b2.jpg')).toEqual(keys);
      expect(await engine.marks()).toBe(0);
      expect((await it.sync()).counts).toMatchObject({ removed: 3, tasksDeleted: 3 });
    },
  );

  test('an object that is back before its sync goes on with another worker is not removed', async () => {
    const engine = await openEngine({ container: paged(2) });
    const it = await openFolder(engine, {
      ...tasksOf,
      onRemoved: 'DELETE_UNANNOTATED',
      maximumRemovedShare: 1,
    });
    for (const key of ['a.json', 'b.json', 'd.json']) it.rows(key, 'old');
    await it.sync();
    it.remove('b.json');
    it.rows('c.json', ...Array.from({ length: 60_000 }, () => 'x'.repeat(200)));
    engine.container.fail({ method: 'read', key: /c\.json/, failure: 'stall', afterBytes: 9_000_000 });
    const { id } = await engine.start(it.storage);
    const shutdown = new AbortController();
    const first = engine.run(id, shutdown.signal);
    await expect.poll(() => engine.marks()).toBe(1);
    shutdown.abort();
    expect(await first).toMatchObject({ status: 'QUEUED' });
    it.rows('b.json', 'back');
    expect(await engine.finish(id)).toMatchObject({
      status: 'COMPLETED',
      counts: { removed: 0, tasksDeleted: 0 },
    });
    expect((await it.ledger())[1]).toBe('b.json IMPORTED');
  });
});

describe('deleted tasks', () => {
  test('stay deleted through syncs, changes and the object’s absence, and come back by a reimport', async () => {
    const it = await openFolder(engine, {
      ...tasksOf,
      onRemoved: 'DELETE_UNANNOTATED',
      maximumRemovedShare: 1,
    });
    it.rows('a.jsonl', 'one', 'two');
    await it.sync();
    await it.deleteTask('a.jsonl', 0);
    await it.sync();
    it.rows('a.jsonl', 'ONE', 'two');
    await it.sync();
    it.remove('a.jsonl');
    await it.sync();
    expect(await it.tasks()).toEqual([]);
    it.rows('a.jsonl', 'one', 'two');
    expect((await it.sync()).counts).toMatchObject({ imported: 1, tasksCreated: 1 });
    expect(await it.tasks()).toEqual(['a.jsonl[1]=two']);
    expect((await it.sync({ reimport: true })).counts).toMatchObject({ imported: 1, tasksCreated: 1 });
    expect(await it.tasks()).toEqual(['a.jsonl[0]=one', 'a.jsonl[1]=two']);
    await it.deleteTask('a.jsonl', 1);
    expect((await it.sync()).counts).toMatchObject({ unchanged: 1, tasksCreated: 0 });
  });

  test('stay deleted for a second storage on the same objects', async () => {
    const it = await openFolder(engine);
    for (const key of ['a.jpg', 'b.jpg']) it.put(key);
    await it.sync();
    await it.deleteTask('a.jpg');
    const second = await engine.connect(it.project, {}, { prefix: it.prefix });
    const preview = await engine.services.previews.preview(engine.viewer, { storageId: second.id }, never);
    expect(preview).toMatchObject({
      counts: { import: 0, skip: 2 },
      entries: [
        { code: 'DELETED_BEFORE', message: expect.stringContaining('reimport'), data: null },
        { code: 'IN_PROJECT', data: null },
      ],
    });
    const { counts } = await it.sync({}, second);
    expect(counts).toMatchObject({ imported: 0, skipped: 2, tasksCreated: 0 });
    expect(counts.skippedBy).toEqual({ DELETED_BEFORE: 1, IN_PROJECT: 1 });
    expect(await it.ledger(second)).toEqual(['a.jpg SKIPPED DELETED_BEFORE', 'b.jpg SKIPPED IN_PROJECT']);
    expect((await it.sync({}, second)).counts).toMatchObject({ skipped: 2, imported: 0 });
    expect(await it.tasks()).toEqual(['b.jpg']);
    expect((await it.sync({ reimport: true }, second)).counts).toMatchObject({
      imported: 1,
      tasksCreated: 1,
    });
    expect(await it.tasks()).toEqual(['a.jpg', 'b.jpg']);
  });
});

describe('retryFailed', () => {
  test('looks at just the objects whose last import failed', async () => {
    const it = await openFolder(engine, tasksOf);
    it.rows('good.jsonl', 'one');
    it.put('bad.jsonl', '{broken}\n');
    it.put('gone.jsonl', '{broken}\n');
    it.put('photo.jpg');
    await it.sync();
    const failed = ['bad.jsonl FAILED ROWS_FAILED', 'gone.jsonl FAILED ROWS_FAILED', 'good.jsonl IMPORTED'];
    expect(await it.ledger()).toEqual([...failed, 'photo.jpg SKIPPED NOT_A_TASK_FILE']);
    it.rows('bad.jsonl', 'repaired');
    it.rows('new.jsonl', 'not looked at');
    it.remove('gone.jsonl', 'good.jsonl');
    engine.container.calls.length = 0;
    const sync = await it.sync({ retryFailed: true });
    expect(sync).toMatchObject({ trigger: 'RETRY', status: 'COMPLETED' });
    expect(sync.counts).toMatchObject({ listed: 1, imported: 1, failed: 0, removed: 1, tasksCreated: 1 });
    expect(engine.container.calls.filter(({ method }) => method === 'list')).toEqual([]);
    expect(await it.ledger()).toEqual([
      ...[
        'bad.jsonl IMPORTED',
        'gone.jsonl REMOVED',
        'good.jsonl IMPORTED',
        'photo.jpg SKIPPED NOT_A_TASK_FILE',
      ],
    ]);
  });

  test('one object that the storage says nothing about does not end it', async () => {
    const it = await openFolder(engine, tasksOf);
    for (const key of ['a.jsonl', 'b.jsonl']) it.put(key, '{broken}\n');
    await it.sync();
    it.rows('b.jsonl', 'repaired');
    engine.container.fail({ method: 'head', key: /a\.jsonl/, failure: { code: 'FORBIDDEN' } });
    const sync = await it.sync({ retryFailed: true });
    expect(sync).toMatchObject({ status: 'COMPLETED_WITH_ERRORS', counts: { failed: 1, imported: 1 } });
    expect(await it.issues(sync)).toEqual(['ERROR FORBIDDEN a.jsonl']);
    expect(await it.ledger()).toEqual(['a.jsonl FAILED ROWS_FAILED', 'b.jsonl IMPORTED']);
  });

  test('a failed object that the settings leave out by now is out of scope, and failed when it is back', async () => {
    const it = await openFolder(engine, tasksOf);
    it.put('deep/a.jsonl', '{broken}\n');
    await it.sync();
    await it.change({ recursive: false });
    expect((await it.sync({ retryFailed: true })).counts).toMatchObject({ listed: 0, removed: 0 });
    expect(await it.ledger()).toEqual(['deep/a.jsonl OUT_OF_SCOPE FAILED']);
    expect((await it.sync()).counts).toMatchObject({ listed: 0, removed: 0 });
    await it.change({ recursive: true });
    expect((await it.sync()).counts).toMatchObject({ listed: 1, failed: 1, failedRows: 1 });
  });
});

test('any number of objects may be gone between two that are there', async () => {
  const count = 150_000;
  const engine = await openEngine();
  const it = await openFolder(engine);
  it.put('a.jpg');
  it.put('z.jpg');
  await it.sync();
  await engine.sql`
    INSERT INTO objects (project_id, storage_id, container_id, key, size, version, state, task_count, sync_id)
    SELECT ${it.project.id}, ${it.storage.id}, ${it.storage.containerId}, ${`${it.prefix}m/`} || i, 1, 'v', 'IMPORTED', 1, 1 FROM generate_series(1, ${count}) AS i`;
  expect(await it.sync()).toMatchObject({ status: 'COMPLETED', counts: { unchanged: 2, removed: count } });
}, 120_000);
