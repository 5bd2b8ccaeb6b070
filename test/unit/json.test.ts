import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isExactNumber, mayBeInexact, numberOf, parseJson } from '../../src/json.ts';

const rewritten = (text: string) => JSON.stringify(parseJson(text));

describe('numbers of JSON', () => {
  it.each([
    '1478720431326732291',
    '-76561197980428154',
    '12345678901234567890123456789',
    '0.1000000000000000000001',
    '19.90',
    '1.0',
    '0.00000010',
    '1e400',
  ])('%s stays as it is written, alone, in lists, in objects, behind strings', (source) => {
    for (const text of [
      source,
      `[${source}]`,
      `{"a\\"1":"\\\\","b":${source}}`,
      `[[],{"a":[1,${source}]}]`,
    ]) {
      expect(rewritten(text)).toBe(text);
    }
    expect(isExactNumber(parseJson(source))).toBe(true);
  });

  it.each([
    '0',
    '-5',
    '9007199254740991',
    '0.1',
    '12.5',
    '17.142857142857142',
    '0.0000001',
    '1.5e-300',
    '10000000000.0002E0',
    '-0',
    '1E5',
    '20e1',
  ])('%s is a plain number', (source) => {
    expect(parseJson(source)).toBe(Number(source));
    expect(numberOf(source)).toBe(Number(source));
  });

  it('leaves texts that look like numbers alone', () => {
    const text = '{"1478720431326732291":"1478720431326732291","b":"1.0\\" 19.90"}';
    expect(parseJson(text)).toEqual(JSON.parse(text));
  });

  const number = fc
    .tuple(
      fc.constantFrom('', '-'),
      fc.stringMatching(/^(0|[1-9]\d{0,30})$/),
      fc.stringMatching(/^(\.\d{1,20})?$/),
      fc.stringMatching(/^([eE][+-]?\d{1,3})?$/),
    )
    .map((parts) => parts.join(''));
  it('any number among any values comes out as it went in', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(number, fc.json())), (values) => {
        const text = `[${values.join(',')}]`;
        expect(parseJson(text)).toHaveLength(values.length);
        const again = parseJson(rewritten(text));
        expect(rewritten(text)).toBe(JSON.stringify(again));
        for (const [index, value] of values.entries()) {
          const kept = /^-?\d/.test(value) && isExactNumber(numberOf(value));
          if (kept) expect(JSON.stringify((again as unknown[])[index])).toBe(value);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('the cheap look misses none that would come out as another', () => {
    fc.assert(
      fc.property(fc.array(number), (values) => {
        const text = `{"1.5":[${values.join(' , ')}]}`;
        if (mayBeInexact(Buffer.from(text))) return;
        for (const value of values) {
          expect(isExactNumber(numberOf(value))).toBe(false);
        }
      }),
      { numRuns: 1_000 },
    );
    expect(mayBeInexact(Buffer.from('{"a":12.5,"b":"v1.0"}'))).toBe(true);
    expect(mayBeInexact(Buffer.from('{"a":12.5,"b":1200,"c":"2026-01-01T00:00:00Z"}'))).toBe(false);
  });

  it('broken JSON is as broken as ever', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[[{}\]",:0-9.eE+\-\\ antrufls]{0,30}$/), (text) => {
        const parsed = (parse: (text: string) => unknown) => {
          try {
            parse(text);
            return true;
          } catch {
            return false;
          }
        };
        expect(parsed(parseJson)).toBe(parsed(JSON.parse));
      }),
      { numRuns: 2_000 },
    );
  });
});
