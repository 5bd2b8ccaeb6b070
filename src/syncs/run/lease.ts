import type { Database } from '../../database/client.ts';
import type { EventBus } from '../../events/bus.ts';
import type { Logger } from '../../observability/log.ts';
import { type Lease, LeaseLostError } from '../model.ts';
import { heartbeat } from '../repository.ts';

/**
 * Keeps the lease alive and notices at once when it is gone (canceled, or taken over): then `stop` is aborted with
 * a LeaseLostError.
 * @returns the way to end this
 */
export function watchLease(
  {
    database,
    events,
    leaseSeconds,
    log,
  }: { database: Database; events: EventBus; leaseSeconds: number; log: Logger },
  lease: Lease,
  stop: AbortController,
): () => void {
  let checking = false;
  const check = async () => {
    if (checking) return;
    checking = true;
    try {
      if (!(await heartbeat(database.db, lease, leaseSeconds))) stop.abort(new LeaseLostError(lease.syncId));
    } catch (error) {
      log.warn({ error, syncId: lease.syncId }, 'heartbeat failed; trying again');
    } finally {
      checking = false;
    }
  };
  const timer = setInterval(check, (leaseSeconds * 1000) / 3);
  const canceled = events.subscribe('sync', (event) => {
    if (event.syncId === lease.syncId && event.ended) void check();
  });
  return () => {
    clearInterval(timer);
    canceled();
  };
}
