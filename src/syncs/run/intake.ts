import { ProviderError } from '../../errors.ts';
import { FormatError } from '../../formats/model.ts';
import { hasTasks } from '../../tasks/changed-rows.ts';
import { claimOf, judgeClaim } from '../compare/claims.ts';
import type { Finding } from '../compare/pages.ts';
import type { SyncCheckpoint } from '../model.ts';
import type { ObjectReader } from '../read/object-reader.ts';
import { createRowCollector } from '../read/rows.ts';
import type { Batch } from './committer.ts';
import type { RunContext } from './context.ts';
import { isChange, revisionOf } from './outcome.ts';
import type { Place } from './place.ts';
import { type Recorder, textOf } from './recorder.ts';
import type { Tolerance } from './tolerance.ts';

interface Committer {
  readonly current: Batch;
  due(): boolean;
  flush(checkpoint: SyncCheckpoint): Promise<void>;
}

/** Import method TASKS: takes an object's rows in, batch by batch, and records the outcome. */
export function createIntake(
  { database, storage, project, members, isOwn, counts, sync, signal }: RunContext,
  place: Place,
  committer: Committer,
  recorder: Recorder,
  tolerance: Tolerance,
) {
  /** Whether rows have to be matched with tasks that may be there: on the first import there are none. */
  async function mustMatch({ object, known }: Finding, torn: boolean): Promise<boolean> {
    if (torn) return true;
    if (storage.settings.onChanged !== 'UPDATE') return false;
    return known !== undefined || hasTasks(database, storage, object.key);
  }

  return async function takeRows(finding: Finding, reader: ObjectReader): Promise<void> {
    const { object, known, verdict } = finding;
    const mode = verdict.kind === 'IMPORT' ? verdict.mode : 'NEW';
    const revision = revisionOf(finding, mode);
    const resumed = place.readingOf(object);
    // Rows of a version that was replaced while it was read: the new one's take their place.
    const torn = known?.code === 'OBJECT_CHANGED' || (place.reading?.key === object.key && !resumed);
    const match = resumed ? resumed.staged === true : await mustMatch(finding, torn);
    const collector = createRowCollector(
      {
        ...{ object, revision, match, members, isOwn },
        ...{ dataKeys: project.dataKeys, idField: storage.settings.idField },
      },
      resumed,
    );
    if (match && !resumed) committer.current.stagedAnew.push(object.key);
    const sources = resumed ? resumed.sources : finding.sources;
    let bytes = 0;
    const countBytes = () => {
      counts.bytesRead += reader.bytes() - bytes;
      bytes = reader.bytes();
    };
    let failure: ProviderError | FormatError | undefined;
    try {
      for await (const rows of reader.rows) {
        await collector.take(rows, committer.current, counts);
        countBytes();
        if (!committer.due()) continue;
        const reading = { ...collector.checkpoint(), ...(sources && { sources }) };
        await committer.flush(place.checkpoint(reading));
      }
      tolerance.reset();
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (error instanceof FormatError) tolerance.reset();
      else if (error instanceof ProviderError) tolerance.bear(error);
      else throw error;
      failure = error;
    }
    countBytes();
    const { taskCount, failedRows, ownExport, joins } = collector.totals();
    // Annotations of shared tasks have no tasks of their own to be matched with.
    if (match && !joins) committer.current.read.push({ key: object.key, revision, whole: !failure });
    const entry = { taskCount, failedRows, revision };
    if (failure) recorder.fail(finding, failure.code, textOf(failure), entry);
    else if (ownExport) {
      recorder.skip('OWN_EXPORT');
      recorder.record(finding, { ...entry, state: 'SKIPPED', code: 'OWN_EXPORT' });
    } else if (failedRows > 0) {
      counts.failed++;
      const message = rowsFailed(failedRows, taskCount);
      recorder.record(finding, { ...entry, state: 'FAILED', code: 'ROWS_FAILED', message });
    } else {
      const had = sources && (sync.options.reimport ? { ...sources, deleted: 0 } : sources);
      const claimed = judgeClaim(claimOf(mode), taskCount, had);
      if (claimed) recorder.skip(claimed);
      else if (isChange(mode)) counts.changed++;
      else counts.imported++;
      recorder.record(finding, { ...entry, ...(claimed && { state: 'SKIPPED', code: claimed }) });
    }
    if (known?.readAs?.startsWith('FILES') && taskCount > 0)
      committer.current.replaced.WHOLE.push(object.key);
    if (place.reading?.key === object.key) place.reading = undefined;
  };
}

function rowsFailed(failed: number, imported: number): string {
  if (imported > 0) return `${failed} of ${failed + imported} rows failed; the others were imported.`;
  return failed === 1 ? 'The only row failed.' : `All ${failed} rows failed.`;
}
