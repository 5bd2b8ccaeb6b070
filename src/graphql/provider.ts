import { type ProviderName, providerNames } from '../providers/provider.ts';
import type { Builder } from './builder.ts';
import { keyOf } from './ids.ts';

/** What the fields of a provider's storages read. */
export interface Configured {
  /** Where the storage points, in the provider's own settings; no secrets. */
  config: Record<string, unknown>;
}

/**
 * A provider as its graphql.ts describes it: the fields of its storages, and the inputs for a new storage
 * and for changes of one. storages/graphql puts them together into `Storage` and `StorageProviderInput`.
 */
export interface ProviderGraphql<Input extends object = object> {
  provider: ProviderName;
  /** For people who choose among the providers. */
  description: string;
  storage: {
    description: string;
    fields: (t: SettingFields) => FieldMap;
    /** Each secret with the description of the field that says whether it is stored: `has<Secret>`. */
    secrets: Record<string, string>;
  };
  createInput: InputType<Input>;
  /** The same fields, none required. */
  updateInput: InputType<Input>;
  /** Sorts an input into settings and secrets; undefined: not given, null: cleared. */
  read(input: Input): { settings: Record<string, unknown>; secrets: Record<string, unknown> };
}

export type Types = Builder extends PothosSchemaTypes.SchemaBuilder<infer T> ? T : never;
export type InputType<Shape extends object> = PothosSchemaTypes.InputObjectRef<Types, Shape>;
/** The `t` of an input's fields. */
export type InputFields = PothosSchemaTypes.InputFieldBuilder<Types, 'InputObject'>;
/** The `t` of the fields of a provider's storages. */
export type SettingFields = PothosSchemaTypes.ObjectFieldBuilder<Types, Configured>;
type FieldMap = ReturnType<NonNullable<PothosSchemaTypes.ObjectTypeOptions<Types, Configured>['fields']>>;

/** A text setting, null where the storage has none. */
export function setting({ config }: Configured, name: string): string | null {
  const value = config[name];
  return value === undefined || value === null ? null : String(value);
}

/** The GraphQL type of a provider's storages, which makes their ids too: AZURE_BLOB is `AzureBlobStorage`. */
export const storageTypeName = (provider: ProviderName) =>
  `${provider.toLowerCase().replaceAll(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase())}Storage`;

/** @throws NotFoundError */
export const storageKey = (id: string) => keyOf('storage', id, providerNames.map(storageTypeName));
