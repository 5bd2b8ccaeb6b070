import { builder } from '../../graphql/builder.ts';
import { viewerOf } from '../../graphql/context.ts';
import { type ProviderGraphql, type SettingFields, storageTypeName } from '../../graphql/provider.ts';
import type { Storage } from '../model.ts';
import { ExternalStorage } from './types.ts';

/** The type of a provider's storages: what all share, the provider's own settings, and which secrets are stored. */
export function storageType({ provider, storage: { description, fields, secrets } }: ProviderGraphql) {
  const ref = builder.objectRef<Storage>(storageTypeName(provider));
  builder.node(ref, {
    description,
    interfaces: [ExternalStorage],
    id: { resolve: ({ id }) => id, description: 'Opaque id.' },
    loadMany: (ids, { loaders }) =>
      Promise.all(
        ids.map(async (id) => {
          const storage = await loaders.storage.load(Number(id));
          return storage?.provider === provider ? storage : null;
        }),
      ),
    fields: (t) => ({
      // A storage is configured: its provider's fields read that part of it.
      ...fields(t as unknown as SettingFields),
      ...Object.fromEntries(
        Object.entries(secrets).map(([secret, description]) => [
          `has${secret[0]!.toUpperCase()}${secret.slice(1)}`,
          t.boolean({
            description,
            resolve: (storage, _, context) =>
              context.services.storages.hasSecret(viewerOf(context), storage, secret),
          }),
        ]),
      ),
    }),
  });
  return ref;
}
