import { isAscii, isUtf8 } from 'node:buffer';
import { endOfString, mayBeInexact } from '../json.ts';
import { isBlank } from './bytes.ts';
import type { FormatLimits, ParsedRow } from './model.ts';
import { type Parsed, parseObject, type RowBatch } from './parse.ts';

const newline = 0x0a;

/**
 * One JSON object per line (jsonlines.org, NDJSON): lines end in LF or CRLF, blank ones don't count, a bad one
 * is a row problem. A comma at the end of a line, and several objects in one, are taken too. Memory: one block and at most one row of `maxRowBytes`, however long a line is.
 * @param firstLine number of the line that the blocks begin with
 */
export async function* readLines(
  blocks: AsyncIterable<Buffer>,
  batch: RowBatch,
  limits: FormatLimits,
  firstLine: number,
): AsyncGenerator<ParsedRow[], void, undefined> {
  let line = firstLine;
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  // A line past the limit: its bytes are dropped, only whether it is blank matters.
  let overlong: { blank: boolean } | undefined;

  for await (const block of blocks) {
    const last = block.lastIndexOf(newline);
    let whole = last < 0 ? undefined : block.subarray(0, last + 1);
    if (whole && overlong) {
      const end = whole.indexOf(newline);
      if (!overlong.blank || !isBlank(whole.subarray(0, end))) batch.addTooLarge({ line });
      overlong = undefined;
      whole = whole.subarray(end + 1);
      line += 1;
    }
    if (whole && waitingBytes > 0) {
      whole = Buffer.concat([...waiting, whole]);
      waiting = [];
      waitingBytes = 0;
    }
    if (whole) line = yield* parseLines(whole, line, batch, limits);

    const rest = block.subarray(last + 1);
    if (overlong) overlong.blank &&= isBlank(rest);
    else if (rest.length > 0) {
      waiting.push(rest);
      waitingBytes += rest.length;
      if (waitingBytes > limits.maxRowBytes) {
        overlong = { blank: waiting.every(isBlank) };
        waiting = [];
        waitingBytes = 0;
      }
    }
  }
  if (overlong && !overlong.blank) batch.addTooLarge({ line });
  if (waitingBytes > 0) {
    yield* parseLines(Buffer.concat([...waiting, Buffer.from('\n')]), line, batch, limits);
  }
}

/** Parses bytes that end in a newline; returns the number of the line after them. */
function* parseLines(
  bytes: Buffer,
  firstLine: number,
  batch: RowBatch,
  limits: FormatLimits,
): Generator<ParsedRow[], number, undefined> {
  // Decoding the block once and slicing the text is cheaper than decoding line by line.
  if (!isUtf8(bytes)) return yield* parseOddLines(bytes, firstLine, batch, limits);
  const text = isAscii(bytes) ? bytes.toString('latin1') : bytes.toString('utf8');
  const plain = !mayBeInexact(bytes);
  let line = firstLine;
  for (let start = 0; start < text.length; line += 1) {
    const end = text.indexOf('\n', start);
    const first = text.charCodeAt(start);
    if (first > 0x20 || !isBlankText(text.slice(start, end))) {
      const row = text.slice(start, end);
      if (byteLengthOver(row, limits.maxRowBytes)) batch.addTooLarge({ line });
      else addLine(row, line, batch, limits, plain);
      if (batch.full) yield batch.take();
    }
    start = end + 1;
  }
  return line;
}

/** The same for bytes that are not UTF-8 somewhere: line by line, so that only the bad ones fail. */
function* parseOddLines(
  bytes: Buffer,
  firstLine: number,
  batch: RowBatch,
  limits: FormatLimits,
): Generator<ParsedRow[], number, undefined> {
  const plain = !mayBeInexact(bytes);
  let line = firstLine;
  for (let start = 0; start < bytes.length; line += 1) {
    const end = bytes.indexOf(newline, start);
    const row = bytes.subarray(start, end);
    start = end + 1;
    if (isBlank(row)) continue;
    if (row.length > limits.maxRowBytes) batch.addTooLarge({ line });
    else if (!isUtf8(row)) batch.addInvalidUtf8({ line });
    else addLine(row.toString('utf8'), line, batch, limits, plain);
    if (batch.full) yield batch.take();
  }
  return line;
}

/** Adds the rows of a line: one, unless it holds several objects. */
function addLine(
  text: string,
  line: number,
  batch: RowBatch,
  { maxDepth }: FormatLimits,
  plain: boolean,
): void {
  // A line that only counts need not be parsed, unless it looks as if it held several objects.
  if (!batch.wanted && !/\}[\s,]*\{/.test(text)) {
    batch.skip();
    return;
  }
  const whole = parseLine(text, maxDepth, plain);
  const broken = 'problem' in whole && whole.problem.code === 'BROKEN_JSON';
  const parts = broken ? objectsOf(text) : [];
  if (parts.length < 2) {
    if (batch.wanted) batch.addParsed(whole, text.length, { line });
    else batch.skip();
    return;
  }
  for (const part of parts) {
    if (batch.wanted) batch.addText(part, { line });
    else batch.skip();
  }
}

/** A line as a row: one object, maybe with a comma behind it. */
export function parseLine(text: string, maxDepth: number, plain = false): Parsed {
  const parsed = parseObject(text, maxDepth, plain);
  const end = 'problem' in parsed && parsed.problem.code === 'BROKEN_JSON' ? text.trimEnd() : '';
  return end.endsWith(',') ? parseObject(end.slice(0, -1), maxDepth) : parsed;
}

/** The texts of objects that stand one behind the other; none if there is anything else between them. */
function objectsOf(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at]!;
    if (depth === 0 && char === '{') start = at;
    else if (depth === 0 && !/[\s,]/.test(char)) return [];
    if (char === '"') at = endOfString(text, at);
    else if (char === '{' || char === '[') depth += 1;
    else if (char === '}' || char === ']') depth -= 1;
    else continue;
    if (depth > 0) continue;
    if (char !== '}') return [];
    parts.push(text.slice(start, at + 1));
  }
  return depth === 0 ? parts : [];
}

function isBlankText(text: string): boolean {
  return !/[^ \t\r]/.test(text);
}

/** UTF-8 takes one to three bytes per UTF-16 unit, so the exact count is seldom needed. */
function byteLengthOver(text: string, limit: number): boolean {
  if (text.length > limit) return true;
  return text.length * 3 > limit && Buffer.byteLength(text) > limit;
}
