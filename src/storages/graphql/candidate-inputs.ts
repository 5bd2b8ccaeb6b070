import type { InputFieldMap } from '@pothos/core';
import { builder } from '../../graphql/builder.ts';
import { type InputFields, storageKey } from '../../graphql/provider.ts';
import { projectKey } from '../../projects/graphql.ts';
import type { StorageCandidate } from '../connect/resolve.ts';
import type { CandidateInput } from './candidate.ts';
import type { StorageInputs } from './inputs.ts';
import { StorageSettingsChangesInput, StorageSettingsInput, settingsOf } from './settings-inputs.ts';

/** What later nouns build their own inputs with. */
export type StorageCandidates = ReturnType<typeof defineCandidates>;

/** Inputs that mean a storage, saved or not. */
export function defineCandidates({ StorageProviderUpdateInput, providerOf }: StorageInputs) {
  const StorageChangesInput = builder.inputType('StorageChangesInput', {
    description: 'Changes of a saved storage that are tried and not saved; what is absent is as stored.',
    fields: (t) => ({
      provider: t.field({ type: StorageProviderUpdateInput, description: 'Where the storage would point.' }),
      settings: t.field({
        type: StorageSettingsChangesInput,
        description: 'The settings that it would have.',
      }),
    }),
  });

  /** An input that takes a saved storage or an unsaved one, each with what else the request needs. */
  function candidateInput<Options extends InputFieldMap>(
    name: string,
    description: string,
    options: (t: InputFields) => Options,
  ) {
    const saved = builder.inputType(`${name}SavedInput`, {
      description: 'A saved storage, with changes or as it is.',
      fields: (t) => ({
        storageId: t.id({ required: true, description: 'Id of the saved storage.' }),
        changes: t.field({
          type: StorageChangesInput,
          description: 'Changes to check in place of what is stored.',
        }),
        ...options(t),
      }),
    });
    const unsaved = builder.inputType(`${name}UnsavedInput`, {
      description: 'A storage that is not saved.',
      fields: (t) => ({
        projectId: t.id({ required: true, description: 'Id of the project that it would belong to.' }),
        provider: t.field({
          type: StorageProviderUpdateInput,
          required: true,
          description:
            'Where the storage points, and its credentials. What is missing is named field by field, as a form that is being filled in needs it.',
        }),
        settings: t.field({
          type: StorageSettingsInput,
          required: true,
          description: 'The settings of the storage, which say its direction.',
        }),
        ...options(t),
      }),
    });
    return builder.inputType(`${name}Input`, {
      description,
      isOneOf: true,
      fields: (t) => ({
        saved: t.field({ type: saved, description: 'A saved storage.' }),
        unsaved: t.field({ type: unsaved, description: 'A storage that is not saved.' }),
      }),
    });
  }

  /** The storage that a candidate input means. */
  function candidateOf({ saved, unsaved }: CandidateInput): StorageCandidate {
    if (!saved) {
      const { projectId, provider, settings } = unsaved!;
      return {
        projectId: projectKey(projectId),
        provider: providerOf(provider),
        settings: settingsOf(settings)!,
      };
    }
    const { provider, settings } = saved.changes ?? {};
    return {
      storageId: storageKey(saved.storageId),
      ...(provider && { provider: providerOf(provider) }),
      ...(settings && { settings: settingsOf(settings) }),
    };
  }

  return { candidateInput, candidateOf };
}
