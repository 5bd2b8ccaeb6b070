import { countLines, firstInk, following, isBlank, joinBlocks, readChunks } from './bytes.ts';
import type { Format } from './format.ts';
import { gunzip, isGzip } from './gzip.ts';
import { readLines } from './lines.ts';
import { FormatError, type FormatLimits, type FormatSource, type ParsedRow } from './model.ts';
import { parseObject, RowBatch } from './parse.ts';
import { readValues } from './values.ts';

type Blocks = AsyncGenerator<Buffer, void, undefined>;

/**
 * Rows of a text object: JSON or JSON lines, packed by gzip or not (the bytes tell, whatever the key says).
 * What the bytes begin with decides between list, object and objects in a row.
 */
export async function* readText(
  source: FormatSource,
  format: Format,
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
    const { head, line } = await skipBlank(withoutMark(first.value), blocks);
    const reader = await chooseReader(head, line, blocks, format, batch, limits);
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
async function skipBlank(first: Buffer, blocks: Blocks): Promise<{ head: Buffer; line: number }> {
  let head = first;
  let line = 1;
  while (isBlank(head)) {
    line += countLines(head);
    const next = await blocks.next();
    if (next.done) throw emptyFile();
    head = next.value;
  }
  return { head, line };
}

async function chooseReader(
  head: Buffer,
  line: number,
  blocks: Blocks,
  format: Format,
  batch: RowBatch,
  limits: FormatLimits,
): Promise<AsyncGenerator<ParsedRow[], void, undefined>> {
  if (format.kind === 'JSON_LINES') return readLines(following([head], blocks), batch, limits, line);
  const start = head[firstInk(head)];
  if (start === 0x5b) return readValues(following([head], blocks), 'LIST', batch, limits, line);
  if (start !== 0x7b) {
    const message =
      'A task file begins with [ or {. For a task per object, whatever it holds, import as FILES.';
    throw new FormatError('NOT_A_TASK_FILE', message, { line });
  }
  const { read, alone } = await readFirstLine(head, blocks, limits);
  if (alone) return readLines(following(read, blocks), batch, limits, line);
  return readValues(following(read, blocks), 'SEQUENCE', batch, limits, line);
}

/**
 * Whether the first line that isn't blank is a whole object: then every line is one, and a broken line spoils
 * only itself. Otherwise objects are found by their brackets, as in indented JSON.
 */
async function readFirstLine(
  head: Buffer,
  blocks: Blocks,
  limits: FormatLimits,
): Promise<{ read: Buffer[]; alone: boolean }> {
  const start = firstInk(head);
  const read = [head];
  let end = head.indexOf(0x0a, start);
  let bytes = head.length;
  while (end < 0 && bytes - start <= limits.maxRowBytes) {
    const next = await blocks.next();
    if (next.done) break;
    read.push(next.value);
    end = next.value.indexOf(0x0a);
    if (end >= 0) end += bytes;
    bytes += next.value.length;
  }
  if (end < 0 && bytes - start > limits.maxRowBytes) return { read, alone: false };
  const text = Buffer.concat(read, bytes).toString('utf8', start, end < 0 ? bytes : end);
  const parsed = parseObject(text, limits.maxDepth);
  const whole =
    'value' in parsed || !['BROKEN_JSON', 'NOT_AN_OBJECT', 'TOO_DEEP'].includes(parsed.problem.code);
  return { read, alone: whole };
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

/** A NUL among the first two bytes: `{` or `[` in UTF-16 without a mark. */
function refuseOtherEncodings(bytes: Buffer): void {
  const [first = -1, second = -1] = bytes;
  const mark = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  if (mark || (first === 0) !== (second === 0)) {
    throw new FormatError('UNSUPPORTED_ENCODING', 'The file is UTF-16. Save it as UTF-8.', { line: 1 });
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
