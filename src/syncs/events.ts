import type { Database, Transaction } from '../database/client.ts';
import type { EventBus } from '../events/bus.ts';
import { isActive } from './model.ts';
import type { Moved } from './repository.ts';

/** Tells the watchers that a sync moved on; within a transaction, when that commits. */
export function publishMoved(
  events: Pick<EventBus, 'publish'>,
  database: Pick<Transaction, 'sql'> | Pick<Database, 'sql'>,
  { id: syncId, storageId, projectId, version, status }: Moved,
): Promise<void> {
  const ended = !isActive(status);
  return events.publish(database, { topic: 'sync', syncId, storageId, projectId, version, ended });
}
