/**
 * What a body of a storage's notifications says: which keys of which container changed. Whether a key was
 * written or removed, and in which order, does not matter: the sync asks the storage itself.
 */
export interface Notifications {
  changes: { container: string; key: string }[];
  /** Handshakes: what the sender wants to see in the answer before it sends anything. */
  answer?: { validationResponse: string };
  /** Amazon SNS wants this URL to be fetched once. */
  confirmUrl?: string;
}

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;
const at = (value: unknown, ...path: string[]): unknown =>
  path.reduce<unknown>((inner, name) => (isObject(inner) ? inner[name] : undefined), value);

/**
 * Reads the bodies that S3, GCS and Azure send. Unknown ones give undefined.
 *
 * - S3: "Event message structure" of the S3 User Guide, bare, through SNS, or through EventBridge
 * - GCS: "Pub/Sub notifications for Cloud Storage", pushed by Pub/Sub
 * - Azure: "Azure Blob Storage as an Event Grid source", Event Grid and CloudEvents 1.0 schema
 */
export function readNotifications(body: unknown): Notifications | undefined {
  if (Array.isArray(body)) return mergeNotifications(body.map(readEvent));
  return readEvent(body);
}

function readEvent(event: unknown): Notifications | undefined {
  if (!isObject(event)) return undefined;
  return readS3(event) ?? readSns(event) ?? readEventBridge(event) ?? readGcs(event) ?? readAzure(event);
}

function mergeNotifications(all: (Notifications | undefined)[]): Notifications | undefined {
  const known = all.filter((notifications) => notifications !== undefined);
  if (known.length === 0) return undefined;
  const merged: Notifications = { changes: known.flatMap(({ changes }) => changes) };
  for (const { answer } of known) if (answer) merged.answer = answer;
  return merged;
}

function readS3(event: Json): Notifications | undefined {
  if (event.Event === 's3:TestEvent') return { changes: [] };
  if (!Array.isArray(event.Records)) return undefined;
  const changes = event.Records.flatMap((record) => {
    const container = text(at(record, 's3', 'bucket', 'name'));
    const key = text(at(record, 's3', 'object', 'key'));
    // Keys come as in a form: spaces are "+".
    return container && key ? [{ container, key: formDecoded(key) }] : [];
  });
  return { changes };
}

function readSns(event: Json): Notifications | undefined {
  const confirmUrl = text(event.SubscribeURL);
  if (event.Type === 'SubscriptionConfirmation' && confirmUrl) return { changes: [], confirmUrl };
  const message = text(event.Message);
  if (event.Type !== 'Notification' || !message) return undefined;
  return readNotifications(parsed(message));
}

function readEventBridge(event: Json): Notifications | undefined {
  if (event.source !== 'aws.s3') return undefined;
  const container = text(at(event, 'detail', 'bucket', 'name'));
  const key = text(at(event, 'detail', 'object', 'key'));
  return { changes: container && key ? [{ container, key }] : [] };
}

function readGcs(event: Json): Notifications | undefined {
  const attributes = at(event, 'message', 'attributes');
  const container = text(at(attributes, 'bucketId'));
  const key = text(at(attributes, 'objectId'));
  return container && key ? { changes: [{ container, key }] } : undefined;
}

function readAzure(event: Json): Notifications | undefined {
  const type = text(event.eventType) ?? text(event.type);
  if (type === 'Microsoft.EventGrid.SubscriptionValidationEvent') {
    const validationResponse = text(at(event, 'data', 'validationCode'));
    return validationResponse ? { changes: [], answer: { validationResponse } } : undefined;
  }
  if (!type?.startsWith('Microsoft.Storage.')) return undefined;
  const subject = /\/containers\/([^/]+)\/blobs\/(.+)$/.exec(text(event.subject) ?? '');
  return { changes: subject ? [{ container: subject[1]!, key: subject[2]! }] : [] };
}

function formDecoded(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch {
    return key;
  }
}

function parsed(message: string): unknown {
  try {
    return JSON.parse(message);
  } catch {
    return undefined;
  }
}
