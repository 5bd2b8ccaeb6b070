import { pgTable, text } from 'drizzle-orm/pg-core';

/** Facts about this installation: which encryption keys its values were sealed with. */
export const installation = pgTable('installation', {
  name: text().primaryKey(),
  value: text().notNull(),
});
