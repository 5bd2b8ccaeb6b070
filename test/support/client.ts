import { createClient as createWebSocketClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { TypedDocumentString } from './generated/graphql.ts';

/** One operation's answer, as it came. */
export interface Answer<TData> {
  data?: TData | null | undefined;
  errors?: readonly AnswerError[] | undefined;
}
export interface AnswerError {
  message: string;
  path?: readonly (string | number)[] | undefined;
  extensions?: Record<string, unknown> | undefined;
}
export interface HttpAnswer<TData> extends Answer<TData> {
  status: number;
  headers: Headers;
}

type Arguments<TVariables> = TVariables extends Record<string, never> ? [] : [variables: TVariables];
type Document<TData, TVariables> = TypedDocumentString<TData, TVariables>;

/** An API client of one person: typed documents over HTTP, server-sent events and WebSocket. */
export interface Client {
  readonly token: string | null;
  /** The data. Throws the errors, if there are any. */
  run<TData, TVariables>(
    document: Document<TData, TVariables>,
    ...variables: Arguments<TVariables>
  ): Promise<TData>;
  /** Data and errors, with status and headers. */
  send<TData, TVariables>(
    document: Document<TData, TVariables>,
    ...variables: Arguments<TVariables>
  ): Promise<HttpAnswer<TData>>;
  /** Any request to the service, with the token; what it answers is kept among the traffic. */
  fetch(path: string, init?: RequestInit): Promise<{ status: number; headers: Headers; text: string }>;
  /** The events of a subscription over SSE; leaving the loop ends it. */
  sse<TData, TVariables>(
    document: Document<TData, TVariables>,
    ...variables: Arguments<TVariables>
  ): AsyncGenerator<Answer<TData>>;
  /** The same over WebSocket (graphql-transport-ws), on a connection of its own. */
  webSocket<TData, TVariables>(
    document: Document<TData, TVariables>,
    ...variables: Arguments<TVariables>
  ): AsyncGenerator<Answer<TData>>;
}

/**
 * @param url of the service, without `/graphql`
 * @param traffic gets every answer's text, so that a test can look for what must not be there
 */
export function createClient(url: string, token: string | null, traffic: string[]): Client {
  const authorization: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };

  function post(document: unknown, variables: unknown, accept: string, signal?: AbortSignal) {
    return fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept, ...authorization },
      body: JSON.stringify({ query: String(document), variables }),
      ...(signal && { signal }),
    });
  }

  const client: Client = {
    token,

    async send(document, ...[variables]) {
      const response = await post(document, variables, 'application/graphql-response+json, application/json');
      const text = await response.text();
      traffic.push(text);
      return { ...JSON.parse(text), status: response.status, headers: response.headers };
    },

    async run(document, ...variables) {
      const { data, errors } = await client.send(document, ...variables);
      if (errors || !data) throw new Error(`The operation failed: ${JSON.stringify(errors)}`);
      return data;
    },

    async fetch(path, init = {}) {
      const headers = { ...authorization, ...(init.headers as Record<string, string>) };
      const response = await fetch(url + path, { ...init, headers });
      const text = await response.text();
      traffic.push(text, JSON.stringify([...response.headers]));
      return { status: response.status, headers: response.headers, text };
    },

    async *sse(document, ...[variables]) {
      const left = new AbortController();
      try {
        const response = await post(document, variables, 'text/event-stream', left.signal);
        if (!response.headers.get('content-type')?.startsWith('text/event-stream')) {
          const text = await response.text();
          traffic.push(text);
          yield JSON.parse(text);
          return;
        }
        for await (const { event, data } of eventsOf(response)) {
          traffic.push(data);
          if (event === 'complete') return;
          if (event === 'next') yield JSON.parse(data);
        }
        throw new Error('The event stream broke off before "complete".');
      } finally {
        left.abort();
      }
    },

    async *webSocket(document, ...[variables]) {
      const connection = createWebSocketClient({
        url: `${url.replace(/^http/, 'ws')}/graphql`,
        webSocketImpl: WebSocket,
        connectionParams: authorization,
        retryAttempts: 0,
        on: { message: (message) => traffic.push(JSON.stringify(message)) },
      });
      try {
        const events = connection.iterate({
          query: String(document),
          variables: (variables ?? {}) as Record<string, unknown>,
        });
        for await (const event of events) yield event as never;
      } finally {
        await connection.dispose();
      }
    },
  };
  return client;
}

/** WHATWG HTML, section 9.2 "Server-sent events": fields up to an empty line; comments begin with a colon. */
async function* eventsOf(response: Response): AsyncGenerator<{ event: string; data: string }> {
  let text = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const lines = text.slice(0, end).split('\n');
      text = text.slice(end + 2);
      const field = (name: string) =>
        lines
          .filter((line) => line.startsWith(`${name}:`))
          .map((line) => line.slice(name.length + 1).trim())
          .join('\n');
      if (field('event') !== '' || field('data') !== '') yield { event: field('event'), data: field('data') };
    }
  }
}

type Named = { __typename: string };

/** The result of a mutation as the type that the test expects; another one fails with all that came. */
export function as<T extends Named, N extends T['__typename']>(
  result: T,
  name: N,
): Extract<T, { __typename: N }> {
  if (result.__typename !== name) throw new Error(`Expected ${name}, got ${JSON.stringify(result, null, 2)}`);
  return result as Extract<T, { __typename: N }>;
}

/** A field's path as errors give it: `tasks.0.annotations[1]` is `["tasks", "0", "annotations", "1"]`. */
export const fieldPath = (text: string): string[] => text.split(/[.[\]]+/).filter((part) => part !== '');
