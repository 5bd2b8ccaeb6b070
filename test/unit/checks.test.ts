import { expect, test } from 'vitest';
import { checkArrows, readSources, unusedPackages } from '../checks/arrows.ts';

const source = new URL('../../src', import.meta.url).pathname;

/** What the checker says of the real files with one more, or another text of one. */
function planted(file: string, text: string): string[] {
  const files = readSources(source).set(file, text);
  return checkArrows(files)
    .filter((violation) => violation.file === file)
    .map(({ line, message }) => `${line} ${message}`);
}

test('the code keeps the rules', () => {
  expect(checkArrows(readSources(source))).toEqual([]);
});

test.each([
  ['a service that knows its door', 'tasks/extra.ts', `import { x } from './graphql.ts';`],
  ['the same for a type alone', 'tasks/extra.ts', `import type { X } from './graphql.ts';`],
  ['a re-export', 'tasks/extra.ts', `export { x } from './graphql.ts';`],
  ['an import for its effect', 'tasks/extra.ts', `import './graphql.ts';`],
  ['an import at run time', 'tasks/extra.ts', `const x = await import('./graphql.ts');`],
  ['an import over several lines', 'tasks/extra.ts', `import {\n  x,\n  y,\n} from '../api/server.ts';`],
  ['a repository that knows a service', 'tasks/repository.ts', `import { x } from './service.ts';`],
  [
    'a repository that knows a provider',
    'tasks/repository.ts',
    `import { x } from '../providers/errors.ts';`,
  ],
  ["another noun's repository", 'storages/service.ts', `import { x } from '../projects/repository.ts';`],
  ['a model that knows its repository', 'tasks/model.ts', `import type { X } from './repository.ts';`],
  ['a door that passes a service by', 'tasks/routes.ts', `import { x } from './repository.ts';`],
  ['a noun that knows a later one', 'tasks/service.ts', `import { x } from '../storages/service.ts';`],
  [
    'types and more of a later noun',
    'tasks/service.ts',
    `import { type X, y } from '../storages/service.ts';`,
  ],
  ['a noun that knows one provider', 'storages/extra.ts', `import { x } from '../providers/s3/config.ts';`],
  ['a provider that knows a noun', 'providers/s3/driver.ts', `import { x } from '../../tasks/model.ts';`],
  ['a provider that knows another', 'providers/s3/driver.ts', `import { x } from '../gcs/config.ts';`],
  ['the same in its GraphQL', 'providers/s3/graphql.ts', `import { x } from '../local-files/graphql.ts';`],
  [
    'a description that knows who puts it together',
    'providers/s3/graphql.ts',
    `import { x } from '../../storages/graphql/types.ts';`,
  ],
  ['the store that knows a provider', 'providers/store.ts', `import { x } from './s3/config.ts';`],
  ['errors that import', 'errors.ts', `import { x } from './tasks/model.ts';`],
  ['a database that knows a noun', 'database/client.ts', `import type { X } from '../tasks/model.ts';`],
  ['code that leaves src/', 'tasks/service.ts', `import { x } from '../../test/support/x.ts';`],
  ['a file that no rule places', 'helpers/x.ts', `import { x } from '../errors.ts';`],
  ['an SDK outside its provider', 'storages/extra.ts', `import { S3Client } from '@aws-sdk/client-s3';`],
  ['GraphQL below the doors', 'tasks/service.ts', `import { GraphQLError } from 'graphql';`],
  ['SQL in a service', 'tasks/service.ts', 'const x = await tx.sql`SELECT 1`;'],
  ['typed SQL in a service', 'tasks/service.ts', 'const x = await sql<{ a: string; b: 1 }[]>`SELECT 1`;'],
  ['a query builder in a resolver', 'tasks/graphql.ts', 'const x = await db\n  .select().from(tasks);'],
  ['a vendor by name', 'storages/extra.ts', `if (storage.provider === 'S3') sign();`],
  ["a vendor's field", 'storages/extra.ts', 'const x = config.s3Bucket;'],
  ['a setting read in passing', 'tasks/service.ts', 'const x = process.env.X;'],
  ['the same, taken apart', 'cli/serve.ts', 'const { platform, env } = process;'],
])('%s is found', (_, file, text) => {
  expect(planted(file, `// First line.\n${text}\n`)).toHaveLength(1);
});

test.each([
  ['a type of a later noun', 'tasks/service.ts', `import type { X } from '../storages/service.ts';`],
  ['the same, name by name', 'tasks/service.ts', `import { type X, type Y } from '../storages/service.ts';`],
  ['an earlier noun', 'storages/service.ts', `import { x } from '../tasks/service.ts';`],
  ['a word about SQL', 'tasks/service.ts', '// Runs sql`SELECT 1` and db.select().\n/** process.env */'],
  ['a vendor in a text', 'storages/extra.ts', `const x = 'Such as S3 or Redis.';`],
  ['SQL in a repository', 'tasks/repository.ts', 'const x = await sql`SELECT 1`;'],
])('%s is allowed', (_, file, text) => {
  expect(planted(file, `${text}\n`)).toEqual([]);
});

test('a violation names its line, what is imported and why not', () => {
  expect(planted('tasks/service.ts', `\n\nimport { x } from '../storages/service.ts';\n`)).toEqual([
    '3 imports storages/service.ts: storages come after tasks',
  ]);
});

test.each(['', 'type '])('files that import each other in a circle are found: import %s', (type) => {
  const violations = checkArrows(
    new Map([
      ['formats/a.ts', `import { b } from './b.ts';`],
      ['formats/b.ts', `import ${type}{ c } from './c.ts';`],
      ['formats/c.ts', `import { a } from './a.ts';`],
    ]),
  );
  expect(violations.map(({ message }) => message)).toEqual([
    'imports in a circle: formats/a.ts → formats/b.ts → formats/c.ts → formats/a.ts',
  ]);
});

test('a package that nothing imports is found', () => {
  const files = new Map([
    ['a.ts', `import { x } from 'used/deep';\nimport type { Y } from '@scope/used/deep';\n`],
  ]);
  expect(unusedPackages(files, ['used', '@scope/used', 'unused'])).toEqual(['unused']);
});
