import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { CompressionCodec, DecodedArray, Encoding, ParquetType } from 'hyparquet';
import { snappyUncompress } from 'hyparquet';
import { Encodings } from 'hyparquet/src/constants.js';
import { deltaBinaryUnpack, deltaByteArray, deltaLengthByteArray } from 'hyparquet/src/delta.js';
import { byteStreamSplit } from 'hyparquet/src/encoding.js';
import { readPlain } from 'hyparquet/src/plain.js';
import { unpackLz4 } from './lz4.ts';
import { FormatError } from './model.ts';
import { checkDelta, checkDeltaByteArray, readRuns } from './parquet-encoding.ts';
import { ThriftReader } from './thrift.ts';

/** parquet.thrift, PageHeader, as far as needed. Counts and sizes are checked to be no less than 0. */
export interface PageHeader {
  kind: 'DATA' | 'DATA_V2' | 'DICTIONARY' | 'OTHER';
  /** Bytes in the file, header not counted, and after decompression. */
  packedBytes: number;
  bytes: number;
  /** Values, nulls and empty lists counted too. */
  values: number;
  encoding: Encoding | undefined;
  /** DATA_V2 only: rows that begin in the page, bytes of its levels, whether its values are compressed. */
  rows: number;
  repetitionBytes: number;
  definitionBytes: number;
  compressed: boolean;
}

/** What pages of a column have in common. */
export interface PageShape {
  type: ParquetType;
  typeLength: number | undefined;
  codec: CompressionCodec;
  maxRepetition: number;
  maxDefinition: number;
}

/** The values of a page that aren't null, or their places in the dictionary. */
export type PageValues = { values: DecodedArray } | { indexes: Int32Array };

/** A data page. Levels are empty where the column can have only one. */
export interface Page {
  repetition: Uint8Array;
  definition: Uint8Array;
  content: PageValues;
}

const pageKinds: PageHeader['kind'][] = ['DATA', 'OTHER', 'DICTIONARY', 'DATA_V2'];

/** @throws ShortRead when the header goes on behind the bytes; Error when it is broken */
export function readPageHeader(bytes: Uint8Array): { header: PageHeader; length: number } {
  const header: PageHeader = {
    kind: 'OTHER',
    packedBytes: -1,
    bytes: -1,
    values: 0,
    encoding: undefined,
    rows: 0,
    repetitionBytes: 0,
    definitionBytes: 0,
    compressed: true,
  };
  const reader = new ThriftReader(bytes);
  const count =
    (field: 'packedBytes' | 'bytes' | 'values' | 'rows' | 'repetitionBytes' | 'definitionBytes') =>
    (type: number) => {
      header[field] = reader.int(type);
      if (header[field] < 0) throw new Error('a count below 0');
    };
  const encoding = (type: number) => {
    header.encoding = Encodings[reader.int(type)];
  };
  reader.struct({
    1: (type) => {
      header.kind = pageKinds[reader.int(type)] ?? 'OTHER';
    },
    2: count('bytes'),
    3: count('packedBytes'),
    5: (type) => reader.nested(type, { 1: count('values'), 2: encoding }),
    7: (type) => reader.nested(type, { 1: count('values'), 2: encoding }),
    8: (type) =>
      reader.nested(type, {
        1: count('values'),
        3: count('rows'),
        4: encoding,
        5: count('definitionBytes'),
        6: count('repetitionBytes'),
        7: (wire) => {
          header.compressed = reader.boolean(wire);
        },
      }),
  });
  if (header.bytes < 0 || header.packedBytes < 0) throw new Error('a page without size');
  return { header, length: reader.offset };
}

/** The dictionary that later pages of the column refer to. */
export function readDictionary(packed: Uint8Array, header: PageHeader, shape: PageShape): DecodedArray {
  const bytes = decompress(packed, header.bytes, shape.codec);
  return readPlain({ view: viewOf(bytes), offset: 0 }, shape.type, header.values, shape.typeLength);
}

/** Decodes a data page of either version. `maxBytes` bounds values that an encoding repeats in parts. */
export function readPage(packed: Uint8Array, header: PageHeader, shape: PageShape, maxBytes: number): Page {
  const { maxRepetition, maxDefinition } = shape;
  const count = header.values;
  if (header.kind === 'DATA_V2') {
    const levelBytes = header.repetitionBytes + header.definitionBytes;
    if (levelBytes > packed.length || levelBytes > header.bytes)
      throw new Error('levels longer than their page');
    const levels = viewOf(exact(packed.subarray(0, levelBytes)));
    const repetition = readLevels(levels, 0, header.repetitionBytes, maxRepetition, count);
    const definition = readLevels(levels, header.repetitionBytes, levelBytes, maxDefinition, count);
    const rest = packed.subarray(levelBytes);
    const bytes = decompress(
      rest,
      header.bytes - levelBytes,
      header.compressed ? shape.codec : 'UNCOMPRESSED',
    );
    const content = readValues(bytes, 0, header, shape, present(definition, count, shape), maxBytes);
    return { repetition, definition, content };
  }
  const bytes = decompress(packed, header.bytes, shape.codec);
  const view = viewOf(bytes);
  let at = 0;
  // Version 1 puts a length of four bytes before each kind of levels, if the column has that kind.
  const nextLevels = (max: number): Uint8Array => {
    if (max === 0) return new Uint8Array(0);
    const start = at + 4;
    at = start + view.getUint32(at, true);
    if (at > bytes.length) throw new Error('levels longer than their page');
    return readLevels(view, start, at, max, count);
  };
  const repetition = nextLevels(maxRepetition);
  const definition = nextLevels(maxDefinition);
  const content = readValues(bytes, at, header, shape, present(definition, count, shape), maxBytes);
  return { repetition, definition, content };
}

