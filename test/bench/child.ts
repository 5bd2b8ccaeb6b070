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
      await work();
      result = { units, seconds: (performance.now() - started) / 1000, statements };
    },
  };
  await scenarios[run.scenario]![run.side](bench);
  if (!result) throw new Error('Nothing was timed.');
  // resourceUsage gives kilobytes.
  process.send!({ ...result, peakBytes: process.resourceUsage().maxRSS * 1024 }, () => process.exit(0));
});
