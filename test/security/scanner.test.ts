import { describe, expect, test } from 'vitest';
import { testApp } from '../support/app.ts';
import type { Member } from '../support/member.ts';

/**
 * What a scanner of GraphQL servers looks for: the checks of graphql-cop, a finding where it would report one. The
 * hardened profile has none, with or without a token; the development profile only those that make it usable.
 * Source: github.com/dolevf/graphql-cop, lib/tests.
 */
const development = await testApp({ worker: 'none' });
const hardened = await testApp({ worker: 'none', settings: { NETWORK_PROFILE: 'hardened' } });

/** Whether the check finds something. */
type Check = (member: Member) => Promise<boolean>;

const json = { 'content-type': 'application/json' };
async function post(member: Member, body: unknown) {
  const init = { method: 'POST', headers: json, body: JSON.stringify(body) };
  return JSON.parse((await member.fetch('/graphql', init)).text);
}
const ask = (member: Member, query: string) => post(member, { query, operationName: 'cop' });
const dataOf = (text: string) => {
  try {
    return JSON.parse(text).data;
  } catch {
    return undefined;
  }
};

/** A type within a type within a type. */
const circle = 'fields { type { '.repeat(4);

const checks: Record<string, Check> = {
  'alias overloading': async (member) => {
    const aliases = Array.from({ length: 101 }, (_, index) => `alias${index}:__typename`);
    return (await ask(member, `query cop { ${aliases.join(' \n')} }`)).data?.alias100 !== undefined;
  },
  'batch queries': async (member) =>
    (await post(member, Array(10).fill({ query: 'query cop { __typename }' }))).length >= 10,
  'circular introspection': async (member) => {
    const query = `query cop { __schema { types { ${circle} name ${'} } '.repeat(4)} } }`;
    return (await ask(member, query)).data?.__schema.types.length > 25;
  },
  'directive overloading': async (member) =>
    (await ask(member, `query cop { __typename ${'@aa'.repeat(10)} }`)).errors?.length === 10,
  'field duplication': async (member) =>
    (await ask(member, `query cop { ${'__typename \n'.repeat(500)} }`)).data?.__typename !== undefined,
  'field suggestions': async (member) =>
    (await ask(member, 'query cop { __schema { directive } }')).errors[0].message.includes('Did you mean'),
  'mutations by GET': async (member) =>
    dataOf((await member.fetch(`/graphql?query=${encodeURIComponent('mutation cop {__typename}')}`)).text)
      ?.__typename !== undefined,
  'queries by GET': async (member) =>
    dataOf((await member.fetch(`/graphql?query=${encodeURIComponent('query cop {__typename}')}`)).text)
      ?.__typename !== undefined,
  GraphiQL: async (member) =>
    /graphiql\.min\.css|GraphQL Playground|GraphiQL|graphql-playground/.test(
      (await member.fetch('/graphql', { headers: { accept: 'text/html' } })).text,
    ),
  introspection: async (member) =>
    (await ask(member, 'query cop { __schema { types { name fields { name } } } }')).data?.__schema !==
    undefined,
  'forms, as other sites can send them': async (member) => {
    const body = new URLSearchParams({ query: 'query cop { __typename }' });
    return dataOf((await member.fetch('/graphql', { method: 'POST', body })).text) !== undefined;
  },
  tracing: async (member) =>
    JSON.stringify(await ask(member, 'query cop { __typename }')).includes('"tracing"'),
  'unhandled errors': async (member) =>
    JSON.stringify(await ask(member, 'qwerty cop { abc }')).includes('"exception"'),
};

/** What people who write clients need. */
const forDevelopers = ['field suggestions', 'queries by GET', 'GraphiQL', 'introspection'];

describe.each([
  ['hardened', hardened, []],
  ['development', development, forDevelopers],
] as const)('the %s profile', (_profile, it, expected) => {
  test.each(['with', 'without'])('%s a token', async (token) => {
    const member = token === 'with' ? it.owner : it.client(null);
    const found: string[] = [];
    for (const [name, check] of Object.entries(checks)) if (await check(member)) found.push(name);
    expect(found.sort()).toEqual([...expected].sort());
  });

  test('an operation by its name works', async () => {
    expect((await ask(it.owner, 'query cop { viewer { role } }')).data).toEqual({
      viewer: { role: 'OWNER' },
    });
  });
});

test.each([
  ['6 directives', `{ viewer { role ${'@include(if: true) '.repeat(6)} } }`, /at most 5 directives/],
  ['fields that are repeated 51 times', `{ viewer { ${'role '.repeat(52)} } }`, /at most 50 repeated fields/],
])('%s at one place are refused, with one error', async (_name, query, message) => {
  for (const it of [development, hardened]) {
    const { errors, data } = await post(it.owner, { query });
    expect(data).toBeUndefined();
    expect(errors).toMatchObject([{ message: expect.stringMatching(message) }]);
  }
});

test('nested lists are refused by their cost, before anything runs', async () => {
  const nested = (depth: number): string =>
    depth === 0 ? 'id' : `project { tasks(first: 250) { nodes { ${nested(depth - 1)} } } }`;
  for (const it of [development, hardened]) {
    const query = `{ project(id: "${await it.owner.project()}") { tasks { nodes { ${nested(2)} } } } }`;
    const { errors } = await post(it.owner, { query });
    expect(errors).toMatchObject([{ extensions: { code: 'COST_EXCEEDED' } }]);
  }
});
