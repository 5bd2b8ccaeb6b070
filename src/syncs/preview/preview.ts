import type { Database } from '../../database/client.ts';
import { ProviderError, ValidationError } from '../../errors.ts';
import { FormatError } from '../../formats/model.ts';
import { isUsableKey } from '../../objects/keys.ts';
import { countPresent, knownByKey } from '../../objects/ledger.ts';
import type { LedgerOwner } from '../../objects/model.ts';
import type { Viewer } from '../../organizations/model.ts';
import type { ProjectService } from '../../projects/service.ts';
import type { StorePage } from '../../providers/listing.ts';
import type { ObjectInfo } from '../../providers/provider.ts';
import type { Store } from '../../providers/store.ts';
import { openConnection } from '../../storages/connect/open.ts';
import type { SourceSettings } from '../../storages/model.ts';
import type { StorageService, ValidateStorageInput } from '../../storages/service.ts';
import { readTaskRow } from '../../tasks/row.ts';
import { type Criteria, criteriaOf, dataKeyOf } from '../compare/criteria.ts';
import { judge, type Verdict } from '../compare/judge.ts';
import type { ComparedPage } from '../compare/pages.ts';
import { compareByKey, type SeenKeys } from '../compare/seen.ts';
import { compareInOrder, DisorderError } from '../compare/walk.ts';
import { startReading } from '../read/object-reader.ts';

export const previewActions = ['IMPORT', 'UNCHANGED', 'CHANGED', 'SKIP', 'FAIL'] as const;
export type PreviewAction = (typeof previewActions)[number];

/** What a sync would do with one object. */
export interface PreviewEntry {
  key: string;
  size: number;
  modifiedAt: Date | null;
  action: PreviewAction;
  /** Why it would be skipped or fail. */
  code: string | null;
  message: string | null;
  /** Data of the task, or of the first one that the object defines; null: none would be created. */
  data: unknown;
}

export interface SyncPreview {
  entries: PreviewEntry[];
  /** What a sync would do with all objects, as counts; `removed` only for a saved storage. */
  counts: Record<Lowercase<PreviewAction> | 'listed' | 'removed', number>;
  /** false: the listing was given up after a while, and the counts are of its beginning. */
  complete: boolean;
}

export interface PreviewInput extends ValidateStorageInput {
  /** How many objects to show one by one. */
  first?: number | null | undefined;
}

const MAX_ENTRIES = 100;
/** How long a preview may list, in milliseconds. */
const TIME_LIMIT = 20_000;
/** How long all of a preview may take, in milliseconds, whatever the storage does. */
const HARD_LIMIT = 30_000;
/** A storage that is not saved has no ledger. */
const UNSAVED: LedgerOwner = { id: 0, projectId: 0 };

export type PreviewService = ReturnType<typeof createPreviewService>;

/** Shows what a sync would do, by the very comparison that a sync makes. Writes nothing. */
export function createPreviewService(
  database: Pick<Database, 'sql'>,
  projects: ProjectService,
  storages: StorageService,
) {
  return {
    async preview(viewer: Viewer, input: PreviewInput, client: AbortSignal): Promise<SyncPreview> {
      const signal = AbortSignal.any([client, AbortSignal.timeout(HARD_LIMIT)]);
      const first = input.first ?? 10;
      if (first < 1 || first > MAX_ENTRIES) {
        throw new ValidationError([{ path: 'first', message: `Expected 1 to ${MAX_ENTRIES}.` }]);
      }
      const candidate = await storages.candidateOf(viewer, input);
      if (!candidate.source) {
        throw new ValidationError([{ path: 'settings', message: 'Only source storages are scanned.' }]);
      }
      const project = await projects.get(viewer, candidate.projectId);
      const store = openConnection(candidate);
      try {
        const settings = candidate.source;
        const dataKey = dataKeyOf(settings, project);
        const storage = candidate.stored ?? UNSAVED;
        return await previewOf({ database, store, settings, storage, dataKey, first, signal });
      } finally {
        await store.close();
      }
    },
  };
}

interface PreviewContext {
  database: Pick<Database, 'sql'>;
  store: Store;
  settings: SourceSettings;
  storage: LedgerOwner;
  dataKey: string;
  first: number;
  signal: AbortSignal;
}

async function previewOf(context: PreviewContext): Promise<SyncPreview> {
  const { listsInOrder } = context.store.provider.capabilities;
  const criteria = criteriaOf(context.store, context.settings, false);
  const deadline = Date.now() + TIME_LIMIT;
  const { samples, ...preview } = await compared(context, criteria, listsInOrder, deadline).catch((error) => {
    // A listing that turns out to have no order is begun again, as one that promises none.
    if (error instanceof DisorderError) return compared(context, criteria, false, deadline);
    throw error;
  });
  const entries = (await judged(context, samples, criteria)).map((it) => entryOf(context, it));
  return { ...preview, entries: await Promise.all(entries) };
}

