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
} from 'drizzle-orm/pg-core';
import { createdAt, id, instant, objectKey, ownedBy, ref } from './columns.ts';
import { users } from './organizations.ts';
import { projects } from './projects.ts';
import { storages } from './storages.ts';

export const snapshotFormatEnum = pgEnum('snapshot_format', ['JSON', 'JSONL', 'CSV']);

export const snapshotStateEnum = pgEnum('snapshot_state', [
  'READY',
  'QUEUED',
  'IN_PROGRESS',
  'COMPLETED',
  'FAILED',
]);

export const snapshotPartEnum = pgEnum('snapshot_part', ['TASKS', 'MEDIA']);

/** Snapshots of projects that were asked for, and how far each got: of a download, the last one. */
export const snapshots = pgTable(
  'snapshots',
  {
    id: id(),
    projectId: ref()
      .notNull()
      .references(() => projects.id, { onDelete: 'cascade' }),
    format: snapshotFormatEnum().notNull(),
    /** Which tasks: a TaskFilter. */
    filter: jsonb().notNull().default({}),
    /** The target storage that it is written to; null: it is downloaded. */
    targetId: ref(),
    /** What the keys of its objects begin with, since it was first begun. */
    folder: objectKey(),
    state: snapshotStateEnum().notNull().default('READY'),
    /** Whether the objects that tasks point at are copied, too. */
    withMedia: boolean().notNull().default(false),
    media: bigint({ mode: 'number' }).notNull().default(0),
    mediaBytes: bigint({ mode: 'number' }).notNull().default(0),
    missingMedia: bigint({ mode: 'number' }).notNull().default(0),
    /** When a worker is to take it up; null: none is. */
    dueAt: instant(),
    /** Times that it was taken up since something was last written. */
    attempts: integer().notNull().default(0),
    /** Until when a process is known to be at it. */
    leaseUntil: instant(),
    /** Grows with each process that takes it up: only the last one may record. */
    fence: bigint({ mode: 'number' }).notNull().default(0),
    /** Tasks that there were at the start; null: not counted yet, or too many to count. */
    expectedTasks: bigint({ mode: 'number' }),
    tasks: bigint({ mode: 'number' }).notNull().default(0),
    annotations: bigint({ mode: 'number' }).notNull().default(0),
    predictions: bigint({ mode: 'number' }).notNull().default(0),
    /** SHA-256 (hex) of the last whole download. */
    sha256: text(),
    bytes: bigint({ mode: 'number' }),
    errorCode: text(),
    errorMessage: text(),
    errorHint: text(),
    createdBy: ref().references(() => users.id, { onDelete: 'set null' }),
    createdAt: createdAt(),
    startedAt: instant(),
    finishedAt: instant(),
  },
  (table) => [
    unique('snapshots_owner').on(table.id, table.projectId),
    ownedBy(storages, table.targetId, table.projectId),
    index('snapshots_project').on(table.projectId, table.id),
    index('snapshots_due').on(table.dueAt).where(sql`${table.dueAt} IS NOT NULL`),
  ],
);

/** Objects of a snapshot that lie at its target, as they were written. */
export const snapshotParts = pgTable(
  'snapshot_parts',
  {
    projectId: ref().notNull(),
    snapshotId: ref().notNull(),
    kind: snapshotPartEnum().notNull().default('TASKS'),
    /** From 1, of each kind. */
    number: integer().notNull(),
    key: objectKey().notNull(),
    sha256: text().notNull(),
    bytes: bigint({ mode: 'number' }).notNull(),
    version: text(),
    tasks: bigint({ mode: 'number' }).notNull(),
    annotations: bigint({ mode: 'number' }).notNull(),
    predictions: bigint({ mode: 'number' }).notNull(),
    /** innerId of its last task: the next part goes on behind it. */
    last: bigint({ mode: 'number' }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.projectId, table.snapshotId, table.kind, table.number] }),
    ownedBy(snapshots, table.snapshotId, table.projectId),
  ],
);

/** What became of the objects that the tasks of a snapshot at a target point at. */
export const snapshotMedia = pgTable(
  'snapshot_media',
  {
    projectId: ref().notNull(),
    snapshotId: ref().notNull(),
    /** The first half of its SHA-256, in hexadecimal: a URI may be longer than an index can hold. */
    uriHash: objectKey().notNull(),
    uri: text().notNull(),
    /** Of the copy, below the snapshot's folder; null: there is none. */
    name: text(),
    /** In hexadecimal; null: the storage copied it by itself. */
    sha256: text(),
    bytes: bigint({ mode: 'number' }),
    contentType: text(),
    errorCode: text(),
    errorMessage: text(),
  },
  (table) => [
    primaryKey({ columns: [table.projectId, table.snapshotId, table.uriHash] }),
    ownedBy(snapshots, table.snapshotId, table.projectId),
  ],
);
