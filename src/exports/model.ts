import type { exportEvents, exportRecords } from '../database/tables/exports.ts';
import { providerErrorCodes } from '../errors.ts';
import { exportFailures } from '../objects/model.ts';
import type { TemplateFields } from '../storages/model.ts';

export const exportStates = ['PENDING', 'EXPORTED', 'FAILED', 'DELETED', 'KEPT'] as const;
export type ExportState = (typeof exportStates)[number];
export const exportEventKinds = ['EXPORTED', 'DELETED', 'FAILED'] as const;

/** Why an object was not written or removed: mostly what its storage says. */
export const exportErrorCodes = [...providerErrorCodes, ...exportFailures] as const;
export type ExportErrorCode = (typeof exportErrorCodes)[number];

/** Why an object was not written or removed, in words for people, and what to do. */
export interface ExportFailure {
  code: ExportErrorCode;
  message: string;
  hint: string;
}

/** What we know of one object of a target storage. */
export type ExportRecord = typeof exportRecords.$inferSelect;
/** A subject and what is known of its object; all else is null where there is no record. */
export type KnownExport = Pick<ExportRecord, 'subjectId'> & {
  [K in 'state' | 'key' | 'version' | 'hash' | 'size']: ExportRecord[K] | null;
} & { exportedAt: string | null };
/** An entry of the log of exports. */
export type ExportEvent = typeof exportEvents.$inferSelect;

/** A target storage as its records need it. */
export interface Target {
  id: number;
  projectId: number;
}

/** A record that a worker has taken, with the number under which it may report. */
export interface Claim
  extends Pick<
    ExportRecord,
    | 'subjectId'
    | 'taskId'
    | 'wanted'
    | 'fence'
    | 'attempts'
    | 'key'
    | 'formerKeys'
    | 'version'
    | 'hash'
    | 'recheck'
    | 'state'
  > {
  /** The worker before was lost with it: what it was writing may still arrive. */
  orphaned: boolean;
}

/** What is to be written for a subject: the object's text and what its key is made of. */
export interface ExportContent {
  body: string;
  fields: TemplateFields;
}

/** The outcome of a look at a record. */
export interface Outcome {
  claim: Claim;
  state: ExportState;
  event: (typeof exportEventKinds)[number] | null;
  key: string | null;
  version: string | null;
  hash: string | null;
  size: number | null;
  error: ExportFailure | null;
  /** Seconds after which to look again; null: settled. */
  againAfter: number | null;
  /** The next look is at the object, too. */
  recheck: boolean;
}

/** A task as the database gives it; JSON and numbers as text. */
export interface TaskText {
  id: number;
  projectId: number;
  innerId: number;
  data: string;
  meta: string;
  createdAt: Date;
  updatedAt: Date;
  isLabeled: boolean;
  allowSkip: boolean;
  overlap: number;
  totalAnnotations: number;
  cancelledAnnotations: number;
  totalPredictions: number;
  sourceKey: string | null;
  /** Where the task came from; null: it was given inline. */
  containerId: number | null;
}

export interface AnnotationText {
  id: number;
  taskId: number;
  projectId: number;
  result: string;
  resultCount: number;
  wasCancelled: boolean;
  groundTruth: boolean;
  leadTime: string | null;
  importId: string | null;
  createdAt: Date;
  updatedAt: Date;
  completedBy: number | null;
  /** null: nobody that is still known. */
  author: { id: number; firstName: string; lastName: string; email: string } | null;
  /** What tells this installation's exports from others'. */
  origin: string;
}

export interface PredictionText {
  id: number;
  taskId: number;
  projectId: number;
  result: string;
  score: string | null;
  modelVersion: string | null;
  createdAt: Date;
  updatedAt: Date;
}
