import { isIPv6 } from 'node:net';
import { z } from 'zod';
import { ValidationError } from '../../errors.ts';
import { isCertificates, quoted, text, unlike } from '../fields.ts';
import type { Location } from '../provider.ts';

/**
 * Settings and secrets of Redis, where they point, and how URIs read. URIs follow the provisional scheme
 * `redis` of the IANA registry, `redis://host:port/database`, with the key as one more part of the path;
 * clusters and primaries behind a Sentinel have schemes of their own.
 */

function integer(expected: string, minimum: number, maximum: number) {
  const error = ({ input }: { input?: unknown }) => unlike(expected, input);
  return z.int({ error }).min(minimum, { error }).max(maximum, { error });
}

function flag() {
  return z.boolean({ error: ({ input }) => unlike('true or false', input) });
}

const host = text('a host name or IP address').transform((input, context) => {
  const canonical = canonicalHost(input.trim());
  if (canonical) return canonical;
  // An address with a password in it is a likely mistake, so it is not repeated.
  const came = input.includes('@') || input.includes('://') ? 'a URL or more' : quoted(input);
  context.addIssue({
    code: 'custom',
    message: `expected a host name or IP address alone, like "redis.example.com", got ${came}`,
  });
  return z.NEVER;
});

/** One spelling for each host: lower case, no dot at the end, IP addresses in their usual form without brackets. */
function canonicalHost(input: string): string | undefined {
  const written = isIPv6(input) ? `[${input}]` : input;
  const isName = !/[\s/?#@:%\\[\]]/.test(written);
  if (!(isName || /^\[[^\]]*\]$/.test(written)) || !URL.canParse(`http://${written}`)) return undefined;
  return new URL(`http://${written}`).hostname.replace(/^\[|\]$|\.$/g, '') || undefined;
}

/** How the servers work together, and which of them `host` and `port` name. */
export const topologies = ['STANDALONE', 'CLUSTER', 'SENTINEL'] as const;
export type Topology = (typeof topologies)[number];

/** What a new storage has where nothing is said. */
export const redisDefaults = {
  host: 'localhost',
  port: 6379,
  topology: 'STANDALONE',
  database: 0,
  tls: false,
} as const;

/** Stored and shown. Issues of the credentials carry the paths of the GraphQL input, `credentials.user.username`. */
export const redisSettings = z
  .strictObject({
    host: host.default(redisDefaults.host),
    port: integer('a port from 1 to 65535', 1, 65_535).default(redisDefaults.port),
    /** Absent: STANDALONE. */
    topology: z
      .enum(topologies, {
        error: ({ input }) => unlike('STANDALONE, CLUSTER or SENTINEL', input),
      })
      .optional(),
    /** By what name the Sentinel knows the primary. */
    primaryName: z
      .string()
      .regex(/^[\w.-]{1,255}$/, {
        error: ({ input }) => unlike('the name of a primary: letters, digits, ".", "-" and "_"', input),
      })
      .optional(),
    /** How many there are only the server knows: 16 unless configured otherwise. */
    database: integer('the number of a database, 0 or more', 0, 2 ** 31 - 1).default(redisDefaults.database),
    /** What every key begins with, exactly as written: `tasks:` and `tasks/` are usual, `a` also takes in `ab`. */
    path: text('a key prefix')
      .refine((path) => path.isWellFormed() && !path.includes('\0'), {
        error: 'expected a key prefix without NUL and of whole characters',
      })
      .default(''),
    tls: flag().default(redisDefaults.tls),
    /** Certificates to trust instead of the usual authorities, PEM. */
    tlsCa: text('certificates in PEM form').trim().optional(),
    credentials: z
      .enum(['NONE', 'PASSWORD', 'USER'], {
        error: ({ input }) => unlike('exactly one of none, password and user', input),
      })
      .default('NONE'),
    username: z.string().optional(),
  })
  .superRefine((settings, context) => {
    for (const [path, message] of problems(settings)) {
      context.addIssue({ code: 'custom', path: path.split('.'), message });
    }
  });

export type RedisSettings = z.infer<typeof redisSettings>;

