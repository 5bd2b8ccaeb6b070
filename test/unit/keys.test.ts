import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareKeys, normalizePrefix } from '../../src/objects/keys.ts';

/** Strings of few characters from the places where UTF-16 and UTF-8 disagree, so that many share beginnings. */
const tricky = fc
  .array(
    fc.constantFrom(
      'a',
      'b',
      '/',
      '.',
      '\u007f',
      'é',
      '\ud7ff',
      '\ue000',
      '\uffff',
      '\u{10000}',
      '🏷',
      '\u{10ffff}',
    ),
  )
  .map((characters) => characters.join(''));
const anyKey = fc.oneof(tricky, fc.string({ unit: 'binary' }));

describe('compareKeys', () => {
  test('is the byte order of UTF-8', () => {
    fc.assert(
      fc.property(anyKey, anyKey, (a, b) => {
        expect(Math.sign(compareKeys(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
      { numRuns: 5_000 },
    );
  });

  test('differs from the order of JavaScript where it must', () => {
    expect('🏷' < '～').toBe(true);
    expect(compareKeys('🏷', '～')).toBeGreaterThan(0);
    expect(['🏷', '～', 'z', 'a/b', 'a', 'a-'].sort(compareKeys)).toEqual(['a', 'a-', 'a/b', 'z', '～', '🏷']);
  });

  test('is 0 only for equal keys: composed and decomposed letters are two keys', () => {
    expect(compareKeys('\u00e9', '\u00e9')).toBe(0);
    expect(compareKeys('\u00e9', 'e\u0301')).not.toBe(0);
  });
});

describe('normalizePrefix', () => {
  test.each([
    ['', ''],
    ['/', ''],
    ['///', ''],
    ['a', 'a/'],
    ['a/', 'a/'],
    ['a//', 'a/'],
    ['/a', 'a/'],
    ['//a/b//', 'a/b/'],
    ['a//b', 'a//b/'],
    [' a b ', ' a b /'],
    ['..', '../'],
  ])('%j is %j', (typed, prefix) => {
    expect(normalizePrefix(typed)).toBe(prefix);
  });

  test('does not change what it made', () => {
    fc.assert(
      fc.property(fc.string(), (typed) => {
        const prefix = normalizePrefix(typed);
        expect(normalizePrefix(prefix)).toBe(prefix);
        expect(prefix === '' || prefix.endsWith('/')).toBe(true);
      }),
    );
  });
});
