import { type LookupAddress, type LookupAllOptions, lookup as lookupDns } from 'node:dns';
import { type ClientRequestArgs, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent, type RequestOptions } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { Duplex } from 'node:stream';
import { getCACertificates } from 'node:tls';
import { ProviderError } from '../errors.ts';
import {
  type Address,
  type AllowEntry,
  contains,
  describeSpecial,
  parseAddress,
  parseAllow,
  parseHost,
} from './outbound-addresses.ts';
import { createFetch } from './outbound-fetch.ts';

/**
 * The one guard in front of every address that a user can name. Default: only public unicast
 * addresses; OUTBOUND_ALLOW opens others on purpose. Checked at connect time on the address really
 * used, so a name that changes its mind between check and connection is refused too.
 */
export interface OutboundGuard {
  /** Early, friendly answer for a host or URL in an input; throws ProviderError ADDRESS_NOT_ALLOWED or DNS_FAILURE. */
  check(hostOrUrl: string, signal?: AbortSignal): Promise<void>;
  /** For SDK clients: agents that refuse at connect time, IP literals included. */
  httpAgent: HttpAgent;
  httpsAgent: HttpsAgent;
  /** For clients that take only a look-up function (ioredis, tls.connect). Literals do not pass through it. */
  lookup: LookupFunction;
  /** As `lookup`, for a connection to this port: entries of OUTBOUND_ALLOW that name a port count only here. */
  lookupFor(port: number): LookupFunction;
  /** For clients that take nothing: call with the literal host before connecting; throws as `check` does. */
  assertLiteral(host: string, port: number): void;
  /** Whether OUTBOUND_ALLOW has an entry for this host, a name or an address, and port: more than being public. */
  names(host: string, port: number): boolean;
  /** fetch() through the guard, redirects not followed. */
  fetch: typeof fetch;
  /** The same guard for https connections that also trust these authorities (PEM), beside the usual ones. */
  trusting(authorities: string): OutboundGuard;
}

/** All addresses of a name; rejects with the codes of node:dns. */
export type Resolve = (hostname: string, options: LookupAllOptions) => Promise<LookupAddress[]>;

export interface OutboundOptions {
  /**
   * Entries of OUTBOUND_ALLOW. A name opens whatever it resolves to, for connections by that name; an address or
   * range opens itself however it was reached; a port narrows either.
   */
  allow: readonly string[];
  /** Name resolution; default: the system's. */
  resolve?: Resolve;
}

const defaultPorts = new Map([
  ['http:', 80],
  ['https:', 443],
  ['redis:', 6379],
  ['rediss:', 6379],
]);
/** The system's resolver takes no signal, so `check` stops waiting for it. */
const lookupTimeoutMs = 10_000;

/** Builds the guard. Throws ConfigError for an entry of `allow` that cannot be read. */
export function createOutboundGuard({ allow, resolve = resolveBySystem }: OutboundOptions): OutboundGuard {
  const entries = parseAllow(allow);
  const portMatches = (entry: AllowEntry, port?: number) => entry.port === undefined || entry.port === port;

  const nameAllowed = (host: string, port?: number) => {
    const parsed = parseHost(host);
    if (!parsed || !('name' in parsed)) return false;
    return entries.some((entry) => 'name' in entry && entry.name === parsed.name && portMatches(entry, port));
  };

  const addressAllowed = (address: Address, port?: number) =>
    entries.some((entry) => 'range' in entry && contains(entry.range, address) && portMatches(entry, port));

  /** Why this address must not be connected to; undefined: it may. */
  const refusal = (address: Address | undefined, port?: number) => {
    if (!address) return 'not an IP address';
    return addressAllowed(address, port) ? undefined : describeSpecial(address);
  };

  const names = (host: string, port: number) => {
    const parsed = parseHost(host);
    return parsed && 'address' in parsed ? addressAllowed(parsed.address, port) : nameAllowed(host, port);
  };

  const assertLiteral = (host: string, port?: number) => {
    const parsed = parseHost(host);
    const reason = parsed && 'address' in parsed && refusal(parsed.address, port);
    if (reason) throw notAllowed(`"${host}" is ${reason}`);
  };

  const lookupFor =
    (port?: number): LookupFunction =>
    (hostname, options, callback) => {
      resolve(hostname, { ...options, all: true }).then(
        (addresses) => {
          const byName = nameAllowed(hostname, port);
          const reasons = addresses.map(({ address }) =>
            byName ? undefined : refusal(parseAddress(address), port),
          );
          const usable = addresses.filter((_, index) => reasons[index] === undefined);
          const [first] = usable;
          if (!first) callback(notAllowed(`"${hostname}" resolves to ${reasons[0] ?? 'no address'}`), '');
          else if (options.all) callback(null, usable);
          else callback(null, first.address, first.family);
        },
        (error: NodeJS.ErrnoException) => callback(error, ''),
      );
    };

  async function check(hostOrUrl: string, signal?: AbortSignal): Promise<void> {
    const { host, port } = parseTarget(hostOrUrl);
    const parsed = parseHost(host);
    if (!parsed) throw notAllowed('What was given is not a host name or an IP address');
    if ('address' in parsed) return assertLiteral(host, port);
    const addresses = await resolveWithin(resolve, parsed.name, signal);
    if (nameAllowed(parsed.name, port)) return;
    for (const { address } of addresses) {
      const reason = refusal(parseAddress(address), port);
      if (reason) throw notAllowed(`"${parsed.name}" resolves to ${reason}`);
    }
  }

  const guard = { assertLiteral, lookupFor };
  const httpAgent = new GuardedHttpAgent(guard);
  const trusts = new Map<string, OutboundGuard>();
  function trusting(authorities: string): OutboundGuard {
    const known = trusts.get(authorities) ?? guardWith(new GuardedHttpsAgent(guard, authorities));
    // The latest last: the first is the one that nobody has asked for the longest.
    trusts.delete(authorities);
    trusts.set(authorities, known);
    for (const oldest of trusts.keys()) if (trusts.size > trustLimit) trusts.delete(oldest);
    return known;
  }
  function guardWith(httpsAgent: HttpsAgent): OutboundGuard {
    const fetch = createFetch({ httpAgent, httpsAgent });
    return {
      check,
      httpAgent,
      httpsAgent,
      lookup: lookupFor(),
      lookupFor,
      assertLiteral,
      names,
      fetch,
      trusting,
    };
  }
  return guardWith(new GuardedHttpsAgent(guard));
}

