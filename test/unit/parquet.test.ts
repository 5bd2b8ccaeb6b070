import fc from 'fast-check';
import type { SchemaElement } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/formats/model.ts';
import { outline, readAll, sourceOf } from '../support/format-source.ts';
import { arrowPages, arrowPagesV2 } from '../support/parquet-fixtures.ts';

async function rowsOf(bytes: ArrayBuffer | Buffer, fromRow = 0) {
  const { rows, error } = await readAll(sourceOf('a.parquet', Buffer.from(bytes as ArrayBuffer)), {
    fromRow,
  });
  expect(error).toBeUndefined();
  return rows;
}

describe('files of other writers', () => {
  const time = [
    '.123456',
    '.123456789Z',
    '.123456790Z',
    '.123456791Z',
    '.123456792Z',
    '.123456793Z',
    '.123456794Z',
  ];
  const big = 2n ** 60n;
  const expected = Array.from({ length: 6 }, (_, i) => ({
    id: i === 2 ? null : i % 2 ? (big + BigInt(i)).toString() : i,
    u64: (2n ** 64n - 1n - BigInt(i)).toString(),
    f: i === 3 ? null : i / 4,
    half: i / 4,
    flag: i === 5 ? null : i % 2 === 0,
    text: i === 1 ? null : `Größe ${i % 2}`,
    bytes: Buffer.from([255, i]).toString('base64'),
    us: `1960-01-01T00:00:0${i}${time[0]}`,
    ns: `2023-11-14T22:13:20${time[i + 1]}`,
    day: ['1969-12-30', '1969-12-31', '1970-01-01', '1970-01-02', '1970-01-03', '1970-01-04'][i],
    price: [-0.06, -0.01, 0.04, 0.09, 0.14, 0.19][i],
    wide: `-1234567890123456${7890 - i}.12`,
    list: i === 4 ? null : Array.from({ length: i }, (_, j) => (j === 0 ? null : j)),
    rows: Array.from({ length: i % 3 }, (_, j) => ({ a: i, b: j ? ['x'] : [] })),
    struct: i === 0 ? null : { x: i, y: i % 2 ? null : 'y' },
    map: Object.fromEntries(Array.from({ length: i % 3 }, (_, j) => [`k${j}`, j])),
    none: null,
    data: { n: i },
  }));

  it.each([
    ['dictionary pages', arrowPages],
    ['delta pages', arrowPagesV2],
  ])('with %s give every type as JSON', async (_, bytes) => {
    const rows = await rowsOf(bytes);
    expect(outline(rows)).toEqual(expected);
    for (let from = 0; from <= 6; from += 1) expect(await rowsOf(bytes, from)).toEqual(rows.slice(from));
  });
});

describe('rows', () => {
  it('keep columns of JSON text as JSON, others as text', async () => {
    const texts = ['{"a":[1]}', '[{"result":[]}]', 'plain', '{broken', '12', null];
    const bytes = parquetWriteBuffer({
      columnData: [
        { name: 'data', data: texts, type: 'STRING' },
        { name: 'annotations', data: texts, type: 'STRING' },
        { name: 'other', data: texts, type: 'STRING' },
        { name: 'declared', data: [{ a: 1 }, [2], null, 'text', [], 5], type: 'JSON' },
      ],
    });
    const parsed = [{ a: [1] }, [{ result: [] }], 'plain', '{broken', '12', null];
    expect(outline(await rowsOf(bytes))).toEqual(
      texts.map((other, index) => ({
        data: parsed[index],
        annotations: parsed[index],
        other,
        declared: [{ a: 1 }, [2], null, 'text', [], 5][index],
      })),
    );
  });

  it('that can’t be stored are problems of their own', async () => {
    const bytes = parquetWriteBuffer({
      columnData: [
        { name: 'text', data: ['a', 'b\0', 'c', 'd', 'e'], type: 'STRING' },
        { name: 'number', data: [1, 2, Infinity, Number.NaN, 5], type: 'DOUBLE' },
        { name: 'data', data: ['{}', '{}', '{}', '{"a":1e999}', '{"a":{"b":"\\ud800"}}'], type: 'STRING' },
      ],
    });
    const rows = await rowsOf(bytes);
    expect(rows).toMatchObject([
      { value: { text: 'a' } },
      { row: 1, problem: { code: 'UNSTORABLE_TEXT', path: 'text' } },
      { row: 2, problem: { code: 'NUMBER_OUT_OF_RANGE', path: 'number' } },
      { row: 3, problem: { code: 'NUMBER_OUT_OF_RANGE', path: 'data.a' } },
      { row: 4, problem: { code: 'UNSTORABLE_TEXT', path: 'data.a.b' } },
    ]);
  });

  it('too deep or too large are problems of their own', async () => {
    const deep = `${'['.repeat(600)}${']'.repeat(600)}`;
    const bytes = parquetWriteBuffer({
      columnData: [{ name: 'data', data: ['{}', deep, 'x'.repeat(2000)], type: 'STRING' }],
    });
    const { rows } = await readAll(sourceOf('a.parquet', Buffer.from(bytes)), {
      limits: { maxRowBytes: 1900 },
    });
    expect(outline(rows)).toEqual([{ data: {} }, 'TOO_DEEP', 'TOO_LARGE']);
  });

  it('come in batches of 1,000 or about 1 MB', async () => {
    const small = parquetWriteBuffer({
      columnData: [{ name: 'n', data: Array.from({ length: 2500 }, (_, n) => n) }],
    });
    expect((await readAll(sourceOf('a.parquet', Buffer.from(small)))).batches).toEqual([1000, 1000, 500]);
    const large = Array.from({ length: 10 }, (_, n) => String(n).repeat(300_000));
    const bytes = Buffer.from(parquetWriteBuffer({ columnData: [{ name: 't', data: large }] }));
    expect((await readAll(sourceOf('a.parquet', bytes), { limits: { maxRatio: 1e9 } })).batches).toEqual([
      4, 4, 2,
    ]);
  });
});

