import { describe, expect, test } from 'vitest';
import type { Provider } from '../../src/providers/provider.ts';
import { MemoryContainer } from '../providers/memory/container.ts';
import { openEngine, type Source } from './engine.ts';
import { openFolder } from './folder.ts';

/** What is not listed is gone only if that is proven (C7, C8, C14, C15). */

const deletes = { onRemoved: 'DELETE_UNANNOTATED', maximumRemovedShare: 1 } as const;

describe.each([true, false])('a listing that leaves out what is there (in key order: %s)', (listsInOrder) => {
  /** Keys that the listing conceals. */
  const hidden = new Set<string>();
  /** HEAD is not allowed: the storage may only be listed. */
  let listOnly = false;
  const lying = (provider: Provider): Provider => ({
    ...provider,
    open(...access) {
      const driver = provider.open(...access);
      return {
        ...driver,
        async listPage(request) {
          const page = await driver.listPage(request);
          // Asked for a key alone, it tells.
          const hides = request.prefix.endsWith('/');
          return { ...page, objects: page.objects.filter(({ key }) => !hides || !hidden.has(key)) };
        },
        async head(key, request) {
          if (listOnly) engine.container.fail({ method: 'head', failure: { code: 'FORBIDDEN' } });
          return driver.head(key, request);
        },
      };
    },
  });
  const opened = openEngine({ capabilities: { listsInOrder }, dress: lying });
  let engine: Awaited<typeof opened>;

  test.each([
    ['DELETE_UNANNOTATED', false],
    ['DELETE_UNANNOTATED', true],
    ['KEEP', false],
  ] as const)(
    '%s, listing only: %s: fails, names the server’s fault, and removes nothing',
    async (onRemoved, only) => {
      engine = await opened;
      const it = await openFolder(engine, { onRemoved, maximumRemovedShare: 1 });
      for (const key of ['a', 'a.jpg', 'a.jpgz', 'a/b', 'c']) it.put(key);
      await it.sync();
      listOnly = only;
      it.remove('c');
      hidden.add(`${it.prefix}a.jpg`);
      expect(await it.sync()).toMatchObject({
        status: 'FAILED',
        errorCode: 'UNEXPECTED_RESPONSE',
        errorMessage: expect.stringMatching(/listing left out "folder-\d+\/a\.jpg".*Nothing was removed/),
        counts: { removed: 0, tasksDeleted: 0 },
      });
      expect(await it.tasks()).toEqual(['a', 'a.jpg', 'a.jpgz', 'a/b', 'c']);
      hidden.clear();
      expect(await it.sync()).toMatchObject({ status: 'COMPLETED', counts: { unchanged: 4, removed: 1 } });
      expect(await it.ledger()).toContain('c REMOVED');
      listOnly = false;
      expect(await engine.marks()).toBe(0);
    },
  );
});

describe.each([true, false])('scope (in key order: %s)', (listsInOrder) => {
  const opened = openEngine({ capabilities: { listsInOrder } });

  test('recursive switched off and on: nothing is removed, and what is back is known', async () => {
    const it = await openFolder(await opened, deletes);
    const below = ['deep/1', 'deep/2', 'deep/3', 'deep/4'];
    for (const key of ['1', '2', '3', '4', '5', '6', ...below]) it.put(key);
    await it.sync();
    await it.change({ recursive: false });
    for (let round = 0; round < 2; round++) {
      const sync = await it.sync();
      expect(sync.counts).toMatchObject({ listed: 6, unchanged: 6, removed: 0, tasksDeleted: 0 });
      // Told when it happens, not again.
      expect(await it.issues(sync)).toEqual(round === 0 ? ['WARNING OUT_OF_SCOPE'] : []);
      expect((await it.ledger()).filter((line) => line.includes('OUT_OF_SCOPE'))).toHaveLength(4);
    }
    await it.change({ recursive: true });
    expect((await it.sync()).counts).toMatchObject({
      listed: 10,
      unchanged: 10,
      imported: 0,
      tasksCreated: 0,
    });
    expect(await it.tasks()).toHaveLength(10);
    expect((await it.ledger()).every((line) => line.endsWith('IMPORTED'))).toBe(true);
  });

  test('a filter that lets less in, and more again', async () => {
    const it = await openFolder(await opened, deletes);
    for (const key of ['a.jpg', 'b.png']) it.put(key);
    await it.sync();
    await it.change({ filter: '.*\\.jpg' });
    expect((await it.sync()).counts).toMatchObject({ unchanged: 1, skipped: 1, removed: 0 });
    expect(await it.ledger()).toEqual(['a.jpg IMPORTED', 'b.png OUT_OF_SCOPE']);
    it.put('b.png', 'other');
    await it.change({ filter: null });
    expect((await it.sync()).counts).toMatchObject({ unchanged: 1, changed: 1, imported: 0, removed: 0 });
    expect(await it.ledger()).toEqual(['a.jpg IMPORTED', 'b.png IMPORTED']);
    expect(await it.tasks()).toEqual(['a.jpg', 'b.png']);
  });

  test('what the filter leaves out and is deleted then is not removed: its tasks stay', async () => {
    const it = await openFolder(await opened, deletes);
    for (const key of ['a.jpg', 'b.png', 'c.jpg']) it.put(key);
    await it.sync();
    await it.change({ filter: '.*\\.jpg' });
    await it.sync();
    it.remove('b.png');
    expect((await it.sync()).counts).toMatchObject({ listed: 2, unchanged: 2, removed: 0, tasksDeleted: 0 });
    expect(await it.ledger()).toEqual(['a.jpg IMPORTED', 'b.png OUT_OF_SCOPE', 'c.jpg IMPORTED']);
    expect(await it.tasks()).toEqual(['a.jpg', 'b.png', 'c.jpg']);
  });
});

