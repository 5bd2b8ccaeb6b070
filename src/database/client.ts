import { connect, type Socket } from 'node:net';
import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { parseJson } from '../json.ts';
import { stopSignal } from './stop.ts';

/**
 * The one pool of a process. `db` is for repositories; `sql` is for the few hot paths where the ORM
 * is several times slower (COPY, unnest). The ORM switches off the client's own conversions, so raw
 * statements get instants as ISO strings and pass JSON as text.
 */
export interface Database {
  sql: postgres.Sql;
  db: Db;
  close(): Promise<void>;
}
export type Db = PostgresJsDatabase;
/** A running transaction, in both manners of speaking. */
export interface Transaction {
  sql: postgres.TransactionSql;
  db: Db;
}

export function openDatabase(
  url: string,
  options: {
    connections: number;
    name: string;
    /** Called with each statement sent, for measurements. */
    onStatement?: ((text: string) => void) | undefined;
  },
): Database {
  const sql = postgres(url, {
    max: options.connections,
    connect_timeout: 15,
    idle_timeout: 60,
    max_lifetime: 60 * 60,
    onnotice: () => {},
    ...withoutDelay(url),
    ...endingWithClients,
    ...(options.onStatement && { debug: (_connection: number, text: string) => options.onStatement?.(text) }),
    connection: { application_name: options.name },
    // int8 columns stay below 2^53: they count rows and bytes.
    types: {
      int8: { to: 20, from: [20], parse: Number, serialize: String },
      // json and jsonb, with all digits of their numbers.
      json: { to: 114, from: [114, 3802], parse: parseJson, serialize: JSON.stringify },
    },
  });
  const db = drizzle(sql, { casing: 'snake_case' });
  return { sql, db, close: () => sql.end({ timeout: 5 }) };
}

/** An option of this project's own (`patches/`): asked for each statement and transaction. */
const endingWithClients = { stop: stopSignal } as object;

/**
 * What is wrong with the installed client; undefined: nothing. Installed without scripts it lacks this project's
 * changes (`patches/`): then a connection that breaks inside a transaction can end the process, or hang it.
 */
export function clientProblem(client: object = postgres): string | undefined {
  if ('patchedFor' in client && client.patchedFor === 'longshore') return;
  return 'The database client lacks the changes in patches/: install without --ignore-scripts, or run "npx patch-package".';
}

/**
 * The client leaves Nagle's algorithm on: the small message that ends a COPY then waits for the server's delayed
 * acknowledgement, 40 ms each time. So it is handed a socket with TCP_NODELAY (RFC 9293, section 3.7.4),
 * still connecting: its own handlers see what comes of that. A list of hosts is left to the client itself.
 */
function withoutDelay(url: string): { socket?: (target: { host: string[]; port: number[] }) => Socket } {
  const host = URL.parse(url)?.hostname ?? '';
  if (host === '' || host.includes(',')) return {};
  return {
    socket: ({ host: [name], port: [port] }) => connect({ host: name, port: port ?? 5432, noDelay: true }),
  };
}

/** Runs `work` in one transaction: commits when it resolves, rolls back when it throws. */
export function transaction<T>(
  database: Pick<Database, 'sql'>,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  return database.sql.begin((sql) => work({ sql, db: ormOver(sql, database.sql.options) })) as Promise<T>;
}

/** The same, where all of `work` sees one state of the database, and changes nothing. */
export function readConsistently<T>(
  database: Pick<Database, 'sql'>,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  return database.sql.begin('ISOLATION LEVEL REPEATABLE READ READ ONLY', (sql) =>
    work({ sql, db: ormOver(sql, database.sql.options) }),
  ) as Promise<T>;
}

/** The ORM reads its options off the client it is given; a transaction's handle has none of its own. */
function ormOver(sql: postgres.TransactionSql, options: postgres.Sql['options']): Db {
  return drizzle(Object.assign(sql, { options }) as unknown as postgres.Sql, { casing: 'snake_case' });
}
