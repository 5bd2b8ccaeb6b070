import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { TransactionSql } from 'postgres';

/**
 * Rows into a table by COPY in its text format, the fastest way in.
 * Source: PostgreSQL documentation, SQL command COPY, "Text Format".
 */

type Value = string | number | boolean | null | undefined;

const special = /[\\\t\n\r]/;

/** One field of a COPY line: null is \N; backslash, tab and line ends are escaped. */
function field(value: Value): string {
  if (value === null || value === undefined) return '\\N';
  if (typeof value !== 'string') return typeof value === 'boolean' ? (value ? 't' : 'f') : String(value);
  if (!special.test(value)) return value;
  return value
    .replaceAll('\\', '\\\\')
    .replaceAll('\t', '\\t')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r');
}

/** A line of COPY input, its end included. */
export function copyLine(...values: Value[]): string {
  let line = field(values[0]);
  for (let index = 1; index < values.length; index++) line += `\t${field(values[index])}`;
  return `${line}\n`;
}

/** Sent in pieces of about this many characters, so that a big batch is never one big buffer. */
const CHUNK = 1 << 18;

/** Copies lines into `table (columns)`. Fails as a whole: a conflict with a unique index is an error. */
export async function copyRows(
  sql: TransactionSql,
  table: string,
  columns: readonly string[],
  lines: Iterable<string>,
): Promise<void> {
  const query = sql`COPY ${sql(table)} (${sql(columns as string[])}) FROM STDIN`;
  const refused = refusalOf(query);
  const stream = await query.writable();
  // Told by `refused`; without a listener it would end the process.
  stream.on('error', () => {});
  await Promise.race([refused, writeAll(stream, lines)]);
}

async function writeAll(stream: Writable, lines: Iterable<string>): Promise<void> {
  let chunk = '';
  for (const line of lines) {
    chunk += line;
    if (chunk.length < CHUNK) continue;
    if (!stream.write(chunk)) await once(stream, 'drain');
    chunk = '';
  }
  await new Promise<void>((resolve, reject) => {
    stream.once('error', reject).once('finish', resolve);
    stream.end(chunk);
  });
}

/**
 * Rejects with the error of a COPY that the server refuses. The client's promise for it has been kept by then,
 * with the stream, and the stream of a COPY refused at its end never ends: so this listens where the client
 * puts the error. Source: github.com/porsager/postgres, issue 1173.
 */
function refusalOf(query: object): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  const pending = query as { reject(error: unknown): void };
  const own = pending.reject;
  pending.reject = (error) => {
    own(error);
    reject(error);
  };
  // Raced with the writing; when that is done first, or fails first, nobody waits for it.
  promise.catch(() => {});
  return promise;
}
