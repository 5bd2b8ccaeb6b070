import { isUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';
import { DriverFailure } from '../errors.ts';
import type { Failure, ListPage, ObjectInfo } from '../provider.ts';
import { Refusal, type Reply } from './connection.ts';
import { failureOfRefusal, kindOf, notRedis } from './failures.ts';

/**
 * Longest value, in bytes, whose content is its version. Redis keeps neither version nor time of a value, so
 * its bytes have to be seen; what is longer has no version and is told apart by its size alone.
 */
export const longestHashed = 1024 * 1024;

/** A reply that must not be a refusal. @param database of the storage, named where it does not exist */
export function accepted(reply: Reply | undefined, database: number): Exclude<Reply, Refusal> {
  if (reply === undefined) throw new DriverFailure(notRedis);
  if (reply instanceof Refusal) throw refused(reply, database);
  return reply;
}

/** A sign of life, or the refusal to give one to this user: either shows that the login was taken. */
export function acceptedLogin(reply: Reply | undefined, database: number): void {
  if (!isRefusal(['NOPERM'], reply)) accepted(reply, database);
}

/** A refusal as an error; of the server's text only the kind stays. */
export function refused({ text }: Refusal, database: number): DriverFailure {
  return new DriverFailure(failureOfRefusal(text, database), new Error(`Redis answered ${kindOf(text)}.`));
}

/** Whether a reply is a refusal of one of these kinds. */
export function isRefusal(kinds: readonly string[], reply: Reply | undefined): boolean {
  return reply instanceof Refusal && kinds.includes(kindOf(reply.text));
}

/** What a key holds, before its value is looked at. */
export type Kind =
  | { holds: 'nothing' }
  | { holds: 'string'; size: number }
  | { holds: 'other'; what: string };

const otherTypes: Readonly<Record<string, string>> = {
  list: 'a list',
  set: 'a set',
  zset: 'a sorted set',
  hash: 'a hash',
  stream: 'a stream',
  'ReJSON-RL': 'a document of the JSON module',
};

/** From the replies to TYPE and STRLEN. @param length null: none, the value is no string */
export function toKind(name: Reply, length: Reply): Kind {
  if (!Buffer.isBuffer(name)) throw new DriverFailure(notRedis);
  const type = name.toString();
  if (type === 'none') return { holds: 'nothing' };
  if (type !== 'string') return { holds: 'other', what: otherTypes[type] ?? 'a value of a module' };
  // It was a string when it was asked for its type, and no longer when for its length.
  if (length === null) return { holds: 'nothing' };
  if (typeof length !== 'number') throw new DriverFailure(notRedis);
  return { holds: 'string', size: length };
}

/** The size and, where it can be known, the version of a value. @param value absent: not to be read */
export function toInfo(key: string, size: number, value?: Uint8Array): ObjectInfo {
  return { key, size: value?.length ?? size, version: value ? versionOf(value) : null, modifiedAt: null };
}

function versionOf(value: Uint8Array): string | null {
  if (value.length > longestHashed) return null;
  return hash('sha256', value, 'hex').slice(0, 32);
}

/** Where to go on ('0': that was all), and names of keys, of which some may come twice. */
export interface Scanned {
  cursor: string;
  names: Buffer[];
}

/** From the reply to SCAN. */
export function toScanned(reply: Reply): Scanned {
  const [cursor, names] = Array.isArray(reply) ? reply : [];
  if (!Buffer.isBuffer(cursor) || !/^\d{1,20}$/.test(cursor.toString()) || !Array.isArray(names)) {
    throw new DriverFailure(notRedis);
  }
  return { cursor: cursor.toString(), names: names.filter((name) => Buffer.isBuffer(name)) };
}

/** The names that can be keys, each once, and those that cannot. */
export function sortOut(names: readonly Buffer[]): { keys: string[]; unusable: Unusable } {
  const keys = new Set<string>();
  const unusable: Unusable = [];
  for (const name of names) {
    const reason = problemOf(name);
    if (reason) unusable.push({ name: shown(name), reason });
    else keys.add(name.toString());
  }
  return { keys: [...keys], unusable };
}

export type Unusable = NonNullable<ListPage['unusable']>;

function problemOf(name: Buffer): string | undefined {
  if (name.length === 0) return 'Its name is empty.';
  if (!isUtf8(name)) return 'Its name is not UTF-8.';
  return name.includes(0) ? 'Its name has a NUL character.' : undefined;
}

/** As redis-cli shows names: in quotes, what is not printable ASCII as `\x..`. */
function shown(name: Buffer): string {
  const escaped = name
    .toString('latin1')
    .replace(/["\\]/g, '\\$&')
    .replace(/[^ -~]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return `"${escaped}"`;
}

/** Why a key that holds something else than a string cannot be read. */
export function notAString(what: string): Failure {
  return {
    code: 'OBJECT_UNREADABLE',
    message: `The key holds ${what}, not a string.`,
    hint: 'Store the value as a string (SET): nothing else in Redis has bytes to read.',
  };
}
