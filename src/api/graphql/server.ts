import type { IncomingMessage, ServerResponse } from 'node:http';
import { type DocumentNode, type ExecutionArgs, execute, GraphQLError, subscribe } from 'graphql';
import { createYoga, type Plugin } from 'graphql-yoga';
import { UnauthenticatedError } from '../../errors.ts';
import type { Context } from '../../graphql/context.ts';
import type { Viewer } from '../../organizations/model.ts';
import { budgetHeaders } from '../budget.ts';
import { graphiqlPage } from '../graphiql/page.ts';
import type { Route, RouteRequest } from '../router.ts';
import type { Engine } from './engine.ts';
import { exactNumbers } from './exact-numbers.ts';
import { endable } from './feeds.ts';
import type { Admission } from './gate.ts';
import { maskError } from './mask.ts';

export interface GraphqlPage {
  graphiql: boolean;
  queriesByGet: boolean;
  /** Below which GraphiQL's examples find a folder to sync; null: there is none. */
  documentRoot: string | null;
  /** Pages of these origins may call the API; tokens come in a header, so no credentials go with it. */
  origins: readonly string[];
}

type Transport = Pick<RouteRequest, 'id' | 'signal' | 'address' | 'response'> & {
  who: Viewer | GraphQLError | null;
};

/** Longest body accepted without a token, in bytes: introspection needs no more. */
const MAX_UNKNOWN_BODY = 200_000;

/** How often a feed looks whether its token still holds, in milliseconds. */
const LOOK = 2_000;

/** GraphQL over HTTP, with subscriptions as server-sent events. */
export function graphqlRoutes(engine: Engine, page: GraphqlPage): Route[] {
  const yoga = createYoga<Transport, Context>({
    schema: engine.schema,
    graphqlEndpoint: '/graphql',
    landingPage: false,
    logging: false,
    batching: false,
    cors: page.origins.length > 0 && { origin: [...page.origins], credentials: false, methods: ['POST'] },
    multipart: false,
    // By count, whatever their size: the documents' own cache counts bytes.
    parserAndValidationCache: false,
    plugins: [exactNumbers(), jsonOnly, ownDocuments(engine), operations(engine) as Plugin],
    maskedErrors: { maskError: (error) => maskError(error, engine.log) },
    ...(page.graphiql ? graphiqlPage(page.documentRoot) : { graphiql: false }),
    context({ who, id, signal }) {
      if (who instanceof GraphQLError) throw who;
      return engine.contextOf(who, id, signal);
    },
  });
  const byGet = page.queriesByGet ? (['GET'] as const) : [];
  return [...byGet, ...(['POST', 'OPTIONS'] as const)].map(
    (method): Route => ({
      method,
      pattern: /^\/graphql$/,
      who: 'anyone',
      async handle({ incoming, response, id, signal, address }) {
        if (method === 'GET') setHeaders(response, pageHeaders);
        const who = await viewerOrRefusal(engine, incoming);
        const isKnown = who !== null && !(who instanceof GraphQLError);
        if (!isKnown && Number(incoming.headers['content-length'] ?? 0) > MAX_UNKNOWN_BODY) {
          throw new UnauthenticatedError(who?.message);
        }
        await yoga(incoming, response, { id, signal, address, response, who });
      },
    }),
  );
}

