import type { OutboundGuard } from '../../security/outbound.ts';
import { DriverFailure } from '../errors.ts';
import type { RedisSecrets, RedisSettings } from './config.ts';
import { type Connection, openConnection } from './connection.ts';
import { failureOfRefusal, isCluster, kindOf } from './failures.ts';
import { type Command, Refusal, type Reply } from './resp.ts';

/** Asks the database of a storage, over one connection that is opened when it is needed. */
export interface RedisClient {
  /**
   * Sends the commands in one go and answers their replies, in order; refusals are among them. Rejects at
   * once when the signal is aborted; what was sent may still be done.
   */
  ask(commands: readonly Command[], signal: AbortSignal): Promise<Reply[]>;
  close(): void;
}

interface Session {
  connection: Connection;
  /** Logged in, and in the right database. */
  ready: Promise<void>;
  /** Requests that wait on it. */
  users: number;
}

/** A client that has not connected yet. */
export function createClient(
  settings: RedisSettings,
  secrets: RedisSecrets,
  outbound: OutboundGuard,
): RedisClient {
  let current: Session | undefined;
  let closed = false;

  function open(): Session {
    const connection = openConnection(settings, outbound);
    return { connection, ready: logIn(connection, settings, secrets), users: 0 };
  }

  /** Nobody begins on it any more; it ends with the last request that waits on it. */
  function retire(session: Session): void {
    if (current === session) current = undefined;
  }

  return {
    async ask(commands, signal) {
      signal.throwIfAborted();
      if (closed) throw new DriverFailure({ code: 'CONNECTION_LOST' });
      if (current?.connection.over) current = undefined;
      current ??= open();
      const session = current;
      session.users++;
      try {
        await unlessAborted(session.ready, signal).catch((error: unknown) => {
          retire(session);
          throw error;
        });
        signal.throwIfAborted();
        return await unlessAborted(session.connection.ask(commands), signal);
      } catch (error) {
        // The response may never come, and everything asked behind it would wait, too.
        if (signal.aborted) retire(session);
        throw error;
      } finally {
        session.users--;
        if (session !== current && session.users === 0) session.connection.destroy();
      }
    },
    close() {
      closed = true;
      current?.connection.destroy();
      current = undefined;
    },
  };
}

/**
 * Logs in and selects the database, in one round trip. HELLO needs no permission and tells what kind of
 * server it is; those before Redis 6 do not know it, and are taken for stand-alone ones.
 */
async function logIn(
  connection: Connection,
  { credentials, username = '', database }: RedisSettings,
  { password = '' }: RedisSecrets,
): Promise<void> {
  const commands: Command[] = [];
  if (credentials === 'PASSWORD') commands.push(['AUTH', password]);
  if (credentials === 'USER') commands.push(['AUTH', username, password]);
  commands.push(['HELLO', '2']);
  // Every connection begins in database 0, which is the only one of some servers.
  if (database !== 0) commands.push(['SELECT', String(database)]);
  const replies = await connection.ask(commands);
  for (const [index, reply] of replies.entries()) {
    const isHello = commands[index]?.[0] === 'HELLO';
    if (reply instanceof Refusal && !(isHello && kindOf(reply.text) === 'ERR'))
      throw refused(reply, database);
    if (isHello && Array.isArray(reply) && !isStandalone(reply)) throw new DriverFailure(isCluster);
  }
}

/** HELLO answers names and values by turns. */
function isStandalone(hello: Reply[]): boolean {
  const mode = hello.find((_, index) => String(hello[index - 1]) === 'mode');
  return !['cluster', 'sentinel'].includes(String(mode));
}

/** A refusal as an error; of the server's text only the kind stays. */
export function refused({ text }: Refusal, database: number): DriverFailure {
  return new DriverFailure(failureOfRefusal(text, database), new Error(`Redis answered ${kindOf(text)}.`));
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    if (signal.aborted) onAbort();
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
