import { realpathSync, statSync } from 'node:fs';
import { BlockList, isIP, isIPv6 } from 'node:net';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { ConfigError } from './errors.ts';
import { type Role, roles } from './organizations/model.ts';
import { isMixed } from './providers/local-files/paths.ts';

/**
 * The only reader of the process environment: read and checked once, at the start, then frozen. A wrong
 * setting stops the start with its name, what was expected and what came.
 */
export interface Config {
  /** null: an embedded PostgreSQL in the data directory. */
  databaseUrl: string | null;
  databaseConnections: number;
  /** Parts that large tables are made in, hashed by project; null: as the database has it, else undivided. */
  partitions: number | null;
  /** Absolute. Holds the embedded database, the encryption key and the demonstration files. */
  dataDirectory: string;
  /** null: kept in the data directory. */
  encryptionKeys: string | null;
  host: string;
  /** 0: any free port. */
  port: number;
  /** What browsers reach the service under, without a slash at the end; null: the address listened on. */
  publicUrl: string | null;
  outboundAllow: readonly string[];
  localFiles: {
    /** Absolute real path; null: none. */
    documentRoot: string | null;
    serving: boolean;
    /** false: the provider is not offered at all. */
    enabled: boolean;
  };
  worker: {
    /** Syncs that one worker runs at a time. */
    concurrency: number;
    /** How long a worker may be silent before another takes its sync over. */
    leaseSeconds: number;
    /** The same for objects that it writes to a target storage. */
    exportLeaseSeconds: number;
    /** Objects that one sync reads at a time. */
    readConcurrency: number;
  };
  /** Origins of other pages whose scripts may call the API and read media: `https://label.example.com`. */
  corsOrigins: readonly string[];
  /** Who a proxy in front has signed on, as it says in a header; null: tokens alone. */
  signOn: { header: string; proxies: BlockList; role: Role | null } | null;
  /** Organizations that may use the service's own cloud credentials, by external ID. */
  ambientCredentials: 'first' | 'all' | readonly string[];
  /** Nodes that a user may ask for in a minute; 0: no limit. */
  rateLimit: number;
  media: {
    /** How long links to media hold, in seconds. */
    linkSeconds: number;
    /** Longest wait for a storage's next bytes, in milliseconds. */
    timeoutMs: number;
    /** Most bytes that an open-ended range gets at a time. */
    maxOpenRange: number;
    /** Objects that are read from storages for browsers at a time. */
    concurrency: number;
    /** Largest object that `resolvedData(inline: true)` puts into the data, in bytes. */
    inlineMaxSize: number;
  };
  graphiql: boolean;
  introspection: boolean;
  /** Answer queries that come by GET. */
  queriesByGet: boolean;
  logLevel: (typeof logLevels)[number];
  /** The environment as it came, for the providers' own chains of default credentials. */
  env: Readonly<Record<string, string | undefined>>;
}

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** Settings with their defaults and what they are for: the source of `longshore --help` and the README. */
export const settings = {
  DATABASE_URL: 'PostgreSQL 14 or newer; unset: an embedded one in the data directory',
  PARTITIONS:
    'parts, hashed by project, that large tables are made in; chosen when the database is made (default: undivided)',
  DATABASE_CONNECTIONS: 'connections of one process to the database (default 20)',
  DATA_DIR: 'where the service keeps its own files (default ./longshore-data)',
  ENCRYPTION_KEYS:
    '32-byte keys, base64 or hex, comma-separated, the first one seals; unset: a key file in the data directory',
  HOST: 'address to listen on (default 127.0.0.1)',
  PORT: 'port to listen on (default 4000; 0: any free one)',
  PUBLIC_URL: 'what browsers reach the service under; unset: the address listened on',
  OUTBOUND_ALLOW:
    'hosts, addresses, networks or host:port, comma-separated, that storages may point to though they are not public',
  LOCAL_FILES_DOCUMENT_ROOT: 'folder below which local files may be used',
  LOCAL_FILES_SERVING_ENABLED: 'serve local files to browsers (default false; needs the document root)',
  ENABLE_LOCAL_FILES_STORAGE: 'offer the local-files provider (default true)',
  WORKER_CONCURRENCY: 'syncs that one worker runs at a time (default 4)',
  WORKER_LEASE_SECONDS: 'silence after which another worker takes a sync over (default 15)',
  WORKER_EXPORT_LEASE_SECONDS: 'silence after which another worker takes exports over (default 60)',
  WORKER_READ_CONCURRENCY: 'objects that one sync reads at a time (default 16)',
  RESOLVE_LINK_MINUTES: 'how long links to media hold (default 60)',
  RESOLVER_PROXY_TIMEOUT: "seconds to wait for a storage's next bytes (default 20)",
  RESOLVER_PROXY_MAX_RANGE_SIZE: 'most bytes that an open-ended range gets at a time (default 8388608)',
  RESOLVER_PROXY_CONCURRENCY: 'objects read from storages for browsers at a time; more wait (default 32)',
  INLINE_MAX_SIZE:
    'largest object that resolvedData(inline: true) puts into the data, in bytes (default 262144)',
  AMBIENT_CREDENTIALS:
    "organizations that may use the service's own cloud credentials: first, all, or external IDs, comma-separated (default first)",
  CORS_ORIGINS:
    'origins of other pages whose scripts may call the API and read media (fetch, canvas), comma-separated (default none)',
  SIGN_ON_HEADER:
    'request header in which a proxy in front names who is signed on, by e-mail address, such as X-Forwarded-Email (default none)',
  SIGN_ON_PROXIES:
    'addresses or networks that the proxy connects from, comma-separated; the header of anybody else is refused',
  SIGN_ON_ROLE:
    'role in the first organization for people whom it does not know yet, such as ANNOTATOR (default: they are refused)',
  RATE_LIMIT: 'nodes that a user may ask for in a minute (default 1000000; 0: no limit)',
  NETWORK_PROFILE:
    'development, or hardened: no GraphiQL page, no introspection, no suggestions of names, no queries by GET, whatever else is set (default development)',
  GRAPHIQL: 'serve the GraphiQL page (default true)',
  INTROSPECTION: 'answer introspection queries (default true)',
  LOG_LEVEL: `${logLevels.join(', ')} (default info; on a terminal warn)`,
} as const;

