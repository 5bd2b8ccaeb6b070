import { GraphQLError, Kind, valueFromASTUntyped } from 'graphql';
import type { JsonValue } from '../formats/model.ts';
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
  description: 'Any JSON value.',
  serialize: (value) => value,
  parseValue: (value) => value as JsonValue,
  parseLiteral: (node, variables) => valueFromASTUntyped(node, variables) as JsonValue,
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
