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
    nodeTypeOptions: { description: 'A record with an id, which `node` can fetch again.' },
    idFieldOptions: { description: 'Opaque id.' },
    pageInfoTypeOptions: { description: 'Where a page of a connection begins and ends.' },
    hasNextPageFieldOptions: { description: 'Whether more nodes follow this page.' },
    hasPreviousPageFieldOptions: { description: 'Whether nodes precede this page.' },
    startCursorFieldOptions: { description: 'Cursor of the first node.' },
    endCursorFieldOptions: { description: 'Cursor of the last node: `after` of the next page.' },
    pageInfoFieldOptions: { description: 'Where the page begins and ends, and what lies around it.' },
    edgesFieldOptions: { description: 'The nodes with their cursors.' },
    nodeFieldOptions: { description: 'The record at this place.' },
    cursorFieldOptions: { description: 'Place of the node in the connection, for `after`.' },
    nodeQueryOptions: {
      description: 'Any record by its id; null when there is none that you may see.',
      args: { id: { description: 'Opaque id of the record.' } },
    },
    nodesQueryOptions: {
      description: 'Many records by their ids, in the same order; null where there is none.',
      args: { ids: { description: 'Opaque ids of the records.' } },
    },
  },
  errors: {
    defaultUnionOptions: {
      name: ({ fieldName }) => `${capitalized(fieldName)}Result`,
      description: 'The payload of the mutation, or a typed error.',
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

builder.queryType({ description: 'Records and lists to read.' });
builder.mutationType({
  description: 'Changes of records. Each mutation takes one input and returns its payload or a typed error.',
});
builder.subscriptionType({
  description: 'Events as they happen, over WebSocket (graphql-transport-ws) or server-sent events.',
});
