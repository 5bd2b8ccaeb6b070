import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  index,
  integer,
  jsonb,
  pgEnum,
  pgTable,
  primaryKey,
  text,
  unique,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import { createdAt, id, instant, number, objectKey, ownedBy, ref } from './columns.ts';
import { users } from './organizations.ts';
import { storages } from './storages.ts';

export const syncStatusEnum = pgEnum('sync_status', [
  'QUEUED',
  'IN_PROGRESS',
  'COMPLETED',
  'COMPLETED_WITH_ERRORS',
  'FAILED',
  'CANCELED',
]);

export const syncPhaseEnum = pgEnum('sync_phase', ['WAITING', 'SCANNING', 'REMOVALS', 'DONE']);

export const syncTriggerEnum = pgEnum('sync_trigger', ['REQUEST', 'RETRY', 'SCHEDULE', 'NOTIFICATION']);

export const syncMarkEnum = pgEnum('sync_mark', ['MISSING', 'SEEN', 'UNREADABLE']);

export const severityEnum = pgEnum('issue_severity', ['ERROR', 'WARNING']);

export const syncs = pgTable(
  'syncs',
  {
    id: id(),
    storageId: ref()
      .notNull()
      .references(() => storages.id, { onDelete: 'cascade' }),
    projectId: ref().notNull(),
    status: syncStatusEnum().notNull().default('QUEUED'),
    phase: syncPhaseEnum().notNull().default('WAITING'),
    trigger: syncTriggerEnum().notNull().default('REQUEST'),
    /** SyncOptions: what the sync was asked to do. */
    options: jsonb().notNull().default({}),
    /** SyncCounts so far. */
    counts: jsonb().notNull().default({}),
    /** SyncCheckpoint: where the next worker goes on. Committed together with the records. */
    checkpoint: jsonb(),
    /** How often a worker has taken it up. */
    attempt: integer().notNull().default(0),
    /** Grows with every claim and with cancel: only the holder of the current number may commit. */
    fence: bigint({ mode: 'number' }).notNull().default(0),
    leaseUntil: instant(),
    worker: text(),
    /** Grows with every committed change, so that watchers never go backwards. */
    version: bigint({ mode: 'number' }).notNull().default(0),
    errorCode: text(),
    errorMessage: text(),
    errorHint: text(),
    requestedBy: ref().references(() => users.id, { onDelete: 'set null' }),
    queuedAt: createdAt(),
    startedAt: instant(),
    finishedAt: instant(),
  },
  (table) => [
    unique().on(table.id, table.projectId),
    uniqueIndex('syncs_one_active')
      .on(table.storageId)
      .where(sql`${table.status} IN ('QUEUED', 'IN_PROGRESS')`),
    index('syncs_storage').on(table.storageId, table.id),
    index('syncs_active').on(table.leaseUntil).where(sql`${table.status} IN ('QUEUED', 'IN_PROGRESS')`),
  ],
);

export const syncIssues = pgTable(
  'sync_issues',
  {
    id: number(),
    projectId: ref().notNull(),
    syncId: ref().notNull(),
    severity: severityEnum().notNull(),
    code: text().notNull(),
    message: text().notNull(),
    key: objectKey(),
    /** 0-based row of the object; null: the object itself. */
    row: integer(),
    /** Where inside the row: `annotations[0].result`. */
    path: text(),
  },
  (table) => [
    primaryKey({ columns: [table.projectId, table.syncId, table.id] }),
    ownedBy(syncs, table.syncId, table.projectId),
    index('sync_issues_code').on(table.projectId, table.syncId, table.code, table.id),
  ],
);

/**
 * Keys that a running sync sets aside until its listing is complete: MISSING ones, which the ledger has
 * and the listing lacks; or, for providers that list in no order, all SEEN ones, and UNREADABLE names, which hide what
 * is below them. Gone when it ends.
 */
export const syncMarks = pgTable(
  'sync_marks',
  {
    projectId: ref().notNull(),
    syncId: ref().notNull(),
    mark: syncMarkEnum().notNull(),
    key: objectKey().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.projectId, table.syncId, table.mark, table.key] }),
    ownedBy(syncs, table.syncId, table.projectId),
  ],
);

/**
 * Rows of changed objects that a running sync reads, until an object is read to its end and its rows can be
 * matched with its tasks. Gone then, at the latest when the sync ends.
 */
export const stagedRows = pgTable(
  'staged_rows',
  {
    projectId: ref().notNull(),
    syncId: ref().notNull(),
    key: objectKey().notNull(),
    row: integer().notNull(),
    rowId: text(),
    /** null: the row is there but can't be read. */
    data: jsonb(),
    meta: jsonb(),
    allowSkip: boolean().notNull(),
    /** NewAnnotation and NewPrediction lists. */
    annotations: jsonb(),
    predictions: jsonb(),
    /** The task that the row was matched with; below 0: one that was deleted. */
    match: ref(),
  },
  (table) => [
    primaryKey({ columns: [table.projectId, table.syncId, table.key, table.row] }),
    ownedBy(syncs, table.syncId, table.projectId),
  ],
);
