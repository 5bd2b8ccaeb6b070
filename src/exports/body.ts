import { exportMark } from '../annotations/mark.ts';
import type { AnnotationText, PredictionText, TaskText } from './model.ts';

/**
 * The JSON of exported objects, with the field names and nesting of Label Studio's own exports (schema/exports). Values
 * that people gave come as JSON text from the database and go out as they are, digit for digit.
 */

type Fields = readonly (readonly [name: string, json: string])[];
const object = (fields: Fields) => `{${fields.map(([name, json]) => `"${name}":${json}`).join(',')}}`;
const list = (items: readonly string[]) => `[${items.join(',')}]`;
const text = (value: string | null) => JSON.stringify(value);
const time = (value: Date) => `"${value.toISOString()}"`;
const nothing = (...names: string[]): Fields => names.map((name) => [name, 'null'] as const);

function author({ author }: AnnotationText): string {
  if (!author) return 'null';
  const { id, firstName, lastName, email } = author;
  return object([
    ['id', String(id)],
    ['first_name', text(firstName)],
    ['last_name', text(lastName)],
    ['email', text(email)],
  ]);
}

function username({ author }: AnnotationText): string {
  if (!author) return '';
  const { firstName, lastName, email, id } = author;
  return `${firstName}${lastName ? ` ${lastName}` : ''} ${email}, ${id}`;
}

/** What both layouts say of an annotation, apart from who made it, its result, and its task. */
const facts = (it: AnnotationText): Fields => [
  ['was_cancelled', String(it.wasCancelled)],
  ['ground_truth', String(it.groundTruth)],
  ['created_at', time(it.createdAt)],
  ['updated_at', time(it.updatedAt)],
  ['draft_created_at', 'null'],
  ['lead_time', it.leadTime ?? 'null'],
];
const origins = (it: AnnotationText): Fields => [
  ['unique_id', text(exportMark(it.origin, it.projectId, it.id))],
  ['import_id', it.importId ?? 'null'],
  ['last_action', 'null'],
  ['bulk_created', 'false'],
];
const parents = nothing('updated_by', 'parent_prediction', 'parent_annotation', 'last_created_by');

const counters = (it: TaskText): Fields => [
  ['inner_id', String(it.innerId)],
  ['total_annotations', String(it.totalAnnotations)],
  ['cancelled_annotations', String(it.cancelledAnnotations)],
  ['total_predictions', String(it.totalPredictions)],
];
const comments: Fields = [
  ['comment_count', '0'],
  ['unresolved_comment_count', '0'],
  ['last_comment_updated_at', 'null'],
];

/** Layout ANNOTATION: one annotation with its task inside. */
export function annotationBody(it: AnnotationText, task: TaskText): string {
  return object([
    ['id', String(it.id)],
    ['result', it.result],
    ['created_username', text(username(it))],
    // How long ago is true only when it is written: always now.
    ['created_ago', text('0\u00a0minutes')],
    ['completed_by', author(it)],
    [
      'task',
      object([
        ['id', String(task.id)],
        ['data', task.data],
        ['meta', task.meta],
        ['created_at', time(task.createdAt)],
        ['updated_at', time(task.updatedAt)],
        ['is_labeled', String(task.isLabeled)],
        ['allow_skip', String(task.allowSkip)],
        ['overlap', String(task.overlap)],
        ...counters(task),
        ['precomputed_agreement', 'null'],
        ...comments,
        ['project', String(task.projectId)],
        ...nothing('updated_by', 'file_upload'),
        ['comment_authors', '[]'],
      ]),
    ],
    ...facts(it),
    ...origins(it),
    ['project', String(it.projectId)],
    ...parents,
  ]);
}

/** Layout TASK: a task with all its annotations and predictions. */
export function taskBody(
  task: TaskText,
  annotations: readonly AnnotationText[],
  predictions: readonly PredictionText[],
): string {
  return object([
    ['id', String(task.id)],
    ['annotations', list(annotations.map(nested))],
    ['drafts', '[]'],
    ['predictions', list(predictions.map(prediction))],
    ['data', task.data],
    ['meta', task.meta],
    ['created_at', time(task.createdAt)],
    ['updated_at', time(task.updatedAt)],
    ['allow_skip', String(task.allowSkip)],
    ...counters(task),
    ...comments,
    ['project', String(task.projectId)],
    ['updated_by', 'null'],
    ['comment_authors', '[]'],
  ]);
}

const nested = (it: AnnotationText) =>
  object([
    ['id', String(it.id)],
    ['completed_by', author(it)],
    ['result', it.result],
    ...facts(it),
    ['prediction', '{}'],
    ['result_count', String(it.resultCount)],
    ...origins(it),
    ['task', String(it.taskId)],
    ['project', String(it.projectId)],
    ...parents,
  ]);

const prediction = (it: PredictionText) =>
  object([
    ['id', String(it.id)],
    ['result', it.result],
    ['score', it.score ?? 'null'],
    ['model_version', text(it.modelVersion)],
    ['created_at', time(it.createdAt)],
    ['updated_at', time(it.updatedAt)],
    ['task', String(it.taskId)],
    ['project', String(it.projectId)],
  ]);
