import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import type { TestApp } from './app.ts';

/** A role of the service as a process of its own, on a test app's database. */
export interface RoleProcess {
  /** What it said so far: for people, and its log. */
  said(): string;
  /** Of role serve. */
  url(): string;
  kill(signal: NodeJS.Signals): void;
  /** Exit code, or null and the signal that ended it. */
  exited: Promise<[code: number | null, signal: NodeJS.Signals | null]>;
}

const main = new URL('../../src/main.ts', import.meta.url).pathname;

/** Starts `longshore <args>`; resolves when it is ready. Killed at the end of the test, if it lives that long. */
export async function startRole(
  it: TestApp,
  args: string[],
  settings: Record<string, string> = {},
): Promise<RoleProcess> {
  const { PATH, HOME } = process.env;
  const child: ChildProcess = spawn(process.execPath, [main, ...args], {
    env: { PATH, HOME, ...it.settings, LOG_LEVEL: 'info', ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (chunk) => (said += chunk));
  const exited = once(child, 'exit') as RoleProcess['exited'];
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
    it.logs.push(...said.split('\n'));
  });
  while (!/is ready\./.test(said)) {
    if (child.exitCode !== null) throw new Error(`It ended with ${child.exitCode}: ${said}`);
    await sleep(10);
  }
  return {
    said: () => said,
    url: () => /API +(http\S+)\/graphql/.exec(said)![1]!,
    kill: (signal) => void child.kill(signal),
    exited,
  };
}
