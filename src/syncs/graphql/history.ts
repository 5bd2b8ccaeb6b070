import { builder } from '../../graphql/builder.ts';
import { connectionOf, pageArgs } from '../../graphql/connections.ts';
import { viewerOf } from '../../graphql/context.ts';
import { findOrNull } from '../../graphql/ids.ts';
import { cursorsOf, orderInput, type Position } from '../../graphql/orders.ts';
import { ExternalStorage } from '../../storages/graphql/types.ts';
import { type Sync, type SyncOrderField, syncOrderFields } from '../model.ts';
import { SyncStatusEnum } from './enums.ts';
import { SyncType, syncKey } from './types.ts';

const SyncConnection = builder.connectionObject(
  { type: SyncType, name: 'SyncConnection', description: 'A page of syncs.' },
  { name: 'SyncEdge', description: 'A sync and its cursor.' },
);

const SyncFilterInput = builder.inputType('SyncFilter', {
  description: 'Which syncs; all conditions must hold.',
  fields: (t) => ({
    statuses: t.field({ type: [SyncStatusEnum], description: 'Only syncs with one of these statuses.' }),
    queuedAfter: t.field({ type: 'DateTime', description: 'Only syncs requested at this instant or later.' }),
    queuedBefore: t.field({ type: 'DateTime', description: 'Only syncs requested before this instant.' }),
  }),
});
const SyncOrder = orderInput('Sync', syncOrderFields, { QUEUED_AT: 'When the sync was requested.' });

/** INITIALIZED is what a storage shows that has no sync: no sync has that status. */
function historyFilter(filter: typeof SyncFilterInput.$inferInput | null | undefined) {
  const statuses = filter?.statuses?.filter((status) => status !== 'INITIALIZED');
  return { ...filter, statuses };
}

builder.interfaceFields(ExternalStorage, (t) => ({
  status: t.field({
    type: SyncStatusEnum,
    description: 'Status of the last sync, or INITIALIZED.',
    resolve: async ({ id }, _, { loaders }) =>
      (await loaders.lastSyncOfStorage.load(id))?.status ?? 'INITIALIZED',
  }),
  lastSync: t.field({
    type: SyncType,
    nullable: true,
    description: 'The running sync of the storage, or its last one; null: it was never synced.',
    resolve: ({ id }, _, { loaders }) => loaders.lastSyncOfStorage.load(id),
  }),
  syncs: t.field({
    type: SyncConnection,
    description: 'The syncs of the storage, newest first. The last 200 are kept.',
    args: {
      ...pageArgs(t.arg),
      filter: t.arg({ type: SyncFilterInput, description: 'Which syncs to return; absent: all.' }),
      orderBy: t.arg({
        type: SyncOrder,
        required: true,
        defaultValue: { field: 'QUEUED_AT', direction: 'DESC' },
        description: 'How the syncs are sorted.',
      }),
    },
    resolve: (storage, { filter, orderBy: order, ...args }, context) =>
      connectionOf(args, {
        fetch: (page: { limit: number; after: Position | undefined }) =>
          context.services.syncs.history(viewerOf(context), storage, historyFilter(filter), {
            ...page,
            order,
          }),
        count: () => context.services.syncs.countHistory(viewerOf(context), storage, historyFilter(filter)),
        ...cursorsOf<Sync, SyncOrderField>(order, {
          values: { QUEUED_AT: ({ queuedAt }) => queuedAt },
          keyOf: ({ id }) => id,
        }),
      }),
  }),
}));

builder.queryField('sync', (t) =>
  t.field({
    type: SyncType,
    nullable: true,
    description: 'A sync by its id; null when there is none that you may see.',
    args: { id: t.arg.id({ required: true, description: 'Opaque id of the record.' }) },
    resolve: (_, { id }, context) => {
      viewerOf(context);
      return findOrNull(() => context.loaders.sync.load(syncKey(id)));
    },
  }),
);
