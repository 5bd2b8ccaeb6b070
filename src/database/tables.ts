import { sql } from 'drizzle-orm';
import {
  type AnyPgColumn,
  bigint,
  bigserial,
  boolean,
  check,
  customType,
  doublePrecision,
  foreignKey,
  index,
  integer,
  jsonb,
  pgEnum,
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
  uniqueIndex,
} from 'drizzle-orm/pg-core';

/**
 * Every table of the service. Migrations in drizzle/ are generated from this file.
 *
 * Tables that grow with objects or tasks have `project_id` in every key, so that they can be partitioned by
 * project (partitions.ts) or spread over machines; statements name the project wherever they can.
 */

/** Object keys compare byte by byte, as providers list them, whatever the database's locale. */
const objectKey = customType<{ data: string }>({ dataType: () => 'text COLLATE "C"' });
const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' });

const id = () => bigint({ mode: 'number' }).primaryKey().generatedByDefaultAsIdentity();
/** A number of its own in a table that may be partitioned: identity columns cannot be, before PostgreSQL 17. */
const number = () => bigserial({ mode: 'number' });
const ref = () => bigint({ mode: 'number' });
const instant = () => timestamp({ withTimezone: true, precision: 3, mode: 'date' });
/** A row goes with its owner, which lies in the same project. */
const ownedBy = (
  owner: { id: AnyPgColumn; projectId: AnyPgColumn },
  ...columns: [ownerId: AnyPgColumn, projectId: AnyPgColumn]
) => foreignKey({ columns, foreignColumns: [owner.id, owner.projectId] }).onDelete('cascade');
const createdAt = () => instant().notNull().defaultNow();

export const roleEnum = pgEnum('role', ['OWNER', 'ADMINISTRATOR', 'MANAGER', 'ANNOTATOR']);
export const directionEnum = pgEnum('storage_direction', ['SOURCE', 'TARGET']);
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
export const objectStateEnum = pgEnum('object_state', [
  'IMPORTED',
  'CHANGED',
  'REMOVED',
  'SKIPPED',
  'FAILED',
  'OUT_OF_SCOPE',
]);
export const syncMarkEnum = pgEnum('sync_mark', ['MISSING', 'SEEN', 'UNREADABLE']);
export const annotationChangeEnum = pgEnum('annotation_change', ['CREATED', 'UPDATED', 'DELETED']);
export const exportStateEnum = pgEnum('export_state', ['PENDING', 'EXPORTED', 'FAILED', 'DELETED', 'KEPT']);
export const exportEventEnum = pgEnum('export_event', ['EXPORTED', 'DELETED', 'FAILED']);
export const snapshotFormatEnum = pgEnum('snapshot_format', ['JSON', 'JSONL', 'CSV']);
export const snapshotStateEnum = pgEnum('snapshot_state', [
  'READY',
  'QUEUED',
  'IN_PROGRESS',
  'COMPLETED',
  'FAILED',
]);
export const snapshotPartEnum = pgEnum('snapshot_part', ['TASKS', 'MEDIA']);
export const severityEnum = pgEnum('issue_severity', ['ERROR', 'WARNING']);

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

export const projects = pgTable(
  'projects',
  {
    id: id(),
    organizationId: ref()
      .notNull()
      .references(() => organizations.id, { onDelete: 'cascade' }),
    title: text().notNull(),
    description: text().notNull().default(''),
    labelConfig: text().notNull().default(''),
    /** Data keys of the label config in document order; derived from it whenever it is saved. */
    dataKeys: text().array().notNull().default([]),
    maximumAnnotations: integer().notNull().default(1),
    /** The last innerId given to a task. */
    lastInnerId: bigint({ mode: 'number' }).notNull().default(0),
    createdBy: ref().references(() => users.id, { onDelete: 'set null' }),
    createdAt: createdAt(),
    updatedAt: createdAt(),
  },
  (table) => [index('projects_organization').on(table.organizationId, table.id)],
);

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

/** Facts about this installation: which encryption keys its values were sealed with. */
export const installation = pgTable('installation', {
  name: text().primaryKey(),
  value: text().notNull(),
});
