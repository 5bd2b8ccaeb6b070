import { index, pgEnum, pgTable, primaryKey, text, unique } from 'drizzle-orm/pg-core';
import { bytea, createdAt, id, instant, ref } from './columns.ts';

export const roleEnum = pgEnum('role', ['OWNER', 'ADMINISTRATOR', 'MANAGER', 'ANNOTATOR']);

export const organizations = pgTable('organizations', {
  id: id(),
  title: text().notNull(),
  /** Sent to STS as ExternalId; never changes. */
  externalId: text().notNull().unique(),
  createdAt: createdAt(),
});

/** Each organization has users of its own: one address in two of them is two users, and neither learns of the other. */
export const users = pgTable(
  'users',
  {
    id: id(),
    organizationId: ref()
      .notNull()
      .references(() => organizations.id, { onDelete: 'cascade' }),
    email: text().notNull(),
    firstName: text().notNull().default(''),
    lastName: text().notNull().default(''),
    createdAt: createdAt(),
  },
  (table) => [unique('users_email').on(table.organizationId, table.email)],
);

export const memberships = pgTable(
  'memberships',
  {
    organizationId: ref()
      .notNull()
      .references(() => organizations.id, { onDelete: 'cascade' }),
    userId: ref()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    role: roleEnum().notNull(),
    createdAt: createdAt(),
  },
  (table) => [
    primaryKey({ columns: [table.organizationId, table.userId] }),
    index('memberships_user').on(table.userId),
  ],
);

/** Those who may become members by a code: one to an address, gone when it is accepted or revoked. */
export const invitations = pgTable(
  'invitations',
  {
    id: id(),
    organizationId: ref()
      .notNull()
      .references(() => organizations.id, { onDelete: 'cascade' }),
    email: text().notNull(),
    role: roleEnum().notNull(),
    /** SHA-256 of the code; the code itself is shown once and never stored. */
    hash: bytea().notNull().unique(),
    invitedBy: ref()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** Of the token that invited: the first token of the new member is limited to them. */
    scopes: text({ enum: ['READ', 'SYNC', 'ANNOTATE', 'ADMINISTER'] })
      .array()
      .notNull(),
    createdAt: createdAt(),
    expiresAt: instant().notNull(),
  },
  (table) => [
    unique('invitations_email').on(table.organizationId, table.email),
    index('invitations_inviter').on(table.invitedBy),
  ],
);
