import type { SyncOptions } from '../../src/syncs/model.ts';
import type { PreviewAction, PreviewEntry } from '../../src/syncs/preview/entries.ts';
import { noPreviewCounts, type SyncPreview } from '../../src/syncs/preview/preview.ts';

/**
 * What syncs should come to, worked out the slow and simple way: one object after the other, in plain maps.
 * Written from the descriptions of the settings, to be compared with what the engine does.
 */

/** A row of a task file: a task's text, a row that can't be one, or an annotation as targets write it. */
export type Row = { text: string } | 'BAD' | 'EXPORT';

export interface File {
  rows: Row[];
  /** The file breaks off: its last row is lost. */
  cut: boolean;
}

export interface StoredFile extends File {
  version: string | null;
  size: number;
  /** Milliseconds. */
  modifiedAt: number;
}

export interface Settings {
  importMethod: 'FILES' | 'TASKS';
  onChanged: 'IGNORE' | 'FLAG' | 'UPDATE' | 'NEW_TASK';
  onRemoved: 'KEEP' | 'FLAG' | 'DELETE_UNANNOTATED';
  maximumRemovedShare: number;
  filter: string | null;
}

export interface Entry {
  state: 'IMPORTED' | 'CHANGED' | 'REMOVED' | 'SKIPPED' | 'FAILED' | 'OUT_OF_SCOPE';
  code: string | null;
  version: string | null;
  size: number;
  modifiedAt: number;
  taskCount: number;
  failedRows: number;
  revision: number;
}

export interface ModelTask {
  data: Record<string, string>;
  annotated: boolean;
}

export interface ModelStorage {
  prefix: string;
  settings: Settings;
  ledger: Map<string, Entry>;
}

export const noCounts = {
  ...{ listed: 0, skipped: 0, unchanged: 0, imported: 0, changed: 0, removed: 0, failed: 0 },
  ...{ tasksCreated: 0, tasksUpdated: 0, tasksDeleted: 0, failedRows: 0, warnings: 0 },
};
export type Counts = typeof noCounts;

/** What a preview decides on an object; `data`: of the first task that it would make. */
export type PreviewedEntry = Pick<PreviewEntry, 'action' | 'data'> & { code: string | null };

/** What a sync says of its listing as a whole. */
type Seen = Record<'filtered' | 'noTaskFile' | 'left' | 'failedBefore' | 'files' | 'taskFiles', number>;

/** What becomes of a listed object before anything of it is read. */
type Decision =
  | { action: 'unchanged' }
  | { action: 'changed'; flag: boolean }
  | { action: 'skip'; code: string; record: boolean }
  /** The filter leaves out what was known. */
  | { action: 'leave' }
  /** It is as broken as before. */
  | { action: 'fail' }
  | { action: 'import'; counted: 'imported' | 'changed'; revision: number; claim: 'NEW' | 'BACK' | null };

/** What became of the object before it fell out of scope. */
const stood = ({ state, code }: Entry) =>
  state !== 'OUT_OF_SCOPE' ? state : code === 'FAILED' || code === 'SKIPPED' ? code : 'IMPORTED';

/** Whether the removal of the object is settled: one that the guard stopped is not. */
const isGone = ({ state, code }: Entry) => state === 'REMOVED' && code === null;

/** A name without an extension may be a task file's, too. */
const isTaskFile = (key: string) => /(^|\/)[^./]+$|\.json$/.test(key);

export class Model {
  readonly bucket = new Map<string, StoredFile>();
  /** By key, revision and row. */
  readonly tasks = new Map<string, ModelTask>();
  /** Deleted tasks, with the data that they had. */
  readonly deleted = new Map<string, Record<string, string>>();

