import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  type ParseOptions,
  parse,
  type Source,
  specifiedRules,
  type ValidationRule,
  validate,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { withoutValue } from './mask.ts';

/** What a request may be, before anything of it runs. */

/** Tokens of one document: a query written by hand has a few hundred. */
const MAX_TOKENS = 5_000;

/** @throws GraphQLError also for a document that is nested deeper than the parser can go */
export function parseDocument(source: string | Source, options?: ParseOptions): DocumentNode {
  try {
    return parse(source, { ...options, maxTokens: MAX_TOKENS });
  } catch (error) {
    if (error instanceof RangeError)
      throw new GraphQLError('Syntax Error: The document is nested too deeply.');
    throw error;
  }
}

/** What is wrong with a document; without introspection nothing hints at what the schema has. */
export function validateDocument(
  schema: GraphQLSchema,
  document: DocumentNode,
  { introspection }: { introspection: boolean },
): readonly GraphQLError[] {
  const rules = introspection ? specifiedRules : [...specifiedRules, noIntrospection];
  return validate(schema, document, rules, { hideSuggestions: !introspection }).map(withoutValue);
}

const noIntrospection: ValidationRule = (context) => ({
  Field(node) {
    if (node.name.value === '__schema' || node.name.value === '__type') {
      context.reportError(new GraphQLError('Introspection is switched off here.'));
    }
  },
});

/** The same for GraphQL over HTTP; and only what a web page can't send without being asked first is taken. */
export function limits({ introspection }: { introspection: boolean }): Plugin {
  return {
    onRequest({ request, fetchAPI, endResponse }) {
      const type = request.headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase();
      if (request.method !== 'POST' || type === 'application/json') return;
      const message = 'Send the operation as JSON, with "Content-Type: application/json".\n';
      const headers = { 'content-type': 'text/plain; charset=utf-8' };
      endResponse(new fetchAPI.Response(message, { status: 415, headers }));
    },
    onParse({ setParseFn }) {
      setParseFn(parseDocument);
    },
    onValidate({ setValidationFn }) {
      setValidationFn((schema: GraphQLSchema, document: DocumentNode) =>
        validateDocument(schema, document, { introspection }),
      );
    },
  };
}
