import { describedEnum, describedOther, OTHER, storedAs } from '../../graphql/enums.ts';
import { describedProviderErrors } from '../../graphql/errors.ts';
import { type IssueCode, issueCodes, type SkipReason, skipReasons } from '../model.ts';

const describedSkips: Readonly<Record<SkipReason, string>> = {
  FILTER: "The filter does not match the object's key.",
  OWN_EXPORT: 'The object is an export of this project; it is not imported as a task.',
  UNUSABLE_KEY:
    'The key has a NUL, is not Unicode, is longer than 2,000 bytes, or has `.` or `..` as a folder or name where the provider resolves them.',
  UNREADABLE: 'The object is there but cannot be looked at. Its tasks stay.',
  NOT_A_TASK_FILE: 'The name does not end in .json, .jsonl, .ndjson (each also .gz) or .parquet.',
  IN_PROJECT: 'The project has tasks of this object already, through another storage.',
  DELETED_BEFORE: 'The tasks of this object were deleted. Sync with `reimport` to bring them back.',
};

type Own = Exclude<IssueCode, SkipReason | keyof typeof describedProviderErrors>;
const describedIssues: Readonly<Record<Own, string>> = {
  BROKEN_JSON: 'The text is not valid JSON at the place that the message names.',
  NOT_AN_OBJECT: 'The row is valid JSON but not an object.',
  TOO_LARGE: 'The row, page or footer, or the object to export, is larger than its limit.',
  TOO_DEEP: 'The row is nested more than 512 levels deep.',
  INVALID_UTF8: 'The text is not valid UTF-8.',
  UNSTORABLE_TEXT: 'The row has a NUL or half a surrogate pair, which no database text can hold.',
  NUMBER_OUT_OF_RANGE: 'The row has a number that the database cannot hold.',
  INVALID_FIELD: 'A field of the row has a value of the wrong kind; the message says what was expected.',
  DATA_MISSING: 'The row has no data for a task.',
  IDS_ONLY:
    'Ids in `predictions`, `annotations` or `drafts` were left out; the rest of the row was imported.',
  UNREAD_KEYS: 'The row has keys that look like annotations and that nobody reads.',
  NOT_SHOWN: 'The row was imported, but the label config shows none of its data.',
  EMPTY_FILE: 'The object is empty.',
  BROKEN_GZIP: 'The gzip data is damaged or ends too early.',
  BROKEN_PARQUET: 'The Parquet file is damaged.',
  DECOMPRESSION_BOMB: 'The object unpacks out of all proportion to its size.',
  UNSUPPORTED_COMPRESSION: 'The object is compressed in a way that is not read.',
  UNSUPPORTED_ENCODING: 'The text is in an encoding other than UTF-8.',
  UNSUPPORTED_PARQUET: 'The Parquet file uses a feature that is not read.',
  NOT_STORED: 'The storage confirmed a write, and the object is not there as it was written.',
  KEY_TAKEN: 'Another export of the storage has the same key: make the key template tell them apart.',
  ROWS_FAILED: 'Some rows of the object failed; the others were imported.',
  MIXED_FORMS: 'The object mixes rows with and without `data`; all were imported.',
  ROW_KEPT: 'The row has changed and its task is annotated: the task keeps its data.',
  ROWS_GONE: 'Rows of a changed object are gone; their tasks were kept.',
  COPY_FAILED: 'No local copy of the object could be kept.',
  FAILED_BEFORE:
    'Objects failed at an earlier sync and have not changed since. `retryFailed` reads them again.',
  READ_OTHERWISE:
    'Objects were imported with another import method or data key. Sync with `reimport` to apply the settings.',
  OUT_OF_SCOPE: 'Objects lie outside of what the storage looks at now. Their tasks stay.',
  OBJECT_REMOVED: 'The object is gone from the storage.',
  REMOVAL_GUARD: 'More objects are gone at once than `maximumRemovedShare` allows: their tasks were kept.',
  NO_DATA_KEY: 'Neither the label config nor the storage names a data key: the tasks show nothing.',
  TASK_FILES: 'All objects imported as files are named like task files.',
  TOO_MANY_ISSUES: 'More issues of one cause were found than are recorded; the others are only counted.',
};

export const IssueCodeEnum = describedEnum(
  'IssueCode',
  'What a sync tells of an object, of a row, or of what it found as a whole.',
  [...new Set(issueCodes), OTHER],
  { ...describedProviderErrors, ...describedSkips, ...describedIssues, OTHER: describedOther },
);

export const SkipReasonEnum = describedEnum(
  'SkipReason',
  'Why a sync passes an object over.',
  [...skipReasons, OTHER],
  { ...describedSkips, OTHER: describedOther },
);

/** Codes as they are stored, as the enums name them. */
export const asIssueCode = storedAs(issueCodes);
export const asSkipReason = storedAs(skipReasons);
