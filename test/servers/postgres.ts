import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { openDatabase } from '../../src/database/client.ts';
import { startEmbeddedPostgres } from '../../src/database/embedded/embedded.ts';
import { migrateDatabase } from '../../src/database/migrate.ts';
import { openQueue } from '../../src/jobs/queue.ts';

export interface PostgresAddress {
  /** A database of the server to give its commands from, with the password. */
  url: string;
  /** Name of the migrated database that every test's own is a copy of. */
  template: string;
}

/** Starts one PostgreSQL for the whole run and migrates a database once; `createDatabase` copies it. */
export async function startTestPostgres(): Promise<{ address: PostgresAddress; stop(): Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'longshore-postgres-'));
  const server = await startEmbeddedPostgres({ directory });
  const template = 'longshore_template';
  const sql = postgres(server.url, { max: 1, onnotice: () => {} });
  try {
    // Nothing of it outlives the run, so nothing has to reach the disk.
    for (const name of ['fsync', 'full_page_writes']) await sql.unsafe(`ALTER SYSTEM SET ${name} = off`);
    await sql`SELECT pg_reload_conf()`;
    await sql.unsafe(`CREATE DATABASE ${template}`);
    await fill(databaseUrl(server.url, template));
    await sql.unsafe(`ALTER DATABASE ${template} IS_TEMPLATE true ALLOW_CONNECTIONS false`);
  } finally {
    await sql.end();
  }
  return {
    address: { url: server.url, template },
    async stop() {
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** The tables of the service, and those that the job queue makes for itself. */
async function fill(url: string): Promise<void> {
  await migrateDatabase(url);
  const database = openDatabase(url, { connections: 2, name: 'template' });
  const failed = (error: unknown) => process.stderr.write(`job queue: ${String(error)}\n`);
  const queue = await openQueue(database, { supervise: false, onError: failed });
  await queue.close();
  await database.close();
}

/** The same server's URL, naming another database. */
export function databaseUrl(url: string, name: string): string {
  const other = new URL(url);
  other.pathname = `/${name}`;
  return other.href;
}
