import { type Database, transaction } from '../database/client.ts';
import { ProviderError } from '../errors.ts';
import type { EventBus } from '../events/bus.ts';
import type { Logger } from '../observability/log.ts';
import { isOfOneObject } from '../providers/errors.ts';
import type { Store } from '../providers/store.ts';
import type { StorageOf } from '../storages/model.ts';
import type { StorePool } from '../storages/pool.ts';
import { renderKey } from '../storages/template.ts';
import { announceFailures } from './announce.ts';
import { contentsOf } from './contents.ts';
import type { Claim, Outcome } from './model.ts';
import { weights } from './reading.ts';
import * as repository from './repository.ts';
import { bring, LostClaimError, NotStoredError, type WriteContext } from './write.ts';

export interface Exporter {
  database: Database;
  events: EventBus;
  stores: StorePool;
  log: Logger;
  dataDirectory: string;
  /** How long a worker may be silent before another takes its records over. */
  leaseSeconds: number;
}

/** Records taken at a time. */
const BATCH = 256;
/** Requests to one target at a time. */
const CONCURRENCY = 16;
/** Stored bytes of what is in memory at a time; a larger one comes alone. */
const MAX_WEIGHT = 4_000_000;
/** Tries of an object that the storage keeps refusing for reasons of its own. */
const MAX_ATTEMPTS = 8;
const MAX_PAUSE_SECONDS = 300;

/**
 * Exports what is due at a target, batch by batch, until nothing is.
 * @returns the failure of the storage as a whole that stopped it; undefined: there was none
 */
export async function drain(
  exporter: Exporter,
  storage: StorageOf<'TARGET'>,
  { signal, syncId }: { signal: AbortSignal; syncId?: number | undefined },
): Promise<ProviderError | undefined> {
  const { database, stores, leaseSeconds } = exporter;
  try {
    return await stores.use(storage, async (store) => {
      for (;;) {
        signal.throwIfAborted();
        const claims = await repository.claimDue(database, storage, { limit: BATCH, leaseSeconds, syncId });
        if (claims.length === 0) return undefined;
        const failure = await exportBatch(exporter, storage, store.within({ attempts: 2 }), claims, signal);
        if (failure) return failure;
      }
    });
  } catch (error) {
    if (error instanceof ProviderError) return error;
    throw error;
  }
}

async function exportBatch(
  exporter: Exporter,
  storage: StorageOf<'TARGET'>,
  store: Store,
  claims: Claim[],
  signal: AbortSignal,
): Promise<ProviderError | undefined> {
  const { database, dataDirectory, leaseSeconds } = exporter;
  const open = new Set(claims);
  const hold = holdClaims(exporter, storage, open);
  const context: WriteContext = {
    ...{ store, storage, dataDirectory, leaseSeconds, signal },
    holds: hold.holds,
  };
  let failure: ProviderError | undefined;
  try {
    const sizes = await weights(
      database,
      storage,
      claims.map(({ subjectId }) => subjectId),
    );
    for (const some of inPortions(claims, sizes)) {
      const outcomes: Outcome[] = [];
      const contents = await contentsOf(
        database,
        storage.projectId,
        storage.settings.layout,
        some.map(subject),
      );
      const keys = new Map<Claim, string>();
      for (const claim of some) {
        const content = contents.get(claim.subjectId);
        if (content)
          keys.set(
            claim,
            store.location.prefix +
              renderKey(storage.settings.keyTemplate, storage.settings.layout, content.fields),
          );
      }
      const moving = [...keys]
        .filter(([claim, key]) => claim.key !== key)
        .map(([claim, key]) => ({ claim, key }));
      const taken = await repository.reserveKeys(database, storage, moving);
      await atOnce(CONCURRENCY, some, async (claim) => {
        if (failure || signal.aborted) return;
        const content = contents.get(claim.subjectId);
        const key = keys.get(claim);
        if (key !== undefined && taken.has(claim.subjectId)) {
          outcomes.push(
            failed(claim, {
              code: 'KEY_TAKEN',
              message: `Another export of this storage has the key ${key}.`,
            }),
          );
          return;
        }
        try {
          outcomes.push(
            await bring(context, claim, content && key !== undefined ? { ...content, key } : undefined),
          );
        } catch (error) {
          if (error instanceof LostClaimError || signal.aborted) return;
          if (isOfStorage(error)) failure ??= error;
          outcomes.push(outcomeOf(claim, key ?? claim.key, error));
        }
      });
      const lost = await transaction(database, async (tx) => {
        await announceFailures(tx, exporter.events, storage, outcomes);
        return repository.settle(tx, storage, outcomes);
      });
      await tell(exporter, storage, outcomes);
      if (lost > 0) exporter.log.info({ storageId: storage.id, lost }, 'exports left to another worker');
      for (const { claim } of outcomes) open.delete(claim);
      if (failure || signal.aborted) break;
    }
  } finally {
    hold.stop();
    // What was not tried is given back as it was: for now if the process goes, for later if the storage is down.
    const pause = failure ? pauseSeconds(Math.max(...claims.map(({ attempts }) => attempts))) : 0;
    if (open.size > 0) await repository.giveBack(database, storage, [...open], pause);
  }
  return failure;
}

