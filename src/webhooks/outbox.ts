import type { Transaction } from '../database/client.ts';
import type { EventBus } from '../events/bus.ts';
import type { WebhookEvent } from './model.ts';
import { insertDeliveries } from './repository.ts';

/** The opaque id that the API shows for a record. */
const apiId = (type: string, key: number) => Buffer.from(`${type}:${key}`).toString('base64');

/** `AZURE_BLOB` gives the id of an `AzureBlobStorage`. */
export const storageApiId = ({ id, provider }: { id: number; provider: string }) => {
  const words = provider.split('_').map((word) => word[0] + word.slice(1).toLowerCase());
  return apiId(`${words.join('')}Storage`, id);
};
export const syncApiId = (id: number) => apiId('Sync', id);
export const projectApiId = (id: number) => apiId('Project', id);
export const taskApiId = (id: number) => apiId('Task', id);
export const annotationApiId = (id: number) => apiId('Annotation', id);

/**
 * Puts an event of a project down for its webhooks, in the transaction that makes it true: it is sent when that
 * commits, and never when it does not.
 * @param data what the body carries beside type and time; ids as the API shows them, no secrets, no task data
 */
export async function announceToWebhooks(
  tx: Transaction,
  events: Pick<EventBus, 'publish'>,
  projectId: number,
  event: WebhookEvent,
  data: Record<string, unknown>,
): Promise<void> {
  const body = JSON.stringify({
    type: event,
    timestamp: new Date().toISOString(),
    data: { projectId: projectApiId(projectId), ...data },
  });
  if ((await insertDeliveries(tx, projectId, event, body)) > 0)
    await events.publish(tx, { topic: 'webhook' });
}
