import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePorts } from './ports.ts';

/**
 * fake-gcs-server, an emulator of Cloud Storage written in Go by other people: a second opinion on the JSON API.
 * It checks neither tokens nor signatures. Built once per machine by `go install`, into the temporary directory.
 */
const run = promisify(execFile);
const version = 'v1.56.1';
const startTimeoutMs = 30_000;
/** A first build compiles some hundred packages. */
const buildTimeoutMs = 15 * 60_000;

/** Where it listens, or why it is not there. */
export type FakeGcsAddress = { url: string } | { missing: string };

/**
 * Starts it on a free loopback port.
 * @returns why not, where there is no Go to build it with
 * @throws in CI for the same reason, and for every other failure
 */
export async function startFakeGcs(): Promise<{ address: FakeGcsAddress; stop(): Promise<void> }> {
  const binary = await findBinary();
  if (binary === undefined) {
    const missing = 'Go is not installed, which fake-gcs-server is built with: apt-get install -y golang';
    if (process.env.CI) throw new Error(missing);
    return { address: { missing }, stop: async () => {} };
  }
  const [port] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const options = [
    ['-backend', 'memory'],
    ['-scheme', 'http'],
    ['-host', '127.0.0.1'],
    ['-port', String(port)],
    ['-public-host', `127.0.0.1:${port}`],
    ['-external-url', url],
    ['-log-level', 'error'],
  ].flat();
  const child = spawn(binary, options, { stdio: ['ignore', 'ignore', 'pipe'] });
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  let log = '';
  child.stderr.on('data', (chunk) => {
    log = `${log}${chunk}`.slice(-4000);
  });
  const stop = async () => {
    process.removeListener('exit', kill);
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      kill();
      await ended;
    }
  };
  try {
    await untilItAnswers(`${url}/_internal/healthcheck`, child);
  } catch (error) {
    await stop();
    throw new Error(`fake-gcs-server did not start:\n${log}`, { cause: error });
  }
  return { address: { url }, stop };
}

/** One on the PATH, else the one built before, else a new one; undefined: cannot be built here. */
async function findBinary(): Promise<string | undefined> {
  if (await succeeds('fake-gcs-server', ['-h'])) return 'fake-gcs-server';
  const directory = join(tmpdir(), `longshore-fake-gcs-server-${version}`);
  const binary = join(directory, 'fake-gcs-server');
  if (await exists(binary)) return binary;
  if (!(await succeeds('go', ['version']))) return undefined;
  await mkdir(directory, { recursive: true });
  const building = await mkdtemp(join(directory, 'build-'));
  try {
    await run('go', ['install', `github.com/fsouza/fake-gcs-server@${version}`], {
      env: { ...process.env, GOBIN: building },
      timeout: buildTimeoutMs,
      maxBuffer: 16 * 1024 * 1024,
    });
    // At once, so that a run beside this one never starts half of it.
    await rename(join(building, 'fake-gcs-server'), binary);
  } finally {
    await rm(building, { recursive: true, force: true });
  }
  return binary;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function succeeds(command: string, args: string[]): Promise<boolean> {
  return run(command, args).then(
    () => true,
    () => false,
  );
}

async function untilItAnswers(url: string, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + startTimeoutMs;
  for (;;) {
    const answer = await fetch(url, { signal: AbortSignal.timeout(1000) }).catch(() => undefined);
    if (answer?.ok) return;
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`${url} does not answer`);
    await sleep(25);
  }
}
