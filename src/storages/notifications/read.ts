import { isObject, type NotificationReader, type Notifications } from '../../providers/notifications.ts';

/** What a body of one event, or of many, says. undefined: none of them is the provider's. */
export function readNotifications(body: unknown, reader: NotificationReader): Notifications | undefined {
  const events = Array.isArray(body) ? body : [body];
  const known = events
    .map((event) => (isObject(event) ? reader.read(event) : undefined))
    .filter((notifications) => notifications !== undefined);
  if (known.length === 0) return undefined;
  return Object.assign({}, ...known, { changes: known.flatMap(({ changes }) => changes) });
}
