import { randomUUID } from 'node:crypto';
import postgres from 'postgres';
import { databaseUrl } from '../servers/postgres.ts';
import { serverOf } from '../servers/servers.ts';

/** An empty database of one's own, migrated unless told otherwise, and the way to be rid of it. */
export async function createDatabase({
  migrated = true,
} = {}): Promise<{ url: string; drop(): Promise<void> }> {
  const { url, template } = await serverOf('postgres');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await command(url, `CREATE DATABASE ${name}${migrated ? ` TEMPLATE ${template}` : ''}`);
  // FORCE: a process that a test killed may not have been missed by the server yet.
  return { url: databaseUrl(url, name), drop: () => command(url, `DROP DATABASE ${name} WITH (FORCE)`) };
}

async function command(url: string, text: string): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    await sql.unsafe(text);
  } finally {
    await sql.end();
  }
}

/** Number of rows in each table of the service, by name. */
export async function rowCounts(sql: postgres.Sql): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const table of await tablesOf(sql, ['public'])) {
    const [row] = await sql.unsafe<{ total: number }[]>(`SELECT count(*)::int AS total FROM ${table}`);
    counts[table] = row!.total;
  }
  return counts;
}

/** Every row of every table, as text; the job queue's own are in the schema `jobs`. */
export async function dump(sql: postgres.Sql, schemas = ['public']): Promise<string> {
  const lines: string[] = [];
  for (const table of await tablesOf(sql, schemas)) {
    const rows = await sql.unsafe<{ line: string }[]>(`SELECT t::text AS line FROM ${table} t`);
    lines.push(...rows.map(({ line }) => `${table} ${line}`));
  }
  return lines.join('\n');
}

async function tablesOf(sql: postgres.Sql, schemas: string[]): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
    WHERE table_schema IN ${sql(schemas)} AND table_type = 'BASE TABLE' ORDER BY name`;
  return rows.map(({ name }) => name);
}
