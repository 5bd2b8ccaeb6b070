import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import { type DocumentNode, type ExecutionArgs, execute, GraphQLError, subscribe } from 'graphql';
import { CloseCode } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import { type WebSocket, WebSocketServer } from 'ws';
import { stoppable } from '../../database/stop.ts';
import { UnauthenticatedError } from '../../errors.ts';
import { keepDigits } from '../../json.ts';
import type { Viewer } from '../../organizations/model.ts';
import { createCounter } from '../budget.ts';
import type { Engine } from './engine.ts';
import { variablesFor } from './exact-numbers.ts';
import { endable } from './feeds.ts';
import { maskError } from './mask.ts';

/** Longest message a client may send, in bytes: short enough to be parsed in a moment, whatever it holds. */
const MAX_FRAME = 256 << 10;
/** How long a client may take to introduce itself, in milliseconds. */
const INIT_LIMIT = 5_000;
/** How often a socket looks whether its token still holds, in milliseconds. */
const LOOK = 2_000;
/** Operations that may run on one socket at a time, and sockets of one user, and of one address. */
const MAX_OPERATIONS = 1_000;
const MAX_SOCKETS_OF_USER = 1_500;
const MAX_SOCKETS_OF_ADDRESS = 3_000;
/** How long clients may take to answer that the service goes away, in milliseconds. */
const CLOSE_LIMIT = 2_000;

/** What is known of a socket. */
type SocketState = {
  viewer?: Viewer;
  /** Aborted as soon as the socket closes: before its feeds are awaited. */
  gone?: AbortController;
};

/** What ends an operation, by its context. */
const endings = new WeakMap<object, AbortController>();

/**
 * GraphQL over WebSocket, protocol graphql-transport-ws.
 * Source: github.com/enisdenjo/graphql-ws, PROTOCOL.md.
 */
export function attachWebSockets(server: Server, engine: Engine): { close(): Promise<void> } {
  const { authenticate, documents, gate, schema, log, contextOf, executionOptions, running } = engine;
  const { access } = engine.services;
  const sockets = new WebSocketServer({ server, path: '/graphql', maxPayload: MAX_FRAME });
  const ofUser = createCounter(MAX_SOCKETS_OF_USER);
  const ofAddress = createCounter(MAX_SOCKETS_OF_ADDRESS);
  sockets.on('connection', (socket, request) => {
    const release = ofAddress(addressOf(request));
    if (release) socket.once('close', release);
    else socket.close(1013, 'Too many connections');
  });

  /** The socket's viewer, as of now; the socket is closed when there is none any more. */
  async function current(state: SocketState, socket: WebSocket): Promise<Viewer | undefined> {
    const { viewer } = state;
    const now = viewer && (await access.viewerNow(viewer));
    if (!now) socket.close(CloseCode.Forbidden, 'Forbidden');
    return now && { ...now, ...(viewer?.address !== undefined && { address: viewer.address }) };
  }

  function watch(state: SocketState, socket: WebSocket): void {
    const gone = new AbortController();
    state.gone = gone;
    const timer = setInterval(() => {
      current(state, socket).catch((error: unknown) => log.error({ error }, 'a look at a token failed'));
    }, LOOK);
    socket.once('close', () => {
      clearInterval(timer);
      gone.abort();
    });
  }

  const protocol = useServer<Record<string, unknown>, SocketState>(
    {
      connectionInitWaitTimeout: INIT_LIMIT,
      jsonMessageReviver: keepDigits,
      // Errors of the library are not for clients.
      isProd: true,
      async onConnect({ connectionParams, extra }) {
        const given = connectionParams ?? {};
        const header = Object.entries(given).find(([name]) => name.toLowerCase() === 'authorization')?.[1];
        const { socket, request } = extra;
        try {
          const viewer = await authenticate(typeof header === 'string' ? header : null, request);
          if (!viewer) return false;
          const release = ofUser(String(viewer.userId));
          if (!release) {
            socket.close(1013, 'Too many connections');
            return false;
          }
          socket.once('close', release);
          extra.viewer = viewer;
          watch(extra, socket);
          return true;
        } catch (error) {
          if (error instanceof UnauthenticatedError) return false;
          log.error({ error }, 'unexpected error while a WebSocket opened');
          socket.close(CloseCode.InternalServerError, 'Internal error');
          return false;
        }
      },
      async onSubscribe(
        { extra, subscriptions },
        _id,
        payload,
      ): Promise<ExecutionArgs | readonly GraphQLError[]> {
        // Counted before anything is awaited: of those that come together the last ones are too many.
        if (Object.keys(subscriptions).length > MAX_OPERATIONS) return [tooMany(MAX_OPERATIONS)];
        const viewer = await current(extra, extra.socket);
        if (!viewer) return [new GraphQLError('The token holds no longer.')];
        let document: DocumentNode;
        try {
          await documents.prepare(payload.query);
          document = documents.parse(payload.query);
        } catch (error) {
          return [error as GraphQLError];
        }
        const errors = documents.validate(document);
        if (errors.length > 0) return errors;
        const variables = variablesFor(schema, document, payload.variables) ?? {};
        const { operationName } = payload;
        try {
          const address = addressOf(extra.request);
          const admission = await gate({ document, operationName, variables, viewer, address });
          const release = running(`user ${viewer.userId}`);
          if (!release) return [tooMany()];
          const leave = new AbortController();
          const signal = AbortSignal.any([leave.signal, extra.gone!.signal]);
          const end = () => {
            release();
            leave.abort();
          };
          signal.addEventListener('abort', end, { once: true });
          const contextValue = contextOf(viewer, randomUUID(), signal, admission);
          endings.set(contextValue, leave);
          return {
            ...{ schema, document, operationName, variableValues: variables, contextValue },
            ...executionOptions(signal),
          };
        } catch (error) {
          return [maskError(error, log)];
        }
      },
      // As a feed of one result: what a client sends "complete" for stops, instead of running to its end.
      execute(args: ExecutionArgs) {
        const leave = endings.get(args.contextValue as object)!;
        return endable(once(args), leave, (error) => ({ errors: [maskError(error, log)] }));
      },
      async subscribe(args: ExecutionArgs) {
        const leave = endings.get(args.contextValue as object)!;
        const answer = await stoppable(leave.signal, () => subscribe(args));
        if (!(Symbol.asyncIterator in answer)) {
          leave.abort();
          return answer;
        }
        return endable(answer, leave, (error) => ({ errors: [maskError(error, log)] }));
      },
      onError: (_context, _id, _payload, errors) => errors.map((error) => maskError(error, log)),
      onNext: (_context, _id, _payload, _args, result) =>
        result.errors && { ...result, errors: result.errors.map((error) => maskError(error, log)) },
    },
    sockets,
  );
  return {
    async close() {
      const timer = setTimeout(() => {
        for (const socket of sockets.clients) socket.terminate();
      }, CLOSE_LIMIT);
      await protocol.dispose();
      clearTimeout(timer);
    },
  };
}

async function* once(args: ExecutionArgs) {
  yield await execute(args);
}

const addressOf = ({ socket }: IncomingMessage) => socket.remoteAddress ?? '';

function tooMany(limit?: number): GraphQLError {
  const message = limit
    ? `At most ${limit} operations may run on one connection at a time.`
    : 'Too many of your operations run at the moment.';
  return new GraphQLError(message, { extensions: { code: 'TOO_MANY_OPERATIONS' } });
}
