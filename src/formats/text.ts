import { countLines, following, isBlank, joinBlocks, readChunks } from './bytes.ts';
import { gunzip, isGzip } from './gzip.ts';
import { readLines } from './lines.ts';
import { FormatError, type FormatLimits, type FormatSource, type ParsedRow } from './model.ts';
import { RowBatch } from './parse.ts';
import { shapeOf } from './shape.ts';
import { readValues, type TextPlace } from './values.ts';

type Blocks = AsyncGenerator<Buffer, void, undefined>;

/**
 * Rows of a text object: a JSON list, an object, objects in a row or one per line, packed by gzip or not. The
 * bytes tell which, never the key.
 */
export async function* readText(
  source: FormatSource,
  options: { fromRow: number; signal: AbortSignal; limits: FormatLimits },
): AsyncGenerator<ParsedRow[], void, undefined> {
  const { limits } = options;
  const batch = new RowBatch(options.fromRow, limits);
  const chunks = readChunks(source, options.signal);
  let blocks: Blocks = joinBlocks(chunks);
  try {
    let first = await blocks.next();
    if (!first.done && isGzip(first.value)) {
      blocks = joinBlocks(gunzip(following([first.value], blocks), limits));
      first = await blocks.next();
    }
    if (first.done) throw emptyFile();
    refuseOtherEncodings(first.value);
    const text = withoutMark(first.value);
    const { head, place } = await skipBlank(text, first.value.length - text.length, blocks);
    const reader = await chooseReader(head, place, blocks, batch, limits);
    for await (const rows of reader) yield rows;
    if (!batch.empty) yield batch.take();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    // Good rows before the broken place are the caller's, whatever becomes of the rest.
    if (!batch.empty) yield batch.take();
    if (error.row !== undefined) throw error;
    throw new FormatError(error.code, error.message, {
      row: batch.row,
      line: error.line,
      cause: error.cause,
    });
  } finally {
    await blocks.return();
    await chunks.return();
  }
}

/** Drops leading blocks of nothing but white space, counting their lines. */
async function skipBlank(
  first: Buffer,
  bytesBefore: number,
  blocks: Blocks,
): Promise<{ head: Buffer; place: TextPlace }> {
  let head = first;
  const place = { byte: bytesBefore, line: 1 };
  while (isBlank(head)) {
    place.line += countLines(head);
    place.byte += head.length;
    const next = await blocks.next();
    if (next.done) throw emptyFile();
    head = next.value;
  }
  return { head, place };
}

async function chooseReader(
  head: Buffer,
  place: TextPlace,
  blocks: Blocks,
  batch: RowBatch,
  limits: FormatLimits,
): Promise<AsyncGenerator<ParsedRow[], void, undefined>> {
  const { shape, read } = await shapeOf(head, blocks, limits);
  if (!shape) {
    const message =
      'A task file begins with [ or {. For a task per object, whatever it holds, import as FILES.';
    throw new FormatError('NOT_A_TASK_FILE', message, { line: place.line });
  }
  const all = following(read, blocks);
  if (shape === 'LINES') return readLines(all, batch, limits, place.line);
  return readValues(all, shape, batch, limits, place);
}

/** UTF-8's byte-order mark says nothing that we don't know. */
function withoutMark(bytes: Buffer): Buffer {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

const packedWithOther: [name: string, magic: number[]][] = [
  ['gzip twice', [0x1f, 0x8b, 0x08]],
  ['zip', [0x50, 0x4b, 0x03, 0x04]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58]],
];

/**
 * Marks of UTF-32 and UTF-16; or NULs where `{` or `[` would have them without a mark. The mark of UTF-32
 * begins like that of UTF-16.
 */
const encodings: [name: string, beginning: RegExp][] = [
  ['UTF-32', /^(fffe0000|0000feff|(?!00)..000000|000000(?!00))/],
  ['UTF-16', /^(fffe|feff|00(?!00)|(?!00)..00)/],
];

function refuseOtherEncodings(bytes: Buffer): void {
  const beginning = bytes.toString('hex', 0, 4);
  for (const [name, pattern] of encodings) {
    if (!pattern.test(beginning)) continue;
    throw new FormatError('UNSUPPORTED_ENCODING', `The file is ${name}. Save it as UTF-8.`, { line: 1 });
  }
  for (const [name, magic] of packedWithOther) {
    if (magic.every((byte, at) => bytes[at] === byte)) {
      const message = `The file is compressed by ${name}. Upload it uncompressed or compressed by gzip once.`;
      throw new FormatError('UNSUPPORTED_COMPRESSION', message);
    }
  }
  if (bytes.subarray(0, 4).equals(Buffer.from('PAR1'))) {
    const message = 'The file is Parquet. Give its key the ending .parquet.';
    throw new FormatError('NOT_A_TASK_FILE', message);
  }
}

function emptyFile(): FormatError {
  return new FormatError('EMPTY_FILE', 'The file is empty. Upload it again, or remove it.');
}
