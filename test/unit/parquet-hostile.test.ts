import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { unpackLz4 } from '../../src/formats/lz4.ts';
import { checkDelta, checkDeltaByteArray, readRuns } from '../../src/formats/parquet-encoding.ts';
import { outline, readAll, sourceOf } from '../support/format-source.ts';
import { arrowPages, arrowPagesV2 } from '../support/parquet-fixtures.ts';
import {
  closeFile,
  codecs,
  dataPage,
  dictionaryPage,
  encode,
  encodings,
  forge,
  i32,
  i64,
  levelRun,
  list,
  plain,
  repetitions,
  struct,
  text,
  types,
  varint,
} from '../support/parquet-forge.ts';

const abc = dataPage(plain(['a', 'b', 'c']), { values: 3 });
const leaf = (name: string) => encode([i32(1, types.BYTE_ARRAY), i32(3, 0), text(4, name)]);
const group = (children: number, name = 'g') => encode([text(4, name), i32(5, children)]);
const footer = (...elements: Parameters<typeof encode>[0]) =>
  closeFile([Buffer.from('PAR1')], encode(elements));
const nestedLists = (levels: number) =>
  Buffer.concat(Array.from({ length: levels }, () => Buffer.from([0x19])));

/** Every file here lies. None may give more than the rows it says, or anything but a FormatError. */
const lies: Record<string, { file: Buffer; code?: string; rows?: number }> = {
  'more rows than values': { file: forge([{ name: 'a', pages: [abc] }], 2n ** 40n), rows: 3 },
  'a footer longer than the file': { file: closeFile([Buffer.from('PAR1')], Buffer.alloc(9), 2 ** 32 - 1) },
  'a footer of nothing': { file: closeFile([Buffer.from('PAR1')], Buffer.alloc(1)) },
  'two billion schema elements': { file: footer(i32(1, 1), list(2, [], 12, 2 ** 31 - 1)) },
  'lists of 32 million in lists': {
    file: footer([
      20,
      9,
      Buffer.concat(
        Array.from({ length: 9 }, () => Buffer.concat([Buffer.from([0xf9]), varint(2 ** 25 - 1)])),
      ),
    ]),
  },
  'lists in lists without end': { file: footer([20, 9, nestedLists(100_000)]) },
  'structs in structs without end': { file: footer([20, 12, Buffer.alloc(100_000, 0x1c)]) },
  'a schema that promises children': {
    file: forge([{ name: 'a', pages: [abc] }], 3, [group(2 ** 31 - 1), leaf('a')]),
  },
  'a schema of 9,000 levels': {
    file: forge([{ name: 'a', pages: [abc] }], 3, [
      ...Array.from({ length: 9000 }, () => group(1)),
      leaf('a'),
    ]),
    code: 'UNSUPPORTED_PARQUET',
  },
  'two trees': { file: forge([{ name: 'a', pages: [abc] }], 3, [group(1), leaf('a'), leaf('b')]) },
  'no columns': { file: forge([], 2n ** 50n) },
  'a column called __proto__': {
    file: forge([{ name: '__proto__', pages: [abc] }], 3),
    code: 'UNSUPPORTED_PARQUET',
  },
  'a column that the row group lacks': {
    file: forge([{ name: 'a', pages: [abc] }], 3, [group(2), leaf('a'), leaf('b')]),
  },
  'a column twice': {
    file: forge(
      [
        { name: 'a', pages: [abc] },
        { name: 'a', pages: [abc] },
      ],
      3,
    ),
  },
  'a column of another type': {
    file: forge([{ name: 'a', type: types.INT32, pages: [abc] }], 3, [group(1), leaf('a')]),
  },
  'a column outside the file': { file: forge([{ name: 'a', pages: [abc], claim: { start: 2n ** 40n } }], 3) },
  'a column before the file': { file: forge([{ name: 'a', pages: [abc], claim: { start: -40 } }], 3) },
  'a column of less than no bytes': { file: forge([{ name: 'a', pages: [abc], claim: { bytes: -1 } }], 3) },
  'a column of an exabyte': { file: forge([{ name: 'a', pages: [abc], claim: { bytes: 2n ** 60n } }], 3) },
  'a page longer than its column': {
    file: forge([{ name: 'a', pages: [dataPage(plain(['a']), { values: 1, packedBytes: 500 })] }], 1),
  },
  'a page of two gigabytes': {
    file: forge(
      [
        {
          name: 'a',
          codec: codecs.SNAPPY,
          pages: [dataPage(plain(['a']), { values: 1, bytes: 2 ** 31 - 1 })],
        },
      ],
      1,
    ),
    code: 'TOO_LARGE',
  },
  'two billion nulls in a page': {
    file: forge(
      [
        {
          name: 'a',
          repetition: repetitions.OPTIONAL,
          pages: [dataPage(levelRun(2 ** 31 - 1, 0), { values: 2 ** 31 - 1 })],
        },
      ],
      2 ** 31 - 1,
    ),
    code: 'TOO_LARGE',
  },
  'a run of two billion in a page of three': {
    file: forge(
      [
        {
          name: 'a',
          repetition: repetitions.OPTIONAL,
          pages: [dataPage(levelRun(2 ** 31 - 1, 0), { values: 3 })],
        },
      ],
      3,
    ),
  },
  'twenty million empty lists': {
    file: forge(
      [
        {
          name: 'a',
          repetition: repetitions.REPEATED,
          pages: [
            dataPage(Buffer.concat([levelRun(20_000_000, 0), levelRun(20_000_000, 0)]), {
              values: 20_000_000,
            }),
          ],
        },
      ],
      20_000_000,
    ),
    code: 'TOO_LARGE',
  },
  'a list that no row began': {
    file: forge(
      [
        {
          name: 'a',
          repetition: repetitions.REPEATED,
          pages: [dataPage(Buffer.concat([levelRun(3, 1), levelRun(3, 0)]), { values: 3 })],
        },
      ],
      1,
    ),
  },
  'a text longer than its page': {
    file: forge([{ name: 'a', pages: [dataPage(Buffer.from([0, 1, 0, 0, 120]), { values: 1 })] }], 1),
  },
  'a text of less than no bytes': {
    file: forge([{ name: 'a', pages: [dataPage(Buffer.alloc(8, 255), { values: 1 })] }], 1),
  },
  'a place past the dictionary': {
    file: forge(
      [
        {
          name: 'a',
          pages: [
            dictionaryPage(plain(['x']), 1),
            dataPage(Buffer.from([8, 2, 9]), { values: 1, encoding: encodings.RLE_DICTIONARY }),
          ],
        },
      ],
      1,
    ),
  },
  'places without a dictionary': {
    file: forge(
      [
        {
          name: 'a',
          pages: [dataPage(Buffer.from([8, 2, 0]), { values: 1, encoding: encodings.RLE_DICTIONARY })],
        },
      ],
      1,
    ),
  },
  'a zstd page that holds a gigabyte': {
    file: forge(
      [
        {
          name: 'a',
          codec: codecs.ZSTD,
          pages: [dataPage(zstdCompressSync(Buffer.alloc(2 ** 28)), { values: 1, bytes: 100 })],
        },
      ],
      1,
    ),
  },
  'a gzip page that holds 64 MB': {
    file: forge(
      [
        {
          name: 'a',
          codec: codecs.GZIP,
          pages: [dataPage(gzipSync(Buffer.alloc(2 ** 26)), { values: 1, bytes: 100 })],
        },
      ],
      1,
    ),
  },
  'an LZ4 page of four billion bytes': {
    file: forge(
      [
        {
          name: 'a',
          codec: codecs.LZ4_RAW,
          pages: [
            dataPage(Buffer.concat([Buffer.from([0x1f, 65, 1, 0]), Buffer.alloc(2 ** 24, 255)]), {
              values: 1,
              bytes: 100,
            }),
          ],
        },
      ],
      1,
    ),
  },
  'a codec nobody has': {
    file: forge([{ name: 'a', codec: codecs.LZO, pages: [abc] }], 3),
    code: 'UNSUPPORTED_COMPRESSION',
  },
  'delta blocks that lead backwards': {
    file: forge(
      [
        {
          name: 'a',
          type: types.INT32,
          pages: [
            dataPage(Buffer.concat([varint(128), varint(2 ** 32 - 1), varint(9), Buffer.alloc(20)]), {
              values: 9,
              encoding: encodings.DELTA_BINARY_PACKED,
            }),
          ],
        },
      ],
      9,
    ),
  },
  'a column of one long text, a hundred thousand times': {
    file: forge(
      [
        {
          name: 'a',
          pages: [
            dictionaryPage(plain(['x'.repeat(2 ** 20)]), 1),
            dataPage(Buffer.concat([Buffer.from([1]), varint(200_000), Buffer.from([0])]), {
              values: 100_000,
              encoding: encodings.RLE_DICTIONARY,
            }),
          ],
        },
      ],
      100_000,
    ),
    code: 'DECOMPRESSION_BOMB',
    rows: 1000,
  },
};

