import { randomUUID } from 'node:crypto';
import { ownMarks } from '../../annotations/mark.ts';
import { type Database, transaction } from '../../database/client.ts';
import { isPassing } from '../../database/errors.ts';
import { LongshoreError, ProviderError } from '../../errors.ts';
import type { EventBus } from '../../events/bus.ts';
import { forgetNotifications } from '../../objects/ledger.ts';
import { ownSnapshots } from '../../objects/own-snapshots.ts';
import type { Logger } from '../../observability/log.ts';
import { projectsById } from '../../projects/repository.ts';
import type { StorageOf } from '../../storages/model.ts';
import type { StorePool } from '../../storages/pool.ts';
import { ownerOf, storagesById } from '../../storages/repository.ts';
import { createMemberLookup } from '../../tasks/members.ts';
import { publishMoved } from '../events.ts';
import {
  type Lease,
  LeaseLostError,
  noCounts,
  type Sync,
  type SyncCheckpoint,
  type SyncCounts,
  type SyncErrorCode,
  syncErrorCodes,
} from '../model.ts';
import * as repository from '../repository.ts';
import { announceEnd } from './announce.ts';
import { type RunContext, scopeName } from './context.ts';
import { watchLease } from './lease.ts';
import { dropMarks } from './marks.ts';
import { runRemovals } from './removals.ts';
import { scan } from './scan.ts';

export interface SyncRunner {
  database: Database;
  events: EventBus;
  stores: StorePool;
  log: Logger;
  /** Name of this worker, for the record. */
  worker: string;
  leaseSeconds: number;
  readConcurrency: number;
  dataDirectory: string;
  runTarget: TargetRun;
  /** Aborted when the process is going down: syncs go back to the queue at their checkpoint. */
  shutdown: AbortSignal;
}

/** What a sync of a target storage does; the noun that writes there says it. */
export type TargetRun = (context: {
  storage: StorageOf<'TARGET'>;
  sync: Sync;
  lease: Lease;
  counts: SyncCounts;
  signal: AbortSignal;
}) => Promise<void>;

/** Aborts the run: the process is going down. */
class ShutdownError extends Error {}

/** A sync that was taken up so often without ending is given up. */
const MAX_ATTEMPTS = 25;

/**
 * Runs a sync, if nobody else does: claims it, works from its checkpoint, ends it. Resolves when this
 * worker has nothing more to do with it, whatever came of it.
 */
export async function runSync(runner: SyncRunner, syncId: number): Promise<void> {
  const { database, log, leaseSeconds, shutdown } = runner;
  if (shutdown.aborted) return;
  const sync = await repository.claim(database.db, syncId, runner.worker, leaseSeconds);
  if (!sync) return;
  const lease: Lease = { syncId, fence: sync.fence };
  const stop = new AbortController();
  const onShutdown = () => stop.abort(new ShutdownError('The process is shutting down.'));
  shutdown.addEventListener('abort', onShutdown, { once: true });
  const forget = watchLease(runner, lease, stop);
  const counts: SyncCounts = structuredClone(sync.counts);
  try {
    await publishMoved(runner.events, database, sync);
    if (sync.attempt > MAX_ATTEMPTS) throw new GivenUpError();
    await work(runner, sync, lease, counts, stop.signal);
    const clean = counts.failed === 0 && counts.failedRows === 0;
    await end(runner, lease, { status: clean ? 'COMPLETED' : 'COMPLETED_WITH_ERRORS', counts });
  } catch (thrown) {
    const error = stop.signal.aborted ? stop.signal.reason : thrown;
    if (error instanceof LeaseLostError) log.info({ syncId }, 'sync left to another worker, or canceled');
    else if (error instanceof ShutdownError) await handBack(runner, lease);
    else if (!(error instanceof LongshoreError) && isPassing(error)) {
      // The storage has done nothing wrong. If it can't be handed back either, the lease runs out.
      log.warn({ error, syncId }, 'the database failed a sync');
      await handBack(runner, lease);
    } else await fail(runner, lease, error);
  } finally {
    stop.abort();
    forget();
    shutdown.removeEventListener('abort', onShutdown);
  }
}

class GivenUpError extends LongshoreError {
  constructor() {
    super(
      'WORKER_LOST',
      `The sync was taken up ${MAX_ATTEMPTS} times and never came to an end: its workers keep being lost.`,
    );
  }
}

