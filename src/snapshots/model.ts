/** What a snapshot is written as: one JSON array, a task a line, or an annotation a line. */
export const snapshotFormats = ['JSON', 'JSONL', 'CSV'] as const;
export type SnapshotFormat = (typeof snapshotFormats)[number];

export const mediaTypes: Readonly<Record<SnapshotFormat, string>> = {
  JSON: 'application/json; charset=utf-8',
  JSONL: 'application/jsonl; charset=utf-8',
  CSV: 'text/csv; charset=utf-8; header=present',
};

/** Name of the file that holds the tasks: `tasks.jsonl`. */
export const fileNameOf = (format: SnapshotFormat) => `tasks.${format.toLowerCase()}`;

/** What has been written so far. */
export interface SnapshotCounts {
  tasks: number;
  annotations: number;
  predictions: number;
}

/** A file of a snapshot. */
export interface SnapshotFile {
  name: string;
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
  counts: SnapshotCounts;
  files: SnapshotFile[];
}
