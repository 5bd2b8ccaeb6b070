import { type Database, transaction } from '../database/client.ts';
import { ProviderError } from '../errors.ts';
import type { EventBus } from '../events/bus.ts';
import type { Logger } from '../observability/log.ts';
import type { Store } from '../providers/store.ts';
import type { StorageOf } from '../storages/model.ts';
import type { StorePool } from '../storages/pool.ts';
import { announceFailures } from './announce.ts';
import type { Claim, Outcome } from './model.ts';
import { exportPortion, outcomeOf, pauseSeconds } from './portion.ts';
import { weights } from './reading.ts';
import {
  claimDue,
  extendClaims,
  giveBackClaims,
  lookAgain,
  noteFailure,
  settleClaims,
} from './repository/claims.ts';
import { inPortions, isTooLarge, tooLarge } from './sizes.ts';
import type { WriteContext } from './write.ts';

export interface Exporter {
  database: Database;
  events: EventBus;
  stores: StorePool;
  log: Logger;
  dataDirectory: string;
  /** How long a worker may be silent before another takes its records over. */
  leaseSeconds: number;
}

/** Records taken at a time: as many as a page of a listing shows. */
const BATCH = 1_000;

/**
 * Exports what is due at a target, in two lanes, batch by batch, until nothing is: while one lane waits for the
 * database, the other one writes.
 * @returns the failure of the storage as a whole that stopped it; undefined: there was none
 */
export async function drain(
  exporter: Exporter,
  storage: StorageOf<'TARGET'>,
  { signal, syncId }: { signal: AbortSignal; syncId?: number | undefined },
): Promise<ProviderError | undefined> {
  const { database, stores, leaseSeconds } = exporter;
  let failure: ProviderError | undefined;

  async function lane(store: Store, number: number): Promise<void> {
    // The first batches differ in length, so that the lanes do not wait for the same at the same time.
    for (let limit = BATCH / number; !failure; limit = BATCH) {
      signal.throwIfAborted();
      const claims = await claimDue(database, storage, { limit, leaseSeconds, syncId });
      if (claims.length === 0) return;
      failure ??= await exportBatch(exporter, storage, store, claims, signal);
    }
  }

  try {
    await stores.use(storage, async (store) => {
      const patient = store.within({ attempts: 2 });
      const ends = await Promise.allSettled([1, 2].map((number) => lane(patient, number)));
      for (const end of ends) if (end.status === 'rejected') throw end.reason;
    });
    return failure;
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    await noteFailure(database, storage, error, BATCH);
    return error;
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
    begun: new Set(),
    holds: hold.holds,
  };
  let failure: ProviderError | undefined;
  const settle = async (outcomes: readonly Outcome[]) => {
    if (outcomes.length > 0) await record(exporter, storage, outcomes);
    for (const { claim } of outcomes) open.delete(claim);
  };
  try {
    const subjects = claims.map(({ subjectId }) => subjectId);
    const sizes = await weights(database, storage, subjects);
    const sizeOf = ({ subjectId }: Claim) => sizes.get(subjectId) ?? 0;
    const huge = claims.filter((claim) => isTooLarge(sizeOf(claim)));
    await settle(huge.map((claim) => outcomeOf(claim, claim.key, tooLarge())));
    // What is to be removed comes first: a storage that is full takes that, and has room for more then.
    const others = claims.filter((claim) => open.has(claim)).sort((a, b) => sizeOf(a) - sizeOf(b));
    for (const some of inPortions(others, sizeOf)) {
      const { outcomes, ...came } = await exportPortion(database, context, some);
      failure = came.failure;
      await settle(outcomes);
      if (failure || signal.aborted) break;
    }
  } finally {
    hold.stop();
    // What was not tried is given back as it was: for now if the process goes, for later if the storage is down.
    const pause = failure ? pauseSeconds(Math.max(...claims.map(({ attempts }) => attempts))) : 0;
    if (open.size > 0) await giveBack(exporter, storage, [...open], { ...context, pause });
  }
  return failure;
}

async function record(
  { database, events, log }: Exporter,
  storage: StorageOf<'TARGET'>,
  outcomes: readonly Outcome[],
): Promise<void> {
  const { id: storageId, projectId } = storage;
  const lost = await transaction(database, async (tx) => {
    await announceFailures(tx, events, storage, outcomes);
    return settleClaims(tx, storage, outcomes);
  });
  if (outcomes.some(({ event }) => event !== null)) {
    await events.publish(database, { topic: 'export', storageId, projectId });
  }
  if (lost > 0) log.info({ storageId, lost }, 'exports left to another worker');
}

/** Objects of claims that others have by now may have been changed after them: they are looked at again. */
async function giveBack(
  { database }: Exporter,
  storage: StorageOf<'TARGET'>,
  claims: readonly Claim[],
  context: { pause: number; begun: ReadonlySet<Claim> },
): Promise<void> {
  await transaction(database, async (tx) => {
    const held = await giveBackClaims(tx, storage, claims, context);
    const lost = claims.filter((claim) => context.begun.has(claim) && !held.has(claim.subjectId));
    await lookAgain(tx, storage, lost);
  });
}

/** Keeps claims alive while they are worked on, and knows when they may have run out. */
function holdClaims(
  { database, log, leaseSeconds }: Exporter,
  storage: StorageOf<'TARGET'>,
  open: ReadonlySet<Claim>,
) {
  const lost = new Set<Claim>();
  let until = performance.now() + leaseSeconds * 1000;
  const timer = setInterval(
    async () => {
      const asked = performance.now();
      const claims = [...open];
      try {
        const held = await extendClaims(database, storage, claims, leaseSeconds);
        for (const claim of claims) if (!held.has(claim.subjectId)) lost.add(claim);
        until = asked + leaseSeconds * 1000;
      } catch (error) {
        log.warn({ error, storageId: storage.id }, 'holding on to exports failed; trying again');
      }
    },
    (leaseSeconds * 1000) / 3,
  );
  return {
    holds: (claim: Claim) => performance.now() < until && !lost.has(claim),
    stop: () => clearInterval(timer),
  };
}
