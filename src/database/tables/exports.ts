import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  index,
  integer,
  pgEnum,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import { createdAt, instant, number, objectKey, ownedBy, ref } from './columns.ts';
import { storages } from './storages.ts';

export const exportStateEnum = pgEnum('export_state', ['PENDING', 'EXPORTED', 'FAILED', 'DELETED', 'KEPT']);

export const exportEventEnum = pgEnum('export_event', ['EXPORTED', 'DELETED', 'FAILED']);

/**
 * What we know of each object of a target storage, and what is yet to be done about it: an intent to export is the
 * row's `wanted` being ahead of its `done`, and many intents are one.
 */
export const exportRecords = pgTable(
  'export_records',
  {
    projectId: ref().notNull(),
    storageId: ref().notNull(),
    /** Id of the annotation (layout ANNOTATION) or of the task (layout TASK). */
    subjectId: ref().notNull(),
    taskId: ref().notNull(),
    state: exportStateEnum().notNull().default('PENDING'),
    /** Grows with each intent; `done` is the one that the last settled look began with. */
    wanted: bigint({ mode: 'number' }).notNull().default(1),
    done: bigint({ mode: 'number' }).notNull().default(0),
    /** When a worker is to look at it next; null: there is nothing to do. */
    dueAt: instant(),
    /** Until when a worker has it; grows a fence with each worker, and only the last one may record. */
    leaseUntil: instant(),
    fence: bigint({ mode: 'number' }).notNull().default(0),
    /** Whether the object itself is to be looked at, since somebody may have written what is old. */
    recheck: boolean().notNull().default(false),
    attempts: integer().notNull().default(0),
    /** Where the object lies, since it was first written. */
    key: objectKey(),
    /** Where it lay before: what is there goes when it is proven to lie at `key`. */
    formerKeys: text().array().notNull().default(sql`'{}'`),
    /** The object's ETag, generation or version, SHA-256 (hex) and bytes, as last written. */
    version: text(),
    hash: text(),
    size: bigint({ mode: 'number' }),
    errorCode: text(),
    errorMessage: text(),
    errorHint: text(),
    exportedAt: instant(),
    /** What the last look did; null: nothing was to be done. */
    lastEvent: exportEventEnum(),
    /** The sync that asked for it last. */
    syncId: ref(),
    createdAt: createdAt(),
    updatedAt: createdAt(),
  },
  (table) => [
    primaryKey({ columns: [table.projectId, table.storageId, table.subjectId] }),
    ownedBy(storages, table.storageId, table.projectId),
    // Two subjects never share an object.
    uniqueIndex('export_records_key').on(table.projectId, table.storageId, table.key),
    index('export_records_former').on(table.storageId).where(sql`${table.formerKeys} <> '{}'`),
    index('export_records_due').on(table.storageId, table.dueAt).where(sql`${table.dueAt} IS NOT NULL`),
    index('export_records_task').on(table.projectId, table.taskId),
  ],
);

/** What happened to objects of target storages, in the order in which it was recorded: a log to replay from. */
export const exportEvents = pgTable(
  'export_events',
  {
    id: number(),
    projectId: ref().notNull(),
    storageId: ref().notNull(),
    subjectId: ref().notNull(),
    taskId: ref().notNull(),
    event: exportEventEnum().notNull(),
    key: objectKey(),
    errorCode: text(),
    errorMessage: text(),
    errorHint: text(),
    createdAt: createdAt(),
  },
  (table) => [
    primaryKey({ columns: [table.projectId, table.id] }),
    ownedBy(storages, table.storageId, table.projectId),
    index('export_events_storage').on(table.projectId, table.storageId, table.id),
  ],
);
