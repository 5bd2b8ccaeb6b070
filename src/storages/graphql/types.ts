import { builder } from '../../graphql/builder.ts';
import { globalId } from '../../graphql/ids.ts';
import { storageTypeName } from '../../graphql/provider.ts';
import { ProjectType } from '../../projects/graphql.ts';
import type { Storage } from '../model.ts';
import { StorageDirectionEnum, StorageProviderEnum } from './enums.ts';
import { StorageSettingsUnion } from './settings.ts';

/** What all storages share; each provider's type adds its own settings. */
export const ExternalStorage = builder.interfaceRef<Storage>('ExternalStorage').implement({
  description: 'A connected external place, owned by a project.',
  resolveType: ({ provider }) => storageTypeName(provider),
  fields: (t) => ({
    id: t.id({
      description: 'Opaque id.',
      resolve: ({ id, provider }) => globalId(storageTypeName(provider), id),
    }),
    project: t.field({
      type: ProjectType,
      description: 'The project that the storage belongs to.',
      resolve: async ({ projectId }, _, { loaders }) => (await loaders.project.load(projectId))!,
    }),
    provider: t.field({
      type: StorageProviderEnum,
      description: 'The kind of storage.',
      resolve: ({ provider }) => provider,
    }),
    direction: t.field({
      type: StorageDirectionEnum,
      description: 'Whether the service reads from the storage or writes to it.',
      resolve: ({ direction }) => direction,
    }),
    title: t.exposeString('title', { nullable: true, description: 'Title of the storage.' }),
    description: t.exposeString('description', { nullable: true, description: 'What the storage is for.' }),
    prefix: t.exposeString('prefix', {
      nullable: true,
      description: 'Folder that the storage is limited to, as the provider names it.',
    }),
    uri: t.string({
      description: 'Address of the storage, as the URIs of its objects begin.',
      resolve: ({ provider, config, prefix }, _, { services }) =>
        services.registry.get(provider)?.uri(config, prefix) ?? '',
    }),
    settings: t.field({
      type: StorageSettingsUnion,
      description: 'How objects of the storage become tasks, or annotations become its objects.',
      resolve: ({ settings }) => settings,
    }),
    synchronizable: t.exposeBoolean('synchronizable', { description: 'Whether the storage may be synced.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the record was created.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When the record was last changed.' }),
  }),
});
