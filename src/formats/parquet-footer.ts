import type { CompressionCodec, ParquetType, SchemaElement, SchemaTree } from 'hyparquet';
import { parquetSchema } from 'hyparquet';
import {
  CompressionCodecs,
  ConvertedTypes,
  FieldRepetitionTypes,
  ParquetTypes,
} from 'hyparquet/src/constants.js';
import { FormatError } from './model.ts';
import { ThriftReader } from './thrift.ts';

/** What is needed of a Parquet footer (parquet.thrift, FileMetaData); statistics and indexes are left out. */
export interface Footer {
  schema: SchemaTree;
  groups: RowGroup[];
}

export interface RowGroup {
  rows: number;
  columns: ColumnChunk[];
}

/** One column's pages in one row group: bytes `start` up to, not including, `end`. */
export interface ColumnChunk {
  path: string[];
  type: ParquetType;
  codec: CompressionCodec;
  start: number;
  end: number;
}

const most = { schemaElements: 10_000, levels: 64, chunks: 500_000 };

/**
 * parquet-mr up to 1.2.8 left the dictionary page's header out of a column's size; no such header is larger than
 * this many bytes (PARQUET-816, IMPALA-694).
 */
const forgetsHeaders = /^parquet-mr(?! version (?!0\.|1\.[01]\.|1\.2\.[0-8]\b))/;
const forgotten = 100;

/**
 * Reads the Thrift part of a footer and checks it against the file: every column's bytes must lie inside.
 * @param size bytes of the whole file
 * @throws FormatError UNSUPPORTED_PARQUET; Error with the detail of what is broken
 */
export function readFooter(bytes: Buffer, size: number): Footer {
  const reader = new ThriftReader(bytes);
  const elements: SchemaElement[] = [];
  const groups: RowGroup[] = [];
  let chunks = 0;
  let writer = '';
  reader.struct({
    2: (type) => reader.list(type, most.schemaElements, (item) => elements.push(readElement(reader, item))),
    4: (type) =>
      reader.list(type, most.chunks, (item) => {
        const group = readGroup(reader, item, size);
        chunks += group.columns.length;
        if (chunks > most.chunks) throw new Error(`more than ${most.chunks} column chunks`);
        groups.push(group);
      }),
    6: (type) => {
      writer = reader.text(type);
    },
    8: () => {
      throw unsupported('Encrypted Parquet can’t be read. Upload the file unencrypted.');
    },
  });
  checkSchema(elements);
  keysAsLists(elements);
  if (forgetsHeaders.test(writer)) {
    for (const chunk of groups.flatMap(({ columns }) => columns))
      chunk.end = Math.min(chunk.end + forgotten, size - 8);
  }
  return { schema: parquetSchema({ schema: elements }), groups };
}

function readGroup(reader: ThriftReader, item: number, size: number): RowGroup {
  const group: RowGroup = { rows: 0, columns: [] };
  reader.nested(item, {
    1: (type) =>
      reader.list(type, most.schemaElements, (chunk) => group.columns.push(readChunk(reader, chunk))),
    3: (type) => {
      group.rows = reader.int(type);
    },
  });
  if (group.rows < 0) throw new Error('a row group with less than no rows');
  // Of a group without rows nothing is read, and writers put anything down for where it is.
  if (group.rows === 0) return { rows: 0, columns: [] };
  for (const { start, end } of group.columns) {
    if (start < 4 || end < start || end > size - 8) throw new Error('a column outside the file');
  }
  return group;
}

function readChunk(reader: ThriftReader, item: number): ColumnChunk {
  const path: string[] = [];
  let [type, codec, bytes, dataOffset, dictionaryOffset] = [-1, -1, -1, -1, 0];
  reader.nested(item, {
    1: () => {
      throw unsupported('The Parquet file keeps columns in other files. Write it as one file.');
    },
    3: (meta) =>
      reader.nested(meta, {
        1: (wire) => {
          type = reader.int(wire);
        },
        3: (wire) => reader.list(wire, most.levels, (part) => path.push(reader.text(part))),
        4: (wire) => {
          codec = reader.int(wire);
        },
        7: (wire) => {
          bytes = reader.int(wire);
        },
        9: (wire) => {
          dataOffset = reader.int(wire);
        },
        11: (wire) => {
          dictionaryOffset = reader.int(wire);
        },
      }),
    8: () => {
      throw unsupported('Encrypted Parquet can’t be read. Upload the file unencrypted.');
    },
  });
  const start = dictionaryOffset > 0 && dictionaryOffset < dataOffset ? dictionaryOffset : dataOffset;
  const end = start + bytes;
  return { path, type: named(ParquetTypes, type), codec: named(CompressionCodecs, codec), start, end };
}

