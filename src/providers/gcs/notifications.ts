import { at, changeOf, type NotificationReader } from '../notifications.ts';
import type { GcsSettings } from './config.ts';

/** "Pub/Sub notifications for Cloud Storage", pushed by Pub/Sub. */
export const gcsNotifications: NotificationReader<GcsSettings> = {
  container: ({ bucket }) => bucket,
  read(event) {
    const attributes = at(event, 'message', 'attributes');
    const changes = changeOf(at(attributes, 'bucketId'), at(attributes, 'objectId'));
    return changes.length > 0 ? { changes } : undefined;
  },
};
