import { type ProviderError, providerErrorCodes } from '../../errors.ts';
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
  /** Flagged as changed, or out of scope for a while, and now again as it was imported. */
  | { kind: 'RESTORED' }
  /** The same as when it was imported, but it was read in another way. `restore`: it was out of scope. */
  | { kind: 'READ_OTHERWISE'; restore: boolean }
  /** Changed, and the policy is to leave it. `becomes`: what the ledger has yet to say. */
  | { kind: 'CHANGED'; becomes: 'CHANGED' | 'IMPORTED' | null }
  /** `record`: the ledger has yet to say so. */
  | { kind: 'SKIPPED'; reason: SkipReason; record: boolean }
  /** It was known, and the filter no longer lets it in. */
  | { kind: 'OUT_OF_SCOPE' }
  /** Its content was found to be broken before, and is the same. */
  | { kind: 'FAILED_BEFORE' }
  /** Named, and the storage would say nothing about it. */
  | { kind: 'REFUSED'; error: ProviderError }
  | { kind: 'IMPORT'; mode: ImportMode };

const unchanged: Verdict = { kind: 'UNCHANGED' };
const newObject: Verdict = { kind: 'IMPORT', mode: 'NEW' };
const skipped = (reason: SkipReason, record: boolean): Verdict => ({ kind: 'SKIPPED', reason, record });
const filteredOut = skipped('FILTER', false);
const filteredOutNew = skipped('FILTER', true);

/** What is to be done with a listed object, given what the ledger knows of it. */
export function judge(object: ObjectInfo, known: KnownObject | undefined, criteria: Criteria): Verdict {
  const { key } = object;
  if (!isUsableKey(key)) return skipped('UNUSABLE_KEY', false);
  if (!criteria.matches(key)) {
    if (!known || known.state === 'REMOVED') return filteredOutNew;
    return known.state === 'SKIPPED' || known.state === 'OUT_OF_SCOPE'
      ? filteredOut
      : { kind: 'OUT_OF_SCOPE' };
  }
  if (criteria.isOwnSnapshot(key) && !(known && standing(known) === 'IMPORTED')) {
    return skipped('OWN_EXPORT', !(known?.state === 'SKIPPED' && known.code === 'OWN_EXPORT'));
  }
  if (criteria.settings.importMethod === 'TASKS' && !criteria.isTaskFile(key)) {
    if (known && standing(known) === 'IMPORTED') return keep(object, known, criteria);
    return skipped('NOT_A_TASK_FILE', !(known?.state === 'SKIPPED' && known.code === 'NOT_A_TASK_FILE'));
  }
  if (known) return judgeKnown(object, known, criteria);
  return criteria.isReadable(key) ? newObject : skipped('UNUSABLE_KEY', false);
}

function judgeKnown(object: ObjectInfo, known: KnownObject, criteria: Criteria): Verdict {
  const { reimport, settings } = criteria;
  const { onChanged } = settings;
  const same = sameContent(object, known);
  const stood = standing(known);
  if (stood === 'SKIPPED') return judgeSkipped(known, same, criteria);
  if (!same && onChanged === 'NEW_TASK') return wanted('NEW_TASK');
  if (stood === 'FAILED') {
    const broken = known.state === 'FAILED' && same && known.readAs === null && isContent(known);
    return broken && !reimport && !criteria.retry ? { kind: 'FAILED_BEFORE' } : wanted('RETRY');
  }
  const otherwise = known.readAs !== null && stood === 'IMPORTED';
  if ((!same || otherwise) && onChanged === 'UPDATE') return wanted('UPDATE');
  if (reimport) return wanted('REIMPORT');
  // It is back: its tasks may have been deleted with it. Those that are there stay as they are.
  if (stood === 'REMOVED') return wanted('RETRY');
  return keep(object, known, criteria);
}

/** An object that was passed over: whether it has to be looked at now. */
function judgeSkipped({ state, code, readAs }: KnownObject, same: boolean, criteria: Criteria): Verdict {
  const { reimport, settings } = criteria;
  if (state === 'OUT_OF_SCOPE') return newObject;
  if (code === 'OWN_EXPORT') return same && readAs === null ? skipped(code, false) : newObject;
  if (code !== 'IN_PROJECT' && code !== 'DELETED_BEFORE') return newObject;
  if (reimport) return newObject;
  if (same) return skipped(code, false);
  const { onChanged } = settings;
  return onChanged === 'NEW_TASK' || onChanged === 'UPDATE' ? wanted(onChanged) : skipped(code, false);
}

/** Its tasks stay as they are. */
function keep(object: ObjectInfo, known: KnownObject, { settings }: Criteria): Verdict {
  const restore = known.state === 'OUT_OF_SCOPE';
  if (sameContent(object, known)) {
    if (known.readAs !== null) return { kind: 'READ_OTHERWISE', restore };
    return known.state === 'IMPORTED' ? unchanged : { kind: 'RESTORED' };
  }
  if (settings.onChanged === 'FLAG')
    return { kind: 'CHANGED', becomes: known.state === 'CHANGED' ? null : 'CHANGED' };
  return { kind: 'CHANGED', becomes: restore ? 'IMPORTED' : null };
}

const wanted = (mode: ImportMode): Verdict => ({ kind: 'IMPORT', mode });

/** What became of the object when it was last looked at. */
function standing({ state, code }: KnownObject): 'IMPORTED' | 'SKIPPED' | 'FAILED' | 'REMOVED' {
  if (state === 'CHANGED') return 'IMPORTED';
  if (state !== 'OUT_OF_SCOPE') return state;
  return code === 'FAILED' || code === 'SKIPPED' ? code : 'IMPORTED';
}

const ofStorages: ReadonlySet<string> = new Set(providerErrorCodes);

/** Whether an object failed by its content, which stays what it is; a storage's failures may pass. */
const isContent = ({ code, version, modifiedAt }: KnownObject) =>
  code !== null && !ofStorages.has(code) && (version !== null || modifiedAt !== null);

/**
 * The way of most objects, with nothing made for it: whether an entry of the usual kind is UNCHANGED. Never true
 * where `judge` says otherwise; false where it has to be asked.
 */
export const isPlainlyUnchanged = (entry: LedgerEntry, object: ObjectInfo, criteria: Criteria): boolean =>
  entry[2] === null && entry[1] === object.version && !criteria.reimport && criteria.matches(object.key);

/** By version where the provider gives one, else by size and time. */
export function sameContent(object: ObjectInfo, known: KnownObject): boolean {
  if (known.version !== null) return known.version === object.version;
  return known.size === object.size && known.modifiedAt === (object.modifiedAt?.getTime() ?? null);
}

/** Names the content of an object as well as the provider allows. */
export function versionOf(object: ObjectInfo): string {
  return object.version ?? `${object.size} bytes at ${object.modifiedAt?.toISOString()}`;
}