describe('a file that lies', () => {
  it.each(Object.keys(lies))('about %s is refused', async (name) => {
    const { file, code = 'BROKEN_PARQUET', rows = 0 } = lies[name]!;
    const { rows: read, error } = await readAll(sourceOf('a.parquet', file));
    expect(error?.code).toBe(code);
    expect(Math.abs(read.length - rows)).toBeLessThanOrEqual(rows > 10 ? 20 : 0);
    expect(error?.row ?? 0).toBe(read.length);
  });

  it('costs little memory', async () => {
    const rowsModule = fileURLToPath(new URL('../../src/formats/rows.ts', import.meta.url));
    const script = `
      import { Readable } from 'node:stream';
      import { readRows } from ${JSON.stringify(rowsModule)};
      let input = ''; for await (const chunk of process.stdin) input += chunk;
      let failed = 0;
      for (const base64 of JSON.parse(input)) {
        const bytes = Buffer.from(base64, 'base64');
        const open = async ({ start, end }) => Readable.from([bytes.subarray(start, end + 1)]);
        const source = { key: 'a.parquet', size: bytes.length, open };
        try {
          for await (const rows of readRows(source, { signal: new AbortController().signal })) JSON.stringify(rows).length;
        } catch { failed += 1; }
      }
      console.log(JSON.stringify({ failed, peakMb: process.resourceUsage().maxRSS / 1024 }));`;
    const flags = ['--max-old-space-size=256', '--input-type=module', '--eval', script];
    const running = promisify(execFile)(process.execPath, flags);
    running.child.stdin?.end(JSON.stringify(Object.values(lies).map(({ file }) => file.toString('base64'))));
    const met = JSON.parse((await running).stdout) as { failed: number; peakMb: number };
    expect(met.failed).toBe(Object.keys(lies).length);
    expect(met.peakMb).toBeLessThan(700);
  }, 60_000);

  it('has told the truth otherwise', async () => {
    const { rows } = await readAll(sourceOf('a.parquet', forge([{ name: 'a', pages: [abc] }], 3)));
    expect(outline(rows)).toEqual([{ a: 'a' }, { a: 'b' }, { a: 'c' }]);
    const lists = Buffer.concat([levelRun(2, 0), levelRun(2, 1), plain(['x', 'y'])]);
    const repeated = forge(
      [{ name: 'a', repetition: repetitions.REPEATED, pages: [dataPage(lists, { values: 2 })] }],
      2,
    );
    expect(outline((await readAll(sourceOf('a.parquet', repeated))).rows)).toEqual([
      { a: ['x'] },
      { a: ['y'] },
    ]);
  });
});

