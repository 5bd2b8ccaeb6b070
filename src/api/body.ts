import type { IncomingMessage } from 'node:http';
import { HttpError } from './statuses.ts';

/** Largest body of a request, in bytes: ten thousand tasks given inline fit, and what notifications are batched to. */
const MAX_BODY = 4 << 20;

/**
 * Refuses bodies that are too large before anything reads them, and cuts those that do not say their length.
 * @throws HttpError
 */
export function limitBody(request: IncomingMessage): void {
  const length = request.headers['content-length'];
  if (length === undefined) cutAt(request, MAX_BODY);
  else if (Number(length) > MAX_BODY) {
    const message = `The body may hold at most ${MAX_BODY} bytes.`;
    throw new HttpError(413, 'BODY_TOO_LARGE', message, { connection: 'close' });
  }
}

function cutAt(request: IncomingMessage, limit: number): void {
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

/** The body, parsed; undefined: it is not JSON. Its size is limited before by `limitBody`. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    return undefined;
  }
}
