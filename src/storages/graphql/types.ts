import { ConflictError, ForbiddenError, NotFoundError, ValidationError } from '../../errors.ts';
import { builder } from '../../graphql/builder.ts';
import { viewerOf } from '../../graphql/context.ts';
import { describedEnum } from '../../graphql/enums.ts';
import { CapabilityEnum, ProviderErrorCodeEnum } from '../../graphql/errors.ts';
import { globalId } from '../../graphql/ids.ts';
import { idempotencyKeyOfSecret } from '../../graphql/inputs.ts';
import { type InputFields, storageKey, storageTypeName } from '../../graphql/provider.ts';
import { ProjectType } from '../../projects/graphql.ts';
import { providerNames } from '../../providers/provider.ts';
import {
  type CapabilityCheck,
  checkStatuses,
  directions,
  exportLayouts,
  importMethods,
  onChangedPolicies,
  onRemovedPolicies,
  type Schedule,
  type SettingsInput,
  type SourceSettings,
  type Storage,
  type StorageValidation,
  sourceDefaults,
  type TargetSettings,
  targetDefaults,
  writeModes,
} from '../model.ts';
import { exampleKey } from '../template.ts';

export const StorageProviderEnum = describedEnum('StorageProvider', 'A kind of storage.', providerNames, {
  S3: 'Amazon S3, and servers that speak its protocol.',
  GCS: 'Google Cloud Storage.',
  AZURE_BLOB: 'Azure Blob Storage.',
  REDIS: 'Redis: each string value is an object.',
  LOCAL_FILES: 'A folder of the machine that the service runs on.',
});

export const StorageDirectionEnum = describedEnum(
  'StorageDirection',
  'Whether the service reads from the storage or writes to it.',
  directions,
  {
    SOURCE: 'Objects become tasks.',
    TARGET: 'Annotations become objects.',
  },
);

const ImportMethodEnum = describedEnum('ImportMethod', 'How objects become tasks.', importMethods, {
  FILES: 'Each object is a task: its URI is the data. Needs only the permission to list.',
  TASKS: 'Each object defines tasks: JSON, a list of them, one per line, or Parquet; gzipped or not.',
});

const OnChangedEnum = describedEnum(
  'OnChanged',
  'What a sync does about an object that has changed since it was imported.',
  onChangedPolicies,
  {
    IGNORE: 'Does nothing about it.',
    FLAG: 'Sets its state to CHANGED and records a warning.',
    UPDATE: 'Gives its tasks without annotations the new data, and adds new rows as tasks.',
    NEW_TASK: 'Imports the object again, as new tasks.',
  },
);

const OnRemovedEnum = describedEnum(
  'OnRemoved',
  'What a sync does about an object that is gone. The ledger says REMOVED in any case.',
  onRemovedPolicies,
  {
    KEEP: 'Keeps the tasks of the object.',
    FLAG: 'Keeps the tasks of the object and records a warning.',
    DELETE_UNANNOTATED:
      'Deletes its tasks that have no annotation, unless suspiciously many objects are gone.',
  },
);

const ExportLayoutEnum = describedEnum('ExportLayout', 'What an exported object holds.', exportLayouts, {
  ANNOTATION: 'One annotation, with its task; can be imported again.',
  TASK: 'One task with all its annotations and predictions; can be imported again.',
});

const WriteModeEnum = describedEnum('WriteMode', 'Where an object is written that has changed.', writeModes, {
  OVERWRITE: 'Over the object that was there: there is one object, with the newest content.',
  NEW_OBJECT_PER_VERSION:
    'Beside the objects that were there, under a key that holds the start of the SHA-256 of its content before the extension (`1001.9f86d081884c7d65.json`). Nothing is overwritten or deleted; the export record names the newest one.',
});

const ScheduleType = builder.objectRef<Schedule>('SyncSchedule').implement({
  description: 'When a storage is synced by itself. Missed times are made up for once.',
  fields: (t) => ({
    cron: t.exposeString('cron', {
      description: 'Cron expression: minute, hour, day of month, month, day of week.',
    }),
    timeZone: t.exposeString('timeZone', { description: 'IANA name of the time zone.' }),
  }),
});

