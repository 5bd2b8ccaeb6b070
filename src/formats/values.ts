import { isAscii, isUtf8 } from 'node:buffer';
import { countLines, firstInk, isBlank } from './bytes.ts';
import { FormatError, type FormatLimits, type ParsedRow } from './model.ts';
import type { RowBatch } from './parse.ts';
import { tooDeep } from './storable.ts';

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const newline = 0x0a;
const openBrace = 0x7b;
const openBracket = 0x5b;
const closeBrace = 0x7d;
const closeBracket = 0x5d;

/** LIST: one JSON array, its elements are the rows. SEQUENCE: objects one behind the other, white space between. */
export type Shape = 'LIST' | 'SEQUENCE';

/**
 * Rows of a JSON list, or of JSON objects in a row, of any size. The bytes are only scanned for strings and
 * brackets to find where a row ends; `JSON.parse` then takes the row. So memory holds one block and at most
 * one row of `maxRowBytes`, and a row that is broken inside balanced brackets is a problem of that row alone.
 * @param firstLine number of the line that the blocks begin with
 * @throws FormatError BROKEN_JSON where no next row can be found
 */
export async function* readValues(
  blocks: AsyncIterable<Buffer>,
  shape: Shape,
  batch: RowBatch,
  limits: FormatLimits,
  firstLine: number,
): AsyncGenerator<ParsedRow[], void, undefined> {
  const scanner = new Scanner(shape, batch, limits, firstLine);
  for await (const block of blocks) yield* scanner.scan(block);
  scanner.end();
}

/** Holds what must be remembered from one block to the next. Bytes of UTF-8 sequences never look like ASCII. */
class Scanner {
  readonly #shape: Shape;
  readonly #batch: RowBatch;
  readonly #limits: FormatLimits;
  #state: 'BEFORE' | 'INSIDE' | 'AFTER';
  /** Brackets open in the present row. */
  #depth = 0;
  #deepest = 0;
  #inString = false;
  /** The last block ended in a backslash. */
  #escaped = false;
  #line: number;
  /** Whether the present row has begun, and on which line. */
  #begun = false;
  #rowLine = 1;
  /** Earlier blocks' bytes of the present row; dropped once it is known to be too large or too deep. */
  #pieces: Buffer[] = [];
  #pieceBytes = 0;
  /** The row before ended in a comma, so that another must follow. */
  #comma = false;

  constructor(shape: Shape, batch: RowBatch, limits: FormatLimits, firstLine: number) {
    this.#line = firstLine;
    this.#shape = shape;
    this.#batch = batch;
    this.#limits = limits;
    this.#state = shape === 'LIST' ? 'BEFORE' : 'INSIDE';
  }

