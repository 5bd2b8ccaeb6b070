/** Numbers as they were written. JavaScript rounds those of more digits than a 64-bit float holds; nothing here does. */

/**
 * A JSON number that a `number` would change: `12345678901234567890`, `0.10`. Made by `parseJson` alone;
 * `JSON.stringify` writes it as it was. Source: ECMAScript 2026, JSON.rawJSON.
 */
export interface ExactNumber {
  readonly rawJSON: string;
}

interface ExactJson {
  rawJSON(text: string): ExactNumber;
  isRawJSON(value: unknown): value is ExactNumber;
}
/** Not yet among the types of the library. */
const { rawJSON, isRawJSON } = JSON as unknown as ExactJson;

export const isExactNumber = isRawJSON;

/** Longest number, in characters, that is a float for sure: 15 digits and a point. */
const alwaysExact = 15;

/**
 * `JSON.parse` with every number kept: as a `number` if that writes the same digits, else as an ExactNumber.
 * A look at the text finds the few documents that have one.
 * @param plain the text holds no such number for sure (`mayBeInexact`)
 * @throws SyntaxError; RangeError when a document with such numbers is nested too deeply
 */
export function parseJson(text: string, plain = false): unknown {
  return !plain && hasInexact(text) ? JSON.parse(text, keepDigits) : JSON.parse(text);
}

/** A reviver of `JSON.parse` that keeps numbers which a `number` would change. */
export function keepDigits(_key: string, value: unknown, context?: { source?: string }): unknown {
  return typeof value === 'number' && context?.source !== undefined ? numberOf(context.source) : value;
}

/** The number that a JSON number literal stands for. */
export function numberOf(source: string): number | ExactNumber {
  return saysTheSame(source) ? Number(source) : rawJSON(source);
}

/** Up to 15 digits, and no 0 at the end of a fraction: a power of ten, or -0, is only written in other words. */
const fewDigits = /^-?(?:\d{1,15}|(?=[\d.]{3,16}(?![\d.]))\d+\.\d+)(?:e[+-]?\d{1,2}|(?<!\.\d*0))$/i;

/** Whether a `number` keeps all digits. */
const saysTheSame = (source: string) => String(Number(source)) === source || fewDigits.test(source);

/** Whether JSON text holds a number that a `number` would change; strings are passed over. */
function hasInexact(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charCodeAt(at);
    if (char === 0x22) at = endOfString(text, at);
    else if (char === 0x2d || isDigit(char)) {
      const end = endOfNumber(text, at);
      if (!isExact(text, at, end)) return true;
      at = end - 1;
    }
  }
  return false;
}

function isExact(text: string, start: number, end: number): boolean {
  // A short whole number, or fraction that ends in another digit than 0, is the commonest by far.
  if (end - start <= alwaysExact && isPlain(text, start, end)) return true;
  return saysTheSame(text.slice(start, end));
}

/** Whether a number of at most 15 characters has no digit that JavaScript would leave out. */
function isPlain(text: string, start: number, end: number): boolean {
  let point = false;
  for (let at = start; at < end; at += 1) {
    const char = text.charCodeAt(at);
    if (char === 0x2e) point = true;
    else if (!isDigit(char)) return false;
  }
  return !point || text.charCodeAt(end - 1) !== 0x30;
}

function endOfNumber(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length) {
    const char = text.charCodeAt(at);
    // Digits, point, exponent and its sign.
    if (!isDigit(char) && char !== 0x2e && (char | 0x20) !== 0x65 && char !== 0x2b && char !== 0x2d) break;
    at += 1;
  }
  return at;
}

const isDigit = (char: number) => char >= 0x30 && char <= 0x39;

/** Index of the quote that closes the string opened at `open`; the end of the text where none does. */
export function endOfString(text: string, open: number): number {
  for (let at = text.indexOf('"', open + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === 0x5c) slashes += 1;
    if (slashes % 2 === 0) return at;
  }
  return text.length;
}

/**
 * A cheap look at the bytes of JSON text: false if no number in it can be one that a `number` would change, so
 * that `JSON.parse` is good enough. Looks for more than 15 digits, fractions that end in 0, and exponents of
 * three digits; in strings too, which costs a second look and nothing else.
 */
export function mayBeInexact(bytes: Uint8Array): boolean {
  let digits = 0;
  let point = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at]!;
    if (byte <= 0x39 && byte >= 0x30) digits += 1;
    else if (digits > 0) {
      if (digits > alwaysExact) return true;
      if (byte === 0x2e) {
        point = true;
        continue;
      }
      if (point && bytes[at - 1] === 0x30) return true;
      if ((byte | 0x20) === 0x65 && isLongExponent(bytes, at + 1)) return true;
      digits = 0;
      point = false;
    }
  }
  // What goes on in other bytes may be anything.
  return digits > 0;
}

function isLongExponent(bytes: Uint8Array, start: number): boolean {
  const signed = bytes[start] === 0x2b || bytes[start] === 0x2d;
  const first = signed ? start + 1 : start;
  return [first, first + 1, first + 2].every((at) => isDigit(bytes[at] ?? 0x30));
}
