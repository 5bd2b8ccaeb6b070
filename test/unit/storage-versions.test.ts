import { expect, test } from 'vitest';
import type { Storage } from '../../src/storages/model.ts';
import { createVersions } from '../../src/storages/versions.ts';

const storage = (id: number, updatedAt: number, title = '') =>
  ({ id, updatedAt: new Date(updatedAt), title }) as Storage;

function opened(limit?: number) {
  const saved = new Map<number, Storage>();
  const loads: (readonly number[])[] = [];
  const load = async (ids: readonly number[]) => {
    loads.push(ids);
    return ids.flatMap((id) => saved.get(id) ?? []);
  };
  return { saved, loads, versions: createVersions(load, limit) };
}

test('a storage is read once for each version, and one that is gone is left out', async () => {
  const { saved, loads, versions } = opened();
  saved.set(1, storage(1, 10));
  for (let time = 0; time < 3; time++) expect(await versions.get([{ id: 1, updatedAt: 10 }])).toHaveLength(1);
  expect(loads).toEqual([[1]]);
  saved.set(1, storage(1, 11, 'changed'));
  expect(await versions.get([{ id: 1, updatedAt: 11 }])).toEqual([storage(1, 11, 'changed')]);
  saved.delete(1);
  expect(await versions.get([{ id: 1, updatedAt: 12 }])).toEqual([]);
});

test('what is kept is bounded by its size, not by its number: the one not used for longest goes', async () => {
  const { saved, loads, versions } = opened(5_000);
  for (const id of [1, 2, 3]) saved.set(id, storage(id, 10, 'x'.repeat(2_000)));
  for (const id of [1, 2, 1, 3]) await versions.get([{ id, updatedAt: 10 }]);
  loads.length = 0;
  await versions.get([{ id: 1, updatedAt: 10 }]);
  expect(loads).toEqual([]);
  await versions.get([{ id: 2, updatedAt: 10 }]);
  expect(loads).toEqual([[2]]);
});