const nested: SchemaElement[] = [
  { name: 'root', num_children: 4 },
  { name: 'id', type: 'INT32', repetition_type: 'REQUIRED' },
  { name: 'text', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
  { name: 'tags', repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST' },
  { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
  { name: 'element', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
  { name: 'box', repetition_type: 'OPTIONAL', num_children: 2 },
  { name: 'x', type: 'DOUBLE', repetition_type: 'OPTIONAL' },
  { name: 'y', type: 'INT64', repetition_type: 'OPTIONAL' },
];

const nestedRow = fc.record({
  text: fc.option(fc.string({ unit: 'grapheme' })),
  tags: fc.option(fc.array(fc.option(fc.constantFrom('a', 'bb', '')), { maxLength: 4 })),
  box: fc.option(
    fc.record({
      x: fc.option(fc.integer()),
      y: fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
    }),
  ),
});

it('any rows come back the same, whatever the size of pages and row groups, from any row on', async () => {
  const options = fc.record({
    rowGroupSize: fc.integer({ min: 1, max: 50 }),
    pageSize: fc.constantFrom(8, 100, 1_000_000),
    codec: fc.constantFrom('SNAPPY' as const, 'UNCOMPRESSED' as const),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(nestedRow, { minLength: 1, maxLength: 60 }),
      options,
      fc.nat(60),
      async (rows, how, from) => {
        const columnData = [
          { name: 'id', data: rows.map((_, index) => index) },
          { name: 'text', data: rows.map((row) => row.text) },
          { name: 'tags', data: rows.map((row) => row.tags) },
          { name: 'box', data: rows.map((row) => row.box) },
        ];
        const bytes = parquetWriteBuffer({ columnData, schema: nested, ...how });
        const expected = rows.map((row, id): JsonObject => {
          const y = row.box?.y ?? null;
          const exact = y !== null && Number.isSafeInteger(Number(y)) ? Number(y) : (y?.toString() ?? null);
          return { id, text: row.text, tags: row.tags, box: row.box && { x: row.box.x, y: exact } };
        });
        const read = await rowsOf(bytes);
        expect(outline(read)).toEqual(expected);
        expect(read.map(({ row }) => row)).toEqual(rows.map((_, index) => index));
        expect(await rowsOf(bytes, from)).toEqual(read.slice(from));
      },
    ),
    { numRuns: 150 },
  );
});

describe('a large file', () => {
  const count = 60_000;
  const columnData = [
    { name: 'id', data: Array.from({ length: count }, (_, n) => n) },
    {
      name: 'text',
      data: Array.from({ length: count }, (_, n) => `text ${n} ${'x'.repeat(n % 200)}${n * 7919}`),
    },
  ];
  const bytes = Buffer.from(parquetWriteBuffer({ columnData, rowGroupSize: 10_000, pageSize: 20_000 }));

  it('is read by ranges, each byte about once', async () => {
    const source = sourceOf('a.parquet', bytes);
    const { rows } = await readAll(source);
    expect(rows).toHaveLength(count);
    expect(rows[12_345]).toMatchObject({
      row: 12_345,
      value: { id: 12_345, text: columnData[1]?.data[12_345] },
    });
    expect(source.bytesRead).toBeLessThan(bytes.length * 1.1 + 70_000);
    expect(source.streams.every((stream) => stream.destroyed)).toBe(true);
  });

  it('is not read where rows are passed over', async () => {
    const source = sourceOf('a.parquet', bytes);
    const { rows } = await readAll(source, { fromRow: 59_990 });
    expect(rows.map(({ row }) => row)).toEqual(Array.from({ length: 10 }, (_, n) => 59_990 + n));
    expect(source.bytesRead).toBeLessThan(bytes.length / 4);
  });
});

it('refuses Parquet inside gzip', async () => {
  const { error } = await readAll(sourceOf('a.parquet.gz', 'x'));
  expect(error?.code).toBe('UNSUPPORTED_COMPRESSION');
});

it('reads a file without rows', async () => {
  const bytes = parquetWriteBuffer({ columnData: [{ name: 'a', data: [], type: 'STRING' }] });
  expect(await rowsOf(bytes)).toEqual([]);
});
