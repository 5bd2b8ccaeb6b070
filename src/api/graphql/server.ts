import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  subscribe,
} from 'graphql';
import { CloseCode } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import { createYoga } from 'graphql-yoga';
import { WebSocketServer } from 'ws';
import { UnauthenticatedError } from '../../errors.ts';
import type { Context } from '../../graphql/context.ts';
import { keepDigits } from '../../json.ts';
import type { Logger } from '../../observability/log.ts';
import type { Viewer } from '../../organizations/model.ts';
import type { Services } from '../../services.ts';
import { authenticate } from '../authenticate.ts';
import { graphiqlPage } from '../graphiql/page.ts';
import type { Route, RouteRequest } from '../router.ts';
import { exactNumbers, variablesFor } from './exact-numbers.ts';
import { limits, parseDocument, validateDocument } from './limits.ts';
import { createLoaders } from './loaders.ts';
import { maskError } from './mask.ts';
import { schema } from './schema.ts';

export interface GraphqlServerOptions {
  services: Services;
  log: Logger;
  graphiql: boolean;
  /** The folder that GraphiQL's examples sync; null: there is none. */
  demoFolder: string | null;
  introspection: boolean;
  /** Pages of these origins may call the API; tokens come in a header, so no credentials go with it. */
  origins: readonly string[];
}

type Transport = Pick<RouteRequest, 'id' | 'signal'>;

/** GraphQL over HTTP, with subscriptions as server-sent events. */
export function graphqlRoutes(options: GraphqlServerOptions): Route[] {
  const yoga = createGraphqlHandler(options);
  return (['GET', 'POST', 'OPTIONS'] as const).map(
    (method): Route => ({
      method,
      pattern: /^\/graphql$/,
      who: 'anyone',
      async handle({ incoming, response, id, signal }) {
        await yoga(incoming, response, { id, signal });
      },
    }),
  );
}

function createGraphqlHandler(options: GraphqlServerOptions) {
  const { services, log, graphiql, demoFolder, origins } = options;
  return createYoga<Transport, Context>({
    schema,
    graphqlEndpoint: '/graphql',
    landingPage: false,
    logging: false,
    batching: false,
    cors: origins.length > 0 && { origin: [...origins], credentials: false, methods: ['POST'] },
    multipart: false,
    plugins: [exactNumbers(), limits(options)],
    maskedErrors: { maskError: (error) => maskError(error, log) },
    ...(graphiql ? graphiqlPage(demoFolder) : { graphiql: false }),
    context: async ({ request, id, signal }) => {
      const viewer = await viewerOrRefusal(services, request.headers.get('authorization'));
      return contextOf(services, viewer, id, signal);
    },
  });
}

function contextOf(
  services: Services,
  viewer: Viewer | null,
  requestId: string,
  signal: AbortSignal,
): Context {
  return { viewer, services, loaders: createLoaders(services, viewer), requestId, signal };
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
  const protocol = useServer<Record<string, unknown>, { viewer?: Viewer; gone?: AbortController }>(
    {
      connectionInitWaitTimeout: INIT_LIMIT,
      jsonMessageReviver: keepDigits,
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
        let document: DocumentNode;
        try {
          document = parseDocument(payload.query);
        } catch (error) {
          return [error as GraphQLError];
        }
        const errors = validateDocument(schema, document, { introspection });
        if (errors.length > 0) return errors;
        return {
          schema,
          document,
          operationName: payload.operationName,
          variableValues: variablesFor(schema, document, payload.variables),
          contextValue: contextOf(
            services,
            viewer ?? null,
            randomUUID(),
            gone?.signal ?? AbortSignal.abort(),
          ),
        };
      },
      async subscribe(args: ExecutionArgs) {
        const answer = await subscribe(args);
        return Symbol.asyncIterator in answer ? untilError(answer, log) : answer;
      },
      onError: (_context, _id, _payload, errors) => errors.map((error) => maskError(error, log)),
      onNext: (_context, _id, _payload, _args, result) =>
        result.errors && { ...result, errors: result.errors.map((error) => maskError(error, log)) },
    },
    sockets,
  );
  return { close: async () => protocol.dispose() };
}

/** A feed that fails ends with its error, masked; otherwise the library would close the socket with the text. */
async function* untilError(
  feed: AsyncIterable<ExecutionResult>,
  log: Logger,
): AsyncGenerator<ExecutionResult, void, undefined> {
  try {
    yield* feed;
  } catch (error) {
    yield { errors: [maskError(error, log)] };
  }
}