const ScheduleInput = builder.inputType('SyncScheduleInput', {
  description: 'When a storage is synced by itself.',
  fields: (t) => ({
    cron: t.string({
      required: true,
      description:
        "Cron expression: minute, hour, day of month, month, day of week. `0 6 * * 1-5` is six o'clock on workdays.",
    }),
    timeZone: t.string({
      defaultValue: 'UTC',
      description: 'IANA name of the time zone, such as `Europe/Berlin`.',
    }),
  }),
});

const SourceSettingsType = builder.objectRef<SourceSettings>('SourceSettings').implement({
  description: 'How a source storage becomes tasks.',
  fields: (t) => ({
    filter: t.exposeString('filter', {
      nullable: true,
      description: 'Regular expression (RE2) that a key must match from its start; null: every key matches.',
    }),
    importMethod: t.field({
      type: ImportMethodEnum,
      description: 'How objects become tasks.',
      resolve: ({ importMethod }) => importMethod,
    }),
    dataKey: t.exposeString('dataKey', {
      nullable: true,
      description: "Data key that an object's URI goes under; null: the label config's first one.",
    }),
    idField: t.exposeString('idField', {
      nullable: true,
      description:
        'Field that identifies a row of a task file when the file changes (`onChanged: UPDATE`); null: `id`.',
    }),
    schedule: t.field({
      type: ScheduleType,
      nullable: true,
      description: 'When the storage is synced by itself; null: never.',
      resolve: ({ schedule }) => schedule,
    }),
    keepCopies: t.exposeBoolean('keepCopies', {
      description: "Whether a copy of each imported object is kept in the service's data directory.",
    }),
    recursive: t.exposeBoolean('recursive', { description: 'Whether folders below the prefix are scanned.' }),
    presign: t.exposeBoolean('presign', {
      description: 'Whether browsers fetch media from the provider by signed URL, or through this service.',
    }),
    presignTtlMinutes: t.exposeInt('presignTtlMinutes', {
      description: 'Lifetime of a signed URL in minutes.',
    }),
    onChanged: t.field({
      type: OnChangedEnum,
      description: 'What a sync does about changed objects.',
      resolve: ({ onChanged }) => onChanged,
    }),
    onRemoved: t.field({
      type: OnRemovedEnum,
      description: 'What a sync does about objects that are gone.',
      resolve: ({ onRemoved }) => onRemoved,
    }),
    maximumRemovedShare: t.exposeFloat('maximumRemovedShare', {
      description: 'Share of the objects, 0 to 1: if more are gone at once, no task is deleted.',
    }),
  }),
});

const TargetSettingsType = builder.objectRef<TargetSettings>('TargetSettings').implement({
  description: 'How annotations are written to a target storage.',
  fields: (t) => ({
    layout: t.field({
      type: ExportLayoutEnum,
      description: 'What an exported object holds.',
      resolve: ({ layout }) => layout,
    }),
    keyTemplate: t.exposeString('keyTemplate', {
      description: 'Key of an object below the prefix, such as `{annotation.id}.json`.',
    }),
    writeMode: t.field({
      type: WriteModeEnum,
      description: 'Where an object is written whose content has changed.',
      resolve: ({ writeMode = targetDefaults.writeMode }) => writeMode,
    }),
    canDeleteObjects: t.exposeBoolean('canDeleteObjects', {
      description: 'Whether deleting an annotation deletes its object.',
    }),
    exportOnSave: t.exposeBoolean('exportOnSave', {
      description: 'Whether an annotation is exported soon after it is saved.',
    }),
    keepCopies: t.exposeBoolean('keepCopies', {
      description: "Whether a copy of each exported object is kept in the service's data directory.",
    }),
    exampleKey: t.string({
      description: 'A key below the prefix as the template makes it, of an annotation that does not exist.',
      resolve: (settings) => exampleKey('', settings),
    }),
  }),
});