  #decide(key: string, file: StoredFile, storage: ModelStorage, options: SyncOptions): Decision {
    const { reimport = false, retryFailed = false } = options;
    const { settings } = storage;
    const entry = storage.ledger.get(key);
    if (settings.filter !== null && !new RegExp(`^(?:${settings.filter})`, 'u').test(key)) {
      if (!entry || entry.state === 'REMOVED') return { action: 'skip', code: 'FILTER', record: true };
      const left = entry.state === 'SKIPPED' || entry.state === 'OUT_OF_SCOPE';
      return left ? { action: 'skip', code: 'FILTER', record: false } : { action: 'leave' };
    }
    if (settings.importMethod === 'TASKS' && !isTaskFile(key)) {
      return {
        action: 'skip',
        code: 'NOT_A_TASK_FILE',
        record: entry?.state !== 'SKIPPED' || entry.code !== 'NOT_A_TASK_FILE',
      };
    }
    const same =
      entry !== undefined &&
      (entry.version === null
        ? entry.size === file.size && entry.modifiedAt === file.modifiedAt
        : entry.version === file.version);
    const take = (counted: 'imported' | 'changed', claim: 'NEW' | 'BACK' | null, more = 0): Decision => ({
      ...{ action: 'import', counted, claim },
      revision: (entry?.revision ?? 0) + more,
    });
    if (!entry) return take('imported', 'NEW');
    const { onChanged } = settings;
    if (entry.state === 'SKIPPED' && (entry.code === 'IN_PROJECT' || entry.code === 'DELETED_BEFORE')) {
      if (reimport) return take('imported', 'NEW');
      if (!same && onChanged === 'NEW_TASK') return take('changed', null, 1);
      if (!same && onChanged === 'UPDATE') return take('changed', null);
      return { action: 'skip', code: entry.code, record: false };
    }
    if (stood(entry) === 'SKIPPED') {
      const own = entry.code === 'OWN_EXPORT' && same;
      return own ? { action: 'skip', code: 'OWN_EXPORT', record: false } : take('imported', 'NEW');
    }
    if (!same && onChanged === 'NEW_TASK') return take('changed', null, 1);
    if (stood(entry) === 'FAILED') {
      // What fell out of scope has lost why it failed.
      const again = !same || reimport || retryFailed || entry.state === 'OUT_OF_SCOPE';
      return again ? take('imported', 'BACK') : { action: 'fail' };
    }
    if (!same && onChanged === 'UPDATE') return take('changed', null);
    if (reimport) return take('imported', null);
    if (entry.state === 'REMOVED') return take('imported', 'BACK');
    if (same) return { action: 'unchanged' };
    return { action: 'changed', flag: onChanged === 'FLAG' && entry.state !== 'CHANGED' };
  }

  /** What a full sync sees of the bucket, in key order. */
  #listing({ prefix }: ModelStorage): [string, StoredFile][] {
    return [...this.bucket].filter(([key]) => key.startsWith(prefix));
  }

  preview(storage: ModelStorage): SyncPreview['counts'] {
    const counts = noPreviewCounts();
    for (const [key, file] of this.#listing(storage)) {
      counts.listed++;
      const decision = this.#decide(key, file, storage, {});
      if (decision.action !== 'import') counts[decision.action === 'leave' ? 'skip' : decision.action]++;
      else {
        // One task stands for all.
        const claimed = this.#claim(decision.claim, key, decision.revision, 1);
        counts[claimed ? 'skip' : decision.counted === 'changed' ? 'changed' : 'import']++;
      }
    }
    for (const [key, entry] of storage.ledger) {
      if (!this.bucket.has(key) && !isGone(entry) && entry.state !== 'OUT_OF_SCOPE') counts.removed++;
    }
    return counts;
  }

  /** What a preview says of each object, by key. */
  previewEntries(storage: ModelStorage): Map<string, PreviewedEntry> {
    const entries = this.#listing(storage).map(
      ([key, file]) => [key, this.#previewed(key, file, storage)] as const,
    );
    return new Map(entries);
  }

  #previewed(key: string, file: StoredFile, storage: ModelStorage): PreviewedEntry {
    const decision = this.#decide(key, file, storage, {});
    const entry = (action: PreviewAction, code: string | null = null, data: unknown = null) => ({
      action,
      code,
      data,
    });
    switch (decision.action) {
      case 'unchanged':
        return entry('UNCHANGED');
      case 'changed':
        return entry('CHANGED');
      case 'skip':
        return entry('SKIP', decision.code);
      case 'leave':
        return entry('SKIP', 'FILTER');
      case 'fail':
        return entry('FAIL', 'FAILED_BEFORE');
    }
    const claimed = this.#claim(decision.claim, key, decision.revision, 1);
    if (claimed) return entry('SKIP', claimed);
    const action = decision.counted === 'changed' ? 'CHANGED' : 'IMPORT';
    if (storage.settings.importMethod === 'FILES')
      return entry(action, null, { image: `memory://memory/${key}` });
    const [first] = file.cut ? file.rows.slice(0, -1) : file.rows;
    if (first === undefined) return file.cut ? entry('FAIL', 'BROKEN_JSON') : entry(action);
    if (first === 'EXPORT') return entry('SKIP', 'OWN_EXPORT');
    return first === 'BAD' ? entry('FAIL', 'BROKEN_JSON') : entry(action, null, first);
  }

  /** Whether the project has a task of the object, or had one. */
  hasSource(key: string): boolean {
    return [...this.tasks.keys(), ...this.deleted.keys()].some((id) => id.startsWith(`${key}|`));
  }

  sync(storage: ModelStorage, options: SyncOptions): Counts {
    const counts = { ...noCounts };
    const failed = new Set(
      [...storage.ledger].filter(([, { state }]) => state === 'FAILED').map(([key]) => key),
    );
    const about = (key: string) => !options.retryFailed || failed.has(key);
    const seen: Seen = { filtered: 0, noTaskFile: 0, left: 0, failedBefore: 0, files: 0, taskFiles: 0 };
    const before = new Set(storage.ledger.keys());
    for (const [key, file] of this.#listing(storage)) {
      if (about(key)) this.#settle(key, file, storage, options, counts, seen);
    }
    if (!options.retryFailed) {
      const nothing = counts.listed === seen.filtered + seen.noTaskFile;
      const onlyTaskFiles = seen.files > 0 && seen.files === seen.taskFiles;
      const remarks = [nothing, seen.left > 0, seen.failedBefore > 0, onlyTaskFiles];
      counts.warnings += remarks.filter(Boolean).length;
    }
    const missing = [...storage.ledger].filter(
      ([key, entry]) =>
        before.has(key) &&
        about(key) &&
        !this.bucket.has(key) &&
        !isGone(entry) &&
        entry.state !== 'OUT_OF_SCOPE',
    );
    this.#remove(storage, missing, counts);
    return counts;
  }

  /** Whether none of so many tasks would be made, since the project has them already or had them. */
  #claim(claim: 'NEW' | 'BACK' | null, key: string, revision: number, tasks: number, reimport = false) {
    const ofObject = (id: string) => id.startsWith(`${key}|${revision}|`);
    const live = [...this.tasks.keys()].filter(ofObject).length;
    const deleted = reimport ? 0 : [...this.deleted.keys()].filter(ofObject).length;
    if (claim === null || tasks === 0 || live + deleted < tasks) return undefined;
    if (live === 0) return 'DELETED_BEFORE';
    return claim === 'NEW' ? 'IN_PROJECT' : undefined;
  }

  #settle(
    key: string,
    file: StoredFile,
    storage: ModelStorage,
    options: SyncOptions,
    counts: Counts,
    seen: Seen,
  ): void {
    const { ledger } = storage;
    const decision = this.#decide(key, file, storage, options);
    const entry = ledger.get(key);
    const record = (values: Partial<Entry>) =>
      ledger.set(key, {
        ...{ state: 'IMPORTED', code: null, taskCount: 0, failedRows: 0, revision: entry?.revision ?? 0 },
        ...{ version: file.version, size: file.size, modifiedAt: file.modifiedAt },
        ...values,
      });
    counts.listed++;
    switch (decision.action) {
      case 'unchanged':
        counts.unchanged++;
        if (entry) entry.state = 'IMPORTED';
        break;
      case 'changed':
        counts.changed++;
        if (decision.flag && entry) {
          entry.state = 'CHANGED';
          counts.warnings++;
        } else if (entry?.state === 'OUT_OF_SCOPE') entry.state = 'IMPORTED';
        break;
      case 'leave':
        counts.skipped++;
        seen.filtered++;
        seen.left++;
        entry!.code = entry!.state === 'FAILED' ? 'FAILED' : null;
        entry!.state = 'OUT_OF_SCOPE';
        break;
      case 'skip':
        counts.skipped++;
        if (decision.code === 'FILTER') seen.filtered++;
        if (decision.code === 'NOT_A_TASK_FILE') seen.noTaskFile++;
        if (decision.record) record({ state: 'SKIPPED', code: decision.code });
        break;
      case 'fail':
        counts.failed++;
        seen.failedBefore++;
        break;
      case 'import':
        if (storage.settings.importMethod === 'FILES' && decision.counted === 'imported') {
          seen.files++;
          if (key.endsWith('.json')) seen.taskFiles++;
        }
        this.#import(key, file, storage, options, counts, decision, record);
    }
  }

  #import(
    key: string,
    file: StoredFile,
    storage: ModelStorage,
    { reimport = false }: SyncOptions,
    counts: Counts,
    { revision, claim, counted }: Extract<Decision, { action: 'import' }>,
    record: (values: Partial<Entry>) => void,
  ): void {
    const isFile = storage.settings.importMethod === 'FILES';
    const rows = file.cut ? file.rows.slice(0, -1) : file.rows;
    const good: [number, Record<string, string>][] = isFile
      ? [[-1, { image: `memory://memory/${key}` }]]
      : rows.flatMap((row, index) => (typeof row === 'object' ? [[index, row]] : []));
    const claimed = this.#claim(claim, key, revision, good.length, reimport);
    // Rows whose tasks were deleted are recognized as well, and stay deleted wherever they have gone in the file.
    const had =
      this.#rowsOf(this.tasks, key, revision).length + this.#rowsOf(this.deleted, key, revision).length;
    const known = storage.ledger.has(key) || had > 0;
    if (!isFile && storage.settings.onChanged === 'UPDATE' && known) {
      this.#match(key, revision, rows, !file.cut, reimport, counts);
    } else {
      for (const [row, data] of good) this.#store(key, revision, row, data, storage, reimport, counts);
    }
    const outcome = { taskCount: good.length, failedRows: 0, revision };
    const skip = (code: string) => {
      counts.skipped++;
      record({ ...outcome, state: 'SKIPPED', code });
    };
    const failedRows = isFile ? 0 : rows.filter((row) => row === 'BAD').length;
    counts.failedRows += failedRows;
    if (!isFile && (file.cut || failedRows > 0)) {
      counts.failed++;
      record({ ...outcome, failedRows, state: 'FAILED', code: file.cut ? 'BROKEN_JSON' : 'ROWS_FAILED' });
    } else if (good.length === 0 && rows.includes('EXPORT')) {
      skip('OWN_EXPORT');
    } else if (claimed) skip(claimed);
    else {
      counts[counted]++;
      record(outcome);
    }
  }

  #store(
    key: string,
    revision: number,
    row: number,
    data: Record<string, string>,
    { settings }: ModelStorage,
    reimport: boolean,
    counts: Counts,
  ): void {
    const id = taskId(key, revision, row);
    const task = this.tasks.get(id);
    if (task) {
      const follows = settings.importMethod === 'TASKS' && settings.onChanged === 'UPDATE' && !task.annotated;
      if (!follows || JSON.stringify(task.data) === JSON.stringify(data)) return;
      task.data = data;
      counts.tasksUpdated++;
    } else if (reimport || !this.deleted.has(id)) {
      this.deleted.delete(id);
      this.tasks.set(id, { data, annotated: false });
      counts.tasksCreated++;
    }
  }

  #rowsOf<T>(from: ReadonlyMap<string, T>, key: string, revision: number) {
    const prefix = `${key}|${revision}|`;
    return [...from]
      .filter(([id]) => id.startsWith(prefix) && id !== `${prefix}-1`)
      .map(([id, value]) => ({
        id,
        value,
        row: Number(id.slice(prefix.length)),
        next: undefined as number | undefined,
      }))
      .sort((a, b) => a.row - b.row);
  }

  /** Rows of a changed file and the tasks of it: by equal data, then by number. */
  #match(
    key: string,
    revision: number,
    rows: File['rows'],
    whole: boolean,
    reimport: boolean,
    counts: Counts,
  ): void {
    const tasks = this.#rowsOf(this.tasks, key, revision);
    const deleted = reimport ? [] : this.#rowsOf(this.deleted, key, revision);
    const worth = (of: (typeof tasks)[number] | (typeof deleted)[number]) =>
      ('annotated' in of.value && of.value.annotated ? 0 : 4) +
      (tasks.includes(of as never) ? 0 : 2) +
      (of.row < 0 ? 1 : 0);
    const known = [...tasks, ...deleted].sort((a, b) => worth(a) - worth(b) || a.row - b.row);
    const dataOf = (of: (typeof known)[number]) => ('annotated' in of.value ? of.value.data : of.value);
    const left = new Set(rows.flatMap((row, index) => (row === 'EXPORT' ? [] : [index])));
    const take = (index: number, found: (typeof known)[number] | undefined) => {
      if (!found) return;
      found.next = index;
      left.delete(index);
    };
    const free = (fits: (of: (typeof known)[number]) => boolean) =>
      known.find((of) => of.next === undefined && fits(of));
    for (const index of [...left]) {
      const row = rows[index];
      if (typeof row === 'object')
        take(
          index,
          free((of) => JSON.stringify(dataOf(of)) === JSON.stringify(row)),
        );
    }
    const numbered = (readable: boolean) => {
      for (const index of [...left]) {
        if ((typeof rows[index] === 'object') === readable)
          take(
            index,
            free((of) => of.row === index),
          );
      }
    };
    numbered(true);
    numbered(false);
    const lowest = Math.min(-1, ...tasks.map(({ row }) => row));
    const moved = tasks.filter(({ row, next }) => (next === undefined ? row >= 0 : next !== row));
    for (const { id } of moved) this.tasks.delete(id);
    for (const [rank, { value, next }] of moved.entries()) {
      this.tasks.set(taskId(key, revision, next ?? lowest - rank - 1), value);
    }
    if (whole && moved.some(({ next }) => next === undefined)) counts.warnings++;
    for (const { value, next } of tasks) {
      const row = next === undefined ? undefined : rows[next];
      if (typeof row !== 'object' || JSON.stringify(value.data) === JSON.stringify(row)) continue;
      if (value.annotated) counts.warnings++;
      else {
        value.data = row;
        counts.tasksUpdated++;
      }
    }
    const lowestDeleted = Math.min(-1, ...deleted.map(({ row }) => row));
    for (const { id } of this.#rowsOf(this.deleted, key, revision)) this.deleted.delete(id);
    for (const [rank, { value, next }] of deleted.entries()) {
      this.deleted.set(taskId(key, revision, next ?? lowestDeleted - rank - 1), value);
    }
    for (const index of left) {
      const data = rows[index];
      if (typeof data !== 'object') continue;
      this.tasks.set(taskId(key, revision, index), { data, annotated: false });
      counts.tasksCreated++;
    }
  }

  #remove({ ledger, settings }: ModelStorage, missing: [string, Entry][], counts: Counts): void {
    const { onRemoved, maximumRemovedShare } = settings;
    const present = [...ledger.values()].filter(
      (entry) => !isGone(entry) && entry.state !== 'OUT_OF_SCOPE',
    ).length;
    const guarded = onRemoved === 'DELETE_UNANNOTATED' && missing.length > present * maximumRemovedShare;
    if (guarded) counts.warnings++;
    for (const [key, entry] of missing) {
      entry.state = 'REMOVED';
      entry.code = guarded ? 'REMOVAL_GUARD' : null;
      counts.removed++;
      if (onRemoved === 'FLAG') counts.warnings++;
      if (onRemoved !== 'DELETE_UNANNOTATED' || guarded) continue;
      for (const [id, { annotated }] of this.tasks) {
        if (annotated || !id.startsWith(`${key}|`)) continue;
        this.tasks.delete(id);
        counts.tasksDeleted++;
      }
    }
  }
}

export const taskId = (key: string, revision: number, row: number) => `${key}|${revision}|${row}`;
