import type { SchemaTree } from 'hyparquet';
import { assembleNested } from 'hyparquet/src/assemble.js';
import { DEFAULT_PARSERS } from 'hyparquet/src/convert.js';
import { getPhysicalColumns } from 'hyparquet/src/schema.js';
import { isExactNumber } from '../json.ts';
import { checkBomb } from './gzip.ts';
import type { FormatLimits, JsonObject, JsonValue } from './model.ts';
import type { ColumnCursor } from './parquet-column.ts';
import { parseJsonColumn, type RowBatch } from './parse.ts';
import { findUnstorable } from './storable.ts';

/** Columns that hold JSON text in task files, whether or not they are annotated so. */
const jsonColumns = new Set(['data', 'annotations', 'predictions', 'meta']);

/** Whether texts of a column are parsed: always, when they look like objects or lists, never. */
type JsonColumn = 'DECLARED' | 'NAMED' | undefined;

/** A field of the rows: one column, or all the columns of a nested one. */
interface Field {
  tree: SchemaTree;
  json: JsonColumn;
  cursors: ColumnCursor[];
}

/** Values of some rows, field by field; `from` is where they begin in `values`. */
interface AssembledField {
  name: string;
  json: JsonColumn;
  values: JsonValue[];
  from: number;
}

interface Assembled {
  fields: AssembledField[];
  doubtful: boolean;
}

/** Makes rows of columns. Null values stay, as null. */
export class RowBuilder {
  readonly #schema: SchemaTree;
  readonly #packedBytes: number;
  readonly #limits: FormatLimits;
  /** About what the rows so far take as text. */
  #bytes = 0;

  /** @param packedBytes size of the file, to notice rows that are out of all proportion */
  constructor(schema: SchemaTree, packedBytes: number, limits: FormatLimits) {
    this.#schema = schema;
    this.#packedBytes = packedBytes;
    this.#limits = limits;
  }

  /** Groups a row group's columns by field. */
  columnsOf(cursors: ColumnCursor[]): Field[] {
    const byPath = new Map(cursors.map((cursor) => [cursor.path, cursor]));
    const leaves = getPhysicalColumns(this.#schema);
    if (byPath.size !== leaves.length || leaves.length !== cursors.length) {
      throw new Error('a row group without all its columns');
    }
    return this.#schema.children.map((tree) => {
      const own = cursors.filter((cursor) => cursor.isOf(tree));
      return { tree, json: jsonColumnOf(tree), cursors: own };
    });
  }

  /** Takes so many rows of every column. */
  assemble(fields: Field[], count: number): Assembled {
    let doubtful = false;
    const assembled = fields.map(({ tree, json, cursors }) => {
      for (const cursor of cursors) doubtful ||= cursor.doubtful;
      const name = tree.element.name;
      if (tree.children.length === 0) {
        const [cursor] = cursors;
        if (!cursor) throw new Error('a field without column');
        const field = { name, json, values: cursor.values, from: cursor.at };
        cursor.at += count;
        return field;
      }
      const parts = new Map(cursors.map((cursor) => [cursor.path, cursor.take(count)]));
      assembleNested(parts, tree, DEFAULT_PARSERS);
      const values = parts.get(tree.path.join('.')) as JsonValue[] | undefined;
      if (values?.length !== count) throw new Error('a nested column of another length');
      return { name, json, values, from: 0 };
    });
    return { fields: assembled, doubtful };
  }

  /** Adds one of the assembled rows to the batch. */
  addRow({ fields, doubtful }: Assembled, index: number, batch: RowBatch): void {
    const value: JsonObject = {};
    let bytes = 0;
    let look = doubtful;
    for (const { name, json, values, from } of fields) {
      let field: JsonValue = values[from + index] ?? null;
      if (typeof field === 'string') {
        bytes += field.length;
        if (json) {
          field = parseJsonColumn(field, this.#limits.maxDepth, json === 'DECLARED');
          look ||= typeof field !== 'string';
        }
      } else if (isNested(field)) bytes += settle(field);
      else bytes += field === null ? 0 : 1;
      value[name] = field;
    }
    this.#bytes += bytes;
    checkBomb(this.#packedBytes, this.#bytes, this.#limits);
    const problem = look ? findUnstorable(value, this.#limits.maxDepth) : undefined;
    if (bytes > this.#limits.maxRowBytes) batch.addTooLarge();
    else if (problem) batch.addProblem(problem);
    else batch.addValue(value, bytes);
  }
}

function jsonColumnOf({ element, children }: SchemaTree): JsonColumn {
  if (children.length > 0 || element.type !== 'BYTE_ARRAY') return undefined;
  if (element.converted_type === 'JSON') return 'DECLARED';
  return jsonColumns.has(element.name) ? 'NAMED' : undefined;
}

function isNested(value: JsonValue | undefined): value is JsonObject | JsonValue[] {
  return typeof value === 'object' && value !== null && !isExactNumber(value);
}

/** Turns the `undefined` that assembly leaves for null into null; returns about the bytes of the texts. */
function settle(value: JsonObject | JsonValue[]): number {
  let bytes = 0;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) {
      if (value[index] === undefined) value[index] = null;
      bytes += settleItem(value[index]);
    }
    return bytes;
  }
  for (const key of Object.keys(value)) {
    if (value[key] === undefined) value[key] = null;
    bytes += settleItem(value[key]);
  }
  return bytes;
}

function settleItem(item: JsonValue | undefined): number {
  if (typeof item === 'string') return item.length;
  if (isNested(item)) return settle(item);
  return item === null ? 0 : 1;
}