const StorageSettingsUnion = builder.unionType('StorageSettings', {
  description: 'The settings of a storage, by its direction.',
  types: [SourceSettingsType, TargetSettingsType],
  resolveType: (settings) => ('importMethod' in settings ? SourceSettingsType : TargetSettingsType),
});

/** What all storages share; each provider's type adds its own settings. */
export const ExternalStorage = builder.interfaceRef<Storage>('ExternalStorage').implement({
  description: 'A connected external place, owned by a project.',
  resolveType: ({ provider }) => storageTypeName(provider),
  fields: (t) => ({
    id: t.id({
      description: 'Opaque id.',
      resolve: ({ id, provider }) => globalId(storageTypeName(provider), id),
    }),
    project: t.field({
      type: ProjectType,
      description: 'The project that the storage belongs to.',
      resolve: async ({ projectId }, _, { loaders }) => (await loaders.project.load(projectId))!,
    }),
    provider: t.field({
      type: StorageProviderEnum,
      description: 'The kind of storage.',
      resolve: ({ provider }) => provider,
    }),
    direction: t.field({
      type: StorageDirectionEnum,
      description: 'Whether the service reads from the storage or writes to it.',
      resolve: ({ direction }) => direction,
    }),
    title: t.exposeString('title', { nullable: true, description: 'Title of the storage.' }),
    description: t.exposeString('description', { nullable: true, description: 'What the storage is for.' }),
    prefix: t.exposeString('prefix', {
      nullable: true,
      description: 'Folder that the storage is limited to, as the provider names it.',
    }),
    uri: t.string({
      description: 'Address of the storage, as the URIs of its objects begin.',
      resolve: ({ provider, config, prefix }, _, { services }) =>
        services.registry.get(provider)?.uri(config, prefix) ?? '',
    }),
    settings: t.field({
      type: StorageSettingsUnion,
      description: 'How objects of the storage become tasks, or annotations become its objects.',
      resolve: ({ settings }) => settings,
    }),
    synchronizable: t.exposeBoolean('synchronizable', { description: 'Whether the storage may be synced.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the record was created.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When the record was last changed.' }),
  }),
});

const CheckStatusEnum = describedEnum('CheckStatus', 'The outcome of a check.', checkStatuses, {
  PASSED: 'The check was carried out just now and succeeded.',
  FAILED: 'The check was carried out and failed.',
  UNTESTED: 'The check could not be carried out; this is not a pass.',
});

const CapabilityCheckType = builder.objectRef<CapabilityCheck>('CapabilityCheck').implement({
  description: 'The check of one capability.',
  fields: (t) => ({
    capability: t.field({
      type: CapabilityEnum,
      description: 'The capability that was checked.',
      resolve: (it) => it.capability,
    }),
    status: t.field({
      type: CheckStatusEnum,
      description: 'The outcome of the check.',
      resolve: (it) => it.status,
    }),
    required: t.exposeBoolean('required', {
      description: 'Whether the storage cannot work without the capability.',
    }),
    code: t.field({
      type: ProviderErrorCodeEnum,
      nullable: true,
      description: 'Why the check failed; null when it did not.',
      resolve: (it) => it.code,
    }),
    message: t.exposeString('message', { description: 'What happened, in words for people.' }),
    hint: t.exposeString('hint', { nullable: true, description: 'What to do to remove the cause.' }),
  }),
});

export const StorageValidationType = builder.objectRef<StorageValidation>('StorageValidation').implement({
  description: 'The outcome of checking a storage.',
  fields: (t) => ({
    ok: t.exposeBoolean('ok', {
      description:
        'Whether the storage can be saved as it is: true exactly when `createStorage` would succeed. Other checks may have failed: each says so itself.',
    }),
    checks: t.field({
      type: [CapabilityCheckType],
      description: 'The checks, in the order in which they were carried out.',
      resolve: ({ checks }) => checks,
    }),
    exampleKey: t.exposeString('exampleKey', {
      nullable: true,
      description:
        'A full key as a target storage would have it, of an annotation that does not exist; null for a source storage.',
    }),
  }),
});

