import { createHash } from 'node:crypto';
import { ProviderError } from '../errors.ts';
import { dropCopy, keepWritten } from '../objects/copies.ts';
import type { ObjectInfo } from '../providers/provider.ts';
import type { Store } from '../providers/store.ts';
import type { StorageOf } from '../storages/model.ts';
import type { ExportDrift } from '../syncs/model.ts';
import { ExportError } from './failures.ts';
import type { Claim, ExportContent, Outcome } from './model.ts';

/** Brings objects of a target storage to the state of their records, proves it, and returns the outcome. */

export interface WriteContext {
  store: Store;
  storage: StorageOf<'TARGET'>;
  /** Whether a claim of this worker still holds. */
  holds(claim: Claim): boolean;
  /** Claims whose object may have been written or removed, whatever became of it. */
  begun: Set<Claim>;
  /** Where copies of what is exported are kept. */
  dataDirectory: string;
  /** Seconds after which the object of a lost worker is looked at again. */
  leaseSeconds: number;
  signal: AbortSignal;
}

/** What the storage confirmed, and nobody has seen there yet. */
export interface Written {
  claim: Claim;
  bytes: Buffer;
  hash: string;
  /** As the storage's response to the write says. */
  confirmed: ObjectInfo;
}

const contentType = 'application/json';

/**
 * @param content what the object is to hold and where it is to lie, if there is to be one
 * @returns the outcome; of what is written, `prove` gives it
 * @throws ProviderError, ExportError: nothing is known of the object then
 */
export async function bring(
  context: WriteContext,
  claim: Claim,
  content: (ExportContent & { key: string }) | undefined,
): Promise<Outcome | Written> {
  return content ? put(context, claim, content) : takeAway(context, claim);
}

export const isWritten = (it: Outcome | Written): it is Written => 'confirmed' in it;

async function put(
  context: WriteContext,
  claim: Claim,
  { body, key }: ExportContent & { key: string },
): Promise<Outcome | Written> {
  const bytes = Buffer.from(body);
  const hash = hashOf(bytes);
  const unchanged = claim.hash === hash && claim.key === key;
  if (
    unchanged &&
    (!(claim.recheck || claim.orphaned) || (await stands(context, key, claim.version, bytes.length)))
  ) {
    await removeFormer(context, claim, key);
    const known = { key, hash, size: bytes.length, version: claim.version };
    return {
      ...{ claim, ...known, state: 'EXPORTED', event: null, error: null },
      ...laterIf(context, claim.orphaned),
    };
  }
  const known = claim.key === key ? (claim.version ?? undefined) : null;
  const about = { known, contentType, begin: () => begin(context, claim) };
  return { claim, bytes, hash, confirmed: await writeNewest(context, key, bytes, about) };
}

/**
 * Writes on condition that the object is as we know it: then what a lost worker still writes is refused by the
 * provider. What somebody else has written is looked at, and written over all the same.
 * @param begin called ahead of each write: throws when it is for another worker to do
 * @param known version of what is there; null: nothing is; undefined: anything may be
 */
export async function writeNewest(
  context: Pick<WriteContext, 'store' | 'signal'>,
  key: string,
  bytes: Buffer,
  about: { known: string | null | undefined; contentType: string; begin(): void },
): Promise<ObjectInfo> {
  const { store, signal } = context;
  const { known, contentType } = about;
  about.begin();
  try {
    return await store.write(key, bytes, { contentType, ifVersion: known, signal });
  } catch (error) {
    if (!(error instanceof ProviderError && error.code === 'OBJECT_CHANGED')) throw error;
  }
  const found = await look(context, key);
  about.begin();
  return store.write(key, bytes, {
    contentType,
    ifVersion: found ? (found.version ?? undefined) : null,
    signal,
  });
}

/**
 * Proves that an object is there as it was written, and removes the one that it replaces.
 * @param shown what a listing shows of it. Only what agrees with the write counts; else the provider is asked.
 * @throws ProviderError, ExportError
 */
