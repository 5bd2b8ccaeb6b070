import { ProviderError } from '../../errors.ts';
import type { FormatError } from '../../formats/model.ts';
import type { ObjectRecord } from '../../objects/model.ts';
import type { Finding } from '../compare/pages.ts';
import type { SyncCounts } from '../model.ts';
import type { Batch } from './committer.ts';

export type Recorder = ReturnType<typeof createRecorder>;

/** Puts down what came of findings: ledger entries and issues in the batch being filled, and the counts. */
export function createRecorder(committer: { readonly current: Batch }, counts: SyncCounts) {
  const recorder = {
    /** An entry of the ledger; imported, unless `entry` says otherwise. */
    record({ object, known }: Finding, entry: Partial<ObjectRecord>): void {
      committer.current.records.push({
        key: object.key,
        size: object.size,
        version: object.version,
        modifiedAt: object.modifiedAt,
        state: 'IMPORTED',
        code: null,
        message: null,
        taskCount: 0,
        failedRows: 0,
        revision: known?.revision ?? 0,
        known: known !== undefined,
        ...entry,
      });
    },

    issue(severity: 'ERROR' | 'WARNING', key: string, code: string, message: string): void {
      if (severity === 'WARNING') counts.warnings++;
      committer.current.issues.push({ severity, code, message, key, row: null, path: null });
    },

    fail(finding: Finding, code: string, message: string, entry: Partial<ObjectRecord> = {}): void {
      counts.failed++;
      recorder.record(finding, { state: 'FAILED', code, message, ...entry });
      recorder.issue('ERROR', finding.object.key, code, message);
    },

    skip(reason: string): void {
      counts.skipped++;
      counts.skippedBy[reason] = (counts.skippedBy[reason] ?? 0) + 1;
    },

    /** An entry whose state alone changes. */
    setState(state: 'IMPORTED' | 'CHANGED', key: string): void {
      const { states } = committer.current;
      const keys = states[state] ?? [];
      states[state] = keys;
      keys.push(key);
    },
  };
  return recorder;
}

/** What a failure says to people: what is wrong, and what to do about it. */
export const textOf = (failure: ProviderError | FormatError) =>
  failure instanceof ProviderError ? `${failure.message} ${failure.hint}` : failure.message;

/** The name of an unusable key in a form that the database can hold. */
export const printable = (name: string) => name.toWellFormed().replaceAll('\0', '\\0').slice(0, 500);
