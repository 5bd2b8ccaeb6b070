import { builder } from '../../graphql/builder.ts';
import { connectionOf, pageArgs } from '../../graphql/connections.ts';
import { viewerOf } from '../../graphql/context.ts';
import { findOrNull } from '../../graphql/ids.ts';
import { type ProviderGraphql, storageKey } from '../../graphql/provider.ts';
import { ProjectType } from '../../projects/graphql.ts';
import type { ProviderPreset } from '../../providers/provider.ts';
import { inputNameOf } from '../connect/merge.ts';
import type { Storage } from '../model.ts';
import { StorageDirectionEnum, StorageProviderEnum } from './enums.ts';
import type { StorageUnion as StorageUnionRef } from './union.ts';

const ProviderPresetType = builder.objectRef<ProviderPreset>('StorageProviderPreset').implement({
  description: 'A vendor or server that speaks the protocol of a provider.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'A short name, such as `CLOUDFLARE_R2`.' }),
    title: t.exposeString('title', { description: 'Name of the vendor for people.' }),
    endpoint: t.exposeString('endpoint', {
      description:
        'Address of the vendor, with `{region}`, `{account}`, `{namespace}` or `{host}` to fill in.',
    }),
    region: t.exposeString('region', {
      nullable: true,
      description: 'The only region there is; null when it is that of the bucket.',
    }),
    pathStyle: t.exposeBoolean('pathStyle', {
      description: 'Whether the bucket stands in the path rather than in the host name.',
    }),
    notes: t.field({
      type: ['String'],
      description: 'Particulars of the vendor to mind.',
      resolve: ({ notes }) => [...notes],
    }),
  }),
});

const ProviderInfo = builder.objectRef<ProviderGraphql>('StorageProviderInfo').implement({
  description: 'A kind of storage that this installation offers.',
  fields: (t) => ({
    provider: t.field({
      type: StorageProviderEnum,
      description: 'The kind of storage.',
      resolve: (it) => it.provider,
    }),
    title: t.string({
      description: 'Title of the storage.',
      resolve: ({ provider }, _, { services }) => services.registry.get(provider)?.title ?? provider,
    }),
    description: t.exposeString('description', { description: 'What the kind is, and its credentials.' }),
    presets: t.field({
      type: [ProviderPresetType],
      description: 'Vendors and servers that speak its protocol, and how to reach them.',
      resolve: ({ provider }, _, { services }) => [...(services.registry.get(provider)?.presets ?? [])],
    }),
    inputField: t.string({
      description: 'Name of its field in StorageProviderInput.',
      resolve: ({ provider }) => inputNameOf(provider),
    }),
  }),
});

/** Adds the storages of projects, storage and storageProviders. */
export function defineQueries(StorageUnion: StorageUnionRef, providers: readonly ProviderGraphql[]) {
  const StorageConnection = builder.connectionObject(
    { type: StorageUnion, name: 'StorageConnection', description: 'A page of storages.' },
    { name: 'StorageEdge', description: 'A storage and its cursor.' },
  );

  builder.objectField(ProjectType, 'storages', (t) =>
    t.field({
      type: StorageConnection,
      description: 'The storages of the project, oldest first.',
      args: {
        ...pageArgs(t.arg),
        direction: t.arg({ type: StorageDirectionEnum, description: 'Only storages of this direction.' }),
      },
      resolve: ({ id }, { direction, ...page }, context) => {
        const { storages } = context.services;
        return connectionOf(page, {
          fetch: (keyset) => storages.list(viewerOf(context), id, { direction }, keyset),
          keyOf: (storage: Storage) => storage.id,
          count: () => storages.count(viewerOf(context), id, { direction }),
        });
      },
    }),
  );

  builder.queryFields((t) => ({
    storage: t.field({
      type: StorageUnion,
      nullable: true,
      description: 'A storage by its id; null when there is none that you may see.',
      args: { id: t.arg.id({ required: true, description: 'Opaque id of the record.' }) },
      resolve: (_, { id }, context) => {
        viewerOf(context);
        return findOrNull(() => context.loaders.storage.load(storageKey(id)));
      },
    }),
    storageProviders: t.field({
      type: [ProviderInfo],
      description: 'The kinds of storage that this installation offers.',
      resolve: (_, __, { services }) => providers.filter(({ provider }) => services.registry.has(provider)),
    }),
  }));
}