describe('a storage pointed at another container', async () => {
  const containers = [new MemoryContainer({ name: 'one' }), new MemoryContainer({ name: 'two' })] as const;
  // Both give the same versions.
  for (const container of containers) for (const key of ['a.jpg', 'b.jpg']) container.put(key, 'same');
  const other = await openEngine({ container: containers[1] });
  const engine = await openEngine({
    container: containers[0],
    dress: (provider) => ({
      ...provider,
      open: (settings, ...access) =>
        (settings as { container: string }).container === 'two'
          ? other.provider.open(settings, ...access)
          : provider.open(settings, ...access),
    }),
  });

  async function connect() {
    const project = await engine.project();
    const storage = await engine.connect(project, deletes);
    const pointAt = async (container: string, sameContainer = false) =>
      (await engine.services.storages.update(
        engine.viewer,
        {
          storageId: storage.id,
          provider: { provider: 'S3', settings: { container, prefix: '' }, secrets: {} },
          sameContainer,
        },
        new AbortController().signal,
      )) as Source;
    expect((await engine.sync(storage)).counts).toMatchObject({ imported: 2 });
    return { project, pointAt };
  }

  test('begins a new account, and finds the old one again', async () => {
    const { project, pointAt } = await connect();
    const moved = await pointAt('two');
    expect((await engine.sync(moved)).counts).toMatchObject({ imported: 2, tasksCreated: 2, removed: 0 });
    const back = await pointAt('one');
    expect((await engine.sync(back)).counts).toMatchObject({ unchanged: 2, imported: 0, removed: 0 });
    expect(await engine.tasks(project)).toHaveLength(4);
  });

  test('which is the same under another name, if the operator says so: nothing is imported again', async () => {
    const { project, pointAt } = await connect();
    const renamed = await pointAt('two', true);
    expect((await engine.sync(renamed)).counts).toMatchObject({ unchanged: 2, imported: 0, removed: 0 });
    expect(await engine.tasks(project)).toHaveLength(2);
  });

  test('which the project has imported from before, is not the same', async () => {
    const { pointAt } = await connect();
    await engine.sync(await pointAt('two'));
    await expect(pointAt('one', true)).rejects.toMatchObject({ code: 'CONTAINER_KNOWN' });
  });
});

describe('another way of reading', () => {
  test('files imported as wholes, then as tasks: said, and imported anew when asked', async () => {
    const engine = await openEngine();
    const it = await openFolder(engine);
    for (const key of ['a.json', 'b.json', 'c.json']) it.put(key, '[{"text":"one"},{"text":"two"}]');
    await it.sync();
    await it.annotate('b.json');
    await it.change({ importMethod: 'TASKS' });
    const sync = await it.sync();
    expect(sync.counts).toMatchObject({ unchanged: 3, tasksCreated: 0 });
    const [told] = await engine.issues(sync);
    expect(told).toMatchObject({
      code: 'READ_OTHERWISE',
      message: expect.stringMatching(/^3 objects .*"reimport"/),
    });
    expect((await it.sync({ reimport: true })).counts).toMatchObject({
      imported: 3,
      tasksCreated: 6,
      tasksDeleted: 2,
    });
    expect(await it.tasks()).toEqual([
      ...['a.json[0]=one', 'a.json[1]=two', 'b.json*', 'b.json[0]=one', 'b.json[1]=two'],
      ...['c.json[0]=one', 'c.json[1]=two'],
    ]);
    expect(await it.issues(await it.sync())).toEqual([]);
  });

  test('onChanged UPDATE: another data key reaches the tasks that nobody has annotated', async () => {
    const engine = await openEngine();
    const it = await openFolder(engine, { onChanged: 'UPDATE' });
    for (const key of ['a.jpg', 'b.jpg']) it.put(key);
    await it.sync();
    await it.annotate('b.jpg');
    await it.change({ dataKey: 'text' });
    expect((await it.sync()).counts).toMatchObject({ changed: 2, tasksCreated: 0, tasksUpdated: 1 });
    const data = (await engine.tasks(it.project)).map((task) => Object.keys(task.data as object));
    expect(data).toEqual([['text'], ['image']]);
    expect((await it.sync()).counts).toMatchObject({ unchanged: 2 });
  });
});
