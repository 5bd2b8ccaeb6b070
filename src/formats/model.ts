import type { Readable } from 'node:stream';
import { LongshoreError } from '../errors.ts';
import { type ExactNumber, isExactNumber } from '../json.ts';
import type { ByteRange } from '../providers/provider.ts';

/** What JSON can say (RFC 8259); numbers that a float can't hold as they are written. */
export type JsonValue = string | number | ExactNumber | boolean | null | JsonValue[] | JsonObject;

/**
 * A JSON object as parsed. `JSON.parse` makes every key an own property, `__proto__` too, so reading one is
 * harmless. Whoever copies keys by assignment would set a prototype instead: copy with spread, or don't copy.
 */
export interface JsonObject {
  [key: string]: JsonValue;
}

/** Whether a value is a JSON object: neither null nor a list nor a number. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isExactNumber(value);
}

/** For error texts: what a value is, in words. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (isExactNumber(value)) return 'a number';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** An object to read tasks from. */
export interface FormatSource {
  /** Full key; its ending names the format. */
  key: string;
  /** Bytes, as stored. */
  size: number;
  /** Opens the bytes of the range, or all of them. Each call is a fresh read. */
  open(range?: ByteRange): Promise<Readable>;
  /** Told of the bytes of each chunk that is taken. */
  onBytes?(bytes: number): void;
}

/** Bounds on what one object may cost. */
export interface FormatLimits {
  /** Bytes of one row (one line, one element); a larger one is a row problem. */
  maxRowBytes: number;
  /** Levels of nesting in one row. */
  maxDepth: number;
  /** Bytes that one compressed object may unpack to. */
  maxDecompressedBytes: number;
  /** Unpacked bytes per packed byte, once `ratioFreeBytes` are out. */
  maxRatio: number;
  ratioFreeBytes: number;
  /** Rows that any object may have, however small it is; one more for each byte that it has as stored. */
  freeRows: number;
  /** Bytes of one Parquet page after decompression. */
  maxPageBytes: number;
  /** Bytes, estimated, of the Parquet pages that are open at once, one per column. */
  maxOpenBytes: number;
  /** Bytes of a Parquet footer. */
  maxFooterBytes: number;
}

/**
 * The bounds used when none are given. Deflate packs at most 1,032 to 1, so a ratio past 1,000 is a file of
 * nothing but repetition, and so is one with more rows than bytes: each row that is worth a task says something
 * of its own. 128 MiB holds the largest page that common writers make (100 MB).
 */
export const defaultLimits: FormatLimits = {
  maxRowBytes: 16 * 2 ** 20,
  maxDepth: 512,
  maxDecompressedBytes: 64 * 2 ** 30,
  maxRatio: 1000,
  ratioFreeBytes: 64 * 2 ** 20,
  freeRows: 100_000,
  maxPageBytes: 128 * 2 ** 20,
  maxOpenBytes: 384 * 2 ** 20,
  maxFooterBytes: 16 * 2 ** 20,
};

/** Why one row can't become a task; the last three are warnings, with which it does. */
export const rowProblemCodes = [
  'BROKEN_JSON',
  'NOT_AN_OBJECT',
  'TOO_LARGE',
  'TOO_DEEP',
  'INVALID_UTF8',
  'UNSTORABLE_TEXT',
  'NUMBER_OUT_OF_RANGE',
  'INVALID_FIELD',
  'DATA_MISSING',
  'OWN_EXPORT',
  'IDS_ONLY',
  'UNREAD_KEYS',
  'NOT_SHOWN',
] as const;
export type RowProblemCode = (typeof rowProblemCodes)[number];

/** A failure of one row; the rows after it go on. */
export interface RowProblem {
  code: RowProblemCode;
  /** One sentence: what was expected, what came. */
  message: string;
  /** Line of the file where the row begins, from 1; only in text formats. */
  line?: number | undefined;
  /** Bytes before the row in the file's text, as unpacked; only of lists and of objects that span lines. */
  byte?: number | undefined;
  /** Where in the row: `annotations[0].result`. */
  path?: string | undefined;
  /** A warning of an annotation or prediction that is left out whole. */
  whole?: true | undefined;
}

/**
 * One row of an object. `row` counts from 0 over list elements, non-blank lines or Parquet rows, good and bad
 * alike, so it is the same on every reading of the same bytes.
 */
export type ParsedRow = { row: number; value: JsonObject } | { row: number; problem: RowProblem };

/** Why an object can't be read, or not to its end. */
export const formatErrorCodes = [
  'NOT_A_TASK_FILE',
  'EMPTY_FILE',
  'BROKEN_JSON',
  'BROKEN_GZIP',
  'BROKEN_PARQUET',
  'DECOMPRESSION_BOMB',
  'UNSUPPORTED_COMPRESSION',
  'UNSUPPORTED_ENCODING',
  'UNSUPPORTED_PARQUET',
  'TOO_LARGE',
] as const;
export type FormatErrorCode = (typeof formatErrorCodes)[number];

/** A failure that ends the object. Rows before it have been given already. */
export class FormatError extends LongshoreError {
  declare readonly code: FormatErrorCode;
  /** First row that could not be read. */
  readonly row: number | undefined;
  /** Line of the file, from 1. */
  readonly line: number | undefined;
  constructor(
    code: FormatErrorCode,
    message: string,
    place: { row?: number | undefined; line?: number | undefined; cause?: unknown } = {},
  ) {
    super(code, message, { cause: place.cause });
    this.row = place.row;
    this.line = place.line;
  }
}
