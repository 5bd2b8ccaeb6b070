import { deltaBinaryUnpack } from 'hyparquet/src/delta.js';

/**
 * The run-length and bit-packing hybrid of Parquet (Encodings.md), for levels, dictionary indexes and
 * booleans. Fills `output`; no run may go past it, whatever its header says.
 */
export function readRuns(
  view: DataView,
  start: number,
  end: number,
  width: number,
  output: Uint8Array | Int32Array,
): void {
  if (width > 32) throw new Error('values of more than 32 bits');
  const bytesPerValue = (width + 7) >> 3;
  let at = start;
  let filled = 0;
  while (filled < output.length) {
    const header = readVarint(view, at, end);
    at = header.next;
    const count = Math.floor(header.value / 2);
    if (header.value % 2 === 0) {
      if (count > output.length - filled) throw new Error('a run longer than its page');
      let value = 0;
      for (let byte = 0; byte < bytesPerValue; byte += 1) value |= view.getUint8(at + byte) << (byte * 8);
      at += bytesPerValue;
      output.fill(value, filled, filled + count);
      filled += count;
    } else {
      // Groups of eight values; the last one may be padded, or cut where the padding would be.
      const values = Math.min(count * 8, output.length - filled);
      unpack(view, at, Math.min(end, at + count * width), width, output, filled, values);
      at += count * width;
      filled += values;
    }
    if (at > end && filled < output.length) throw new Error('runs that end too early');
  }
}

/** Values of `width` bits, least significant bit first. */
function unpack(
  view: DataView,
  start: number,
  end: number,
  width: number,
  output: Uint8Array | Int32Array,
  from: number,
  count: number,
): void {
  if (width === 0) {
    output.fill(0, from, from + count);
    return;
  }
  if (width > 23) {
    unpackWide(view, start, end, width, output, from, count);
    return;
  }
  const mask = (1 << width) - 1;
  let at = start;
  let bits = 0;
  let buffered = 0;
  for (let index = 0; index < count; index += 1) {
    while (buffered < width) {
      if (at >= end) throw new Error('runs that end too early');
      bits |= view.getUint8(at) << buffered;
      at += 1;
      buffered += 8;
    }
    output[from + index] = bits & mask;
    bits >>>= width;
    buffered -= width;
  }
}

/** The same in floats, where 32 bits of integers don't suffice. */
function unpackWide(
  view: DataView,
  start: number,
  end: number,
  width: number,
  output: Uint8Array | Int32Array,
  from: number,
  count: number,
): void {
  const modulus = 2 ** width;
  let at = start;
  let bits = 0;
  let buffered = 0;
  for (let index = 0; index < count; index += 1) {
    while (buffered < width) {
      if (at >= end) throw new Error('runs that end too early');
      bits += view.getUint8(at) * 2 ** buffered;
      at += 1;
      buffered += 8;
    }
    const value = bits % modulus;
    output[from + index] = value;
    bits = (bits - value) / modulus;
    buffered -= width;
  }
}

function readVarint(view: DataView, start: number, end: number): { value: number; next: number } {
  let value = 0;
  let at = start;
  for (let factor = 1; factor <= 2 ** 63; factor *= 128) {
    if (at >= end) throw new Error('an integer that ends too early');
    const byte = view.getUint8(at);
    at += 1;
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return { value, next: at };
  }
  throw new Error('an integer of too many bytes');
}

/**
 * Walks the blocks of DELTA_BINARY_PACKED values (Encodings.md) without decoding them, since sizes that make
 * no sense would send a decoder backwards or round in circles.
 * @returns where the blocks end
 */
export function checkDelta(view: DataView, start: number, count: number): number {
  const end = view.byteLength;
  const blockSize = readVarint(view, start, end);
  const miniblocks = readVarint(view, blockSize.next, end);
  const total = readVarint(view, miniblocks.next, end);
  const first = readVarint(view, total.next, end);
  const perMiniblock = blockSize.value / miniblocks.value;
  const sensible = blockSize.value % 128 === 0 && blockSize.value <= 2 ** 20 && perMiniblock % 8 === 0;
  if (!sensible || !(perMiniblock > 0)) throw new Error('delta blocks of a senseless size');
  let at = first.next;
  for (let seen = 1; seen < count; ) {
    const widths = readVarint(view, at, end).next;
    at = widths + miniblocks.value;
    for (let index = 0; index < miniblocks.value && seen < count; index += 1) {
      const width = view.getUint8(widths + index);
      if (width > 64) throw new Error('deltas of more than 64 bits');
      at += (width * perMiniblock) / 8;
      seen += perMiniblock;
    }
  }
  return at;
}

/**
 * DELTA_BYTE_ARRAY values share their beginnings with the value before: a few bytes can stand for a long
 * value each time. Adds them up before they are made.
 */
export function checkDeltaByteArray(view: DataView, start: number, count: number, maxBytes: number): void {
  const suffixStart = checkDelta(view, start, count);
  checkDelta(view, suffixStart, count);
  const prefixes = new Int32Array(count);
  const suffixes = new Int32Array(count);
  deltaBinaryUnpack({ view, offset: start }, count, prefixes);
  deltaBinaryUnpack({ view, offset: suffixStart }, count, suffixes);
  let length = 0;
  let total = 0;
  for (let index = 0; index < count; index += 1) {
    const prefix = prefixes[index]!;
    const suffix = suffixes[index]!;
    if (prefix < 0 || prefix > length || suffix < 0) throw new Error('a value that continues none');
    length = prefix + suffix;
    total += length;
    if (total > maxBytes) throw new Error('values that grow past the size of a page');
  }
}
