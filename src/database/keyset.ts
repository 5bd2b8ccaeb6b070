import { and, asc, desc, gt, gte, lt, type SQL, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';

/** What rows are sorted by. */
export interface Order<Field extends string = string> {
  field: Field;
  direction: 'ASC' | 'DESC';
}

/** The place of a row in an order: the value sorted by, and the key that tells equal ones apart. */
export interface Position {
  value: string | number;
  key: string | number;
}

/** A page of rows in an order, behind a row. */
export interface OrderedPage<Field extends string> {
  limit: number;
  order?: Order<Field> | undefined;
  after?: Position | undefined;
}

/** Condition and sorting of a page: the rows behind `after`, by a column and then by their key. */
export function keyset(
  column: PgColumn,
  key: PgColumn,
  direction: Order['direction'],
  after: Position | undefined,
): { behind: SQL | undefined; sorted: SQL[] } {
  const [sort, past] = direction === 'ASC' ? [asc, gt] : [desc, lt];
  if (column === key) return { behind: after && past(key, after.key), sorted: [sort(key)] };
  const value = column.dataType === 'date' ? new Date(after?.value ?? 0) : after?.value;
  const row = sql`(${sql.param(value, column)}, ${sql.param(after?.key, key)})`;
  const behind = direction === 'ASC' ? sql`(${column}, ${key}) > ${row}` : sql`(${column}, ${key}) < ${row}`;
  return { behind: after && behind, sorted: [sort(column), sort(key)] };
}

/** Condition of a filter by time: at the first instant or later, and before the second; null: no bound. */
export const within = (column: PgColumn, from: Date | null | undefined, to: Date | null | undefined) =>
  and(from ? gte(column, from) : undefined, to ? lt(column, to) : undefined);
