import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, request, type ServerResponse } from 'node:http';
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
  /** `http://127.0.0.1:<port>` */
  url: string;
  requests: Recorded[];
  /** TCP connections made so far. */
  connections(): number;
  close(): Promise<void>;
}

/**
 * A server that records each request and lets `answer` reply. For answers that no test server gives, such
 * as AWS's redirects between regions; an `answer` that does nothing is a black hole.
 */
export async function wireServer(
  answer: (request: Recorded, response: ServerResponse) => void,
): Promise<WireServer> {
  const requests: Recorded[] = [];
  let connections = 0;
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const { method = '', url = '', headers } = incoming;
    const recorded = { method, url, headers, body: Buffer.concat(chunks) };
    requests.push(recorded);
    answer(recorded, response);
  });
  server.on('connection', () => connections++);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
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
 */
export function recordingProxy(target: string): Promise<WireServer> {
  const { hostname, port } = new URL(target);
  return wireServer(({ method, url, headers, body }, response) => {
    const forwarded = request({ hostname, port, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(response);
    });
    forwarded.on('error', () => response.destroy());
    response.on('close', () => forwarded.destroy());
    forwarded.end(body);
  });
}
