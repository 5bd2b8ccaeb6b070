import { createServer } from 'node:http';
import { type AddressInfo, createServer as createSocketServer, type Server } from 'node:net';
import { inject } from 'vitest';
import type { TestProject } from 'vitest/node';
import type { AzuriteAddress } from './azurite.ts';
import type { FakeGcsAddress } from './fake-gcs-server.ts';
import type { PostgresAddress } from './postgres.ts';
import type { RadosgwAddress } from './radosgw.ts';
import type { RedisAddresses } from './redis.ts';

/**
 * The run's real servers. Each is started once, when a test file first asks for it: a run that needs none
 * starts none. One that is missing fails whoever asks.
 */
interface Addresses {
  postgres: PostgresAddress;
  radosgw: RadosgwAddress;
  redis: RedisAddresses;
  azurite: AzuriteAddress;
  fakeGcs: FakeGcsAddress;
}
type ServerName = keyof Addresses;

/** A server that runs: plain data that passes between processes, and the way to end it. */
interface Running<Address> {
  address: Address;
  stop(): Promise<void>;
}

type Starters = { [Name in ServerName]: () => Promise<Running<Addresses[Name]>> };

const asked = new Map<ServerName, Promise<unknown>>();

/** Where a server of this run is; for test files. */
export function serverOf<Name extends ServerName>(name: Name): Promise<Addresses[Name]> {
  const known = asked.get(name) ?? ask(name);
  asked.set(name, known);
  return known as Promise<Addresses[Name]>;
}

/** The same if this test file has asked for it before; undefined: it has not. */
export async function serverIfAsked<Name extends ServerName>(
  name: Name,
): Promise<Addresses[Name] | undefined> {
  return asked.has(name) ? serverOf(name) : undefined;
}

/** `host:port` of the run's radosgw, known before it is started. */
export const radosgwHost = () => `127.0.0.1:${inject('radosgwPort')}`;

async function ask(name: ServerName): Promise<unknown> {
  const response = await fetch(`${inject('servers')}/${name}`);
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return JSON.parse(text);
}

/**
 * Vitest's global set-up: a small server of its own starts the others on request, and ends them with the run. A
 * PostgreSQL that many runs share is named by TEST_POSTGRES.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const radosgwPort = await holdPort();
  const starters: Starters = {
    postgres: async () => {
      const { TEST_POSTGRES: shared } = process.env;
      if (shared !== undefined)
        return { address: JSON.parse(shared) as PostgresAddress, stop: async () => {} };
      return (await import('./postgres.ts')).startTestPostgres();
    },
    redis: async () => (await import('./redis.ts')).startTestRedis(),
    azurite: async () => {
      const { stop, ...address } = await (await import('./azurite.ts')).startAzurite();
      return { address, stop };
    },
    fakeGcs: async () => (await import('./fake-gcs-server.ts')).startFakeGcs(),
    radosgw: async () => {
      const { startRadosgw } = await import('./radosgw.ts');
      await radosgwPort.release();
      const { endpoint, accessKeyId, secretAccessKey, configFile, stop } = await startRadosgw(
        radosgwPort.port,
      );
      return { address: { endpoint, accessKeyId, secretAccessKey, configFile }, stop };
    },
  };
  const started = new Map<ServerName, Promise<Running<unknown>>>();
  const server = createServer(async (request, response) => {
    const name = request.url!.slice(1) as ServerName;
    const running = started.get(name) ?? starters[name]();
    started.set(name, running);
    try {
      response.end(JSON.stringify((await running).address));
    } catch (error) {
      response.writeHead(500).end(`${name}: ${String(error)}`);
    }
  });
  project.provide('servers', `http://127.0.0.1:${await listen(server)}`);
  project.provide('radosgwPort', radosgwPort.port);
  return async () => {
    server.closeAllConnections();
    server.close();
    await radosgwPort.release();
    const all = await Promise.allSettled(started.values());
    await Promise.all(all.map((it) => (it.status === 'fulfilled' ? it.value.stop() : undefined)));
  };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return (server.address() as AddressInfo).port;
}

/** A free loopback port that nobody else is given until it is released. */
async function holdPort(): Promise<{ port: number; release(): Promise<void> }> {
  const holder = createSocketServer();
  const port = await listen(holder);
  return {
    port,
    release: () => new Promise((resolve) => holder.close(() => resolve())),
  };
}

declare module 'vitest' {
  interface ProvidedContext {
    servers: string;
    radosgwPort: number;
  }
}
