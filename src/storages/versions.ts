import type { Storage } from './model.ts';

/** Most storages that are kept. Each has a few kilobytes. */
const LIMIT = 500;

export interface Version {
  id: number;
  /** When the storage was last changed, in milliseconds since the epoch. */
  updatedAt: number;
}

/** Storages by their version, which never change: whoever knows the version need not read the storage again. */
export function createVersions(load: (ids: readonly number[]) => Promise<Storage[]>) {
  /** The one used last at the end. */
  const known = new Map<string, Storage>();
  const nameOf = ({ id, updatedAt }: Version) => `${id} ${updatedAt}`;

  function keep(storage: Storage): void {
    const name = nameOf({ id: storage.id, updatedAt: storage.updatedAt.getTime() });
    known.delete(name);
    known.set(name, storage);
    if (known.size > LIMIT) known.delete(known.keys().next().value!);
  }

  return {
    /** Storages of these versions, or of newer ones; those that are gone are left out. */
    async get(wanted: readonly Version[]): Promise<Storage[]> {
      const missing = wanted.filter((version) => !known.has(nameOf(version))).map(({ id }) => id);
      const loaded = missing.length > 0 ? await load(missing) : [];
      const newer = new Map(loaded.map((storage) => [storage.id, storage]));
      const found = wanted.flatMap((version) => known.get(nameOf(version)) ?? newer.get(version.id) ?? []);
      for (const storage of found) keep(storage);
      return found;
    },
  };
}
