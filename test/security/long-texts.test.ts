import { readFileSync } from 'node:fs';
import {
  buildSchema,
  type GraphQLInputType,
  type GraphQLObjectType,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
} from 'graphql';
import { expect, test } from 'vitest';
import { testApp } from '../support/app.ts';

/**
 * Every place of an input that takes a text, found by the schema, is given texts of the largest size
 * that were made to take long. What the API's thread spends on each is bounded.
 */
const it = await testApp({ worker: 'none' });
const projectId = await it.owner.project();
const schema = buildSchema(readFileSync(new URL('../../schema/schema.graphql', import.meta.url), 'utf8'));

/** As long as a text may be, in characters. */
const SIZE = 1 << 20;
/** Processor time of the API's thread for one request, in milliseconds: most of it goes into a megabyte of JSON. */
const LIMIT = 200;

const crafted = {
  slashes: `${'/'.repeat(SIZE - 1)}x`,
  blanks: `${' '.repeat(SIZE - 1)}x`,
  'URLs in URLs': 'a://a:'.repeat(SIZE / 8),
  percents: '%2'.repeat(SIZE / 2),
  tags: '<a b="'.repeat(SIZE / 8),
  dots: 'a.'.repeat(SIZE / 2),
  braces: '{a.'.repeat(SIZE / 4),
};

/** The least that a type takes. */
function sample(declared: GraphQLInputType, name = ''): unknown {
  const type = getNullableType(declared);
  if (isListType(type)) return [];
  if (isEnumType(type)) return type.getValues()[0]!.value;
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields());
    const needed = type.isOneOf ? fields.slice(0, 1) : fields.filter(({ type }) => isNonNullType(type));
    return Object.fromEntries(needed.map((field) => [field.name, sample(field.type, field.name)]));
  }
  if (name === 'projectId') return projectId;
  const samples: Record<string, unknown> = {
    ...{ Int: 1, Float: 1, Boolean: true, BigInt: '1', JSON: [], URL: 'https://example.com' },
    DateTime: '2030-01-01T00:00:00Z',
  };
  return samples[type.name] ?? 'a';
}

interface Place {
  path: string;
  /** The input, with this text there. */
  with(text: string): unknown;
}

function placesIn(declared: GraphQLInputType, path: string): Place[] {
  const type = getNullableType(declared);
  if (isListType(type)) {
    return placesIn(type.ofType, `${path}[]`).map((place) => ({
      path: place.path,
      with: (text) => [place.with(text)],
    }));
  }
  if (isInputObjectType(type)) {
    return Object.values(type.getFields()).flatMap((field) =>
      placesIn(field.type, `${path}.${field.name}`).map((place) => ({
        path: place.path,
        with: (text) => ({
          ...(type.isOneOf ? {} : (sample(type) as object)),
          [field.name]: place.with(text),
        }),
      })),
    );
  }
  if (type.name === 'JSON') return [{ path, with: (text) => ({ text }) }];
  if (['String', 'ID', 'URL', 'DateTime'].includes(type.name)) return [{ path, with: (text) => text }];
  return [];
}

/** What the API's thread spends on each of the places. */
async function tryAll(query: string, variable: string, places: Place[]): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  expect(places.length).toBeGreaterThan(0);
  for (const { path, with: filled } of places) {
    for (const [kind, text] of Object.entries(crafted)) {
      const body = JSON.stringify({ query, variables: { [variable]: filled(text) } });
      const spent = async () => {
        const before = process.threadCpuUsage();
        const { status } = await it.owner.fetch('/graphql', { method: 'POST', headers, body });
        const { user, system } = process.threadCpuUsage(before);
        expect([200, 400], `${path}: ${kind}`).toContain(status);
        return (user + system) / 1000;
      };
      const first = await spent();
      // Twice too long is no accident of the garbage collector's.
      if (first >= LIMIT) expect(await spent(), `${path}: ${kind}`).toBeLessThan(LIMIT);
    }
  }
}

const mutations = Object.values(schema.getMutationType()!.getFields());

test.each(mutations.map((field) => [field.name, field] as const))(
  '%s',
  async (name, { args }) => {
    const { type } = args[0]!;
    const query = `mutation ($input: ${type}) { ${name}(input: $input) { __typename } }`;
    await tryAll(query, 'input', placesIn(type, name));
  },
  120_000,
);

const ofProject = (schema.getType('Project') as GraphQLObjectType).getFields();
const inner = { query: schema.getQueryType()!.getFields(), project: ofProject };
const questions = Object.entries(inner).flatMap(([where, fields]) =>
  Object.values(fields).flatMap((field) =>
    field.args
      .filter((arg) => placesIn(arg.type, arg.name).length > 0)
      .map((arg) => [`${where}.${field.name}`, field, arg] as const),
  ),
);

test.each(questions)(
  '%s',
  async (name, field, arg) => {
    const others = field.args.filter((other) => other !== arg && isNonNullType(other.type));
    const values = others.map((other) => `${other.name}: ${JSON.stringify(sample(other.type, other.name))}`);
    const selection = isLeafType(getNamedType(field.type)) ? '' : ' { __typename }';
    const asked = `${field.name}(${[`${arg.name}: $text`, ...values].join(', ')})${selection}`;
    const inside = name.startsWith('query') ? asked : `project(id: "${projectId}") { ${asked} }`;
    await tryAll(
      `query ($text: ${arg.type}) { ${inside} }`,
      'text',
      placesIn(arg.type, `${name}.${arg.name}`),
    );
  },
  120_000,
);
