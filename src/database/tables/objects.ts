import { sql } from 'drizzle-orm';
import { bigint, index, integer, pgEnum, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { instant, number, objectKey, ownedBy, ref } from './columns.ts';
import { storages } from './storages.ts';

export const objectStateEnum = pgEnum('object_state', [
  'IMPORTED',
  'CHANGED',
  'REMOVED',
  'SKIPPED',
  'FAILED',
  'OUT_OF_SCOPE',
]);

/**
 * The object ledger: what we know of each object of a source storage, container by container: one that is pointed
 * elsewhere begins a new account, and finds the old one where it is pointed back.
 */
export const objects = pgTable(
  'objects',
  {
    projectId: ref().notNull(),
    storageId: ref().notNull(),
    containerId: ref().notNull(),
    key: objectKey().notNull(),
    size: bigint({ mode: 'number' }).notNull(),
    version: text(),
    modifiedAt: instant(),
    state: objectStateEnum().notNull(),
    /** Why it was skipped or failed; null otherwise. */
    code: text(),
    message: text(),
    taskCount: integer().notNull().default(0),
    /** Rows that failed at the last reading. */
    failedRows: integer().notNull().default(0),
    /** How often its changed content was imported as new tasks (policy NEW_TASK). */
    revision: integer().notNull().default(0),
    /** How it was read: import method, and data key of FILES. */
    readAs: text().notNull().default(''),
    /** The sync that wrote this row last. */
    syncId: ref().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.projectId, table.storageId, table.containerId, table.key] }),
    ownedBy(storages, table.storageId, table.projectId),
    index('objects_unsettled')
      .on(table.projectId, table.storageId, table.containerId, table.state, table.key)
      .where(sql`${table.state} <> 'IMPORTED'`),
  ],
);

/**
 * Keys that a storage has notified of and no sync has settled yet. A newer notification of a key takes a
 * higher number, so that a sync only settles those it began with.
 */
export const objectNotifications = pgTable(
  'object_notifications',
  {
    projectId: ref().notNull(),
    storageId: ref().notNull(),
    key: objectKey().notNull(),
    number: number().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.projectId, table.storageId, table.key] }),
    ownedBy(storages, table.storageId, table.projectId),
  ],
);
