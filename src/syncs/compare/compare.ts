import type { Database } from '../../database/client.ts';
import type { ProviderError } from '../../errors.ts';
import { compareKeys, isUsableKey } from '../../objects/keys.ts';
import { knownByKey, knownOf, type LedgerEntry, walkLedger } from '../../objects/ledger.ts';
import { isGone, type KnownObject, type LedgerOwner, type SkipReason } from '../../objects/model.ts';
import type { ListPage, ObjectInfo } from '../../providers/provider.ts';
import type { SourceSettings } from '../../storages/model.ts';
import type { NamedPage } from './named.ts';

/**
 * The comparison of a listing with the ledger: everything that a sync does, and all that a preview
 * says, follows from it.
 */

export type ImportMode = 'NEW' | 'RETRY' | 'REIMPORT' | 'UPDATE' | 'NEW_TASK';

export type Verdict =
  | { kind: 'UNCHANGED' }
  /** Flagged as changed, and now again as it was imported. */
  | { kind: 'RESTORED' }
  /** Changed, and the policy is to leave it. `flag`: the ledger has yet to say so. */
  | { kind: 'CHANGED'; flag: boolean }
  /** `record`: the ledger has yet to say so. */
  | { kind: 'SKIPPED'; reason: SkipReason; record: boolean }
  | { kind: 'NOT_A_TASK_FILE' }
  /** Named, and the storage would say nothing about it. */
  | { kind: 'REFUSED'; error: ProviderError }
  | { kind: 'IMPORT'; mode: ImportMode };

export interface Criteria {
  settings: Pick<SourceSettings, 'importMethod' | 'onChanged'>;
  /** Whether the filter lets the key in. */
  matches: (key: string) => boolean;
  /** Whether the key's name is that of a file that may define tasks. */
  isTaskFile: (key: string) => boolean;
  reimport: boolean;
}

/** Missing keys to a page: between two listed ones there may lie any number. */
const MAX_MISSING = 5_000;

const unchanged: Verdict = { kind: 'UNCHANGED' };
const filteredOut: Verdict = { kind: 'SKIPPED', reason: 'FILTER', record: false };
const filteredOutNew: Verdict = { kind: 'SKIPPED', reason: 'FILTER', record: true };
const newObject: Verdict = { kind: 'IMPORT', mode: 'NEW' };

/** What is to be done with a listed object, given what the ledger knows of it. Pure. */
export function judge(object: ObjectInfo, known: KnownObject | undefined, criteria: Criteria): Verdict {
  const { settings, matches, reimport } = criteria;
  if (!isUsableKey(object.key)) return { kind: 'SKIPPED', reason: 'UNUSABLE_KEY', record: false };
  if (!matches(object.key)) {
    const settled = known && known.state !== 'FAILED' && known.state !== 'REMOVED';
    return settled ? filteredOut : filteredOutNew;
  }
  const wanted = (mode: ImportMode): Verdict =>
    settings.importMethod === 'TASKS' && !criteria.isTaskFile(object.key)
      ? { kind: 'NOT_A_TASK_FILE' }
      : mode === 'NEW'
        ? newObject
        : { kind: 'IMPORT', mode };
  if (!known) return wanted('NEW');
  const same = sameContent(object, known);
  if (known.state === 'SKIPPED') {
    if (known.code === 'OWN_EXPORT' && same) return { kind: 'SKIPPED', reason: 'OWN_EXPORT', record: false };
    return wanted('NEW');
  }
  const { onChanged } = settings;
  if (!same && onChanged === 'NEW_TASK') return wanted('NEW_TASK');
  if (known.state === 'FAILED') return wanted('RETRY');
  if (!same && onChanged === 'UPDATE') return wanted('UPDATE');
  if (reimport) return wanted('REIMPORT');
  // It is back: its tasks may have been deleted with it. Those that are there stay as they are.
  if (known.state === 'REMOVED') return wanted('RETRY');
  if (same) return known.state === 'IMPORTED' ? unchanged : { kind: 'RESTORED' };
  return { kind: 'CHANGED', flag: onChanged === 'FLAG' && known.state !== 'CHANGED' };
}

/** By version where the provider gives one, else by size and time. */
function sameContent(object: ObjectInfo, known: KnownObject): boolean {
  if (known.version !== null) return known.version === object.version;
  return known.size === object.size && known.modifiedAt === (object.modifiedAt?.getTime() ?? null);
}

/** Names the content of an object as well as the provider allows. */
export function versionOf(object: ObjectInfo): string {
  return object.version ?? `${object.size} bytes at ${object.modifiedAt?.toISOString()}`;
}

/** An object with something to be done about it. */
export interface Finding {
  object: ObjectInfo;
  known: KnownObject | undefined;
  verdict: Exclude<Verdict, { kind: 'UNCHANGED' }>;
  /** Unchanged objects passed over since the finding before: they are settled together with this one. */
  unchangedBefore: number;
}

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

const emptyPage = (page: ListPage): ComparedPage => ({
  findings: [],
  unchangedAfter: 0,
  unusable: page.unusable ?? [],
  missing: [],
  settledUpTo: undefined,
  seen: [],
  present: 0,
});

/**
 * Walks listing and ledger side by side, both in key order: one ordered statement per 10,000 ledger
 * entries, nothing per object. `after` is where both begin. The store vouches for the listing's order.
 */
