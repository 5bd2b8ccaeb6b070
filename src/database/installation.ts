import type { Database, Transaction } from './client.ts';

/** Facts about this installation, by name: kept in its database, so that all its processes see the same. */

/** The value of a fact; the one given, if there was none yet. */
export async function rememberedFact(
  { sql }: Pick<Database, 'sql'>,
  name: string,
  first: string,
): Promise<string> {
  await sql`INSERT INTO installation (name, value) VALUES (${name}, ${first}) ON CONFLICT DO NOTHING`;
  const [row] = await sql<{ value: string }[]>`SELECT value FROM installation WHERE name = ${name}`;
  return row?.value ?? first;
}

type Sql = Pick<Database | Transaction, 'sql'>;

/** undefined: there is none of this name. */
export async function readFact({ sql }: Sql, name: string): Promise<string | undefined> {
  const [row] = await sql<{ value: string }[]>`SELECT value FROM installation WHERE name = ${name}`;
  return row?.value;
}

export async function setFact({ sql }: Sql, name: string, value: string): Promise<void> {
  await sql`
    INSERT INTO installation (name, value) VALUES (${name}, ${value})
    ON CONFLICT (name) DO UPDATE SET value = excluded.value`;
}
