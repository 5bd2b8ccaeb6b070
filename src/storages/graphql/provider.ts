import { type Builder, builder } from '../../graphql/builder.ts';
import type { ProviderName } from '../../providers/provider.ts';
import type { ProviderInput, Storage } from '../model.ts';
import { ExternalStorage, storageTypeNames } from './types.ts';

/**
 * What a provider's graphql.ts is made with: the type of its storages, and its inputs for a new storage
 * and for changes of one. The schema puts them together into `Storage` and `StorageProviderInput`.
 */
export interface ProviderGraphql<Input extends object = object> {
  provider: ProviderName;
  /** For people who choose among the providers. */
  description: string;
  object: ReturnType<typeof storageType>;
  createInput: InputType<Input>;
  /** The same fields, none required. */
  updateInput: InputType<Input>;
  /** Sorts an input into settings and secrets; undefined: not given, null: cleared. */
  read(input: Input): Pick<ProviderInput, 'settings' | 'secrets'>;
}

type Types = Builder extends PothosSchemaTypes.SchemaBuilder<infer T> ? T : never;
type InputType<Shape extends object> = PothosSchemaTypes.InputObjectRef<Types, Shape>;
/** The `t` of an input's fields. */
export type InputFields = PothosSchemaTypes.InputFieldBuilder<Types, 'InputObject'>;
/** The `t` of a storage type's fields. */
type StorageFields = PothosSchemaTypes.ObjectFieldBuilder<Types, Storage>;

/** The type of a provider's storages: what all share, and the provider's own settings. */
export function storageType(
  provider: ProviderName,
  options: {
    description: string;
    fields: (
      t: StorageFields,
    ) => ReturnType<NonNullable<PothosSchemaTypes.ObjectTypeOptions<Types, Storage>['fields']>>;
  },
) {
  const ref = builder.objectRef<Storage>(storageTypeNames[provider]);
  builder.node(ref, {
    description: options.description,
    interfaces: [ExternalStorage],
    id: { resolve: ({ id }) => id, description: 'Opaque id.' },
    loadMany: (ids, { loaders }) =>
      Promise.all(
        ids.map(async (id) => {
          const storage = await loaders.storage.load(Number(id));
          return storage?.provider === provider ? storage : null;
        }),
      ),
    fields: options.fields,
  });
  return ref;
}

/** A text setting of the storage, null where it has none. */
export function setting(storage: Storage, name: string): string | null {
  const value = storage.config[name];
  return value === undefined || value === null ? null : String(value);
}
