import SchemaBuilder from '@pothos/core';
import ErrorsPlugin from '@pothos/plugin-errors';
import RelayPlugin from '@pothos/plugin-relay';
import type { JsonValue } from '../formats/model.ts';
import type { Context } from './context.ts';

export interface SchemaTypes {
  Context: Context;
  Scalars: {
    ID: { Input: string; Output: string | number | bigint };
    DateTime: { Input: Date; Output: Date };
    JSON: { Input: JsonValue; Output: unknown };
    BigInt: { Input: number; Output: number };
  };
  DefaultFieldNullability: false;
}

const capitalized = (name: string) => name[0]!.toUpperCase() + name.slice(1);

/**
 * The schema's builder. Each noun's graphql.ts adds its types to it; a later noun extends an earlier
 * one, so the graph is cyclic and the imports are not.
 */
export const builder = new SchemaBuilder<SchemaTypes>({
  plugins: [ErrorsPlugin, RelayPlugin],
  defaultFieldNullability: false,
  relay: {
    nodesOnConnection: { description: 'The nodes of the edges, for clients that need no cursors.' },
    nodeTypeOptions: { description: 'Anything with an id of its own, which `node` can look up again.' },
    pageInfoTypeOptions: { description: 'Where a page of a connection begins and ends.' },
    nodeQueryOptions: {
      description: 'Any record by its id; null when there is none that you may see.',
    },
    nodesQueryOptions: {
      description: 'Many records by their ids, in the same order; null where there is none.',
    },
  },
  errors: {
    defaultUnionOptions: {
      name: ({ fieldName }) => `${capitalized(fieldName)}Result`,
    },
    defaultResultOptions: {
      name: ({ fieldName }) => `${capitalized(fieldName)}Success`,
    },
  },
});

export type Builder = typeof builder;

builder.queryType({ description: 'What can be read.' });
builder.mutationType({
  description: 'What can be changed. Each takes one input and answers with its payload or a typed error.',
});
builder.subscriptionType({
  description: 'What can be followed live, over WebSocket (graphql-transport-ws) or server-sent events.',
});
