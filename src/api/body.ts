import type { IncomingMessage } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { excessOf, type JsonLimits } from '../formats/excess.ts';
import { parseJson } from '../json.ts';
import { HttpError } from './statuses.ts';
import { inTurn } from './turns.ts';

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

/** Characters from which a body waits for its turn: what is shorter is read in a millisecond. */
const LONG = 50_000;

/** Ten thousand tasks may have ten values each, and the data of a task its levels. */
const usual: JsonLimits = { values: 100_000, levels: 600 };
/** Without a look at the digits of numbers; as many as providers put into one body of notifications. */
const quick: JsonLimits = { values: 400_000, levels: 600 };

/**
 * Parses the JSON of a request, and lets others go on before and after. The time that it takes goes by the number of its
 * values.
 * @param plain numbers may lose digits; else they are kept as by `parseJson`
 * @throws SyntaxError; HttpError for more values or levels than anybody needs, before they are read
 */
export async function parseBody(text: string, plain = false): Promise<unknown> {
  const excess = excessOf(text, plain ? quick : usual);
  if (excess) throw new HttpError(400, 'BODY_TOO_COMPLEX', `The body may hold at most ${excess}.`);
  if (text.length < LONG) return parseJson(text, plain);
  await setImmediate();
  const value = await inTurn(() => parseJson(text, plain));
  await setImmediate();
  return value;
}

/** The body, parsed; undefined: it is not JSON. Its size is limited before by `limitBody`. @throws HttpError */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  try {
    return await parseBody(Buffer.concat(chunks).toString(), true);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Largest body that holds a code, in bytes. */
const MAX_CODE_BODY = 1_000;

/** The code in a body `{"code": …}` of somebody unknown; undefined: there is none. @throws HttpError for a longer body */
export async function readCode(request: IncomingMessage): Promise<string | undefined> {
  const length = Number(request.headers['content-length'] ?? Number.NaN);
  if (!(length <= MAX_CODE_BODY)) {
    throw new HttpError(413, 'BODY_TOO_LARGE', `Expected at most ${MAX_CODE_BODY} bytes, and their length.`);
  }
  const body = (await readJson(request)) as { code?: unknown } | null | undefined;
  return typeof body?.code === 'string' ? body.code : undefined;
}
