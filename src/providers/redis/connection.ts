import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { OutboundGuard } from '../../security/outbound.ts';
import { DriverFailure } from '../errors.ts';
import type { RedisSettings } from './config.ts';
import { brokenOffAtOnce, noTls, notRedis } from './failures.ts';
import { type Command, encode, type Reply, replyReader } from './resp.ts';

/** Upper bound of what the response to one request may take, since any host may be named as a server. */
const responseLimit = 16 * 1024 * 1024;
const keepAliveMs = 60_000;
/**
 * Longest TLS handshake. A Redis without TLS takes the beginning of one for a line that has not ended, and
 * waits: without this limit of its own, the wrong setting would look like a slow server.
 */
const handshakeMs = 10_000;

/** One connection to a server, shared by all that ask: replies come in the order of the commands. */
export interface Connection {
  /** Sends the commands in one go and answers their replies, refusals among them. Rejects when it breaks. */
  ask(commands: readonly Command[]): Promise<Reply[]>;
  /** Broken or closed: of no more use. */
  readonly over: boolean;
  /** Ends it at once; whoever still waits is told that it was lost. */
  destroy(): void;
}

interface Waiting {
  count: number;
  replies: Reply[];
  resolve(replies: Reply[]): void;
  reject(error: unknown): void;
}

/**
 * Connects, through the guard. Answers before the connection stands: the first commands wait for it.
 * @throws ProviderError when the host is an address that must not be connected to
 */
export function openConnection(settings: RedisSettings, outbound: OutboundGuard): Connection {
  const socket = openSocket(settings, outbound);
  const waiting: Waiting[] = [];
  let received = 0;
  let heard = false;
  let failure: Error | undefined;
  let over = false;

  const read = replyReader(responseLimit, (reply) => {
    const [first] = waiting;
    if (!first) throw new DriverFailure(notRedis);
    first.replies.push(reply);
    if (first.replies.length < first.count) return;
    received = 0;
    waiting.shift();
    first.resolve(first.replies);
  });

  socket.on('data', (bytes: Buffer) => {
    heard = true;
    received += bytes.length;
    try {
      if (waiting.length === 0 || received > responseLimit) throw new DriverFailure(notRedis);
      read(bytes);
    } catch (error) {
      socket.destroy(error as Error);
    }
  });
  socket.on('error', (error) => {
    failure ??= error;
  });
  socket.on('close', () => {
    over = true;
    const error = heard ? (failure ?? lost()) : brokenOff(failure, settings);
    for (const { reject } of waiting.splice(0)) reject(error);
  });

  return {
    ask(commands) {
      if (commands.length === 0) return Promise.resolve([]);
      return new Promise((resolve, reject) => {
        if (over || socket.destroyed) {
          reject(failure ?? lost());
          return;
        }
        waiting.push({ count: commands.length, replies: [], resolve, reject });
        socket.cork();
        for (const piece of encode(commands)) socket.write(piece);
        socket.uncork();
      });
    },
    get over() {
      return over || socket.destroyed;
    },
    destroy: () => void socket.destroy(),
  };
}

const lost = () => new DriverFailure({ code: 'CONNECTION_LOST' });

/** Why a connection ended before a byte came: servers that speak TLS end it so when they are not spoken to in TLS. */
function brokenOff(failure: Error | undefined, { tls }: RedisSettings): Error {
  const code = failure && 'code' in failure ? failure.code : undefined;
  const isLost = failure === undefined || code === 'ECONNRESET' || code === 'EPIPE';
  if (isLost) return tls ? lost() : new DriverFailure(brokenOffAtOnce, failure);
  return failure;
}

function openSocket({ host, port, tls, tlsCa }: RedisSettings, outbound: OutboundGuard): Socket {
  // Addresses do not pass through the look-up.
  outbound.assertLiteral(host, port);
  const options = { host, port, lookup: outbound.lookupFor(port), noDelay: true };
  if (!tls) return connect(options).setKeepAlive(true, keepAliveMs);
  // Only names may be sent ahead of the certificate (RFC 6066 section 3).
  const socket = connectTls({ ...options, ca: tlsCa, ...(isIP(host) === 0 && { servername: host }) });
  let handshake: NodeJS.Timeout | undefined;
  socket.once('connect', () => {
    handshake = setTimeout(() => socket.destroy(new DriverFailure(noTls)), handshakeMs);
  });
  for (const over of ['secureConnect', 'close']) socket.once(over, () => clearTimeout(handshake));
  return socket.setKeepAlive(true, keepAliveMs);
}
