import type { IssueCode } from '../../objects/model.ts';
import { UNNAMED_DATA_KEY } from '../../tasks/model.ts';

/** What a sync has to say of all that it imports. */
export interface Remark {
  code: IssueCode;
  message: string;
}

/** How many objects are imported for the first time, as files, and how many of them are named like task files. */
export interface FileCounts {
  files: number;
  taskFiles: number;
}

export function countFile(counts: FileCounts, key: string): void {
  counts.files++;
  if (isNamedTaskFile(key)) counts.taskFiles++;
}

/** Signs that something else was meant (import method FILES). */
export function remarksOf({ files, taskFiles }: FileCounts, dataKey: string): Remark[] {
  if (files === 0) return [];
  return [
    ...(dataKey === UNNAMED_DATA_KEY ? [noDataKey] : []),
    ...(taskFiles === files ? [onlyTaskFiles] : []),
  ];
}

const isNamedTaskFile = (key: string) => /\.(?:jsonl?|ndjson|parquet)(?:\.gz)?$/i.test(key);

const noDataKey: Remark = {
  code: 'NO_DATA_KEY',
  message:
    'The label config names no data key such as "$image", and the storage has none: the tasks show nothing yet. They will once a label config with a data key is saved, or set "dataKey".',
};
const onlyTaskFiles: Remark = {
  code: 'TASK_FILES',
  message:
    'All objects are named like task files (.json, .jsonl, .ndjson, .parquet), and each becomes one task that shows its URI. To make tasks of their rows, use import method TASKS.',
};