it('a row may go on through many pages, but not without end', async () => {
  const begin = dataPage(Buffer.concat([levelRun(1, 0), levelRun(1, 1), plain(['x'])]), { values: 1 });
  const more = dataPage(Buffer.concat([levelRun(1000, 1), levelRun(1000, 1), plain(Array(1000).fill('y'))]), {
    values: 1000,
  });
  const file = forge(
    [{ name: 'a', repetition: repetitions.REPEATED, pages: [begin, ...Array(100).fill(more)] }],
    1,
  );
  expect(outline((await readAll(sourceOf('a.parquet', file))).rows)).toEqual([
    { a: ['x', ...Array(100_000).fill('y')] },
  ]);
  const { error } = await readAll(sourceOf('a.parquet', file), { limits: { maxOpenBytes: 200_000 } });
  expect(error?.code).toBe('TOO_LARGE');
});

it('a footer past the limit is refused', async () => {
  const file = forge([{ name: 'a', pages: [abc] }], 3);
  const { error } = await readAll(sourceOf('a.parquet', file), { limits: { maxFooterBytes: 20 } });
  expect(error?.code).toBe('TOO_LARGE');
});

describe('a file that is incomplete', () => {
  const whole = Buffer.from(
    parquetWriteBuffer({
      columnData: [{ name: 'a', data: Array.from({ length: 500 }, (_, n) => `text ${n}`) }],
      rowGroupSize: 100,
      codec: 'UNCOMPRESSED',
    }),
  );

  it.each([
    ['no bytes', Buffer.alloc(0), 'EMPTY_FILE'],
    ['few bytes', Buffer.from('PAR1'), 'BROKEN_PARQUET'],
    ['no magic', Buffer.alloc(100), 'BROKEN_PARQUET'],
    ['JSON', Buffer.from('[{"a":1}, {"a":2}]'), 'BROKEN_PARQUET'],
    [
      'an encrypted footer',
      Buffer.concat([whole.subarray(0, -4), Buffer.from('PARE')]),
      'UNSUPPORTED_PARQUET',
    ],
    ['an encryption algorithm', footer(i32(1, 1), struct(8, [i64(1, 1)])), 'UNSUPPORTED_PARQUET'],
  ])('with %s', async (_, bytes, code) => {
    expect((await readAll(sourceOf('a.parquet', bytes))).error?.code).toBe(code);
  });

  it('wherever it was cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: whole.length - 1 }), async (length) => {
        const { rows, error } = await readAll(sourceOf('a.parquet', whole.subarray(0, length)));
        expect(error?.code).toBe('BROKEN_PARQUET');
        expect(rows).toEqual([]);
      }),
    );
  });

  it('and shorter than the listing said', async () => {
    const source = { ...sourceOf('a.parquet', whole), size: whole.length + 1000 };
    expect((await readAll(source)).error?.code).toBe('BROKEN_PARQUET');
  });

  it('gives the rows before its broken place', async () => {
    const bytes = Buffer.from(whole);
    const place = bytes.indexOf('text 350');
    bytes.fill(255, place - 300, place + 300);
    const { rows, error } = await readAll(sourceOf('a.parquet', bytes));
    expect(error).toMatchObject({ code: 'BROKEN_PARQUET', row: 300 });
    expect(outline(rows)).toEqual(Array.from({ length: 300 }, (_, n) => ({ a: `text ${n}` })));
  });
});

