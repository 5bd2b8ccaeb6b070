import type { InputFieldMap } from '@pothos/core';
import {
  ConflictError,
  ForbiddenError,
  NotFoundError,
  ProviderError,
  ValidationError,
} from '../../errors.ts';
import { builder } from '../../graphql/builder.ts';
import { connectionOf, pageArgs } from '../../graphql/connections.ts';
import { viewerOf } from '../../graphql/context.ts';
import { findOrNull } from '../../graphql/ids.ts';
import { idempotencyKey, ifUpdatedAt } from '../../graphql/inputs.ts';
import {
  type InputFields,
  type ProviderGraphql,
  storageKey,
  storageTypeName,
} from '../../graphql/provider.ts';
import { ProjectType, projectKey } from '../../projects/graphql.ts';
import type { ProviderPreset } from '../../providers/provider.ts';
import { inputNameOf } from '../connect/merge.ts';
import type { ProviderInput, Storage } from '../model.ts';
import type { StorageCandidate } from '../service.ts';
import { atCandidate, type CandidateInput } from './candidate.ts';
import { StorageDirectionEnum, StorageProviderEnum } from './enums.ts';
import { storageType } from './provider.ts';
import { StorageSettingsChangesInput, StorageSettingsInput, settingsOf } from './settings-inputs.ts';
import { DiagnosisType, SetupStepType } from './setup.ts';
import { StorageValidationType } from './validation.ts';

/** What later nouns build their own inputs with. */
export type StorageSchema = ReturnType<typeof defineStorages>;

/**
 * Puts the providers' parts together: the union of their storages, the one-of of their inputs, and the
 * queries and mutations that take them.
 */
export function defineStorages(providers: readonly ProviderGraphql[]) {
  const StorageUnion = builder.unionType('Storage', {
    description: 'A storage of any provider.',
    types: providers.map(storageType),
    resolveType: ({ provider }) => storageTypeName(provider),
  });

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

  const ValidateStorageInput = candidateInput('ValidateStorage', 'The storage to check.', () => ({}));

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
    validateStorage: t.field({
      type: StorageValidationType,
      description:
        'Checks each capability of a storage on its own, at this moment. Saves nothing, and leaves no object in the storage.',
      args: {
        input: t.arg({
          type: ValidateStorageInput,
          required: true,
          description: 'The fields of the request.',
        }),
      },
      errors: {
        types: [ValidationError, NotFoundError, ForbiddenError, ConflictError, ProviderError],
        dataField: { name: 'validation', description: 'The outcome of the checks.' },
        result: {
          description: 'All checks were carried out; `validation.ok` says whether the storage can be saved.',
        },
      },
      resolve: (_, { input }, context) =>
        atCandidate(input, () =>
          context.services.storages.validate(viewerOf(context), candidateOf(input), context.signal),
        ),
    }),
  }));

  const DiagnoseStorageInput = candidateInput(
    'DiagnoseStorage',
    'The storage to check, and the origin of the page that shows its media.',
    (t) => ({
      origin: t.string({
        required: true,
        description: 'Origin of the page that shows media, such as `https://label.example.com`.',
      }),
    }),
  );

  builder.mutationField('diagnoseStorage', (t) =>
    t.field({
      type: DiagnosisType,
      description:
        'Signs a URL, requests it as a browser on the given origin would, and checks status, ranges and CORS headers.',
      args: {
        input: t.arg({
          type: DiagnoseStorageInput,
          required: true,
          description: 'The fields of the request.',
        }),
      },
      errors: {
        types: [ValidationError, NotFoundError, ForbiddenError, ProviderError],
        dataField: { name: 'diagnosis', description: 'The outcome of the check.' },
        result: {
          description: 'All requests were sent; `diagnosis.ok` says whether a page can show the media.',
        },
      },
      resolve: (_, { input }, context) =>
        atCandidate(input, ({ origin }) =>
          context.services.storages.diagnose(
            viewerOf(context),
            { ...candidateOf(input), origin },
            context.signal,
          ),
        ),
    }),
  );

  const SetupGuideInput = candidateInput(
    'StorageSetupGuide',
    'The storage to set up; secrets are not needed.',
    (t) => ({
      origins: t.stringList({ description: 'Origins of the pages that show media, for CORS rules.' }),
      addresses: t.stringList({
        description: 'Addresses or networks that the service calls from, for policies limited to them.',
      }),
      servicePrincipal: t.string({
        description: 'ARN of the AWS principal that the service runs as, for trust policies.',
      }),
    }),
  );

  builder.queryField('storageSetupGuide', (t) =>
    t.field({
      type: [SetupStepType],
      description:
        'Steps that set up the provider for exactly this storage: least-privilege policies, trust, CORS rules.',
      args: {
        input: t.arg({ type: SetupGuideInput, required: true, description: 'The fields of the request.' }),
      },
      resolve: (_, { input }, context) =>
        atCandidate(input, ({ origins, addresses, servicePrincipal }) =>
          context.services.storages.guide(viewerOf(context), candidateOf(input), {
            origins,
            addresses,
            servicePrincipal,
          }),
        ),
    }),
  );

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

  return { candidateInput, candidateOf };
}
