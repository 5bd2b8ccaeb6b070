import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Mutant } from './operators.ts';

export interface PlacedMutant extends Mutant {
  /** The source file, from the root of the repository. */
  file: string;
}

/**
 * Those that the compiler takes. All are looked at in one run, each as a file beside its original; and once more
 * without those refused, since as long as there are errors of syntax the compiler tells of nothing else.
 */
export function compiling(mutants: readonly PlacedMutant[]): PlacedMutant[] {
  const copies = mutants.map(({ file }, index) => file.replace(/\.ts$/, `.mutant-${index}.ts`));
  try {
    for (const [index, copy] of copies.entries()) writeFileSync(copy, mutants[index]!.text);
    const { stdout } = spawnSync('npx', ['tsc', '--noEmit'], { encoding: 'utf8', maxBuffer: 2 ** 26 });
    const refused = new Set(stdout.split('\n').map((line) => line.split('(')[0]!));
    const taken = mutants.filter((_, index) => !refused.has(copies[index]!));
    return taken.length === mutants.length ? taken : compiling(taken);
  } finally {
    for (const copy of copies) rmSync(copy, { force: true });
  }
}

/** Runs something while the mutant stands in the place of its original. */
export async function inPlace<T>({ file, text }: PlacedMutant, run: () => Promise<T>): Promise<T> {
  const original = readFileSync(file, 'utf8');
  writeFileSync(file, text);
  try {
    return await run();
  } finally {
    writeFileSync(file, original);
  }
}
