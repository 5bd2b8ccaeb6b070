import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type RequestListener,
  request,
  type ServerResponse,
} from 'node:http';
import { createServer as createSecureServer, request as secureRequest } from 'node:https';
import type { AddressInfo } from 'node:net';

/** One request as it came over the wire. */
export interface Recorded {
  method: string;
  /** Path and query, as sent. */
  url: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

export interface WireServer {
  /** `http://127.0.0.1:<port>`, or with https. */
  url: string;
  requests: Recorded[];
  /** TCP connections made so far. */
  connections(): number;
  close(): Promise<void>;
}

/** A certificate and its key, PEM, for a server that speaks TLS. */
export interface Certificate {
  cert: Buffer;
  key: Buffer;
}

/**
 * A server that records each request and lets `answer` reply. For answers that no test server gives, such
 * as AWS's redirects between regions; an `answer` that does nothing is a black hole.
 */
export async function wireServer(
  answer: (request: Recorded, response: ServerResponse) => void,
  certificate?: Certificate,
): Promise<WireServer> {
  const requests: Recorded[] = [];
  let connections = 0;
  const listener: RequestListener = async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const { method = '', url = '', headers } = incoming;
    const recorded = { method, url, headers, body: Buffer.concat(chunks) };
    requests.push(recorded);
    answer(recorded, response);
  };
  const server = certificate ? createSecureServer(certificate, listener) : createServer(listener);
  server.on('connection', () => connections++);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `${certificate ? 'https' : 'http'}://127.0.0.1:${port}`,
    requests,
    connections: () => connections,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/**
 * Records what passes and forwards it unchanged, the Host header included, which S3 signs.
 * @param target origin of the real server
 * @param certificate for a proxy that itself speaks TLS
 */
export function recordingProxy(target: string, certificate?: Certificate): Promise<WireServer> {
  const { protocol, hostname, port } = new URL(target);
  const send = protocol === 'https:' ? secureRequest : request;
  return wireServer(({ method, url, headers, body }, response) => {
    const forwarded = send({ hostname, port, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(response);
    });
    forwarded.on('error', () => response.destroy());
    response.on('close', () => forwarded.destroy());
    forwarded.end(body);
  }, certificate);
}
