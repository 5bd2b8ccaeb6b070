import type { ChildProcess } from 'node:child_process';
import { open, rename, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { totalmem } from 'node:os';
import { constrainedMemory } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigError } from '../../errors.ts';
import { type PostgresPrograms, run, spawnIn } from './binaries.ts';
import { takeOwnership } from './cluster.ts';
import { findPostmaster, isServerOf, type Postmaster } from './postmaster.ts';

/** Where an embedded server lives and what runs it. */
export interface Place {
  data: string;
  logFile: string;
  programs: PostgresPrograms;
}

/** A server that accepts connections. `child`: we are its parent. */
export interface RunningServer extends Postmaster {
  child: ChildProcess | undefined;
}

const pollMs = 25;
const maxLogBytes = 16 * 2 ** 20;
const maxStarts = 5;
/** How long a fast shutdown may take: it writes all changed pages. */
const fastShutdownMs = 60_000;
const immediateShutdownMs = 15_000;

/**
 * A server that accepts connections on this data directory: the one that runs already, or a new one. Waits as long
 * as a running one needs to recover or to stop. Throws ConfigError with the server's last words.
 */
export async function startOrAdopt(
  place: Place,
  log: (message: string) => void,
  signal?: AbortSignal,
): Promise<RunningServer> {
  let failedStarts = 0;
  let waiting = false;
  for (;;) {
    signal?.throwIfAborted();
    const running = await findPostmaster(place.data);
    if (running?.status === 'ready') {
      log(`Found a running PostgreSQL (process ${running.pid}, port ${running.port}).`);
      return { ...running, child: undefined };
    }
    if (running) {
      if (!waiting)
        log(`Waiting for the PostgreSQL that is ${running.status || 'starting'} (process ${running.pid}).`);
      waiting = true;
      await sleep(pollMs);
      continue;
    }
    const outcome = await launch(place, signal);
    if ('pid' in outcome) {
      log(`Started PostgreSQL (process ${outcome.pid}, port ${outcome.port}).`);
      return outcome;
    }
    // Another service may have started one at the same time, or another program taken the port.
    const passing = /lock file "postmaster.pid" already exists|could not bind/.test(outcome.said);
    if (!passing || ++failedStarts === maxStarts) throw notStarted(outcome.said, place);
  }
}

/** Starts a server and waits until it accepts connections; `said`: it ended instead, with these words in its log. */
async function launch(place: Place, signal?: AbortSignal): Promise<RunningServer | { said: string }> {
  const { data, logFile, programs } = place;
  await takeOwnership(data, programs);
  if (((await stat(logFile).catch(() => undefined))?.size ?? 0) > maxLogBytes)
    await rename(logFile, `${logFile}.1`);
  const file = await open(logFile, 'a+', 0o600);
  try {
    const { size } = await file.stat();
    // Detached: Ctrl-C in the terminal is for us, who then stop it in order; and it outlives us when we are killed.
    const options = { detached: true, stdio: ['ignore' as const, file.fd, file.fd] };
    const child = spawnIn(programs.manner, programs.postgres, serverOptions(data, await freePort()), options);
    child.unref();
    let failure: Error | undefined;
    child.once('error', (error) => {
      failure = error;
    });
    while (!failure && !hasEnded(child)) {
      const server = await findPostmaster(data);
      if (server && server.pid === child.pid && server.status === 'ready') return { ...server, child };
      if (signal?.aborted) child.kill('SIGINT');
      signal?.throwIfAborted();
      await sleep(pollMs);
    }
    const text = Buffer.alloc(16_384);
    const { bytesRead } = await file.read(text, 0, text.length, size);
    return { said: failure?.message ?? text.toString('utf8', 0, bytesRead) };
  } finally {
    await file.close();
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function serverOptions(data: string, port: number): string[] {
  const memory = Math.min(totalmem(), constrainedMemory() || Number.POSITIVE_INFINITY);
  const settings = {
    listen_addresses: '127.0.0.1',
    // The path of a socket may have 107 bytes only, which a data directory easily exceeds.
    unix_socket_directories: '',
    max_connections: 100,
    shared_buffers: memory >= 4 * 2 ** 30 ? '256MB' : '128MB',
    // Imports write much and in bursts: fewer, longer checkpoints.
    max_wal_size: '4GB',
    checkpoint_timeout: '15min',
    wal_compression: 'on',
    random_page_cost: 1.1,
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_checkpoints: 'off',
    // Statements and the details of errors hold users' data.
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
  };
  const pairs = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return ['-D', data, '-p', String(port), ...pairs];
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

function notStarted(said: string, place: Place): ConfigError {
  if (said.includes('No space left on device')) {
    return new ConfigError(
      'DATA_DIR: the disk is full, so the embedded PostgreSQL cannot start. Make room first.',
    );
  }
  const lines = said.trim().split('\n').slice(-5).join('\n');
  return new ConfigError(
    `The embedded PostgreSQL did not start (its log: ${place.logFile}). It said:\n${lines}`,
  );
}

/**
 * Fast shutdown: sessions are ended, everything is written. If that takes too long, an immediate one, which the next
 * start recovers from. Resolves when the server is gone; does nothing when it is gone already.
 */
export async function stopServer({ data, programs }: Place, { pid, child }: RunningServer): Promise<void> {
  const isGone = async () => (child ? hasEnded(child) : !(await isServerOf(pid, data)));
  const steps = [
    ['SIGINT', 'fast', fastShutdownMs],
    ['SIGQUIT', 'immediate', immediateShutdownMs],
  ] as const;
  for (const [name, mode, limitMs] of steps) {
    if (await isGone()) return;
    // Windows has no signals for this; PostgreSQL's own program talks to the server there.
    if (process.platform === 'win32')
      await run(programs.manner, programs.pgCtl, ['stop', '-D', data, '-m', mode]);
    else sendSignal(pid, name);
    for (const end = Date.now() + limitMs; Date.now() < end; await sleep(pollMs)) if (await isGone()) return;
  }
  throw new ConfigError(`The embedded PostgreSQL (process ${pid}) does not stop.`);
}

function sendSignal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
