import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Servers that misbehave below the level of any protocol, on loopback ports of their own. */
export interface FaultyServer {
  host: string;
  port: number;
  /** Connections made so far. */
  connections(): number;
  /** Breaks every connection that is open. */
  cut(): void;
  /** The same, without the courtesy of an end: RST. */
  reset(): void;
  close(): Promise<void>;
}

/** Gives each connection to this. */
export async function serve(onSocket: (socket: Socket) => void): Promise<FaultyServer> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // Whoever gives up first leaves the other with a broken connection: that is the point.
    socket.on('error', () => {});
    onSocket(socket);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  const reset = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    cut,
    reset,
    async close() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Accepts, listens, and never says a word. */
export const blackHole = () => serve((socket) => void socket.resume());

/** Says this as soon as it hears anything, then goes silent, or ends the connection. */
export const saying = (bytes: string | Uint8Array, { ends }: { ends: boolean }) =>
  serve((socket) => {
    socket.once('data', () => (ends ? socket.end(bytes) : socket.write(bytes)));
    socket.resume();
  });

/** Ends each connection as soon as it hears anything. */
export const hangingUp = () => serve((socket) => void socket.once('data', () => socket.destroy()));

/**
 * Stands in front of the server at this address.
 * @param pass what becomes of an answer's bytes, by what was asked last on the connection; null: the connection is cut
 */
export const between = (
  target: { host: string; port: number },
  pass: (bytes: Buffer, asked: string) => Promise<Buffer | null>,
) =>
  serve((socket) => {
    const onward = connect(target);
    let asked = '';
    // One after the other, so that bytes keep their order.
    let told = Promise.resolve();
    onward.on('error', () => socket.destroy());
    socket.on('close', () => onward.destroy());
    socket.on('data', (bytes) => {
      asked = bytes.toString('latin1');
      onward.write(bytes);
    });
    onward.on('data', (bytes: Buffer) => {
      told = told.then(async () => {
        const passed = await pass(bytes, asked);
        if (passed) socket.write(passed);
        else socket.destroy();
      });
    });
    onward.on('end', () => void told.then(() => socket.end()));
  });

/** The server at this address, each of whose answers takes so much longer, in milliseconds. */
export const slowed = (target: { host: string; port: number }, delayMs: number) =>
  between(target, async (bytes) => {
    await sleep(delayMs);
    return bytes;
  });

/** A port on which nobody listens. */
export async function closedPort(): Promise<{ host: string; port: number }> {
  const server = await blackHole();
  await server.close();
  return { host: server.host, port: server.port };
}