function* problems(settings: RedisSettings): Iterable<[path: string, message: string]> {
  const { tls, tlsCa, credentials, username, topology, primaryName, database } = settings;
  if (topology === 'SENTINEL' && primaryName === undefined) {
    yield ['primaryName', 'expected the name of the primary, got nothing'];
  }
  if (topology !== 'SENTINEL' && primaryName !== undefined) {
    yield ['primaryName', 'expected none unless the topology is SENTINEL'];
  }
  if (topology === 'CLUSTER' && database !== 0) yield ['database', 'expected 0, the only one of a cluster'];
  if (tlsCa !== undefined && !tls) yield ['tlsCa', 'expected none while tls is off'];
  else if (tlsCa !== undefined && !isCertificates(tlsCa)) {
    yield [
      'tlsCa',
      'expected certificates in PEM form: "-----BEGIN CERTIFICATE-----" and so on, no private key',
    ];
  }
  if (credentials !== 'USER' && username !== undefined) {
    yield ['credentials.user', `expected none beside ${credentials.toLowerCase()}`];
  }
  // "ACL SETUSER": user names have neither spaces nor NUL.
  if (credentials === 'USER' && !/^[^\s\0]{1,255}$/.test(username ?? '')) {
    yield ['credentials.user.username', unlike('the name of a user, without spaces', username)];
  }
}

const longestPassword = 4096;

/** Stored encrypted, never shown. */
export const redisSecrets = z.strictObject({
  password: z.string().optional(),
  /** Of the Sentinel itself, where it asks for one. */
  sentinelPassword: z.string().optional(),
});

export type RedisSecrets = z.infer<typeof redisSecrets>;

/**
 * What needs both halves: a password with PASSWORD and USER, none with NONE. Which of the two it is also says
 * where the password stands in the input.
 * @throws ValidationError
 */
export function checkCredentials(settings: RedisSettings, secrets: RedisSecrets): RedisSettings {
  const { password, sentinelPassword } = secrets;
  const passwordPath = settings.credentials === 'USER' ? 'credentials.user.password' : 'credentials.password';
  const refuse = (message: string, path = passwordPath) => new ValidationError([{ path, message }]);
  if (sentinelPassword !== undefined && settings.topology !== 'SENTINEL')
    throw refuse('expected none unless the topology is SENTINEL', 'sentinelPassword');
  if (sentinelPassword === '' || (sentinelPassword ?? '').length > longestPassword)
    throw refuse(`expected a password of 1 to ${longestPassword} characters`, 'sentinelPassword');
  if (settings.credentials === 'NONE') {
    if (password !== undefined) throw refuse('expected none beside none');
    return settings;
  }
  if (password === undefined) throw refuse('expected a password, got nothing');
  if (password === '') throw refuse('expected a password, got an empty one');
  if (password.length > longestPassword)
    throw refuse(`expected a password of up to ${longestPassword} characters`);
  return settings;
}

/**
 * Where a storage points. With and without TLS the container is the same: a port speaks one of the two, so
 * that the setting tells no two containers apart.
 */
export function redisLocation(settings: RedisSettings): Location {
  return { container: containerOf(settings), prefix: settings.path };
}

/**
 * `redis://host:port/database`, a host of IPv6 in brackets; `redis-cluster://host:port/0` by the node that the
 * storage names, `redis-sentinel://host:port/primary/database`.
 */
function containerOf({ host, port, database, topology, primaryName }: RedisSettings): string {
  const server = `${isIPv6(host) ? `[${host}]` : host}:${port}`;
  if (topology === 'CLUSTER') return `redis-cluster://${server}/${database}`;
  if (topology === 'SENTINEL') return `redis-sentinel://${server}/${primaryName}/${database}`;
  return `redis://${server}/${database}`;
}

/** The container, then the key percent-encoded but for `/` and `:`, by which Redis keys are built. */
export function redisUri(settings: RedisSettings, key: string): string {
  const escaped = encodeURIComponent(key).replace(/[!'()*]/g, percent);
  return `${containerOf(settings)}/${escaped.replaceAll('%2F', '/').replaceAll('%3A', ':')}`;
}

/** encodeURIComponent leaves these; URIs stand in HTML attributes and CSS, where they mean something. */
function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

/** Inverse of `redisUri`; undefined: of another container, or no URI of an object. */
export function redisKeyOf(settings: RedisSettings, uri: string): string | undefined {
  const start = `${containerOf(settings)}/`;
  if (!uri.startsWith(start) || uri.length === start.length) return undefined;
  try {
    return decodeURIComponent(uri.slice(start.length));
  } catch {
    return undefined;
  }
}
