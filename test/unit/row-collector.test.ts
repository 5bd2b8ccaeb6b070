import { expect, test } from 'vitest';
import type { ParsedRow } from '../../src/formats/model.ts';
import { noCounts } from '../../src/syncs/model.ts';
import { createRowCollector } from '../../src/syncs/read/rows.ts';
import { emptyBatch } from '../../src/syncs/run/committer.ts';

/** What a worker that takes over in the middle of an object knows of the rows before. */
const object = { key: 'a.json', size: 10, version: 'v1', modifiedAt: null };
const members = { learn: async () => {}, idOf: () => null } as never;
const collector = (resumed?: ReturnType<ReturnType<typeof createRowCollector>['checkpoint']>) =>
  createRowCollector(
    { object, revision: 0, match: false, members, isOwn: () => true, dataKeys: [], idField: null },
    resumed,
  );
const own: ParsedRow = { row: 0, problem: { code: 'OWN_EXPORT', message: 'Written by this project.' } };

test.each([
  ['own exports alone', [own], true],
  ['own exports beside a task', [own, { row: 1, value: { text: 'a' } }], false],
  ['no own exports', [{ row: 0, value: { text: 'a' } }], false],
  ['nothing', [], false],
] satisfies [string, ParsedRow[], boolean][])('%s', async (_name, rows, expected) => {
  const first = collector();
  await first.take(rows, emptyBatch(), noCounts());
  expect(first.totals().ownExport).toBe(expected);
  expect(collector(first.checkpoint()).totals()).toEqual(first.totals());
});
