import type { Database } from '../../database/client.ts';
import { compareKeys, isUsableKey } from '../../objects/keys.ts';
import { knownOf, type LedgerEntry, walkLedger } from '../../objects/ledger.ts';
import { isPresent, type LedgerOwner } from '../../objects/model.ts';
import type { StorePage } from '../../providers/listing.ts';
import type { ObjectInfo } from '../../providers/provider.ts';
import type { Criteria } from './criteria.ts';
import { isPlainlyUnchanged } from './judge.ts';
import { add, type ComparedPage, pageFrom } from './pages.ts';
import { createUnreadable } from './unreadable.ts';

/** Keys to a page that the ledger alone has: between two listed ones there may lie any number. */
const MAX_MISSING = 5_000;

/** Thrown where a listing breaks the order that a walk relies on. What was compared before stands. */
export class DisorderError extends Error {
  constructor() {
    super('The storage does not list its keys in the order that its protocol promises.');
    this.name = 'DisorderError';
  }
}

/**
 * Walks listing and ledger side by side, both in key order: one ordered statement per 10,000 ledger
 * entries, nothing per object. `after` is where both begin.
 * @throws DisorderError
 */
export async function* compareInOrder(
  database: Pick<Database, 'sql'>,
  storage: LedgerOwner,
  listing: AsyncIterable<StorePage>,
  after: string | undefined,
  criteria: Criteria,
): AsyncGenerator<ComparedPage> {
  const ledger = openLedger(walkLedger(database, storage, criteria.readAs, after));
  const unreadable = createUnreadable();
  let page = pageFrom();
  page.settledUpTo = after;

  /** The ledger alone has it: it is missing, if it was there, is looked for, and would be seen. */
  function onlyKnown(entry: LedgerEntry): void {
    const known = knownOf(entry);
    const { key } = known;
    if (isPresent(known)) {
      if (!criteria.isInScope(key)) page.outOfScope.push(key);
      else if (!unreadable.covers(key)) page.missing.push(key);
    }
    page.settledUpTo = key;
  }
  /** The listing alone has it. */
  function onlyListed(object: ObjectInfo): void {
    add(page, object, undefined, criteria);
  }
  function both(entry: LedgerEntry, object: ObjectInfo): void {
    if (isPlainlyUnchanged(entry, object, criteria)) page.unchangedAfter++;
    else add(page, object, knownOf(entry), criteria);
  }

  try {
    for await (const listed of listing) {
      if (listed.disordered) throw new DisorderError();
      const { settledUpTo } = page;
      page = pageFrom(listed);
      await criteria.prepare(listed.objects.map(({ key }) => key));
      unreadable.add(page.unreadable);
      for (const object of listed.objects) {
        let entry = ledger.current();
        if (!entry && !ledger.ended) entry = await ledger.refill();
        while (entry && entry[0] !== object.key && compareKeys(entry[0], object.key) < 0) {
          onlyKnown(entry);
          if (isFull(page)) {
            yield page;
            page = pageFrom();
          }
          entry = ledger.step() ?? (await ledger.refill());
        }
        if (entry?.[0] !== object.key) onlyListed(object);
        else {
          both(entry, object);
          ledger.step();
        }
      }
      // A key that can't be stored is no place to go on from.
      page.settledUpTo = listed.objects.findLast(({ key }) => isUsableKey(key))?.key ?? settledUpTo;
      yield page;
    }
    // What the ledger has behind the last listed key is missing too.
    const { settledUpTo } = page;
    page = pageFrom();
    page.settledUpTo = settledUpTo;
    for (let entry = ledger.current() ?? (await ledger.refill()); entry; ) {
      onlyKnown(entry);
      if (isFull(page)) {
        yield page;
        page = pageFrom();
      }
      entry = ledger.step() ?? (await ledger.refill());
    }
    if (page.missing.length + page.outOfScope.length > 0) yield page;
  } finally {
    await ledger.close();
  }
}

const isFull = ({ missing, outOfScope }: ComparedPage) => missing.length + outOfScope.length >= MAX_MISSING;

/** The ledger as something to walk over: most steps wait for nothing. */
function openLedger(walk: AsyncGenerator<LedgerEntry[]>) {
  let batch: LedgerEntry[] = [];
  let place = 0;
  const ledger = {
    ended: false,
    /** The entry at hand; undefined: the batch is used up. */
    current: (): LedgerEntry | undefined => batch[place],
    /** Goes on to the next one of the batch. */
    step: (): LedgerEntry | undefined => batch[++place],
    /** The first entry of the next batch; undefined: there are no more. */
    async refill(): Promise<LedgerEntry | undefined> {
      if (ledger.ended) return undefined;
      const next = await walk.next();
      ledger.ended = next.done === true;
      batch = next.done ? [] : next.value;
      place = 0;
      return batch[0];
    },
    close: () => walk.return(undefined),
  };
  return ledger;
}
