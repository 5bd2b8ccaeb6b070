import { createHash } from 'node:crypto';
import { ProviderError } from '../errors.ts';
import { dropCopy, keepWritten } from '../objects/copies.ts';
import type { ObjectInfo } from '../providers/provider.ts';
import type { Store } from '../providers/store.ts';
import type { StorageOf } from '../storages/model.ts';
import type { Claim, ExportContent, Outcome } from './model.ts';

/** Brings one object of a target storage to the state of its record, proves it, and says what came of it. */

export interface WriteContext {
  store: Store;
  storage: StorageOf<'TARGET'>;
  /** Whether the claims of this worker still hold. */
  holds(): boolean;
  /** Where copies of what is exported are kept. */
  dataDirectory: string;
  /** Seconds after which the object of a lost worker is looked at again. */
  leaseSeconds: number;
  signal: AbortSignal;
}

/** A failure of ours, not of the provider's: the write was confirmed and has not happened. */
export class NotStoredError extends Error {
  readonly code = 'NOT_STORED';
}

const contentType = 'application/json';

/**
 * @param key where the object is to lie, if there is to be one
 * @throws ProviderError, NotStoredError: nothing is known of the object then
 */
export async function bring(
  context: WriteContext,
  claim: Claim,
  content: (ExportContent & { key: string }) | undefined,
): Promise<Outcome> {
  return content ? put(context, claim, content) : takeAway(context, claim);
}

async function put(
  context: WriteContext,
  claim: Claim,
  { body, key }: ExportContent & { key: string },
): Promise<Outcome> {
  const { store, storage, signal } = context;
  const bytes = Buffer.from(body);
  const hash = createHash('sha256').update(bytes).digest('hex');
  const known = { key, hash, size: bytes.length };
  const unchanged = claim.hash === hash && claim.key === key;
  if (
    unchanged &&
    (!(claim.recheck || claim.orphaned) || (await stands(context, key, claim.version, bytes.length)))
  ) {
    return {
      claim,
      ...known,
      version: claim.version,
      state: 'EXPORTED',
      event: null,
      error: null,
      ...laterIf(context, claim.orphaned),
    };
  }
  if (!context.holds()) throw new LostClaimError();
  const written = await store.write(key, bytes, { contentType, signal });
  const version = await proven(context, written, bytes.length);
  if (storage.settings.keepCopies) await keepWritten(context.dataDirectory, storage.id, key, bytes);
  if (claim.key !== null && claim.key !== key && storage.settings.canDeleteObjects) {
    await store.remove(claim.key, signal);
  }
  return {
    claim,
    ...known,
    version,
    state: 'EXPORTED',
    event: 'EXPORTED',
    error: null,
    ...laterIf(context, isUnsure(claim)),
  };
}

const settled = { againAfter: null, recheck: false };

/**
 * A worker that was lost may still be writing: its object is looked at once more when it must be done. What is
 * written or removed before that look only puts it off.
 */
const isUnsure = ({ orphaned, recheck }: Claim) => orphaned || recheck;
const laterIf = ({ leaseSeconds }: WriteContext, unsure: boolean) =>
  unsure ? { againAfter: leaseSeconds, recheck: true } : settled;

/** Another worker has the record by now. */
export class LostClaimError extends Error {}

/** Whether the object is as it was written. */
async function stands(
  context: WriteContext,
  key: string,
  version: string | null,
  size: number,
): Promise<boolean> {
  const found = await look(context, key);
  return found !== undefined && found.size === size && (version === null || found.version === version);
}

/** The object's version, seen at the provider itself. A provider that says yes and keeps nothing is noticed. */
async function proven(context: WriteContext, written: ObjectInfo, size: number): Promise<string | null> {
  const found = await look(context, written.key);
  if (!found) throw new NotStoredError('The storage confirmed the object and does not have it.');
  if (found.size !== size) {
    throw new NotStoredError(`The storage confirmed ${size} bytes and has ${found.size}.`);
  }
  if (written.version !== null && found.version !== null && found.version !== written.version) {
    throw new NotStoredError(
      'The storage has another object than the one it confirmed: somebody else writes there.',
    );
  }
  return found.version ?? written.version;
}

async function look({ store, signal }: WriteContext, key: string): Promise<ObjectInfo | undefined> {
  try {
    return await store.head(key, signal);
  } catch (error) {
    if (error instanceof ProviderError && error.code === 'OBJECT_NOT_FOUND') return undefined;
    throw error;
  }
}

async function takeAway(context: WriteContext, claim: Claim): Promise<Outcome> {
  const { store, storage, signal } = context;
  const { key } = claim;
  const gone = { claim, key, version: null, hash: null, size: null, error: null, ...settled };
  // Never written: there is nothing to take away.
  if (key === null) return { ...gone, state: 'DELETED', event: null };
  if (!storage.settings.canDeleteObjects) {
    return { ...gone, version: claim.version, hash: claim.hash, state: 'KEPT', event: null };
  }
  const isSecondLook = claim.recheck && !claim.orphaned && claim.state === 'DELETED';
  if (isSecondLook && !(await look(context, key))) return { ...gone, state: 'DELETED', event: null };
  if (!context.holds()) throw new LostClaimError();
  await store.remove(key, signal);
  if (await look(context, key)) {
    throw new NotStoredError('The storage confirmed the deletion and still has the object.');
  }
  if (storage.settings.keepCopies) await dropCopy(context.dataDirectory, storage.id, key);
  return { ...gone, ...laterIf(context, isUnsure(claim)), state: 'DELETED', event: 'DELETED' };
}
