import type { Storage, StorageVersion } from './model.ts';

/** Most of what is kept, in characters as JSON: a storage has a few thousand. */
const LIMIT = 4_000_000;

/** Storages by their version, which never change: whoever knows the version need not read the storage again. */
export function createVersions(load: (ids: readonly number[]) => Promise<Storage[]>, limit = LIMIT) {
  /** The one used last at the end. */
  const known = new Map<string, { storage: Storage; weight: number }>();
  let weight = 0;
  const nameOf = ({ id, updatedAt }: StorageVersion) => `${id} ${updatedAt}`;

  function keep(storage: Storage): void {
    const name = nameOf({ id: storage.id, updatedAt: storage.updatedAt.getTime() });
    const entry = known.get(name) ?? { storage, weight: JSON.stringify(storage).length };
    forget(name);
    known.set(name, entry);
    weight += entry.weight;
    while (weight > limit) forget(known.keys().next().value!);
  }

  function forget(name: string): void {
    weight -= known.get(name)?.weight ?? 0;
    known.delete(name);
  }

  return {
    /** Storages of these versions, or of newer ones; those that are gone are left out. */
    async get(wanted: readonly StorageVersion[]): Promise<Storage[]> {
      const missing = wanted.filter((version) => !known.has(nameOf(version))).map(({ id }) => id);
      const loaded = missing.length > 0 ? await load(missing) : [];
      const newer = new Map(loaded.map((storage) => [storage.id, storage]));
      const found = wanted.flatMap(
        (version) => known.get(nameOf(version))?.storage ?? newer.get(version.id) ?? [],
      );
      for (const storage of found) keep(storage);
      return found;
    },
  };
}
