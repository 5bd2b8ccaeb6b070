import type { IncomingMessage } from 'node:http';
import { type Route, sendText } from './server.ts';

/** Largest body of a request, in bytes: ten thousand tasks given inline fit, and what notifications are batched to. */
const MAX_BODY = 4 << 20;

/** Refuses bodies that are too large before anything reads them, and cuts those that lie about it. */
export const bodyLimit: Route = (request, response) => {
  if (Number(request.headers['content-length'] ?? 0) <= MAX_BODY) {
    cutAt(request, MAX_BODY);
    return false;
  }
  response.setHeader('connection', 'close');
  sendText(response, 413, `The body may hold at most ${MAX_BODY} bytes.\n`);
  return true;
};

function cutAt(request: IncomingMessage, limit: number): void {
  if (request.headers['content-length'] !== undefined) return;
  let bytes = 0;
  const { emit } = request;
  request.emit = function counted(event: string | symbol, ...args: unknown[]) {
    if (event === 'data') {
      bytes += (args[0] as Buffer).length;
      if (bytes > limit) request.destroy(new Error('The body is too large.'));
    }
    return Reflect.apply(emit, request, [event, ...args]);
  };
}
