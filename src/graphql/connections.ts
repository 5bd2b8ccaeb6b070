import { ValidationError } from '../errors.ts';
import { type Builder, builder } from './builder.ts';

/** Nodes of one page, at most. */
export const MAX_PAGE = 1_000;
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
  totalCount: () => Promise<number>;
}

/** What builds the arguments of a field. */
type ArgBuilder = Parameters<Parameters<Builder['queryField']>[1]>[0]['arg'];

/** The arguments of every connection. */
export const pageArgs = (arg: ArgBuilder) => ({
  first: arg.int({ description: `How many nodes: 1 to ${MAX_PAGE}, ${DEFAULT_PAGE} unless told otherwise.` }),
  after: arg.string({ description: 'The cursor to go on behind: `endCursor` of the page before.' }),
});

/**
 * A page by keyset: the cursor names the last row, so that no page costs more than the first.
 * Source: GraphQL Cursor Connections Specification.
 */
export async function connectionOf<T, K extends string | number>(
  args: PageArgs,
  source: {
    /** One more row than asked for tells whether there is a next page. */
    fetch: (page: { limit: number; after: K | undefined }) => Promise<T[]>;
    keyOf: (record: T) => K;
    count: () => Promise<number>;
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
    totalCount: source.count,
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

builder.globalConnectionField('totalCount', (t) =>
  t.int({
    description: 'How many there are in all; counted only when asked for.',
    resolve: (connection) => (connection as unknown as Connection<unknown>).totalCount(),
  }),
);
