import { type ConstValueNode, GraphQLError, Kind, type ValueNode } from 'graphql';
import type { JsonValue } from '../formats/model.ts';
import { numberOf } from '../json.ts';
import { builder } from './builder.ts';

builder.scalarType('DateTime', {
  description: 'An instant in RFC 3339 form, such as `2026-01-31T12:00:00.000Z`.',
  serialize: (value) => (value as Date).toISOString() as unknown as Date,
  parseValue: (value) => {
    const parsed = typeof value === 'string' ? new Date(value) : undefined;
    if (!parsed || Number.isNaN(parsed.getTime())) {
      throw new GraphQLError(
        `Expected an instant such as "2026-01-31T12:00:00Z", got ${JSON.stringify(value)}.`,
      );
    }
    return parsed;
  },
});

builder.scalarType('JSON', {
  description: 'Any JSON value. Numbers keep all their digits: read large ones with a parser that does.',
  serialize: (value) => value,
  parseValue: (value) => value as JsonValue,
  parseLiteral: (node, variables) => literalValue(node, variables ?? {}),
});

builder.scalarType('BigInt', {
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
