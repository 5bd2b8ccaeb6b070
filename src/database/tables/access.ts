import { bigint, index, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { bytea, createdAt, id, instant, ref } from './columns.ts';
import { organizations, users } from './organizations.ts';
import { projects } from './projects.ts';

export const apiTokens = pgTable(
  'api_tokens',
  {
    id: id(),
    organizationId: ref()
      .notNull()
      .references(() => organizations.id, { onDelete: 'cascade' }),
    userId: ref()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    title: text().notNull(),
    /** SHA-256 of the token; the token itself is shown once and never stored. */
    hash: bytea().notNull().unique(),
    /** Last four characters, to tell tokens apart. */
    hint: text().notNull(),
    createdAt: createdAt(),
    expiresAt: instant(),
    revokedAt: instant(),
    scopes: text({ enum: ['READ', 'SYNC', 'ANNOTATE', 'ADMINISTER'] })
      .array()
      .notNull(),
    /** The one project that it is for, and ends with; null: all of the organization. */
    projectId: ref().references(() => projects.id, { onDelete: 'cascade' }),
  },
  (table) => [index('api_tokens_user').on(table.userId), index('api_tokens_project').on(table.projectId)],
);

/** Who did what, when and from where. Append-only (append-only.ts); outlives what it tells of. */
export const auditLog = pgTable(
  'audit_log',
  {
    id: id(),
    organizationId: ref()
      .notNull()
      .references(() => organizations.id),
    projectId: ref(),
    userId: ref().notNull(),
    /** 0: by the command line. */
    tokenId: ref().notNull(),
    address: text(),
    action: text().notNull(),
    recordId: ref(),
    changes: jsonb().notNull(),
    createdAt: createdAt(),
  },
  (table) => [
    index('audit_log_organization').on(table.organizationId, table.id),
    index('audit_log_project').on(table.projectId, table.id),
  ],
);

/**
 * Keys of requests that created something, by who sent them: a repeated request finds what the first one made.
 * Kept for 24 hours.
 */
export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    organizationId: ref()
      .notNull()
      .references(() => organizations.id, { onDelete: 'cascade' }),
    userId: ref()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** null: the action is about the organization itself. */
    projectId: ref().references(() => projects.id, { onDelete: 'cascade' }),
    action: text().notNull(),
    keyHash: bytea().notNull(),
    inputHash: bytea().notNull(),
    /** Id of what was created, or how many; null: not there yet. */
    result: bigint({ mode: 'number' }),
    createdAt: createdAt(),
  },
  (table) => [
    primaryKey({ columns: [table.organizationId, table.userId, table.action, table.keyHash] }),
    index('idempotency_keys_created').on(table.createdAt),
  ],
);
