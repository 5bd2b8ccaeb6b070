import {
  type DocumentNode,
  GraphQLError,
  type GraphQLInputType,
  type GraphQLSchema,
  isInputObjectType,
  isListType,
  isNonNullType,
  Kind,
  typeFromAST,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { isJsonObject } from '../../formats/model.ts';
import { isExactNumber } from '../../json.ts';
import { parseBody } from '../body.ts';
import { HttpError } from '../statuses.ts';

type Values = { readonly [name: string]: unknown } | null | undefined;

/**
 * A request's numbers as they were written, for the JSON scalar; for all others what JavaScript makes of them.
 * The library's own parser would round them before any scalar sees them.
 */
export function exactNumbers(): Plugin {
  return {
    onRequestParse({ request, requestParser, setRequestParser }) {
      if (!requestParser) return;
      const json = async () => {
        const text = await request.text();
        return parseBody(text).catch((error: unknown) => {
          throw error instanceof HttpError ? refused(error) : error;
        });
      };
      setRequestParser(() => requestParser(Object.defineProperty(request, 'json', { value: json })));
    },
    onExecute({ args }) {
      args.variableValues = variablesFor(args.schema, args.document, args.variableValues);
    },
    onSubscribe({ args }) {
      args.variableValues = variablesFor(args.schema, args.document, args.variableValues);
    },
  };
}

const refused = ({ message, code, status }: HttpError) =>
  new GraphQLError(message, { extensions: { code, http: { status } } });

/** The variables that operations declare, with exact numbers in no place but those of the JSON scalar. */
export function variablesFor<T extends Values>(schema: GraphQLSchema, document: DocumentNode, values: T): T {
  if (!values) return values;
  const plain: Record<string, unknown> = {};
  for (const operation of document.definitions) {
    if (operation.kind !== Kind.OPERATION_DEFINITION) continue;
    for (const { variable, type } of operation.variableDefinitions ?? []) {
      const inputType = typeFromAST(schema, type) as GraphQLInputType | undefined;
      const { value: name } = variable.name;
      if (Object.hasOwn(values, name))
        plain[name] = inputType ? plainValue(inputType, values[name]) : values[name];
    }
  }
  return plain as T;
}

/** Nests no deeper than the input types that the operation names, whatever the value. */
function plainValue(type: GraphQLInputType, value: unknown): unknown {
  if (isNonNullType(type)) return plainValue(type.ofType, value);
  if (isListType(type)) {
    return Array.isArray(value)
      ? value.map((item) => plainValue(type.ofType, item))
      : plainValue(type.ofType, value);
  }
  if (isInputObjectType(type)) {
    if (!isJsonObject(value)) return value;
    const fields = type.getFields();
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [
        name,
        Object.hasOwn(fields, name) ? plainValue(fields[name]!.type, item) : item,
      ]),
    );
  }
  if (!isExactNumber(value) || type.name === 'JSON') return value;
  return type.name === 'ID' ? value.rawJSON : Number(value.rawJSON);
}
