import {
  at,
  changeOf,
  isObject,
  type JsonObject,
  type NotificationReader,
  type Notifications,
  parsed,
  textOf,
} from '../notifications.ts';
import type { S3Settings } from './config.ts';
import { readVendors } from './vendor-notifications.ts';

/** "Event message structure" of the S3 User Guide: bare, through SNS, or through EventBridge; or a vendor's own. */
export const s3Notifications: NotificationReader<S3Settings> = {
  container: ({ bucket }) => bucket,
  read: (event) => readBare(event) ?? readSns(event) ?? readEventBridge(event) ?? readVendors(event),
};

function readBare(event: JsonObject): Notifications | undefined {
  if (event.Event === 's3:TestEvent') return { changes: [] };
  if (!Array.isArray(event.Records)) return undefined;
  const changes = event.Records.flatMap((record) => {
    const key = textOf(at(record, 's3', 'object', 'key'));
    // Keys come as in a form: spaces are "+".
    return changeOf(at(record, 's3', 'bucket', 'name'), key && formDecoded(key));
  });
  return { changes };
}

/** "Parsing Amazon SNS message formats" of the SNS Developer Guide. */
function readSns(event: JsonObject): Notifications | undefined {
  const url = textOf(event.SubscribeURL);
  if (event.Type === 'SubscriptionConfirmation' && url) {
    return { changes: [], ...(isAmazons(url) && { confirmUrl: url }) };
  }
  const message = textOf(event.Message);
  if (event.Type !== 'Notification' || !message) return undefined;
  const inner = parsed(message);
  return isObject(inner) ? (readBare(inner) ?? readEventBridge(inner)) : undefined;
}

/** Only Amazon's own confirmation pages are fetched: the sender names the URL. */
function isAmazons(url: string): boolean {
  const { protocol, hostname } = URL.parse(url) ?? {};
  return protocol === 'https:' && /^sns\.[a-z0-9-]+\.amazonaws\.com(\.cn)?$/.test(hostname ?? '');
}

function readEventBridge(event: JsonObject): Notifications | undefined {
  if (event.source !== 'aws.s3') return undefined;
  return { changes: changeOf(at(event, 'detail', 'bucket', 'name'), at(event, 'detail', 'object', 'key')) };
}

/** Longest key as a form has it: 1,024 bytes (S3 User Guide), three characters each. */
const MAX_ENCODED = 3 * 1024;

function formDecoded(key: string): string {
  if (key.length > MAX_ENCODED) return key;
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch {
    return key;
  }
}
