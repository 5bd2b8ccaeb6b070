import { randomUUID } from 'node:crypto';
import { AbortedGraphQLExecutionError, GraphQLError } from 'graphql';
import { LongshoreError } from '../../errors.ts';
import type { Logger } from '../../observability/log.ts';

/** What leaves the service: errors made on purpose as they are, all others without their text. */
export function maskError(error: unknown, log: Logger): GraphQLError {
  const original = error instanceof GraphQLError ? error.originalError : error;
  if (error instanceof GraphQLError && (!original || original instanceof GraphQLError) && !isFault(error)) {
    return withoutValue(error);
  }
  // Whoever asked is gone: nobody reads it.
  if (original instanceof AbortedGraphQLExecutionError) return new GraphQLError('The client has left.');
  const place =
    error instanceof GraphQLError ? { nodes: error.nodes, path: error.path, positions: error.positions } : {};
  if (original instanceof LongshoreError) {
    return new GraphQLError(original.message, { ...place, extensions: { code: original.code } });
  }
  const reference = randomUUID();
  log.error({ error: original ?? error, reference }, 'unexpected error in an operation');
  const message = `Something went wrong inside the service; its log says more under reference ${reference}.`;
  return new GraphQLError(message, { ...place, extensions: { code: 'INTERNAL_ERROR', reference } });
}

/** Whether the executor speaks of what a field resolved to, which is ours, and not of what the client sent. */
const isFault = ({ path, extensions, message }: GraphQLError) =>
  path !== undefined && extensions.code === undefined && !message.startsWith('Argument "');

/** Error texts of graphql-js and of Yoga's executor that end in, or hold, the whole value that came. */
const shownValues: [pattern: RegExp, replacement: string][] = [
  [/^(Variable "\$\w+") got invalid value [\s\S]*? at ("[^"]*"); /, '$1 has an invalid value at $2: '],
  [/^(Variable "\$\w+") got invalid value [\s\S]*?; /, '$1 has an invalid value: '],
  [/^(Variable "\$\w+") has invalid value/, '$1 has an invalid value'],
  [/[,;.]? found: [\s\S]*$/i, '.'],
  [/ value: [\s\S]*$/, ' value.'],
];

/** An error about an input, without the value: a part of it may be a secret. */
export function withoutValue(error: GraphQLError): GraphQLError {
  let { message } = error;
  for (const [pattern, replacement] of shownValues) message = message.replace(pattern, replacement);
  // Broken JSON comes with the platform's own error, which quotes the body.
  const { originalError: quoting, ...extensions } = error.extensions;
  if (message === error.message && quoting === undefined) return error;
  const { nodes, path, positions, source } = error;
  return new GraphQLError(message, {
    ...{ nodes, path, positions, source },
    extensions: {
      code: 'BAD_USER_INPUT',
      ...extensions,
      ...(quoting !== undefined && { http: { status: 400 } }),
    },
  });
}
