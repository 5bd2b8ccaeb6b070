import { builder } from '../../graphql/builder.ts';
import { type Schedule, type SourceSettings, type TargetSettings, targetDefaults } from '../model.ts';
import { exampleKey } from '../template.ts';
import { ExportLayoutEnum, ImportMethodEnum, OnChangedEnum, OnRemovedEnum, WriteModeEnum } from './enums.ts';

const ScheduleType = builder.objectRef<Schedule>('SyncSchedule').implement({
  description: 'When a storage is synced by itself. Missed times are made up for once.',
  fields: (t) => ({
    cron: t.exposeString('cron', {
      description: 'Cron expression: minute, hour, day of month, month, day of week.',
    }),
    timeZone: t.exposeString('timeZone', { description: 'IANA name of the time zone.' }),
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

export const StorageSettingsUnion = builder.unionType('StorageSettings', {
  description: 'The settings of a storage, by its direction.',
  types: [SourceSettingsType, TargetSettingsType],
  resolveType: (settings) => ('importMethod' in settings ? SourceSettingsType : TargetSettingsType),
});
