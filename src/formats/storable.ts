import { type ExactNumber, isExactNumber } from '../json.ts';
import type { JsonObject, JsonValue, RowProblem } from './model.ts';

/**
 * Whether the database can keep the value as it is: PostgreSQL's jsonb refuses U+0000 and lone surrogates
 * (PostgreSQL manual, section 8.14), its numbers end somewhere (`1e999999`), and what is nested deeper
 * than `maxDepth` would exhaust the stack of whoever walks it. undefined: all well.
 * @param strings false skips the look at texts, for JSON text without `\u` escapes: such text can't hold them.
 */
export function findUnstorable(value: JsonValue, maxDepth: number, strings = true): RowProblem | undefined {
  if (isStorable(value, maxDepth, strings)) return undefined;
  const failure = locate(value, maxDepth, strings, '');
  return { ...failure.problem, path: failure.path };
}

/** The walk that every row pays: no allocation, no path. */
function isStorable(value: JsonValue, depthLeft: number, strings: boolean): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value === 'string') return !strings || isStorableText(value);
  if (typeof value !== 'object' || value === null) return true;
  if (isExactNumber(value)) return isStorableNumber(value);
  if (depthLeft === 0) return false;
  if (Array.isArray(value)) {
    for (const item of value) {
      if (!isStorable(item, depthLeft - 1, strings)) return false;
    }
    return true;
  }
  for (const key in value) {
    if (strings && !isStorableText(key)) return false;
    if (!isStorable((value as JsonObject)[key] ?? null, depthLeft - 1, strings)) return false;
  }
  return true;
}

/**
 * Whether PostgreSQL can keep the number: 131,072 digits before the point, 16,383 behind it (manual, section
 * 8.1.2). An exponent past a float's would write hundreds of thousands of digits for a few characters.
 */
function isStorableNumber({ rawJSON }: ExactNumber): boolean {
  if (/^-?\d+$/.test(rawJSON)) return rawJSON.length <= 131_072;
  const value = Number(rawJSON);
  const vanished = value === 0 && /[1-9]/.test(rawJSON.split(/e/i, 1)[0]!);
  return rawJSON.length <= 16_000 && Number.isFinite(value) && !vanished;
}

/** Whether PostgreSQL can keep the text: no U+0000, no half of a surrogate pair. */
export function isStorableText(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

interface Failure {
  problem: RowProblem;
  path: string;
}

function locate(value: JsonValue, depthLeft: number, strings: boolean, path: string): Failure {
  if (typeof value === 'number' || isExactNumber(value)) return { path, problem: numberProblem(value) };
  if (typeof value !== 'object' || value === null) return { path, problem: unstorableText };
  if (depthLeft === 0) return { path, problem: tooDeep };
  for (const [key, item] of Object.entries(value)) {
    const here = pathTo(path, Array.isArray(value) ? Number(key) : key);
    if (strings && !isStorableText(key)) return { path: here, problem: unstorableText };
    if (!isStorable(item, depthLeft - 1, strings)) return locate(item, depthLeft - 1, strings, here);
  }
  return { path, problem: unstorableText };
}

const longestPath = 200;

/** `data.boxes[2]["odd key"]`: the key is quoted unless it is a plain word, the whole cut to 200 characters. */
export function pathTo(path: string, key: string | number): string {
  if (path.length >= longestPath) return path;
  if (typeof key === 'number') return `${path}[${key}]`;
  if (!/^[A-Za-z_$][\w$-]*$/.test(key)) return `${path}[${JSON.stringify(key)}]`.slice(0, longestPath);
  return (path ? `${path}.${key}` : key).slice(0, longestPath);
}

const numberOutOfRange: RowProblem = {
  code: 'NUMBER_OUT_OF_RANGE',
  message: 'A number is larger than a 64-bit float holds. Write it as a string.',
};
const tooManyDigits: RowProblem = {
  code: 'NUMBER_OUT_OF_RANGE',
  message: 'A number has more digits than the database keeps. Write it as a string.',
};

const numberProblem = (value: number | ExactNumber) =>
  isExactNumber(value) && Number.isFinite(Number(value.rawJSON)) ? tooManyDigits : numberOutOfRange;

const unstorableText: RowProblem = {
  code: 'UNSTORABLE_TEXT',
  message: 'A text holds U+0000 or half of a surrogate pair, which the database refuses. Remove it.',
};

/** The problem of a row with more levels than the limit. */
export const tooDeep: RowProblem = {
  code: 'TOO_DEEP',
  message: 'Objects and lists are nested too deeply in this row. Flatten it.',
};
