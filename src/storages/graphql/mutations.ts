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
import { storageType } from './provider.ts';
import { DiagnosisType, SetupStepType } from './setup.ts';
import {
  StorageDirectionEnum,
  StorageProviderEnum,
  StorageSettingsChangesInput,
  StorageSettingsInput,
  StorageValidationType,
  settingsOf,
} from './types.ts';

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
    'Where a new storage points and how it gets in, for one provider.',
    'createInput',
  );
  const StorageProviderUpdateInput = inputs(
    'StorageProviderUpdateInput',
    'Changes of where a storage points and how it gets in. What is absent stays; secrets stay too, unless the storage is pointed elsewhere.',
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
      projectId: t.id({ required: true, description: 'The project.' }),
      provider: t.field({ type: StorageProviderInput, required: true, description: 'Where it points.' }),
      settings: t.field({
        type: StorageSettingsInput,
        required: true,
        description: 'Its direction, and the settings of that.',
      }),
      title: t.string({ description: 'Its name.' }),
      description: t.string({ description: 'What it is for.' }),
      synchronizable: t.boolean({ defaultValue: true, description: 'Whether it may be synced.' }),
      idempotencyKey: idempotencyKey(t),
    }),
  });

  const UpdateStorageInput = builder.inputType('UpdateStorageInput', {
    description: 'Changes of a storage; what is absent stays.',
    fields: (t) => ({
      storageId: t.id({ required: true, description: 'Which storage.' }),
      provider: t.field({ type: StorageProviderUpdateInput, description: 'Where it points.' }),
      settings: t.field({ type: StorageSettingsChangesInput, description: 'The settings of its direction.' }),
      title: t.string({ description: 'Its name.' }),
      description: t.string({ description: 'What it is for.' }),
      synchronizable: t.boolean({ description: 'Whether it may be synced.' }),
      sameContainer: t.boolean({
        defaultValue: false,
        description:
          'Say true when `provider` only names the same container anew: a host or folder that was renamed or moved. Its objects stay known and their tasks are not imported again. Otherwise another container starts a ledger of its own.',
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
          description: 'What to try in place of what is stored.',
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
          description: 'Its direction, and the settings of that.',
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
        'Connects a storage to a project. What it can not do without is proven first: when that fails, nothing is saved.',
      args: { input: t.arg({ type: CreateStorageInput, required: true, description: 'The storage.' }) },
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
      description: 'Changes a storage. A changed connection is proven before it is saved.',
      args: { input: t.arg({ type: UpdateStorageInput, required: true, description: 'The changes.' }) },
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
        'Proves what a storage can do, each capability apart, right now. Saves nothing, and leaves no object behind.',
      args: { input: t.arg({ type: ValidateStorageInput, required: true, description: 'The storage.' }) },
      errors: {
        types: [ValidationError, NotFoundError, ForbiddenError, ProviderError],
        dataField: { name: 'validation', description: 'What it can do.' },
        result: { description: 'All was tried; `validation.ok` says whether it passed.' },
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
    (t) => ({ origin: t.string({ required: true, description: 'Such as `https://label.example.com`.' }) }),
  );

  builder.mutationField('diagnoseStorage', (t) =>
    t.field({
      type: DiagnosisType,
      description: 'Signs a URL and fetches it as a browser on the given origin would: status, ranges, CORS.',
      args: { input: t.arg({ type: DiagnoseStorageInput, required: true, description: 'The storage.' }) },
      errors: {
        types: [ValidationError, NotFoundError, ForbiddenError, ProviderError],
        dataField: { name: 'diagnosis', description: 'What came of it.' },
        result: { description: 'All was tried; `diagnosis.ok` says whether a page can show the media.' },
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
        'What to paste at the provider for exactly this storage: least-privilege policies, trust, CORS rules.',
      args: { input: t.arg({ type: SetupGuideInput, required: true, description: 'The storage.' }) },
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
      description: 'Its storages, oldest first.',
      args: {
        ...pageArgs(t.arg),
        direction: t.arg({ type: StorageDirectionEnum, description: 'Only those of this direction.' }),
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
      title: t.exposeString('title', { description: 'Its name for people.' }),
      endpoint: t.exposeString('endpoint', {
        description: 'Its address, with `{region}`, `{account}`, `{namespace}` or `{host}` to fill in.',
      }),
      region: t.exposeString('region', {
        nullable: true,
        description: 'The only region there is; null when it is that of the bucket.',
      }),
      pathStyle: t.exposeBoolean('pathStyle', {
        description: 'Whether the bucket stands in the path rather than in the host name.',
      }),
      notes: t.field({ type: ['String'], description: 'What to mind.', resolve: ({ notes }) => [...notes] }),
    }),
  });

  const ProviderInfo = builder.objectRef<ProviderGraphql>('StorageProviderInfo').implement({
    description: 'A kind of storage that this installation offers.',
    fields: (t) => ({
      provider: t.field({
        type: StorageProviderEnum,
        description: 'The kind.',
        resolve: (it) => it.provider,
      }),
      title: t.string({
        description: 'Its name.',
        resolve: ({ provider }, _, { services }) => services.registry.get(provider)?.title ?? provider,
      }),
      description: t.exposeString('description', { description: 'What it takes.' }),
      presets: t.field({
        type: [ProviderPresetType],
        description: 'Vendors and servers that speak its protocol, and how to reach them.',
        resolve: ({ provider }, _, { services }) => [...(services.registry.get(provider)?.presets ?? [])],
      }),
      inputField: t.string({
        description: 'Its field in StorageProviderInput.',
        resolve: ({ provider }) => inputNameOf(provider),
      }),
    }),
  });

  builder.queryFields((t) => ({
    storage: t.field({
      type: StorageUnion,
      nullable: true,
      description: 'A storage by its id; null when there is none that you may see.',
      args: { id: t.arg.id({ required: true, description: 'Its id.' }) },
      resolve: (_, { id }, context) => {
        viewerOf(context);
        return context.loaders.storage.load(storageKey(id));
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