export async function prove(
  context: WriteContext,
  { claim, bytes, hash, confirmed }: Written,
  shown: ObjectInfo | undefined,
): Promise<Outcome> {
  const { storage } = context;
  const { key } = confirmed;
  const found = shown && !discrepancy(confirmed, shown) ? shown : await look(context, key);
  const problem = discrepancy(confirmed, found);
  if (problem !== undefined) throw new ExportError('NOT_STORED', problem);
  await inCopies(context, (directory) => keepWritten(directory, storage.id, key, bytes));
  await removeFormer(context, claim, key);
  const known = { key, hash, size: bytes.length, version: found?.version ?? confirmed.version };
  return {
    ...{ claim, ...known, state: 'EXPORTED', event: 'EXPORTED', error: null },
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

/** SHA-256 of an object's content, in hexadecimal. */
export const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Whether the object is as it was written. */
const stands = async (context: WriteContext, key: string, version: string | null, size: number) =>
  (await driftOf(context, { key, version, size })) === null;

/**
 * How an object differs from what was written.
 * @param shown what a listing shows of it: only what agrees counts; else the provider is asked
 * @returns null: it does not
 */
export async function driftOf(
  context: Pick<WriteContext, 'store' | 'signal'>,
  written: Pick<ObjectInfo, 'key' | 'version' | 'size'>,
  shown?: ObjectInfo,
): Promise<ExportDrift | null> {
  const differs = ({ size, version }: ObjectInfo) =>
    size !== written.size || (written.version !== null && version !== null && version !== written.version);
  if (shown && !differs(shown)) return null;
  const found = await look(context, written.key);
  if (!found) return 'MISSING';
  return differs(found) ? 'ALTERED' : null;
}

/** What is wrong with what is there; undefined: nothing. */
export function discrepancy(confirmed: ObjectInfo, found: ObjectInfo | undefined): string | undefined {
  if (!found) return 'The storage confirmed the object and does not have it.';
  if (found.size !== confirmed.size)
    return `The storage confirmed ${confirmed.size} bytes and has ${found.size}.`;
  if (confirmed.version !== null && found.version !== null && found.version !== confirmed.version) {
    return 'The storage has another object than the one it confirmed: somebody else writes there.';
  }
  return undefined;
}

/** What lies at a key; undefined: nothing. */
export async function look(
  { store, signal }: Pick<WriteContext, 'store' | 'signal'>,
  key: string,
): Promise<ObjectInfo | undefined> {
  const found = await store.find(key, signal);
  if (found === 'ABSENT') return undefined;
  // The refusal says why nobody may know.
  return found === 'HIDDEN' ? store.head(key, signal) : found;
}

/** Removes what lies at keys that the object had before. */
async function removeFormer(context: WriteContext, claim: Claim, key: string): Promise<void> {
  if (!context.storage.settings.canDeleteObjects) return;
  for (const former of keysOf(context, claim)) if (former !== key) await remove(context, claim, former);
}

/** Where objects of a record may lie, in the part of the container that the storage has now. */
const keysOf = ({ store }: WriteContext, { key, formerKeys }: Claim): string[] =>
  [...formerKeys, key].filter((it) => it?.startsWith(store.location.prefix) === true) as string[];

/** Before each change of an object. @throws LostClaimError */
function begin({ holds, begun }: WriteContext, claim: Claim): void {
  if (!holds(claim)) throw new LostClaimError();
  begun.add(claim);
}

async function remove(context: WriteContext, claim: Claim, key: string): Promise<void> {
  const { storage } = context;
  await removeNewest(context, claim, key);
  if (await look(context, key)) {
    throw new ExportError('NOT_STORED', 'The storage confirmed the deletion and still has the object.');
  }
  await inCopies(context, (directory) => dropCopy(directory, storage.id, key));
}

/** On condition, as `writeNewest`: what a lost worker still removes is not what others have written since. */
async function removeNewest(context: WriteContext, claim: Claim, key: string): Promise<void> {
  const { store, signal } = context;
  const known = claim.key === key ? claim.version : null;
  begin(context, claim);
  try {
    if (known !== null) return await store.remove(key, signal, known);
  } catch (error) {
    if (!(error instanceof ProviderError && error.code === 'OBJECT_CHANGED')) throw error;
  }
  const found = await look(context, key);
  if (!found) return;
  begin(context, claim);
  await store.remove(key, signal, found.version ?? undefined);
}

/** Does this with the copies, if the storage keeps any. @throws ExportError */
async function inCopies(
  { storage, dataDirectory }: WriteContext,
  work: (directory: string) => Promise<void>,
): Promise<void> {
  if (!storage.settings.keepCopies) return;
  await work(dataDirectory).catch((cause: unknown) => {
    throw new ExportError('COPY_FAILED', 'The copy of the object could not be kept.', { cause });
  });
}

async function takeAway(context: WriteContext, claim: Claim): Promise<Outcome> {
  const { key } = claim;
  const gone = { claim, key, version: null, hash: null, size: null, error: null, ...settled };
  // Never written: there is nothing to take away.
  if (key === null) return { ...gone, state: 'DELETED', event: null };
  if (!context.storage.settings.canDeleteObjects) {
    return { ...gone, version: claim.version, hash: claim.hash, state: 'KEPT', event: null };
  }
  const isSecondLook = claim.recheck && !claim.orphaned && claim.state === 'DELETED';
  let removed = 0;
  for (const each of keysOf(context, claim)) {
    if (isSecondLook && !(await look(context, each))) continue;
    await remove(context, claim, each);
    removed++;
  }
  if (isSecondLook && removed === 0) return { ...gone, state: 'DELETED', event: null };
  return { ...gone, ...laterIf(context, isUnsure(claim)), state: 'DELETED', event: 'DELETED' };
}
