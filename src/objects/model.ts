import type { objects } from '../database/tables/objects.ts';
import { providerErrorCodes } from '../errors.ts';
import { formatErrorCodes, rowProblemCodes } from '../formats/model.ts';

export const objectStates = ['IMPORTED', 'CHANGED', 'REMOVED', 'SKIPPED', 'FAILED', 'OUT_OF_SCOPE'] as const;
export type ObjectState = (typeof objectStates)[number];

/** The storage whose ledger is meant, and the container that the ledger is of. */
export interface LedgerOwner {
  id: number;
  projectId: number;
  containerId: number;
}

export const objectOrderFields = ['KEY', 'SIZE'] as const;
export type ObjectOrderField = (typeof objectOrderFields)[number];

/** An entry of the object ledger. */
export type StorageObject = typeof objects.$inferSelect;

/** Why an object was skipped; failed ones carry the code of their error. */
export const skipReasons = [
  'FILTER',
  'OWN_EXPORT',
  'UNUSABLE_KEY',
  'UNREADABLE',
  'NOT_A_TASK_FILE',
  'IN_PROJECT',
  'DELETED_BEFORE',
] as const;
export type SkipReason = (typeof skipReasons)[number];

/** What an export can fail for besides what its storage says. */
export const exportFailures = ['NOT_STORED', 'KEY_TAKEN', 'TOO_LARGE', 'COPY_FAILED'] as const;

/** Everything that a sync tells of an object or a row, or of what it found as a whole. */
export const issueCodes = [
  ...skipReasons,
  ...providerErrorCodes,
  ...rowProblemCodes,
  ...formatErrorCodes,
  ...exportFailures,
  ...(['ROWS_FAILED', 'MIXED_FORMS', 'ROW_KEPT', 'ROWS_GONE'] as const),
  ...([
    'FAILED_BEFORE',
    'READ_OTHERWISE',
    'OUT_OF_SCOPE',
    'OBJECT_REMOVED',
    'REMOVAL_GUARD',
    'NO_DATA_KEY',
    'TASK_FILES',
    'TOO_MANY_ISSUES',
  ] as const),
];
export type IssueCode = (typeof issueCodes)[number];

/** Code of a removed object whose tasks were kept because suspiciously much was gone at once. */
export const REMOVAL_GUARD = 'REMOVAL_GUARD' satisfies IssueCode;

/** Whether an object is known to be gone for good: one that the guard stopped is decided anew by the next sync. */
export const isGone = ({ state, code }: Pick<KnownObject, 'state' | 'code'>) =>
  state === 'REMOVED' && code === null;

/** Whether an object is taken for present: only of such can a sync find that they are gone, or that they left the scope. */
export const isPresent = (known: Pick<KnownObject, 'state' | 'code'>) =>
  known.state !== 'OUT_OF_SCOPE' && !isGone(known);

/** The part of a ledger entry that a sync compares a listing with. */
export interface KnownObject {
  key: string;
  /** Bytes; 0 where the version is enough to go by. */
  size: number;
  version: string | null;
  /** Milliseconds since the epoch; read only where there is no version to go by. */
  modifiedAt: number | null;
  state: ObjectState;
  code: string | null;
  revision: number;
  /** How it was read, where that is not how it would be read now. */
  readAs: string | null;
}

/** A ledger entry as a sync writes it. */
export interface ObjectRecord {
  key: string;
  size: number;
  version: string | null;
  modifiedAt: Date | null;
  state: ObjectState;
  code: IssueCode | null;
  message: string | null;
  taskCount: number;
  failedRows: number;
  revision: number;
  readAs: string;
  /** Imported for the first time, or once more: it may be that the project has its tasks, or had them. */
  claim: 'NEW' | 'RETRY' | null;
  /** false: the ledger has no entry for the key yet. */
  known: boolean;
}

export interface ObjectFilter {
  states?: ObjectState[] | null | undefined;
  code?: string | null | undefined;
  keyPrefix?: string | null | undefined;
  modifiedAfter?: Date | null | undefined;
  modifiedBefore?: Date | null | undefined;
}
