import type { Socket } from 'node:net';
import { AbstractConnector, Command as ClientCommand, Redis } from 'ioredis';
import type { OutboundGuard } from '../../security/outbound.ts';
import { DriverFailure } from '../errors.ts';
import { brokenOffAtOnce } from './failures.ts';
import { gated, replyGate } from './gate.ts';
import { openSocket, type Server } from './socket.ts';

/** A command and its arguments. */
export type Command = readonly [name: string, ...arguments: (string | Uint8Array)[]];

/** A string, an integer, an absent value, a refusal, or a list of such. */
export type Reply = Buffer | number | null | Refusal | Reply[];

/** An error reply: the server understood and refused. */
export class Refusal {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** One connection to a server, shared by all that ask: replies come in the order of the commands. */
export interface Connection {
  /** Sends the commands in one go and answers their replies, refusals among them. Rejects when it breaks. */
  ask(commands: readonly Command[]): Promise<Reply[]>;
  /** Broken or closed: of no more use. */
  readonly over: boolean;
  /** Ends it at once; whoever still waits is told that it was lost. */
  destroy(): void;
}

/**
 * A client that is no more than a connection: it neither logs in nor selects a database (after a refusal it
 * would go on in database 0), and sends nothing on its own, so that replies can be counted.
 */
const plainConnection = {
  lazyConnect: true,
  retryStrategy: () => null,
  maxRetriesPerRequest: 0,
  enableReadyCheck: false,
  disableClientInfo: true,
  connectTimeout: 0,
} as const;

/**
 * Connects, through the guard and behind the gate. Answers before the connection stands: the first commands
 * wait for it, and are told when the guard refuses.
 * @param stop ends it
 */
export function openConnection(server: Server, outbound: OutboundGuard, stop: AbortSignal): Connection {
  const gate = replyGate();
  let socket: Socket | undefined;
  let failure: Error | undefined;
  const fail = (error: Error) => {
    failure ??= error;
  };

  class Connector extends AbstractConnector {
    constructor() {
      super(0);
    }
    async connect(): Promise<Socket> {
      socket = gated(openSocket(server, outbound), gate);
      return socket.on('error', fail);
    }
    override disconnect(): void {
      socket?.destroy();
    }
  }

  // `tls` makes the client wait for the handshake, which is the connector's.
  const redis = new Redis({ ...plainConnection, Connector, ...(server.tls && { tls: {} }) });
  redis.on('error', fail);
  const connected = redis.connect();
  // Whoever asks is told.
  connected.catch(() => {});

  const destroy = () => redis.disconnect();
  stop.addEventListener('abort', destroy, { once: true });
  if (stop.aborted) destroy();

  /** Why the connection is over. */
  const reason = () => (socket?.bytesRead ? (failure ?? lost()) : brokenOff(failure, server));

  return {
    async ask(commands) {
      if (commands.length === 0) return [];
      await connected.catch(() => {
        throw reason();
      });
      gate.expect(commands.length);
      const replies: Promise<Exclude<Reply, Refusal>>[] = [];
      const batch = batchFor(redis);
      for (const [name, ...words] of commands) {
        const command = new ClientCommand(name, words.map(toArgument), { replyEncoding: null });
        redis.sendCommand(command, batch);
        replies.push(command.promise);
      }
      batch.end();
      const settled = await Promise.allSettled(replies);
      return settled.map((reply) => {
        if (reply.status === 'fulfilled') return reply.value;
        // Its error carries the command's arguments, of which one may be a password: only the text is taken.
        if (reply.reason.name === 'ReplyError') return new Refusal(reply.reason.message);
        throw reason();
      });
    },
    get over() {
      return redis.status === 'close' || redis.status === 'end';
    },
    destroy,
  };
}

/** Takes what the client writes, command by command, and gives it to the socket in as few pieces as can be. */
function batchFor(redis: Redis) {
  let text = '';
  const flush = () => {
    if (text !== '') redis.stream.write(text);
    text = '';
  };
  return {
    isPipeline: true as const,
    destination: { redis },
    write(piece: string | Buffer) {
      if (typeof piece === 'string') {
        text += piece;
        return;
      }
      flush();
      redis.stream.write(piece);
    },
    end: flush,
  };
}

/** The client takes bytes as Buffer only. */
function toArgument(word: string | Uint8Array): string | Buffer {
  return typeof word === 'string' ? word : Buffer.from(word.buffer, word.byteOffset, word.byteLength);
}

const lost = () => new DriverFailure({ code: 'CONNECTION_LOST' });

/** Why a connection ended before a byte came: servers that speak TLS end it so when they are not spoken to in TLS. */
function brokenOff(failure: Error | undefined, { tls }: Server): Error {
  const code = failure && 'code' in failure ? failure.code : undefined;
  const isLost = failure === undefined || code === 'ECONNRESET' || code === 'EPIPE';
  if (isLost) return tls ? lost() : new DriverFailure(brokenOffAtOnce, failure);
  return failure;
}
