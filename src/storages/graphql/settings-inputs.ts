import { builder } from '../../graphql/builder.ts';
import type { InputFields } from '../../graphql/provider.ts';
import { type SettingsInput, sourceDefaults, targetDefaults } from '../model.ts';
import { ExportLayoutEnum, ImportMethodEnum, OnChangedEnum, OnRemovedEnum, WriteModeEnum } from './enums.ts';

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
