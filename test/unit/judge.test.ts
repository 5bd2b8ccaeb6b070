import fc from 'fast-check';
import { expect, test } from 'vitest';
import { knownOf, type LedgerEntry } from '../../src/objects/ledger.ts';
import { type KnownObject, objectStates } from '../../src/objects/model.ts';
import { importMethods, onChangedPolicies } from '../../src/storages/model.ts';
import { isPlainlyUnchanged, judge, sameContent } from '../../src/syncs/compare/judge.ts';

const version = fc.constantFrom(null, 'v1', 'v2');
const key = fc.constantFrom('a', 'a.jpg', 'a.json', 'a/b.json');
const rest = fc.option(
  fc.record({
    size: fc.constantFrom(0, 1),
    modifiedAt: fc.constantFrom(null, 1),
    state: fc.constantFrom(...objectStates),
    code: fc.constantFrom(null, 'OWN_EXPORT', 'BROKEN_JSON'),
    revision: fc.nat(2),
    readAs: fc.constantFrom(null, 'TASKS'),
  }),
  { nil: null },
);
/** As the ledger's walk gives them: what has no version to go by always comes with its rest. */
const entry: fc.Arbitrary<LedgerEntry> = fc
  .tuple(key, version, rest)
  .filter(([, version, rest]) => version !== null || rest !== null);
const criteria = fc.record({
  settings: fc.record({
    importMethod: fc.constantFrom(...importMethods),
    onChanged: fc.constantFrom(...onChangedPolicies),
  }),
  prepare: fc.constant(async () => {}),
  matches: fc.constantFrom(
    () => true,
    (name: string) => name.startsWith('a/'),
  ),
  isOwnSnapshot: fc.constant(() => false),
  isReadable: fc.constant(() => true),
  isTaskFile: fc.constant((name: string) => name.endsWith('.json')),
  isInScope: fc.constant(() => true),
  readAs: fc.constant('FILES image'),
  reimport: fc.boolean(),
  retry: fc.boolean(),
});

test('the fast way says "unchanged" only where judge does, and always for what most objects are', () => {
  let plain = 0;
  fc.assert(
    fc.property(entry, version, fc.constantFrom(0, 1), criteria, (known, listed, size, by) => {
      const object = { key: known[0], size, version: listed, modifiedAt: null };
      const verdict = judge(object, knownOf(known), by);
      if (isPlainlyUnchanged(known, object, by)) {
        plain++;
        expect(verdict).toEqual({ kind: 'UNCHANGED' });
      } else if (known[2] === null && !by.reimport) expect(verdict).not.toEqual({ kind: 'UNCHANGED' });
    }),
    { numRuns: 5_000 },
  );
  expect(plain).toBeGreaterThan(0);
});

test.each([
  ['the same version, whatever else', 'v1', 1, 1, 'v1', 2, 2, true],
  ['another version, all else alike', 'v1', 1, 1, 'v2', 1, 1, false],
  ['a version that is not there any more', 'v1', 1, 1, null, 1, 1, false],
  ['no version: the same size and time', null, 1, 1, null, 1, 1, true],
  ['no version: another size', null, 1, 1, null, 2, 1, false],
  ['no version: another time', null, 1, 1, null, 1, 2, false],
  ['no version and no time: the same size', null, 1, null, null, 1, null, true],
  ['no version, and a time that was not there before', null, 1, null, null, 1, 1, false],
] as const)('content: %s', (_, known, size, at, version, listedSize, listedAt, same) => {
  const ledger = { version: known, size, modifiedAt: at } as KnownObject;
  const modifiedAt = listedAt === null ? null : new Date(listedAt);
  expect(sameContent({ key: 'a', version, size: listedSize, modifiedAt }, ledger)).toBe(same);
});
