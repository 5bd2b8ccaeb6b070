import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConfigError } from '../errors.ts';
import type { Logger } from '../observability/log.ts';

/** Answers a request; false: it is not for this route. */
export type Route = (
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
) => boolean | Promise<boolean>;

export interface HttpServer {
  server: Server;
  /** `http://host:port`, without a slash at the end. */
  url: string;
  /** Ends idle connections at once and waits a moment for the others. */
  close(): Promise<void>;
}

/** How long running answers may take to end when the service stops, in milliseconds. */
const CLOSE_LIMIT = 5_000;

/** Listens, and asks the routes in order. Every answer carries its request id. */
export async function listen(
  { host, port }: { host: string; port: number },
  routes: readonly Route[],
  log: Logger,
): Promise<HttpServer> {
  const server = createServer({ requestTimeout: 120_000, headersTimeout: 20_000 }, (request, response) => {
    void answer(request, response, routes, log);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  const shown = address.address === '0.0.0.0' || address.address === '::' ? 'localhost' : name;
  return {
    server,
    url: `http://${shown === '127.0.0.1' ? 'localhost' : shown}:${address.port}`,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), CLOSE_LIMIT);
      await closed;
      clearTimeout(timer);
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  routes: readonly Route[],
  log: Logger,
): Promise<void> {
  const requestId = randomUUID();
  const started = performance.now();
  response.setHeader('x-request-id', requestId);
  const path = (request.url ?? '/').split('?', 1)[0]!;
  response.once('close', () => {
    const milliseconds = Math.round(performance.now() - started);
    log.debug(
      { requestId, method: request.method, path, status: response.statusCode, milliseconds },
      'request',
    );
  });
  try {
    for (const route of routes) if (await route(request, response, path)) return;
    sendText(response, 404, 'There is nothing here. The API is at /graphql.\n');
  } catch (error) {
    log.error({ error, requestId, path }, 'request failed');
    if (response.headersSent) response.destroy();
    else sendText(response, 500, `Something went wrong; the log says more under request ${requestId}.\n`);
  }
}

export function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'x-content-type-options': 'nosniff',
  });
  response.end(text);
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  if (error.code === 'EADDRINUSE') {
    return new ConfigError(
      `PORT: something else listens on ${host}:${port}; choose another, or 0 for any free one.`,
    );
  }
  if (error.code === 'EACCES')
    return new ConfigError(`PORT: not allowed to listen on ${port}; choose one above 1023.`);
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') {
    return new ConfigError(`HOST: this machine has no address "${host}".`);
  }
  return error;
}
