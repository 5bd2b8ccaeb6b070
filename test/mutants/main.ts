import { spawnSync } from 'node:child_process';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { mutantsOf } from './operators.ts';

/**
 * `npm run mutants [-- --count 40 --seed 7]`: puts small faults into the sync engine, one at a time, and runs the
 * tests that guard it. A mutant that no test notices survives: a hole in the tests, or code that does nothing.
 * Files are changed in place and put back; so it wants a checkout without changes of its own.
 */
const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '40' },
    seed: { type: 'string', default: '1' },
    file: { type: 'string', default: '{syncs/**,objects,tasks,providers}/*.ts' },
  },
});

const guarded =
  /^src\/(syncs\/(compare|read|run|start)\/.*|syncs\/repository|objects\/ledger|tasks\/bulk|providers\/(store|layers))\.ts$/;
const tests = [
  ...['test/unit/layers.test.ts', 'test/providers/memory.test.ts', 'test/jobs/policies.test.ts'],
  ...['test/jobs/weaknesses.test.ts', 'test/jobs/histories.test.ts', 'test/jobs/limits.test.ts'],
  ...['test/graphql/idempotence.test.ts', 'test/graphql/syncs.test.ts', 'test/graphql/ledger.test.ts'],
  ...['test/jobs/crash.test.ts', 'test/jobs/notifications.test.ts', 'test/jobs/schedules.test.ts'],
];

const run = (command: string, ...args: string[]) => spawnSync(command, args, { encoding: 'utf8' });

if (run('git', 'status', '--porcelain', 'src').stdout !== '') {
  process.stderr.write('src/ has changes: commit or stash them first.\n');
  process.exit(2);
}

/** Numbers that look random and are the same for the same seed (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const files = globSync(`src/${values.file}`).filter((file) => guarded.test(file));
const all = files
  .toSorted()
  .flatMap((file) => mutantsOf(readFileSync(file, 'utf8')).map((it) => ({ file, ...it })));
const next = random(Number(values.seed));
const drawn = all.map((mutant) => ({ mutant, order: next() })).toSorted((a, b) => a.order - b.order);

let [killed, survived] = [0, 0];
for (const { mutant } of drawn) {
  if (killed + survived >= Number(values.count)) break;
  const { file, line, from, to, text } = mutant;
  const original = readFileSync(file, 'utf8');
  try {
    writeFileSync(file, text);
    // What the compiler refuses never gets as far as the tests.
    if (run('npx', 'tsc', '--noEmit').status !== 0) continue;
    const { status } = run(
      'npx',
      'vitest',
      'run',
      '--config',
      'test/vitest.config.ts',
      '--bail',
      '1',
      ...tests,
    );
    if (status === 0) survived++;
    else killed++;
    process.stdout.write(`${status === 0 ? 'SURVIVED' : 'killed  '} ${file}:${line}  ${from}  →  ${to}\n`);
  } finally {
    writeFileSync(file, original);
  }
}
const score = Math.round((100 * killed) / Math.max(1, killed + survived));
process.stdout.write(`${killed} killed, ${survived} survived of ${all.length}: ${score} %\n`);
