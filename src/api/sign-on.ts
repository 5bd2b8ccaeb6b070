import type { IncomingMessage } from 'node:http';
import { isIPv6 } from 'node:net';
import type { Config } from '../config.ts';
import { UnauthenticatedError } from '../errors.ts';

/** Who a proxy in front has signed on, by e-mail address; undefined: it says nothing of anybody. */
export type SignedOn = (request: IncomingMessage) => string | undefined;

/**
 * Reads the header that a trusted proxy sets. It is judged by the address that connects, whatever other headers say
 * of where the request came from.
 * @throws UnauthenticatedError for the header of anybody else, and for more than one
 */
export function createSignedOn(config: Config['signOn']): SignedOn {
  if (!config) return () => undefined;
  const { header, proxies } = config;
  return ({ socket, headersDistinct }) => {
    const values = headersDistinct[header];
    if (!values) return undefined;
    const address = socket.remoteAddress ?? '';
    if (!proxies.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')) {
      throw new UnauthenticatedError(`Only the proxy in front may send the header ${header}.`);
    }
    const [email, ...more] = values;
    if (more.length > 0 || email === undefined || email.includes(',')) {
      throw new UnauthenticatedError(`Expected one e-mail address in the header ${header}.`);
    }
    return email;
  };
}

/**
 * Whether a request is none of another site's page: browsers send what signs people on with those, too, and say whose
 * page it is. Source: Fetch Metadata Request Headers, section 2.3.
 */
export function isOfThisSite({ headers }: IncomingMessage, publicUrl: string | null): boolean {
  const { origin, host, 'sec-fetch-site': site } = headers;
  if (origin === undefined) return site === undefined || site === 'same-origin' || site === 'none';
  return URL.parse(origin)?.host === host || (publicUrl !== null && URL.parse(publicUrl)?.origin === origin);
}
