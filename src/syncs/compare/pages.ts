import type { KnownObject } from '../../objects/model.ts';
import type { ListPage, ObjectInfo } from '../../providers/provider.ts';
import type { Criteria } from './criteria.ts';
import { judge, type Verdict } from './judge.ts';

/** An object with something to be done about it. */
export interface Finding {
  object: ObjectInfo;
  known: KnownObject | undefined;
  verdict: Exclude<Verdict, { kind: 'UNCHANGED' }>;
  /** Unchanged objects passed over since the finding before: they are settled together with this one. */
  unchangedBefore: number;
}

/** A page of a listing compared with the ledger: everything that a sync does, and a preview says, follows from it. */
export interface ComparedPage {
  /** All but the unchanged, in the order of the listing. */
  findings: Finding[];
  /** Unchanged objects behind the last finding. */
  unchangedAfter: number;
  /** Names that the provider itself could not make a key of. */
  unusable: { name: string; reason: string }[];
  /** Keys that the ledger has and the listing passed over (ordered providers). */
  missing: string[];
  /** All keys up to this one are dealt with by this page; undefined: the listing has no order. */
  settledUpTo: string | undefined;
  /** Keys of the unchanged objects (providers without an order). */
  seen: string[];
  /** How many of the objects the ledger has and does not take for gone (providers without an order). */
  present: number;
}

export const pageFrom = (page: Omit<ListPage, 'objects'> = {}): ComparedPage => ({
  findings: [],
  unchangedAfter: 0,
  unusable: page.unusable ?? [],
  missing: [],
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
