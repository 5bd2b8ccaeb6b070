import { ValidationError } from '../errors.ts';
import { builder } from './builder.ts';
import { describedEnum } from './enums.ts';

const OrderDirectionEnum = describedEnum(
  'OrderDirection',
  'The end of an order that comes first.',
  ['ASC', 'DESC'],
  {
    ASC: 'Smallest, earliest or alphabetically first.',
    DESC: 'Largest, latest or alphabetically last.',
  },
);

interface Order<Field extends string> {
  field: Field;
  direction: 'ASC' | 'DESC';
}

/** The input of an `orderBy` argument: `<Node>Order { field direction }`. */
export function orderInput<const F extends string>(
  node: string,
  fields: readonly F[],
  descriptions: Record<F, string>,
) {
  const Field = describedEnum(`${node}OrderField`, 'What a list can be sorted by.', fields, descriptions);
  return builder.inputType(`${node}Order`, {
    description: 'How a list is sorted.',
    fields: (t) => ({
      field: t.field({ type: Field, required: true, description: 'What the list is sorted by.' }),
      direction: t.field({
        type: OrderDirectionEnum,
        required: true,
        defaultValue: 'ASC',
        description: 'Which end of the order comes first.',
      }),
    }),
  });
}

/** A row's place in an order. */
export interface Position {
  value: string | number;
  key: string | number;
}

/** Cursors of a list in an order: they carry the place of their row, and serve that order alone. */
export function cursorsOf<T, F extends string>(
  { field, direction }: Order<F>,
  source: { values: Record<F, (record: T) => string | number | Date>; keyOf: (record: T) => string | number },
) {
  return {
    keyOf(record: T): string {
      const value = source.values[field](record);
      const text = value instanceof Date ? value.toISOString() : value;
      return JSON.stringify([field, direction, text, source.keyOf(record)]);
    },
    parse(text: string): Position | undefined {
      const [ofField, ofDirection, value, key] = parts(text);
      if (!isScalar(value) || !isScalar(key)) return undefined;
      if (ofField === field && ofDirection === direction) return { value, key };
      throw new ValidationError([
        {
          path: 'after',
          code: 'NOT_ALLOWED',
          message: 'Expected a cursor of this order: the list was sorted otherwise.',
        },
      ]);
    },
  };
}

function parts(text: string): unknown[] {
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? parsed : [];
  } catch {
    return [];
  }
}

const isScalar = (value: unknown): value is string | number =>
  typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value));
