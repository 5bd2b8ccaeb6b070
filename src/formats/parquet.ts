import { FormatError, type FormatLimits, type FormatSource, type ParsedRow } from './model.ts';
import { brokenParquet, decoding } from './parquet-broken.ts';
import { ColumnCursor, type PageBudget } from './parquet-column.ts';
import { type Footer, type RowGroup, readFooter } from './parquet-footer.ts';
import { RowBuilder } from './parquet-row.ts';
import { RowBatch } from './parse.ts';
import { RangeReader, readRange } from './range-reader.ts';

/** Bytes fetched for the footer at once: most files need no second request. */
const footerGuess = 64 * 1024;
/** A row group up to here is fetched by one request. */
const smallGroup = 8 * 2 ** 20;
/** Else the columns share so many bytes of windows, each between the two others. */
const windows = { all: 32 * 2 ** 20, least: 16 * 1024, most: 4 * 2 ** 20 };
/** Columns that fetch at the same time. */
const parallelColumns = 8;
/** Rows built from the open pages at once. */
const stepRows = 1000;

interface Reading {
  fromRow: number;
  signal: AbortSignal;
  limits: FormatLimits;
}

/**
 * Rows of a Parquet file, page by page: of each column one window of bytes and one decoded page are held,
 * however large the row groups are. The file format is that of parquet.thrift and Encodings.md; hyparquet
 * decodes values and assembles lists, all sizes and counts are checked before it sees them.
 */
export async function* readParquet(
  source: FormatSource,
  reading: Reading,
): AsyncGenerator<ParsedRow[], void, undefined> {
  const { limits, signal, fromRow } = reading;
  const { schema, groups } = await loadFooter(source, reading);
  const batch = new RowBatch(0, limits);
  const builder = decoding(() => new RowBuilder(schema, source.size, limits));
  try {
    for (const group of groups) {
      if (group.rows === 0 || batch.row + group.rows <= fromRow) {
        batch.row += group.rows;
        continue;
      }
      const cursors = await openColumns(source, group, { schema, limits, signal });
      const columns = decoding(() => builder.columnsOf(cursors));
      const skipped = Math.max(fromRow - batch.row, 0);
      batch.row += skipped;
      if (skipped > 0) await inParallel(cursors, (cursor) => cursor.skip(skipped));
      for (let left = group.rows - skipped; left > 0; ) {
        signal.throwIfAborted();
        await inParallel(
          cursors.filter((cursor) => cursor.available === 0),
          (cursor) => cursor.fill(),
        );
        const count = cursors.reduce(
          (least, cursor) => Math.min(least, cursor.available),
          Math.min(left, stepRows),
        );
        const rows = decoding(() => builder.assemble(columns, count));
        for (let index = 0; index < count; index += 1) {
          builder.addRow(rows, index, batch);
          if (batch.full) yield batch.take();
        }
        left -= count;
      }
    }
    if (!batch.empty) yield batch.take();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    if (!batch.empty) yield batch.take();
    throw new FormatError(error.code, error.message, { row: batch.row, cause: error.cause });
  }
}

/** The end of a Parquet file: metadata, its length in four bytes, the magic `PAR1` (`PARE` when encrypted). */
async function loadFooter(source: FormatSource, { limits, signal }: Reading): Promise<Footer> {
  const { size } = source;
  if (size === 0) throw new FormatError('EMPTY_FILE', 'The file is empty. Upload it again, or remove it.');
  if (size < 12) throw brokenParquet();
  const tailStart = Math.max(size - footerGuess, 0);
  const tail = await readRange(source, tailStart, size, signal);
  const magic = tail.toString('latin1', tail.length - 4);
  if (magic === 'PARE') {
    throw new FormatError(
      'UNSUPPORTED_PARQUET',
      'Encrypted Parquet can’t be read. Upload the file unencrypted.',
    );
  }
  if (magic !== 'PAR1') throw brokenParquet();
  const length = tail.readUInt32LE(tail.length - 8);
  if (length > size - 12) throw brokenParquet();
  if (length > limits.maxFooterBytes) {
    const message =
      'The Parquet footer is too large. Write the file with fewer columns or larger row groups.';
    throw new FormatError('TOO_LARGE', message);
  }
  const start = size - 8 - length;
  const missing = start < tailStart ? await readRange(source, start, tailStart, signal) : Buffer.alloc(0);
  const footer = Buffer.concat([missing, tail.subarray(Math.max(start - tailStart, 0), tail.length - 8)]);
  return decoding(() => readFooter(footer, size));
}

async function openColumns(
  source: FormatSource,
  group: RowGroup,
  { schema, limits, signal }: { schema: Footer['schema']; limits: FormatLimits; signal: AbortSignal },
): Promise<ColumnCursor[]> {
  const start = group.columns.reduce((least, column) => Math.min(least, column.start), Infinity);
  const end = group.columns.reduce((most, column) => Math.max(most, column.end), 0);
  const whole = end - start <= smallGroup ? await readRange(source, start, end, signal) : undefined;
  const share = Math.floor(windows.all / group.columns.length);
  const window = Math.min(Math.max(share, windows.least), windows.most);
  const budget: PageBudget = { open: 0 };
  return decoding(() =>
    group.columns.map((column) => {
      const bytes = whole?.subarray(column.start - start, column.end - start);
      const reader = new RangeReader(source, { start: column.start, end: column.end, bytes }, window, signal);
      return new ColumnCursor(column, schema, reader, limits, budget);
    }),
  );
}

async function inParallel(
  cursors: ColumnCursor[],
  work: (cursor: ColumnCursor) => Promise<void>,
): Promise<void> {
  for (let at = 0; at < cursors.length; at += parallelColumns) {
    const settled = await Promise.allSettled(cursors.slice(at, at + parallelColumns).map(work));
    for (const result of settled) if (result.status === 'rejected') throw result.reason;
  }
}
