import type { SchemaTree } from 'hyparquet';
import { getMaxDefinitionLevel, getMaxRepetitionLevel, getTreePath } from 'hyparquet/src/schema.js';
import { FormatError, type FormatLimits, type JsonValue } from './model.ts';
import { brokenParquet, decoding } from './parquet-broken.ts';
import type { ColumnChunk } from './parquet-footer.ts';
import { RowAssembler } from './parquet-levels.ts';
import {
  type Page,
  type PageHeader,
  type PageShape,
  readDictionary,
  readPage,
  readPageHeader,
} from './parquet-page.ts';
import { type Converted, convertValues } from './parquet-values.ts';
import type { RangeReader } from './range-reader.ts';
import { ShortRead } from './thrift.ts';

/** Headers carry a page's smallest and largest value, which some writers don't cut. */
const headerBytes = { usual: 1024, most: 16 * 2 ** 20 };

/** Heap bytes, about, of a decoded value with its levels, and of a list. */
const heap = { value: 16, list: 56 };

/** Bytes that all open pages of a row group hold, estimated from their headers. */
export interface PageBudget {
  open: number;
}

/**
 * Walks the pages of one leaf column in one row group: a decoded page is all it holds. A value of a nested
 * column is the list of lists that hyparquet's assembly makes of its levels.
 */
export class ColumnCursor {
  readonly path: string;
  /** Decoded rows; the next one is at `at`. */
  values: JsonValue[] = [];
  at = 0;
  /** A value among them may be unstorable. */
  doubtful = false;
  readonly #nodes: SchemaTree[];
  readonly #shape: PageShape;
  /** Only of nested columns. */
  readonly #rows: RowAssembler | undefined;
  readonly #reader: RangeReader;
  readonly #limits: FormatLimits;
  readonly #budget: PageBudget;
  #dictionary: Converted | undefined;
  #dictionaryCost = 0;
  #pageCost = 0;

