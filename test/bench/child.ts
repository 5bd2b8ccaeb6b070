import { readFileSync } from 'node:fs';
import type { Bench, Measurement, Run } from './scenario.ts';
import { scenarios } from './scenarios.ts';

/** Runs one side of one scenario and answers with its figures. */
process.once('message', async (message) => {
  const run = message as Run;
  let result: Omit<Measurement, 'peakBytes'> | undefined;
  let statements = 0;
  const bench: Bench = {
    run,
    countStatement: () => {
      statements++;
    },
    async time(units, work) {
      globalThis.gc?.();
      statements = 0;
      const started = performance.now();
      const before = process.cpuUsage();
      await work();
      const { user, system } = process.cpuUsage(before);
      const seconds = (performance.now() - started) / 1000;
      result = { units, seconds, cpuSeconds: (user + system) / 1_000_000, statements };
    },
  };
  await scenarios[run.scenario]![run.side](bench);
  if (!result) throw new Error('Nothing was timed.');
  process.send!({ ...result, peakBytes: peakBytes() }, () => process.exit(0));
});

/**
 * Highest resident memory of this process. The kernel's own count, because getrusage() begins with the parent's
 * peak (Linux manual, proc_pid_status(5), "VmHWM", and getrusage(2)); elsewhere than on Linux, that is all there is.
 */
function peakBytes(): number {
  try {
    const [, kilobytes] = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))!;
    return Number(kilobytes) * 1024;
  } catch {
    return process.resourceUsage().maxRSS * 1024;
  }
}