/** @param defaults what absent fields of a new storage are; of changes nothing: they stay */
const sourceFields = (t: InputFields, defaults: Partial<typeof sourceDefaults>) => ({
  filter: t.string({
    description:
      'Regular expression (RE2) that a key must match from its start; for local files, the file name. Empty: every key matches.',
  }),
  importMethod: t.field({
    type: ImportMethodEnum,
    defaultValue: defaults.importMethod,
    description: 'How objects become tasks.',
  }),
  dataKey: t.string({
    description:
      "Import method FILES: the data key for an object's URI; absent: the label config's first one.",
  }),
  idField: t.string({
    description:
      'Import method TASKS with `onChanged: UPDATE`: the field that identifies a row when its file changes, in the data or beside it; absent: `id`. Without one, rows are recognized by equal data, then by number.',
  }),
  recursive: t.boolean({
    description:
      'Whether folders below the prefix are scanned. The default of a new storage is true for local files and false for every other provider.',
  }),
  presign: t.boolean({
    defaultValue: defaults.presign,
    description: 'Whether browsers fetch media from the provider by signed URL, or through this service.',
  }),
  presignTtlMinutes: t.int({
    defaultValue: defaults.presignTtlMinutes,
    description: 'Lifetime of a signed URL in minutes: 1 to 10080.',
  }),
  onChanged: t.field({
    type: OnChangedEnum,
    defaultValue: defaults.onChanged,
    description: 'What a sync does about changed objects.',
  }),
  onRemoved: t.field({
    type: OnRemovedEnum,
    defaultValue: defaults.onRemoved,
    description: 'What a sync does about objects that are gone.',
  }),
  schedule: t.field({
    type: ScheduleInput,
    description: 'When the storage is synced by itself; null: never.',
  }),
  keepCopies: t.boolean({
    defaultValue: defaults.keepCopies,
    description: "Whether a copy of each imported object is kept in the service's data directory.",
  }),
  maximumRemovedShare: t.float({
    defaultValue: defaults.maximumRemovedShare,
    description: 'Share of the objects, 0 to 1: if more are gone at once, no task is deleted.',
  }),
});

const targetFields = (t: InputFields, defaults: Partial<typeof targetDefaults>) => ({
  layout: t.field({
    type: ExportLayoutEnum,
    defaultValue: defaults.layout,
    description: 'What an exported object holds.',
  }),
  keyTemplate: t.string({
    description:
      'Key below the prefix. The prefix may hold fields, too: they are saved as the start of the key template. Fields: {annotation.id}, {annotation.createdAt}, {annotation.completedBy}, {task.id}, {task.innerId}, {task.sourceKey}, {task.createdAt}, {project.id}; dates take a format such as {annotation.createdAt:yyyy/MM}. The default of a new storage is `{annotation.id}.json`, or `{task.id}.json` in layout TASK.',
  }),
  writeMode: t.field({
    type: WriteModeEnum,
    defaultValue: defaults.writeMode,
    description: 'Where an object is written whose content has changed.',
  }),
  canDeleteObjects: t.boolean({
    defaultValue: defaults.canDeleteObjects,
    description: 'Whether deleting an annotation deletes its object.',
  }),
  exportOnSave: t.boolean({
    defaultValue: defaults.exportOnSave,
    description: 'Whether an annotation is exported soon after it is saved.',
  }),
  keepCopies: t.boolean({
    defaultValue: defaults.keepCopies,
    description: "Whether a copy of each exported object is kept in the service's data directory.",
  }),
});

const SourceSettingsInput = builder.inputType('SourceSettingsInput', {
  description: 'How objects of a new source storage become tasks.',
  fields: (t) => sourceFields(t, sourceDefaults),
});
const TargetSettingsInput = builder.inputType('TargetSettingsInput', {
  description: 'How annotations become objects of a new target storage.',
  fields: (t) => targetFields(t, targetDefaults),
});
const SourceSettingsChangesInput = builder.inputType('SourceSettingsChangesInput', {
  description: 'Changes of how objects become tasks; what is absent stays.',
  fields: (t) => sourceFields(t, {}),
});
const TargetSettingsChangesInput = builder.inputType('TargetSettingsChangesInput', {
  description: 'Changes of how annotations become objects; what is absent stays.',
  fields: (t) => targetFields(t, {}),
});

