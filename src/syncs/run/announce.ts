import type { Transaction } from '../../database/client.ts';
import type { EventBus } from '../../events/bus.ts';
import { storagesById } from '../../storages/repository.ts';
import { announceToWebhooks, storageApiId, syncApiId } from '../../webhooks/outbox.ts';
import type { Sync } from '../model.ts';

/** Tells the project's webhooks that a sync has ended, and what it brought. */
export async function announceEnd(tx: Transaction, events: EventBus, sync: Sync): Promise<void> {
  const { id, projectId, storageId, status, counts, errorCode, errorMessage } = sync;
  const [storage] = await storagesById(tx.db, [storageId]);
  if (!storage) return;
  const named = { syncId: syncApiId(id), storageId: storageApiId(storage), storageTitle: storage.title };
  const announce = (event: 'sync.ended' | 'sync.failed' | 'tasks.created', data: object) =>
    announceToWebhooks(tx, events, projectId, event, { ...named, ...data });
  await announce('sync.ended', { status, counts });
  if (status === 'FAILED')
    await announce('sync.failed', { error: { code: errorCode, message: errorMessage } });
  const count = counts.tasksCreated ?? 0;
  if (count > 0) await announce('tasks.created', { count });
}
