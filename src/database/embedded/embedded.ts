import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { access, constants, mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import postgres from 'postgres';
import { ConfigError } from '../../errors.ts';
import { readOrCreatePrivateFile } from '../../security/private-files.ts';
import { preparePostgres } from './binaries.ts';
import { hasCluster, makeCluster, role } from './cluster.ts';
import { startOrAdopt, stopServer } from './server.ts';

export interface EmbeddedOptions {
  /** Holds `postgres/` (the data), `postgres-password` and `postgres.log`; made when it is not there. */
  directory: string;
  /** Hears what was done, for people. */
  log?: (message: string) => void;
  /** Gives up starting. */
  signal?: AbortSignal;
}

/** A PostgreSQL of the service's own. */
export interface EmbeddedPostgres {
  /** With the password: never for a log. */
  url: string;
  /** The server is the service's to stop, whether it was started or found. */
  owned: boolean;
  /** Found running: left by a service that was killed, or in use by one that lives (see holdServiceLock). */
  adopted: boolean;
  /** Fast shutdown; resolves when the server is gone. Only for who holds the service lock. */
  stop(): Promise<void>;
}

/**
 * Starts PostgreSQL on the data directory, or finds the one that runs on it already: a server outlives a service that
 * is killed. The first start makes the database. Listens on a free port of 127.0.0.1. Throws ConfigError.
 */
export async function startEmbeddedPostgres({
  directory,
  log = () => {},
  signal,
}: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const home = resolve(directory);
  await makeDirectory(home);
  const programs = await preparePostgres(home);

  const passwordFile = join(home, 'postgres-password');
  if (hasCluster(home) && !existsSync(passwordFile)) throw wrongPassword(passwordFile);
  const createPassword = () => `${randomBytes(24).toString('base64url')}\n`;
  const password = (await readOrCreatePrivateFile(passwordFile, createPassword)).trim();

  if (!hasCluster(home)) log(`Setting up a PostgreSQL database in ${home}.`);
  await makeCluster(home, programs, password, signal);
  const place = { data: join(home, 'postgres'), logFile: join(home, 'postgres.log'), programs };
  const server = await startOrAdopt(place, log, signal);
  const url = `postgres://${role}:${encodeURIComponent(password)}@127.0.0.1:${server.port}/postgres`;
  await proveAccess(url, passwordFile).catch(async (error: unknown) => {
    if (server.child) await stopServer(place, server);
    throw error;
  });

  let stopping: Promise<void> | undefined;
  return {
    url,
    owned: true,
    adopted: server.child === undefined,
    stop() {
      stopping ??= stopServer(place, server);
      return stopping;
    },
  };
}

async function makeDirectory(home: string): Promise<void> {
  try {
    await mkdir(dirname(home), { recursive: true });
    await mkdir(home, { recursive: true, mode: 0o700 });
    await access(home, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : 'unknown error';
    throw new ConfigError(`DATA_DIR: ${home} cannot be made or written (${code}). Choose another directory.`);
  }
}

async function proveAccess(url: string, passwordFile: string): Promise<void> {
  const sql = postgres(url, { max: 1, connect_timeout: 15, onnotice: () => {} });
  try {
    await sql`SELECT 1`;
  } catch (error) {
    const code = error instanceof postgres.PostgresError ? error.code : undefined;
    if (code === '28P01') throw wrongPassword(passwordFile);
    throw new ConfigError(
      `The embedded PostgreSQL runs but does not answer${code ? ` (${code})` : ''}: see its log.`,
    );
  } finally {
    await sql.end({ timeout: 1 });
  }
}

function wrongPassword(file: string): ConfigError {
  return new ConfigError(
    `${file} does not hold the password of the database beside it: put the right file back.`,
  );
}
