import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConfigError } from '../errors.ts';
import type { Router } from './router.ts';

export interface HttpServer {
  server: Server;
  /** `http://host:port`, without a slash at the end. */
  url: string;
  /** Ends idle connections at once and waits a moment for the others. */
  close(): Promise<void>;
}

/** How long running answers may take to end when the service stops, in milliseconds. */
const CLOSE_LIMIT = 5_000;

/** Listens, and hands every request to the router. */
export async function listen(
  { host, port }: { host: string; port: number },
  router: Router,
): Promise<HttpServer> {
  const server = createServer({ requestTimeout: 120_000, headersTimeout: 20_000 }, router);
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
