import type { SyncOptions } from '../../src/syncs/model.ts';
import type { SyncPreview } from '../../src/syncs/preview/preview.ts';

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
  state: 'IMPORTED' | 'CHANGED' | 'REMOVED' | 'SKIPPED' | 'FAILED';
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

/** What becomes of a listed object before anything of it is read. */
type Decision =
  | { action: 'unchanged' }
  | { action: 'changed'; flag: boolean }
  | { action: 'skip'; code: string; record: boolean }
  | { action: 'fail' }
  | { action: 'import'; counted: 'imported' | 'changed'; revision: number };

/** Whether the removal of the object is settled: one that the guard stopped is not. */
const isGone = ({ state, code }: Entry) => state === 'REMOVED' && code === null;

export class Model {
  readonly bucket = new Map<string, StoredFile>();
  /** By key, revision and row. */
  readonly tasks = new Map<string, ModelTask>();
  /** Deleted tasks, with the data that they had. */
  readonly deleted = new Map<string, Record<string, string>>();

  #decide(key: string, file: StoredFile, storage: ModelStorage, reimport: boolean): Decision {
    const { settings } = storage;
    const entry = storage.ledger.get(key);
    if (settings.filter !== null && !new RegExp(`^(?:${settings.filter})`, 'u').test(key)) {
      const record = !entry || entry.state === 'FAILED' || entry.state === 'REMOVED';
      return { action: 'skip', code: 'FILTER', record };
    }
    const same =
      entry !== undefined &&
      (entry.version === null
        ? entry.size === file.size && entry.modifiedAt === file.modifiedAt
        : entry.version === file.version);
    const take = (counted: 'imported' | 'changed', more = 0): Decision =>
      settings.importMethod === 'TASKS' && !key.endsWith('.json')
        ? { action: 'fail' }
        : { action: 'import', counted, revision: (entry?.revision ?? 0) + more };
    if (!entry) return take('imported');
    if (entry.state === 'SKIPPED') {
      if (entry.code === 'OWN_EXPORT' && same) return { action: 'skip', code: 'OWN_EXPORT', record: false };
      return take('imported');
    }
    if (!same && settings.onChanged === 'NEW_TASK') return take('changed', 1);
    if (entry.state === 'FAILED') return take('imported');
    if (!same && settings.onChanged === 'UPDATE') return take('changed');
    if (reimport || entry.state === 'REMOVED') return take('imported');
    if (same) return { action: 'unchanged' };
    return { action: 'changed', flag: settings.onChanged === 'FLAG' && entry.state !== 'CHANGED' };
  }

  /** What a full sync sees of the bucket, in key order. */
  #listing({ prefix }: ModelStorage): [string, StoredFile][] {
    return [...this.bucket].filter(([key]) => key.startsWith(prefix));
  }

  preview(storage: ModelStorage): SyncPreview['counts'] {
    const counts = { listed: 0, import: 0, unchanged: 0, changed: 0, skip: 0, fail: 0, removed: 0 };
    for (const [key, file] of this.#listing(storage)) {
      counts.listed++;
      const decision = this.#decide(key, file, storage, false);
      counts[decision.action === 'import' && decision.counted === 'changed' ? 'changed' : decision.action]++;
    }
    for (const [key, entry] of storage.ledger) if (!this.bucket.has(key) && !isGone(entry)) counts.removed++;
    return counts;
  }

  sync(storage: ModelStorage, { reimport = false, retryFailed = false }: SyncOptions): Counts {
    const counts = { ...noCounts };
    const failed = new Set(
      [...storage.ledger].filter(([, { state }]) => state === 'FAILED').map(([key]) => key),
    );
    const about = (key: string) => !retryFailed || failed.has(key);
    for (const [key, file] of this.#listing(storage)) {
      if (about(key)) this.#settle(key, file, storage, reimport, counts);
    }
    const missing = [...storage.ledger].filter(
      ([key, entry]) => about(key) && !this.bucket.has(key) && !isGone(entry),
    );
    this.#remove(storage, missing, counts);
    return counts;
  }

  #settle(key: string, file: StoredFile, storage: ModelStorage, reimport: boolean, counts: Counts): void {
    const { ledger, settings } = storage;
    const decision = this.#decide(key, file, storage, reimport);
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
        }
        break;
      case 'skip':
        counts.skipped++;
        if (decision.record) record({ state: 'SKIPPED', code: decision.code });
        break;
      case 'fail':
        counts.failed++;
        record({ state: 'FAILED', code: 'NOT_A_TASK_FILE' });
        break;
      case 'import': {
        const { revision } = decision;
        if (settings.importMethod === 'FILES') {
          this.#store(key, revision, -1, { image: `memory://memory/${key}` }, storage, reimport, counts);
          record({ taskCount: 1, revision });
          counts[decision.counted]++;
          break;
        }
        const rows = file.cut ? file.rows.slice(0, -1) : file.rows;
        const good = rows.flatMap((row, index) => (typeof row === 'object' ? [{ row, index }] : []));
        const failedRows = rows.filter((row) => row === 'BAD').length;
        const known = entry !== undefined || this.#rowsOf(this.tasks, key, revision).length > 0;
        if (settings.onChanged === 'UPDATE' && known) {
          this.#match(key, revision, rows, !file.cut, reimport, counts);
        } else {
          for (const { row, index } of good)
            this.#store(key, revision, index, row, storage, reimport, counts);
        }
        counts.failedRows += failedRows;
        const outcome = { taskCount: good.length, failedRows, revision };
        if (file.cut || failedRows > 0) {
          counts.failed++;
          record({ ...outcome, state: 'FAILED', code: file.cut ? 'BROKEN_JSON' : 'ROWS_FAILED' });
        } else if (good.length === 0 && rows.includes('EXPORT')) {
          counts.skipped++;
          record({ ...outcome, state: 'SKIPPED', code: 'OWN_EXPORT' });
        } else {
          counts[decision.counted]++;
          record(outcome);
        }
      }
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
    const present = [...ledger.values()].filter((entry) => !isGone(entry)).length;
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
