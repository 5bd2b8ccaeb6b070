import type { ProviderError } from '../../errors.ts';
import { isUsableKey } from '../../objects/keys.ts';
import type { LedgerEntry } from '../../objects/ledger.ts';
import type { KnownObject, SkipReason } from '../../objects/model.ts';
import type { ObjectInfo } from '../../providers/provider.ts';
import type { Criteria } from './criteria.ts';

/**
 * What is to be done with an object: the one place that knows what "unchanged" is. Pure, so that a sync and a
 * preview come to the same end.
 */

export type ImportMode = 'NEW' | 'RETRY' | 'REIMPORT' | 'UPDATE' | 'NEW_TASK';

export type Verdict =
  | { kind: 'UNCHANGED' }
  /** Flagged as changed, and now again as it was imported. */
  | { kind: 'RESTORED' }
  /** Changed, and the policy is to leave it. `flag`: the ledger has yet to say so. */
  | { kind: 'CHANGED'; flag: boolean }
  /** `record`: the ledger has yet to say so. */
  | { kind: 'SKIPPED'; reason: SkipReason; record: boolean }
  | { kind: 'NOT_A_TASK_FILE' }
  /** Named, and the storage would say nothing about it. */
  | { kind: 'REFUSED'; error: ProviderError }
  | { kind: 'IMPORT'; mode: ImportMode };

const unchanged: Verdict = { kind: 'UNCHANGED' };
const filteredOut: Verdict = { kind: 'SKIPPED', reason: 'FILTER', record: false };
const filteredOutNew: Verdict = { kind: 'SKIPPED', reason: 'FILTER', record: true };
const newObject: Verdict = { kind: 'IMPORT', mode: 'NEW' };

/** What is to be done with a listed object, given what the ledger knows of it. */
export function judge(object: ObjectInfo, known: KnownObject | undefined, criteria: Criteria): Verdict {
  const { settings, matches, reimport } = criteria;
  if (!isUsableKey(object.key)) return { kind: 'SKIPPED', reason: 'UNUSABLE_KEY', record: false };
  if (!matches(object.key)) {
    const recorded = known && known.state !== 'FAILED' && known.state !== 'REMOVED';
    return recorded ? filteredOut : filteredOutNew;
  }
  const wanted = (mode: ImportMode): Verdict =>
    settings.importMethod === 'TASKS' && !criteria.isTaskFile(object.key)
      ? { kind: 'NOT_A_TASK_FILE' }
      : mode === 'NEW'
        ? newObject
        : { kind: 'IMPORT', mode };
  if (!known) return wanted('NEW');
  const same = sameContent(object, known);
  if (known.state === 'SKIPPED') {
    if (known.code === 'OWN_EXPORT' && same) return { kind: 'SKIPPED', reason: 'OWN_EXPORT', record: false };
    return wanted('NEW');
  }
  const { onChanged } = settings;
  if (!same && onChanged === 'NEW_TASK') return wanted('NEW_TASK');
  if (known.state === 'FAILED') return wanted('RETRY');
  if (!same && onChanged === 'UPDATE') return wanted('UPDATE');
  if (reimport) return wanted('REIMPORT');
  // It is back: its tasks may have been deleted with it. Those that are there stay as they are.
  if (known.state === 'REMOVED') return wanted('RETRY');
  if (same) return known.state === 'IMPORTED' ? unchanged : { kind: 'RESTORED' };
  return { kind: 'CHANGED', flag: onChanged === 'FLAG' && known.state !== 'CHANGED' };
}

/**
 * The way of most objects, with nothing made for it: whether an entry of the usual kind is UNCHANGED. Never true
 * where `judge` says otherwise; false where it has to be asked.
 */
export const isPlainlyUnchanged = (entry: LedgerEntry, object: ObjectInfo, criteria: Criteria): boolean =>
  entry[2] === null && entry[1] === object.version && !criteria.reimport && criteria.matches(object.key);

/** By version where the provider gives one, else by size and time. */
function sameContent(object: ObjectInfo, known: KnownObject): boolean {
  if (known.version !== null) return known.version === object.version;
  return known.size === object.size && known.modifiedAt === (object.modifiedAt?.getTime() ?? null);
}

/** Names the content of an object as well as the provider allows. */
export function versionOf(object: ObjectInfo): string {
  return object.version ?? `${object.size} bytes at ${object.modifiedAt?.toISOString()}`;
}
