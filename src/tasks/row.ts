import { createHash } from 'node:crypto';
import { isJsonObject, type JsonObject, type JsonValue, kindOf, type RowProblem } from '../formats/model.ts';
import { type AnnotationDraft, own, type PredictionDraft, RowReader } from './pre-annotations.ts';
import { takeBoolean, takeId, takeText } from './scalars.ts';

/** A task to be created, with what comes with it. */
export interface TaskDraft {
  data: JsonObject;
  meta: JsonObject;
  allowSkip: boolean;
  annotations: AnnotationDraft[];
  predictions: PredictionDraft[];
  /** Names the task that several rows bring, each one annotation of it; absent: the row is all of its task. */
  shared?: string;
}

/** Whether the project has written an exported annotation, by the mark and the id that it bears. */
export type OwnExport = (mark: string, annotationId: number) => boolean;

/** BARE: the whole row is the task's data. FULL: the data is in `data`, other fields beside it. */
export type RowForm = 'BARE' | 'FULL';

/** Which form a row has: FULL exactly if its `data` is an object. A file should keep to one. */
export function formOf(value: JsonObject): RowForm {
  return Object.hasOwn(value, 'data') && isJsonObject(value.data) ? 'FULL' : 'BARE';
}

/**
 * Reads a row as a task. A FULL row has `data` and may have `meta`, `allow_skip`, `annotations` and
 * `predictions`; all its other fields are left out. A field that is null or empty counts as absent. An annotation as
 * a target storage writes it, with its task inside, is read as that task.
 * @param value a row that the database can keep (see findUnstorable); it becomes part of the draft
 * @param isOwn tells exports of the project itself, which are no tasks; absent: every exported annotation is one
 * @returns the draft, with warnings for what was left out; or why the row can't be a task
 */
export function readTaskRow(
  value: JsonObject,
  isOwn?: OwnExport,
): { task: TaskDraft; warnings: RowProblem[] } | { problem: RowProblem } {
  try {
    if (formOf(value) === 'BARE')
      return isExported(value) ? readExported(value, isOwn ?? (() => true)) : readBare(value);
    if (isOwn) refuseOwn(value, isOwn);
    return readFull(value, value.data as JsonObject);
  } catch (error) {
    if (error instanceof WrongRow) return { problem: error.problem };
    throw error;
  }
}

/** Longest id that a row is known by, in characters. */
const LONGEST_ID = 500;

/** A row's own id: that field beside the data, else in it. null: it has none that is a text or a number. */
export function rowIdOf(value: JsonObject, field: string): string | null {
  const beside = own(value, field);
  const id = beside === null && isJsonObject(value.data) ? own(value.data, field) : beside;
  const text = typeof id === 'boolean' ? undefined : takeText(id);
  return text !== undefined && text !== '' && text.length <= LONGEST_ID ? text : null;
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
  for (const field of ['annotations', 'predictions']) {
    if (!isAbsent(value, field)) {
      const message = `A row with "${field}" needs its data in "data": expected an object, came ${kindOf(own(value, 'data'))}.`;
      throw new WrongRow({ code: 'DATA_MISSING', message, path: 'data' });
    }
  }
  const task = {
    data: value,
    meta: {},
    allowSkip: takeBoolean(own(value, 'allow_skip')) ?? true,
    annotations: [],
    predictions: [],
  };
  return { task, warnings: [] };
}

/** An exported annotation carries its task inside and its result at the top; a task row has it the other way. */
function isExported(value: JsonObject): boolean {
  return (
    isJsonObject(own(value, 'task')) &&
    Array.isArray(own(value, 'result')) &&
    Object.hasOwn(value, 'completed_by')
  );
}