/** Agents that are kept with authorities of their own; a connection that is open outlives its agent's place. */
const trustLimit = 64;

type ConnectionGuard = Pick<OutboundGuard, 'assertLiteral' | 'lookupFor'>;
type ConnectionCallback = (error: Error | null, stream: Duplex) => void;

const agentOptions = { keepAlive: true, maxSockets: 256, maxFreeSockets: 64 };

class GuardedHttpAgent extends HttpAgent {
  readonly #guard: ConnectionGuard;
  constructor(guard: ConnectionGuard) {
    super(agentOptions);
    this.#guard = guard;
  }
  override createConnection(options: ClientRequestArgs, callback?: ConnectionCallback) {
    const safe = guardConnection(this.#guard, options, 80, callback);
    return safe && super.createConnection(safe, callback);
  }
}

class GuardedHttpsAgent extends HttpsAgent {
  readonly #guard: ConnectionGuard;
  constructor(guard: ConnectionGuard, authorities?: string) {
    const ca = authorities && [...getCACertificates('default'), authorities];
    super({ ...agentOptions, ...(ca && { ca }) });
    this.#guard = guard;
  }
  override createConnection(options: RequestOptions, callback?: ConnectionCallback) {
    const safe = guardConnection(this.#guard, options, 443, callback);
    return safe && super.createConnection(safe, callback);
  }
}

/** The options that make the connection a guarded one; undefined: refused, and the callback has heard why. */
function guardConnection<Options extends ClientRequestArgs>(
  guard: ConnectionGuard,
  options: Options,
  defaultPort: number,
  callback: ConnectionCallback | undefined,
): Options | undefined {
  try {
    if (options.socketPath) throw notAllowed('What was given is a local socket');
    const port = Number(options.port ?? defaultPort);
    guard.assertLiteral(options.host ?? 'localhost', port);
    return { ...options, lookup: guard.lookupFor(port) };
  } catch (error) {
    // The agent passes the error on to the request; the type demands a stream that there is none of.
    callback?.(error as Error, undefined as never);
    return undefined;
  }
}

function parseTarget(text: string): { host: string; port: number | undefined } {
  if (!text.includes('://')) {
    const [, host = text, port] = /^(\[.*\]|[^:]*):(\d{1,5})$/.exec(text) ?? [];
    return { host, port: port === undefined ? undefined : Number(port) };
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url) throw notAllowed('What was given is not a URL');
  const defaultPort = defaultPorts.get(url.protocol);
  if (!defaultPort) {
    throw notAllowed(`"${url.protocol}" is not a scheme to connect by`, 'Use http, https, redis or rediss.');
  }
  return { host: url.hostname, port: url.port ? Number(url.port) : defaultPort };
}

function resolveBySystem(hostname: string, options: LookupAllOptions): Promise<LookupAddress[]> {
  return new Promise((resolve, reject) => {
    lookupDns(hostname, options, (error, addresses) => (error ? reject(error) : resolve(addresses)));
  });
}

async function resolveWithin(resolve: Resolve, name: string, signal?: AbortSignal): Promise<LookupAddress[]> {
  const timeout = AbortSignal.timeout(lookupTimeoutMs);
  const stop = signal ? AbortSignal.any([signal, timeout]) : timeout;
  try {
    stop.throwIfAborted();
    return await Promise.race([
      resolve(name, { all: true }),
      new Promise<never>((_, reject) =>
        stop.addEventListener('abort', () => reject(stop.reason), { once: true }),
      ),
    ]);
  } catch (cause) {
    signal?.throwIfAborted();
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    throw new ProviderError({
      code: 'DNS_FAILURE',
      message: `The name "${name}" could not be resolved.`,
      hint: 'Check its spelling, and that the service can reach a name server that knows it.',
      capability: 'CONNECT',
      retryable: code !== 'ENOTFOUND' && code !== 'ENODATA',
      cause,
    });
  }
}

function notAllowed(what: string, hint?: string): ProviderError {
  return new ProviderError({
    code: 'ADDRESS_NOT_ALLOWED',
    message: `${what}: only public addresses may be connected to.`,
    hint:
      hint ??
      'Use a public address, or ask an administrator of the service to name this one in OUTBOUND_ALLOW.',
    capability: 'CONNECT',
    retryable: false,
  });
}
