import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  check,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import { createdAt, number, objectKey, ownedBy, ref } from './columns.ts';
import { projects } from './projects.ts';
import { containers } from './storages.ts';

/** `row` of a task that stands for its whole object (import method FILES). */
export const WHOLE_OBJECT = -1;

export const tasks = pgTable(
  'tasks',
  {
    id: number(),
    projectId: ref()
      .notNull()
      .references(() => projects.id, { onDelete: 'cascade' }),
    innerId: bigint({ mode: 'number' }).notNull(),
    data: jsonb().notNull(),
    meta: jsonb().notNull().default({}),
    overlap: integer().notNull().default(1),
    isLabeled: boolean().notNull().default(false),
    allowSkip: boolean().notNull().default(true),
    totalAnnotations: integer().notNull().default(0),
    cancelledAnnotations: integer().notNull().default(0),
    totalPredictions: integer().notNull().default(0),
    /** Where it came from; null: given inline. */
    containerId: ref(),
    key: objectKey(),
    /** Below WHOLE_OBJECT: a row that the object no longer has, or that was not matched. */
    row: integer(),
    /** The row's own id; null: it has none. */
    rowId: text(),
    revision: integer().notNull().default(0),
    createdAt: createdAt(),
    updatedAt: createdAt(),
  },
  (table) => [
    primaryKey({ columns: [table.id, table.projectId] }),
    uniqueIndex('tasks_inner_id').on(table.projectId, table.innerId),
    uniqueIndex('tasks_source')
      .on(table.projectId, table.containerId, table.key, table.row, table.revision)
      .where(sql`${table.containerId} IS NOT NULL`),
    check(
      'tasks_source_whole',
      sql`(${table.containerId} IS NULL) = (${table.key} IS NULL) AND (${table.key} IS NULL) = (${table.row} IS NULL)`,
    ),
  ],
);

/** Sources of tasks that were deleted: a sync does not bring them back unless asked. */
export const deletedSources = pgTable(
  'deleted_sources',
  {
    projectId: ref().notNull(),
    containerId: ref().notNull(),
    key: objectKey().notNull(),
    row: integer().notNull(),
    revision: integer().notNull(),
    rowId: text(),
    /** Hash of the task's data, by which a row is known again when it moves. */
    dataHash: bigint({ mode: 'bigint' }),
  },
  (table) => [
    primaryKey({ columns: [table.projectId, table.containerId, table.key, table.row, table.revision] }),
    ownedBy(containers, table.containerId, table.projectId),
  ],
);

/**
 * Rows that are one annotation each of a task that they share, as exports one by one are. One of them has brought the
 * task, the others have joined it.
 */
export const joinedSources = pgTable(
  'joined_sources',
  {
    projectId: ref().notNull(),
    containerId: ref().notNull(),
    key: objectKey().notNull(),
    row: integer().notNull(),
    revision: integer().notNull(),
    /** Names the task where the rows come from. */
    shared: text().notNull(),
    taskId: ref().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.projectId, table.containerId, table.key, table.row, table.revision] }),
    ownedBy(tasks, table.taskId, table.projectId),
    index('joined_sources_shared').on(table.projectId, table.containerId, table.shared),
    index('joined_sources_task').on(table.taskId, table.projectId),
  ],
);

export const predictions = pgTable(
  'predictions',
  {
    id: number(),
    taskId: ref().notNull(),
    projectId: ref().notNull(),
    result: jsonb().notNull(),
    score: doublePrecision(),
    modelVersion: text(),
    createdAt: createdAt(),
    updatedAt: createdAt(),
  },
  (table) => [
    primaryKey({ columns: [table.id, table.projectId] }),
    ownedBy(tasks, table.taskId, table.projectId),
    index('predictions_task').on(table.taskId, table.projectId, table.id),
  ],
);