  *scan(block: Buffer): Generator<ParsedRow[], void, undefined> {
    const list = this.#shape === 'LIST';
    let at = 0;
    if (this.#state === 'BEFORE') at = this.#enter(block);
    if (this.#state === 'AFTER') this.#expectNothing(block, at);
    if (this.#state !== 'INSIDE') return;
    let start = at;
    if (this.#escaped) {
      this.#escaped = false;
      at += 1;
    }
    const text = isAscii(block) ? block.toString('latin1') : undefined;
    let depth = this.#depth;

    for (; at < block.length; at += 1) {
      if (this.#inString) {
        at = this.#stringEnd(block, at);
        continue;
      }
      const byte = block[at]!;
      if (byte <= 0x20) {
        if (byte === newline) this.#line += 1;
        continue;
      }
      if (depth === 0) {
        if (list && (byte === comma || byte === closeBracket)) {
          this.#finishRow(block, text, start, at, byte);
          if (this.#batch.full) yield this.#batch.take();
          start = at + 1;
          if (byte === comma) continue;
          this.#state = 'AFTER';
          this.#expectNothing(block, start);
          return;
        }
        if (!this.#begun) {
          this.#begun = true;
          this.#rowLine = this.#line;
          start = at;
        }
        const opens = byte === openBrace || byte === openBracket;
        if (byte === closeBrace || byte === closeBracket || !(list || opens)) throw this.#lost();
      }
      if (byte === quote) this.#inString = true;
      else if (byte === openBrace || byte === openBracket) {
        depth += 1;
        if (depth > this.#deepest) this.#deepest = depth;
      } else if (byte === closeBrace || byte === closeBracket) {
        depth -= 1;
        if (depth === 0 && !list) {
          this.#finishRow(block, text, start, at + 1, byte);
          if (this.#batch.full) yield this.#batch.take();
          start = at + 1;
        }
      }
    }
    this.#depth = depth;
    this.#carry(block.subarray(start));
  }

  /** Called after the last block. */
  end(): void {
    const open = this.#shape === 'LIST' ? this.#state !== 'AFTER' : this.#begun;
    if (!open) return;
    const missing = this.#shape === 'LIST' ? 'the closing ] of the list' : 'a closing }';
    throw new FormatError('BROKEN_JSON', `The file ends before ${missing}. Upload it again, complete.`, {
      row: this.#batch.row,
      line: this.#begun ? this.#rowLine : this.#line,
    });
  }

  /** Steps over white space and the opening bracket, which the caller has seen in the first bytes. */
  #enter(block: Buffer): number {
    const open = block.indexOf(openBracket);
    const before = open < 0 ? block : block.subarray(0, open);
    this.#line += countLines(before);
    if (open < 0) return block.length;
    this.#state = 'INSIDE';
    return open + 1;
  }

  /** Index of the closing quote, or the block's end. */
  #stringEnd(block: Buffer, from: number): number {
    let at = from;
    while (at < block.length) {
      const byte = block[at];
      if (byte === quote) {
        this.#inString = false;
        return at;
      }
      at += byte === backslash ? 2 : 1;
    }
    this.#escaped = at > block.length;
    return at;
  }

  #finishRow(block: Buffer, text: string | undefined, start: number, end: number, byte: number): void {
    const batch = this.#batch;
    const nothing = !this.#begun;
    const lastComma = this.#comma;
    this.#comma = byte === comma;
    if (nothing && byte === closeBracket && !lastComma) return;
    const line = nothing ? this.#line : this.#rowLine;
    const size = this.#pieceBytes + end - start;
    if (!batch.wanted) batch.skip();
    else if (nothing)
      batch.addProblem({ code: 'BROKEN_JSON', message: 'A row is missing at a comma.', line });
    else if (size > this.#limits.maxRowBytes) batch.addTooLarge(line);
    else if (this.#deepest > this.#limits.maxDepth) batch.addProblem({ ...tooDeep, line });
    else if (text !== undefined && this.#pieceBytes === 0) batch.addText(text.slice(start, end), line);
    else {
      const bytes = Buffer.concat([...this.#pieces, block.subarray(start, end)], size);
      if (isUtf8(bytes)) batch.addText(bytes.toString('utf8'), line);
      else batch.addInvalidUtf8(line);
    }
    this.#begun = false;
    this.#deepest = 0;
    this.#pieces = [];
    this.#pieceBytes = 0;
  }

  /** Keeps the beginning of a row that goes on in the next block, unless nobody will want it. */
  #carry(rest: Buffer): void {
    if (!this.#begun) return;
    this.#pieceBytes += rest.length;
    const hopeless = this.#pieceBytes > this.#limits.maxRowBytes || this.#deepest > this.#limits.maxDepth;
    if (hopeless || !this.#batch.wanted) this.#pieces = [];
    else this.#pieces.push(rest);
  }

  #expectNothing(block: Buffer, from: number): void {
    const rest = block.subarray(from);
    if (!isBlank(rest)) {
      const place = { row: this.#batch.row, line: this.#line + countLines(rest.subarray(0, firstInk(rest))) };
      throw new FormatError('BROKEN_JSON', 'Something follows the closing ] of the list. Remove it.', place);
    }
    this.#line += countLines(rest);
  }

  #lost(): FormatError {
    const message =
      this.#shape === 'LIST'
        ? 'A bracket closes that was never opened. Repair the file.'
        : 'Expected { to begin the next row. Write one object per line, or all in one list.';
    return new FormatError('BROKEN_JSON', message, { row: this.#batch.row, line: this.#line });
  }
}
