import { beforeEach, describe, expect, it } from 'vitest';
import { parseJson } from '../../src/json.ts';
import { corporaMissing, corpusFile, corpusNames } from '../support/corpora.ts';
import { exactly } from '../support/exact.ts';
import { outline, readAll, sourceOf } from '../support/format-source.ts';

/** nst/JSONTestSuite: `y_` is JSON, `n_` is not, `i_` is left to the reader. */
const folder = 'json-test-suite';
const names = corpusNames(folder, '.json');
const starting = (letter: string) => names.filter((name) => name.startsWith(letter));

async function read(key: string, content: Buffer) {
  const { rows, error } = await readAll(sourceOf(key, content));
  return { rows: outline(rows), code: error?.code };
}
/** The numbers of a JSON text with all digits that are written there, outside of strings. */
const numbersIn = (text: string) =>
  (text.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""').match(/-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g) ?? []).map(exactly);
const asValue = (bytes: Buffer) => Buffer.concat([Buffer.from('[{"v":'), bytes, Buffer.from('}]')]);

beforeEach(({ skip }) => skip(corporaMissing !== undefined, corporaMissing));

describe('JSONTestSuite', () => {
  it('is all there', () => {
    expect(['y_', 'n_', 'i_'].map((letter) => starting(letter).length)).toEqual([95, 188, 35]);
  });

  it.each(starting('y_'))('%s is read', async (name) => {
    const bytes = corpusFile(`${folder}/${name}`);
    const { rows, code } = await read('a.json', asValue(bytes));
    expect(code).toBeUndefined();
    const text = bytes.toString('utf8');
    // The database can keep neither U+0000 nor half of a surrogate pair.
    if (rows[0] === 'UNSTORABLE_TEXT') expect(text).toMatch(/\\u(0000|d[89a-f])/i);
    else {
      expect(JSON.stringify(rows)).toBe(JSON.stringify([{ v: parseJson(text) }]));
      expect(numbersIn(JSON.stringify(rows))).toEqual(numbersIn(text));
    }
  });

  it('of numbers beyond what floats hold, every digit is kept', async () => {
    const kept: string[] = [];
    for (const name of starting('i_number')) {
      const bytes = corpusFile(`${folder}/${name}`);
      const { rows } = await read('a.json', asValue(bytes));
      if (typeof rows[0] === 'string') continue;
      kept.push(name);
      expect(numbersIn(JSON.stringify(rows)), name).toEqual(numbersIn(bytes.toString()));
    }
    expect(kept).toHaveLength(3);
  });

  it.each(starting('n_'))('%s is refused', async (name) => {
    const bytes = corpusFile(`${folder}/${name}`);
    const { rows, code } = await read('a.json', asValue(bytes));
    expect(rows.filter((row) => typeof row === 'object')).toEqual([]);
    expect(rows.length > 0 || code !== undefined).toBe(true);
    const alone = await read('a.json', bytes);
    expect(alone.code !== undefined || alone.rows.some((row) => typeof row === 'string')).toBe(true);
  });

  it.each(names)('%s comes to an end, and to the same under any name', async (name) => {
    const bytes = corpusFile(`${folder}/${name}`);
    const outcome = await read('a.json', bytes);
    for (const key of ['a.jsonl', 'a.ndjson', 'a']) expect(await read(key, bytes)).toEqual(outcome);
    await read('a.json', asValue(bytes));
  });
});

describe('the big list of naughty strings', () => {
  it.each(['a.json', 'a.jsonl'])('comes through as values and as keys (%s)', async (key) => {
    const strings = JSON.parse(corpusFile('naughty-strings.json').toString()) as string[];
    const wanted = strings.flatMap((text) => [{ data: { v: text } }, { data: { [text]: 1 } }]);
    const texts = wanted.map((row) => JSON.stringify(row));
    const content = key === 'a.json' ? `[${texts.join(',')}]` : texts.join('\n');
    const { rows, code } = await read(key, Buffer.from(content));
    expect(strings.length).toBeGreaterThan(500);
    expect({ rows, code }).toEqual({ rows: wanted, code: undefined });
  });
});
