import { type Database, readConsistently } from '../database/client.ts';
import type { Count } from '../database/count.ts';
import type { AnnotationText, PredictionText, TaskText } from '../exports/model.ts';
import { annotationTextsOfTasks, predictionTexts, taskTexts } from '../exports/reading.ts';
import type { Project } from '../projects/model.ts';
import type { TaskFilter } from '../tasks/model.ts';
import { type WeighedTask, weighedTasksOf } from '../tasks/repository.ts';
import type { MediaTally, SnapshotCounts, SnapshotFormat } from './model.ts';

/** A task with all that hangs on it. */
export interface WholeTask {
  task: TaskText;
  annotations: AnnotationText[];
  predictions: PredictionText[];
}

/** A snapshot that is being read. */
export interface SnapshotReading {
  project: Project;
  format: SnapshotFormat;
  startedAt: Date;
  /** Tasks that were there at the start. */
  expected: Count;
  /** Of what `text` has handed out so far. */
  counts: SnapshotCounts;
  /** Of media that were copied on the way; undefined: none are to be. */
  media: MediaTally | undefined;
  /** Read from the database as the reader comes along. @throws NotFoundError, ForbiddenError when access is lost */
  text: AsyncGenerator<string, void, undefined>;
}

/** Tasks read at a time, and their stored bytes; a larger task comes alone. */
const PAGE = 500;
const MAX_BYTES = 2_000_000;

/**
 * The tasks of a project by innerId, portion by portion as the reader comes along. Each portion shows one state of the
 * database; between two of them nothing is held, so a task that is deleted or changed meanwhile is seen as it is then,
 * and no other is left out or comes twice.
 * @param behind innerId of the task to begin after
 */
export async function* wholeTasks(
  database: Pick<Database, 'sql'>,
  projectId: number,
  filter: TaskFilter,
  behind = 0,
): AsyncGenerator<WholeTask[], void, undefined> {
  for (let after = behind; ; ) {
    const { portion, last } = await readConsistently(database, async (tx) => {
      const page = withinBytes(await weighedTasksOf(tx.db, projectId, filter, { limit: PAGE, after }));
      const ids = page.map(({ id }) => id);
      const tasks = await taskTexts(tx, projectId, ids);
      const annotations = byTask(await annotationTextsOfTasks(tx, projectId, ids));
      const predictions = byTask(await predictionTexts(tx, projectId, ids));
      const portion = tasks
        .toSorted((a, b) => a.innerId - b.innerId)
        .map((task) => ({
          task,
          annotations: annotations.get(task.id) ?? [],
          predictions: predictions.get(task.id) ?? [],
        }));
      return { portion, last: page.at(-1)?.innerId };
    });
    if (last === undefined) return;
    yield portion;
    after = last;
  }
}

const byTask = <T extends { taskId: number }>(records: readonly T[]) =>
  Map.groupBy(records, ({ taskId }) => taskId);

/** The first of them, as far as they are small enough together. */
function withinBytes(page: readonly WeighedTask[]): readonly WeighedTask[] {
  let total = 0;
  const end = page.findIndex(({ bytes }, index) => {
    total += bytes;
    return index > 0 && total > MAX_BYTES;
  });
  return end < 0 ? page : page.slice(0, end);
}
