import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { OutboundGuard } from '../../security/outbound.ts';
import { DriverFailure } from '../errors.ts';
import type { RedisSettings } from './config.ts';
import { noTls } from './failures.ts';

const keepAliveMs = 60_000;
/**
 * Longest TLS handshake. A Redis without TLS takes the beginning of one for a line that has not ended, and
 * waits: without this limit of its own, the wrong setting would look like a slow server.
 */
const handshakeMs = 10_000;

/** Where a server listens, and how it is spoken to there. */
export type Server = Pick<RedisSettings, 'host' | 'port' | 'tls' | 'tlsCa'>;

/**
 * Connects, through the guard.
 * @throws ProviderError when the host is an address that must not be connected to
 */
export function openSocket({ host, port, tls, tlsCa }: Server, outbound: OutboundGuard): Socket {
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
