import type { Database } from '../../database/client.ts';
import type { EventBus } from '../../events/bus.ts';
import type { Project } from '../../projects/model.ts';
import type { Store } from '../../providers/store.ts';
import type { StorageOf } from '../../storages/model.ts';
import type { MemberLookup } from '../../tasks/members.ts';
import type { OwnExport } from '../../tasks/row.ts';
import type { Criteria } from '../compare/criteria.ts';
import type { Lease, Sync, SyncCheckpoint, SyncCounts } from '../model.ts';

/** Everything that one run of a sync over a source storage needs. */
export interface RunContext {
  database: Database;
  events: EventBus;
  store: Store;
  storage: StorageOf<'SOURCE'>;
  project: Project;
  sync: Sync;
  /** Where a worker before this one left off; null: at the beginning. */
  checkpoint: SyncCheckpoint | null;
  lease: Lease;
  /** What was done so far; filled as the run goes on. */
  counts: SyncCounts;
  /** Objects read at a time. */
  readConcurrency: number;
  /** Where copies of objects are kept. */
  dataDirectory: string;
  members: MemberLookup;
  /** Tells what target storages of the project have written. */
  isOwn: OwnExport;
  isOwnSnapshot: Criteria['isOwnSnapshot'];
  signal: AbortSignal;
}

/** Whether the sync is about keys that are named beforehand: then a missing listing says nothing of the others. */
export const namesKeys = ({ options }: Sync) =>
  options.retryFailed === true || options.notificationsUpTo !== undefined;

/**
 * Whether a sync meets keys in their order, so that one of them says how far it has got.
 * @param walkedTo up to there the listing had an order that it has broken since
 */
export const isOrdered = ({ store, sync }: RunContext, walkedTo: string | undefined) =>
  namesKeys(sync) || (store.provider.capabilities.listsInOrder && walkedTo === undefined);

/** Where a storage looks, in a form to compare. */
export const scopeName = ({ containerId, prefix, settings }: RunContext['storage']) =>
  JSON.stringify([containerId, prefix, settings.recursive]);
