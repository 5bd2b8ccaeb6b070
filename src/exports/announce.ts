import type { Transaction } from '../database/client.ts';
import type { EventBus } from '../events/bus.ts';
import type { StorageOf } from '../storages/model.ts';
import { annotationApiId, announceToWebhooks, storageApiId, taskApiId } from '../webhooks/outbox.ts';
import type { Outcome } from './model.ts';

/** Failures that one message names; the others are in its count. */
const MAX_NAMED = 20;

/** Tells the project's webhooks of exports that failed and are not tried again by themselves. */
export async function announceFailures(
  tx: Transaction,
  events: Pick<EventBus, 'publish'>,
  storage: StorageOf<'TARGET'>,
  outcomes: readonly Outcome[],
): Promise<void> {
  const failures = outcomes.filter(({ event }) => event === 'FAILED');
  if (failures.length === 0) return;
  const ofTasks = storage.settings.layout === 'TASK';
  await announceToWebhooks(tx, events, storage.projectId, 'export.failed', {
    storageId: storageApiId(storage),
    count: failures.length,
    failures: failures.slice(0, MAX_NAMED).map(({ claim, key, error }) => ({
      ...(ofTasks
        ? { taskId: taskApiId(claim.subjectId) }
        : { annotationId: annotationApiId(claim.subjectId) }),
      key,
      error,
    })),
  });
}