export const StorageSettingsInput = builder.inputType('StorageSettingsInput', {
  description: 'The settings of a new storage, which say its direction.',
  isOneOf: true,
  fields: (t) => ({
    source: t.field({ type: SourceSettingsInput, description: 'The service reads from the storage.' }),
    target: t.field({ type: TargetSettingsInput, description: 'The service writes to the storage.' }),
  }),
});

export const StorageSettingsChangesInput = builder.inputType('StorageSettingsChangesInput', {
  description: 'Changes of the settings of a storage, by its direction.',
  isOneOf: true,
  fields: (t) => ({
    source: t.field({ type: SourceSettingsChangesInput, description: 'Changes of a source storage.' }),
    target: t.field({ type: TargetSettingsChangesInput, description: 'Changes of a target storage.' }),
  }),
});

/** Null settings mean the same as absent ones. */
export function settingsOf(
  input: typeof StorageSettingsChangesInput.$inferInput | null | undefined,
): SettingsInput | undefined {
  if (!input) return undefined;
  const filled = (fields: object | null | undefined) =>
    fields && Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  return { source: filled(input.source), target: filled(input.target) } as SettingsInput;
}

const DeleteStorageInput = builder.inputType('DeleteStorageInput', {
  description: 'Which storage to disconnect.',
  fields: (t) => ({ storageId: t.id({ required: true, description: 'Opaque id of the record.' }) }),
});

const CreateNotificationTokenInput = builder.inputType('CreateNotificationTokenInput', {
  description: 'The storage that is to receive notifications.',
  fields: (t) => ({
    storageId: t.id({ required: true, description: 'A source storage.' }),
    idempotencyKey: idempotencyKeyOfSecret(t),
  }),
});

const CreateNotificationTokenSuccess = builder
  .objectRef<{ storage: Storage; token: string }>('CreateNotificationTokenSuccess')
  .implement({
    description: 'The address that receives notifications.',
    fields: (t) => ({
      url: t.field({
        type: 'URL',
        description: 'Address to give to the provider, token included. It is not shown again.',
        resolve: ({ storage, token }, _, { services }) =>
          new URL(`/storages/${storage.id}/notifications?token=${token}`, services.baseUrl()),
      }),
      token: t.exposeString('token', {
        description: 'The token alone, for providers that send an Authorization header.',
      }),
    }),
  });

builder.mutationField('createNotificationToken', (t) =>
  t.field({
    type: CreateNotificationTokenSuccess,
    description:
      "Creates an address that receives the provider's notifications of changed objects (S3, GCS, Azure); only those objects are synced then. An earlier token of the storage is revoked.",
    args: {
      input: t.arg({
        type: CreateNotificationTokenInput,
        required: true,
        description: 'The fields of the request.',
      }),
    },
    errors: { types: [ValidationError, NotFoundError, ForbiddenError, ConflictError], directResult: true },
    resolve: (_, { input }, context) =>
      context.services.storages.createNotificationToken(
        viewerOf(context),
        storageKey(input.storageId),
        input.idempotencyKey,
      ),
  }),
);

builder.mutationField('deleteStorage', (t) =>
  t.field({
    type: 'ID',
    description:
      'Disconnects a storage: its ledger and history are deleted, its tasks and the objects in it stay.',
    args: {
      input: t.arg({ type: DeleteStorageInput, required: true, description: 'The fields of the request.' }),
    },
    errors: {
      types: [NotFoundError, ForbiddenError],
      dataField: { name: 'deletedId', description: 'Id of the deleted storage.' },
      result: { description: 'The storage is disconnected.' },
    },
    resolve: async (_, { input }, context) => {
      const storage = await context.services.storages.delete(viewerOf(context), storageKey(input.storageId));
      return globalId(storageTypeName(storage.provider), storage.id);
    },
  }),
);