/**
 * A schema element, with the annotations that change how rows are built or values are read. Old and new
 * annotation (ConvertedType, LogicalType) become one. Others (GEOMETRY, VARIANT, BSON, INTERVAL…) are left
 * out, so their columns come as plain bytes.
 */
function readElement(reader: ThriftReader, item: number): SchemaElement {
  const element: SchemaElement = { name: '' };
  reader.nested(item, {
    1: (type) => {
      element.type = named(ParquetTypes, reader.int(type));
    },
    2: (type) => {
      element.type_length = reader.int(type);
    },
    3: (type) => {
      element.repetition_type = named(FieldRepetitionTypes, reader.int(type));
    },
    4: (type) => {
      element.name = reader.text(type);
    },
    5: (type) => {
      element.num_children = reader.int(type);
    },
    6: (type) => {
      element.converted_type = named(ConvertedTypes, reader.int(type));
    },
    7: (type) => {
      element.scale = reader.int(type);
    },
    10: (type) => readLogicalType(reader, type, element),
  });
  return element;
}

/** parquet.thrift, union LogicalType: one field is set, its id says which. */
function readLogicalType(reader: ThriftReader, item: number, element: SchemaElement): void {
  const converted = (name: SchemaElement['converted_type']) => (type: number) => {
    reader.skip(type);
    element.converted_type = name;
  };
  const logical = (name: 'UUID' | 'FLOAT16') => (type: number) => {
    reader.skip(type);
    element.logical_type = { type: name };
  };
  reader.nested(item, {
    1: converted('UTF8'),
    2: converted('MAP'),
    3: converted('LIST'),
    4: converted('ENUM'),
    5: (type) => {
      element.converted_type = 'DECIMAL';
      reader.nested(type, {
        1: (wire) => {
          element.scale = reader.int(wire);
        },
      });
    },
    6: converted('DATE'),
    8: (type) => readTimestampType(reader, type, element),
    10: (type) => {
      let signed = true;
      reader.nested(type, {
        2: (wire) => {
          signed = reader.boolean(wire);
        },
      });
      if (!signed) element.converted_type = element.type === 'INT64' ? 'UINT_64' : 'UINT_32';
    },
    12: converted('JSON'),
    14: logical('UUID'),
    15: logical('FLOAT16'),
  });
}

function readTimestampType(reader: ThriftReader, item: number, element: SchemaElement): void {
  let isAdjustedToUTC = true;
  let unit: 'MILLIS' | 'MICROS' | 'NANOS' = 'MILLIS';
  reader.nested(item, {
    1: (type) => {
      isAdjustedToUTC = reader.boolean(type);
    },
    2: (type) => {
      const is = (name: typeof unit) => (wire: number) => {
        reader.skip(wire);
        unit = name;
      };
      reader.nested(type, { 1: is('MILLIS'), 2: is('MICROS'), 3: is('NANOS') });
    },
  });
  element.logical_type = { type: 'TIMESTAMP', isAdjustedToUTC, unit };
}

/** A map without values is the list of its keys ("Maps", LogicalTypes.md of the Parquet format). */
function keysAsLists(elements: SchemaElement[]): void {
  for (const [index, element] of elements.entries()) {
    if (element.converted_type !== 'MAP') continue;
    if (elements[index + 1]?.num_children === 1) element.converted_type = 'LIST';
  }
}

/** The flat list of elements must form one tree, in depth-first order, of bounded depth. */
function checkSchema(elements: SchemaElement[]): void {
  const open: number[] = [1];
  for (const element of elements) {
    while (open.at(-1) === 0) open.pop();
    if (open.length === 0) throw new Error('schema elements outside the tree');
    open[open.length - 1]! -= 1;
    if (element.name === '__proto__') throw unsupported('A column is called __proto__. Rename it.');
    const children = element.num_children ?? 0;
    if (children < 0 || (children === 0) !== (element.type !== undefined))
      throw new Error('a column without type');
    if (children > 0) open.push(children);
    if (open.length > most.levels) throw unsupported('Columns are nested too deeply. Flatten them.');
  }
  if (elements.length < 2 || open.some((left) => left > 0)) throw new Error('an incomplete schema');
}

function named<T>(names: readonly T[], index: number): T {
  const name = names[index];
  if (name === undefined) throw new Error(`an unknown enumeration value ${index}`);
  return name;
}

function unsupported(message: string): FormatError {
  return new FormatError('UNSUPPORTED_PARQUET', message);
}
