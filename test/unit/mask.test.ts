import { createSchema, createYoga } from 'graphql-yoga';
import { expect, test } from 'vitest';
import { maskError } from '../../src/api/graphql/mask.ts';
import { ForbiddenError } from '../../src/errors.ts';
import type { Logger } from '../../src/observability/log.ts';

/** What went wrong in a field, as clients see it: a fault of ours is never told, and always logged. */
const logged: string[] = [];
const log = { error: ({ error }: { error: Error }) => logged.push(error.message) } as unknown as Logger;

const schema = createSchema({
  typeDefs: `
    enum Color { RED }
    type Cat { name: String! }
    type Dog { name: String! }
    union Pet = Cat | Dog
    interface Named { name: String! }
    type Person implements Named { name: String! }
    type Query {
      color: Color
      number: Int
      list: [Int]
      missing: Int!
      pet: Pet
      named: Named
      thrown: Int
      refused: Int
      echo(text: String! = "x"): String
    }`,
  resolvers: {
    Pet: { __resolveType: () => undefined },
    Query: {
      color: () => 'secret-green',
      number: () => 'secret-text',
      list: () => 'secret-text',
      missing: () => null,
      pet: () => ({ name: 'secret-cat' }),
      named: () => ({ name: 'secret-name' }),
      thrown: () => {
        throw new Error('secret-reason');
      },
      refused: () => {
        throw new ForbiddenError('The number is odd.');
      },
    },
  },
  resolverValidationOptions: { requireResolversForResolveType: 'ignore' },
});
const yoga = createYoga({
  schema,
  logging: false,
  maskedErrors: { maskError: (error) => maskError(error, log) },
});

async function errorOf(query: string, variables = {}) {
  logged.length = 0;
  const response = await yoga.fetch('http://localhost/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  const { errors } = (await response.json()) as {
    errors: { message: string; path?: string[]; extensions?: { code: string } }[];
  };
  return errors[0]!;
}

test.for([
  '{ color }',
  '{ number }',
  '{ list }',
  '{ missing }',
  '{ pet { __typename } }',
  '{ named { name } }',
  '{ thrown }',
])('a fault of the service is logged and not told: %s', async (query) => {
  const { message, path, extensions } = await errorOf(query);
  expect(extensions?.code).toBe('INTERNAL_ERROR');
  expect(message).toMatch(/^Something went wrong inside the service/);
  expect(path).toHaveLength(1);
  expect(logged).toHaveLength(1);
});

test('what was refused on purpose is told', async () => {
  expect(await errorOf('{ refused }')).toMatchObject({
    message: 'The number is odd.',
    path: ['refused'],
    extensions: { code: 'FORBIDDEN' },
  });
  expect(logged).toEqual([]);
});

test('an argument that a client left null is its own error', async () => {
  const query = 'query ($text: String) { echo(text: $text) }';
  const { message, extensions } = await errorOf(query, { text: null });
  expect(message).toContain('must not be null');
  expect(extensions?.code).not.toBe('INTERNAL_ERROR');
  expect(logged).toEqual([]);
});
