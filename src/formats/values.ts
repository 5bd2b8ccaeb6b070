import { isAscii, isUtf8 } from 'node:buffer';
import { mayBeInexact } from '../json.ts';
import { countLines, firstInk, isBlank } from './bytes.ts';
import { FormatError, type FormatLimits, type ParsedRow } from './model.ts';
import type { RowBatch } from './parse.ts';
import { tooDeep } from './storable.ts';

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const space = 0x20;
const tab = 0x09;
const carriageReturn = 0x0d;
const newline = 0x0a;
const openBrace = 0x7b;
const openBracket = 0x5b;
const closeBrace = 0x7d;
const closeBracket = 0x5d;

/** LIST: one JSON array, its elements are the rows. SEQUENCE: objects one behind the other. */
export type Shape = 'LIST' | 'SEQUENCE';

/** A place in the text of an object: bytes before it, and its line, from 1. */
export interface TextPlace {
  byte: number;
  line: number;
}

/**
 * Rows of a JSON list, or of JSON objects in a row, of any size. The bytes are only scanned for strings and
 * brackets to find where a row ends; `JSON.parse` then takes the row. So memory holds one block and at most
 * one row of `maxRowBytes`, and a row that is broken inside balanced brackets is a problem of that row alone.
 * Where a bracket or a quote is missing, the next line that can only begin a row ends the broken one.
 * @param first where the blocks begin
 * @throws FormatError BROKEN_JSON where no next row can be found
 */
export async function* readValues(
  blocks: AsyncIterable<Buffer>,
  shape: Shape,
  batch: RowBatch,
  limits: FormatLimits,
  first: TextPlace,
): AsyncGenerator<ParsedRow[], void, undefined> {
  const scanner = new Scanner(shape, batch, limits, first);
  for await (const block of blocks) yield* scanner.scan(block);
  scanner.end();
}

/** Holds what must be remembered from one block to the next. Bytes of UTF-8 sequences never look like ASCII. */
class Scanner {
  readonly #list: boolean;
  readonly #batch: RowBatch;
  readonly #limits: FormatLimits;
  #state: 'BEFORE' | 'INSIDE' | 'AFTER';
  /** Brackets open in the present row, and which, by depth. */
  #depth = 0;
  readonly #open: Uint8Array;
  #deepest = 0;
  #inString = false;
  /** The last block ended in a backslash. */
  #escaped = false;
  /** No number that lies within the present block needs care. */
  #plain = false;
  /** Bytes before the present block. */
  #base: number;
  #line: number;
  /** Where the present line begins, and where its first byte that is no white space lies; -1: none has come. */
  #lineStart: number;
  #lineInk = -1;
  /** The last byte that was not white space. */
  #ink = 0;
  /** Whether the present row has begun, and where. */
  #begun = false;
  #rowPlace: TextPlace = { byte: 0, line: 1 };
  /** Bytes between the present row and the beginning of its line; 0 for one that begins behind another. */
  #indent = 0;
  /** Something in the present row is surely wrong, so that its brackets tell nothing. */
  #odd = false;
  /** Lines inside of rows begin where rows do, so that a line's beginning tells nothing. */
  #flat = false;
  /** Earlier blocks' bytes of the present row; dropped once it is known to be too large or too deep. */
  #pieces: Buffer[] = [];
  #pieceBytes = 0;

  constructor(shape: Shape, batch: RowBatch, limits: FormatLimits, first: TextPlace) {
    this.#base = first.byte;
    this.#lineStart = first.byte;
    this.#line = first.line;
    this.#list = shape === 'LIST';
    this.#batch = batch;
    this.#limits = limits;
    this.#open = new Uint8Array(limits.maxDepth + 2);
    this.#state = this.#list ? 'BEFORE' : 'INSIDE';
  }

