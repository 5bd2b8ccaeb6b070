import { DriverFailure } from '../errors.ts';
import { notRedis, speaksTls } from './failures.ts';

/**
 * Version 2 of the protocol of Redis (Redis documentation, "Redis serialization protocol specification").
 *
 * A reader of our own, because any host may be named as a server: what comes is bounded in length, depth
 * and number, and nothing that comes can do more than end its connection. The parsers of the usual
 * clients take the server's word for lengths and counts, and a dozen bytes can end the whole process.
 */

/** A command and its arguments. */
export type Command = readonly [name: string, ...arguments: (string | Uint8Array)[]];

/** A simple string, an integer, a bulk string, an absent one, an error, or a list of such. */
export type Reply = string | number | Buffer | null | Refusal | Reply[];

/** An error reply: the server understood and refused. */
export class Refusal {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

const longestLine = 64 * 1024;
const deepestList = 8;

/** The bytes of commands, in as few pieces as can be without copying arguments that are bytes. */
export function encode(commands: readonly Command[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let text = '';
  for (const command of commands) {
    text += `*${command.length}\r\n`;
    for (const argument of command) {
      if (typeof argument === 'string') {
        text += `$${Buffer.byteLength(argument)}\r\n${argument}\r\n`;
      } else {
        pieces.push(Buffer.from(`${text}$${argument.length}\r\n`), argument);
        text = '\r\n';
      }
    }
  }
  pieces.push(Buffer.from(text));
  return pieces;
}

/**
 * Reads replies from the bytes of a connection, however these are cut.
 *
 * @param limit bytes of the longest bulk string that is taken
 * @param take is given each reply once it is complete
 * @returns takes the next bytes; throws DriverFailure for what is no reply, and is of no use afterwards
 */
export function replyReader(limit: number, take: (reply: Reply) => void): (bytes: Buffer) => void {
  let bytes: Buffer = Buffer.alloc(0);
  let at = 0;

  // Each of these stops at a `yield` until there are more bytes.
  function* replies(): Generator<void, never> {
    for (;;) take(yield* reply(0));
  }

  function* reply(depth: number): Generator<void, Reply> {
    while (at === bytes.length) yield;
    const type = bytes[at++];
    switch (type) {
      case 0x2b: // +
        return yield* line();
      case 0x2d: // -
        return new Refusal(yield* line());
      case 0x3a: // :
        return integer(yield* line());
      case 0x24: // $
        return yield* bulk(integer(yield* line()));
      case 0x2a: // *
        return yield* list(integer(yield* line()), depth + 1);
      default:
        // TLS records of alerts and handshakes begin so (RFC 8446 section 5.1).
        throw new DriverFailure(type === 0x15 || type === 0x16 ? speaksTls : notRedis);
    }
  }

  function* line(): Generator<void, string> {
    for (;;) {
      const end = bytes.indexOf('\r\n', at);
      if (end - at > longestLine || (end < 0 && bytes.length - at > longestLine)) {
        throw new DriverFailure(notRedis);
      }
      if (end >= 0) {
        const text = bytes.toString('utf8', at, end);
        at = end + 2;
        return text;
      }
      yield;
    }
  }

  function* bulk(length: number): Generator<void, Buffer | null> {
    if (length === -1) return null;
    if (length < 0 || length > limit) throw new DriverFailure(notRedis);
    const whole = Buffer.allocUnsafe(length + 2);
    for (let filled = 0; filled < whole.length; ) {
      while (at === bytes.length) yield;
      const copied = bytes.copy(whole, filled, at);
      filled += copied;
      at += copied;
    }
    if (whole[length] !== 0x0d || whole[length + 1] !== 0x0a) throw new DriverFailure(notRedis);
    return whole.subarray(0, length);
  }

  function* list(length: number, depth: number): Generator<void, Reply[] | null> {
    if (length === -1) return null;
    if (length < 0 || depth > deepestList) throw new DriverFailure(notRedis);
    // Grows as elements come: the announced length is not to be trusted with memory.
    const elements: Reply[] = [];
    while (elements.length < length) elements.push(yield* reply(depth));
    return elements;
  }

  const reading = replies();
  reading.next();
  return (more) => {
    bytes = at === bytes.length ? more : Buffer.concat([bytes.subarray(at), more]);
    at = 0;
    reading.next();
  };
}

function integer(text: string): number {
  if (!/^-?\d{1,15}$/.test(text)) throw new DriverFailure(notRedis);
  return Number(text);
}