export async function* compareInOrder(
  database: Pick<Database, 'sql'>,
  storage: LedgerOwner,
  listing: AsyncIterable<ListPage>,
  after: string | undefined,
  criteria: Criteria,
): AsyncGenerator<ComparedPage> {
  const walk = walkLedger(database, storage, after);
  let batch: LedgerEntry[] = [];
  let place = 0;
  let exhausted = false;
  const refill = async () => {
    const next = await walk.next();
    exhausted = next.done === true;
    batch = next.done ? [] : next.value;
    place = 0;
  };
  /** What judge() says of an object of the usual kind, with nothing made for it. */
  const isUnchanged = (entry: LedgerEntry, object: ObjectInfo) =>
    entry[2] === null && entry[1] === object.version && !criteria.reimport && criteria.matches(object.key);
  let settled = after;
  await refill();
  try {
    for await (const listed of listing) {
      let page = emptyPage(listed);
      for (const object of listed.objects) {
        let entry: LedgerEntry | undefined;
        while (!exhausted) {
          if (place === batch.length) {
            await refill();
            continue;
          }
          const candidate = batch[place]!;
          if (candidate[0] !== object.key) {
            if (compareKeys(candidate[0], object.key) > 0) break;
            if (!isGone(knownOf(candidate))) page.missing.push(candidate[0]);
            place++;
            if (page.missing.length < MAX_MISSING) continue;
            page.settledUpTo = candidate[0];
            yield page;
            page = emptyPage({ objects: [] });
            continue;
          }
          entry = candidate;
          place++;
          break;
        }
        if (entry && isUnchanged(entry, object)) page.unchangedAfter++;
        else add(page, object, entry && knownOf(entry), criteria);
      }
      // A key that can't be stored is no place to go on from.
      settled = listed.objects.findLast(({ key }) => isUsableKey(key))?.key ?? settled;
      page.settledUpTo = settled;
      yield page;
    }
    // What the ledger has behind the last listed key is missing too.
    const page = emptyPage({ objects: [] });
    page.settledUpTo = settled;
    while (!exhausted) {
      for (; place < batch.length; place++) {
        const entry = batch[place]!;
        if (!isGone(knownOf(entry))) page.missing.push(entry[0]);
        page.settledUpTo = entry[0];
      }
      if (page.missing.length > 0) yield { ...page };
      page.missing = [];
      await refill();
    }
  } finally {
    await walk.return(undefined);
  }
}

/**
 * For listings in no order: one look-up of the page's keys. `alreadySeen` names those that came before, and
 * takes note of the others: such a listing may give a key twice (Redis manual, SCAN, "Scan guarantees").
 */
export async function* compareByKey(
  database: Pick<Database, 'sql'>,
  storage: LedgerOwner,
  listing: AsyncIterable<ListPage>,
  alreadySeen: (keys: string[]) => Promise<Set<string>>,
  criteria: Criteria,
): AsyncGenerator<ComparedPage> {
  for await (const listed of listing) {
    const page = emptyPage(listed);
    const objects = [...new Map(listed.objects.map((object) => [object.key, object])).values()];
    const usable = objects.map(keyOf).filter(isUsableKey);
    const seen = await alreadySeen(usable);
    const known = await knownByKey(database, storage, usable);
    for (const object of objects) {
      if (seen.has(object.key)) continue;
      const entry = known.get(object.key);
      if (entry && !isGone(entry)) page.present++;
      if (!add(page, object, entry, criteria)) page.seen.push(object.key);
    }
    // Without an order, what is unchanged is settled with its page, by the names in `seen`.
    for (const finding of page.findings) finding.unchangedBefore = 0;
    page.unchangedAfter = page.seen.length;
    yield page;
  }
}

/** For keys that were named: they come in key order, and those that are absent may be known. */
export async function* compareNamed(
  database: Pick<Database, 'sql'>,
  storage: LedgerOwner,
  pages: AsyncIterable<NamedPage>,
  criteria: Criteria,
): AsyncGenerator<ComparedPage> {
  for await (const named of pages) {
    const page = emptyPage(named);
    const refused = new Map(named.refused.map(({ key, error }) => [key, error]));
    const keys = [...named.objects.map(keyOf), ...refused.keys(), ...named.absent];
    const known = await knownByKey(database, storage, keys);
    const objects = [...named.objects, ...[...refused.keys()].map(unseen)];
    for (const object of objects.sort((a, b) => compareKeys(a.key, b.key))) {
      const error = refused.get(object.key);
      if (!error) add(page, object, known.get(object.key), criteria);
      else push(page, { object, known: known.get(object.key), verdict: { kind: 'REFUSED', error } });
    }
    page.missing = named.absent.filter((key) => known.has(key) && !isGone(known.get(key)!));
    page.settledUpTo = keys.sort(compareKeys).at(-1);
    yield page;
  }
}

const keyOf = ({ key }: ObjectInfo) => key;

/** An object of which nothing is known but that it may be there. */
const unseen = (key: string): ObjectInfo => ({ key, size: 0, version: null, modifiedAt: null });

function push(page: ComparedPage, finding: Omit<Finding, 'unchangedBefore'>): void {
  page.findings.push({ ...finding, unchangedBefore: page.unchangedAfter });
  page.unchangedAfter = 0;
}

/** @returns whether there is something to do about the object */
function add(
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