const subject = ({ subjectId }: Claim) => subjectId;

/** Keeps claims alive while they are worked on, and knows when they may have run out. */
function holdClaims(
  { database, log, leaseSeconds }: Exporter,
  storage: StorageOf<'TARGET'>,
  open: ReadonlySet<Claim>,
) {
  let until = performance.now() + leaseSeconds * 1000;
  const timer = setInterval(
    async () => {
      const asked = performance.now();
      try {
        await repository.extendClaims(database, storage, [...open], leaseSeconds);
        until = asked + leaseSeconds * 1000;
      } catch (error) {
        log.warn({ error, storageId: storage.id }, 'holding on to exports failed; trying again');
      }
    },
    (leaseSeconds * 1000) / 3,
  );
  return { holds: () => performance.now() < until, stop: () => clearInterval(timer) };
}

function* inPortions(claims: readonly Claim[], sizes: ReadonlyMap<number, number>): Generator<Claim[]> {
  let portion: Claim[] = [];
  let weight = 0;
  for (const claim of claims) {
    const size = sizes.get(claim.subjectId) ?? 0;
    if (portion.length > 0 && weight + size > MAX_WEIGHT) {
      yield portion;
      portion = [];
      weight = 0;
    }
    portion.push(claim);
    weight += size;
  }
  if (portion.length > 0) yield portion;
}

async function atOnce<T>(
  limit: number,
  items: readonly T[],
  work: (item: T) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < items.length) await work(items[next++]!);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
}

/** Whether the storage as a whole can't be reached: then the others of the batch would only wait for the same. */
function isOfStorage(error: unknown): error is ProviderError {
  return error instanceof ProviderError && error.retryable && !isOfOneObject(error);
}

/** Retried while it may pass by itself; else failed, until somebody asks for another try. */
function outcomeOf(claim: Claim, key: string | null, error: unknown): Outcome {
  if (!(error instanceof ProviderError) && !(error instanceof NotStoredError)) throw error;
  const { code, message } = error;
  const mayPass = error instanceof NotStoredError || error.retryable;
  if (isOfStorage(error) || (mayPass && claim.attempts < MAX_ATTEMPTS)) {
    return {
      ...failed(claim, { code, message }),
      key,
      state: 'PENDING',
      event: null,
      againAfter: pauseSeconds(claim.attempts),
    };
  }
  return { ...failed(claim, { code, message }), key };
}

const failed = (claim: Claim, error: { code: string; message: string }): Outcome => ({
  ...{ claim, error, key: claim.key, version: null, hash: null, size: null },
  ...{ state: 'FAILED', event: 'FAILED', againAfter: null, recheck: false },
});

/** Doubles with each try, with full jitter above the half. */
const pauseSeconds = (attempts: number) =>
  Math.min(MAX_PAUSE_SECONDS, 2 ** Math.min(attempts, 16)) * (0.5 + Math.random() / 2);

async function tell(
  { database, events }: Exporter,
  { id, projectId }: StorageOf<'TARGET'>,
  outcomes: readonly Outcome[],
) {
  if (outcomes.some(({ event }) => event !== null)) {
    await events.publish(database, { topic: 'export', storageId: id, projectId });
  }
}