const flag = (fallback: boolean) =>
  z
    .enum(['true', 'false', '1', '0', 'yes', 'no', 'on', 'off'], {
      error: (issue) => `expected true or false, got ${JSON.stringify(issue.input)}`,
    })
    .transform((text) => ['true', '1', 'yes', 'on'].includes(text))
    .default(fallback);

const whole = (min: number, max: number, fallback: number) =>
  z
    .string()
    .regex(/^\d+$/, { error: (issue) => `expected a whole number, got ${JSON.stringify(issue.input)}` })
    .transform(Number)
    .refine((value) => value >= min && value <= max, { error: `expected a number from ${min} to ${max}` })
    .default(fallback);

const url = (...protocols: string[]) =>
  z.string().refine((text) => protocols.includes(URL.parse(text)?.protocol ?? ''), {
    error: `expected a URL that begins with ${protocols.map((name) => `${name}//`).join(' or ')}`,
  });

const listOf = (text: string) =>
  text
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean);

/** As browsers send it: scheme and host, the port unless it is the scheme's own, no path. */
const isOrigin = (text: string) => /^https?:/.test(text) && URL.parse(text)?.origin === text;

const environment = z.object({
  DATABASE_URL: url('postgres:', 'postgresql:').optional(),
  DATABASE_CONNECTIONS: whole(2, 500, 20),
  PARTITIONS: whole(1, 256, 0).transform((parts) => (parts === 0 ? null : parts)),
  DATA_DIR: z.string().default('longshore-data'),
  ENCRYPTION_KEYS: z.string().optional(),
  HOST: z.string().default('127.0.0.1'),
  PORT: whole(0, 65_535, 4000),
  PUBLIC_URL: url('http:', 'https:').optional(),
  OUTBOUND_ALLOW: z.string().default(''),
  LOCAL_FILES_DOCUMENT_ROOT: z.string().optional(),
  LOCAL_FILES_SERVING_ENABLED: flag(false),
  ENABLE_LOCAL_FILES_STORAGE: flag(true),
  WORKER_CONCURRENCY: whole(1, 100, 4),
  WORKER_LEASE_SECONDS: whole(1, 3600, 15),
  WORKER_EXPORT_LEASE_SECONDS: whole(1, 3600, 60),
  WORKER_READ_CONCURRENCY: whole(1, 256, 16),
  RESOLVE_LINK_MINUTES: whole(1, 10_080, 60),
  RESOLVER_PROXY_TIMEOUT: whole(1, 3600, 20),
  RESOLVER_PROXY_MAX_RANGE_SIZE: whole(1, 1024 ** 3, 8 * 1024 ** 2),
  RESOLVER_PROXY_CONCURRENCY: whole(1, 1000, 32),
  INLINE_MAX_SIZE: whole(0, 16 * 1024 ** 2, 256 * 1024),
  AMBIENT_CREDENTIALS: z
    .string()
    .default('first')
    .transform((text) => (text === 'first' || text === 'all' ? text : listOf(text))),
  CORS_ORIGINS: z
    .string()
    .default('')
    .transform(listOf)
    .refine((list) => list.every(isOrigin), {
      error: 'expected origins like "https://label.example.com", separated by commas',
    }),
  SIGN_ON_HEADER: z
    .string()
    .regex(/^[\w-]+$/, { error: 'expected the name of a header, such as X-Forwarded-Email' })
    .refine((name) => name.toLowerCase() !== 'authorization', {
      error: 'expected another header than that of tokens',
    })
    .optional(),
  SIGN_ON_PROXIES: z.string().default('').transform(listOf),
  SIGN_ON_ROLE: z.enum(roles, { error: `expected one of ${roles.join(', ')}` }).optional(),
  RATE_LIMIT: whole(0, 1_000_000_000, 1_000_000),
  NETWORK_PROFILE: z
    .enum(['development', 'hardened'], {
      error: (issue) => `expected development or hardened, got ${JSON.stringify(issue.input)}`,
    })
    .default('development'),
  GRAPHIQL: flag(true),
  INTROSPECTION: flag(true),
  LOG_LEVEL: z
    .enum(logLevels, { error: `expected one of ${logLevels.join(', ')}` })
    .default(process.stderr.isTTY ? 'warn' : 'info'),
});

