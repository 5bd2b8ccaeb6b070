import { isJsonObject, type JsonObject, type JsonValue, kindOf, type RowProblem } from '../formats/model.ts';

/** Who made an annotation, as the row tells; whether such a user exists is for the importer to find out. */
export interface AuthorHint {
  id?: number | undefined;
  email?: string | undefined;
}

/** An annotation to be created. */
export interface AnnotationDraft {
  /** Regions, as the labeling interface made them. */
  result: JsonValue[];
  /** null: not told, the importer falls back to the project's owner. */
  completedBy: AuthorHint | null;
  wasCancelled: boolean;
  groundTruth: boolean;
  /** Seconds. */
  leadTime: number | null;
  /** Id that the annotation had where it comes from. */
  importId: number | null;
  createdAt: Date | null;
  updatedAt: Date | null;
}

/** A model's prediction to be created. */
export interface PredictionDraft {
  result: JsonValue[];
  score: number | null;
  modelVersion: string | null;
}

/** A task to be created, with what comes with it. */
export interface TaskDraft {
  data: JsonObject;
  meta: JsonObject;
  allowSkip: boolean;
  annotations: AnnotationDraft[];
  predictions: PredictionDraft[];
}

/** BARE: the whole row is the task's data. FULL: the data is in `data`, other fields beside it. */
export type RowForm = 'BARE' | 'FULL';

/** Which form a row has: FULL exactly if its `data` is an object. A file should keep to one. */
export function formOf(value: JsonObject): RowForm {
  return Object.hasOwn(value, 'data') && isJsonObject(value.data) ? 'FULL' : 'BARE';
}

/**
 * Reads a row as a task. A FULL row has `data` and may have `meta`, `allow_skip`, `annotations` and
 * `predictions`; all its other fields are left out. A field that is null counts as absent.
 * @param value a row that the database can keep (see findUnstorable); it becomes part of the draft
 * @returns the draft, with warnings for what was left out; or why the row can't be a task
 */
export function readTaskRow(
  value: JsonObject,
): { task: TaskDraft; warnings: RowProblem[] } | { problem: RowProblem } {
  try {
    return formOf(value) === 'FULL' ? readFull(value, value.data as JsonObject) : readBare(value);
  } catch (error) {
    if (error instanceof WrongRow) return { problem: error.problem };
    throw error;
  }
}

/** Carries a problem out of nested fields; never leaves this file. */
class WrongRow extends Error {
  readonly problem: RowProblem;
  constructor(problem: RowProblem) {
    super(problem.message);
    this.problem = problem;
  }
}

function readBare(value: JsonObject): { task: TaskDraft; warnings: RowProblem[] } {
  if (isOwnExport(value)) {
    const message =
      'This is an annotation as a target storage writes it, not a task. Keep targets and sources apart.';
    throw new WrongRow({ code: 'OWN_EXPORT', message });
  }
  for (const field of ['annotations', 'predictions']) {
    if (!isAbsent(value, field)) {
      const message = `A row with "${field}" needs its data in "data": expected an object, came ${kindOf(own(value, 'data'))}.`;
      throw new WrongRow({ code: 'DATA_MISSING', message, path: 'data' });
    }
  }
  const task = {
    data: value,
    meta: {},
    allowSkip: own(value, 'allow_skip') !== false,
    annotations: [],
    predictions: [],
  };
  return { task, warnings: [] };
}

/** An exported annotation carries its task inside and its result at the top; a task row has it the other way. */
function isOwnExport(value: JsonObject): boolean {
  return (
    isJsonObject(own(value, 'task')) &&
    Array.isArray(own(value, 'result')) &&
    Object.hasOwn(value, 'completed_by')
  );
}

/** An empty list says as little as none. */
function isAbsent(value: JsonObject, field: string): boolean {
  const list = own(value, field);
  return list === null || (Array.isArray(list) && list.length === 0);
}

function readFull(value: JsonObject, data: JsonObject): { task: TaskDraft; warnings: RowProblem[] } {
  const warnings: RowProblem[] = [];
  const task: TaskDraft = {
    data,
    meta: optional(value, 'meta', '', isJsonObject, 'an object') ?? {},
    allowSkip: optional(value, 'allow_skip', '', isBoolean, 'true or false') ?? true,
    annotations: listOf(value, 'annotations').map((item, index) =>
      readAnnotation(item, `annotations[${index}]`, warnings),
    ),
    predictions: listOf(value, 'predictions').map((item, index) =>
      readPrediction(item, `predictions[${index}]`),
    ),
  };
  return { task, warnings };
}

