import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { corporaMissing, corpusFile } from '../support/corpora.ts';
import { exactly, parseExactly } from '../support/exact.ts';
import { readAll, sourceOf } from '../support/format-source.ts';

/**
 * apache/parquet-testing: what pyarrow reads of each file, we read too; what it refuses as damaged or encrypted ends
 * in an error that says so.
 */
const folder = 'parquet-testing';
type Expected = { rows: unknown[] } | { error: string };
const expected: Record<string, Expected> =
  corporaMissing === undefined
    ? (parseExactly(gunzipSync(corpusFile(`${folder}/expected-rows.json.gz`)).toString()) as Record<
        string,
        Expected
      >)
    : {};

/** Files that pyarrow refuses by rules of its own, and which hold rows all the same. */
const readable: Record<string, number> = {
  // A map whose keys may be null: none is.
  'data/incorrect_map_schema.parquet': 1,
  // Instants beyond what pyarrow's nanoseconds, or its dates, reach.
  'data/int96_from_spark.parquet': 6,
  'data/nested_structs.rust.parquet': 1,
};

/** Both sides in one form: maps as objects, times to the millisecond, numbers and their texts as the same, all digits. */
function normal(value: unknown): unknown {
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value)) return time(value);
  if (typeof value === 'string') return exactly(value.trim()) ?? value;
  if (typeof value !== 'object' || value === null) return value;
  if (!Array.isArray(value)) {
    // A map without entries.
    if (Object.keys(value).length === 0) return [];
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [exactly(name) ?? name, normal(inner)]),
    );
  }
  const pairs = value.every(
    (entry) => Array.isArray(entry) && entry.length === 2 && ['string', 'number'].includes(typeof entry[0]),
  );
  return value.length > 0 && pairs ? normal(Object.fromEntries(value)) : value.map(normal);
}

/** Without a zone, times are those of UTC on both sides. */
const time = (text: string) => new Date(/(?:Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text}Z`).getTime();

async function read(name: string) {
  const { rows, error } = await readAll(sourceOf('a.parquet', corpusFile(`${folder}/${name}`)));
  return { rows: rows.map((row) => ('problem' in row ? row.problem : row.value)), error };
}

if (corporaMissing !== undefined) test.skip(corporaMissing, () => {});
else {
  const names = Object.keys(expected);
  const good = names.filter((name) => 'rows' in expected[name]!);
  const bad = names.filter((name) => !good.includes(name) && !Object.hasOwn(readable, name));

  test('is all there', () => {
    expect([good.length, bad.length, Object.keys(readable).length]).toEqual([72, 21, 3]);
  });

  describe.each(good)('%s', (name) => {
    test('has the rows that pyarrow finds', async () => {
      const { rows, error } = await read(name);
      expect(error).toBeUndefined();
      const wanted = (expected[name] as { rows: unknown[] }).rows;
      expect(normal(parseExactly(JSON.stringify(rows)))).toEqual(normal(wanted));
    });
  });

  test.each(bad)('%s is refused with a reason', async (name) => {
    const { error } = await read(name);
    expect(error?.code).toMatch(/^(BROKEN_PARQUET|UNSUPPORTED_PARQUET|TOO_LARGE)$/);
  });

  test.each(Object.entries(readable))('%s is read all the same', async (name, count) => {
    const { rows, error } = await read(name);
    expect([rows.length, error]).toEqual([count, undefined]);
  });
}
