import type { OutboundGuard } from '../../security/outbound.ts';
import { DriverFailure } from '../errors.ts';
import type { Connect } from './client.ts';
import type { RedisSecrets, RedisSettings, Topology } from './config.ts';
import { type Command, type Connection, openConnection, Refusal, type Reply } from './connection.ts';
import { isCluster, kindOf, noCluster, noSentinel, notPrimary, unknownPrimary } from './failures.ts';
import { refused } from './responses.ts';
import type { Server } from './socket.ts';

/** Where one of a storage's servers listens. */
export type Address = Pick<Server, 'host' | 'port'>;

/** What opens connections to the servers of a storage. */
export interface Logins {
  /** To a server that holds keys, which has to be of the storage's topology. */
  connectTo(address: Address): Connect;
  /** To the primary that the Sentinel at the storage's address names at this moment. */
  connectToPrimary: Connect;
}

export function loginsOf(settings: RedisSettings, secrets: RedisSecrets, outbound: OutboundGuard): Logins {
  const { topology = 'STANDALONE', credentials, username, database, primaryName = '' } = settings;
  const login: Login = { database };
  if (credentials !== 'NONE') login.password = secrets.password ?? '';
  if (credentials === 'USER') login.username = username ?? '';

  const connectTo =
    (address: Address): Connect =>
    async (stop) => {
      const connection = openConnection({ ...settings, ...address }, outbound, stop);
      const failure = problemOf(topology, await logIn(connection, login));
      if (failure) throw new DriverFailure(failure);
      return connection;
    };

  return {
    connectTo,
    async connectToPrimary(stop) {
      const sentinel = openConnection(settings, outbound, stop);
      const { mode } = await logIn(sentinel, { password: secrets.sentinelPassword, database: 0 });
      if (mode !== 'sentinel') throw new DriverFailure(noSentinel);
      const [reply] = await sentinel.ask([['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', primaryName]]);
      sentinel.destroy();
      if (reply instanceof Refusal) throw refused(reply, database);
      return connectTo(addressOf(reply))(stop);
    },
  };
}

interface Login {
  username?: string;
  /** Absent: nobody logs in. */
  password?: string | undefined;
  database: number;
}

/** What a server says of itself; nothing where it is older than Redis 6. */
interface Hello {
  mode?: string;
  role?: string;
}

/** Logs in and selects the database, in one round trip. HELLO needs no permission. */
async function logIn(connection: Connection, { username, password, database }: Login): Promise<Hello> {
  const commands: Command[] = [['HELLO', '2']];
  if (password !== undefined) {
    commands.unshift(username === undefined ? ['AUTH', password] : ['AUTH', username, password]);
  }
  // Every connection begins in database 0, which is the only one of some servers.
  if (database !== 0) commands.push(['SELECT', String(database)]);
  const replies = await connection.ask(commands);
  let hello: Hello = {};
  for (const [index, reply] of replies.entries()) {
    const isHello = commands[index]?.[0] === 'HELLO';
    if (reply instanceof Refusal && !(isHello && kindOf(reply.text) === 'ERR'))
      throw refused(reply, database);
    if (isHello && Array.isArray(reply))
      hello = { mode: fieldOf('mode', reply), role: fieldOf('role', reply) };
  }
  return hello;
}

/** HELLO answers names and values by turns. */
function fieldOf(name: string, hello: Reply[]): string {
  return String(hello.find((_, index) => index % 2 === 1 && String(hello[index - 1]) === name));
}

function problemOf(topology: Topology, { mode, role }: Hello) {
  if (mode === undefined) return undefined;
  if (topology === 'CLUSTER') return mode === 'cluster' ? undefined : noCluster;
  if (mode === 'cluster' || mode === 'sentinel') return isCluster;
  return topology === 'SENTINEL' && role !== 'master' ? notPrimary : undefined;
}

/** @param reply host and port; null: the Sentinel knows no primary of this name */
function addressOf(reply: Reply | undefined): Address {
  if (!Array.isArray(reply)) throw new DriverFailure(unknownPrimary);
  const [host, port] = reply.map(String);
  if (!host || !isPort(Number(port))) throw new DriverFailure(unknownPrimary);
  return { host, port: Number(port) };
}

export function isPort(port: unknown): port is number {
  return Number.isInteger(port) && Number(port) >= 1 && Number(port) <= 65_535;
}