it('a file with random damage gives rows or a FormatError, nothing else', async () => {
  const damage = fc.record({
    file: fc.constantFrom(arrowPages, arrowPagesV2),
    places: fc.array(fc.tuple(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.nat(255)), {
      minLength: 1,
      maxLength: 5,
    }),
  });
  await fc.assert(
    fc.asyncProperty(damage, async ({ file, places }) => {
      const bytes = Buffer.from(file);
      for (const [place, value] of places) bytes[Math.floor(place * bytes.length)] = value;
      const { rows } = await readAll(sourceOf('a.parquet', bytes));
      expect(rows.map(({ row }) => row)).toEqual(rows.map((_, index) => index));
    }),
    { numRuns: 1000 },
  );
}, 60_000);

describe('LZ4', () => {
  // "a", then a match of 19 bytes one byte back, then "bcdef" as the last literals must.
  const block = Buffer.from([0x1f, 97, 1, 0, 0, 0x50, ...Buffer.from('bcdef')]);
  const plainPage = `${'a'.repeat(20)}bcdef`;
  const frame = (content: Buffer, bytes: number) => {
    const sizes = Buffer.alloc(8);
    sizes.writeUInt32BE(bytes);
    sizes.writeUInt32BE(content.length, 4);
    return Buffer.concat([sizes, content]);
  };

  it('is one block, or Hadoop’s frames of blocks', () => {
    expect(Buffer.from(unpackLz4(block, 25)).toString()).toBe(plainPage);
    const frames = Buffer.concat([frame(block, 25), frame(block, 25)]);
    expect(Buffer.from(unpackLz4(frames, 50)).toString()).toBe(plainPage.repeat(2));
    expect(Buffer.from(unpackLz4(Buffer.from([0]), 0))).toHaveLength(0);
  });

  it.each([
    ['too short', block, 26],
    ['too long', block, 24],
    ['cut in a length', Buffer.from([0x1f, 97, 1, 0, 255]), 25],
    ['cut in literals', block.subarray(0, -1), 25],
    ['with a match before its start', Buffer.from([0x1f, 97, 2, 0, 0]), 20],
    ['with a match of itself', Buffer.from([0x1f, 97, 0, 0, 0]), 20],
  ])('%s is refused', (_, bytes, size) => {
    expect(() => unpackLz4(bytes, size)).toThrow('LZ4');
  });
});

