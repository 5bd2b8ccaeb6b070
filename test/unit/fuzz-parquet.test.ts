import { parquetWriteBuffer } from 'hyparquet-writer';
import { expect, test } from 'vitest';
import { readAll, sourceOf } from '../support/format-source.ts';
import { check, long, spoiled } from '../support/fuzz.ts';
import { arrowPages, arrowPagesV2 } from '../support/parquet-fixtures.ts';

/** Parquet files with changes anywhere: no more is read than a file can hold, and what is wrong is said as such. */
const written = Buffer.from(
  parquetWriteBuffer({
    columnData: [
      { name: 'image', data: ['a.jpg', 'b.jpg', 'c.jpg'], type: 'STRING' },
      { name: 'score', data: [0.5, null, 1], type: 'DOUBLE' },
      { name: 'id', data: [1n, 2n, 3n], type: 'INT64' },
    ],
  }),
);

test('a changed Parquet file gives rows, or says that it is damaged', long(200), () =>
  check(spoiled(arrowPages, arrowPagesV2, written), async (file) => {
    // Anything that is no FormatError is thrown here.
    const { rows, error } = await readAll(sourceOf('a.parquet', file));
    for (const row of rows) expect('value' in row ? typeof row.value : row.problem.message).toBeTruthy();
    // Rows without columns cost nothing to promise: a file must not make more of them than it has bytes.
    expect(rows.length).toBeLessThanOrEqual(file.length * 8);
    if (error) expect(error.message).not.toBe('');
  }),
);