function readLevels(view: DataView, start: number, end: number, max: number, count: number): Uint8Array {
  if (max === 0) return new Uint8Array(0);
  const levels = new Uint8Array(count);
  readRuns(view, start, end, bitWidth(max), levels);
  return levels;
}

/** How many values are not null. */
function present(definition: Uint8Array, count: number, { maxDefinition }: PageShape): number {
  if (maxDefinition === 0) return count;
  let values = 0;
  for (const level of definition) if (level === maxDefinition) values += 1;
  return values;
}

function readValues(
  bytes: Uint8Array,
  start: number,
  header: PageHeader,
  shape: PageShape,
  count: number,
  maxBytes: number,
): PageValues {
  const { type, typeLength } = shape;
  if (count === 0) return { values: [] };
  const reader = { view: viewOf(bytes), offset: start };
  switch (header.encoding) {
    case 'PLAIN':
      return { values: readPlain(reader, type, count, typeLength) };
    case 'PLAIN_DICTIONARY':
    case 'RLE_DICTIONARY': {
      const indexes = new Int32Array(count);
      readRuns(reader.view, start + 1, bytes.length, reader.view.getUint8(start), indexes);
      return { indexes };
    }
    case 'RLE': {
      if (type !== 'BOOLEAN') throw new Error(`encoding RLE for ${type}`);
      const bits = new Uint8Array(count);
      const end = start + 4 + reader.view.getUint32(start, true);
      readRuns(reader.view, start + 4, Math.min(end, bytes.length), 1, bits);
      return { values: Array.from(bits, (bit) => bit === 1) };
    }
    case 'BYTE_STREAM_SPLIT':
      if (type === 'FIXED_LEN_BYTE_ARRAY' && count * (typeLength ?? 0) > bytes.length) {
        throw new Error('values longer than their page');
      }
      return { values: byteStreamSplit(reader, count, type, typeLength) };
    case 'DELTA_BINARY_PACKED': {
      checkDelta(reader.view, start, count);
      const values = type === 'INT32' ? new Int32Array(count) : new BigInt64Array(count);
      deltaBinaryUnpack(reader, count, values);
      return { values };
    }
    case 'DELTA_LENGTH_BYTE_ARRAY': {
      checkDelta(reader.view, start, count);
      const values: Uint8Array[] = new Array(count);
      deltaLengthByteArray(reader, count, values);
      return { values };
    }
    case 'DELTA_BYTE_ARRAY': {
      checkDeltaByteArray(reader.view, start, count, maxBytes);
      const values: Uint8Array[] = new Array(count);
      deltaByteArray(reader, count, values);
      return { values };
    }
    default:
      throw new FormatError(
        'UNSUPPORTED_PARQUET',
        'The Parquet file uses an encoding that is not read. Write it with the standard encodings.',
      );
  }
}

/** Node's own zlib for what it has: native, and it stops at the size that the header promised. */
function decompress(packed: Uint8Array, bytes: number, codec: CompressionCodec): Uint8Array {
  if (bytes === 0) return new Uint8Array(0);
  const unpacked = decompressAs(packed, bytes, codec);
  if (unpacked.length !== bytes) throw new Error('a page that unpacks to another size than its header says');
  return exact(unpacked);
}

function decompressAs(packed: Uint8Array, bytes: number, codec: CompressionCodec): Uint8Array {
  const bound = { maxOutputLength: bytes };
  switch (codec) {
    case 'UNCOMPRESSED':
      return packed;
    case 'SNAPPY': {
      const unpacked = new Uint8Array(bytes);
      snappyUncompress(packed, unpacked);
      return unpacked;
    }
    case 'GZIP':
      return gunzipSync(packed, bound);
    case 'ZSTD':
      return zstdDecompressSync(packed, bound);
    case 'BROTLI':
      return brotliDecompressSync(packed, bound);
    case 'LZ4':
    case 'LZ4_RAW':
      return unpackLz4(packed, bytes);
    default: {
      const message = `Parquet pages compressed by ${codec} are not read. Write the file with Snappy, gzip or zstd.`;
      throw new FormatError('UNSUPPORTED_COMPRESSION', message);
    }
  }
}

/**
 * The same bytes in a buffer that holds nothing else. Decoders read where lengths in the file point, and a
 * small Buffer shares its memory with others: a lying length must hit the end, not somebody's data.
 */
function exact(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function bitWidth(max: number): number {
  return 32 - Math.clz32(max);
}
