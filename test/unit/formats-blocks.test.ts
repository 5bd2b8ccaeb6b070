import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLines } from '../../src/formats/lines.ts';
import { defaultLimits, FormatError, type ParsedRow } from '../../src/formats/model.ts';
import { RowBatch } from '../../src/formats/parse.ts';
import { readValues, type Shape } from '../../src/formats/values.ts';
import { chunksOf } from '../support/format-source.ts';

// Blocks are 64 KiB in service, so small files never show what happens where one ends: here they end anywhere.
const limits = { ...defaultLimits, maxRowBytes: 30, maxDepth: 3 };

async function* streamOf(blocks: Buffer[]) {
  yield* blocks;
}

async function outcomeOf(shape: Shape | 'LINES', blocks: Buffer[], fromRow: number) {
  const batch = new RowBatch(fromRow, limits);
  const rows: ParsedRow[] = [];
  let failure: unknown;
  try {
    const reader =
      shape === 'LINES'
        ? readLines(streamOf(blocks), batch, limits, 1)
        : readValues(streamOf(blocks), shape, batch, limits, { byte: 0, line: 1 });
    for await (const some of reader) rows.push(...some);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    failure = { code: error.code, row: error.row, line: error.line };
  }
  rows.push(...batch.take());
  return { rows, failure, next: batch.row };
}

/** Pieces that JSON is made of, and that break it. */
const piece = fc.constantFrom(
  ...[
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '\\',
    '\\"',
    '\n',
    '\r\n',
    ' ',
    '{"a":1}',
    '{"é":"日本"}',
    '{"\\"":"\\\\"}',
    '"x"',
    '1',
  ],
  ...['[[[[', ']]]]', '{"a":{"b":{"c":{}}}}', '"a,]}"', 'x'.repeat(40), ' '.repeat(40), '{"a":"😀"}\n', '\t'],
);
const broken = fc.constantFrom(Buffer.from([0xff]), Buffer.from([0xe6, 0x97]), Buffer.from([0xc3]));
const content = fc
  .array(
    fc.oneof(
      { weight: 12, arbitrary: piece.map((text) => Buffer.from(text)) },
      { weight: 1, arbitrary: broken },
    ),
    {
      maxLength: 30,
    },
  )
  .map((pieces) => Buffer.concat(pieces));
const sizes = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 8 });

describe.each<Shape | 'LINES'>(['LIST', 'SEQUENCE', 'LINES'])('%s', (shape) => {
  const begin = Buffer.from(shape === 'LIST' ? ' \n[' : '');

  it('means the same wherever blocks end, and from any row on', async () => {
    await fc.assert(
      fc.asyncProperty(content, sizes, fc.nat(6), async (bytes, cuts, from) => {
        const whole = Buffer.concat([begin, bytes]);
        const expected = await outcomeOf(shape, [whole], 0);
        expect(await outcomeOf(shape, chunksOf(whole, cuts), 0)).toEqual(expected);
        const tail = { ...expected, rows: expected.rows.filter(({ row }) => row >= from) };
        expect(await outcomeOf(shape, chunksOf(whole, cuts), from)).toEqual(tail);
      }),
      { numRuns: 1500 },
    );
  });

  it('is cut byte by byte', async () => {
    const text = shape === 'LIST' ? '[{"é":"\\"日"}, {"a":[{}]}]' : '{"é":"\\"日"}\n{"a":[{}]}';
    const { rows, failure } = await outcomeOf(shape, chunksOf(Buffer.from(text), [1]), 0);
    expect(failure).toBeUndefined();
    expect(rows).toEqual([
      { row: 0, value: { é: '"日' } },
      { row: 1, value: { a: [{}] } },
    ]);
  });

  it('passes over a row that is too large, in small pieces or at once', async () => {
    const separator = shape === 'LIST' ? ',' : '\n';
    const text = `${begin}{"a":1}${separator}{"a":"${'x'.repeat(500)}"}${separator}{"a":2}${shape === 'LIST' ? ']' : ''}`;
    for (const size of [1, 7, 29, 1000]) {
      const { rows } = await outcomeOf(shape, chunksOf(Buffer.from(text), [size]), 0);
      expect(rows).toMatchObject([
        { value: { a: 1 } },
        { row: 1, problem: { code: 'TOO_LARGE' } },
        { value: { a: 2 } },
      ]);
    }
  });

  it('refuses a row nested deeper than the limit and takes one at the limit', async () => {
    const separator = shape === 'LIST' ? ',' : '\n';
    const text = `${begin}{"a":[[]]}${separator}{"a":[[[]]]}${separator}{"b":["[[[[[["]}${shape === 'LIST' ? ']' : ''}`;
    const { rows } = await outcomeOf(shape, [Buffer.from(text)], 0);
    expect(rows).toMatchObject([
      { value: { a: [[]] } },
      { problem: { code: 'TOO_DEEP' } },
      { value: { b: ['[[[[[['] } },
    ]);
  });
});
