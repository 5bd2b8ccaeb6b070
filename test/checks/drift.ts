import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { generate } from '@graphql-codegen/cli';
import codegen from '../../codegen.ts';
import migrations from '../../drizzle/drizzle.config.ts';

/**
 * `npm run drift`: the committed schema, generated types and migrations are those that the code makes.
 * Everything is generated aside and compared; nothing is changed.
 */
const root = new URL('../..', import.meta.url).pathname;
process.chdir(root);

/** What is not as it would be generated, with the command that generates it. */
const found: string[] = [];

function schema(): void {
  const { status, stdout } = run('test/checks/print-schema.ts');
  if (status !== 0 || stdout !== read('schema/schema.graphql')) {
    found.push('schema/schema.graphql differs from the code: npm run schema');
  }
}

async function types(): Promise<void> {
  const files: { filename: string; content: string }[] = await generate({ ...codegen, silent: true }, false);
  const folders = new Set(files.map(({ filename }) => dirname(filename)));
  const extra = [...folders]
    .flatMap((folder) => list(folder))
    .filter((path) => !files.some(({ filename }) => join(filename) === path));
  const differing = files
    .filter(({ filename, content }) => read(filename) !== content)
    .map(({ filename }) => filename);
  for (const name of [...differing, ...extra])
    found.push(`${relative(root, name)} differs from the schema and documents: npm run codegen`);
}

/** A migration is written into a copy of the folder; a question (renamed or new?) also means that there is something to write. */
function migration(): void {
  const { dialect, schema, out, casing } = migrations;
  const copy = mkdtempSync('node_modules/.drift-');
  try {
    cpSync(out!, copy, { recursive: true });
    const options = ['--dialect', dialect, '--schema', String(schema), '--out', copy, '--casing', casing!];
    const { stdout } = run('node_modules/drizzle-kit/bin.cjs', 'generate', ...options);
    if (!stdout.includes('No schema changes'))
      found.push(`${out} lacks a migration for src/database/tables/: npm run migrations`);
  } finally {
    rmSync(copy, { recursive: true });
  }
}

/** Without a terminal, so that nothing asks. */
function run(...args: string[]) {
  return spawnSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

const read = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined);
const list = (folder: string) =>
  existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];

schema();
await types();
migration();
for (const line of found) process.stderr.write(`${line}\n`);
process.stdout.write(`Drift: ${found.length === 0 ? 'none' : `${found.length} found`}.\n`);
process.exitCode = found.length > 0 ? 1 : 0;
