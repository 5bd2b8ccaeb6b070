import { setTimeout as sleep } from 'node:timers/promises';
import { transaction } from '../database/client.ts';
import { insertIssues } from '../syncs/issues.ts';
import type { NewSyncIssue, SyncCheckpoint } from '../syncs/model.ts';
import { commitProgress } from '../syncs/repository.ts';
import type { TargetRun } from '../syncs/run/run.ts';
import { drain, type Exporter } from './drain.ts';
import type { ExportErrorCode } from './model.ts';
import { analyze, intendFailed, intendNext } from './repository/intents.ts';
import { countsOf, failuresOf, progressOf } from './repository/records.ts';
import { handOnChanges } from './worker.ts';

/** Subjects asked for in one transaction. */
const BATCH = 5_000;
/** How often a sync looks how far other workers are, in milliseconds. */
const LOOK_EVERY = 250;
const MAX_ISSUES = 1_000;

/**
 * The sync of a target storage: asks for everything that may have to be written or deleted, helps to do it, and ends
 * when nothing of that is open. What is unchanged by its content hash is not written again, unless all is asked for.
 */
export function createTargetRun(exporter: Exporter): TargetRun {
  const { database } = exporter;
  return async ({ storage, sync, lease, counts, signal }) => {
    const commit = (checkpoint: SyncCheckpoint) =>
      transaction(database, (tx) => commitProgress(tx, lease, { counts, checkpoint }));
    // What was saved before the sync began counts for it, though nobody may have handed it on yet.
    while ((await handOnChanges(exporter)) > 0);
    if (sync.options.retryFailed) {
      await transaction(database, async (tx) => {
        counts.listed = await intendFailed(tx, storage, sync.id);
        await commitProgress(tx, lease, { counts, checkpoint: { phase: 'SCANNING' } });
      });
    } else await askForAll();
    if (counts.listed > BATCH) await analyze(database);
    for (;;) {
      signal.throwIfAborted();
      const failure = await drain(exporter, storage, { signal, syncId: sync.id });
      if (failure) throw failure;
      Object.assign(counts, await countsOf(database, storage, sync.id));
      await commit({ phase: 'SCANNING', after: String(Number.MAX_SAFE_INTEGER) });
      if ((await progressOf(database, storage, sync.id)).open === 0) break;
      await sleep(LOOK_EVERY, undefined, { signal });
    }
    const issues = await failuresOf(database, storage, sync.id, MAX_ISSUES);
    await transaction(database, async (tx) => {
      await insertIssues(tx, sync, issues.map(issueOf));
      await commitProgress(tx, lease, { counts, checkpoint: { phase: 'DONE' } });
    });

    async function askForAll(): Promise<void> {
      const request = { syncId: sync.id, layout: storage.settings.layout, full: sync.options.full === true };
      for (let after = Number(sync.checkpoint?.after ?? 0); ; ) {
        signal.throwIfAborted();
        const next = await transaction(database, async (tx) => {
          const asked = await intendNext(tx, storage, request, after, BATCH);
          if (!asked) return undefined;
          counts.listed += asked.total;
          await commitProgress(tx, lease, {
            counts,
            checkpoint: { phase: 'SCANNING', after: String(asked.last) },
          });
          return asked.last;
        });
        if (next === undefined) return;
        after = next;
      }
    }
  };
}

const issueOf = ({
  key,
  code,
  message,
}: {
  key: string | null;
  code: ExportErrorCode;
  message: string;
}): NewSyncIssue => ({
  ...{ severity: 'ERROR', code, message, key, row: null, path: null },
});