async function compared(
  { database, store, settings, storage, first, signal }: PreviewContext,
  criteria: Criteria,
  inOrder: boolean,
  deadline: number,
): Promise<Pick<SyncPreview, 'counts' | 'complete'> & { samples: ObjectInfo[] }> {
  const samples: ObjectInfo[] = [];
  const counts = { listed: 0, import: 0, unchanged: 0, changed: 0, skip: 0, fail: 0, removed: 0 };
  let complete = true;

  async function* listing(): AsyncGenerator<StorePage> {
    for await (const page of store.list({ recursive: settings.recursive, signal })) {
      samples.push(...page.objects.slice(0, Math.max(0, first - samples.length)));
      yield page;
      if (Date.now() > deadline) {
        complete = false;
        return;
      }
    }
  }

  const pages = inOrder
    ? compareInOrder(database, storage, listing(), undefined, criteria)
    : compareByKey(database, storage, listing(), rememberKeys(), criteria);
  let present = 0;
  for await (const page of pages) {
    addUp(counts, page, complete);
    present += page.present;
  }
  if (complete && !inOrder) counts.removed = (await countPresent(database, storage)) - present;
  return { samples, counts, complete };
}

/** Which of the keys were asked for before. A preview ends after a while, so that they fit into memory. */
function rememberKeys(): SeenKeys {
  const all = new Set<string>();
  return {
    async among(keys) {
      const seen = new Set(keys.filter((key) => all.has(key)));
      for (const key of keys) all.add(key);
      return seen;
    },
  };
}

function addUp(counts: SyncPreview['counts'], page: ComparedPage, complete: boolean): void {
  counts.listed += page.findings.length + page.unusable.length;
  counts.skip += page.unusable.length;
  for (const { verdict, unchangedBefore } of page.findings) {
    counts[actionOf(verdict).toLowerCase() as Lowercase<PreviewAction>]++;
    counts.listed += unchangedBefore;
    counts.unchanged += unchangedBefore;
  }
  counts.listed += page.unchangedAfter;
  counts.unchanged += page.unchangedAfter;
  // Behind a listing that was given up, nothing can be said to be gone.
  if (complete) counts.removed += page.missing.length;
}

interface Judged {
  object: ObjectInfo;
  verdict: Verdict;
}

async function judged(
  { database, storage }: PreviewContext,
  objects: readonly ObjectInfo[],
  criteria: Criteria,
): Promise<Judged[]> {
  const known = await knownByKey(database, storage, objects.map(({ key }) => key).filter(isUsableKey));
  return objects.map((object) => ({ object, verdict: judge(object, known.get(object.key), criteria) }));
}

function actionOf(verdict: Verdict): PreviewAction {
  switch (verdict.kind) {
    case 'UNCHANGED':
    case 'RESTORED':
      return 'UNCHANGED';
    case 'CHANGED':
      return 'CHANGED';
    case 'SKIPPED':
      return 'SKIP';
    case 'NOT_A_TASK_FILE':
    case 'REFUSED':
      return 'FAIL';
    case 'IMPORT':
      return verdict.mode === 'UPDATE' || verdict.mode === 'NEW_TASK' ? 'CHANGED' : 'IMPORT';
  }
}

async function entryOf(context: PreviewContext, { object, verdict }: Judged): Promise<PreviewEntry> {
  const { key, size, modifiedAt } = object;
  const entry = { key, size, modifiedAt, action: actionOf(verdict), code: null, message: null, data: null };
  if (verdict.kind === 'SKIPPED') return { ...entry, code: verdict.reason };
  if (verdict.kind === 'NOT_A_TASK_FILE') {
    return { ...entry, code: 'NOT_A_TASK_FILE', message: 'Not a .json, .jsonl, .ndjson or .parquet file.' };
  }
  if (verdict.kind !== 'IMPORT') return entry;
  if (context.settings.importMethod === 'FILES') {
    return { ...entry, data: { [context.dataKey]: context.store.uri(key) } };
  }
  return { ...entry, ...(await firstTask(context, object)) };
}

/** The first row of a task file, read as a sync would. */
async function firstTask(
  { store, signal }: PreviewContext,
  object: ObjectInfo,
): Promise<Pick<PreviewEntry, 'data'> | Pick<PreviewEntry, 'action' | 'code' | 'message'>> {
  const reader = startReading(store, object, { fromRow: 0, signal });
  const failed = (code: string, message: string) => ({ action: 'FAIL' as const, code, message });
  try {
    for await (const [row] of reader.rows) {
      if (!row) continue;
      if ('problem' in row) return failed(row.problem.code, row.problem.message);
      const read = readTaskRow(row.value);
      return 'problem' in read ? failed(read.problem.code, read.problem.message) : { data: read.task.data };
    }
    return { data: null };
  } catch (error) {
    if (error instanceof FormatError || error instanceof ProviderError)
      return failed(error.code, error.message);
    throw error;
  } finally {
    reader.abort();
  }
}
