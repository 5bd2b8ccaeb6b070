import {
  ConflictError,
  ForbiddenError,
  NotFoundError,
  ProviderError,
  ValidationError,
} from '../../errors.ts';
import { builder } from '../../graphql/builder.ts';
import { viewerOf } from '../../graphql/context.ts';
import { idempotencyKey, ifUpdatedAt } from '../../graphql/inputs.ts';
import { storageKey } from '../../graphql/provider.ts';
import { projectKey } from '../../projects/graphql.ts';
import type { StorageInputs } from './inputs.ts';
import { StorageSettingsChangesInput, StorageSettingsInput, settingsOf } from './settings-inputs.ts';
import type { StorageUnion as StorageUnionRef } from './union.ts';

/** Adds createStorage and updateStorage. */
export function defineMutations(
  StorageUnion: StorageUnionRef,
  { StorageProviderInput, StorageProviderUpdateInput, providerOf }: StorageInputs,
) {
  const CreateStorageInput = builder.inputType('CreateStorageInput', {
    description: 'A new storage of a project.',
    fields: (t) => ({
      projectId: t.id({ required: true, description: 'The project that the storage belongs to.' }),
      provider: t.field({
        type: StorageProviderInput,
        required: true,
        description: 'Where the storage points, and its credentials.',
      }),
      settings: t.field({
        type: StorageSettingsInput,
        required: true,
        description: 'The settings of the storage, which say its direction.',
      }),
      title: t.string({ description: 'Title of the storage.' }),
      description: t.string({ description: 'What the storage is for.' }),
      synchronizable: t.boolean({ defaultValue: true, description: 'Whether the storage may be synced.' }),
      idempotencyKey: idempotencyKey(t),
    }),
  });

  const UpdateStorageInput = builder.inputType('UpdateStorageInput', {
    description: 'Changes of a storage; what is absent stays.',
    fields: (t) => ({
      storageId: t.id({ required: true, description: 'The storage to change.' }),
      provider: t.field({
        type: StorageProviderUpdateInput,
        description: 'Where the storage points, and its credentials.',
      }),
      settings: t.field({
        type: StorageSettingsChangesInput,
        description: 'Changes of the settings, by the direction of the storage.',
      }),
      title: t.string({ description: 'Title of the storage.' }),
      description: t.string({ description: 'What the storage is for.' }),
      synchronizable: t.boolean({ description: 'Whether the storage may be synced.' }),
      sameContainer: t.boolean({
        defaultValue: false,
        description:
          'Whether `provider` only names the same container anew: a host or folder that was renamed or moved. Its objects stay known and their tasks are not imported again. Otherwise another container starts a ledger of its own.',
      }),
      ifUpdatedAt: ifUpdatedAt(t),
    }),
  });

  builder.mutationFields((t) => ({
    createStorage: t.field({
      type: StorageUnion,
      description:
        'Connects a storage to a project. The capabilities that it cannot work without are checked first: when a check fails, nothing is saved.',
      args: {
        input: t.arg({ type: CreateStorageInput, required: true, description: 'The fields of the request.' }),
      },
      errors: {
        types: [ValidationError, NotFoundError, ForbiddenError, ConflictError, ProviderError],
        dataField: { name: 'storage', description: 'The new storage.' },
        result: { description: 'The storage is connected.' },
      },
      resolve: (_, { input: { projectId, provider, settings, ...rest } }, context) =>
        context.services.storages.create(
          viewerOf(context),
          {
            ...rest,
            projectId: projectKey(projectId),
            provider: providerOf(provider),
            settings: settingsOf(settings)!,
          },
          context.signal,
        ),
    }),
    updateStorage: t.field({
      type: StorageUnion,
      description:
        'Changes a storage. Where it points and its credentials are checked before a change of them is saved.',
      args: {
        input: t.arg({ type: UpdateStorageInput, required: true, description: 'The fields of the request.' }),
      },
      errors: {
        types: [ValidationError, NotFoundError, ForbiddenError, ConflictError, ProviderError],
        dataField: { name: 'storage', description: 'The storage as it is now.' },
        result: { description: 'The storage was changed.' },
      },
      resolve: (_, { input: { storageId, provider, settings, ...rest } }, context) =>
        context.services.storages.update(
          viewerOf(context),
          {
            ...rest,
            storageId: storageKey(storageId),
            ...(provider && { provider: providerOf(provider) }),
            ...(settings && { settings: settingsOf(settings) }),
          },
          context.signal,
        ),
    }),
  }));
}
