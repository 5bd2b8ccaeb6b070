import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, vi } from 'vitest';
import { isAlive } from '../../src/database/embedded/postmaster.ts';

/** Real processes of the command line, each in a folder of its own. */

const main = new URL('../../src/main.ts', import.meta.url).pathname;

export interface RunOptions {
  /** Where it runs; settings that are relative, and the data directory, are below. */
  folder: string;
  env?: Record<string, string>;
  /** Runs as this user and group. */
  uid?: number;
  /** On a terminal, where people read what it says. */
  terminal?: boolean;
  /** Largest file that it may write, in blocks of 512 bytes. */
  fileBlocks?: number;
  /** What comes from standard input. */
  input?: string;
}

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A running command. */
export interface Running {
  pid: number;
  /** What it said so far, both streams. */
  said(): string;
  /** Resolves with the match as soon as it said something like this; rejects when it ends before. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  ended: Promise<Ended>;
  /** Asks it to stop, and waits. */
  stop(): Promise<Ended>;
  /** SIGKILL to it alone, and waits. */
  kill(): Promise<void>;
}

/** A command that serves and has said where. */
export interface Serving extends Running {
  url: string;
  token: string;
  /** Of GraphiQL, with the token. */
  page: string;
  query<T>(text: string, variables?: object): Promise<T>;
}

// Each start takes seconds where several files run at once, and a test makes up to four.
vi.setConfig({ testTimeout: 120_000 });

const children = new Set<ChildProcess>();
const folders: string[] = [];

// Runs in each test file that imports this one.
afterEach(async () => {
  for (const child of children) child.kill('SIGTERM');
  await Promise.all([...children].map((child) => hasEnded(child) || once(child, 'exit')));
  children.clear();
  for (const folder of folders.splice(0)) {
    await stopPostgres(folder);
    await rm(folder, { recursive: true, force: true });
  }
});

/** An empty folder, removed after the test. @param uid its owner, if not we */
export async function newFolder(uid?: number): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'longshore-cli-')));
  folders.push(folder);
  await chmod(folder, 0o755);
  if (uid !== undefined) await chown(folder, uid, uid);
  return folder;
}

/** What a killed service left running, in whatever data directory below. */
async function stopPostgres(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const file = join(folder, name, 'postgres/postmaster.pid');
    const pid = Number.parseInt(await readFile(file, 'utf8').catch(() => ''), 10);
    if (pid > 0 && isAlive(pid)) process.kill(pid, 'SIGINT');
    while (pid > 0 && isAlive(pid)) await sleep(20);
  }
}

/** Starts `longshore ...args`. Nothing of our own environment but PATH is passed on. */
export function begin(args: string[], options: RunOptions): Running {
  const { folder, env = {}, uid, terminal, fileBlocks, input } = options;
  const limited = ['sh', '-c', `ulimit -f ${fileBlocks} && exec "$0" "$@"`];
  const command = [...(fileBlocks ? limited : []), process.execPath, main, ...args];
  // `script` gives it a terminal, and copies that to its own output. It ends when the command does.
  const [file = '', ...rest] = terminal
    ? ['script', '--quiet', '--flush', '--command', `exec ${command.join(' ')}`, '/dev/null']
    : command;
  const child = spawn(file, rest, {
    cwd: folder,
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, HOME: folder, PORT: '0', LOG_LEVEL: 'warn', ...env },
    ...(uid !== undefined && { uid, gid: uid }),
  });
  child.stdin?.end(input);
  children.add(child);
  const text = { stdout: '', stderr: '', both: '' };
  const listeners = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]!.setEncoding('utf8').on('data', (chunk: string) => {
      text[name] += chunk;
      text.both += chunk;
      for (const listener of listeners) listener();
    });
  }
  const ended = once(child, 'close').then(([code]) => ({
    code: code as number | null,
    stdout: text.stdout,
    stderr: text.stderr,
  }));
  return {
    pid: child.pid!,
    said: () => text.both,
    ended,
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const match = pattern.exec(text.both);
          if (match) resolve(match);
          if (match) listeners.delete(look);
        };
        listeners.add(look);
        look();
        void ended.then(() => reject(new Error(`It ended without saying ${pattern}, but:\n${text.both}`)));
      }),
    async stop() {
      child.kill('SIGTERM');
      return ended;
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Runs a command to its end. */
export function run(args: string[], options: RunOptions): Promise<Ended> {
  return begin(args, options).ended;
}

/** Starts a command that serves, waits until it says that it is ready, and makes a token for it. */
export async function serve(args: string[], options: RunOptions): Promise<Serving> {
  const running = begin(args, options);
  const [, api = ''] = await running.says(/Longshore is ready\.\s+API +(\S+\/graphql)\s+Token +not shown/);
  const { code, stdout, stderr } = await run(['token', 'create'], options);
  if (code !== 0) throw new Error(`No token was made: ${stderr}`);
  const token = stdout.trim();
  const url = api.replace(/\/graphql$/, '');
  return {
    ...{ ...running, url, token, page: `${api}#token=${token}` },
    query: (text, variables) => query(url, token, text, variables),
  };
}

/** @returns the data; throws the errors */
export async function query<T>(url: string, token: string, text: string, variables = {}): Promise<T> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query: text, variables }),
  });
  const answer = (await response.json()) as { data?: T; errors?: unknown[] };
  if (!answer.data || answer.errors) throw new Error(JSON.stringify(answer.errors));
  return answer.data;
}

const hasEnded = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null;