/** These are read as LABEL_STUDIO_X, HEARTEX_X, X, the first one that is set. */
const prefixed = ['LOCAL_FILES_DOCUMENT_ROOT', 'LOCAL_FILES_SERVING_ENABLED', 'ENABLE_LOCAL_FILES_STORAGE'];
const prefixes = ['LABEL_STUDIO_', 'HEARTEX_', ''];

/** Folders that are taken as the document root when neither it nor serving is set. */
const wellKnownRoots = ['mydata', 'label-studio-data'];

/**
 * @param env the process environment
 * @param directory what relative paths are relative to
 * @throws ConfigError naming every wrong setting
 */
export function readConfig(env: Record<string, string | undefined>, directory = process.cwd()): Config {
  const given: Record<string, string | undefined> = {};
  for (const name of Object.keys(settings)) {
    const names = prefixed.includes(name) ? prefixes.map((prefix) => prefix + name) : [name];
    // An empty setting counts as unset, as it does for most programs.
    given[name] = names.map((key) => env[key]?.trim()).find(Boolean);
  }
  const parsed = environment.safeParse(given);
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new ConfigError(lines.join('\n'));
  }
  const values = parsed.data;
  const dataDirectory = resolve(directory, values.DATA_DIR);
  const open = values.NETWORK_PROFILE === 'development';
  return Object.freeze({
    databaseUrl: values.DATABASE_URL ?? null,
    databaseConnections: values.DATABASE_CONNECTIONS,
    partitions: values.PARTITIONS,
    dataDirectory,
    encryptionKeys: values.ENCRYPTION_KEYS ?? null,
    host: values.HOST,
    port: values.PORT,
    publicUrl: values.PUBLIC_URL?.replace(/\/+$/, '') ?? null,
    outboundAllow: listOf(values.OUTBOUND_ALLOW),
    rateLimit: values.RATE_LIMIT,
    localFiles: apart(localFiles(given, values, directory), dataDirectory),
    worker: {
      concurrency: values.WORKER_CONCURRENCY,
      leaseSeconds: values.WORKER_LEASE_SECONDS,
      exportLeaseSeconds: values.WORKER_EXPORT_LEASE_SECONDS,
      readConcurrency: values.WORKER_READ_CONCURRENCY,
    },
    corsOrigins: values.CORS_ORIGINS,
    signOn: signOn(values),
    ambientCredentials: values.AMBIENT_CREDENTIALS,
    media: {
      linkSeconds: values.RESOLVE_LINK_MINUTES * 60,
      timeoutMs: values.RESOLVER_PROXY_TIMEOUT * 1000,
      maxOpenRange: values.RESOLVER_PROXY_MAX_RANGE_SIZE,
      concurrency: values.RESOLVER_PROXY_CONCURRENCY,
      inlineMaxSize: values.INLINE_MAX_SIZE,
    },
    graphiql: values.GRAPHIQL && open,
    introspection: values.INTROSPECTION && open,
    queriesByGet: open,
    logLevel: values.LOG_LEVEL,
    env,
  });
}

