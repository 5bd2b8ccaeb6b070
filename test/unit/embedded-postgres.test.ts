import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmod,
  chown,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/database/embedded/embedded.ts';
import { holdServiceLock } from '../../src/database/embedded/lock.ts';
import { isAlive } from '../../src/database/embedded/postmaster.ts';
import { ConfigError } from '../../src/errors.ts';

const isRoot = process.getuid?.() === 0;
const unshareWorks =
  spawnSync('unshare', ['--user', '--map-user=65534', '--map-group=65534', 'true']).status === 0;
const nobody = 65534;
const source = new URL('../../src/database/', import.meta.url).href;

/** A finished data directory, stopped: most tests begin with a copy. */
let template: string;
let base: string;
let directory: string;
let started: EmbeddedPostgres[];
let children: ChildProcess[];

beforeAll(async () => {
  template = await mkdtemp(join(tmpdir(), 'longshore-template-'));
  await chmod(template, 0o755);
  await (await startEmbeddedPostgres({ directory: join(template, 'data') })).stop();
});
afterAll(() => rm(template, { recursive: true }));

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'longshore-embedded-'));
  await chmod(base, 0o755);
  directory = join(base, 'data');
  started = [];
  children = [];
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  for (const server of started) await server.stop();
  // What a killed service left running is stopped by who finds it.
  const pid = await postmasterPid().catch(() => undefined);
  if (pid !== undefined && isAlive(pid)) process.kill(pid, 'SIGINT');
  while (pid !== undefined && isAlive(pid)) await sleep(20);
  await rm(base, { recursive: true, force: true });
});

async function start(where = directory): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ directory: where });
  started.push(server);
  return server;
}

async function startPrepared(): Promise<EmbeddedPostgres> {
  await cp(join(template, 'data'), directory, { recursive: true });
  return await start();
}

async function query<Row extends object>(url: string, text: string): Promise<Row[]> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    return await sql.unsafe<Row[]>(text);
  } finally {
    await sql.end();
  }
}

async function postmasterPid(): Promise<number> {
  return Number.parseInt(await readFile(join(directory, 'postgres', 'postmaster.pid'), 'utf8'), 10);
}

interface ServiceOptions {
  /** What it does once the server is up. */
  after?: string;
  uid?: number;
  env?: Record<string, string | undefined>;
}

/** Another service: a process that starts the server, prints a line of JSON and stays. */
function service({ after = '', uid, env = {} }: ServiceOptions = {}): ChildProcess {
  const program = `
    import { startEmbeddedPostgres } from '${source}embedded/embedded.ts';
    import { holdServiceLock } from '${source}embedded/lock.ts';
    const say = (value) => console.log(JSON.stringify(value));
    setInterval(() => {}, 1000);
    try {
      const server = await startEmbeddedPostgres({ directory: process.env.DIRECTORY });
      ${after}
      say({ url: server.url, adopted: server.adopted });
    } catch (error) {
      say({ code: error.code, message: error.message });
    }`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    // A process group of its own, as a shell gives to what it starts.
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, DIRECTORY: directory, ...env },
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  children.push(child);
  return child;
}

interface Said {
  url: string;
  adopted: boolean;
  code?: string;
  message?: string;
}

async function heard(child: ChildProcess): Promise<Said> {
  for await (const line of createInterface({ input: child.stdout! })) return JSON.parse(line);
  throw new Error(`the service said nothing and ended with ${child.exitCode}`);
}

async function killed(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  // The whole group, as the terminal does it.
  process.kill(-child.pid!, 'SIGKILL');
  await exit;
}

