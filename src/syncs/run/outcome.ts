import { type NewTask, WHOLE_OBJECT } from '../../tasks/model.ts';
import { claimOf } from '../compare/claims.ts';
import { dataKeyOf } from '../compare/criteria.ts';
import { countFile } from '../compare/files.ts';
import type { ImportMode } from '../compare/judge.ts';
import type { Finding } from '../compare/pages.ts';
import type { Batch } from './committer.ts';
import type { RunContext } from './context.ts';
import { type Recorder, textOf } from './recorder.ts';
import type { Remarks } from './remarks.ts';
import type { Tolerance } from './tolerance.ts';

/** What a verdict means, for findings of which nothing is read. */
export function createOutcome(
  { store, storage, project, counts }: RunContext,
  committer: { readonly current: Batch },
  recorder: Recorder,
  remarks: Remarks,
  tolerance: Tolerance,
) {
  const dataPrefix = `{${JSON.stringify(dataKeyOf(storage.settings, project))}:`;

  /** Import method FILES: the object's URI is the task. */
  function importFile(finding: Finding, mode: ImportMode): void {
    const { object } = finding;
    const revision = revisionOf(finding, mode);
    const task: NewTask = {
      data: `${dataPrefix}${JSON.stringify(store.uri(object.key))}}`,
      meta: null,
      allowSkip: true,
      source: { key: object.key, row: WHOLE_OBJECT, revision, id: null },
      annotations: [],
      predictions: [],
    };
    // Changed content has the same URI: nothing to update, but the task may have gone with its object.
    const { current } = committer;
    current.tasks.push(task);
    if (finding.known?.readAs?.startsWith('FILES')) current.updates.push(task);
    current.weight += task.data.length;
    if (finding.known?.readAs === 'TASKS') current.replaced.ROWS.push(object.key);
    if (isChange(mode)) counts.changed++;
    else {
      counts.imported++;
      countFile(counts.summed, object.key);
    }
    recorder.record(finding, { taskCount: 1, revision, claim: claimOf(mode) });
  }

  return function conclude(finding: Finding): void {
    const { object, verdict } = finding;
    switch (verdict.kind) {
      case 'RESTORED':
        counts.unchanged++;
        recorder.setState('IMPORTED', object.key);
        break;
      case 'READ_OTHERWISE':
        counts.unchanged++;
        counts.summed.readOtherwise++;
        if (verdict.restore) recorder.setState('IMPORTED', object.key);
        break;
      case 'CHANGED':
        counts.changed++;
        if (verdict.becomes) recorder.setState(verdict.becomes, object.key);
        if (verdict.becomes !== 'CHANGED') break;
        recorder.issue(
          'WARNING',
          object.key,
          'OBJECT_CHANGED',
          'The object has changed since it was imported.',
        );
        break;
      case 'SKIPPED':
        recorder.skip(verdict.reason);
        if (verdict.reason === 'UNUSABLE_KEY') remarks.name(verdict.reason, object.key, unusableKey);
        else if (verdict.record) recorder.record(finding, { state: 'SKIPPED', code: verdict.reason });
        break;
      case 'OUT_OF_SCOPE':
        recorder.skip('FILTER');
        counts.summed.leftScope++;
        committer.current.outOfScope.push(object.key);
        break;
      case 'FAILED_BEFORE':
        counts.failed++;
        counts.summed.failedBefore++;
        break;
      case 'REFUSED': {
        const { error } = verdict;
        tolerance.bear(error);
        // What was imported of it stands; whether it has changed, the next full sync sees.
        if (!finding.known) recorder.fail(finding, error.code, textOf(error));
        else {
          counts.failed++;
          recorder.issue('ERROR', object.key, error.code, textOf(error));
        }
        break;
      }
      case 'IMPORT':
        importFile(finding, verdict.mode);
        break;
    }
  };
}

const unusableKey =
  'The key has a NUL, is not Unicode, is over 2,000 bytes long, or has "." or ".." as a folder or name, which this provider resolves.';

/** Whether it was imported before, in another version. */
export const isChange = (mode: ImportMode) => mode === 'UPDATE' || mode === 'NEW_TASK';

/** The revision of the tasks that an import makes. */
export const revisionOf = ({ known }: Finding, mode: ImportMode) =>
  (known?.revision ?? 0) + (mode === 'NEW_TASK' ? 1 : 0);
