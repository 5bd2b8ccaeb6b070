import { at, changeOf, type NotificationReader, textOf } from '../notifications.ts';
import type { AzureBlobSettings } from './config.ts';

/** "Azure Blob Storage as an Event Grid source": Event Grid and CloudEvents 1.0 schema. */
export const azureBlobNotifications: NotificationReader<AzureBlobSettings> = {
  container: ({ container }) => container,
  read(event) {
    const type = textOf(event.eventType) ?? textOf(event.type);
    if (type === 'Microsoft.EventGrid.SubscriptionValidationEvent') {
      const validationResponse = textOf(at(event, 'data', 'validationCode'));
      return validationResponse ? { changes: [], answer: { validationResponse } } : undefined;
    }
    if (!type?.startsWith('Microsoft.Storage.')) return undefined;
    const [, container, key] = blobSubject.exec(textOf(event.subject) ?? '') ?? [];
    return { changes: changeOf(container, key) };
  },
};

/** Anchored at both ends: a hostile subject costs one pass. */
const blobSubject = /^\/blobServices\/[^/]+\/containers\/([^/]+)\/blobs\/(.+)$/s;
