import { builder } from '../../graphql/builder.ts';
import { type ProviderGraphql, storageTypeName } from '../../graphql/provider.ts';
import { storageType } from './provider.ts';

export type StorageUnion = ReturnType<typeof defineUnion>;

export const defineUnion = (providers: readonly ProviderGraphql[]) =>
  builder.unionType('Storage', {
    description: 'A storage of any provider.',
    types: providers.map(storageType),
    resolveType: ({ provider }) => storageTypeName(provider),
  });
