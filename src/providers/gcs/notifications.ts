import { at, changeOf, isObject, type NotificationReader, parsed, textOf } from '../notifications.ts';
import type { GcsSettings } from './config.ts';

/**
 * "Pub/Sub notifications for Cloud Storage": pushed by Pub/Sub as a message or as its bare payload ("Payload
 * unwrapping"), or brought by Eventarc as a CloudEvent.
 */
export const gcsNotifications: NotificationReader<GcsSettings> = {
  container: ({ bucket }) => bucket,
  read(event) {
    const attributes = at(event, 'message', 'attributes');
    const named = changeOf(at(attributes, 'bucketId'), at(attributes, 'objectId'));
    const changes = named.length > 0 ? named : changesOfPayload(payloadOf(event));
    return changes.length > 0 ? { changes } : undefined;
  },
};

/** The object that an event is about, as the JSON API shows it. */
function payloadOf(event: Record<string, unknown>): unknown {
  if (textOf(event.type)?.startsWith('google.cloud.storage.object.')) return event.data;
  const data = textOf(at(event, 'message', 'data'));
  return data === undefined ? event : parsed(Buffer.from(data, 'base64').toString());
}

const changesOfPayload = (object: unknown) =>
  isObject(object) && object.kind === 'storage#object' ? changeOf(object.bucket, object.name) : [];
