import { taskBody } from '../exports/body.ts';
import type { AnnotationText, TaskText } from '../exports/model.ts';
import { csvRow } from '../formats/csv.ts';
import type { SnapshotCounts, SnapshotFormat } from './model.ts';
import type { WholeTask } from './reader.ts';

/**
 * The text of a snapshot, piece by piece. In JSON and JSON Lines a task is what an export of layout TASK holds, so
 * each comes back in by an import.
 * @param counts grow with what was handed out
 */
export async function* snapshotText(
  portions: AsyncIterable<readonly WholeTask[]>,
  format: SnapshotFormat,
  counts: SnapshotCounts,
): AsyncGenerator<string, void, undefined> {
  const { begin, between, end, write } = writers[format];
  if (begin) yield begin;
  for await (const portion of portions) {
    const lead = counts.tasks > 0 ? between : '';
    count(counts, portion);
    yield lead + portion.map(write).join(between);
  }
  if (end) yield end;
}

/** Part of a snapshot, which can be read without the others. */
export interface PartText extends SnapshotCounts {
  content: Buffer;
  /** innerId of the last task; 0: there is none. */
  last: number;
}

/** Largest part, give or take one portion of tasks: it is held in memory. */
const PART_BYTES = 32 << 20;
const PART_TASKS = 10_000;

/** The text of a snapshot in parts of a bounded size. @param first whether there is to be one even if it is empty */
export async function* partTexts(
  portions: AsyncIterable<readonly WholeTask[]>,
  format: SnapshotFormat,
  first: boolean,
): AsyncGenerator<PartText, void, undefined> {
  const { begin, between, end, write } = writers[format];
  let counts = { tasks: 0, annotations: 0, predictions: 0 };
  let pieces = [Buffer.from(begin)];
  let [last, bytes] = [0, 0];
  const part = () => ({ ...counts, last, content: Buffer.concat([...pieces, Buffer.from(end)]) });
  for await (const portion of portions) {
    const piece = Buffer.from((counts.tasks > 0 ? between : '') + portion.map(write).join(between));
    count(counts, portion);
    pieces.push(piece);
    bytes += piece.length;
    last = portion.at(-1)?.task.innerId ?? last;
    if (bytes < PART_BYTES && counts.tasks < PART_TASKS) continue;
    yield part();
    first = false;
    counts = { tasks: 0, annotations: 0, predictions: 0 };
    pieces = [Buffer.from(begin)];
    bytes = 0;
  }
  if (first || counts.tasks > 0) yield part();
}

interface Writer {
  begin: string;
  /** Between two tasks. */
  between: string;
  end: string;
  write(task: WholeTask): string;
}

const json = ({ task, annotations, predictions }: WholeTask) => taskBody(task, annotations, predictions);

const columns = [
  ...['task_id', 'inner_id', 'source_key', 'data', 'meta', 'annotation_id', 'completed_by', 'result'],
  ...['was_cancelled', 'ground_truth', 'lead_time', 'created_at', 'updated_at'],
] as const;

const writers: Readonly<Record<SnapshotFormat, Writer>> = {
  JSON: { begin: '[\n', between: ',\n', end: '\n]\n', write: json },
  JSONL: { begin: '', between: '', end: '', write: (task) => `${json(task)}\n` },
  CSV: { begin: csvRow(columns), between: '', end: '', write: rows },
};

/** A row for each annotation; one without the annotation's fields for a task that has none. */
function rows({ task, annotations }: WholeTask): string {
  const none: (AnnotationText | undefined)[] = [undefined];
  return (annotations.length > 0 ? annotations : none).map((it) => row(task, it)).join('');
}

function row({ id, innerId, sourceKey, data, meta }: TaskText, it: AnnotationText | undefined): string {
  return csvRow([
    ...[id, innerId, sourceKey, data, meta],
    it?.id ?? null,
    it?.author?.email ?? null,
    it?.result ?? null,
    it ? String(it.wasCancelled) : null,
    it ? String(it.groundTruth) : null,
    it?.leadTime ?? null,
    it?.createdAt.toISOString() ?? null,
    it?.updatedAt.toISOString() ?? null,
  ]);
}

function count(counts: SnapshotCounts, portion: readonly WholeTask[]): void {
  counts.tasks += portion.length;
  for (const { annotations, predictions } of portion) {
    counts.annotations += annotations.length;
    counts.predictions += predictions.length;
  }
}