/** @throws ConfigError */
function signOn(values: z.infer<typeof environment>): Config['signOn'] {
  const { SIGN_ON_HEADER: header, SIGN_ON_PROXIES: addresses, SIGN_ON_ROLE: role } = values;
  if (header === undefined) {
    if (addresses.length === 0 && role === undefined) return null;
    throw new ConfigError(
      'SIGN_ON_HEADER: expected the name of a header, since SIGN_ON_PROXIES or SIGN_ON_ROLE is set.',
    );
  }
  if (addresses.length === 0) {
    throw new ConfigError(
      'SIGN_ON_PROXIES: expected the addresses that the proxy connects from: anybody could send the header.',
    );
  }
  const proxies = new BlockList();
  for (const entry of addresses) {
    const [address = '', bits] = entry.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    const longest = family === 'ipv6' ? 128 : 32;
    const length = bits === undefined ? longest : /^\d{1,3}$/.test(bits) ? Number(bits) : -1;
    if (!isIP(address) || length < 1 || length > longest) {
      throw new ConfigError(
        `SIGN_ON_PROXIES: expected addresses or networks like 10.0.0.0/8, got "${entry}".`,
      );
    }
    proxies.addSubnet(address, length, family);
  }
  return { header: header.toLowerCase(), proxies, role: role ?? null };
}

/** The service's own files must be no storage's. */
function apart(settings: Config['localFiles'], dataDirectory: string): Config['localFiles'] {
  const { documentRoot } = settings;
  if (documentRoot === null || !isMixed(documentRoot, dataDirectory)) return settings;
  throw new ConfigError(
    `LOCAL_FILES_DOCUMENT_ROOT: expected a folder apart from DATA_DIR, got "${documentRoot}" and "${dataDirectory}", one inside the other: storages could read and overwrite the service's own files.`,
  );
}

function localFiles(
  given: Record<string, string | undefined>,
  values: z.infer<typeof environment>,
  directory: string,
): Config['localFiles'] {
  const enabled = values.ENABLE_LOCAL_FILES_STORAGE;
  const named = values.LOCAL_FILES_DOCUMENT_ROOT;
  if (named !== undefined) {
    const path = resolve(directory, named);
    if (!isFolder(path)) {
      throw new ConfigError(
        `LOCAL_FILES_DOCUMENT_ROOT: expected an existing folder, got ${JSON.stringify(named)}`,
      );
    }
    return { documentRoot: realpathSync(path), serving: values.LOCAL_FILES_SERVING_ENABLED, enabled };
  }
  if (values.LOCAL_FILES_SERVING_ENABLED) {
    throw new ConfigError(
      'LOCAL_FILES_SERVING_ENABLED is on: set LOCAL_FILES_DOCUMENT_ROOT to the folder to serve.',
    );
  }
  const found = wellKnownRoots.map((name) => join(directory, name)).find(isFolder);
  if (found === undefined || given.LOCAL_FILES_SERVING_ENABLED !== undefined) {
    return { documentRoot: null, serving: false, enabled };
  }
  return { documentRoot: realpathSync(found), serving: true, enabled };
}

const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
