import { type ConstValueNode, GraphQLError, Kind, type ValueNode } from 'graphql';
import type { JsonValue } from '../formats/model.ts';
import { numberOf } from '../json.ts';
import { builder } from './builder.ts';

/** RFC 3339, section 5.6: date, time, and a zone, in this order and complete. */
const instant =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])[Tt](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** undefined: not an instant. A day that its month does not have is none. */
function instantOf(text: string): Date | undefined {
  if (!instant.test(text)) return undefined;
  const date = new Date(text.toUpperCase());
  const day = new Date(`${text.slice(0, 10)}T00:00:00Z`);
  return Number.isNaN(date.getTime()) || day.getUTCDate() !== Number(text.slice(8, 10)) ? undefined : date;
}

builder.scalarType('DateTime', {
  description: 'An instant in RFC 3339 form with a time zone, such as `2026-01-31T12:00:00.000Z`.',
  specifiedByURL: 'https://scalars.graphql.org/andimarek/date-time.html',
  serialize: (value) => (value as Date).toISOString() as unknown as Date,
  parseValue: (value) => {
    const parsed = typeof value === 'string' ? instantOf(value) : undefined;
    if (parsed) return parsed;
    throw new GraphQLError('Expected an instant with a time zone, such as "2026-01-31T12:00:00Z".');
  },
});

builder.scalarType('URL', {
  description: 'An absolute URL, such as `https://label.example.com/graphql`.',
  specifiedByURL: 'https://url.spec.whatwg.org/',
  serialize: (value) => (value as URL).href as unknown as URL,
  parseValue: (value) => {
    const parsed = typeof value === 'string' ? URL.parse(value) : null;
    if (parsed) return parsed;
    throw new GraphQLError('Expected an absolute URL, such as "https://label.example.com".');
  },
});

builder.scalarType('JSON', {
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc8259',
  description: 'Any JSON value. Numbers keep all their digits: read large ones with a parser that does.',
  serialize: (value) => value,
  parseValue: (value) => value as JsonValue,
  parseLiteral: (node, variables) => literalValue(node, variables ?? {}),
});

builder.scalarType('BigInt', {
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc8259#section-6',
  description: 'A whole number that can pass 2^31, written as a JSON number; exact up to 2^53.',
  serialize: (value) => value,
  parseValue: (value) => {
    if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
    throw new GraphQLError(`Expected a whole number up to 2^53, got ${JSON.stringify(value)}.`);
  },
  parseLiteral: (node) => {
    if (node.kind === Kind.INT && Number.isSafeInteger(Number(node.value))) return Number(node.value);
    throw new GraphQLError('Expected a whole number up to 2^53.');
  },
});

/** The value that a literal stands for, its numbers as they are written. */
function literalValue(node: ValueNode | ConstValueNode, variables: Record<string, unknown>): JsonValue {
  switch (node.kind) {
    case Kind.INT:
    case Kind.FLOAT:
      return numberOf(node.value);
    case Kind.LIST:
      return node.values.map((item) => literalValue(item, variables));
    case Kind.OBJECT:
      return Object.fromEntries(
        node.fields.map(({ name, value }) => [name.value, literalValue(value, variables)]),
      );
    case Kind.VARIABLE:
      return (variables[node.name.value] ?? null) as JsonValue;
    case Kind.NULL:
      return null;
    default:
      return node.value;
  }
}
