import { DriverFailure } from '../errors.ts';
import type { Command, Connection, Reply } from './connection.ts';

/** Asks one server, over one connection that is opened when it is needed. */
export interface RedisClient {
  /**
   * Sends the commands in one go and answers their replies, in order; refusals are among them. Rejects at
   * once when the signal is aborted; what was sent may still be done.
   */
  ask(commands: readonly Command[], signal: AbortSignal): Promise<Reply[]>;
  close(): void;
}

/** Opens a connection, logged in and in the right database. What it has opened ends with the signal. */
export type Connect = (stop: AbortSignal) => Promise<Connection>;

interface Session {
  ready: Promise<Connection>;
  /** Known once it is ready. */
  connection?: Connection;
  stop: AbortController;
  /** Requests that wait on it. */
  users: number;
}

/** A client that has not connected yet. */
export function createClient(connect: Connect): RedisClient {
  let current: Session | undefined;
  let closed = false;

  function open(): Session {
    const stop = new AbortController();
    const session: Session = { stop, users: 0, ready: connect(stop.signal) };
    session.ready.then(
      (connection) => (session.connection = connection),
      () => retire(session),
    );
    return session;
  }

  /** Nobody begins on it any more; it ends with the last request that waits on it. */
  function retire(session: Session): void {
    if (current === session) current = undefined;
  }

  return {
    async ask(commands, signal) {
      signal.throwIfAborted();
      if (closed) throw new DriverFailure({ code: 'CONNECTION_LOST' });
      if (current?.connection?.over) current = undefined;
      current ??= open();
      const session = current;
      session.users++;
      try {
        const connection = await unlessAborted(session.ready, signal);
        signal.throwIfAborted();
        return await unlessAborted(connection.ask(commands), signal);
      } catch (error) {
        // The response may never come, and everything asked behind it would wait, too.
        if (signal.aborted) retire(session);
        throw error;
      } finally {
        session.users--;
        if (session !== current && session.users === 0) session.stop.abort();
      }
    },
    close() {
      closed = true;
      current?.stop.abort();
      current = undefined;
    },
  };
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
