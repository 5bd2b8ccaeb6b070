import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  doublePrecision,
  index,
  jsonb,
  pgEnum,
  pgTable,
  primaryKey,
} from 'drizzle-orm/pg-core';
import { createdAt, number, ownedBy, ref } from './columns.ts';
import { users } from './organizations.ts';
import { tasks } from './tasks.ts';

export const annotationChangeEnum = pgEnum('annotation_change', ['CREATED', 'UPDATED', 'DELETED']);

export const annotations = pgTable(
  'annotations',
  {
    id: number(),
    taskId: ref().notNull(),
    projectId: ref().notNull(),
    result: jsonb().notNull(),
    completedBy: ref().references(() => users.id, { onDelete: 'set null' }),
    wasCancelled: boolean().notNull().default(false),
    groundTruth: boolean().notNull().default(false),
    /** Seconds. */
    leadTime: doublePrecision(),
    importId: bigint({ mode: 'number' }),
    createdAt: createdAt(),
    updatedAt: createdAt(),
  },
  (table) => [
    primaryKey({ columns: [table.id, table.projectId] }),
    ownedBy(tasks, table.taskId, table.projectId),
    index('annotations_task').on(table.taskId, table.projectId, table.id),
    index('annotations_project').on(table.projectId, table.id),
  ],
);

/**
 * What became of annotations: a row for each that came, changed or went, written in the same transaction. It
 * outlives annotation, task and project.
 */
export const annotationChanges = pgTable(
  'annotation_changes',
  {
    id: number(),
    projectId: ref().notNull(),
    taskId: ref().notNull(),
    annotationId: ref().notNull(),
    change: annotationChangeEnum().notNull(),
    /** Whose doing it was; null: a sync's. */
    userId: ref(),
    createdAt: createdAt(),
    /** Whether it waits to be handed on to the project's target storages. The only column that changes. */
    pending: boolean().notNull().default(true),
  },
  (table) => [
    primaryKey({ columns: [table.projectId, table.id] }),
    index('annotation_changes_pending').on(table.id).where(sql`${table.pending}`),
  ],
);
