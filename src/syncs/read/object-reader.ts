import type { ParsedRow } from '../../formats/model.ts';
import { readRows } from '../../formats/rows.ts';
import type { ObjectInfo } from '../../providers/provider.ts';
import type { Store } from '../../providers/store.ts';

/**
 * An object being read: its first rows are fetched as soon as it is made, the next ones only when the
 * ones before are taken. So many can be on their way at once, each holding a batch at most.
 */
export interface ObjectReader {
  rows: AsyncGenerator<ParsedRow[]>;
  /** Bytes taken from the storage so far. */
  bytes(): number;
  abort(): void;
}

/** Why a reader's requests end; made once, since every abort without a reason would make an error of its own. */
const finished = new Error('The reader is done with the object.');

export function startReading(
  store: Store,
  object: ObjectInfo,
  options: { fromRow: number; signal: AbortSignal },
): ObjectReader {
  const own = new AbortController();
  const signal = AbortSignal.any([options.signal, own.signal]);
  let bytes = 0;
  const source = {
    key: object.key,
    size: object.size,
    open: async (range?: { start: number; end?: number | undefined }) => {
      const body = await store.read(object.key, { range, ifVersion: object.version ?? undefined, signal });
      return body.stream;
    },
    onBytes(more: number) {
      bytes += more;
    },
  };
  const rows = readRows(source, { fromRow: options.fromRow, signal })[Symbol.asyncIterator]();
  const first = rows.next();
  // Looked at when its turn comes; until then a failure must not count as unhandled.
  first.catch(() => {});

  async function* inTurn(): AsyncGenerator<ParsedRow[]> {
    try {
      for (let result = await first; !result.done; result = await rows.next()) yield result.value;
    } finally {
      own.abort(finished);
      await rows.return?.().catch(() => {});
    }
  }
  return { rows: inTurn(), bytes: () => bytes, abort: () => own.abort(finished) };
}
