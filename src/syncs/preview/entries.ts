import type { Database } from '../../database/client.ts';
import { ProviderError } from '../../errors.ts';
import { FormatError, type ParsedRow } from '../../formats/model.ts';
import { isUsableKey } from '../../objects/keys.ts';
import { knownByKey } from '../../objects/ledger.ts';
import type { IssueCode, LedgerOwner } from '../../objects/model.ts';
import type { ObjectInfo } from '../../providers/provider.ts';
import type { Store } from '../../providers/store.ts';
import { type OwnExport, readTaskRow } from '../../tasks/row.ts';
import { claimOf, judgeClaim, sourcesOf } from '../compare/claims.ts';
import type { Criteria } from '../compare/criteria.ts';
import { judge, type Verdict } from '../compare/judge.ts';
import { type Finding, pageFrom, push } from '../compare/pages.ts';
import type { ExportDrift } from '../model.ts';
import { type ObjectReader, startReading } from '../read/object-reader.ts';

export const previewActions = [
  ...(['IMPORT', 'UNCHANGED', 'CHANGED', 'SKIP', 'FAIL'] as const),
  ...(['WRITE', 'DELETE'] as const),
] as const;
export type PreviewAction = (typeof previewActions)[number];

/** What a sync would do with one object. */
export interface PreviewEntry {
  key: string;
  size: number;
  modifiedAt: Date | null;
  action: PreviewAction;
  /** Why it would be skipped or fail. */
  code: IssueCode | null;
  message: string | null;
  /** Data of the task, or of the first one that the object defines; null: none would be created. */
  data: unknown;
  /** Whether the task file goes on after the row whose data that is. */
  hasMoreRows: boolean;
  /** How the object of a target differs from what was written there; null: it does not, or was not looked at. */
  drift: ExportDrift | null;
}

/** What is to be looked at: a storage, saved or not. */
export interface PreviewContext {
  database: Pick<Database, 'sql'>;
  store: Store;
  storage: LedgerOwner;
  criteria: Criteria;
  dataKey: string;
  /** Tells what target storages of the project have written. */
  isOwn: OwnExport;
  signal: AbortSignal;
}

/** What a sync would do with these objects, one by one. */
export async function entriesOf(
  context: PreviewContext,
  objects: readonly ObjectInfo[],
): Promise<PreviewEntry[]> {
  const { database, storage, criteria } = context;
  const keys = objects.map(({ key }) => key).filter(isUsableKey);
  const known = await knownByKey(database, storage, criteria.readAs, keys);
  const page = pageFrom();
  for (const object of objects) {
    const entry = known.get(object.key);
    const verdict = judge(object, entry, criteria);
    if (verdict.kind !== 'UNCHANGED') push(page, { object, known: entry, verdict });
  }
  const found = new Map((await claimed(context, page.findings)).map((it) => [it.object.key, it.verdict]));
  return Promise.all(
    objects.map((object) => entryOf(context, object, found.get(object.key) ?? { kind: 'UNCHANGED' })),
  );
}

/** The same, with those skipped that would make no task since the project has theirs, or had them. */
export async function claimed(
  { database, storage, criteria }: PreviewContext,
  findings: readonly Finding[],
): Promise<Finding[]> {
  const sources = await sourcesOf(database, storage, findings, criteria.settings.importMethod);
  return findings.map((it) => {
    const mode = it.verdict.kind === 'IMPORT' ? it.verdict.mode : null;
    // Of a task file, one task is taken for all: it is not read for this.
    const reason = mode && judgeClaim(claimOf(mode), 1, sources.get(it));
    return reason ? { ...it, verdict: { kind: 'SKIPPED', reason, record: true } } : it;
  });
}

export function actionOf(verdict: Verdict): PreviewAction {
  switch (verdict.kind) {
    case 'UNCHANGED':
    case 'RESTORED':
    case 'READ_OTHERWISE':
      return 'UNCHANGED';
    case 'CHANGED':
      return 'CHANGED';
    case 'SKIPPED':
    case 'OUT_OF_SCOPE':
      return 'SKIP';
    case 'FAILED_BEFORE':
    case 'REFUSED':
      return 'FAIL';
    case 'IMPORT':
      return verdict.mode === 'UPDATE' || verdict.mode === 'NEW_TASK' ? 'CHANGED' : 'IMPORT';
  }
}

const messages: Partial<Record<IssueCode, string>> = {
  IN_PROJECT: 'The project has its tasks, by another storage or an earlier one.',
  DELETED_BEFORE: 'Its tasks were deleted. Sync with "reimport" to bring them back.',
  NOT_A_TASK_FILE: 'Not a .json, .jsonl, .ndjson or .parquet file.',
  READ_OTHERWISE:
    'It was imported with another import method or data key. Sync with "reimport" to import it as the settings say now.',
  FAILED_BEFORE: 'It failed at an earlier sync and did not change since; retryFailed reads it again.',
};

async function entryOf(context: PreviewContext, object: ObjectInfo, verdict: Verdict): Promise<PreviewEntry> {
  const { key, size, modifiedAt } = object;
  const code = codeOf(verdict);
  const message = (code && messages[code]) ?? null;
  const nothing = { data: null, hasMoreRows: false, drift: null };
  const entry = { key, size, modifiedAt, action: actionOf(verdict), code, message, ...nothing };
  if (verdict.kind !== 'IMPORT') return entry;
  if (context.criteria.settings.importMethod === 'FILES') {
    return { ...entry, data: { [context.dataKey]: context.store.uri(key) } };
  }
  return { ...entry, ...(await firstTask(context, object)) };
}

function codeOf(verdict: Verdict): IssueCode | null {
  if (verdict.kind === 'SKIPPED') return verdict.reason;
  if (verdict.kind === 'OUT_OF_SCOPE') return 'FILTER';
  return verdict.kind === 'READ_OTHERWISE' || verdict.kind === 'FAILED_BEFORE' ? verdict.kind : null;
}

/** The first row of a task file, read as a sync would. */
async function firstTask(
  { store, isOwn, signal }: PreviewContext,
  object: ObjectInfo,
): Promise<Partial<PreviewEntry>> {
  const reader = startReading(store, object, { fromRow: 0, signal });
  const failed = (code: IssueCode, message: string) => ({ action: 'FAIL' as const, code, message });
  try {
    const rows = rowsOf(reader);
    const { value: row } = await rows.next();
    if (!row) return { data: null };
    if ('problem' in row) return failed(row.problem.code, row.problem.message);
    const read = readTaskRow(row.value, isOwn);
    if (!('problem' in read)) return { data: read.task.data, hasMoreRows: await goesOn(rows) };
    const { code, message } = read.problem;
    return code === 'OWN_EXPORT' ? { action: 'SKIP', code, message } : failed(code, message);
  } catch (error) {
    if (error instanceof FormatError || error instanceof ProviderError)
      return failed(error.code, error.message);
    throw error;
  } finally {
    reader.abort();
  }
}

async function* rowsOf({ rows }: ObjectReader): AsyncGenerator<ParsedRow, undefined> {
  for await (const some of rows) yield* some;
}

/** What follows and cannot be read is more, too: a sync would tell what is wrong with it. */
async function goesOn(rows: AsyncGenerator<ParsedRow, undefined>): Promise<boolean> {
  try {
    return !(await rows.next()).done;
  } catch (error) {
    if (error instanceof FormatError) return true;
    throw error;
  }
}