test('the first start makes a database, the second finds it again', async () => {
  const first = await start();
  expect(first).toMatchObject({ owned: true, adopted: false });
  const [facts] = await query(
    first.url,
    `SELECT current_setting('listen_addresses') AS listen, current_setting('unix_socket_directories') AS sockets,
            current_setting('server_encoding') AS encoding, current_setting('synchronous_commit') AS sync,
            'Z' < 'a' AND 'z' < 'é' AND U&'\\FFFD' < U&'\\+01F600' AS by_code_point, upper('é') AS upper`,
  );
  expect(facts).toEqual({
    listen: '127.0.0.1',
    sockets: '',
    encoding: 'UTF8',
    sync: 'on',
    by_code_point: true,
    upper: 'É',
  });
  await query(first.url, 'CREATE TABLE kept AS SELECT 7 AS value');
  const mode = async (name: string) => (await stat(join(directory, name))).mode & 0o777;
  expect(await mode('postgres-password')).toBe(0o600);
  expect(await mode('postgres')).toBe(0o700);
  expect(await mode('postgres.log')).toBe(0o600);
  expect((await readdir(directory)).toSorted()).toEqual(['postgres', 'postgres-password', 'postgres.log']);
  await expect(query(first.url.replace(/:[^:@]+@/, ':wrong@'), 'SELECT 1')).rejects.toMatchObject({
    code: '28P01',
  });

  await first.stop();
  await first.stop();
  await expect(query(first.url, 'SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  expect(await readFile(join(directory, 'postgres.log'), 'utf8')).toContain('database system is shut down');

  const second = await start();
  expect(await query(second.url, 'SELECT value FROM kept')).toEqual([{ value: 7 }]);
});

test('the log repeats neither statements nor values', async () => {
  const { url } = await startPrepared();
  const sql = `CREATE TABLE canary_a (canary_b text UNIQUE); INSERT INTO canary_a VALUES ('canary-c'), ('canary-c')`;
  await expect(query(url, sql)).rejects.toMatchObject({ code: '23505' });
  const log = await readFile(join(directory, 'postgres.log'), 'utf8');
  expect(log).toContain('duplicate key');
  expect(log).not.toContain('canary-c');
});

test('a server outlives its killed service, keeps the data, and the next service adopts and stops it', async () => {
  await (await startPrepared()).stop();
  const child = service();
  const { url } = await heard(child);
  await query(url, 'CREATE TABLE kept AS SELECT 7 AS value');
  const pid = await postmasterPid();
  await killed(child);
  expect(isAlive(pid)).toBe(true);

  const next = await start();
  expect(next).toMatchObject({ url, owned: true, adopted: true });
  expect(await query(next.url, 'SELECT value FROM kept')).toEqual([{ value: 7 }]);
  await next.stop();
  while (isAlive(pid)) await sleep(10);
  expect(await readFile(join(directory, 'postgres.log'), 'utf8')).not.toContain('not properly shut down');
});

test('a server that was killed itself is started again and recovers', async () => {
  const { url } = await startPrepared();
  await query(url, 'CREATE TABLE kept AS SELECT 7 AS value');
  const pid = await postmasterPid();
  process.kill(pid, 'SIGKILL');
  while (isAlive(pid)) await sleep(10);
  const next = await start();
  expect(next.adopted).toBe(false);
  expect(await query(next.url, 'SELECT value FROM kept')).toEqual([{ value: 7 }]);
});

test('a lock file whose process id now belongs to another program is no obstacle, nor does that program suffer', async () => {
  const first = await startPrepared();
  const lockFile = join(directory, 'postgres', 'postmaster.pid');
  const lines = await readFile(lockFile, 'utf8');
  const { uid, gid } = await stat(lockFile);
  const leaveBehind = async (text: string) => {
    await writeFile(lockFile, text, { mode: 0o600 });
    await chown(lockFile, uid, gid);
  };
  await first.stop();
  const other = spawn('sleep', ['60']);
  children.push(other);
  await leaveBehind(lines.replace(/^\d+/, String(other.pid)));
  const second = await start();
  expect(second.adopted).toBe(false);
  expect(await query(second.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  expect(await postmasterPid()).not.toBe(other.pid);
  await second.stop();
  expect(other.exitCode ?? other.signalCode).toBeNull();

  await leaveBehind('');
  const third = await start();
  expect(await query(third.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  expect(
    (await readdir(join(directory, 'postgres'))).filter((name) => name.startsWith('postmaster.pid')),
  ).toHaveLength(1);
});

test('of several that start at once, from nothing, one starts the server and the others adopt it', async () => {
  const others = [service(), service()].map(heard);
  const [mine, ...theirs] = await Promise.all([start(), ...others]);
  expect(new Set([mine, ...theirs].map(({ url }) => url)).size).toBe(1);
  expect([mine, ...theirs].filter(({ adopted }) => !adopted)).toHaveLength(1);
  expect((await readdir(directory)).toSorted()).toEqual(['postgres', 'postgres-password', 'postgres.log']);
});

test('a second service on the same directory is refused, until the first is gone', async () => {
  await (await startPrepared()).stop();
  const child = service({ after: 'await holdServiceLock(server.url);' });
  const { url } = await heard(child);
  const refused = holdServiceLock(url);
  await expect(refused).rejects.toThrow(ConfigError);
  await expect(refused).rejects.toThrow(`process ${child.pid}`);
  await expect(refused).rejects.toThrow(directory);

  await killed(child);
  const lock = await holdServiceLock(url);
  await lock.release();
  await (await holdServiceLock(url)).release();
  await start();
});

test('a start that is killed half-way leaves nothing half-made', async () => {
  const child = service();
  const staging = async () =>
    (await readdir(directory).catch(() => [])).find((name) => name.includes('initdb'));
  const isMidway = async () => {
    const name = await staging();
    return name !== undefined && (await readdir(join(directory, name, 'data')).catch(() => [])).length > 0;
  };
  while (!(await isMidway())) await sleep(5);
  await killed(child);
  expect(await readdir(directory)).not.toContain('postgres');
  const server = await start();
  expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  expect(await staging()).toBeUndefined();
});

test('starting can be given up', async () => {
  const reason = new Error('enough');
  await expect(startEmbeddedPostgres({ directory, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  expect(await readdir(directory)).toEqual(['postgres-password']);
  for (const delay of [20, 50, 100, 150, 200]) {
    const controller = new AbortController();
    const log = (message: string) => {
      if (message.startsWith('Setting up')) setTimeout(() => controller.abort(reason), delay);
    };
    await expect(startEmbeddedPostgres({ directory, log, signal: controller.signal })).rejects.toBe(reason);
    expect(await readdir(directory)).toEqual(['postgres-password']);
  }
});

test('works below a directory that is closed to others', async ({ skip }) => {
  skip(
    isRoot && !unshareWorks,
    'without user namespaces root runs the server as nobody, who cannot pass there',
  );
  await chmod(base, 0o700);
  const { url } = await start();
  expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

test('works as an ordinary user with a closed home', async ({ skip }) => {
  skip(!isRoot, 'all other tests here show it when they do not run as root');
  await chown(base, nobody, nobody);
  await chmod(base, 0o700);
  const child = service({ uid: nobody });
  const { url } = await heard(child);
  expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  expect((await stat(join(directory, 'postgres'))).uid).toBe(nobody);
  expect((await stat(`/proc/${await postmasterPid()}`)).uid).toBe(nobody);
});

test('as root without user namespaces it runs as nobody, and changes over when they come', async ({
  skip,
}) => {
  skip(!isRoot, 'only root can run the server as another user');
  // Stands for forbidden namespaces: `unshare` is not found.
  const env = { PATH: '/nonexistent' };
  const child = service({ env });
  const { url } = await heard(child);
  await query(url, 'CREATE TABLE kept AS SELECT 7 AS value');
  expect((await stat(`/proc/${await postmasterPid()}`)).uid).toBe(nobody);
  expect((await stat(join(directory, 'postgres'))).uid).toBe(nobody);
  await killed(child);
  const adopted = await start();
  expect(adopted.adopted).toBe(true);
  await adopted.stop();
  const again = await start();
  expect(await query(again.url, 'SELECT value FROM kept')).toEqual([{ value: 7 }]);
  await again.stop();

  await chmod(base, 0o700);
  const unreachable = await heard(service({ env }));
  expect(unreachable.code).toBe('CONFIG_INVALID');
  expect(unreachable.message).toContain(directory);
  expect(unreachable.message).toContain('DATABASE_URL');
});

test('what cannot work is said with the reason', async () => {
  await writeFile(join(base, 'file'), '');
  await expect(start(join(base, 'file', 'data'))).rejects.toThrow(`DATA_DIR: ${join(base, 'file', 'data')}`);

  await mkdir(join(base, 'taken', 'postgres', 'x'), { recursive: true });
  await expect(start(join(base, 'taken'))).rejects.toThrow('is in the way');

  const server = await startPrepared();
  const password = join(directory, 'postgres-password');
  const right = await readFile(password, 'utf8');
  await writeFile(password, 'wrong');
  await expect(start()).rejects.toThrow(`${password} does not hold the password`);
  await rename(password, `${password}.away`);
  await expect(start()).rejects.toThrow(`${password} does not hold the password`);
  await rename(`${password}.away`, password);
  await writeFile(password, right);
  await chmod(password, 0o644);
  await expect(start()).rejects.toThrow(`chmod 600 ${password}`);
  await chmod(password, 0o600);
  await server.stop();

  await writeFile(join(directory, 'postgres', 'PG_VERSION'), '17\n');
  await expect(start()).rejects.toThrow('was made by PostgreSQL 17');
  await writeFile(join(directory, 'postgres', 'PG_VERSION'), '18\n');
  await writeFile(join(directory, 'postgres', 'postgresql.conf'), 'no_such_setting = 1');
  const failed = start();
  await expect(failed).rejects.toThrow(ConfigError);
  await expect(failed).rejects.toThrow('no_such_setting');
});

test('a platform without programs is told to set DATABASE_URL', async () => {
  const platform = Object.getOwnPropertyDescriptor(process, 'arch')!;
  Object.defineProperty(process, 'arch', { value: 'riscv64' });
  try {
    await expect(start()).rejects.toThrow('Set DATABASE_URL');
  } finally {
    Object.defineProperty(process, 'arch', platform);
  }
});

test('a directory that may not be written is named', async ({ skip }) => {
  skip(!isRoot, 'it takes root to make a directory that we may not write');
  const { code, message } = await heard(service({ uid: nobody }));
  expect(code).toBe('CONFIG_INVALID');
  expect(message).toContain(directory);
  expect(message).toContain('EACCES');
});
