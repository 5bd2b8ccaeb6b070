import { type Connect, createClient } from './client.ts';
import type { Command, Reply } from './connection.ts';
import { accepted, acceptedLogin, type Scanned, toScanned } from './responses.ts';

/** The keys of a storage, on whatever servers they are. */
export interface Keyspace {
  /** Sends commands whose first argument is their key; answers the replies in order, refusals among them. */
  ask(commands: readonly Command[], signal: AbortSignal): Promise<Reply[]>;
  /**
   * Some of the keys, of which some may come twice.
   * @param cursor where the call before said to go on; '0': from the start, and in the response: that was all
   * @param options further words of SCAN
   */
  scan(cursor: string, options: readonly string[], signal: AbortSignal): Promise<Scanned>;
  /** Asks every server that holds keys for a sign of life. */
  authenticate(signal: AbortSignal): Promise<void>;
  close(): void;
}

/** The keys of one server. @param database its number, named where it does not exist */
export function openServer(connect: Connect, database: number): Keyspace {
  const client = createClient(connect);
  async function one(command: Command, signal: AbortSignal) {
    const [reply] = await client.ask([command], signal);
    return reply;
  }
  return {
    ask: client.ask,
    scan: async (cursor, options, signal) =>
      toScanned(accepted(await one(['SCAN', cursor, ...options], signal), database)),
    async authenticate(signal) {
      acceptedLogin(await one(['PING'], signal), database);
    },
    close: client.close,
  };
}
