import { type Transaction, transaction } from '../../database/client.ts';
import { countPresent, leaveScope, setObjectStates } from '../../objects/ledger.ts';
import { type IssueCode, REMOVAL_GUARD } from '../../objects/model.ts';
import { deleteUnannotated } from '../../tasks/bulk.ts';
import { scopeOf } from '../compare/criteria.ts';
import { publishMoved } from '../events.ts';
import { insertIssues, withinLimit } from '../issues.ts';
import type { NewSyncIssue, SyncCheckpoint } from '../model.ts';
import { commitProgress, holdLease } from '../repository.ts';
import { proveAbsence } from './absence.ts';
import { isOrdered, namesKeys, type RunContext } from './context.ts';
import { countMissing, markUnseen, takeMissing } from './marks.ts';
import { leftScopeText } from './remarks.ts';

/** Objects that one transaction removes. */
const BATCH = 1_000;

/**
 * The second phase: objects that the ledger has and the complete listing lacked. It runs only behind a
 * listing that reached its end, removes nothing whose absence is contradicted, and deletes no tasks when
 * suspiciously much is gone.
 * @throws ProviderError when the storage has what its listing left out
 */
export async function runRemovals(context: RunContext, begun: SyncCheckpoint): Promise<void> {
  const decided = begun.mayDelete === undefined ? await decide(context, begun) : begun;
  for (let last: string | undefined = ''; last !== undefined; ) {
    context.signal.throwIfAborted();
    last = await removeSome(context, decided, last);
  }
}

/** Finds out what is missing, proves it, and decides whether tasks may be deleted. */
async function decide(context: RunContext, begun: SyncCheckpoint): Promise<SyncCheckpoint> {
  const { walkedTo } = begun;
  const { database, events, storage, store, sync, lease, counts } = context;
  const { onRemoved, maximumRemovedShare } = storage.settings;
  const scope = scopeOf(store, storage.settings);
  if (!isOrdered(context, walkedTo)) {
    await transaction(database, async (tx) => {
      await holdLease(tx, lease);
      const left = await leaveScope(tx, storage, sync.id, scope, walkedTo ?? '');
      if (left > 0) await addIssues(context, tx, [leftScope(left)]);
      await markUnseen(tx, sync, storage, walkedTo);
    });
  }
  const deletes = onRemoved === 'DELETE_UNANNOTATED';
  // Counted only where it decides something: the ledger may hold millions.
  const missing = deletes ? await countMissing(database, sync) : 0;
  const present = missing > 0 ? await countPresent(database, storage, scope) : 0;
  const mayDelete = deletes && missing <= present * maximumRemovedShare;
  // Who asked key by key has the proof already.
  if (!namesKeys(sync)) await proveAbsence(context, mayDelete);
  const checkpoint = { ...begun, mayDelete };
  await transaction(database, async (tx) => {
    if (deletes && !mayDelete) {
      const message = `${missing} of ${present} objects are gone, more than the share of ${maximumRemovedShare} that may be deleted in one sync: their tasks were kept. Check prefix and container, or raise maximumRemovedShare.`;
      await addIssues(context, tx, [warning(REMOVAL_GUARD, null, message)]);
    }
    await publishMoved(events, tx, await commitProgress(tx, lease, { counts, checkpoint }));
  });
  return checkpoint;
}

/** @returns the last key that was removed; undefined: there are no more */
async function removeSome(
  { database, events, storage, sync, lease, counts }: RunContext,
  checkpoint: SyncCheckpoint,
  from: string,
): Promise<string | undefined> {
  const after = structuredClone(counts);
  const { onRemoved } = storage.settings;
  const { mayDelete } = checkpoint;
  const guarded = onRemoved === 'DELETE_UNANNOTATED' && !mayDelete;
  const last = await transaction(database, async (tx) => {
    const keys = await takeMissing(tx, sync, from, BATCH);
    if (keys.length === 0) return undefined;
    await setObjectStates(tx, storage, sync.id, 'REMOVED', keys, guarded ? REMOVAL_GUARD : null);
    after.removed += keys.length;
    if (mayDelete) after.tasksDeleted += await deleteUnannotated(tx, storage, keys);
    if (onRemoved === 'FLAG') {
      const message = 'The object is gone from the storage; its tasks were kept.';
      const issues = keys.map((key) => warning('OBJECT_REMOVED', key, message));
      await addIssues({ sync, counts: after }, tx, issues);
    }
    await publishMoved(events, tx, await commitProgress(tx, lease, { counts: after, checkpoint }));
    return keys.length < BATCH ? undefined : keys.at(-1);
  });
  Object.assign(counts, after);
  return last;
}

async function addIssues(
  { sync, counts }: Pick<RunContext, 'sync' | 'counts'>,
  tx: Transaction,
  issues: NewSyncIssue[],
): Promise<void> {
  counts.warnings += issues.length;
  await insertIssues(tx, sync, withinLimit(issues, counts));
}

const warning = (code: IssueCode, key: string | null, message: string): NewSyncIssue => ({
  ...{ severity: 'WARNING' as const, code, message },
  ...{ key, row: null, path: null },
});

const leftScope = (count: number) => warning('OUT_OF_SCOPE', null, leftScopeText(count));
