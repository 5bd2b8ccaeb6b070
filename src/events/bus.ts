import type { Database, Transaction } from '../database/client.ts';

/**
 * Events between processes: small messages that something has changed. A message names the record, its
 * readers look the record up; so a lost or repeated one never shows anything wrong.
 */
export type Event =
  /** A sync moved on; `version` grows with each. `ended`: nothing more follows. */
  | { topic: 'sync'; syncId: number; storageId: number; projectId: number; version: number; ended?: boolean }
  /** Annotations of a project came, changed or went; not told of each in bulk. */
  | { topic: 'annotation'; projectId: number }
  /** The log of a storage's exports has grown. */
  | { topic: 'export'; storageId: number; projectId: number }
  /** A storage was created, changed or deleted. */
  | {
      topic: 'storage';
      storageId: number;
      provider: string;
      projectId: number;
      change: 'CREATED' | 'UPDATED' | 'DELETED';
    }
  /** A snapshot moved on. `queued`: a worker is to take it up. */
  | { topic: 'snapshot'; snapshotId: number; projectId: number; queued?: true }
  /** Something waits to be sent to a webhook. */
  | { topic: 'webhook' };

export type EventOf<T extends Event['topic']> = Extract<Event, { topic: T }>;

export interface EventBus {
  /** Within a transaction: sent when it commits, never when it rolls back. */
  publish(database: Pick<Transaction, 'sql'> | Pick<Database, 'sql'>, event: Event): Promise<void>;
  /** Calls `listener` for each event of the topic, whichever process sent it. Answers the way to stop. */
  subscribe<T extends Event['topic']>(topic: T, listener: (event: EventOf<T>) => void): () => void;
  /** Called after the line was lost and found again: events in between are gone, look at the records. */
  onGap(listener: () => void): () => void;
  close(): Promise<void>;
}

/** The NOTIFY channel; a statement on a hot path may name it itself. */
export const EVENT_CHANNEL = 'longshore_events';

/**
 * Events over LISTEN and NOTIFY of the service's own PostgreSQL.
 * Source: PostgreSQL documentation, SQL command NOTIFY (delivered at commit, payload below 8000 bytes).
 */
export async function openEventBus(database: Database): Promise<EventBus> {
  const listeners = new Map<string, Set<(event: never) => void>>();
  const gapListeners = new Set<() => void>();
  const add = <T>(set: Set<T>, listener: T) => {
    set.add(listener);
    return () => void set.delete(listener);
  };
  let connected = false;
  const listening = await database.sql.listen(
    EVENT_CHANNEL,
    (payload) => {
      const event = JSON.parse(payload) as Event;
      for (const listener of listeners.get(event.topic) ?? []) listener(event as never);
    },
    () => {
      if (connected) for (const listener of gapListeners) listener();
      connected = true;
    },
  );
  return {
    async publish({ sql }: Pick<Database, 'sql'>, event) {
      await sql`SELECT pg_notify(${EVENT_CHANNEL}, ${JSON.stringify(event)})`;
    },
    subscribe(topic, listener) {
      const set = listeners.get(topic) ?? new Set();
      listeners.set(topic, set);
      return add(set, listener as (event: never) => void);
    },
    onGap: (listener) => add(gapListeners, listener),
    close: () => listening.unlisten(),
  };
}
