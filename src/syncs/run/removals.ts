import { transaction } from '../../database/client.ts';
import { countPresent, setObjectStates } from '../../objects/ledger.ts';
import { REMOVAL_GUARD } from '../../objects/model.ts';
import { deleteUnannotated } from '../../tasks/bulk.ts';
import { publishMoved } from '../events.ts';
import { insertIssues } from '../issues.ts';
import type { NewSyncIssue, SyncCheckpoint } from '../model.ts';
import { commitProgress } from '../repository.ts';
import { isOrdered, type RunContext } from './context.ts';
import { countMissing, markUnseen, takeMissing } from './marks.ts';

/** Objects that one transaction removes. */
const BATCH = 1_000;

/**
 * The second phase: objects that the ledger has and the complete listing lacked. It runs only behind a
 * listing that reached its end, and deletes no tasks when suspiciously much is gone.
 */
export async function runRemovals(context: RunContext, begun: SyncCheckpoint): Promise<void> {
  const { database, events, storage, sync, lease, counts, signal } = context;
  const { onRemoved, maximumRemovedShare } = storage.settings;
  const { walkedTo } = begun;
  let { mayDelete } = begun;
  if (mayDelete === undefined) {
    mayDelete = onRemoved === 'DELETE_UNANNOTATED';
    await transaction(database, async (tx) => {
      if (!isOrdered(context, walkedTo)) await markUnseen(tx, sync, storage.id, walkedTo);
      // Counted only where it decides something: the ledger may hold millions.
      const missing = mayDelete ? await countMissing(tx, sync) : 0;
      const present = missing > 0 ? await countPresent(tx, storage) : 0;
      if (missing > present * maximumRemovedShare) {
        mayDelete = false;
        const message = `${missing} of ${present} objects are gone, more than the share of ${maximumRemovedShare} that may be deleted in one sync: their tasks were kept. Check prefix and container, or raise maximumRemovedShare.`;
        await insertIssues(tx, sync, [issue('WARNING', REMOVAL_GUARD, null, message)]);
        counts.warnings++;
      }
      const checkpoint = { phase: 'REMOVALS' as const, mayDelete: mayDelete === true };
      await publishMoved(events, tx, await commitProgress(tx, lease, { counts, checkpoint }));
    });
  }
  for (let last: string | undefined = ''; last !== undefined; ) {
    signal.throwIfAborted();
    last = await removeSome(context, mayDelete, last);
  }
}

/** @returns the last key that was removed; undefined: there are no more */
async function removeSome(
  { database, events, storage, sync, lease, counts }: RunContext,
  mayDelete: boolean,
  from: string,
): Promise<string | undefined> {
  const after = { ...counts };
  const { onRemoved } = storage.settings;
  const guarded = onRemoved === 'DELETE_UNANNOTATED' && !mayDelete;
  const last = await transaction(database, async (tx) => {
    const keys = await takeMissing(tx, sync, from, BATCH);
    if (keys.length === 0) return undefined;
    await setObjectStates(tx, storage, sync.id, 'REMOVED', keys, guarded ? REMOVAL_GUARD : null);
    after.removed += keys.length;
    if (mayDelete) after.tasksDeleted += await deleteUnannotated(tx, storage, keys);
    if (onRemoved === 'FLAG') {
      const message = 'The object is gone from the storage; its tasks were kept.';
      await insertIssues(
        tx,
        sync,
        keys.map((key) => issue('WARNING', 'OBJECT_REMOVED', key, message)),
      );
      after.warnings += keys.length;
    }
    const checkpoint = { phase: 'REMOVALS' as const, mayDelete };
    await publishMoved(events, tx, await commitProgress(tx, lease, { counts: after, checkpoint }));
    return keys.length < BATCH ? undefined : keys.at(-1);
  });
  Object.assign(counts, after);
  return last;
}

function issue(
  severity: NewSyncIssue['severity'],
  code: string,
  key: string | null,
  message: string,
): NewSyncIssue {
  return { severity, code, message, key, row: null, path: null };
}
