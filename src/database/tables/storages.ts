import { sql } from 'drizzle-orm';
import { boolean, index, jsonb, pgEnum, pgTable, text, unique, uniqueIndex } from 'drizzle-orm/pg-core';
import { bytea, createdAt, id, instant, ref } from './columns.ts';
import { users } from './organizations.ts';
import { projects } from './projects.ts';

export const directionEnum = pgEnum('storage_direction', ['SOURCE', 'TARGET']);

/**
 * A container that objects of a project come from, whichever storages see it. It outlives storages, so
 * that a storage added again does not import its objects again.
 */
export const containers = pgTable(
  'containers',
  {
    id: id(),
    projectId: ref()
      .notNull()
      .references(() => projects.id, { onDelete: 'cascade' }),
    /** Canonical name: `s3://bucket`. */
    uri: text().notNull(),
  },
  (table) => [
    unique().on(table.id, table.projectId),
    uniqueIndex('containers_uri').on(table.projectId, table.uri),
  ],
);

export const storages = pgTable(
  'storages',
  {
    id: id(),
    projectId: ref()
      .notNull()
      .references(() => projects.id, { onDelete: 'cascade' }),
    containerId: ref()
      .notNull()
      .references(() => containers.id),
    provider: text().notNull(),
    direction: directionEnum().notNull(),
    title: text(),
    description: text(),
    /** Full prefix, as the provider's `location` gives it. */
    prefix: text().notNull(),
    /** The provider's settings, without secrets. */
    config: jsonb().notNull(),
    /** Settings under which the same container was known before, the newest last: URIs in tasks still name it so. */
    formerConfigs: jsonb().notNull().default([]),
    /** The provider's secrets, sealed; null: none. */
    secrets: text(),
    /** SourceSettings or TargetSettings, by direction. */
    settings: jsonb().notNull(),
    synchronizable: boolean().notNull().default(true),
    /** When its schedule is due next; null: it has none. */
    dueAt: instant(),
    /** SHA-256 of the token that its notifications come with; null: it takes none. */
    notificationHash: bytea(),
    createdBy: ref().references(() => users.id, { onDelete: 'set null' }),
    createdAt: createdAt(),
    updatedAt: createdAt(),
  },
  (table) => [
    unique().on(table.id, table.projectId),
    index('storages_project').on(table.projectId, table.id),
    index('storages_container').on(table.containerId),
    index('storages_due').on(table.dueAt).where(sql`${table.dueAt} IS NOT NULL`),
  ],
);
