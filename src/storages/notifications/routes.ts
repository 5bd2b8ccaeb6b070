import type { Grant } from '../../access/authorize.ts';
import type { GuessDelay } from '../../api/authenticate.ts';
import { readJson } from '../../api/body.ts';
import { type Route, type RouteRequest, sendJson, sendText } from '../../api/router.ts';
import { UnauthenticatedError, ValidationError } from '../../errors.ts';
import { isUsableKey } from '../../objects/keys.ts';
import type { Logger } from '../../observability/log.ts';
import type { Services } from '../../services.ts';
import type { Storage } from '../model.ts';
import { readNotifications } from './read.ts';

type NotificationServices = Pick<Services, 'storages' | 'objects'>;

/** A storage, by its own token. */
interface Sender {
  storage: Storage;
  grant: Grant;
}

const pattern = /^\/storages\/(?<id>[1-9]\d{0,15})\/notifications$/;

/** `/storages/:id/notifications`: where providers tell of changed objects, with the storage's own token. */
export function notificationRoutes(services: NotificationServices, slow: GuessDelay): Route[] {
  return [
    {
      pattern,
      who: 'anyone',
      method: 'POST',
      async handle(request) {
        await receive(services, await senderOf(services, request, slow), request);
      },
    },
    {
      pattern,
      who: 'anyone',
      method: 'OPTIONS',
      async handle(request) {
        await senderOf(services, request, slow);
        allowCloudEvents(request);
      },
    },
  ];
}

/** @throws UnauthenticatedError */
async function senderOf(
  { storages }: NotificationServices,
  { params, query, incoming, address }: RouteRequest,
  slow: GuessDelay,
): Promise<Sender> {
  const header = /^Bearer +([!-~]+)$/i.exec(incoming.headers.authorization ?? '')?.[1];
  const token = header ?? query.get('token');
  const sender = token ? await storages.authenticateNotifier(Number(params.id), token) : undefined;
  if (sender) return sender;
  await slow(address);
  throw new UnauthenticatedError('The token is wrong, or the storage takes no notifications.');
}

/** CloudEvents' own handshake (HTTP 1.1 Web Hooks for Event Delivery 1.0.1, section 4). */
function allowCloudEvents({ incoming, response }: RouteRequest): void {
  const origin = incoming.headers['webhook-request-origin'];
  response.writeHead(200, { 'webhook-allowed-origin': typeof origin === 'string' ? origin : '*' });
  response.end();
}

async function receive(
  { storages, objects }: NotificationServices,
  { storage, grant }: Sender,
  { incoming, response, log }: RouteRequest,
): Promise<void> {
  const { provider, settings, environment } = await storages.connectionOf(grant, storage);
  const body = await readJson(incoming);
  const reader = provider.notifications;
  const notifications = reader && body !== undefined ? readNotifications(body, reader) : undefined;
  if (!reader || !notifications) {
    const message = `Expected a notification of ${provider.title} as JSON.`;
    throw new ValidationError([{ path: '', message }]);
  }
  const { changes, answer, confirmUrl } = notifications;
  if (confirmUrl) await confirm(confirmUrl, environment.outbound.fetch, log);
  // Notifications of other containers, and of keys outside the prefix, are nothing to us.
  const container = reader.container(settings);
  const keys = changes
    .filter((change) => change.container === container && change.key.startsWith(storage.prefix))
    .map(({ key }) => key)
    .filter((key) => !key.endsWith('/') && isUsableKey(key));
  await objects.notify(grant, storage, keys);
  if (answer) sendJson(response, 200, answer);
  else sendText(response, 202, `${keys.length} of ${changes.length} changes concern this storage.\n`);
}

async function confirm(url: string, fetch: typeof globalThis.fetch, log: Logger): Promise<void> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
    await response.body?.cancel();
  } catch (error) {
    log.warn({ error }, 'a subscription of notifications could not be confirmed');
  }
}
