/**
 * Writes Parquet files whose parts say what a test wants them to say (parquet.thrift, Thrift compact
 * protocol), true or not.
 */

const wire = { true: 1, false: 2, i32: 5, i64: 6, binary: 8, list: 9, struct: 12 };

/** A field of a struct: id, wire type, encoded value. */
type Field = [id: number, type: number, value: Buffer];

export function varint(value: number | bigint): Buffer {
  const bytes: number[] = [];
  let left = BigInt(value);
  do {
    const more = left > 0x7fn ? 0x80 : 0;
    bytes.push(Number(left & 0x7fn) | more);
    left >>= 7n;
  } while (left > 0n);
  return Buffer.from(bytes);
}

function zigzag(value: number | bigint): Buffer {
  const big = BigInt(value);
  return varint(big < 0n ? -big * 2n - 1n : big * 2n);
}

export const i32 = (id: number, value: number | bigint): Field => [id, wire.i32, zigzag(value)];
export const i64 = (id: number, value: number | bigint): Field => [id, wire.i64, zigzag(value)];
export const text = (id: number, value: string): Field => [
  id,
  wire.binary,
  Buffer.concat([varint(Buffer.byteLength(value)), Buffer.from(value)]),
];
export const struct = (id: number, fields: Field[]): Field => [id, wire.struct, encode(fields)];
export const flag = (id: number, value: boolean): Field => [
  id,
  value ? wire.true : wire.false,
  Buffer.alloc(0),
];

/** A list; `claimed` is how many elements it says to have. */
export function list(id: number, elements: Buffer[], type = wire.struct, claimed = elements.length): Field {
  return [id, wire.list, Buffer.concat([Buffer.from([0xf0 | type]), varint(claimed), ...elements])];
}

/** A list of strings. */
export const texts = (id: number, values: string[]): Field =>
  list(
    id,
    values.map((value) => text(0, value)[2]),
    wire.binary,
  );

/** A struct's bytes; field ids ascending. */
export function encode(fields: Field[]): Buffer {
  const parts: Buffer[] = [];
  let last = 0;
  for (const [id, type, value] of fields) {
    parts.push(Buffer.from([((id - last) << 4) | type]), value);
    last = id;
  }
  return Buffer.concat([...parts, Buffer.from([0])]);
}

export const types = { INT32: 1, INT64: 2, BYTE_ARRAY: 6 };
export const encodings = { PLAIN: 0, DELTA_BINARY_PACKED: 5, DELTA_BYTE_ARRAY: 7, RLE_DICTIONARY: 8 };
export const codecs = { UNCOMPRESSED: 0, SNAPPY: 1, GZIP: 2, LZO: 3, LZ4: 5, ZSTD: 6, LZ4_RAW: 7 };
export const repetitions = { REQUIRED: 0, OPTIONAL: 1, REPEATED: 2 };

/** A data page of version 1. `bytes` and `packedBytes` default to the truth for an uncompressed page. */
export function dataPage(
  content: Buffer,
  header: { values: number; encoding?: number; bytes?: number; packedBytes?: number },
): Buffer {
  const { values, encoding = encodings.PLAIN, bytes = content.length, packedBytes = content.length } = header;
  const counts = struct(5, [i32(1, values), i32(2, encoding), i32(3, 3), i32(4, 3)]);
  return Buffer.concat([encode([i32(1, 0), i32(2, bytes), i32(3, packedBytes), counts]), content]);
}

export function dictionaryPage(content: Buffer, values: number): Buffer {
  const counts = struct(7, [i32(1, values), i32(2, encodings.PLAIN)]);
  return Buffer.concat([
    encode([i32(1, 2), i32(2, content.length), i32(3, content.length), counts]),
    content,
  ]);
}

/** Byte arrays in PLAIN encoding. */
export function plain(values: (string | Buffer)[]): Buffer {
  const parts = values.map((value) => {
    const bytes = Buffer.from(value);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    return Buffer.concat([length, bytes]);
  });
  return Buffer.concat(parts);
}

/** Levels of version 1: a length, then one run of `count` times the value. */
export function levelRun(count: number, value: number): Buffer {
  const run = Buffer.concat([varint(BigInt(count) * 2n), Buffer.from([value])]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(run.length);
  return Buffer.concat([length, run]);
}

export interface ForgedColumn {
  name: string;
  type?: number;
  repetition?: number;
  codec?: number;
  pages: Buffer[];
  /** What the footer says about where the pages are. */
  claim?: { start?: number | bigint; bytes?: number | bigint };
}

/** A file of one row group. `schema` replaces the schema that the columns would have. */
export function forge(columns: ForgedColumn[], rows: number | bigint, schema?: Buffer[]): Buffer {
  const parts: Buffer[] = [Buffer.from('PAR1')];
  let offset = 4;
  const chunks = columns.map(({ name, type = types.BYTE_ARRAY, codec = 0, pages, claim }) => {
    const start = claim?.start ?? offset;
    const bytes = pages.reduce((sum, page) => sum + page.length, 0);
    parts.push(...pages);
    offset += bytes;
    return encode([
      i64(2, start),
      struct(3, [
        i32(1, type),
        texts(3, [name]),
        i32(4, codec),
        i64(5, rows),
        i64(6, bytes),
        i64(7, claim?.bytes ?? bytes),
        i64(9, start),
      ]),
    ]);
  });
  const elements = schema ?? [
    encode([text(4, 'schema'), i32(5, columns.length)]),
    ...columns.map(({ name, type = types.BYTE_ARRAY, repetition = 0 }) =>
      encode([i32(1, type), i32(3, repetition), text(4, name)]),
    ),
  ];
  const group = encode([list(1, chunks), i64(2, offset), i64(3, rows)]);
  return closeFile(parts, encode([i32(1, 1), list(2, elements), i64(3, rows), list(4, [group])]));
}

/** Puts a footer behind the parts; `length` is what it says its length is. */
export function closeFile(parts: Buffer[], footer: Buffer, length = footer.length): Buffer {
  const tail = Buffer.alloc(8);
  tail.writeUInt32LE(length);
  tail.write('PAR1', 4);
  return Buffer.concat([...parts, footer, tail]);
}
