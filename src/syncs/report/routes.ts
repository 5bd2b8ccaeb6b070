import type { IncomingMessage, ServerResponse } from 'node:http';
import { authenticate } from '../../api/authenticate.ts';
import { type Route, sendText } from '../../api/server.ts';
import { NotFoundError, UnauthenticatedError } from '../../errors.ts';
import type { Logger } from '../../observability/log.ts';
import type { Services } from '../../services.ts';
import type { Storage } from '../../storages/model.ts';
import { type Notifications, readNotifications } from '../../storages/notifications/bodies.ts';
import { isUsableKey } from '../compare/compare.ts';
import { reportLines, reportTypes } from './report.ts';

type SyncRouteServices = Pick<Services, 'storages' | 'objects' | 'syncs' | 'organizations'>;

/** `POST /storages/:id/notifications`: where providers tell of changed objects. */
export function notificationRoute(services: SyncRouteServices, log: Logger): Route {
  return async (request, response, path) => {
    const id = /^\/storages\/([1-9]\d{0,15})\/notifications$/.exec(path)?.[1];
    if (id === undefined) return false;
    const storage = await storageOf(services, Number(id), request);
    if (!storage) sendText(response, 401, 'The token is wrong, or the storage takes no notifications.\n');
    else if (request.method === 'OPTIONS') allowCloudEvents(request, response);
    else if (request.method !== 'POST') sendText(response, 405, 'Expected POST.\n');
    else await receive(services, storage, request, response, log);
    return true;
  };
}

async function storageOf(
  { storages }: SyncRouteServices,
  id: number,
  request: IncomingMessage,
): Promise<Storage | undefined> {
  const query = new URLSearchParams(request.url?.split('?')[1]);
  const header = /^Bearer +([!-~]+)$/i.exec(request.headers.authorization ?? '')?.[1];
  const token = header ?? query.get('token');
  return token ? storages.byNotificationToken(id, token) : undefined;
}

/** CloudEvents' own handshake (HTTP 1.1 Web Hooks for Event Delivery 1.0.1, section 4). */
function allowCloudEvents(request: IncomingMessage, response: ServerResponse): void {
  const origin = request.headers['webhook-request-origin'];
  response.writeHead(200, { 'webhook-allowed-origin': typeof origin === 'string' ? origin : '*' });
  response.end();
}

async function receive(
  { storages, objects }: SyncRouteServices,
  storage: Storage,
  request: IncomingMessage,
  response: ServerResponse,
  log: Logger,
): Promise<void> {
  const body = await readJson(request);
  const notifications = body === undefined ? undefined : readNotifications(body);
  if (!notifications)
    return sendText(response, 400, 'Expected a notification of S3, GCS or Azure Blob as JSON.\n');
  const connection = await storages.connectionOf(storage);
  if (notifications.confirmUrl)
    await confirm(notifications.confirmUrl, connection.environment.outbound.fetch, log);
  const keys = ownKeys(notifications, storage);
  await objects.notify(storage, keys);
  if (notifications.answer) {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(notifications.answer));
  } else
    sendText(
      response,
      202,
      `${keys.length} of ${notifications.changes.length} changes concern this storage.\n`,
    );
}

/** Notifications of other containers, and of keys outside the prefix, are nothing to us. */
function ownKeys({ changes }: Notifications, { config, prefix }: Storage): string[] {
  const container = config.bucket ?? config.container;
  return changes
    .filter((change) => change.container === container && change.key.startsWith(prefix))
    .filter(({ key }) => !key.endsWith('/') && isUsableKey(key))
    .map(({ key }) => key);
}

/** Only Amazon's own confirmation pages are fetched: the sender names the URL. */
async function confirm(url: string, fetch: typeof globalThis.fetch, log: Logger): Promise<void> {
  const { protocol, hostname } = URL.parse(url) ?? {};
  if (protocol !== 'https:' || !/^sns\.[a-z0-9-]+\.amazonaws\.com(\.cn)?$/.test(hostname ?? '')) return;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
    await response.body?.cancel();
  } catch (error) {
    log.warn({ error }, 'a subscription of notifications could not be confirmed');
  }
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    return undefined;
  }
}

/** `GET /syncs/:id/report.jsonl` and `.csv`: the issues of a sync, as a download. */
export function reportRoute(services: SyncRouteServices): Route {
  return async (request, response, path) => {
    const match = /^\/syncs\/([1-9]\d{0,15})\/report\.(jsonl|csv)$/.exec(path);
    if (!match) return false;
    const format = match[2] as keyof typeof reportTypes;
    try {
      const viewer = await authenticate(services.organizations, request.headers.authorization);
      if (!viewer) throw new UnauthenticatedError();
      const sync = await services.syncs.get(viewer, Number(match[1]));
      response.writeHead(200, {
        'content-type': reportTypes[format],
        'content-disposition': `attachment; filename="sync-${sync.id}.${format}"`,
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
      });
      for await (const lines of reportLines(services.syncs, sync, format)) {
        if (!response.write(lines))
          await new Promise((resolve) => response.once('drain', resolve).once('close', resolve));
        if (response.destroyed) return true;
      }
      response.end();
    } catch (error) {
      if (error instanceof UnauthenticatedError) sendText(response, 401, `${error.message}\n`);
      else if (error instanceof NotFoundError) sendText(response, 404, 'There is no such sync.\n');
      else throw error;
    }
    return true;
  };
}
