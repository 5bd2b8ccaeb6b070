import { ConflictError, ForbiddenError, NotFoundError, ValidationError } from '../../errors.ts';
import { builder } from '../../graphql/builder.ts';
import { viewerOf } from '../../graphql/context.ts';
import { idempotencyKey } from '../../graphql/inputs.ts';
import { storageKey } from '../../graphql/provider.ts';
import { SyncType, syncKey } from './types.ts';

const SyncStorageInput = builder.inputType('SyncStorageInput', {
  description: 'Which storage to sync, and how.',
  fields: (t) => ({
    storageId: t.id({ required: true, description: 'The storage that is synced.' }),
    full: t.boolean({
      defaultValue: false,
      description: 'Target storages: export everything, not only what is new or changed.',
    }),
    reimport: t.boolean({
      defaultValue: false,
      description: 'Source storages: look at every object as if it were new; deleted tasks come back.',
    }),
    idempotencyKey: idempotencyKey(t),
  }),
});
const CancelSyncInput = builder.inputType('CancelSyncInput', {
  description: 'Which sync to stop.',
  fields: (t) => ({ syncId: t.id({ required: true, description: 'Opaque id of the record.' }) }),
});
const RetryFailedInput = builder.inputType('RetryFailedInput', {
  description: 'The storage whose failed objects are tried again.',
  fields: (t) => ({
    storageId: t.id({ required: true, description: 'The storage that is synced.' }),
    idempotencyKey: idempotencyKey(t),
  }),
});

builder.mutationFields((t) => ({
  syncStorage: t.field({
    type: SyncType,
    description:
      'Starts a sync and returns at once; the subscription `syncProgress` follows it. While a sync of the storage runs, it is returned instead.',
    args: {
      input: t.arg({ type: SyncStorageInput, required: true, description: 'The fields of the request.' }),
    },
    errors: {
      types: [ValidationError, NotFoundError, ForbiddenError, ConflictError],
      dataField: { name: 'sync', description: 'The new sync, or the one that is running.' },
      result: { description: 'A sync is queued or running.' },
    },
    resolve: (_, { input }, context) =>
      context.services.syncs.start(
        viewerOf(context),
        storageKey(input.storageId),
        { ...(input.reimport && { reimport: true }), ...(input.full && { full: true }) },
        input.idempotencyKey,
      ),
  }),
  cancelSync: t.field({
    type: SyncType,
    description: 'Stops a sync. What it has imported stays.',
    args: {
      input: t.arg({ type: CancelSyncInput, required: true, description: 'The fields of the request.' }),
    },
    errors: {
      types: [NotFoundError, ForbiddenError, ConflictError],
      dataField: { name: 'sync', description: 'The sync that was stopped.' },
      result: { description: 'The sync is stopped.' },
    },
    resolve: (_, { input }, context) =>
      context.services.syncs.cancel(viewerOf(context), syncKey(input.syncId)),
  }),
  retryFailed: t.field({
    type: SyncType,
    description: 'Starts a sync of just the objects whose last import or export failed.',
    args: {
      input: t.arg({ type: RetryFailedInput, required: true, description: 'The fields of the request.' }),
    },
    errors: {
      types: [ValidationError, NotFoundError, ForbiddenError, ConflictError],
      dataField: { name: 'sync', description: 'The new sync, or the one that is running.' },
      result: { description: 'A sync is queued or running.' },
    },
    resolve: (_, { input }, context) =>
      context.services.syncs.retryFailed(
        viewerOf(context),
        storageKey(input.storageId),
        input.idempotencyKey,
      ),
  }),
}));
