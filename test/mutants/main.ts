import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startTestPostgres } from '../servers/postgres.ts';
import { compiling, inPlace, type PlacedMutant } from './compiles.ts';
import { mutantsOf } from './operators.ts';
import { testsOf } from './tests.ts';
import { trial } from './trial.ts';

/**
 * `npm run mutants [-- --count 40 --seed 7]`: puts small faults into the sync engine, one at a time, and runs the
 * tests that guard it. A mutant that no test notices survives: a hole in the tests, or code that does nothing.
 * Files are changed in place and put back; so it wants a checkout without changes of its own. Some, by file and
 * line: `-- --only src/syncs/run/run.ts:57,src/tasks/bulk.ts:80`. The slow tests, too, for survivors: `-- --all`.
 */
const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '40' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    all: { type: 'boolean', default: false },
  },
});

const guarded = [
  'src/syncs/{compare,read,run,start}/*.ts',
  'src/{syncs/repository,objects/ledger,tasks/bulk,providers/store,providers/layers}.ts',
];

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function fail(text: string): never {
  process.stderr.write(`${text}\n`);
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

/** Those named, or so many drawn; of either, those that the compiler takes. */
function choose(all: readonly PlacedMutant[]): PlacedMutant[] {
  if (values.only !== undefined) {
    const names = new Set(values.only.split(','));
    return compiling(all.filter(({ file, line }) => names.has(`${file}:${line}`)));
  }
  const next = random(Number(values.seed));
  const drawn = all
    .map((mutant) => ({ mutant, order: next() }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ mutant }) => mutant);
  const count = Number(values.count);
  // Some of them do not compile.
  return compiling(drawn.slice(0, count * 2)).slice(0, count);
}

if (spawnSync('git', ['status', '--porcelain', 'src'], { encoding: 'utf8' }).stdout !== '')
  fail('src/ has changes: commit or stash them first.');
const all = globSync(guarded)
  .toSorted()
  .flatMap((file) => mutantsOf(readFileSync(file, 'utf8')).map((it) => ({ file, ...it })));
const mutants = choose(all);
say(`${mutants.length} of ${all.length} mutants, seed ${values.seed}`);

const postgres = await startTestPostgres();
const environment = { TEST_POSTGRES: JSON.stringify(postgres.address) };
const testsFor = (file: string) => testsOf(file, values);
const before = await trial([...new Set(mutants.flatMap(({ file }) => testsFor(file)))], environment);
if (before !== undefined) {
  await postgres.stop();
  fail(`The tests do not pass without any mutant: ${before}`);
}

let killed = 0;
for (const mutant of mutants) {
  const { file, line, from, to } = mutant;
  const began = Date.now();
  const death = await inPlace(mutant, () => trial(testsFor(file), environment));
  if (death !== undefined) killed++;
  const seconds = Math.round((Date.now() - began) / 1_000);
  say(
    `${death === undefined ? 'SURVIVED' : 'killed  '} ${seconds} s  ${file}:${line}  ${from}  →  ${to}  ${death ? `[${death}]` : ''}`,
  );
}
await postgres.stop();
const score = Math.round((100 * killed) / Math.max(1, mutants.length));
say(`${killed} killed, ${mutants.length - killed} survived: ${score} %`);
