import { mapConcurrently } from '../concurrently.ts';
import type { Database } from '../database/client.ts';
import { ProviderError } from '../errors.ts';
import { isUsableKey } from '../objects/keys.ts';
import { isOfOneObject, providerError } from '../providers/errors.ts';
import type { Store } from '../providers/store.ts';
import type { TargetSettings } from '../storages/model.ts';
import { keyOfVersion, renderKey } from '../storages/template.ts';
import { contentsOf } from './contents.ts';
import { ExportError } from './failures.ts';
import type { Claim, ExportContent, Outcome } from './model.ts';
import { reserveKeys } from './repository/claims.ts';
import { bring, hashOf, isWritten, LostClaimError, prove, type WriteContext, type Written } from './write.ts';

/** Requests at a time. */
const CONCURRENCY = 8;
/** Tries of an object that the storage keeps refusing for reasons of its own. */
export const MAX_ATTEMPTS = 8;
const MAX_PAUSE_SECONDS = 300;

/** The outcomes of a portion of claims; those without an outcome were not tried to the end. */
export interface PortionResult {
  outcomes: Outcome[];
  /** The failure of the storage as a whole that stopped it. */
  failure: ProviderError | undefined;
}

/** Writes or removes the objects of these claims, and proves what it wrote, with few requests for all of them. */
export async function exportPortion(
  database: Pick<Database, 'sql'>,
  context: WriteContext,
  claims: readonly Claim[],
): Promise<PortionResult> {
  const { store, storage, signal } = context;
  const result: PortionResult = { outcomes: [], failure: undefined };
  const { outcomes } = result;

  /** One step of one object: its failure is its outcome, unless the whole storage is down. */
  async function attempt(claim: Claim, key: string | null, step: () => Promise<void>): Promise<void> {
    if (result.failure || signal.aborted) return;
    try {
      await step();
    } catch (error) {
      if (error instanceof LostClaimError || signal.aborted) return;
      if (isOfStorage(error)) result.failure ??= error;
      outcomes.push(outcomeOf(claim, key, error));
    }
  }

  const contents = await contentsOf(
    database,
    storage.projectId,
    storage.settings.layout,
    claims.map(subjectOf),
  );
  const keys = keysOf(context, claims, contents);
  const moving = [...keys]
    .filter(([claim, key]) => claim.key !== key && isUsableKey(key))
    .map(([claim, key]) => ({ claim, key }));
  const taken = await reserveKeys(database, storage, moving);
  const written: Written[] = [];
  await mapConcurrently(claims, CONCURRENCY, async (claim) => {
    const key = keys.get(claim);
    const problem = key === undefined ? undefined : keyProblem(key, taken.has(claim.subjectId));
    if (problem) return void outcomes.push(outcomeOf(claim, claim.key, problem));
    await attempt(claim, key ?? claim.key, async () => {
      const content = contents.get(claim.subjectId);
      const came = await bring(
        context,
        claim,
        content && key !== undefined ? { ...content, key } : undefined,
      );
      if (isWritten(came)) written.push(came);
      else outcomes.push(came);
    });
  });
  if (result.failure || signal.aborted) return result;
  const shown = await store.glance(
    written.map(({ confirmed }) => confirmed.key),
    signal,
  );
  await mapConcurrently(written, CONCURRENCY, async (it) => {
    const { key } = it.confirmed;
    await attempt(it.claim, key, async () => void outcomes.push(await prove(context, it, shown.get(key))));
  });
  return result;
}

const subjectOf = ({ subjectId }: Claim) => subjectId;

/** Where the objects are to lie. */
function keysOf(
  { store, storage: { settings } }: WriteContext,
  claims: readonly Claim[],
  contents: ReadonlyMap<number, ExportContent>,
): Map<Claim, string> {
  const keys = new Map<Claim, string>();
  for (const claim of claims) {
    const content = contents.get(claim.subjectId);
    if (content) keys.set(claim, keyFor(store, settings, content));
  }
  return keys;
}

/** The full key of what a target with these settings holds of a subject. */
export const keyFor = (
  { location }: Pick<Store, 'location'>,
  { keyTemplate, layout, writeMode }: TargetSettings,
  { fields, body }: ExportContent,
): string => {
  const key = location.prefix + renderKey(keyTemplate, layout, fields);
  return writeMode === 'NEW_OBJECT_PER_VERSION' ? keyOfVersion(key, hashOf(Buffer.from(body))) : key;
};

/** Whether the storage as a whole can't be reached: then the others of the batch would only wait for the same. */
function isOfStorage(error: unknown): error is ProviderError {
  return error instanceof ProviderError && error.retryable && !isOfOneObject(error);
}

/** Retried while it may pass by itself; else failed, until somebody asks for another try. */
export function outcomeOf(claim: Claim, key: string | null, error: unknown): Outcome {
  if (!(error instanceof ProviderError) && !(error instanceof ExportError)) throw error;
  const { code, message, hint } = error;
  const failure: Outcome = {
    ...{ claim, key, error: { code, message, hint }, version: null, hash: null, size: null },
    ...{ state: 'FAILED', event: 'FAILED', againAfter: null, recheck: false },
  };
  const mayPass = error.retryable || code === 'OBJECT_CHANGED';
  if (isOfStorage(error) || (mayPass && claim.attempts < MAX_ATTEMPTS)) {
    return { ...failure, state: 'PENDING', event: null, againAfter: pauseSeconds(claim.attempts) };
  }
  return failure;
}

/** Why nothing can be written to a key; undefined: something can. */
export function keyProblem(key: string, isTaken: boolean): ExportError | ProviderError | undefined {
  if (isTaken) return new ExportError('KEY_TAKEN', `Another export of this storage has the key "${key}".`);
  if (isUsableKey(key)) return undefined;
  return providerError({
    code: 'INVALID_KEY',
    message: 'The key would be longer than 2,000 bytes.',
    hint: 'Let the key template name less of the task; then retry what failed.',
  });
}

/** Doubles with each try, with full jitter above the half. */
export const pauseSeconds = (attempts: number) =>
  Math.min(MAX_PAUSE_SECONDS, 2 ** Math.min(attempts, 16)) * (0.5 + Math.random() / 2);