  constructor(
    chunk: ColumnChunk,
    schema: SchemaTree,
    reader: RangeReader,
    limits: FormatLimits,
    budget: PageBudget,
  ) {
    this.path = chunk.path.join('.');
    this.#nodes = getTreePath(schema, chunk.path);
    this.#shape = {
      type: chunk.type,
      typeLength: this.#element.type_length,
      codec: chunk.codec,
      maxRepetition: getMaxRepetitionLevel(this.#nodes),
      maxDefinition: getMaxDefinitionLevel(this.#nodes),
    };
    const nested = this.#nodes.length > 2 || this.#shape.maxRepetition > 0;
    this.#rows = nested ? new RowAssembler(this.#nodes, this.#shape) : undefined;
    if (chunk.type !== this.#element.type) throw new Error('a column of another type than its schema says');
    this.#reader = reader;
    this.#limits = limits;
    this.#budget = budget;
  }

  get #element() {
    return this.#nodes[this.#nodes.length - 1]!.element;
  }

  /** Rows that are decoded and not yet taken. */
  get available(): number {
    return this.values.length - this.at;
  }

  /** Whether the column belongs to a top-level field. */
  isOf(field: SchemaTree): boolean {
    return this.#nodes[1] === field;
  }

  /** The next rows of a nested column, out of its hands: assembly changes them. */
  take(count: number): JsonValue[] {
    const taken = this.values.slice(this.at, this.at + count);
    this.at += count;
    return taken;
  }

  /** Makes at least one row available. */
  async fill(): Promise<void> {
    while (this.available === 0) await this.#nextPage(0);
  }

  /** Passes over rows; whole pages of them are not even decompressed. */
  async skip(rows: number): Promise<void> {
    let left = rows;
    while (left > 0) {
      const step = Math.min(left, this.available);
      this.at += step;
      left -= step;
      if (left > 0 && this.available === 0) left -= await this.#nextPage(left);
    }
  }

  /** Loads a page, or passes over it when it holds no more than so many rows; returns the rows passed over. */
  async #nextPage(skippable: number): Promise<number> {
    if (this.#reader.ended) {
      this.#give(decoding(() => this.#rows?.finish() ?? []));
      if (this.available === 0) throw brokenParquet();
      return 0;
    }
    const { header, length } = await this.#readHeader();
    const { kind, packedBytes, values } = header;
    const { maxPageBytes } = this.#limits;
    if (header.bytes > maxPageBytes || packedBytes > maxPageBytes) throw tooLarge('one page');
    const packed = (await this.#reader.peek(length + packedBytes)).subarray(length, length + packedBytes);
    if (packed.length < packedBytes) throw brokenParquet();
    this.#reader.consume(length + packedBytes);
    if (kind === 'OTHER' || (values === 0 && kind !== 'DICTIONARY')) return 0;

    const cost = header.bytes + values * heap.value;
    if (kind === 'DICTIONARY') {
      this.#dictionaryCost = this.#reserve(cost, this.#dictionaryCost);
      this.#dictionary = decoding(() =>
        convertValues(readDictionary(packed, header, this.#shape), this.#element),
      );
      return 0;
    }
    const rows = kind === 'DATA_V2' ? header.rows : this.#shape.maxRepetition === 0 ? values : Infinity;
    // Not while a row is open that may go on in this page.
    if (rows <= skippable && !this.#rows?.openLevels) return rows;
    this.#pageCost = this.#reserve(cost, this.#pageCost);
    decoding(() => this.#decode(packed, header));
    return 0;
  }

  async #readHeader(): Promise<{ header: PageHeader; length: number }> {
    for (let bytes = headerBytes.usual; ; bytes *= 8) {
      const peeked = await this.#reader.peek(bytes);
      try {
        return readPageHeader(peeked);
      } catch (error) {
        const more = error instanceof ShortRead && peeked.length >= bytes && bytes < headerBytes.most;
        if (!more) throw brokenParquet(error);
      }
    }
  }

  #decode(packed: Uint8Array, header: PageHeader): void {
    const page = readPage(packed, header, this.#shape, this.#limits.maxPageBytes);
    const { content, definition, repetition } = page;
    const { values, doubtful } =
      'indexes' in content ? this.#lookUp(content.indexes) : convertValues(content.values, this.#element);
    if (this.#rows) {
      this.#reserveLists(page, header);
      // An open row stays doubtful, so from here on all are.
      this.doubtful ||= doubtful;
      this.#give(this.#rows.add({ definition, repetition, values }));
      if (this.#rows.openLevels * heap.value > this.#limits.maxOpenBytes) throw tooLarge('one row');
    } else {
      this.doubtful = doubtful;
      this.#give(definition.length ? withNulls(values, definition, this.#shape.maxDefinition) : values);
    }
  }

  /** Makes the rows available, those before having been taken. */
  #give(rows: JsonValue[]): void {
    this.values = rows;
    this.at = 0;
  }

  /** Books what the lists of a nested column will take, before they are made. */
  #reserveLists({ repetition }: Page, header: PageHeader): void {
    const { maxRepetition, maxDefinition } = this.#shape;
    let lists = maxRepetition === 0 ? header.values : 0;
    for (const level of repetition) if (level < maxRepetition) lists += 1;
    const cost = header.bytes + header.values * heap.value + lists * maxDefinition * heap.list;
    this.#pageCost = this.#reserve(cost, this.#pageCost);
  }

  #lookUp(indexes: Int32Array): Converted {
    const dictionary = this.#dictionary;
    if (!dictionary) throw new Error('values of a dictionary that is missing');
    const values: JsonValue[] = new Array(indexes.length);
    for (let at = 0; at < indexes.length; at += 1) {
      const value = dictionary.values[indexes[at]!];
      if (value === undefined) throw new Error('a value past the dictionary');
      values[at] = value;
    }
    return { values, doubtful: dictionary.doubtful };
  }

  /** Books the new cost in place of the old one. */
  #reserve(cost: number, before: number): number {
    this.#budget.open += cost - before;
    if (this.#budget.open > this.#limits.maxOpenBytes) throw tooLarge('the pages to be read together');
    return cost;
  }
}

/** Flat columns have one level, which says null or not. */
function withNulls(values: JsonValue[], definition: Uint8Array, max: number): JsonValue[] {
  if (values.length === definition.length) return values;
  const rows: JsonValue[] = new Array(definition.length);
  let next = 0;
  for (let row = 0; row < definition.length; row += 1) {
    rows[row] = definition[row] === max ? values[next++]! : null;
  }
  return rows;
}

function tooLarge(what: string): FormatError {
  const message = `Too much memory would be needed for ${what} of the Parquet file. Write it with smaller row groups and pages.`;
  return new FormatError('TOO_LARGE', message);
}
