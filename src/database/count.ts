import { count, type SQL, sql } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import type { Db } from './client.ts';

/** Where counting stops: a number that nobody reads digit by digit is not worth a walk over millions of rows. */
export const COUNT_LIMIT = 1_000_000;

/** How many rows there are; not exact: there are more. */
export interface Count {
  count: number;
  exact: boolean;
}

/** Counts the rows of a table that meet a condition, up to the limit. */
export async function countRows(
  db: Db,
  table: PgTable,
  condition: SQL | undefined,
  limit = COUNT_LIMIT,
): Promise<Count> {
  const rows = db
    .select({ one: sql<number>`1`.as('one') })
    .from(table)
    .where(condition)
    .limit(limit + 1)
    .as('counted');
  const [row] = await db.select({ total: count() }).from(rows);
  const total = row?.total ?? 0;
  return { count: Math.min(total, limit), exact: total <= limit };
}
