import { isUtf8 } from 'node:buffer';
import type { DecodedArray, SchemaElement } from 'hyparquet';
import { parseFloat16 } from 'hyparquet/src/convert.js';
import type { JsonValue } from './model.ts';

/** A column's values as JSON; `doubtful` when one of them may be unstorable, so that rows are looked at. */
export interface Converted {
  values: JsonValue[];
  doubtful: boolean;
}

/**
 * Values of one column as JSON. Integers past 2^53 and decimals of more than 15 digits become strings, so that
 * no digit is lost; NaN becomes null; timestamps and dates become ISO 8601 strings, timestamps without a time
 * zone stay without; bytes become text if they are UTF-8, else base64. Times of day stay numbers in their unit.
 */
export function convertValues(values: DecodedArray, element: SchemaElement): Converted {
  const convert = converterOf(element);
  const converted: JsonValue[] = new Array(values.length);
  let doubtful = false;
  for (let index = 0; index < values.length; index += 1) {
    const value = convert(values[index]);
    converted[index] = value;
    if (typeof value === 'string' ? value.includes('\0') : value === Infinity || value === -Infinity)
      doubtful = true;
  }
  return { values: converted, doubtful };
}

/** What the decoder hands over depends on the physical type alone. */
type Decoded = unknown;

function converterOf(element: SchemaElement): (value: Decoded) => JsonValue {
  const { type, converted_type: converted, logical_type: logical } = element;
  if (converted === 'DECIMAL') return decimalConverter(element);
  if (logical?.type === 'TIMESTAMP')
    return timestampConverter(perSecond[logical.unit], logical.isAdjustedToUTC);
  if (converted === 'TIMESTAMP_MILLIS') return timestampConverter(perSecond.MILLIS, true);
  if (converted === 'TIMESTAMP_MICROS') return timestampConverter(perSecond.MICROS, true);
  if (converted === 'DATE') return (days) => dateText(Number(days));
  if (converted === 'UINT_32') return (value) => Number(value) >>> 0;
  if (converted === 'UINT_64') return (value) => integer(BigInt.asUintN(64, value as bigint));
  if (logical?.type === 'UUID') return (value) => uuidText(value as Uint8Array);
  if (logical?.type === 'FLOAT16') return (value) => float(parseFloat16(value as Uint8Array) ?? Number.NaN);
  if (type === 'INT64') return (value) => integer(value as bigint);
  if (type === 'INT96') {
    const nanoseconds = timestampConverter(perSecond.NANOS, true);
    return (value) => nanoseconds(nanosecondsOf(value as bigint));
  }
  if (type === 'FLOAT' || type === 'DOUBLE') return (value) => float(value as number);
  if (type === 'BYTE_ARRAY' || type === 'FIXED_LEN_BYTE_ARRAY') return textConverter(converted !== undefined);
  return (value) => value as number | boolean;
}

function integer(value: bigint): JsonValue {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

/** JSON has no NaN; in tables it stands for "missing". */
function float(value: number): JsonValue {
  return Number.isNaN(value) ? null : value;
}

/**
 * Decodes straight from the page's bytes, which the values of a page share.
 * @param declared the column says that it is text; else a NUL shows that it isn't
 */
function textConverter(declared: boolean): (value: Decoded) => JsonValue {
  let page: Buffer | undefined;
  return (value) => {
    const bytes = value as Uint8Array;
    if (page?.buffer !== bytes.buffer) page = Buffer.from(bytes.buffer);
    const end = bytes.byteOffset + bytes.byteLength;
    const text = page.toString('utf8', bytes.byteOffset, end);
    // The decoder's replacement character is the sign of bytes that are not UTF-8, or was there itself.
    const isText = !text.includes('\ufffd') || isUtf8(bytes);
    if (isText && (declared || !text.includes('\0'))) return text;
    return page.toString('base64', bytes.byteOffset, end);
  };
}

const perSecond = { MILLIS: 1000n, MICROS: 1_000_000n, NANOS: 1_000_000_000n };

function timestampConverter(units: bigint, utc: boolean): (value: Decoded) => JsonValue {
  const digits = units.toString().length - 1;
  const perMillisecond = units / 1000n;
  return (value) => {
    const count = value as bigint;
    let milliseconds = count / perMillisecond;
    if (milliseconds * perMillisecond > count) milliseconds -= 1n;
    const date = new Date(Number(milliseconds));
    // Past the year 275760 no calendar date is to be had.
    if (Number.isNaN(date.getTime())) return count.toString();
    const rest = count - milliseconds * perMillisecond;
    const finer = rest === 0n ? '' : rest.toString().padStart(digits - 3, '0');
    return `${date.toISOString().slice(0, -1)}${finer}${utc ? 'Z' : ''}`;
  };
}

function dateText(days: number): JsonValue {
  const date = new Date(days * 86_400_000);
  return Number.isNaN(date.getTime()) ? String(days) : date.toISOString().slice(0, -14);
}

/** INT96: nanoseconds of the day in the low 64 bits, Julian day above them. */
function nanosecondsOf(value: bigint): bigint {
  const days = (value >> 64n) - 2_440_588n;
  return days * 86_400_000_000_000n + BigInt.asUintN(64, value);
}

function uuidText(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

const widestDecimal = { bytes: 64, scale: 154 };

function decimalConverter({ scale = 0 }: SchemaElement): (value: Decoded) => JsonValue {
  if (scale < 0 || scale > widestDecimal.scale) throw new Error('a decimal of senseless scale');
  return (value) => {
    const unscaled = value instanceof Uint8Array ? bigEndian(value) : BigInt(value as number | bigint);
    const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
    const whole = digits.slice(0, digits.length - scale);
    const text = `${unscaled < 0n ? '-' : ''}${whole}${scale > 0 ? `.${digits.slice(-scale)}` : ''}`;
    // A double keeps 15 decimal digits exactly.
    return digits.length <= 15 ? Number(text) : text;
  };
}

/** Two's complement, most significant byte first. */
function bigEndian(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n;
  if (bytes.length > widestDecimal.bytes) throw new Error('a decimal of too many bytes');
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${Buffer.from(bytes).toString('hex')}`));
}
