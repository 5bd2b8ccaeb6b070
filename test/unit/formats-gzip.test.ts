import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { outline, readAll, sourceOf } from '../support/format-source.ts';

const rows = Array.from({ length: 3000 }, (_, index) => ({
  index,
  text: randomBytes(12).toString('base64'),
}));
const lines = Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
const packed = gzipSync(lines);

describe('gzip', () => {
  it('is told by its bytes, whatever the key says', async () => {
    for (const key of ['a.jsonl', 'a.jsonl.gz', 'a.json', 'a', 'a.ndjson']) {
      expect(outline((await readAll(sourceOf(key, packed))).rows)).toEqual(rows);
    }
    expect(outline((await readAll(sourceOf('a.jsonl.gz', lines))).rows)).toEqual(rows);
  });

  it('may have many members and padding, cut byte by byte', async () => {
    const parts = Array.from({ length: 40 }, (_, index) =>
      gzipSync(lines.subarray(index * 500, index * 500 + 500)),
    );
    const members = Buffer.concat([
      ...parts,
      gzipSync(lines.subarray(20_000)),
      gzipSync(''),
      Buffer.alloc(300),
    ]);
    for (const size of [1, 100, 65_536]) {
      const { rows: read, error } = await readAll(sourceOf('a.jsonl.gz', members, [size]));
      expect(error).toBeUndefined();
      expect(outline(read)).toEqual(rows);
    }
  });

  it('that is empty inside is an empty file', async () => {
    expect((await readAll(sourceOf('a.json.gz', gzipSync('')))).error?.code).toBe('EMPTY_FILE');
  });

  it('that ends too early gives its rows up to there', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 3, max: packed.length - 1 }), async (length) => {
        const { rows: read, error } = await readAll(sourceOf('a.jsonl.gz', packed.subarray(0, length)));
        expect(error?.code).toBe('BROKEN_GZIP');
        expect(outline(read)).toEqual(rows.slice(0, read.length));
        expect(error?.row).toBe(read.length);
        // Lost is no more than what the last bytes stand for, and the table before the first row.
        expect(read.length).toBeGreaterThan(rows.length * (length / packed.length) - 60);
      }),
      { numRuns: 40 },
    );
  });

  it('that is damaged is told so', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 10, max: packed.length - 9 }), async (place) => {
        const damaged = Buffer.from(packed);
        damaged[place]! ^= 0x55;
        const { error } = await readAll(sourceOf('a.jsonl.gz', damaged));
        expect(error?.code).toBe('BROKEN_GZIP');
      }),
      { numRuns: 40 },
    );
    expect(
      (await readAll(sourceOf('a.jsonl.gz', Buffer.concat([packed, Buffer.from('garbage')])))).error?.code,
    ).toBe('BROKEN_GZIP');
  });

  it('that unpacks out of all proportion is a bomb', async () => {
    const blank = gzipSync(Buffer.alloc(80 * 2 ** 20, ' '));
    const { rows: read, error } = await readAll(
      sourceOf('a.jsonl.gz', Buffer.concat([gzipSync('{"a":1}\n'), blank])),
    );
    expect(error?.code).toBe('DECOMPRESSION_BOMB');
    expect(outline(read)).toEqual([{ a: 1 }]);
    const within = await readAll(
      sourceOf('a.jsonl.gz', Buffer.concat([packed, gzipSync(Buffer.alloc(2 ** 20, '\n'))])),
    );
    expect(outline(within.rows)).toEqual(rows);
  });

  it('that holds more rows than bytes ends there, its rows given', async () => {
    const body = gzipSync('{"a":1}\n'.repeat(10_000));
    const limits = { freeRows: 1_000 };
    const { rows: read, error } = await readAll(sourceOf('a.jsonl.gz', body), { limits });
    expect(error?.code).toBe('DECOMPRESSION_BOMB');
    expect(read).toHaveLength(1_000 + body.length);
    // What says something in each row has bytes for it.
    const various = gzipSync(Array.from({ length: 10_000 }, (_, index) => `{"a":${index}}\n`).join(''));
    expect((await readAll(sourceOf('a.jsonl.gz', various), { limits })).error).toBeUndefined();
  });

  it('that unpacks past the limit ends there, its rows given', async () => {
    const limits = { maxDecompressedBytes: lines.length - 1 };
    const { rows: read, error } = await readAll(sourceOf('a.jsonl.gz', packed), { limits });
    expect(error?.code).toBe('DECOMPRESSION_BOMB');
    expect(outline(read)).toEqual(rows.slice(0, read.length));
  });
});
