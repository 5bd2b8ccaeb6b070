/**
 * LZ4 as Parquet uses it. `LZ4_RAW` is one block (lz4_Block_format.md of the LZ4 project); the older `LZ4` is
 * Hadoop's framing of blocks, or one block too, since writers disagreed (Compression.md of the Parquet format).
 * Match lengths are open-ended there, 255 per byte: a block that would unpack to more than `bytes` ends at
 * once, where a decoder that only drops the excess would go on counting.
 *
 * The place in the input is a field of an object on purpose. As a variable that a function inside changes, it was
 * compiled wrongly by Node 26.10 (Maglev): the first large page of a process came out garbled.
 */
export function unpackLz4(packed: Uint8Array, bytes: number): Uint8Array {
  const output = new Uint8Array(bytes);
  const frames = hadoopFrames(packed, bytes) ?? [packed];
  let filled = 0;
  for (const block of frames) filled = unpackBlock(block, output, filled);
  if (filled !== bytes) throw new Error('an LZ4 block of another size');
  return output;
}

/** Each frame: unpacked and packed size, big-endian, then a block. undefined: the sizes don't add up to frames. */
function hadoopFrames(packed: Uint8Array, bytes: number): Uint8Array[] | undefined {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const frames: Uint8Array[] = [];
  let at = 0;
  let total = 0;
  while (at + 8 <= packed.length) {
    const end = at + 8 + view.getUint32(at + 4);
    total += view.getUint32(at);
    if (end > packed.length || total > bytes) return undefined;
    frames.push(packed.subarray(at + 8, end));
    at = end;
  }
  return at === packed.length && total === bytes ? frames : undefined;
}

/** @returns where the next block's output begins */
function unpackBlock(input: Uint8Array, output: Uint8Array, start: number): number {
  const reader = { input, at: 0 };
  let out = start;
  while (reader.at < input.length) {
    const token = input[reader.at++]!;
    const literals = lengthOf(reader, token >> 4);
    if (reader.at + literals > input.length || out + literals > output.length)
      throw new Error('an LZ4 block too long');
    output.set(input.subarray(reader.at, reader.at + literals), out);
    reader.at += literals;
    out += literals;
    if (reader.at === input.length) break;
    const low = input[reader.at++] ?? 0;
    const offset = low | ((input[reader.at++] ?? 0) << 8);
    const length = lengthOf(reader, token & 15) + 4;
    if (offset === 0 || offset > out - start) throw new Error('an LZ4 match before its block');
    if (out + length > output.length) throw new Error('an LZ4 block too long');
    // Byte by byte, as a match may overlap what it makes.
    for (let end = out + length; out < end; out += 1) output[out] = output[out - offset]!;
  }
  return out;
}

/** A length of 15 in the token goes on in bytes, to the first that isn't 255. */
function lengthOf(reader: { input: Uint8Array; at: number }, nibble: number): number {
  let length = nibble;
  for (let more = nibble === 15; more; ) {
    const byte = reader.input[reader.at++];
    if (byte === undefined) throw new Error('an LZ4 block that ends too early');
    length += byte;
    more = byte === 255;
  }
  return length;
}
