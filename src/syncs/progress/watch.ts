import type { Access } from '../../access/access.ts';
import type { Grant } from '../../access/authorize.ts';
import type { Database } from '../../database/client.ts';
import { unstoppable } from '../../database/stop.ts';
import { createBell } from '../../events/bell.ts';
import type { EventBus } from '../../events/bus.ts';
import { storagesById } from '../../storages/repository.ts';
import { isActive, type Sync } from '../model.ts';
import { lastSyncs, syncsById } from '../repository.ts';

export type SyncWatch = ReturnType<typeof createSyncWatch>;

/** The state of one sync as this process knows it, shared by all who watch it. */
interface Watched {
  sync: Sync;
  watchers: Set<() => void>;
  loading: boolean;
  stale: boolean;
}

/** How often a feed looks up from waiting, in milliseconds: to notice that its viewer lost access. */
const LOOK_UP = 2_500;

/**
 * Progress feeds. An event only says that a sync moved on; its state is then read once per process,
 * however many watch. A slow consumer sees the newest state next, never a queue of old ones.
 */
export function createSyncWatch(
  database: Pick<Database, 'db'>,
  events: EventBus,
  access: Pick<Access, 'holds'>,
  onError: (error: unknown) => void,
) {
  const watched = new Map<number, Watched>();
  /** Feeds of storages that have no sync yet. */
  const waiting = new Map<number, Set<() => void>>();

  async function refresh(entry: Watched): Promise<void> {
    entry.stale = true;
    if (entry.loading) return;
    entry.loading = true;
    try {
      while (entry.stale) {
        entry.stale = false;
        const [sync] = await unstoppable(() => syncsById(database.db, [entry.sync.id]));
        // Deleted with its storage: nothing more will come.
        if (!sync) entry.sync = { ...entry.sync, status: 'CANCELED', version: entry.sync.version + 1 };
        else if (sync.version > entry.sync.version) entry.sync = sync;
        for (const wake of entry.watchers) wake();
      }
    } catch (error) {
      onError(error);
    } finally {
      entry.loading = false;
    }
  }

  const stops = [
    events.subscribe('sync', ({ syncId, storageId }) => {
      const entry = watched.get(syncId);
      if (entry) void refresh(entry);
      for (const wake of waiting.get(storageId) ?? []) wake();
    }),
    // A storage takes its syncs with it.
    events.subscribe('storage', ({ storageId, change }) => {
      if (change !== 'DELETED') return;
      for (const entry of watched.values()) if (entry.sync.storageId === storageId) void refresh(entry);
      for (const wake of waiting.get(storageId) ?? []) wake();
    }),
    events.onGap(() => {
      for (const entry of watched.values()) void refresh(entry);
    }),
  ];

  /**
   * The states of a sync: the present one first, then the newest whenever there is a newer one, ending
   * with the final one. Never goes backwards.
   * @param grant asked after before each state; one that holds no longer ends the feed
   */
  async function* follow(grant: Grant, first: Sync, signal: AbortSignal): AsyncGenerator<Sync> {
    const entry = watched.get(first.id) ?? { sync: first, watchers: new Set(), loading: false, stale: false };
    if (first.version > entry.sync.version) entry.sync = first;
    watched.set(first.id, entry);
    const bell = createBell(entry.watchers, signal);
    try {
      // It may have moved on between the look-up and now.
      void refresh(entry);
      let shown = -1;
      while (!signal.aborted && (await access.holds(grant))) {
        const { sync } = entry;
        if (sync.version > shown) {
          shown = sync.version;
          yield sync;
          if (!isActive(sync.status)) return;
        }
        if (entry.sync.version === shown) await bell.wait(LOOK_UP);
      }
    } finally {
      bell.close();
      if (entry.watchers.size === 0) watched.delete(first.id);
    }
  }

  /** Waits for the first sync of a storage. undefined: it is gone, access was lost, or the signal was aborted. */
  async function firstSync(grant: Grant, storageId: number, signal: AbortSignal): Promise<Sync | undefined> {
    const set = waiting.get(storageId) ?? new Set();
    waiting.set(storageId, set);
    const bell = createBell(set, signal);
    try {
      while (!signal.aborted && (await access.holds(grant))) {
        const [sync] = await lastSyncs(database.db, [storageId]);
        if (sync) return sync;
        if ((await storagesById(database.db, [storageId])).length === 0) return undefined;
        await bell.wait(LOOK_UP);
      }
      return undefined;
    } finally {
      bell.close();
      if (set.size === 0) waiting.delete(storageId);
    }
  }

  return {
    follow,
    firstSync,
    /** Feeds that are open. */
    size(): number {
      const sets = [...[...watched.values()].map(({ watchers }) => watchers), ...waiting.values()];
      return sets.reduce((sum, { size }) => sum + size, 0);
    },
    close(): void {
      for (const stop of stops) stop();
    },
  };
}
