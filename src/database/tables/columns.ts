import { type AnyPgColumn, bigint, bigserial, customType, foreignKey, timestamp } from 'drizzle-orm/pg-core';

/**
 * Columns that tables have in common. The tables of each noun lie beside this file; migrations in drizzle/ are generated
 * from them all.
 *
 * Tables that grow with objects or tasks have `project_id` in every key, so that they can be partitioned by
 * project (partitions.ts) or spread over machines; statements name the project wherever they can.
 */

/** Object keys compare byte by byte, as providers list them, whatever the database's locale. */
export const objectKey = customType<{ data: string }>({ dataType: () => 'text COLLATE "C"' });
export const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' });

export const id = () => bigint({ mode: 'number' }).primaryKey().generatedByDefaultAsIdentity();
/** A number of its own in a table that may be partitioned: identity columns cannot be, before PostgreSQL 17. */
export const number = () => bigserial({ mode: 'number' });
export const ref = () => bigint({ mode: 'number' });
export const instant = () => timestamp({ withTimezone: true, precision: 3, mode: 'date' });
/** A row goes with its owner, which lies in the same project. */
export const ownedBy = (
  owner: { id: AnyPgColumn; projectId: AnyPgColumn },
  ...columns: [ownerId: AnyPgColumn, projectId: AnyPgColumn]
) => foreignKey({ columns, foreignColumns: [owner.id, owner.projectId] }).onDelete('cascade');
export const createdAt = () => instant().notNull().defaultNow();
