import { mapConcurrently } from '../../concurrently.ts';
import { ProviderError, type ProviderErrorCode } from '../../errors.ts';
import { knownByKey } from '../../objects/ledger.ts';
import type { KnownObject } from '../../objects/model.ts';
import type { ObjectInfo } from '../../providers/provider.ts';
import { sameContent } from '../compare/judge.ts';
import type { RunContext } from './context.ts';
import { missingKeys, sampleMissing, takeBackMissing } from './marks.ts';

/** Objects looked at in place of all, besides the first and the last, where nothing of theirs is deleted. */
const SAMPLE = 8;
/** Keys of one round where each is looked at. */
const ROUND = 1_000;

/**
 * Proves that what a listing lacked is not there: by each key before tasks are deleted, else by a sample. What has
 * come since, or cannot be looked at, is no longer marked as missing.
 * @throws ProviderError when the storage has an object that its listing left out: then nothing may be removed
 */
export async function proveAbsence(context: RunContext, each: boolean): Promise<void> {
  const { database, sync, signal } = context;
  if (!each) return prove(context, await sampleMissing(database, sync, SAMPLE));
  for (let last = ''; ; ) {
    signal.throwIfAborted();
    const keys = await missingKeys(database, sync, last, ROUND);
    await prove(context, keys);
    if (keys.length < ROUND) return;
    last = keys.at(-1)!;
  }
}

async function prove(context: RunContext, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return;
  const { database, store, storage, sync, readConcurrency, signal } = context;
  const found = await mapConcurrently(keys, readConcurrency, (key) => store.find(key, signal));
  const there = keys.filter((_, index) => found[index] !== 'ABSENT');
  if (there.length === 0) return;
  const known = await knownByKey(database, storage, '', there);
  for (const [index, key] of keys.entries()) {
    const object = found[index]!;
    if (typeof object === 'object' && wasThere(object, known.get(key), sync)) throw new LeftOutError(key);
  }
  await takeBackMissing(database, sync, there);
}

/** Whether the object was there before the listing began, and not made or changed since. */
function wasThere(
  object: ObjectInfo,
  known: KnownObject | undefined,
  { startedAt }: RunContext['sync'],
): boolean {
  if (object.modifiedAt !== null) return startedAt === null || object.modifiedAt < startedAt;
  return known !== undefined && sameContent(object, known);
}

class LeftOutError extends ProviderError {
  constructor(key: string) {
    const code: ProviderErrorCode = 'UNEXPECTED_RESPONSE';
    super({
      code,
      capability: 'LIST',
      retryable: false,
      message: `The storage's listing left out "${key.slice(0, 200)}", an object that the storage does hold. Nothing was removed.`,
      hint: 'The server does not list all that it holds. Sync again; if it happens every time, report it to who runs or makes the server.',
    });
  }
}
