import type { Database } from '../database/client.ts';
import type { TargetSettings } from '../storages/model.ts';
import { annotationBody, taskBody } from './body.ts';
import type { AnnotationText, ExportContent, TaskText } from './model.ts';
import { annotationTexts, annotationTextsOfTasks, predictionTexts, taskTexts } from './reading.ts';

/**
 * What the objects of these subjects are to hold now, in a handful of statements for all of them. A subject that
 * is missing has no object: the annotation is gone, or the task's last one.
 */
export async function contentsOf(
  database: Pick<Database, 'sql'>,
  projectId: number,
  layout: TargetSettings['layout'],
  subjectIds: readonly number[],
): Promise<Map<number, ExportContent>> {
  return layout === 'TASK'
    ? taskContents(database, projectId, subjectIds)
    : annotationContents(database, projectId, subjectIds);
}

async function annotationContents(
  database: Pick<Database, 'sql'>,
  projectId: number,
  ids: readonly number[],
): Promise<Map<number, ExportContent>> {
  const annotations = await annotationTexts(database, projectId, ids);
  const taskIds = [...new Set(annotations.map(({ taskId }) => taskId))];
  const tasks = byId(await taskTexts(database, projectId, taskIds));
  const contents = new Map<number, ExportContent>();
  for (const annotation of annotations) {
    const task = tasks.get(annotation.taskId);
    if (task)
      contents.set(annotation.id, {
        body: annotationBody(annotation, task),
        fields: fieldsOf(task, annotation),
      });
  }
  return contents;
}

async function taskContents(
  database: Pick<Database, 'sql'>,
  projectId: number,
  ids: readonly number[],
): Promise<Map<number, ExportContent>> {
  const annotations = Map.groupBy(
    await annotationTextsOfTasks(database, projectId, ids),
    ({ taskId }) => taskId,
  );
  const annotated = [...annotations.keys()];
  const tasks = await taskTexts(database, projectId, annotated);
  const predictions = Map.groupBy(
    await predictionTexts(database, projectId, annotated),
    ({ taskId }) => taskId,
  );
  return new Map(
    tasks.map((task) => [
      task.id,
      {
        body: taskBody(task, annotations.get(task.id) ?? [], predictions.get(task.id) ?? []),
        fields: fieldsOf(task, null),
      },
    ]),
  );
}

const byId = <T extends { id: number }>(records: readonly T[]) => new Map(records.map((it) => [it.id, it]));

function fieldsOf(task: TaskText, annotation: AnnotationText | null): ExportContent['fields'] {
  const { id, innerId, sourceKey, createdAt, projectId } = task;
  return { annotation, task: { id, innerId, sourceKey, createdAt }, project: { id: projectId } };
}
