import { ProviderError } from '../../errors.ts';
import type { FormatError } from '../../formats/model.ts';
import type { IssueCode, ObjectRecord, SkipReason } from '../../objects/model.ts';
import type { Criteria } from '../compare/criteria.ts';
import { sameContent } from '../compare/judge.ts';
import type { Finding } from '../compare/pages.ts';
import type { SyncCounts } from '../model.ts';
import type { Batch } from './committer.ts';

export type Recorder = ReturnType<typeof createRecorder>;

/** Records the outcomes of findings: ledger entries and issues in the batch being filled, and the counts. */
export function createRecorder(
  committer: { readonly current: Batch },
  counts: SyncCounts,
  { readAs, reimport, retry }: Pick<Criteria, 'readAs' | 'reimport' | 'retry'>,
) {
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
        readAs,
        claim: null,
        known: known !== undefined,
        ...entry,
      });
    },

    issue(severity: 'ERROR' | 'WARNING', key: string, code: IssueCode, message: string): void {
      if (severity === 'WARNING') counts.warnings++;
      committer.current.issues.push({ severity, code, message, key, row: null, path: null });
    },

    /** One that failed before in the same way is no news, unless somebody asked for it. */
    fail(finding: Finding, code: IssueCode, message: string, entry: Partial<ObjectRecord> = {}): void {
      const { object, known } = finding;
      counts.failed++;
      if (
        known?.state === 'FAILED' &&
        known.code === code &&
        sameContent(object, known) &&
        !reimport &&
        !retry
      ) {
        counts.summed.failedBefore++;
        return;
      }
      recorder.record(finding, { state: 'FAILED', code, message, ...entry });
      recorder.issue('ERROR', object.key, code, message);
    },

    skip(reason: SkipReason): void {
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
