import { formatOf } from './format.ts';
import { defaultLimits, FormatError, type FormatLimits, type FormatSource, type ParsedRow } from './model.ts';
import { readParquet } from './parquet.ts';
import { readText } from './text.ts';

export interface ReadRowsOptions {
  /** Rows below are counted but not given: the cheap way to go on where an earlier reading stopped. */
  fromRow?: number | undefined;
  signal: AbortSignal;
  limits?: Partial<FormatLimits> | undefined;
}

/**
 * Reads the rows of an object as a stream, in batches of at most 1,000 rows or about 1 MB. Memory does not
 * grow with the object. The format follows from the key and, for text, from the bytes.
 * @throws FormatError when the object can't be read (on); errors of `source.open` and its stream pass through
 */
export async function* readRows(
  source: FormatSource,
  options: ReadRowsOptions,
): AsyncGenerator<ParsedRow[], void, undefined> {
  const format = formatOf(source.key);
  const reading = {
    fromRow: options.fromRow ?? 0,
    signal: options.signal,
    limits: { ...defaultLimits, ...options.limits },
  };
  if (!format) {
    const message = 'Tasks are read from .json, .jsonl, .ndjson (each also .gz) and .parquet.';
    throw new FormatError('NOT_A_TASK_FILE', message);
  }
  if (format.kind === 'PARQUET' && format.gzip) {
    const message = 'Parquet compresses its content itself. Upload the file without gzip, as .parquet.';
    throw new FormatError('UNSUPPORTED_COMPRESSION', message);
  }
  let taken = 0;
  const counted: FormatSource = {
    ...source,
    onBytes(bytes) {
      taken += bytes;
      source.onBytes?.(bytes);
    },
  };
  const read = format.kind === 'PARQUET' ? readParquet : readText;
  const { freeRows } = reading.limits;
  for await (const batch of read(counted, reading)) {
    // Whichever is larger: not every storage knows the size, and not every byte may have been needed.
    const most = freeRows + Math.max(source.size, taken);
    const last = batch.at(-1);
    if (!last || last.row < most) yield batch;
    else {
      const within = batch.filter(({ row }) => row < most);
      if (within.length > 0) yield within;
      throw tooManyRows(most);
    }
  }
}

/** A small object of repetition must not become millions of tasks. */
function tooManyRows(most: number): FormatError {
  const message = `The object has more than ${most} rows, which is more than its bytes can tell apart. Split it.`;
  return new FormatError('DECOMPRESSION_BOMB', message, { row: most });
}
