import SchemaBuilder from '@pothos/core';
import ErrorsPlugin from '@pothos/plugin-errors';
import RelayPlugin, { decodeGlobalID } from '@pothos/plugin-relay';
import type { JsonValue } from '../formats/model.ts';
import type { Context } from './context.ts';
import { isKey } from './ids.ts';
import './texts.ts';

export interface SchemaTypes {
  Context: Context;
  Scalars: {
    ID: { Input: string; Output: string | number | bigint };
    DateTime: { Input: Date; Output: Date };
    JSON: { Input: JsonValue; Output: unknown };
    BigInt: { Input: number; Output: number };
    URL: { Input: URL; Output: URL };
  };
  DefaultFieldNullability: false;
}

const capitalized = (name: string) => name[0]!.toUpperCase() + name.slice(1);

/**
 * The schema's builder. Each noun's graphql.ts adds its types to it; a later noun extends an earlier
 * one, so the graph is cyclic and the imports are not.
 */
export const builder = new SchemaBuilder<SchemaTypes>({
  plugins: [ErrorsPlugin, RelayPlugin, 'texts'],
  defaultFieldNullability: false,
  relay: {
    decodeGlobalID: decodeNodeId,
    nodesOnConnection: { description: 'The nodes of the edges, for clients that need no cursors.' },
    nodeTypeOptions: { description: 'Anything with an id of its own, which `node` can look up again.' },
    idFieldOptions: { description: 'Opaque id.' },
    pageInfoTypeOptions: { description: 'Where a page of a connection begins and ends.' },
    hasNextPageFieldOptions: { description: 'Whether there is more behind this page.' },
    hasPreviousPageFieldOptions: { description: 'Whether there is something before this page.' },
    startCursorFieldOptions: { description: 'Cursor of the first node.' },
    endCursorFieldOptions: { description: 'Cursor of the last node: `after` of the next page.' },
    pageInfoFieldOptions: { description: 'Where the page begins and ends, and what lies around it.' },
    edgesFieldOptions: { description: 'The nodes with their cursors.' },
    nodeFieldOptions: { description: 'The record itself.' },
    cursorFieldOptions: { description: 'Its place in the connection, for `after`.' },
    nodeQueryOptions: {
      description: 'Any record by its id; null when there is none that you may see.',
      args: { id: { description: 'Its id.' } },
    },
    nodesQueryOptions: {
      description: 'Many records by their ids, in the same order; null where there is none.',
      args: { ids: { description: 'Their ids.' } },
    },
  },
  errors: {
    defaultUnionOptions: {
      name: ({ fieldName }) => `${capitalized(fieldName)}Result`,
      description: 'What came of it: the payload, or a typed error.',
    },
    defaultResultOptions: {
      name: ({ fieldName }) => `${capitalized(fieldName)}Success`,
    },
  },
});

export type Builder = typeof builder;

/** For `node`: what is no id of a record reads like the id of one that does not exist. */
function decodeNodeId(text: string): { typename: string; id: string } {
  try {
    const decoded = decodeGlobalID(text);
    const known = builder.configStore.hasConfig(decoded.typename as 'Query');
    const options = known && builder.configStore.getTypeConfig(decoded.typename as 'Query').pothosOptions;
    if (options && 'loadMany' in options && isKey(decoded.typename, decoded.id)) return decoded;
  } catch {
    // Not of the form at all.
  }
  return { typename: 'Project', id: '0' };
}

builder.queryType({ description: 'What can be read.' });
builder.mutationType({
  description: 'What can be changed. Each takes one input and answers with its payload or a typed error.',
});
builder.subscriptionType({
  description: 'What can be followed live, over WebSocket (graphql-transport-ws) or server-sent events.',
});
