import { randomBytes } from 'node:crypto';
import { link, readFile, readlink, realpath, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './binaries.ts';

/** A running server, as its lock file `postmaster.pid` shows it (PostgreSQL source, miscadmin.h, LOCK_FILE_LINE_*). */
export interface Postmaster {
  pid: number;
  port: number;
  /** `starting`, `ready`, `stopping`; empty while it is too young to say. */
  status: string;
}

/**
 * The server that runs on this data directory; undefined: none. A lock file whose process is gone is left to
 * PostgreSQL, which knows what to do with it. One whose process is some other program by now, or that is empty,
 * would stop PostgreSQL from starting: it is marked as left behind.
 */
export async function findPostmaster(data: string): Promise<Postmaster | undefined> {
  const text = await readLockFile(data);
  if (text === undefined) return undefined;
  const [pidLine = '', , , port, , , , status = ''] = text.split('\n');
  const pid = Math.abs(Number.parseInt(pidLine, 10));
  if (Number.isNaN(pid)) {
    // It is empty for an instant when it is made.
    await new Promise((resolve) => setTimeout(resolve, 500));
    if ((await readLockFile(data)) === text) await markLeftBehind(data, text);
    return undefined;
  }
  if (!isAlive(pid)) return undefined;
  if (await isServerOf(pid, data)) return { pid, port: Number(port), status: status.trim() };
  await markLeftBehind(data, text);
  return undefined;
}

/** Whether a process with this id exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

async function readLockFile(data: string): Promise<string | undefined> {
  try {
    return await readFile(join(data, 'postmaster.pid'), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Whether the process is a server on this data directory: not one that got the same id later, nor one that has ended
 * and only waits to be collected by its parent.
 */
export async function isServerOf(pid: number, data: string): Promise<boolean> {
  if (!isAlive(pid)) return false;
  if (process.platform === 'win32') return true;
  // A server's working directory is its data directory.
  const cwd = await readlink(`/proc/${pid}/cwd`).catch((error: NodeJS.ErrnoException) => error.code);
  if (cwd?.startsWith('/')) return cwd === (await realpath(data));
  if (process.platform === 'linux' && cwd === 'ENOENT') return false;
  // Elsewhere the command line must do; without `ps` we rather believe the lock file.
  const { code, output } = await run({ prefix: [] }, 'ps', ['-ww', '-o', 'command=', '-p', String(pid)]);
  return code === null || output.includes(data);
}

/**
 * Puts a process id that cannot exist into a lock file that belongs to nobody. The other lines stay: by them
 * PostgreSQL looks for processes of a dead server that still use its memory. If another server came to own the
 * file meanwhile, it stays as it is.
 */
async function markLeftBehind(data: string, text: string): Promise<void> {
  const file = join(data, 'postmaster.pid');
  const aside = `${file}.${randomBytes(4).toString('hex')}`;
  await rename(file, aside).catch(() => {});
  const moved = await readFile(aside, 'utf8').catch(() => undefined);
  if (moved === undefined) return;
  if (moved === text && text.trim()) await writeFile(aside, text.replace(/^.*/, '2147483646'));
  if (moved !== text || text.trim()) await link(aside, file).catch(() => {});
  await unlink(aside);
}
