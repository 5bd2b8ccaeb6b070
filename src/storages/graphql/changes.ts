import { builder } from '../../graphql/builder.ts';
import { type Context, viewerOf } from '../../graphql/context.ts';
import { describedEnum } from '../../graphql/enums.ts';
import { globalId } from '../../graphql/ids.ts';
import { storageTypeName } from '../../graphql/provider.ts';
import { projectKey } from '../../projects/graphql.ts';
import { type StorageChange, storageChangeKinds } from '../changes.ts';
import { ExternalStorage } from './types.ts';

const StorageChangeKindEnum = describedEnum(
  'StorageChangeKind',
  'What happened to a storage.',
  storageChangeKinds,
  {
    CREATED: 'It was connected.',
    UPDATED: 'Its connection, settings or labels were changed.',
    DELETED: 'It was disconnected.',
    SYNCED: 'A sync of it ended.',
  },
);

const StorageChangeType = builder.objectRef<StorageChange>('StorageChange').implement({
  description: 'An event of a storage.',
  fields: (t) => ({
    change: t.field({
      type: StorageChangeKindEnum,
      description: 'What happened, in words for people.',
      resolve: ({ change }) => change,
    }),
    storageId: t.id({
      nullable: true,
      description: 'Id of the storage, also when it has just been deleted.',
      resolve: async ({ storageId, provider }, _, { loaders }) => {
        const name = provider ?? (await loaders.storage.load(storageId))?.provider;
        return name ? globalId(storageTypeName(name), storageId) : null;
      },
    }),
    storage: t.field({
      type: ExternalStorage,
      nullable: true,
      description: 'The storage as it is now; null when it was deleted.',
      resolve: ({ storageId }, _, { loaders }) => loaders.storage.clear(storageId).load(storageId),
    }),
  }),
});

builder.subscriptionField('storageChanged', (t) =>
  t.field({
    type: StorageChangeType,
    description: "What happens to a project's storages from now on: created, changed, deleted, synced.",
    args: { projectId: t.arg.id({ required: true, description: 'The project.' }) },
    subscribe: (_, { projectId }, context) => followChanges(projectKey(projectId), context),
    resolve: (change) => change,
  }),
);

async function* followChanges(projectId: number, context: Context): AsyncGenerator<StorageChange> {
  const { access, storageChanges } = context.services;
  const grant = await access.authorize(viewerOf(context), 'storage.read', { projectId });
  yield* storageChanges.follow(grant, projectId, context.signal);
}
