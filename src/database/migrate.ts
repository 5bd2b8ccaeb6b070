import { type MigrationMeta, readMigrationFiles } from 'drizzle-orm/migrator';
import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { ConfigError } from '../errors.ts';
import { keepAppendOnly } from './append-only.ts';
import { partitioned } from './partitions.ts';

/** PostgreSQL 14 is the oldest release that the statements are written for. */
const OLDEST_SERVER = 140_000;

/**
 * Brings the schema up to date. Safe to call from many processes at once: they take turns.
 * @param partitions parts of the large tables; null: as the database has it, undivided if it is new
 * @throws ConfigError if the server is too old, or the database is divided otherwise
 */
export async function migrateDatabase(url: string, partitions: number | null = null): Promise<void> {
  const sql = postgres(url, { max: 1, connect_timeout: 15, onnotice: () => {} });
  try {
    const [server] = await sql<
      { version: number }[]
    >`SELECT current_setting('server_version_num')::int AS version`;
    if (!server || server.version < OLDEST_SERVER) {
      throw new ConfigError(`DATABASE_URL: expected PostgreSQL 14 or newer, found ${server?.version}.`);
    }
    await sql`SELECT pg_advisory_lock(hashtext('longshore migrations'))`;
    const parts = agreedParts(await partsOf(sql), partitions);
    const files = readMigrationFiles({
      migrationsFolder: new URL('../../drizzle', import.meta.url).pathname,
    });
    const migrations =
      parts === 0 ? files : files.map((file) => ({ ...file, sql: partitioned(file.sql, parts) }));
    // The service's own role may make no tables: it only looks whether all are there.
    if (await isCurrent(sql, migrations)) return;
    await run(drizzle(sql), migrations);
    await keepAppendOnly(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** Whether every migration has been done before. */
async function isCurrent(sql: postgres.Sql, migrations: readonly MigrationMeta[]): Promise<boolean> {
  const [table] = await sql<{ there: boolean }[]>`
    SELECT to_regclass('drizzle.__drizzle_migrations') IS NOT NULL AS there`;
  if (!table!.there) return false;
  const [last] = await sql<{ at: string | null }[]>`
    SELECT max(created_at)::text AS at FROM drizzle.__drizzle_migrations`;
  return Number(last!.at) >= Math.max(...migrations.map(({ folderMillis }) => folderMillis));
}

/** Parts that the database's tables are in: 0: undivided; undefined: it has no tables yet. */
async function partsOf(sql: postgres.Sql): Promise<number | undefined> {
  const [row] = await sql<{ parts: number }[]>`
    SELECT (SELECT count(*)::int FROM pg_inherits WHERE inhparent = c.oid) AS parts
    FROM pg_class c WHERE c.oid = to_regclass('tasks')`;
  return row?.parts;
}

function agreedParts(existing: number | undefined, wanted: number | null): number {
  if (existing === undefined) return wanted ?? 0;
  if (wanted === null || wanted === existing) return existing;
  const how = existing === 0 ? 'undivided' : `in ${existing} partitions`;
  throw new ConfigError(
    `PARTITIONS: expected ${existing || 'no value'}, got ${wanted}: the tables of this database are ${how}, which is chosen when a database is made.`,
  );
}

/** What drizzle's own `migrate` does with the files, done with their rewritten statements. */
async function run(db: PostgresJsDatabase, migrations: MigrationMeta[]): Promise<void> {
  const { dialect, session } = db as unknown as {
    dialect: { migrate(migrations: MigrationMeta[], session: unknown, config: object): Promise<void> };
    session: unknown;
  };
  await dialect.migrate(migrations, session, {});
}
