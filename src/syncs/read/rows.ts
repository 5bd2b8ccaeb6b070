import type { JsonObject, ParsedRow, RowProblem } from '../../formats/model.ts';
import type { IssueCode } from '../../objects/model.ts';
import type { ObjectInfo } from '../../providers/provider.ts';
import type { MemberLookup } from '../../tasks/members.ts';
import { newTaskOf } from '../../tasks/new-task.ts';
import { formOf, type OwnExport, readTaskRow, rowIdOf, type TaskDraft } from '../../tasks/row.ts';
import { versionOf } from '../compare/judge.ts';
import type { ReadingCheckpoint, SyncCounts } from '../model.ts';
import type { Batch } from '../run/committer.ts';

/** How many bad rows of one object are recorded one by one; the rest are counted. */
const MAX_ROW_ISSUES = 1_000;

/** Warnings of one cause that an object's rows are told of one by one. */
const MAX_WARNINGS = 100;

/** Causes that one row stands for: what one row of a file lacks, the others lack too. */
const oncePerObject = new Set<RowProblem['code']>(['IDS_ONLY', 'UNREAD_KEYS', 'NOT_SHOWN']);

/** Turns the rows of one object into tasks and issues of the batch at hand. */
export function createRowCollector(
  {
    object,
    revision,
    match,
    members,
    isOwn,
    dataKeys,
    idField,
  }: {
    object: ObjectInfo;
    revision: number;
    /** Stage the rows, to be matched with tasks that are there. */
    match: boolean;
    members: MemberLookup;
    isOwn: OwnExport;
    /** What the label config shows; none: it is not known yet. */
    dataKeys: readonly string[];
    /** Field that identifies a row; absent: `id`. */
    idField?: string | null | undefined;
  },
  resumed: ReadingCheckpoint | undefined,
) {
  let nextRow = resumed?.row ?? 0;
  let taskCount = resumed?.taskCount ?? 0;
  let failedRows = resumed?.failedRows ?? 0;
  let ownExports = resumed?.ownExports ?? 0;
  let joins = resumed?.joins ?? false;
  let form: 'BARE' | 'FULL' | undefined;
  let warnedOfForms = false;
  const warned = new Map<RowProblem['code'], number>();

  function note(
    batch: Batch,
    severity: 'ERROR' | 'WARNING',
    row: number | null,
    problem: Omit<RowProblem, 'code'> & { code: IssueCode },
  ) {
    batch.issues.push({
      severity,
      code: problem.code,
      message: problem.message + placeOf(problem),
      key: object.key,
      row,
      path: problem.path ?? null,
    });
  }

  function reject(batch: Batch, counts: SyncCounts, row: number, problem: RowProblem): void {
    if (problem.code === 'OWN_EXPORT') {
      ownExports++;
      return;
    }
    // It is there, though nobody can tell what it is.
    if (match) batch.staged.push({ source: { key: object.key, row, revision, id: null }, task: null });
    failedRows++;
    counts.failedRows++;
    if (failedRows <= MAX_ROW_ISSUES) note(batch, 'ERROR', row, problem);
    else if (failedRows === MAX_ROW_ISSUES + 1) {
      const message = `More than ${MAX_ROW_ISSUES} rows of this object failed; the others are only counted.`;
      note(batch, 'WARNING', null, { code: 'TOO_MANY_ISSUES', message });
    }
  }

  function warn(batch: Batch, counts: SyncCounts, row: number, warning: RowProblem): void {
    const before = warned.get(warning.code) ?? 0;
    warned.set(warning.code, before + 1);
    if (before > 0 && oncePerObject.has(warning.code)) return;
    counts.warnings++;
    if (before < MAX_WARNINGS) note(batch, 'WARNING', row, warning);
    else if (before === MAX_WARNINGS) {
      const message = `More than ${MAX_WARNINGS} warnings ${warning.code} of this object; the others are only counted.`;
      note(batch, 'WARNING', null, { code: 'TOO_MANY_ISSUES', message });
    }
  }

  function warnOfMixedForms(batch: Batch, counts: SyncCounts, row: number, next: 'BARE' | 'FULL'): void {
    form ??= next;
    if (form === next || warnedOfForms) return;
    warnedOfForms = true;
    counts.warnings++;
    const message = 'The object mixes bare tasks with {data, annotations, …} ones; both are imported.';
    note(batch, 'WARNING', row, { code: 'MIXED_FORMS', message });
  }

  return {
    async take(rows: readonly ParsedRow[], batch: Batch, counts: SyncCounts): Promise<void> {
      const drafts: { row: number; draft: TaskDraft; id: string | null }[] = [];
      for (const parsed of rows) {
        nextRow = parsed.row + 1;
        if ('problem' in parsed) {
          reject(batch, counts, parsed.row, parsed.problem);
          continue;
        }
        warnOfMixedForms(batch, counts, parsed.row, formOf(parsed.value));
        const read = readTaskRow(parsed.value, isOwn);
        if ('problem' in read) {
          reject(batch, counts, parsed.row, read.problem);
          continue;
        }
        for (const warning of read.warnings) warn(batch, counts, parsed.row, warning);
        if (showsNothing(read.task.data, dataKeys)) warn(batch, counts, parsed.row, notShown(dataKeys));
        drafts.push({ row: parsed.row, draft: read.task, id: rowIdOf(parsed.value, idField ?? 'id') });
      }
      const authors = drafts.flatMap(({ draft }) => draft.annotations.map(({ completedBy }) => completedBy));
      if (authors.length > 0) await members.learn(authors);
      for (const { row, draft, id } of drafts) {
        const source = { key: object.key, row, revision, id };
        const task = newTaskOf(draft, source, members);
        if (draft.shared !== undefined) {
          joins = true;
          batch.joining.push({ shared: draft.shared, task: { ...task, source } });
        } else if (match) batch.staged.push({ source, task });
        else batch.tasks.push(task);
        batch.weight += task.data.length + (task.annotations.length + task.predictions.length) * 500;
      }
      taskCount += drafts.length;
    },

    /** Where a worker that takes over goes on in this object. */
    checkpoint: (): ReadingCheckpoint => ({
      key: object.key,
      version: versionOf(object),
      row: nextRow,
      taskCount,
      failedRows,
      ...(ownExports > 0 && { ownExports }),
      ...(joins && { joins }),
      ...(match && { staged: true }),
    }),

    totals: () => ({
      ...{ taskCount, failedRows, joins },
      ownExport: ownExports > 0 && taskCount + failedRows === 0,
    }),
  };
}

/** Whether the label config shows nothing of the data. A data key may be a path: `$author.name`, `$pages[0]`. */
function showsNothing(data: JsonObject, dataKeys: readonly string[]): boolean {
  return dataKeys.length > 0 && !dataKeys.some((key) => Object.hasOwn(data, key.split(/[.[]/, 1)[0]!));
}

function notShown(dataKeys: readonly string[]): RowProblem {
  const names = dataKeys.slice(0, 10).map((key) => `"${key}"`);
  const message = `The label config shows nothing of this row: expected data with ${names.join(', ')}.`;
  return { code: 'NOT_SHOWN', message, path: 'data' };
}

/** ` (line 3, byte 120)`: bytes are counted from 0, as tools do. */
function placeOf({ line, byte }: Pick<RowProblem, 'line' | 'byte'>): string {
  if (line === undefined) return '';
  return byte === undefined ? ` (line ${line})` : ` (line ${line}, byte ${byte})`;
}
