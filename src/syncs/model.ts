import type { syncIssues, syncs } from '../database/tables/syncs.ts';
import { providerErrorCodes } from '../errors.ts';
import type { IssueCode } from '../objects/model.ts';

/** How an object of a target storage differs from what was written there. */
export const exportDrifts = ['MISSING', 'ALTERED'] as const;
export type ExportDrift = (typeof exportDrifts)[number];

export const syncStatuses = [
  'QUEUED',
  'IN_PROGRESS',
  'COMPLETED',
  'COMPLETED_WITH_ERRORS',
  'FAILED',
  'CANCELED',
] as const;
export type SyncStatus = (typeof syncStatuses)[number];
export const syncOrderFields = ['QUEUED_AT'] as const;
export type SyncOrderField = (typeof syncOrderFields)[number];
export const syncPhases = ['WAITING', 'SCANNING', 'REMOVALS', 'DONE'] as const;
export type SyncPhase = (typeof syncPhases)[number];
export const syncTriggers = ['REQUEST', 'RETRY', 'SCHEDULE', 'NOTIFICATION'] as const;
export type SyncTrigger = (typeof syncTriggers)[number];

/** Why a sync failed: mostly what its storage says. */
export const syncErrorCodes = [
  ...providerErrorCodes,
  'FILTER_TOO_SLOW',
  'SECRET_UNREADABLE',
  'VALIDATION_FAILED',
  'NOT_FOUND',
  'WORKER_LOST',
  'INTERNAL_ERROR',
] as const;
export type SyncErrorCode = (typeof syncErrorCodes)[number];

/** What a sync was asked to do. */
export interface SyncOptions {
  /** Look at every object as if it were new; deleted tasks come back. */
  reimport?: boolean;
  /** Target storages: write everything, whatever is known of it. */
  full?: boolean;
  /** Only objects whose last import or export failed. */
  retryFailed?: boolean;
  /** Only objects that notifications were given of, up to this number. */
  notificationsUpTo?: number;
}

/** What a sync has done so far. Objects, unless the name says otherwise. */
export interface SyncCounts {
  listed: number;
  skipped: number;
  /** Skipped ones by SkipReason. */
  skippedBy: Record<string, number>;
  /** Issues by their code, those included that were only counted. */
  issuesBy: Record<string, number>;
  /** Objects that one line at the end of the sync sums up. */
  summed: Record<'failedBefore' | 'readOtherwise' | 'leftScope' | 'files' | 'taskFiles', number>;
  unchanged: number;
  imported: number;
  changed: number;
  removed: number;
  failed: number;
  tasksCreated: number;
  tasksUpdated: number;
  tasksDeleted: number;
  failedRows: number;
  warnings: number;
  bytesRead: number;
  exported: number;
  deleted: number;
}

export function noCounts(): SyncCounts {
  return {
    listed: 0,
    skipped: 0,
    skippedBy: {},
    issuesBy: {},
    summed: { failedBefore: 0, readOtherwise: 0, leftScope: 0, files: 0, taskFiles: 0 },
    unchanged: 0,
    imported: 0,
    changed: 0,
    removed: 0,
    failed: 0,
    tasksCreated: 0,
    tasksUpdated: 0,
    tasksDeleted: 0,
    failedRows: 0,
    warnings: 0,
    bytesRead: 0,
    exported: 0,
    deleted: 0,
  };
}

/** Where the next worker goes on; written in the transaction that stores what it counts. */
export interface SyncCheckpoint {
  phase: SyncPhase;
  /** Source storages: where the storage looked. Elsewhere the sync begins anew. */
  scope?: string;
  /** All keys up to this one are settled. */
  after?: string;
  /** The listing broke its order: up to this key it was walked in order, from here on what was seen is marked. */
  walkedTo?: string;
  /** An object read in part: its rows below `row` are stored. */
  reading?: ReadingCheckpoint;
  /** Whether tasks of removed objects may be deleted, once that is decided. */
  mayDelete?: boolean;
}

export interface ReadingCheckpoint {
  key: string;
  /** Version (or size, where there is none) that the rows belong to. */
  version: string;
  row: number;
  taskCount: number;
  failedRows: number;
  /** Rows that are exports of the project's own; absent: none. */
  ownExports?: number;
  /** Some of its rows are annotations of tasks that they share. */
  joins?: boolean;
  /** Its rows are staged, to be matched with the tasks that are there. */
  staged?: boolean;
  /** Tasks of it that the project had, live and deleted, before it was read. */
  sources?: { live: number; deleted: number };
}

type Row = typeof syncs.$inferSelect;
export type Sync = Omit<Row, 'options' | 'counts' | 'checkpoint'> & {
  options: SyncOptions;
  counts: SyncCounts;
  checkpoint: SyncCheckpoint | null;
};

/** The sync that records belong to. */
export type SyncKey = Pick<Sync, 'id' | 'projectId'>;

export type SyncIssue = typeof syncIssues.$inferSelect;

/** An error or warning as a sync records it. */
export interface NewSyncIssue {
  severity: 'ERROR' | 'WARNING';
  code: IssueCode;
  message: string;
  key: string | null;
  row: number | null;
  path: string | null;
}

/** The right to commit for a sync, until another worker claims it or it is canceled. */
export interface Lease {
  syncId: number;
  fence: number;
}

/** Thrown when the lease is gone: somebody else goes on, or the sync was canceled. Nothing was written. */
export class LeaseLostError extends Error {
  constructor(syncId: number) {
    super(`The lease on sync ${syncId} is lost.`);
    this.name = 'LeaseLostError';
  }
}

export const isActive = (status: SyncStatus) => status === 'QUEUED' || status === 'IN_PROGRESS';