function readAnnotation(item: JsonValue, path: string, warnings: RowProblem[]): AnnotationDraft {
  const annotation = objectAt(item, path);
  return {
    result: resultOf(annotation, path),
    completedBy: readAuthor(annotation, path),
    wasCancelled: optional(annotation, 'was_cancelled', path, isBoolean, 'true or false') ?? false,
    groundTruth: optional(annotation, 'ground_truth', path, isBoolean, 'true or false') ?? false,
    leadTime: optional(annotation, 'lead_time', path, isNumber, 'a number of seconds') ?? null,
    importId: readImportId(annotation, path, warnings),
    createdAt: readTime(annotation, 'created_at', path),
    updatedAt: readTime(annotation, 'updated_at', path),
  };
}

function readPrediction(item: JsonValue, path: string): PredictionDraft {
  const prediction = objectAt(item, path);
  return {
    result: resultOf(prediction, path),
    score: optional(prediction, 'score', path, isNumber, 'a number') ?? null,
    modelVersion: optional(prediction, 'model_version', path, isString, 'a string') ?? null,
  };
}

function resultOf(value: JsonObject, path: string): JsonValue[] {
  const result = own(value, 'result');
  if (!Array.isArray(result))
    throw wrong(`${path}.result`, 'a list', Object.hasOwn(value, 'result') ? result : undefined);
  return result;
}

/** A user's id, an e-mail address, or an object with one of them. */
function readAuthor(annotation: JsonObject, path: string): AuthorHint | null {
  const author = own(annotation, 'completed_by');
  if (author === null) return null;
  const here = `${path}.completed_by`;
  if (typeof author === 'string') return { email: author };
  if (isId(author)) return { id: author };
  if (!isJsonObject(author)) throw wrong(here, 'a user id, an e-mail address or an object', author);
  const id = optional(author, 'id', here, isId, 'a whole number');
  const email = optional(author, 'email', here, isString, 'a string');
  if (id === undefined && email === undefined) return null;
  return { id, email };
}

/** `import_id`, or else the `id` that the annotation had. Only whole numbers can be kept. */
function readImportId(annotation: JsonObject, path: string, warnings: RowProblem[]): number | null {
  const importId = optional(annotation, 'import_id', path, isId, 'a whole number');
  if (importId !== undefined) return importId;
  const id = own(annotation, 'id');
  if (id === null) return null;
  if (isId(id)) return id;
  const here = `${path}.id`;
  const message = `${here}: expected a whole number, came ${kindOf(id)}; imported without it.`;
  warnings.push({ code: 'INVALID_FIELD', message, path: here });
  return null;
}

/** RFC 3339 section 5.6, the zone optional (then UTC), as exports write it. */
const timePattern = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/i;

function readTime(value: JsonObject, field: string, path: string): Date | null {
  const text = optional(value, field, path, isString, 'an ISO 8601 time');
  if (text === undefined) return null;
  const match = timePattern.exec(text);
  const zoned = match && text.length > 10 && match[1] === undefined ? `${text}Z` : text;
  const time = new Date(zoned.replace(' ', 'T'));
  if (!match || Number.isNaN(time.getTime())) {
    const here = `${path}.${field}`;
    throw new WrongRow({ code: 'INVALID_FIELD', message: `${here}: expected an ISO 8601 time.`, path: here });
  }
  return time;
}

function listOf(value: JsonObject, field: string): JsonValue[] {
  return (
    optional(value, field, '', Array.isArray as (item: JsonValue) => item is JsonValue[], 'a list') ?? []
  );
}

function objectAt(item: JsonValue, path: string): JsonObject {
  if (!isJsonObject(item)) throw wrong(path, 'an object', item);
  return item;
}

/** The field if it is of the expected kind; undefined if absent or null. */
function optional<T extends JsonValue>(
  value: JsonObject,
  field: string,
  path: string,
  is: (item: JsonValue) => item is T,
  expected: string,
): T | undefined {
  const item = own(value, field);
  if (item === null) return undefined;
  if (!is(item)) throw wrong(path ? `${path}.${field}` : field, expected, item);
  return item;
}

/** Own fields only, so that a row can't be read through a prototype. */
function own(value: JsonObject, field: string): JsonValue {
  return Object.hasOwn(value, field) ? (value[field] ?? null) : null;
}

function wrong(path: string, expected: string, came: unknown): WrongRow {
  const message = `${path}: expected ${expected}, came ${kindOf(came)}.`;
  return new WrongRow({ code: 'INVALID_FIELD', message, path });
}

function isBoolean(item: JsonValue): item is boolean {
  return typeof item === 'boolean';
}

function isNumber(item: JsonValue): item is number {
  return typeof item === 'number';
}

function isString(item: JsonValue): item is string {
  return typeof item === 'string';
}

function isId(item: JsonValue): item is number {
  return Number.isSafeInteger(item);
}