/** Without a mark nobody can tell whose an exported annotation is: it counts as the project's own. */
function readExported(value: JsonObject, isOwn: OwnExport): { task: TaskDraft; warnings: RowProblem[] } {
  const { task: inside, ...annotation } = value;
  const task = inside as JsonObject;
  if (isMarked(value, isOwn) !== false) {
    const message =
      'This is an annotation as a target storage writes it, not a task. Keep targets and sources apart.';
    throw new WrongRow({ code: 'OWN_EXPORT', message });
  }
  const data = own(task, 'data');
  if (!isJsonObject(data)) {
    const message = `An exported annotation needs the data of its task: expected an object, came ${kindOf(data)}.`;
    throw new WrongRow({ code: 'DATA_MISSING', message, path: 'task.data' });
  }
  const [meta, allowSkip] = [own(task, 'meta'), own(task, 'allow_skip')];
  const read = readFull({ data, meta, allow_skip: allowSkip, annotations: [annotation] }, data);
  const name = JSON.stringify([own(task, 'project'), own(task, 'id'), data]);
  return { ...read, task: { ...read.task, shared: createHash('sha256').update(name).digest('hex') } };
}

/** Whether an annotation bears a mark of the project's own; undefined: it bears none. */
function isMarked(annotation: JsonObject, isOwn: OwnExport): boolean | undefined {
  const [mark, id] = [own(annotation, 'unique_id'), takeId(own(annotation, 'id'))];
  return typeof mark === 'string' && id !== undefined ? isOwn(mark, id) : undefined;
}

/** A task as a target storage of the project writes it, with its annotations. */
function refuseOwn(value: JsonObject, isOwn: OwnExport): void {
  const annotations = own(value, 'annotations');
  if (!Array.isArray(annotations)) return;
  if (!annotations.some((it) => isJsonObject(it) && isMarked(it, isOwn) === true)) return;
  const message = 'This is a task as a target storage of this project has written it.';
  throw new WrongRow({ code: 'OWN_EXPORT', message });
}

/** An empty list says as little as none. */
function isAbsent(value: JsonObject, field: string): boolean {
  const list = own(value, field);
  return list === null || (Array.isArray(list) && list.length === 0);
}

function readFull(value: JsonObject, data: JsonObject): { task: TaskDraft; warnings: RowProblem[] } {
  const reader = new RowReader();
  const object = (item: JsonValue) => (isJsonObject(item) ? item : undefined);
  const task: TaskDraft = {
    data,
    meta: reader.field(value, 'meta', '', object, 'an object') ?? {},
    allowSkip: reader.field(value, 'allow_skip', '', takeBoolean, 'true or false') ?? true,
    annotations: reader.annotations(value),
    predictions: reader.predictions(value),
  };
  reader.drafts(value);
  reader.warnOfIds();
  const unread = unreadKeys(value);
  if (unread.length > 0) {
    const names = unread.slice(0, 10).map((key) => JSON.stringify(key.slice(0, 50)));
    const message = `Nobody reads ${names.join(', ')}${unread.length > 10 ? ', …' : ''} beside "data". Tasks bring "annotations" and "predictions".`;
    reader.warnings.push({ code: 'UNREAD_KEYS', message, path: unread[0]!.slice(0, 200) });
  }
  return { task, warnings: reader.warnings };
}

/** Fields of a row that are read, or that exports write for their own books. */
const knownKeys = new Set([
  ...['data', 'meta', 'allow_skip', 'annotations', 'predictions', 'id', 'inner_id', 'project', 'file_upload'],
  ...['created_at', 'updated_at', 'updated_by', 'created_by', 'is_labeled', 'overlap', 'agreement'],
  ...['total_annotations', 'cancelled_annotations', 'total_predictions', 'predictions_score', 'state'],
  ...['comment_count', 'unresolved_comment_count', 'comment_authors', 'last_comment_updated_at'],
  ...['precomputed_agreement', 'reviews', 'reviewers', 'annotators', 'storage_filename', 'annotation_id'],
]);

function unreadKeys(value: JsonObject): string[] {
  return Object.keys(value).filter((key) => !knownKeys.has(key) && saysSomething(key, own(value, key)));
}

/** Nothing is lost with what is empty; drafts that are ids alone have their own warning. */
function saysSomething(key: string, item: JsonValue): boolean {
  if (item === null || item === '') return false;
  if (!Array.isArray(item)) return true;
  return key === 'drafts' ? item.some((draft) => isJsonObject(draft)) : item.length > 0;
}