async function work(
  runner: SyncRunner,
  sync: Sync,
  lease: Lease,
  counts: SyncCounts,
  signal: AbortSignal,
): Promise<void> {
  const { database, events, stores } = runner;
  const [storage] = await storagesById(database.db, [sync.storageId]);
  const [project] = await projectsById(database.db, [sync.projectId]);
  if (!storage || !project) throw new LeaseLostError(sync.id);
  if (storage.direction === 'TARGET') {
    await runner.runTarget({ storage: storage as StorageOf<'TARGET'>, sync, lease, counts, signal });
    return;
  }
  const members = await createMemberLookup(database, project);
  const owner = await ownerOf(database.db, project.id);
  const checkpoint = await checkpointOf(runner, sync, counts, storage as StorageOf<'SOURCE'>);
  await stores.use(storage, async (store) => {
    const context: RunContext = {
      database,
      events,
      store,
      storage: storage as StorageOf<'SOURCE'>,
      project,
      sync,
      checkpoint,
      lease,
      counts,
      readConcurrency: runner.readConcurrency,
      dataDirectory: runner.dataDirectory,
      members,
      isOwn: ownMarks(owner?.externalId ?? '', project.id),
      isOwnSnapshot: ownSnapshots(owner?.externalId ?? '', project.id),
      signal,
    };
    await runRemovals(context, checkpoint?.phase === 'REMOVALS' ? checkpoint : await scan(context));
  });
}

/** Where the worker before left off. Of a storage that looks elsewhere since then, nothing of that holds. */
async function checkpointOf(
  { database }: SyncRunner,
  sync: Sync,
  counts: SyncCounts,
  storage: StorageOf<'SOURCE'>,
): Promise<SyncCheckpoint | null> {
  if (!sync.checkpoint || sync.checkpoint.scope === scopeName(storage)) return sync.checkpoint;
  await dropMarks(database, sync);
  const { tasksCreated, tasksUpdated, tasksDeleted, bytesRead, issuesBy } = counts;
  Object.assign(counts, noCounts(), { tasksCreated, tasksUpdated, tasksDeleted, bytesRead, issuesBy });
  return null;
}

async function end(
  runner: SyncRunner,
  lease: Lease,
  end: Parameters<typeof repository.finish>[2],
): Promise<void> {
  const { database, events, log } = runner;
  const sync = await transaction(database, async (tx) => {
    const ended = await repository.finish(tx, lease, end);
    const { notificationsUpTo } = ended.options;
    if (notificationsUpTo !== undefined && end.status !== 'FAILED')
      await forgetNotifications(tx, { id: ended.storageId, projectId: ended.projectId }, notificationsUpTo);
    await publishMoved(events, tx, ended);
    await announceEnd(tx, events, ended);
    return ended;
  });
  log.info(
    { syncId: sync.id, storageId: sync.storageId, status: sync.status, counts: sync.counts },
    'sync ended',
  );
}

async function handBack({ database, log }: SyncRunner, lease: Lease): Promise<void> {
  const released = await repository.release(database.db, lease);
  if (released) log.info({ syncId: lease.syncId }, 'sync handed back');
  else log.info({ syncId: lease.syncId }, 'sync left to another worker, or canceled');
}

/** Ends the sync as failed, with its reason. If even that fails, the lease runs out and another worker tries. */
async function fail(runner: SyncRunner, lease: Lease, error: unknown): Promise<void> {
  try {
    // What was counted and not stored was not done. Without the lease (the storage was deleted, say) nothing is ours to end.
    const stored = await repository.storedProgress(runner.database, lease);
    if (!stored) throw new LeaseLostError(lease.syncId);
    const reason = reasonOf(error, runner.log, lease.syncId);
    await end(runner, lease, { status: 'FAILED', counts: stored.counts, error: reason });
  } catch (second) {
    if (second instanceof LeaseLostError) return;
    runner.log.error({ error: second, syncId: lease.syncId }, 'a failed sync could not be ended');
  }
}

function reasonOf(
  error: unknown,
  log: Logger,
  syncId: number,
): { code: SyncErrorCode; message: string; hint: string | null } {
  if (error instanceof ProviderError) {
    log.warn({ error, syncId }, 'sync failed: the storage');
    return { code: error.code, message: error.message, hint: error.hint };
  }
  const own = error instanceof LongshoreError && syncErrorCodes.find((code) => code === error.code);
  if (own) return { code: own, message: error.message, hint: null };
  const reference = randomUUID();
  log.error({ error, syncId, reference }, 'sync failed: unexpected error');
  return {
    code: 'INTERNAL_ERROR',
    message: `Something went wrong inside the service; its log says more under reference ${reference}.`,
    hint: 'Start the sync again; it goes on where it stopped.',
  };
}
