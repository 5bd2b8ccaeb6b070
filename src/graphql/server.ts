import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { type ExecutionArgs, GraphQLError, parse, specifiedRules, validate } from 'graphql';
import { CloseCode } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import { createYoga, type Plugin } from 'graphql-yoga';
import { WebSocketServer } from 'ws';
import { UnauthenticatedError } from '../errors.ts';
import { authenticate } from '../http/authenticate.ts';
import type { Logger } from '../log.ts';
import type { Viewer } from '../organizations/model.ts';
import type { Context, Services } from './context.ts';
import { graphiqlPage } from './graphiql.ts';
import { createLoaders } from './loaders.ts';
import { maskError, withoutValue } from './mask.ts';
import { schema } from './schema.ts';

/** Tokens of one document: a query written by hand has a few hundred. */
const MAX_TOKENS = 5_000;

export interface GraphqlServerOptions {
  services: Services;
  log: Logger;
  graphiql: boolean;
  /** The folder that GraphiQL's examples sync; null: there is none. */
  demoFolder: string | null;
  introspection: boolean;
}

interface Transport {
  req: IncomingMessage;
  res: ServerResponse;
}

/** GraphQL over HTTP, with subscriptions as server-sent events. */
export function createGraphqlHandler(options: GraphqlServerOptions) {
  const { services, log, graphiql, demoFolder } = options;
  return createYoga<Transport, Context>({
    schema,
    graphqlEndpoint: '/graphql',
    landingPage: false,
    logging: false,
    batching: false,
    multipart: false,
    plugins: [limits(options)],
    maskedErrors: { maskError: (error) => maskError(error, log) },
    ...(graphiql ? graphiqlPage(demoFolder) : { graphiql: false }),
    context: async ({ request, res }) => {
      const viewer = await viewerOrRefusal(services, request.headers.get('authorization'));
      return contextOf(services, viewer, goneSignal(res));
    },
  });
}

/** Aborted when the client goes away. The request's own signal is not one that AbortSignal.any takes. */
function goneSignal(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  if (response.closed) gone.abort();
  response.once('close', () => gone.abort());
  return gone.signal;
}

function contextOf(services: Services, viewer: Viewer | null, signal: AbortSignal): Context {
  return { viewer, services, loaders: createLoaders(services, viewer), signal };
}

/** A wrong token is refused with 401 before anything runs. */
async function viewerOrRefusal(services: Services, header: string | null): Promise<Viewer | null> {
  try {
    return await authenticate(services.organizations, header);
  } catch (error) {
    if (!(error instanceof UnauthenticatedError)) throw error;
    const http = { status: 401, headers: { 'www-authenticate': 'Bearer' } };
    throw new GraphQLError(error.message, { extensions: { code: error.code, http } });
  }
}

function limits({ introspection }: GraphqlServerOptions): Plugin<Context> {
  return {
    onParse({ parseFn, setParseFn }) {
      setParseFn((source: Parameters<typeof parse>[0], settings?: Parameters<typeof parse>[1]) =>
        parseFn(source, { ...settings, maxTokens: MAX_TOKENS }),
      );
    },
    onValidate({ addValidationRule }) {
      if (!introspection) addValidationRule(noIntrospection);
      return ({ valid, result, setResult }) => {
        if (!valid) setResult((result as GraphQLError[]).map(withoutValue));
      };
    },
  };
}

const noIntrospection = (context: Parameters<(typeof specifiedRules)[number]>[0]) => ({
  Field(node: { name: { value: string } }) {
    if (node.name.value === '__schema' || node.name.value === '__type') {
      context.reportError(new GraphQLError('Introspection is switched off here.'));
    }
  },
});

/** Longest frame a client may send, in bytes. */
const MAX_FRAME = 1 << 20;
/** How long a client may take to introduce itself, in milliseconds. */
const INIT_LIMIT = 5_000;

/**
 * GraphQL over WebSocket, protocol graphql-transport-ws.
 * Source: github.com/enisdenjo/graphql-ws, PROTOCOL.md.
 */
export function attachWebSockets(server: Server, options: GraphqlServerOptions): { close(): Promise<void> } {
  const { services, log, introspection } = options;
  const sockets = new WebSocketServer({ server, path: '/graphql', maxPayload: MAX_FRAME });
  const rules = introspection ? specifiedRules : [...specifiedRules, noIntrospection];
  const protocol = useServer<Record<string, unknown>, { viewer?: Viewer; gone?: AbortController }>(
    {
      connectionInitWaitTimeout: INIT_LIMIT,
      async onConnect({ connectionParams, extra }) {
        const given = connectionParams ?? {};
        const header = Object.entries(given).find(([name]) => name.toLowerCase() === 'authorization')?.[1];
        try {
          const viewer = await authenticate(
            services.organizations,
            typeof header === 'string' ? header : null,
          );
          if (!viewer) return false;
          extra.viewer = viewer;
          extra.gone = new AbortController();
          return true;
        } catch (error) {
          if (error instanceof UnauthenticatedError) return false;
          log.error({ error }, 'unexpected error while a WebSocket opened');
          extra.socket.close(CloseCode.InternalServerError, 'Internal error');
          return false;
        }
      },
      onClose({ extra }) {
        extra.gone?.abort();
      },
      onSubscribe(context, _id, payload): ExecutionArgs | readonly GraphQLError[] {
        const { viewer, gone } = context.extra;
        let document: ReturnType<typeof parse>;
        try {
          document = parse(payload.query, { maxTokens: MAX_TOKENS });
        } catch (error) {
          return [error as GraphQLError];
        }
        const errors = validate(schema, document, rules);
        if (errors.length > 0) return errors.map(withoutValue);
        return {
          schema,
          document,
          operationName: payload.operationName,
          variableValues: payload.variables,
          contextValue: contextOf(services, viewer ?? null, gone?.signal ?? AbortSignal.abort()),
        };
      },
      onError: (_context, _id, _payload, errors) => errors.map((error) => maskError(error, log)),
      onNext: (_context, _id, _payload, _args, result) =>
        result.errors && { ...result, errors: result.errors.map((error) => maskError(error, log)) },
    },
    sockets,
  );
  return { close: async () => protocol.dispose() };
}
