import { ValidationError } from '../errors.ts';
import { type Builder, builder } from './builder.ts';
import { describedEnum } from './enums.ts';

/** Nodes of one page, at most. */
export const MAX_PAGE = 250;
const DEFAULT_PAGE = 50;

interface PageArgs {
  first?: number | null | undefined;
  after?: string | null | undefined;
}

interface Edge<T> {
  cursor: string;
  node: T;
}
export interface Connection<T> {
  edges: Edge<T>[];
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor?: string; endCursor?: string };
  total: () => Promise<Count>;
}

/** How many there are; not exact: at least so many. */
interface Count {
  count: number;
  exact: boolean;
}

/** What builds the arguments of a field. */
type ArgBuilder = Parameters<Parameters<Builder['queryField']>[1]>[0]['arg'];

/** The arguments of every connection. */
export const pageArgs = (arg: ArgBuilder) => ({
  first: arg.int({
    defaultValue: DEFAULT_PAGE,
    description: `How many nodes the page has at most: 1 to ${MAX_PAGE}.`,
  }),
  after: arg.string({ description: 'Return what follows this cursor: `endCursor` of the page before.' }),
});

/**
 * A page by keyset: the cursor names the last row, so that no page costs more than the first.
 * Source: GraphQL Cursor Connections Specification.
 */
export async function connectionOf<T, K = number>(
  args: PageArgs,
  source: {
    /** One more row than asked for tells whether there is a next page. */
    fetch: (page: { limit: number; after: K | undefined }) => Promise<T[]>;
    keyOf: (record: T) => string | number;
    count: () => Promise<number | Count>;
    /** How the key reads; a number by default. */
    parse?: (text: string) => K | undefined;
  },
): Promise<Connection<T>> {
  const limit = args.first ?? DEFAULT_PAGE;
  if (limit < 1 || limit > MAX_PAGE) {
    throw new ValidationError([
      { path: 'first', code: 'OUT_OF_RANGE', message: `Expected 1 to ${MAX_PAGE}, got ${limit}.` },
    ]);
  }
  const parse =
    source.parse ?? ((text: string) => (/^\d{1,16}$/.test(text) ? (Number(text) as K) : undefined));
  const after = args.after == null ? undefined : readCursor(args.after, parse);
  const rows = await source.fetch({ limit: limit + 1, after });
  const edges = rows.slice(0, limit).map((node) => ({ cursor: writeCursor(source.keyOf(node)), node }));
  return {
    edges,
    pageInfo: {
      hasNextPage: rows.length > limit,
      hasPreviousPage: after !== undefined,
      ...(edges.length > 0 && { startCursor: edges[0]!.cursor, endCursor: edges.at(-1)!.cursor }),
    },
    total: countedOnce(source.count),
  };
}

const writeCursor = (key: string | number) => Buffer.from(`k:${key}`).toString('base64url');

function readCursor<K>(cursor: string, parse: (text: string) => K | undefined): K {
  const text = Buffer.from(cursor, 'base64url').toString();
  const key = text.startsWith('k:') ? parse(text.slice(2)) : undefined;
  if (key === undefined) {
    throw new ValidationError([{ path: 'after', message: 'Expected a cursor of this connection.' }]);
  }
  return key;
}

function countedOnce(count: () => Promise<number | Count>): () => Promise<Count> {
  let counted: Promise<Count> | undefined;
  const start = async () => {
    const total = await count();
    return typeof total === 'number' ? { count: total, exact: true } : total;
  };
  return () => {
    counted ??= start();
    return counted;
  };
}

const totalOf = (connection: unknown) => (connection as Connection<unknown>).total();

const CountPrecisionEnum = describedEnum('CountPrecision', 'How exact a count is.', ['EXACT', 'AT_LEAST'], {
  EXACT: 'There are exactly as many records as the count says.',
  AT_LEAST: 'There are more records than the count says.',
});

builder.globalConnectionField('totalCount', (t) =>
  t.int({
    description:
      'How many nodes all pages have together, exact up to 1,000,000, where counting stops. Computed only when requested.',
    resolve: async (connection) => (await totalOf(connection)).count,
  }),
);
builder.globalConnectionField('totalCountPrecision', (t) =>
  t.field({
    type: CountPrecisionEnum,
    description: 'Whether `totalCount` is exact or stopped at 1,000,000.',
    resolve: async (connection) => ((await totalOf(connection)).exact ? 'EXACT' : 'AT_LEAST'),
  }),
);
