import type { Access } from '../access/access.ts';
import type { Grant } from '../access/authorize.ts';
import { createBell } from '../events/bell.ts';
import type { EventBus } from '../events/bus.ts';
import type { ProviderName } from '../providers/provider.ts';

export const storageChangeKinds = ['CREATED', 'UPDATED', 'DELETED', 'SYNCED'] as const;

/** What happened to a storage. */
export interface StorageChange {
  projectId: number;
  storageId: number;
  /** null: of a sync, which knows its storage by number alone. */
  provider: ProviderName | null;
  change: (typeof storageChangeKinds)[number];
}

/** How often a feed looks up from waiting, in milliseconds: to notice that its viewer lost access. */
const LOOK_UP = 5_000;

export type StorageChanges = ReturnType<typeof createStorageChanges>;

/** Feeds of what happens to a project's storages, whichever process does it. */
export function createStorageChanges(events: EventBus, access: Pick<Access, 'holds'>) {
  const feeds = new Map<number, Set<(change: StorageChange) => void>>();
  const tell = (change: StorageChange) => {
    for (const feed of feeds.get(change.projectId) ?? []) feed(change);
  };
  const stops = [
    events.subscribe('storage', ({ topic: _, ...change }) => tell(change as StorageChange)),
    events.subscribe('sync', ({ projectId, storageId, ended }) => {
      if (ended) tell({ projectId, storageId, provider: null, change: 'SYNCED' });
    }),
  ];
  return {
    /**
     * The changes from now on. A slow reader sees of each storage the newest one of each kind, never an endless queue.
     * The feed ends when access is lost.
     */
    async *follow(grant: Grant, projectId: number, signal: AbortSignal): AsyncGenerator<StorageChange> {
      const waiting = new Map<string, StorageChange>();
      const bells = new Set<() => void>();
      const bell = createBell(bells, signal);
      const feed = (change: StorageChange) => {
        const name = `${change.storageId} ${change.change}`;
        waiting.delete(name);
        waiting.set(name, change);
        for (const ring of bells) ring();
      };
      const own = feeds.get(projectId) ?? new Set();
      feeds.set(projectId, own.add(feed));
      try {
        while (!signal.aborted && (await access.holds(grant))) {
          const [first] = waiting;
          if (first) {
            waiting.delete(first[0]);
            yield first[1];
          } else await bell.wait(LOOK_UP);
        }
      } finally {
        bell.close();
        own.delete(feed);
        if (own.size === 0) feeds.delete(projectId);
      }
    },

    close(): void {
      for (const stop of stops) stop();
    },
  };
}
