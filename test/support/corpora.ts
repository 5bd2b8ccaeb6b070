import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Public files that readers of JSON and Parquet are measured by (JSONTestSuite, the list of naughty strings,
 * parquet-testing). They are other people's and too many to be kept here: they lie in `shared/corpora`, beside the
 * repository or further up.
 */
const root = findCorpora();

/** Why the tests over the corpora are left out; undefined: they are there. In CI they must be. */
export const corporaMissing =
  root === undefined ? 'the public corpora are not in shared/corpora beside this repository' : undefined;

function findCorpora(): string | undefined {
  const start = fileURLToPath(new URL('../..', import.meta.url));
  for (let folder = dirname(start); ; folder = dirname(folder)) {
    const corpora = join(folder, 'shared', 'corpora');
    if (existsSync(corpora)) return corpora;
    if (folder !== dirname(folder)) continue;
    if (process.env.CI) throw new Error(`There is no shared/corpora beside ${start} or above it.`);
    return undefined;
  }
}

/** The bytes of a file, by its path below the corpora. */
export const corpusFile = (path: string): Buffer => readFileSync(join(root!, path));

/** Names of the files in a folder that end so; none where the corpora are missing. */
export const corpusNames = (folder: string, ending: string): string[] =>
  root === undefined ? [] : readdirSync(join(root, folder)).filter((name) => name.endsWith(ending));

/** The bytes of a small file that failed once, by its path below `shared/cases`. */
export const caseFile = (path: string): Buffer => readFileSync(join(root!, '..', 'cases', path));
