import { describedEnum } from '../../graphql/enums.ts';
import { providerNames } from '../../providers/provider.ts';
import {
  checkStatuses,
  directions,
  exportLayouts,
  importMethods,
  onChangedPolicies,
  onRemovedPolicies,
  writeModes,
} from '../model.ts';

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

export const ImportMethodEnum = describedEnum('ImportMethod', 'How objects become tasks.', importMethods, {
  FILES: 'Each object is a task: its URI is the data. Needs only the permission to list.',
  TASKS: 'Each object defines tasks: JSON, a list of them, one per line, or Parquet; gzipped or not.',
});

export const OnChangedEnum = describedEnum(
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

export const OnRemovedEnum = describedEnum(
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

export const ExportLayoutEnum = describedEnum(
  'ExportLayout',
  'What an exported object holds.',
  exportLayouts,
  {
    ANNOTATION: 'One annotation, with its task; can be imported again.',
    TASK: 'One task with all its annotations and predictions; can be imported again.',
  },
);

export const WriteModeEnum = describedEnum(
  'WriteMode',
  'Where an object is written that has changed.',
  writeModes,
  {
    OVERWRITE: 'Over the object that was there: there is one object, with the newest content.',
    NEW_OBJECT_PER_VERSION:
      'Beside the objects that were there, under a key that holds the start of the SHA-256 of its content before the extension (`1001.9f86d081884c7d65.json`). Nothing is overwritten or deleted; the export record names the newest one.',
  },
);

export const CheckStatusEnum = describedEnum('CheckStatus', 'The outcome of a check.', checkStatuses, {
  PASSED: 'The check was carried out just now and succeeded.',
  FAILED: 'The check was carried out and failed.',
  UNTESTED: 'The check could not be carried out; this is not a pass.',
});
