import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { stoppable } from '../database/stop.ts';
import { LongshoreError, UnauthenticatedError } from '../errors.ts';
import type { Logger } from '../observability/log.ts';
import type { Viewer } from '../organizations/model.ts';
import type { Authenticate } from './authenticate.ts';
import { limitBody } from './body.ts';
import { HttpError, statusOf } from './statuses.ts';

/** One request, as a route gets it. */
export interface RouteRequest {
  /** Stands in the response header `x-request-id` and in every log line about the request. */
  id: string;
  /** Of the client; of the proxy, if there is one. */
  address: string;
  /** Who asks, by the token, for routes where that depends. @throws UnauthenticatedError */
  authenticate(): Promise<Viewer>;
  /** Logs with the request's id. */
  log: Logger;
  incoming: IncomingMessage;
  response: ServerResponse;
  /** What the named groups of the pattern matched, as it came: not decoded. */
  params: Readonly<Record<string, string>>;
  query: URLSearchParams;
  /** Aborted when the client goes before the response has ended. */
  signal: AbortSignal;
}

interface Place {
  method: 'GET' | 'POST' | 'OPTIONS';
  /** Of the whole path, without the query: anchored at both ends. */
  pattern: RegExp;
  /** A GET that is answered for HEAD too; the handler need not send a body then. */
  head?: boolean;
}

/** A method and a path, who may ask, and what answers. Errors that `handle` throws become responses by one table. */
export type Route = Place &
  (
    | { who: 'anyone'; handle(request: RouteRequest): void | Promise<void> }
    | { who: 'viewer'; handle(request: RouteRequest & { viewer: Viewer }): void | Promise<void> }
  );

export type Router = (incoming: IncomingMessage, response: ServerResponse) => void;

/** Finds the route of each request, lets in who may ask, and answers for what fails. */
export function createRouter(
  routes: readonly Route[],
  { authenticate, log }: { authenticate: Authenticate; log: Logger },
): Router {
  async function answer(path: string, request: RouteRequest): Promise<void> {
    const { incoming } = request;
    checkHost(incoming);
    limitBody(incoming);
    const { route, params } = routeOf(routes, incoming.method ?? '', path);
    if (route.who === 'anyone') return route.handle({ ...request, params });
    return route.handle({ ...request, params, viewer: await request.authenticate() });
  }

  return (incoming, response) => {
    const started = performance.now();
    const id = randomUUID();
    const [path = '', query] = (incoming.url ?? '/').split('?', 2);
    const own = log.child({ requestId: id });
    const gone = new AbortController();
    const address = incoming.socket.remoteAddress ?? '';
    response.setHeader('x-request-id', id);
    response.once('close', () => {
      if (!response.writableFinished) gone.abort();
      const milliseconds = Math.round(performance.now() - started);
      own.debug({ method: incoming.method, path, status: response.statusCode, milliseconds }, 'request');
    });
    const request = {
      ...{ id, log: own, incoming, response, params: {} },
      address,
      async authenticate() {
        const viewer = await authenticate(incoming.headers.authorization, incoming);
        if (!viewer) throw new UnauthenticatedError();
        return viewer;
      },
      ...{ query: new URLSearchParams(query), signal: gone.signal },
    };
    stoppable(gone.signal, () => answer(path, request)).catch((error: unknown) => refuse(request, error));
  };
}

/** What is behind makes a URL of it. @throws HttpError */
function checkHost({ headers: { host = '' } }: IncomingMessage): void {
  if (
    host.length > 300 ||
    !/^(?:[\w.-]*|\[[\da-fA-F:.]+\])(?::\d{1,5})?$/.test(host) ||
    !URL.canParse(`http://${host || 'localhost'}`)
  ) {
    throw new HttpError(400, 'BAD_REQUEST', 'The Host header is none.');
  }
}

/** @throws HttpError 404: no route is there, 405: there is one, for another method */
function routeOf(routes: readonly Route[], method: string, path: string) {
  const here = routes.filter(({ pattern }) => pattern.test(path));
  const route = here.find((one) => one.method === method || (one.head && method === 'HEAD'));
  if (route) return { route, params: { ...route.pattern.exec(path)?.groups } };
  if (here.length === 0)
    throw new HttpError(404, 'NOT_FOUND', 'There is nothing here. The API is at /graphql.');
  const allowed = here.flatMap((one) => (one.head ? [one.method, 'HEAD'] : [one.method])).join(', ');
  throw new HttpError(405, 'METHOD_NOT_ALLOWED', `Expected ${allowed}.`, { allow: allowed });
}

function refuse({ id, log, response, signal }: RouteRequest, error: unknown): void {
  // Whoever asked is gone, and the rest of the work with it.
  if (signal.aborted) return;
  const status = statusOf(error);
  if (status === undefined) log.error({ error }, 'request failed');
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (error instanceof HttpError) response.setHeaders(new Map(Object.entries(error.headers)));
  if (error instanceof UnauthenticatedError) response.setHeader('www-authenticate', 'Bearer');
  const known = status !== undefined && error instanceof LongshoreError;
  sendJson(response, status ?? 500, {
    code: known ? error.code : 'INTERNAL_ERROR',
    message: known ? error.message : `Something went wrong; the log says more under request ${id}.`,
  });
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  send(response, status, 'application/json; charset=utf-8', `${JSON.stringify(body)}\n`);
}

export function sendText(response: ServerResponse, status: number, text: string): void {
  send(response, status, 'text/plain; charset=utf-8', text);
}

function send(response: ServerResponse, status: number, contentType: string, text: string): void {
  response.writeHead(status, { 'content-type': contentType, 'x-content-type-options': 'nosniff' });
  response.end(text);
}
