import { sql } from 'drizzle-orm';
import { boolean, index, integer, pgTable, text } from 'drizzle-orm/pg-core';
import { createdAt, id, instant, ref } from './columns.ts';
import { users } from './organizations.ts';
import { projects } from './projects.ts';

/** Addresses of users that are told of a project's events. */
export const webhooks = pgTable(
  'webhooks',
  {
    id: id(),
    projectId: ref()
      .notNull()
      .references(() => projects.id, { onDelete: 'cascade' }),
    title: text(),
    url: text().notNull(),
    /** WebhookEvent names. */
    events: text().array().notNull(),
    /** What its deliveries are signed with, sealed. */
    secret: text().notNull(),
    active: boolean().notNull().default(true),
    createdBy: ref().references(() => users.id, { onDelete: 'set null' }),
    createdAt: createdAt(),
    updatedAt: createdAt(),
  },
  (table) => [index('webhooks_project').on(table.projectId, table.id)],
);

/** Events on their way to webhooks, and a log of those that were. */
export const webhookDeliveries = pgTable(
  'webhook_deliveries',
  {
    id: id(),
    projectId: ref().notNull(),
    webhookId: ref()
      .notNull()
      .references(() => webhooks.id, { onDelete: 'cascade' }),
    event: text().notNull(),
    /** As it is sent; the signature is over these very bytes. */
    body: text().notNull(),
    attempts: integer().notNull().default(0),
    /** When it is due next; null: it has ended. */
    nextAttemptAt: instant(),
    /** HTTP status of the last attempt; null: there was no response. */
    status: integer(),
    /** Why the last attempt failed; null: it did not. */
    failure: text(),
    createdAt: createdAt(),
    deliveredAt: instant(),
    endedAt: instant(),
  },
  (table) => [
    index('webhook_deliveries_webhook').on(table.webhookId, table.id),
    index('webhook_deliveries_due').on(table.nextAttemptAt).where(sql`${table.nextAttemptAt} IS NOT NULL`),
    index('webhook_deliveries_ended').on(table.endedAt).where(sql`${table.endedAt} IS NOT NULL`),
  ],
);
