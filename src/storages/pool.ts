import { unstoppable } from '../database/stop.ts';
import type { Store } from '../providers/store.ts';
import type { StorageOpener } from './connect/open.ts';
import type { Storage } from './model.ts';

/** Opened stores, shared by all who use the same version of a storage: connections, tokens and sessions too. */
export interface StorePool {
  /**
   * Runs `work` with the opened store. The store belongs to the pool: it is not to be closed, nor used
   * after `work` has ended. @throws ProviderError when the storage cannot be opened at all
   */
  use<T>(storage: Storage, work: (store: Store) => Promise<T>): Promise<T>;
  /** Closes what is idle now, and what is in use as soon as it is given back. */
  close(): Promise<void>;
}

export interface StorePoolOptions {
  /** How long a store that nobody uses stays open, in milliseconds (default a minute). */
  idleMs?: number;
  /** Stores kept open at most; more are only opened while all are in use (default 200). */
  limit?: number;
}

interface Entry {
  store: Promise<Store>;
  users: number;
  /** Runs while nobody uses it. */
  idle: NodeJS.Timeout | undefined;
}

export function createStorePool(
  opener: Pick<StorageOpener, 'open'>,
  { idleMs = 60_000, limit = 200 }: StorePoolOptions = {},
): StorePool {
  /** By storage and version, the one used last at the end. */
  const entries = new Map<string, Entry>();
  const closing = new Set<Promise<void>>();
  let closed = false;

  function take(name: string, storage: Storage): Entry {
    const entry = entries.get(name) ?? {
      store: unstoppable(() => opener.open(storage)),
      users: 0,
      idle: undefined,
    };
    clearTimeout(entry.idle);
    entry.users++;
    entries.delete(name);
    entries.set(name, entry);
    makeRoom();
    return entry;
  }

  function giveBack(name: string, entry: Entry): void {
    entry.users--;
    if (entry.users > 0) return;
    if (closed || entries.size > limit) drop(name, entry);
    else entry.idle = setTimeout(() => drop(name, entry), idleMs).unref();
  }

  function makeRoom(): void {
    for (const [name, entry] of entries) {
      if (entries.size <= limit) return;
      if (entry.users === 0) drop(name, entry);
    }
  }

  function drop(name: string, entry: Entry): void {
    clearTimeout(entry.idle);
    if (entries.get(name) === entry) entries.delete(name);
    const done = entry.store.then((store) => store.close()).catch(() => undefined);
    closing.add(done);
    void done.then(() => closing.delete(done));
  }

  return {
    async use(storage, work) {
      const name = `${storage.id} ${storage.updatedAt.getTime()}`;
      const entry = take(name, storage);
      try {
        return await work(await entry.store);
      } catch (error) {
        // What could not be opened is not kept: the next one tries anew.
        await entry.store.catch(() => entries.get(name) === entry && entries.delete(name));
        throw error;
      } finally {
        giveBack(name, entry);
      }
    },
    async close() {
      closed = true;
      for (const [name, entry] of entries) if (entry.users === 0) drop(name, entry);
      await Promise.all(closing);
    },
  };
}
