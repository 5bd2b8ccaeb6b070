import { builder } from '../../graphql/builder.ts';
import type { ProviderGraphql } from '../../graphql/provider.ts';
import { inputNameOf } from '../connect/merge.ts';
import type { ProviderInput } from '../model.ts';

/** The inputs that say where a storage points, by what each provider asks for. */
export type StorageInputs = ReturnType<typeof defineInputs>;

export function defineInputs(providers: readonly ProviderGraphql[]) {
  const inputs = (name: string, description: string, pick: 'createInput' | 'updateInput') =>
    builder.inputType(name, {
      description,
      isOneOf: true,
      fields: (t) =>
        Object.fromEntries(
          providers.map((it) => [
            inputNameOf(it.provider),
            t.field({ type: it[pick], description: it.description }),
          ]),
        ),
    });
  const StorageProviderInput = inputs(
    'StorageProviderInput',
    'Where a new storage points and its credentials, for one provider.',
    'createInput',
  );
  const StorageProviderUpdateInput = inputs(
    'StorageProviderUpdateInput',
    'Changes of where a storage points and of its credentials. What is absent stays; secrets stay too, unless the storage is pointed elsewhere.',
    'updateInput',
  );

  /** The one provider that a one-of names. */
  function providerOf(input: object): ProviderInput {
    const [[name, fields]] = Object.entries(input).filter(([, value]) => value) as [[string, object]];
    const it = providers.find(({ provider }) => inputNameOf(provider) === name)!;
    return { provider: it.provider, ...it.read(fields) };
  }

  return { StorageProviderInput, StorageProviderUpdateInput, providerOf };
}
