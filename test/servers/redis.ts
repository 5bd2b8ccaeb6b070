import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Redis, type RedisOptions } from 'ioredis';
import { freePorts } from './ports.ts';

/** Real Redis servers for tests, on loopback ports of their own and in temporary directories. */

const run = promisify(execFile);
const startAttempts = 3;
const startTimeoutMs = 10_000;
/** Databases per server: enough for every test to have one that nobody else uses. */
const databases = 4096;

/** What a test file needs to reach a server; plain data, so that it passes between processes. */
export interface RedisAddress {
  host: string;
  port: number;
  /** Of the user "default", who may do everything; absent: it has none. */
  password?: string;
  /** Where the server speaks TLS, and the authority that signed its certificate, PEM. */
  tls?: { port: number; ca: string };
  /** One more than the highest database. */
  databases: number;
}

export interface RedisServerOptions {
  /** With a password for the user "default": this one, or any. */
  password?: boolean | string;
  /** With a second port that speaks TLS, for 127.0.0.1 and localhost. */
  tls?: boolean;
  /** Further lines of redis.conf. */
  config?: string[];
  /** As a Sentinel, which holds no keys. */
  sentinel?: boolean;
}

/**
 * An independent client that may do everything, for work behind the service's back. Quit it after use.
 * @param options beside address and password
 */
export function adminOf(address: RedisAddress, options: RedisOptions = {}): Redis {
  const { host, port, password } = address;
  return new Redis({ host, port, password, ...options });
}

/** The number of an empty database that no other test uses, whatever process it runs in. Never 0. */
export async function newDatabase(address: RedisAddress): Promise<number> {
  const admin = adminOf(address);
  try {
    return await admin.incr('longshore-test:databases');
  } finally {
    admin.disconnect();
  }
}

/**
 * Starts a server; answers once it takes requests. It dies and its directory goes with `stop()`, and also
 * when this process ends in any other way.
 * @throws when a binary is missing, with the command that installs it
 */
export async function startRedis(
  options: RedisServerOptions = {},
): Promise<RedisAddress & { stop(): Promise<void> }> {
  await requireBinary('redis-server', 'apt-get install -y redis-server');
  if (options.tls) await requireBinary('openssl', 'apt-get install -y openssl');
  for (let attempt = 1; ; attempt++) {
    const directory = await realpath(await mkdtemp(join(tmpdir(), 'longshore-redis-')));
    let stop = () => rm(directory, { recursive: true, force: true });
    try {
      const address = await configure(directory, options);
      stop = startKept(directory, options.sentinel ? ['--sentinel'] : []);
      await untilItAnswers(address, directory);
      return { ...address, stop };
    } catch (error) {
      const log = await readFile(join(directory, 'redis.log'), 'utf8').catch(() => '');
      await stop();
      // The ports were free when asked for, but another run may have been quicker.
      if (attempt === startAttempts)
        throw new Error(`redis-server did not start:\n${log.slice(-4000)}`, { cause: error });
    }
  }
}

/**
 * Starts the nodes of a cluster, each the primary of an equal share of the slots; answers once all of them
 * serve all.
 */
