import type { Scope } from '../../objects/ledger.ts';
import type { IssueCode } from '../../objects/model.ts';
import { whyNothing } from '../../storages/probes/nothing-found.ts';
import { remarksOf } from '../compare/files.ts';
import type { NewSyncIssue, SyncCounts } from '../model.ts';

/** Names of one cause that are told one by one. */
const MAX_NAMES = 100;

type Odd = 'UNUSABLE_KEY' | 'UNREADABLE';
const odd = ['UNUSABLE_KEY', 'UNREADABLE'] as const satisfies Odd[];

export type Remarks = ReturnType<typeof createRemarks>;

/**
 * What a sync has to say about its listing as a whole, told once at its end: so that a storage that is as odd as it
 * was at the sync before says so in a line, not in a line for each object.
 */
export function createRemarks(dataKey: string) {
  const names: Record<Odd, NewSyncIssue[]> = { UNUSABLE_KEY: [], UNREADABLE: [] };
  const remarks = {
    /** The listing has left folders out. */
    folders: false,
    name(code: Odd, name: string, message: string): void {
      if (names[code].length < MAX_NAMES)
        names[code].push({ ...warning(code, message), key: printable(name) });
    },

    /** @param before how many objects the full sync before passed over, by reason */
    issues(counts: SyncCounts, before: Record<string, number>, scope: Scope): NewSyncIssue[] {
      const nothing = foundNothing(counts, scope, remarks.folders);
      return [
        ...odd.flatMap((code) => oddNames(code, names[code], counts.skippedBy[code] ?? 0, before[code] ?? 0)),
        ...(nothing ? [nothing] : []),
        ...remarksOf(counts.summed, dataKey).map(({ code, message }) => warning(code, message)),
        ...summaries.flatMap(([name, code, tell]) =>
          counts.summed[name] > 0 ? [warning(code, tell(counts.summed[name]))] : [],
        ),
      ];
    },
  };
  return remarks;
}

const summaries = [
  [
    'failedBefore',
    'FAILED_BEFORE',
    (count: number) =>
      `${objects(count)} failed at an earlier sync and did not change since. The object ledger says why; retryFailed reads them again.`,
  ],
  [
    'readOtherwise',
    'READ_OTHERWISE',
    (count: number) =>
      `${objects(count)} had been imported with another import method or data key; their tasks were left as they are. Sync with "reimport" to import them as the settings say now.`,
  ],
  ['leftScope', 'OUT_OF_SCOPE', (count: number) => leftScopeText(count)],
] as const;

export const leftScopeText = (count: number) =>
  `${objects(count)} left what the storage looks at (prefix, recursive, filter). Their tasks stay.`;

const objects = (count: number) => (count === 1 ? '1 object' : `${count} objects`);

function oddNames(code: Odd, names: NewSyncIssue[], sum: number, before: number): NewSyncIssue[] {
  if (sum === 0) return [];
  const example = names[0] ? ` One of them is "${names[0].key}": ${names[0].message}` : '';
  if (sum === before)
    return [warning(code, `${sum} names were passed over, as many as at the sync before.${example}`)];
  const more = sum > names.length ? [warning(code, `${sum} names were passed over.${example}`)] : [];
  return [...names.slice(0, MAX_NAMES - more.length), ...more];
}

/** Why the sync found nothing that it could import. */
function foundNothing(
  { listed, skippedBy }: SyncCounts,
  scope: Scope,
  folders: boolean,
): NewSyncIssue | undefined {
  const { FILTER = 0, NOT_A_TASK_FILE = 0 } = skippedBy;
  if (FILTER === listed) {
    const { code, message, hint } = whyNothing({ ...scope, folders, seen: listed });
    return warning(code, `${message} ${hint}`);
  }
  if (FILTER + NOT_A_TASK_FILE < listed) return undefined;
  return warning(
    'NOT_A_TASK_FILE',
    `None of ${objects(NOT_A_TASK_FILE)} is a .json, .jsonl, .ndjson or .parquet file. Use import method FILES for media, or check prefix and filter.`,
  );
}

const warning = (code: IssueCode, message: string): NewSyncIssue => ({
  ...{ severity: 'WARNING' as const, code, message },
  ...{ key: null, row: null, path: null },
});

/** A name in a form that the database can hold. */
const printable = (name: string) => name.toWellFormed().replaceAll('\0', '\\0').slice(0, 500);
