import { existsSync } from 'node:fs';
import { chown, lchown, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '../../errors.ts';
import { type PostgresPrograms, run } from './binaries.ts';
import { isAlive } from './postmaster.ts';

/** The one role of an embedded database. */
export const role = 'longshore';
const stagingPrefix = 'postgres-initdb-';
/** Far longer than any initdb takes: a staging folder of this age is left behind, whoever has its process id now. */
const stagingLifeMs = 10 * 60_000;

/**
 * Makes the data directory `<home>/postgres` unless it is there: UTF-8, texts ordered by code point the same on every
 * platform, password required. It is made elsewhere and moved, so it is there whole or not at all. Throws
 * ConfigError with initdb's own last lines.
 */
export async function makeCluster(
  home: string,
  programs: PostgresPrograms,
  password: string,
  signal?: AbortSignal,
): Promise<void> {
  const data = join(home, 'postgres');
  await removeLeftovers(home);
  if (!hasCluster(home)) {
    const staging = await mkdtemp(join(home, `${stagingPrefix}${process.pid}-`));
    try {
      await initialize(staging, programs, password, signal);
      await rename(join(staging, 'data'), data).catch((error: NodeJS.ErrnoException) => {
        // Another service was faster.
        if (hasCluster(home)) return;
        throw new ConfigError(
          `DATA_DIR: ${data} is in the way and no PostgreSQL data directory (${error.code}).`,
        );
      });
    } finally {
      await rm(staging, { recursive: true, force: true });
    }
  }
  const major = (await readFile(join(data, 'PG_VERSION'), 'utf8')).trim();
  if (major !== programs.major) {
    throw new ConfigError(
      `DATA_DIR: ${data} was made by PostgreSQL ${major}, the installed one is ${programs.major}: ` +
        'dump it with the former and restore it into a new data directory.',
    );
  }
}

export function hasCluster(home: string): boolean {
  return existsSync(join(home, 'postgres', 'PG_VERSION'));
}

/**
 * Hands the data directory to the user that the server is to run as, if we are root and it belongs to another:
 * user namespaces may have become allowed or forbidden since. No server may be running on it.
 */
export async function takeOwnership(data: string, programs: PostgresPrograms): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = programs.manner.user ?? { uid: 0, gid: 0 };
  if ((await stat(data)).uid === uid) return;
  const entries = await readdir(data, { recursive: true });
  for (const entry of entries) await lchown(join(data, entry), uid, gid);
  // The top comes last: as long as it is not ours, the work is not done.
  await chown(data, uid, gid);
}

async function initialize(
  staging: string,
  programs: PostgresPrograms,
  password: string,
  signal?: AbortSignal,
) {
  const passwordFile = join(staging, 'password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  const { user } = programs.manner;
  for (const path of user ? [passwordFile, staging] : []) await chown(path, user?.uid ?? 0, user?.gid ?? 0);
  const options = [
    ...['-D', join(staging, 'data'), '-U', role, '--pwfile', passwordFile, '--auth=scram-sha-256'],
    ...['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
    '--no-instructions',
  ];
  const { code, output } = await run(programs.manner, programs.initdb, options, signal);
  signal?.throwIfAborted();
  if (code !== 0) throw notMade(output);
}

function notMade(output: string): ConfigError {
  if (output.includes('No space left on device')) {
    return new ConfigError(
      'DATA_DIR: the disk is full. Make room (a new database needs about 50 MB), then start again.',
    );
  }
  const said = output.trim().split('\n').slice(-5).join('\n');
  return new ConfigError(
    `The embedded PostgreSQL could not be set up; set DATABASE_URL to do without. It said:\n${said}`,
  );
}

/** What a killed start left: a database costs 40 MB. */
async function removeLeftovers(home: string): Promise<void> {
  for (const name of await readdir(home)) {
    if (!name.startsWith(stagingPrefix)) continue;
    const path = join(home, name);
    const age = Date.now() - ((await stat(path).catch(() => undefined))?.mtimeMs ?? 0);
    const pid = Number.parseInt(name.slice(stagingPrefix.length), 10);
    if (!isAlive(pid) || age > stagingLifeMs) await rm(path, { recursive: true, force: true });
  }
}