/** Of GraphiQL: in no frame, and no address of it told to others. */
const pageHeaders = {
  'content-security-policy': "frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** Who asks; null: nobody says. A wrong token is refused with 401 before anything runs. */
async function viewerOrRefusal(
  { authenticate }: Engine,
  incoming: IncomingMessage,
): Promise<Viewer | GraphQLError | null> {
  try {
    return await authenticate(incoming.headers.authorization, incoming);
  } catch (error) {
    if (!(error instanceof UnauthenticatedError)) throw error;
    const http = { status: 401, headers: { 'www-authenticate': 'Bearer' } };
    return new GraphQLError(error.message, { extensions: { code: error.code, http } });
  }
}

/** Only what a web page can't send without being asked first is taken. */
const jsonOnly: Plugin = {
  onRequest({ request, fetchAPI, endResponse }) {
    const type = request.headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase();
    if (request.method !== 'POST' || type === 'application/json') return;
    const message = 'Send the operation as JSON, with "Content-Type: application/json".\n';
    const headers = { 'content-type': 'text/plain; charset=utf-8' };
    endResponse(new fetchAPI.Response(message, { status: 415, headers }));
  },
};

function ownDocuments({ documents }: Engine): Plugin {
  return {
    async onParams({ params: { query } }) {
      if (typeof query === 'string') await documents.prepare(query);
    },
    onParse({ setParseFn }) {
      setParseFn(documents.parse);
    },
    onValidate({ setValidationFn }) {
      setValidationFn((_schema: unknown, document: DocumentNode) => documents.validate(document));
    },
  };
}

/** Lets operations through the gate, and ends them when their client or its token does. */
function operations(engine: Engine): Plugin<Context & Transport> {
  const { gate, running, log, services, executionOptions } = engine;

  async function admit(args: ExecutionArgs & { contextValue: Context & Transport }): Promise<Admission> {
    const { viewer, address, response } = args.contextValue;
    const admission = await gate({
      ...{ document: args.document, operationName: args.operationName, viewer, address },
      variables: args.variableValues ?? {},
    });
    args.contextValue.admission = admission;
    if (admission.budget) setHeaders(response, budgetHeaders(admission.budget));
    return admission;
  }

  /** Counts it as running until `leave` is aborted. @throws GraphQLError when too many run */
  function begin({ viewer, address, signal }: Context & Transport): AbortController {
    const release = running(viewer ? `user ${viewer.userId}` : `address ${address}`);
    if (!release) {
      const extensions = { code: 'TOO_MANY_OPERATIONS', http: { status: 429 } };
      throw new GraphQLError('Too many of your operations run at the moment.', { extensions });
    }
    const leave = new AbortController();
    leave.signal.addEventListener('abort', release, { once: true });
    if (signal.aborted) leave.abort();
    signal.addEventListener('abort', () => leave.abort(), { once: true });
    return leave;
  }

  /** Ends a feed whose viewer's token or membership has ended. */
  function watch(viewer: Viewer | null, leave: AbortController): void {
    if (!viewer) return;
    const timer = setInterval(async () => {
      const now = await services.access.viewerNow(viewer).catch(() => viewer);
      if (!now) leave.abort();
    }, LOOK);
    leave.signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  }

  return {
    async onExecute({ args, setExecuteFn, setResultAndStopExecution }) {
      let leave: AbortController;
      try {
        await admit(args as never);
        leave = begin(args.contextValue);
      } catch (error) {
        setResultAndStopExecution({ data: null, errors: [error as GraphQLError] });
        return;
      }
      setExecuteFn((given: ExecutionArgs) => execute({ ...given, ...executionOptions(leave.signal) }));
      const { admission, viewer } = args.contextValue;
      return {
        onExecuteDone({ result, setResult }) {
          leave.abort();
          if (!viewer || !admission?.cost || !('data' in result)) return;
          setResult({
            ...result,
            extensions: { ...result.extensions, ...admission.extensions(result.data) },
          });
        },
      };
    },

    async onSubscribe({ args, setSubscribeFn, setResultAndStopExecution }) {
      let leave: AbortController;
      try {
        await admit(args as never);
        leave = begin(args.contextValue);
      } catch (error) {
        setResultAndStopExecution({ data: null, errors: [error as GraphQLError] });
        return;
      }
      const { viewer } = args.contextValue;
      setSubscribeFn(async (given: ExecutionArgs) => {
        const contextValue = { ...(given.contextValue as Context), signal: leave.signal };
        const answer = await subscribe({ ...given, contextValue, ...executionOptions(leave.signal) });
        if (!(Symbol.asyncIterator in answer)) {
          leave.abort();
          return answer;
        }
        watch(viewer, leave);
        return endable(answer, leave, (error) => ({ errors: [maskError(error, log)] }));
      });
    },
  };
}

function setHeaders(response: ServerResponse, headers: Record<string, string>): void {
  if (!response.headersSent) response.setHeaders(new Map(Object.entries(headers)));
}