  *scan(block: Buffer): Generator<ParsedRow[], void, undefined> {
    const list = this.#list;
    let at = 0;
    if (this.#state === 'BEFORE') at = this.#enter(block);
    if (this.#state === 'AFTER') this.#expectNothing(block, at);
    if (this.#state !== 'INSIDE') return;
    let start = at;
    if (this.#escaped) {
      this.#escaped = false;
      if (block[at] !== newline) at += 1;
    }
    const text = isAscii(block) ? block.toString('latin1') : undefined;
    this.#plain = !mayBeInexact(block);

    for (; at < block.length; at += 1) {
      if (this.#inString) {
        at = this.#stringEnd(block, at);
        continue;
      }
      const byte = block[at]!;
      if (byte === space || byte === newline || byte === tab || byte === carriageReturn) {
        if (byte === newline) this.#newLine(at);
        continue;
      }
      if (this.#lineInk < 0) {
        this.#lineInk = this.#base + at;
        if (this.#begun && this.#beginsAnother(byte)) {
          this.#finishRow(block, text, start, at);
          if (this.#batch.full) yield this.#batch.take();
          start = at;
        }
      }
      if (this.#depth === 0) {
        if (list && (byte === comma || byte === closeBracket)) {
          this.#separate(block, text, start, at, byte);
          if (this.#batch.full) yield this.#batch.take();
          start = at + 1;
          if (byte === comma) continue;
          this.#state = 'AFTER';
          this.#expectNothing(block, start);
          return;
        }
        // A comma between objects in a row, and a missing one in a list, change nothing.
        if (!list && !this.#begun && byte === comma && this.#batch.row > 0) continue;
        if (list && byte === openBrace && this.#begun && this.#ink === closeBrace) {
          this.#finishRow(block, text, start, at);
        }
        if (!this.#begun) {
          start = at;
          this.#beginRow(at, byte);
        }
      }
      this.#ink = byte;
      if (byte === quote) this.#inString = true;
      else if (byte === openBrace || byte === openBracket) this.#openBracket(byte);
      else if (byte === closeBrace || byte === closeBracket) {
        this.#closeBracket(byte);
        if (this.#depth === 0 && !list) {
          this.#finishRow(block, text, start, at + 1);
          if (this.#batch.full) yield this.#batch.take();
          start = at + 1;
        }
      }
    }
    this.#base += block.length;
    this.#carry(block.subarray(start));
  }

  /** Called after the last block. */
  end(): void {
    const open = this.#list ? this.#state !== 'AFTER' : this.#begun;
    if (!open) return;
    const missing = this.#list ? 'the closing ] of the list' : 'a closing }';
    throw new FormatError('BROKEN_JSON', `The file ends before ${missing}. Upload it again, complete.`, {
      row: this.#batch.row,
      line: this.#begun ? this.#rowPlace.line : this.#line,
    });
  }

  /** Steps over white space and the opening bracket, which the caller has seen in the first bytes. */
  #enter(block: Buffer): number {
    const open = block.indexOf(openBracket);
    const before = open < 0 ? block : block.subarray(0, open);
    this.#line += countLines(before);
    if (open < 0) {
      this.#base += block.length;
      return block.length;
    }
    this.#lineInk = this.#base + open;
    this.#state = 'INSIDE';
    return open + 1;
  }

  #newLine(at: number): void {
    this.#line += 1;
    this.#lineStart = this.#base + at + 1;
    this.#lineInk = -1;
  }

  /**
   * Index of the closing quote, or the block's end. A string that goes over a line's end is broken; where the
   * next line can only begin another row, it ended there: the index before that line's first byte.
   */
  #stringEnd(block: Buffer, from: number): number {
    let at = from;
    while (at < block.length) {
      const byte = block[at]!;
      if (byte === quote) {
        this.#inString = false;
        return at;
      }
      if (byte === newline) {
        this.#odd = true;
        this.#newLine(at);
      } else if (this.#lineInk < 0 && byte > 0x20) {
        this.#lineInk = this.#base + at;
        if (this.#beginsAnother(byte)) {
          this.#inString = false;
          this.#lineInk = -1;
          return at - 1;
        }
      }
      at += byte === backslash && block[at + 1] !== newline ? 2 : 1;
    }
    this.#escaped = at > block.length;
    return at;
  }

  /**
   * Whether the first byte of a line can only begin another row, or end the list, so that the present row is
   * broken. It must stand no further in than the row, where an object can't stand if nothing is wrong.
   */
  #beginsAnother(byte: number): boolean {
    if (this.#depth === 0 && !this.#odd) return false;
    const indent = this.#lineInk - this.#lineStart;
    if (indent > this.#indent) return false;
    const inList = this.#innermost === openBracket;
    if (byte === openBrace) {
      const fits = this.#ink === colon || this.#ink === openBracket || (this.#ink === comma && inList);
      this.#flat ||= fits && !this.#odd;
    } else if (byte === quote && !this.#odd) this.#flat = true;
    const ends = this.#list && byte === closeBracket && !inList;
    return (byte === openBrace || ends) && !this.#flat;
  }

  #beginRow(at: number, byte: number): void {
    const place = this.#base + at;
    if (!(this.#list || byte === openBrace || byte === openBracket)) throw this.#lost();
    this.#begun = true;
    this.#rowPlace = { byte: place, line: this.#line };
    this.#indent = this.#lineInk === place ? place - this.#lineStart : 0;
  }

  /** The bracket that the next closing one should close; 0 where the row is too deep to tell. */
  get #innermost(): number {
    return this.#open[this.#depth] ?? 0;
  }

  #openBracket(byte: number): void {
    this.#depth += 1;
    if (this.#depth > this.#deepest) this.#deepest = this.#depth;
    if (this.#depth < this.#open.length) this.#open[this.#depth] = byte;
  }

  #closeBracket(byte: number): void {
    if (this.#depth === 0) this.#odd = true;
    else {
      // In ASCII a closing bracket stands two behind its opening one.
      const open = this.#innermost;
      if (open !== 0 && open !== byte - 2) this.#odd = true;
      this.#depth -= 1;
    }
  }

  /** A comma of the list, or its end. */
  #separate(block: Buffer, text: string | undefined, start: number, at: number, byte: number): void {
    const missing = !this.#begun && byte === comma;
    this.#ink = byte;
    if (this.#begun) this.#finishRow(block, text, start, at);
    else if (missing && !this.#batch.wanted) this.#batch.skip();
    else if (missing) {
      const place = { byte: this.#base + at, line: this.#line };
      this.#batch.addProblem({ code: 'BROKEN_JSON', message: 'A row is missing at a comma.', ...place });
    }
  }

  #finishRow(block: Buffer, text: string | undefined, start: number, end: number): void {
    const batch = this.#batch;
    const place = this.#rowPlace;
    const size = this.#pieceBytes + end - start;
    if (!batch.wanted) batch.skip();
    else if (size > this.#limits.maxRowBytes) batch.addTooLarge(place);
    else if (this.#deepest > this.#limits.maxDepth) batch.addProblem({ ...tooDeep, ...place });
    else if (text !== undefined && this.#pieceBytes === 0) {
      batch.addText(text.slice(start, end), place, this.#plain);
    } else {
      const bytes = Buffer.concat([...this.#pieces, block.subarray(start, end)], size);
      if (isUtf8(bytes)) batch.addText(bytes.toString('utf8'), place);
      else batch.addInvalidUtf8(place);
    }
    this.#begun = false;
    this.#depth = 0;
    this.#deepest = 0;
    this.#odd = false;
    this.#flat = false;
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
    const message = 'Expected { to begin the next row. Write one object per line, or all in one list.';
    return new FormatError('BROKEN_JSON', message, { row: this.#batch.row, line: this.#line });
  }
}
