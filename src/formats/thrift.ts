/** The bytes at hand end inside the structure; with more of them it may be whole. */
export class ShortRead extends Error {}

/** Wire types of the Thrift compact protocol (thrift-compact-protocol.md of the Thrift project). */
const wire = {
  stop: 0,
  true: 1,
  false: 2,
  byte: 3,
  i16: 4,
  i32: 5,
  i64: 6,
  double: 7,
  binary: 8,
  list: 9,
  set: 10,
  struct: 12,
};

/** What to do with the fields of a struct, by field id; fields without an entry are skipped. */
export type ThriftFields = Record<number, (type: number) => void>;

const deepestStruct = 32;

/**
 * Reads Thrift compact structures that nobody vouches for: a list never promises more elements than bytes
 * remain, nesting is bounded, and what is not asked for is skipped without being made. (A reader that makes
 * a list as long as it claims to be can be made to take gigabytes by ten bytes.)
 */
export class ThriftReader {
  offset: number;
  readonly #bytes: Uint8Array;
  #depth = 0;

  constructor(bytes: Uint8Array, offset = 0) {
    this.#bytes = bytes;
    this.offset = offset;
  }

  struct(fields: ThriftFields): void {
    this.#depth += 1;
    if (this.#depth > deepestStruct) throw new Error('structures nested too deeply');
    let id = 0;
    for (;;) {
      const byte = this.#byte();
      const type = byte & 0x0f;
      if (type === wire.stop) break;
      const delta = byte >> 4;
      id = delta ? id + delta : zigzag(this.#varint());
      const read = fields[id];
      if (read) read(type);
      else this.skip(type);
    }
    this.#depth -= 1;
  }

  /** A struct as field or list element. */
  nested(type: number, fields: ThriftFields): void {
    expect(type, wire.struct);
    this.struct(fields);
  }

  int(type: number): number {
    if (type === wire.byte) return (this.#byte() << 24) >> 24;
    if (type !== wire.i16 && type !== wire.i32) expect(type, wire.i64);
    return zigzag(this.#varint());
  }

  /** Only of a field: its type is its value. */
  boolean(type: number): boolean {
    if (type !== wire.true) expect(type, wire.false);
    return type === wire.true;
  }

  text(type: number): string {
    expect(type, wire.binary);
    const start = this.offset + this.#skipBinary();
    return Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset + start, this.offset - start).toString(
      'utf8',
    );
  }

  /** Calls `read` for each element; `most` bounds how many there may be. */
  list(type: number, most: number, read: (type: number) => void): void {
    expect(type, wire.list);
    const { count, elements } = this.#listHeader();
    if (count > most) throw new Error(`a list of ${count} elements, at most ${most} are read`);
    for (let index = 0; index < count; index += 1) read(elements);
  }

  skip(type: number): void {
    if (type === wire.true || type === wire.false) return;
    if (type === wire.byte) this.#advance(1);
    else if (type === wire.i16 || type === wire.i32 || type === wire.i64) this.#varint();
    else if (type === wire.double) this.#advance(8);
    else if (type === wire.binary) this.#skipBinary();
    else if (type === wire.struct) this.struct({});
    else if (type === wire.list || type === wire.set) this.#skipList();
    else throw new Error(`unknown wire type ${type}`);
  }

  #skipList(): void {
    this.#depth += 1;
    if (this.#depth > deepestStruct) throw new Error('lists nested too deeply');
    const { count, elements } = this.#listHeader();
    const booleans = elements === wire.true || elements === wire.false;
    if (booleans) this.#advance(count);
    else for (let index = 0; index < count; index += 1) this.skip(elements);
    this.#depth -= 1;
  }

  #listHeader(): { count: number; elements: number } {
    const byte = this.#byte();
    const count = byte >> 4 === 15 ? this.#varint() : byte >> 4;
    if (count > this.#bytes.length - this.offset) throw new ShortRead('a list longer than its bytes');
    return { count, elements: byte & 0x0f };
  }

  /** Moves behind the binary; returns how many bytes its length took. */
  #skipBinary(): number {
    const before = this.offset;
    const length = this.#varint();
    const header = this.offset - before;
    this.#advance(length);
    return header;
  }

  #advance(bytes: number): void {
    this.offset += bytes;
    if (this.offset > this.#bytes.length) throw new ShortRead('a value longer than its bytes');
  }

  #byte(): number {
    const byte = this.#bytes[this.offset];
    if (byte === undefined) throw new ShortRead('the bytes end');
    this.offset += 1;
    return byte;
  }

  /** Unsigned LEB128; integers past 2^53 have no use in a file we can read. */
  #varint(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#byte();
      value += (byte & 0x7f) * factor;
      if (value > Number.MAX_SAFE_INTEGER) throw new Error('an integer past 2^53');
      if (byte < 0x80) return value;
      if (factor > 2 ** 56) throw new Error('an integer of too many bytes');
    }
  }
}

function expect(type: number, wanted: number): void {
  if (type !== wanted) throw new Error(`wire type ${type} where ${wanted} belongs`);
}

/** Odd numbers are the negative ones. */
function zigzag(value: number): number {
  return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
}
