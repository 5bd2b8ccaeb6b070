import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Files of other projects that readers are measured by. They are too many to be kept here: they lie in
 * `shared/corpora`, beside the repository or further up. Without them these tests fail, so that they can't rot.
 */
function root(): string {
  const start = fileURLToPath(new URL('../..', import.meta.url));
  for (let folder = dirname(start); ; folder = dirname(folder)) {
    const corpora = join(folder, 'shared', 'corpora');
    if (existsSync(corpora)) return corpora;
    if (folder === dirname(folder))
      throw new Error(`There is no shared/corpora beside ${start} or above it.`);
  }
}

/** The bytes of a file, by its path below the corpora. */
export const corpusFile = (path: string): Buffer => readFileSync(join(root(), path));

/** Names of the files in a folder that end so. */
export const corpusNames = (folder: string, ending: string): string[] =>
  readdirSync(join(root(), folder)).filter((name) => name.endsWith(ending));
