import type { snapshotParts, snapshots } from '../database/tables/snapshots.ts';

/** What a snapshot is written as: one JSON array, a task a line, or an annotation a line. */
export const snapshotFormats = ['JSON', 'JSONL', 'CSV'] as const;
export type SnapshotFormat = (typeof snapshotFormats)[number];

export const mediaTypes: Readonly<Record<SnapshotFormat, string>> = {
  JSON: 'application/json; charset=utf-8',
  JSONL: 'application/jsonl; charset=utf-8',
  CSV: 'text/csv; charset=utf-8; header=present',
};

/** Name of a part of them at a target: `tasks-00001.jsonl`. */
export const partNameOf = (format: SnapshotFormat, number: number) =>
  `tasks-${String(number).padStart(5, '0')}.${format.toLowerCase()}`;

/** Name of the file that holds the tasks: `tasks.jsonl`. */
export const fileNameOf = (format: SnapshotFormat) => `tasks.${format.toLowerCase()}`;

/** What has been written so far. */
export interface SnapshotCounts {
  tasks: number;
  annotations: number;
  predictions: number;
}

/** What has been copied so far of the objects that tasks point at. */
export interface MediaCounts {
  media: number;
  mediaBytes: number;
  /** Those that could not be had. */
  missingMedia: number;
}

/** Media that could not be had, of which the manifest lists so many; `media.jsonl` has them all. */
export const MAX_LISTED = 1_000;
export interface MissingMedium {
  uri: string;
  code: string;
  message: string;
}
export interface MediaTally {
  counts: MediaCounts;
  missing: MissingMedium[];
}

export const newTally = (): MediaTally => ({
  ...{ counts: { media: 0, mediaBytes: 0, missingMedia: 0 }, missing: [] },
});

/** A file of a snapshot. */
export interface SnapshotFile {
  name: string;
  /** Full key of the object; absent: it lies in no storage. */
  key?: string;
  /** In hexadecimal. */
  sha256: string;
  bytes: number;
}

/** What lies beside the files of a snapshot, so that they can be checked. */
export interface Manifest {
  /** Of the manifest's own shape. */
  version: 1;
  /** `title` as it was at the start. */
  project: { id: number; title: string };
  format: SnapshotFormat;
  startedAt: Date;
  finishedAt: Date;
  counts: SnapshotCounts & Partial<MediaCounts>;
  files: SnapshotFile[];
  /** The first of the media that could not be had. */
  missingMedia?: MissingMedium[];
}

/** The manifest of what was written of a project. */
export const manifestOf = (
  { id, title }: { id: number; title: string },
  facts: Omit<Manifest, 'version' | 'project'>,
): Manifest => ({ version: 1, project: { id, title }, ...facts });

/** Name of the file that says of each URI of a storage in the tasks where its copy is, or why there is none. */
export const MEDIA = 'media.jsonl';

/** Name of a part of that at a target: `media-00001.jsonl`. */
export const mediaListOf = (number: number) => `media-${String(number).padStart(5, '0')}.jsonl`;

/** Name of the file that lists the others. */
export const MANIFEST = 'manifest.json';

export const snapshotStates = ['READY', 'QUEUED', 'IN_PROGRESS', 'COMPLETED', 'FAILED'] as const;
export type SnapshotState = (typeof snapshotStates)[number];

/** Snapshots of a project that are remembered; older ones go when another is created. */
export const MAX_SNAPSHOTS = 100;
/** Snapshots of a project that wait for their targets, or are being written, at a time. */
export const MAX_OPEN = 10;
/** How long a process may say nothing before it is taken for lost, in seconds. */
export const LEASE_SECONDS = 30;

/** A snapshot that somebody asked for, and how far it got. */
export type Snapshot = typeof snapshots.$inferSelect;
/** An object of a snapshot at its target. */
export type SnapshotPart = typeof snapshotParts.$inferSelect;

/** Why a snapshot did not come to its end, beyond what a storage says. */
export const snapshotFailureCodes = ['CLIENT_CLOSED', 'ACCESS_ENDED', 'READ_FAILED', 'PROCESS_LOST'] as const;
export type SnapshotFailureCode = (typeof snapshotFailureCodes)[number];

export interface SnapshotError {
  code: string;
  message: string;
  hint: string;
}

export const lostError: SnapshotError = {
  code: 'PROCESS_LOST',
  message: 'The process that worked on it was lost.',
  hint: 'Try again: download it once more, or create another one.',
};

/** A process that is lost cannot say so: its silence does. What a worker began, another one goes on with. */
const isLost = ({ targetId, state, leaseUntil }: Snapshot) =>
  targetId === null && state === 'IN_PROGRESS' && (leaseUntil?.getTime() ?? 0) < Date.now();

export const stateOf = (snapshot: Snapshot): SnapshotState => (isLost(snapshot) ? 'FAILED' : snapshot.state);

/** Why it failed; null: it has not. */
export function errorOf(snapshot: Snapshot): SnapshotError | null {
  if (isLost(snapshot)) return lostError;
  const { errorCode, errorMessage, errorHint } = snapshot;
  return errorCode === null ? null : { code: errorCode, message: errorMessage ?? '', hint: errorHint ?? '' };
}

/** Whether nothing changes any more until somebody begins a download. */
export const isAtRest = (snapshot: Snapshot) => ['COMPLETED', 'FAILED'].includes(stateOf(snapshot));
