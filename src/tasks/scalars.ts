import type { JsonValue } from '../formats/model.ts';
import { isExactNumber } from '../json.ts';

/**
 * Scalars of imported rows, taken from whatever says the same without loss: `"0.9"` is a number, 1 a yes, 7 a
 * text. undefined: it says no such thing.
 */

const numberPattern = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

export function takeNumber(value: JsonValue): number | undefined {
  if (typeof value === 'number') return value;
  if (isExactNumber(value)) return Number(value.rawJSON);
  if (typeof value !== 'string' || !numberPattern.test(value.trim())) return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}

export function takeBoolean(value: JsonValue): boolean | undefined {
  if (typeof value === 'boolean') return value;
  const text = typeof value === 'string' ? value.trim().toLowerCase() : takeNumber(value);
  if (text === 1 || text === '1' || text === 'true') return true;
  if (text === 0 || text === '0' || text === 'false') return false;
  return undefined;
}

/** Numbers keep the digits that they are written with. */
export function takeText(value: JsonValue): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return isExactNumber(value) ? value.rawJSON : undefined;
}

/** A whole number up to 2^53. */
export function takeId(value: JsonValue): number | undefined {
  const number = takeNumber(value);
  return Number.isSafeInteger(number) ? number : undefined;
}

/** RFC 3339 section 5.6, the zone optional (then UTC), as exports write it. */
const timePattern = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/i;

/** Past this many units since 1970 they are no seconds (year 5138), and past its thousandfold no milliseconds. */
const mostSeconds = 1e11;

/** ISO 8601, or seconds, milliseconds or microseconds since 1970. */
export function takeTime(value: JsonValue): Date | undefined {
  const epoch = takeNumber(value);
  if (epoch !== undefined) {
    const size = Math.abs(epoch);
    const milliseconds = size < mostSeconds ? epoch * 1000 : size < mostSeconds * 1000 ? epoch : epoch / 1000;
    return validTime(new Date(milliseconds));
  }
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  const match = timePattern.exec(text);
  if (!match) return undefined;
  const zoned = text.length > 10 && match[1] === undefined ? `${text}Z` : text;
  return validTime(new Date(zoned.replace(' ', 'T')));
}

/** Years that the database's instants and RFC 3339 both have. */
function validTime(time: Date): Date | undefined {
  const year = time.getUTCFullYear();
  return year >= 0 && year <= 9999 ? time : undefined;
}