export async function startRedisCluster(
  count: number,
): Promise<{ nodes: RedisAddress[]; stop(): Promise<void> }> {
  const servers: Awaited<ReturnType<typeof startRedis>>[] = [];
  const buses: number[] = [];
  for (let index = 0; index < count; index++) {
    const [bus = 0] = await freePorts(1);
    buses.push(bus);
    servers.push(await startRedis({ config: ['cluster-enabled yes', `cluster-port ${bus}`] }));
  }
  const share = Math.ceil(16_384 / count);
  for (const [index, server] of servers.entries()) {
    const admin = adminOf(server);
    const last = Math.min(16_383, (index + 1) * share - 1);
    await admin.call('CLUSTER', 'ADDSLOTSRANGE', String(index * share), String(last));
    await admin.call('CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1));
    const [first, bus] = [servers[0]!, buses[0]!];
    if (index > 0) await admin.call('CLUSTER', 'MEET', first.host, String(first.port), String(bus));
    admin.disconnect();
  }
  await Promise.all(
    servers.map((server) =>
      until(server, async (admin) =>
        /cluster_state:ok\s.*cluster_slots_ok:16384/s.test(String(await admin.call('CLUSTER', 'INFO'))),
      ),
    ),
  );
  return {
    nodes: servers.map(({ stop: _, ...address }) => address),
    stop: async () => void (await Promise.all(servers.map(({ stop }) => stop()))),
  };
}

/** Starts a Sentinel, with a password of its own, that watches a primary by this name. */
export function startSentinel(name: string, primary: RedisAddress) {
  const config = [`sentinel monitor ${name} ${primary.host} ${primary.port} 1`];
  config.push(`sentinel down-after-milliseconds ${name} 1000`);
  if (primary.password) config.push(`sentinel auth-pass ${name} ${primary.password}`);
  return startRedis({ config, password: true, sentinel: true });
}

async function requireBinary(binary: string, installation: string): Promise<void> {
  await run('sh', ['-c', 'command -v "$1"', 'sh', binary]).catch(() => {
    throw new Error(`${binary} is not installed: ${installation}`);
  });
}

async function configure(directory: string, options: RedisServerOptions): Promise<RedisAddress> {
  const [port = 0, tlsPort = 0] = await freePorts(2);
  const lines = [
    'bind 127.0.0.1',
    `port ${port}`,
    `dir ${directory}`,
    'save ""',
    `databases ${databases}`,
    ...(options.config ?? []),
  ];
  const address: RedisAddress = { host: '127.0.0.1', port, databases };
  if (options.password) {
    address.password =
      typeof options.password === 'string' ? options.password : randomBytes(16).toString('hex');
    lines.push(`requirepass ${address.password}`);
  }
  if (options.tls) {
    address.tls = { port: tlsPort, ca: await createCertificates(directory) };
    lines.push(`tls-port ${tlsPort}`, 'tls-auth-clients no', 'tls-ca-cert-file ca.pem');
    lines.push('tls-cert-file server.pem', 'tls-key-file server.key');
  }
  await writeFile(join(directory, 'redis.conf'), `${lines.join('\n')}\n`);
  return address;
}

/** An authority that lives as long as the server, and a certificate by it. Answers the authority's, PEM. */
async function createCertificates(cwd: string): Promise<string> {
  const openssl = (...args: string[]) => run('openssl', args, { cwd });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const names = 'subjectAltName=IP:127.0.0.1,DNS:localhost';
  const authority = ['-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=Test authority', '-days', '2'];
  await openssl('req', '-x509', ...newKey, ...authority);
  const request = ['-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=localhost'];
  await openssl('req', ...newKey, ...request, '-addext', names);
  const signed = ['-in', 'server.csr', '-out', 'server.pem', '-copy_extensions', 'copy', '-days', '2'];
  await openssl('x509', '-req', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', ...signed);
  return readFile(join(cwd, 'ca.pem'), 'utf8');
}

/**
 * A shell that starts the server and outlives us by the moment it takes to notice: when its input ends,
 * however that came about, it kills the server and removes the directory. It leads a session of its own, so
 * an interrupt typed at the terminal does not reach it.
 */
const keeperScript = `
trap '' TERM HUP INT
directory=$1
shift
redis-server redis.conf "$@" >redis.log 2>&1 &
read -r _
kill -KILL $!
wait
cd / && rm -rf "$directory"
`;

function startKept(directory: string, options: string[]): () => Promise<void> {
  const keeper = spawn('sh', ['-c', keeperScript, 'keeper', directory, ...options], {
    cwd: directory,
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // A keeper that is gone has done its work.
  keeper.stdin.on('error', () => {});
  const ended = new Promise<void>((resolve) => keeper.once('exit', () => resolve()));
  return async () => {
    keeper.stdin.end();
    await ended;
  };
}

/** Until the server of this directory answers: another one may have taken the port. */
function untilItAnswers(address: RedisAddress, directory: string): Promise<void> {
  return until(address, async (admin) => (await admin.info('server')).includes(`:${directory}/`));
}

/** Until this holds of a server; what it refuses counts as no. */
async function until(address: RedisAddress, holds: (admin: Redis) => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + startTimeoutMs;
  for (;;) {
    const admin = adminOf(address, { lazyConnect: true, retryStrategy: null });
    admin.on('error', () => {});
    const isTrue = await holds(admin).catch(() => false);
    admin.disconnect();
    if (isTrue) return;
    if (Date.now() > deadline) throw new Error(`not ready within ${startTimeoutMs} ms`);
    await sleep(20);
  }
}

/** What the run's servers are reached by. */
export interface RedisAddresses {
  /** Asks for nothing. */
  open: RedisAddress;
  /** Asks for a password, and has a second port that speaks TLS. */
  secured: RedisAddress;
}

/** Starts the two servers that a run's tests share. */
export async function startTestRedis(): Promise<{ address: RedisAddresses; stop(): Promise<void> }> {
  const { stop: stopOpen, ...open } = await startRedis();
  const { stop: stopSecured, ...secured } = await startRedis({ password: true, tls: true });
  return {
    address: { open, secured },
    async stop() {
      await Promise.all([stopOpen(), stopSecured()]);
    },
  };
}
