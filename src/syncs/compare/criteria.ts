import { formatOf } from '../../formats/format.ts';
import { hasDotSegment } from '../../objects/keys.ts';
import type { Scope } from '../../objects/ledger.ts';
import type { Project } from '../../projects/model.ts';
import type { Store } from '../../providers/store.ts';
import { compileFilter, inPages } from '../../storages/filter.ts';
import type { SourceSettings } from '../../storages/model.ts';
import { UNNAMED_DATA_KEY } from '../../tasks/model.ts';
import type { SyncOptions } from '../model.ts';

/** What objects are judged by. */
export interface Criteria {
  settings: Pick<SourceSettings, 'importMethod' | 'onChanged'>;
  /** Whether the filter lets the key in. */
  matches: (key: string) => boolean;
  /** Has `matches` know its results for a page of keys, without holding others up. */
  prepare: (keys: readonly string[]) => Promise<void>;
  /** Whether the key is that of a snapshot which the project itself has written. */
  isOwnSnapshot: (key: string) => boolean;
  /** Whether an object of this key can be read, and its media be served. */
  isReadable: (key: string) => boolean;
  /** Whether the key's name is that of a file that may define tasks. */
  isTaskFile: (key: string) => boolean;
  /** Whether a listing of the storage, if it has such an object, shows it. */
  isInScope: (key: string) => boolean;
  /** How objects are read now, as the ledger names it. */
  readAs: string;
  reimport: boolean;
  /** Objects that failed by their content are read again, though it is the same. */
  retry: boolean;
}

/** Files that programs keep for themselves beside the data: `_SUCCESS`, `.DS_Store`. */
const bookkeeping = /(^|\/)[._][^./]*$/;

/** The criteria of a storage's own settings. */
export function criteriaOf(
  store: Store,
  settings: SourceSettings,
  project: Pick<Project, 'dataKeys'>,
  { reimport = false, retryFailed = false }: SyncOptions,
  { isOwnSnapshot, signal }: Pick<Criteria, 'isOwnSnapshot'> & { signal: AbortSignal },
): Criteria {
  const filter = inPages(compileFilter(settings.filter));
  const subject = store.provider.filterSubject ?? ((key: string) => key);
  const { prefix, recursive } = scopeOf(store, settings);
  const { folders, dotsInKeys = false } = store.provider.capabilities;
  return {
    settings,
    isOwnSnapshot,
    matches: (key) => filter.matches(subject(key)),
    prepare: (keys) => filter.prepare(keys.map(subject), signal),
    // Where something on the way resolves dot segments, such a key would name another object.
    isReadable: (key) => !folders || dotsInKeys || !hasDotSegment(key.slice(prefix.length)),
    isTaskFile: (key) => formatOf(key) !== null && !bookkeeping.test(key),
    isInScope: (key) =>
      key.startsWith(prefix) && (recursive || (!key.endsWith('/') && !key.includes('/', prefix.length))),
    readAs: settings.importMethod === 'TASKS' ? 'TASKS' : `FILES ${dataKeyOf(settings, project)}`,
    reimport,
    retry: retryFailed,
  };
}

/** Where a storage looks. Without folders all keys are of one level. */
export const scopeOf = ({ location, provider }: Store, { recursive }: SourceSettings): Scope => ({
  prefix: location.prefix,
  recursive: recursive || !provider.capabilities.folders,
});

/** The key of a task's data that holds its object's URI (import method FILES). */
export const dataKeyOf = ({ dataKey }: SourceSettings, { dataKeys }: Pick<Project, 'dataKeys'>): string =>
  dataKey ?? dataKeys[0] ?? UNNAMED_DATA_KEY;
