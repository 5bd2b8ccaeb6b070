import { bigint, index, integer, pgTable, text } from 'drizzle-orm/pg-core';
import { createdAt, id, ref } from './columns.ts';
import { organizations, users } from './organizations.ts';

export const projects = pgTable(
  'projects',
  {
    id: id(),
    organizationId: ref()
      .notNull()
      .references(() => organizations.id, { onDelete: 'cascade' }),
    title: text().notNull(),
    description: text().notNull().default(''),
    labelConfig: text().notNull().default(''),
    /** Data keys of the label config in document order; derived from it whenever it is saved. */
    dataKeys: text().array().notNull().default([]),
    maximumAnnotations: integer().notNull().default(1),
    /** The last innerId given to a task. */
    lastInnerId: bigint({ mode: 'number' }).notNull().default(0),
    createdBy: ref().references(() => users.id, { onDelete: 'set null' }),
    createdAt: createdAt(),
    updatedAt: createdAt(),
  },
  (table) => [index('projects_organization').on(table.organizationId, table.id)],
);
