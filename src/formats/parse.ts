import { endOfString, parseJson } from '../json.ts';
import {
  type FormatLimits,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  kindOf,
  type ParsedRow,
  type RowProblem,
} from './model.ts';
import { findUnstorable, tooDeep } from './storable.ts';

/**
 * Text up to here is parsed before its nesting is looked at: at worst half a million open brackets, some
 * 50 MB for a moment. Longer text is counted first.
 */
const countNestingFrom = 2 ** 20;

/** Rows that go together: to the caller, and into one transaction. */
const batchRows = 1000;
const batchBytes = 2 ** 20;

/** Where a row of text begins. */
export type RowPlace = Pick<RowProblem, 'line' | 'byte'>;

/** Turns the texts of an object's rows into rows, numbers them, and gathers them to batches. */
export class RowBatch {
  /** Ordinal of the next row. */
  row = 0;
  readonly #fromRow: number;
  readonly #limits: FormatLimits;
  #rows: ParsedRow[] = [];
  #bytes = 0;

  constructor(fromRow: number, limits: FormatLimits) {
    this.#fromRow = fromRow;
    this.#limits = limits;
  }

  /** false: the next row is only counted, so its text need not be made. */
  get wanted(): boolean {
    return this.row >= this.#fromRow;
  }

  /** Whether it is time to `take` the batch. */
  get full(): boolean {
    return this.#rows.length >= batchRows || this.#bytes >= batchBytes;
  }

  get empty(): boolean {
    return this.#rows.length === 0;
  }

  /** The rows gathered so far; begins a new batch. */
  take(): ParsedRow[] {
    const rows = this.#rows;
    this.#rows = [];
    this.#bytes = 0;
    return rows;
  }

  /** Counts a row that is not wanted. */
  skip(): void {
    this.row += 1;
  }

  /** Adds the row that the text holds. `plain`: none of its numbers needs care (`mayBeInexact`). */
  addText(text: string, place: RowPlace, plain = false): void {
    this.addParsed(parseObject(text, this.#limits.maxDepth, plain), text.length, place);
  }

  /** Adds a row that was parsed already; `bytes` is about what it took as text. */
  addParsed(parsed: Parsed, bytes: number, place: RowPlace): void {
    this.#bytes += bytes;
    if ('problem' in parsed) this.addProblem({ ...parsed.problem, ...place });
    else this.#rows.push({ row: this.row++, value: parsed.value });
  }

  /** Adds a row that needs no parsing; `bytes` is about what it takes as text. */
  addValue(value: JsonObject, bytes: number): void {
    this.#bytes += bytes;
    this.#rows.push({ row: this.row++, value });
  }

  addProblem(problem: RowProblem): void {
    if (this.wanted) this.#rows.push({ row: this.row, problem });
    this.row += 1;
  }

  addTooLarge(place?: RowPlace): void {
    const message = `The row has more than ${this.#limits.maxRowBytes} bytes. Put large content in objects of its own.`;
    this.addProblem({ code: 'TOO_LARGE', message, ...place });
  }

  addInvalidUtf8(place: RowPlace): void {
    const message = 'The row is not UTF-8. Save the file as UTF-8.';
    this.addProblem({ code: 'INVALID_UTF8', message, ...place });
  }
}

export type Parsed = { value: JsonObject } | { problem: RowProblem };

/**
 * Parses one row: JSON (RFC 8259) whose value is an object that the database can keep. Of two equal keys the
 * last one counts, as everywhere in ECMAScript.
 */
export function parseObject(text: string, maxDepth: number, plain = false): Parsed {
  if (text.length > countNestingFrom && nesting(text) > maxDepth) return { problem: tooDeep };
  let value: JsonValue;
  try {
    value = parseJson(text, plain) as JsonValue;
  } catch (error) {
    if (error instanceof RangeError) return { problem: tooDeep };
    return { problem: { code: 'BROKEN_JSON', message: wrongWord(text) ?? brokenAt(error) } };
  }
  if (!isJsonObject(value)) {
    const message = `A row must be a JSON object, came ${kindOf(value)}.`;
    return { problem: { code: 'NOT_AN_OBJECT', message } };
  }
  // NUL and lone surrogates can only come from escapes: raw ones are broken JSON or invalid UTF-8.
  const problem = findUnstorable(value, maxDepth, text.includes('\\u'));
  return problem ? { problem } : { value };
}

/**
 * JSON text of a table's column; what is not JSON stays the text that it is.
 * @param declared the column says that it is JSON; else only objects and lists are taken for it
 */
export function parseJsonColumn(text: string, maxDepth: number, declared: boolean): JsonValue {
  if (!declared && !/^\s*[[{]/.test(text)) return text;
  if (text.length > countNestingFrom && nesting(text) > maxDepth) return text;
  try {
    return parseJson(text) as JsonValue;
  } catch {
    return text;
  }
}

/** Words that other languages write for what JSON writes otherwise, or not at all. */
const words: Record<string, string | undefined> = {
  NaN: 'null',
  nan: 'null',
  Infinity: 'null',
  inf: 'null',
  undefined: 'null',
  None: 'null',
  NULL: 'null',
  True: 'true',
  TRUE: 'true',
  False: 'false',
  FALSE: 'false',
};

/** A sentence for the first such word outside of strings, if no other comes before it. */
function wrongWord(text: string): string | undefined {
  const letters = /[A-Za-z]+/y;
  for (let at = 0; at < text.length; at += 1) {
    if (text.charCodeAt(at) === 0x22) at = endOfString(text, at);
    letters.lastIndex = at;
    const word = letters.exec(text)?.[0];
    if (word === undefined) continue;
    const right = Object.hasOwn(words, word) ? words[word] : undefined;
    if (right) return `The row is not valid JSON: ${word} at character ${at + 1}. Write ${right}.`;
    if (!/^(true|false|null|e)$/i.test(word)) return undefined;
    at += word.length - 1;
  }
  return undefined;
}

/** Our sentence for a SyntaxError; only the position is taken from it, since it quotes the content. */
function brokenAt(error: unknown): string {
  const position = error instanceof Error ? /at position (\d+)/.exec(error.message)?.[1] : undefined;
  return position === undefined
    ? 'The row is not valid JSON.'
    : `The row is not valid JSON: it breaks at character ${Number(position) + 1}.`;
}

/** Deepest nesting of JSON text, brackets inside strings left out. */
function nesting(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charCodeAt(at);
    if (char === 0x22) at = endOfString(text, at);
    else if (char === 0x7b || char === 0x5b) {
      depth += 1;
      if (depth > deepest) deepest = depth;
    } else if (char === 0x7d || char === 0x5d) depth -= 1;
  }
  return deepest;
}
