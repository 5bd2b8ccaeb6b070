import { expect, test } from 'vitest';
import { testApp } from '../support/app.ts';
import { openMemory } from '../support/memory.ts';
import * as documents from './documents.ts';

const memory = openMemory();
const it = await testApp({ registry: memory.registry });
const { owner } = it;

test('a feed tells of storages that are created, changed, synced and deleted', async () => {
  memory.container.put('photos/a.jpg', 'a');
  const project = await owner.project();
  const first = await owner.connect(project, memory.input('first'), {});
  const changes: { change: string; storageId: string | null; storage: unknown }[] = [];
  const heard = Promise.withResolvers<void>();
  const told = (async () => {
    for await (const { data } of owner.sse(documents.StorageChangedFeed, { projectId: project })) {
      heard.resolve();
      if (data!.storageChanged.storageId === first.id) continue;
      changes.push(data!.storageChanged);
      if (data!.storageChanged.change === 'DELETED') return;
    }
  })();
  // The feed tells of what happens from now on: it is up when it has told of something.
  let up = false;
  void heard.promise.then(() => {
    up = true;
  });
  for (let i = 0; !up; i++)
    await owner.run(documents.UpdateStorage, { input: { storageId: first.id, title: `${i}` } });

  const { id } = await owner.connect(project, memory.input('photos'), {});
  await owner.run(documents.UpdateStorage, { input: { storageId: id, title: 'Renamed' } });
  await owner.sync(id);
  await owner.run(documents.DeleteStorage, { input: { storageId: id } });
  await told;
  expect(changes.map(({ change }) => change)).toEqual(['CREATED', 'UPDATED', 'SYNCED', 'DELETED']);
  expect(changes.map(({ storageId }) => storageId ?? id)).toEqual([id, id, id, id]);
  expect(changes.at(-1)!.storage).toBeNull();
});

test('a stranger gets nothing', async () => {
  const project = await owner.project();
  const stranger = await it.stranger();
  const feed = stranger.sse(documents.StorageChangedFeed, { projectId: project });
  const { value } = await feed[Symbol.asyncIterator]().next();
  expect(JSON.stringify(value)).toMatch(/No project/);
});
