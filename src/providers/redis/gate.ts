import type { Socket } from 'node:net';
import { DriverFailure } from '../errors.ts';
import { notRedis, speaksTls } from './failures.ts';

/**
 * Checks what a server sends before the client's parser sees it (Redis documentation, "Redis serialization
 * protocol specification", version 2). Any host may be named as a server, and parsers take its word for
 * lengths and counts: 88 bytes can end the whole process, and so can a reply that nobody asked for. The gate
 * builds no replies; it counts, and what is too much or out of turn ends the connection.
 */

/** Upper bounds of the response to one request; lines and strings in bytes. */
const most = { line: 64 * 1024, string: 8 * 2 ** 20, response: 8 * 2 ** 20, elements: 50_000, depth: 8 };

const [CR, LF] = [0x0d, 0x0a];

export interface ReplyGate {
  /** So many replies are due to the next request. */
  expect(replies: number): void;
  /** Takes the next bytes, however they are cut. Throws DriverFailure, and is of no use afterwards. */
  pass(bytes: Uint8Array): void;
}

export function replyGate(): ReplyGate {
  /** Replies due, by request. */
  const due: number[] = [];
  let bytes: Uint8Array = new Uint8Array();
  let at = 0;
  /** Bytes of the current response that came before `bytes`; negative: so many of `bytes` belong to earlier ones. */
  let received = 0;
  /** Elements that the lists of the current response announced. */
  let announced = 0;

  // Each of these stops at a `yield` until there are more bytes.
  function* replies(): Generator<void, never> {
    for (;;) {
      while (at === bytes.length) yield;
      if (due.length === 0 && !beginsTls(bytes[at])) refuse();
      yield* reply(0);
      if (--due[0]! > 0) continue;
      if (received + at > most.response) refuse();
      due.shift();
      announced = 0;
      received = -at;
    }
  }

  function* reply(depth: number): Generator<void, void> {
    while (at === bytes.length) yield;
    const type = bytes[at++];
    if (type === 0x2b || type === 0x2d)
      yield* line(); // + -
    else if (type === 0x3a)
      yield* integer(-Infinity, Infinity); // :
    else if (type === 0x24)
      yield* string(yield* integer(-1, most.string)); // $
    else if (type === 0x2a)
      yield* list(yield* integer(-1, most.elements - announced), depth); // *
    else if (beginsTls(type)) throw new DriverFailure(speaksTls);
    else refuse();
  }

  function* line(): Generator<void, void> {
    for (let length = 0; ; ) {
      const found = bytes.indexOf(CR, at);
      const end = found < 0 ? bytes.length : found;
      length += end - at;
      at = end;
      if (length > most.line) refuse();
      if (found >= 0) return yield* lineEnd();
      yield;
    }
  }

  /** Judged before its end of line has come: parsers do not wait for that. */
  function* integer(minimum: number, maximum: number): Generator<void, number> {
    let digits = '';
    for (;;) {
      while (at === bytes.length) yield;
      const byte = bytes[at]!;
      if (byte === CR) break;
      digits += String.fromCharCode(byte);
      if (digits.length > 16) refuse();
      at++;
    }
    const value = Number(digits);
    if (!/^-?\d{1,15}$/.test(digits) || value < minimum || value > maximum) refuse();
    yield* lineEnd();
    return value;
  }

  function* string(length: number): Generator<void, void> {
    if (length < 0) return;
    for (let left = length; left > 0; ) {
      while (at === bytes.length) yield;
      const taken = Math.min(left, bytes.length - at);
      at += taken;
      left -= taken;
    }
    yield* lineEnd();
  }

  function* list(length: number, depth: number): Generator<void, void> {
    if (length <= 0) return;
    if (depth === most.depth) refuse();
    announced += length;
    for (let element = 0; element < length; element++) yield* reply(depth + 1);
  }

  function* lineEnd(): Generator<void, void> {
    for (const expected of [CR, LF]) {
      while (at === bytes.length) yield;
      if (bytes[at++] !== expected) refuse();
    }
  }

  const reading = replies();
  reading.next();
  return {
    expect: (replies) => void due.push(replies),
    pass(more) {
      bytes = more;
      at = 0;
      reading.next();
      received += more.length;
      if (received > most.response) refuse();
    },
  };
}

function refuse(): never {
  throw new DriverFailure(notRedis);
}

/** TLS records of alerts and handshakes begin so (RFC 8446 section 5.1). */
function beginsTls(byte: number | undefined): boolean {
  return byte === 0x15 || byte === 0x16;
}

/** Every byte passes the gate before anybody reads it from the socket; what does not pass ends the connection. */
export function gated<S extends Socket>(socket: S, gate: ReplyGate): S {
  const { push } = socket;
  socket.push = (chunk: Uint8Array | null, encoding?: BufferEncoding) => {
    try {
      if (chunk) gate.pass(chunk);
    } catch (error) {
      socket.destroy(error as Error);
      return false;
    }
    return push.call(socket, chunk, encoding);
  };
  return socket;
}
