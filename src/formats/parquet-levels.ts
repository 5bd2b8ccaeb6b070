import type { SchemaTree } from 'hyparquet';
import { assembleLists } from 'hyparquet/src/assemble.js';
import type { JsonValue } from './model.ts';
import type { PageShape } from './parquet-page.ts';

/** Values of a nested column as its pages hold them: with levels, nulls and empty lists left out. */
export interface LeveledValues {
  repetition: Uint8Array;
  definition: Uint8Array;
  values: JsonValue[];
}

/**
 * Makes rows of a nested column's levels: each a list of lists, as hyparquet's assembleNested takes them. A
 * row may begin in one page and end in a later one; it is given when the next begins or the column ends.
 */
export class RowAssembler {
  readonly #nodes: SchemaTree[];
  readonly #shape: PageShape;
  /** Parts of the row that may go on. */
  #open: LeveledValues[] = [];
  /** Levels among them. */
  openLevels = 0;

  constructor(nodes: SchemaTree[], shape: PageShape) {
    this.#nodes = nodes;
    this.#shape = shape;
  }

  /** Adds a page; gives the rows that it completes. */
  add(page: LeveledValues): JsonValue[] {
    if (this.#shape.maxRepetition === 0) return this.#assemble(page);
    const begin = page.repetition.lastIndexOf(0);
    if (this.#open.length === 0 && page.repetition[0] !== 0)
      throw new Error('a row that goes on but never began');
    const before = begin < 0 ? page : this.#slice(page, 0, begin);
    this.#push(before);
    if (begin < 0) return [];
    const rows = this.finish();
    this.#push(this.#slice(page, begin, page.repetition.length));
    return rows;
  }

  /** Gives the rows that no page will continue. */
  finish(): JsonValue[] {
    const parts = this.#open;
    this.#open = [];
    this.openLevels = 0;
    if (parts.length === 0) return [];
    return this.#assemble({
      repetition: concat(parts.map((part) => part.repetition)),
      definition: concat(parts.map((part) => part.definition)),
      values: parts.flatMap((part) => part.values),
    });
  }

  #push(part: LeveledValues): void {
    if (part.repetition.length === 0) return;
    this.#open.push(part);
    this.openLevels += part.repetition.length;
  }

  #slice({ repetition, definition, values }: LeveledValues, from: number, to: number): LeveledValues {
    const { maxDefinition } = this.#shape;
    const count = (end: number) => {
      let present = 0;
      for (let at = 0; at < end; at += 1) if (definition[at] === maxDefinition) present += 1;
      return present;
    };
    return {
      repetition: repetition.subarray(from, to),
      definition: definition.subarray(from, to),
      values: values.slice(count(from), count(to)),
    };
  }

  #assemble({ repetition, definition, values }: LeveledValues): JsonValue[] {
    return assembleLists(
      [],
      Array.from(definition),
      Array.from(repetition),
      values,
      this.#nodes,
    ) as JsonValue[];
  }
}

function concat(parts: Uint8Array[]): Uint8Array {
  const [only] = parts;
  return parts.length === 1 && only ? only : Buffer.concat(parts);
}
