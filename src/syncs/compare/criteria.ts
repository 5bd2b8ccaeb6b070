import { formatOf } from '../../formats/format.ts';
import type { Project } from '../../projects/model.ts';
import type { Store } from '../../providers/store.ts';
import { compileFilter, inPages } from '../../storages/filter.ts';
import type { SourceSettings } from '../../storages/model.ts';
import { UNNAMED_DATA_KEY } from '../../tasks/model.ts';

/** What objects are judged by. */
export interface Criteria {
  settings: Pick<SourceSettings, 'importMethod' | 'onChanged'>;
  /** Whether the filter lets the key in. */
  matches: (key: string) => boolean;
  /** Has `matches` know its results for a page of keys, without holding others up. */
  prepare: (keys: readonly string[]) => Promise<void>;
  /** Whether the key's name is that of a file that may define tasks. */
  isTaskFile: (key: string) => boolean;
  reimport: boolean;
}

/** The criteria of a storage's own settings. */
export function criteriaOf({ provider }: Store, settings: SourceSettings, reimport: boolean): Criteria {
  const filter = inPages(compileFilter(settings.filter));
  const subject = provider.filterSubject ?? ((key: string) => key);
  return {
    settings,
    matches: (key) => filter.matches(subject(key)),
    prepare: (keys) => filter.prepare(keys.map(subject)),
    isTaskFile: (key) => formatOf(key) !== null,
    reimport,
  };
}

/** The key of a task's data that holds its object's URI (import method FILES). */
export const dataKeyOf = ({ dataKey }: SourceSettings, { dataKeys }: Pick<Project, 'dataKeys'>): string =>
  dataKey ?? dataKeys[0] ?? UNNAMED_DATA_KEY;