describe('runs', () => {
  const read = (bytes: number[], width: number, count: number) => {
    const view = new DataView(Uint8Array.from(bytes).buffer);
    const output = new Int32Array(count);
    readRuns(view, 0, bytes.length, width, output);
    return Array.from(output);
  };

  it('are repeated values and packed groups of eight', () => {
    expect(read([6, 5], 3, 3)).toEqual([5, 5, 5]);
    // The example of Encodings.md: 0 to 7 in three bits each.
    expect(read([3, 0b10001000, 0b11000110, 0b11111010], 3, 8)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(read([3, 0b10001000, 0b11000110, 0b11111010, 4, 1], 3, 10)).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 1, 1,
    ]);
    expect(read([3, 0xff, 0xff, 0xff, 0, 1, 0, 0], 24, 2)).toEqual([0xffffff, 0x100]);
    expect(read([3], 0, 5)).toEqual([0, 0, 0, 0, 0]);
  });

  it.each([
    ['longer than the page', [200, 1, 0], 1, 3],
    ['cut short', [3, 1], 3, 8],
    ['without end', [255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255], 1, 3],
    ['missing', [], 1, 3],
    ['of no values, again and again', [0, 0, 0, 0, 0, 0], 1, 3],
    ['of too many bits', [6, 0, 0, 0, 0, 0], 33, 3],
  ])('%s are refused', (_, bytes, width, count) => {
    expect(() => read(bytes, width, count)).toThrow();
  });
});

describe('delta blocks', () => {
  const view = (...parts: (number | Buffer)[]) => {
    const bytes = Buffer.concat(parts.map((part) => (typeof part === 'number' ? varint(part) : part)));
    return new DataView(new Uint8Array(bytes).buffer);
  };

  it('end where their headers say', () => {
    expect(checkDelta(view(128, 4, 5, 2), 0, 1)).toBe(5);
    // One block: least delta, four widths, the first miniblock of 32 values with 3 bits each.
    expect(checkDelta(view(128, 4, 5, 2, 2, Buffer.from([3, 0, 0, 0]), Buffer.alloc(12)), 0, 5)).toBe(22);
  });

  it.each([
    ['of no values', view(0, 4, 5, 2, Buffer.alloc(50))],
    ['without miniblocks', view(128, 0, 5, 2, Buffer.alloc(50))],
    ['of more miniblocks than values', view(128, 129, 5, 2, Buffer.alloc(500))],
    ['of four billion miniblocks', view(128, 2 ** 32 - 1, 5, 2, Buffer.alloc(50))],
    ['of 200 bits', view(128, 4, 5, 2, 2, Buffer.from([200, 0, 0, 0]), Buffer.alloc(2000))],
    ['cut short', view(128, 4, 5, 2)],
  ])('%s are refused', (_, bytes) => {
    expect(() => checkDelta(bytes, 0, 5)).toThrow();
  });

  it('of prefixes may not grow without bound', () => {
    const constant = (first: number) => [128, 4, 1000, first * 2, 0, Buffer.alloc(4)];
    const blocks = (first: number) => [
      ...constant(first),
      ...Array.from({ length: 7 }, () => Buffer.alloc(5)),
    ];
    // Each value is the 5,000 bytes of the one before.
    const growing = view(...blocks(0), ...blocks(5000));
    expect(() => checkDeltaByteArray(growing, 0, 1000, 10_000_000)).not.toThrow();
    expect(() => checkDeltaByteArray(growing, 0, 1000, 4_999_999)).toThrow('grow');
    expect(() => checkDeltaByteArray(view(...blocks(7), ...blocks(1)), 0, 1000, 10_000_000)).toThrow(
      'continues none',
    );
  });
});
