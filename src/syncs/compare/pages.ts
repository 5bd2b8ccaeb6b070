import type { KnownObject } from '../../objects/model.ts';
import type { StorePage } from '../../providers/listing.ts';
import type { ObjectInfo, OddName } from '../../providers/provider.ts';
import type { SourceCounts } from '../../tasks/bulk.ts';
import type { Criteria } from './criteria.ts';
import { judge, type Verdict } from './judge.ts';

/** An object with something to be done about it. */
export interface Finding {
  object: ObjectInfo;
  known: KnownObject | undefined;
  verdict: Exclude<Verdict, { kind: 'UNCHANGED' }>;
  /** Unchanged objects passed over since the finding before: they are settled together with this one. */
  unchangedBefore: number;
  /** Tasks of it that the project has, or had, before it is read (import method TASKS). */
  sources?: Pick<SourceCounts, 'live' | 'deleted'>;
}

/** A page of a listing compared with the ledger: everything that a sync does, and a preview says, follows from it. */
export interface ComparedPage {
  /** All but the unchanged, in the order of the listing. */
  findings: Finding[];
  /** Unchanged objects behind the last finding. */
  unchangedAfter: number;
  /** Names that the provider itself could not make a key of. */
  unusable: OddName[];
  /** Names that could not be looked at. */
  unreadable: OddName[];
  /** The listing has left folders out. */
  folders: boolean;
  /** Keys that the ledger has and the listing passed over (ordered providers). */
  missing: string[];
  /** Keys that the ledger has and the storage no longer looks at (ordered providers). */
  outOfScope: string[];
  /** All keys up to this one are dealt with by this page; undefined: the listing has no order. */
  settledUpTo: string | undefined;
  /** Keys of the unchanged objects (providers without an order). */
  seen: string[];
  /** How many of the objects the ledger takes for present (providers without an order). */
  present: number;
}

export const pageFrom = (page: Partial<StorePage> = {}): ComparedPage => ({
  findings: [],
  unchangedAfter: 0,
  unusable: page.unusable ?? [],
  unreadable: page.unreadable ?? [],
  folders: page.folders ?? false,
  missing: [],
  outOfScope: [],
  settledUpTo: undefined,
  seen: [],
  present: 0,
});

/** Puts a finding on the page, behind the unchanged ones passed over so far. */
export function push(page: ComparedPage, finding: Omit<Finding, 'unchangedBefore'>): void {
  page.findings.push({ ...finding, unchangedBefore: page.unchangedAfter });
  page.unchangedAfter = 0;
}

/** Judges an object and puts it on the page. @returns whether there is something to do about it */
export function add(
  page: ComparedPage,
  object: ObjectInfo,
  known: KnownObject | undefined,
  criteria: Criteria,
): boolean {
  const verdict = judge(object, known, criteria);
  if (verdict.kind === 'UNCHANGED') {
    page.unchangedAfter++;
    return false;
  }
  push(page, { object, known, verdict });
  return true;
}
