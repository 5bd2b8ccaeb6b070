import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatOf } from '../../src/formats/format.ts';
import type { JsonObject } from '../../src/formats/model.ts';
import { numberOf } from '../../src/json.ts';
import { outline, readAll, sourceOf } from '../support/format-source.ts';

async function outlineOf(key: string, content: Buffer | string) {
  const { rows, error } = await readAll(sourceOf(key, content));
  return { rows: outline(rows), code: error?.code, row: error?.row, line: error?.line };
}

describe('formatOf', () => {
  it.each([
    ['a.json', 'TEXT', false],
    ['dir.v2/A.JSON', 'TEXT', false],
    ['a.json.gz', 'TEXT', true],
    ['a.JsonL', 'TEXT', false],
    ['a.ndjson.GZ', 'TEXT', true],
    ['a.parquet', 'PARQUET', false],
    ['a.parquet.gz', 'PARQUET', true],
    ['no-extension', 'TEXT', false],
    ['photos.jpg/tasks', 'TEXT', false],
    ['tasks.2026-01-01', 'TEXT', false],
    ['tasks.gz', 'TEXT', true],
    ['.json', 'TEXT', false],
  ])('%s is %s', (key, kind, gzip) => {
    expect(formatOf(key)).toEqual({ kind, gzip });
  });

  it.each(['a.jpg', 'a.csv', 'a.txt', 'a.json.bak', 'a.jpg.gz', 'a.tar.gz', 'a.constructor'])(
    '%s is not ours',
    async (key) => {
      expect(formatOf(key)).toBeNull();
      expect(await outlineOf(key, '[]')).toMatchObject({ code: 'NOT_A_TASK_FILE' });
    },
  );
});

describe('JSON by content', () => {
  it.each<[string, string, (JsonObject | string)[]]>([
    ['a list', ' \n[{"a":1}, {"a":2}\n]\n ', [{ a: 1 }, { a: 2 }]],
    ['an empty list', '[ ]', []],
    ['one object', '{"a": {"b": [1, 2]}}', [{ a: { b: [1, 2] } }]],
    ['one indented object', '{\n  "a": 1\n}\n', [{ a: 1 }]],
    ['objects in lines', '{"a":1}\n\n{"a":2}\r\n{"a":3}', [{ a: 1 }, { a: 2 }, { a: 3 }]],
    ['indented objects in a row', '{\n"a":1}\n{\n"a":2}{"a":3}', [{ a: 1 }, { a: 2 }, { a: 3 }]],
    [
      'lists and scalars in a list',
      '[1, "a,]", {"a":"]"}, [{}], null]',
      ['NOT_AN_OBJECT', 'NOT_AN_OBJECT', { a: ']' }, 'NOT_AN_OBJECT', 'NOT_AN_OBJECT'],
    ],
    [
      'strings with quotes and backslashes',
      String.raw`[{"a":"\\"},{"a":"\"}, {"},{"a":"\\\"["}]`,
      [{ a: '\\' }, { a: '"}, {' }, { a: '\\"[' }],
    ],
  ])('reads %s', async (_, content, rows) => {
    expect(await outlineOf('a.json', content)).toEqual({ rows, code: undefined });
    expect(await outlineOf('a', content)).toEqual({ rows, code: undefined });
  });

  it('keeps a broken element of a list to itself', async () => {
    const content = '[{"a":1},\n{"a" 2},\n{a},, {"a":[1}},\n{"a":3},]';
    const { rows } = await readAll(sourceOf('a.json', content));
    expect(outline(rows)).toEqual([
      { a: 1 },
      'BROKEN_JSON',
      'BROKEN_JSON',
      'BROKEN_JSON',
      'BROKEN_JSON',
      { a: 3 },
    ]);
    expect(rows.map((row) => ('problem' in row ? row.problem.line : 0))).toEqual([0, 2, 3, 3, 3, 0]);
    expect(rows.map((row) => ('problem' in row ? row.problem.byte : -1))).toEqual([-1, 10, 19, 23, 25, -1]);
    expect(rows.map((row) => row.row)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  const broken = 'BROKEN_JSON';
  it.each<[string, string, (JsonObject | string)[], [byte: number, line: number]]>([
    ['a bracket too many', '[{"a":1},{"a":2}}, {"a":3}]', [{ a: 1 }, broken, { a: 3 }], [9, 1]],
    ['a bracket too many at the end of a line', '[\n{"a":1}},\n{"a":2}\n]', [broken, { a: 2 }], [2, 2]],
    ['a missing bracket', '[\n{"a":1},\n{"a":2,\n{"a":3}\n]', [{ a: 1 }, broken, { a: 3 }], [11, 3]],
    ['a missing bracket behind the first [', '[{"a":{"b":1},\n{"a":2}]', [broken, { a: 2 }], [1, 1]],
    ['a missing bracket in the last one', '[\n{"a":1},\n{"a":[2}\n]', [{ a: 1 }, broken], [11, 3]],
    ['a missing quote', '[{"a":"x},\n{"a":2},\n{"a":3}]', [broken, { a: 2 }, { a: 3 }], [1, 1]],
    [
      'a missing quote among indented ones',
      '[\n  {\n    "a": "x,\n    "b": {\n      "c": 1\n    }\n  },\n  {\n    "a": 3\n  }\n]',
      [broken, { a: 3 }],
      [4, 2],
    ],
    [
      'a missing bracket among indented ones',
      '[\n  {\n    "a": [\n      {"b": 1},\n      {"b": 2}\n  },\n  {\n    "a": 3\n  }\n]',
      [broken, { a: 3 }],
      [4, 2],
    ],
    ['a line’s end inside of a text', '[{"a":"x\ny"},{"a":2}]', [broken, { a: 2 }], [1, 1]],
    ['a missing comma', '[{"a":1} {"a":2}\n{"a":3} x]', [{ a: 1 }, { a: 2 }, broken], [17, 2]],
  ])('takes the elements behind one with %s', async (_, content, rows, [byte, line]) => {
    for (const key of ['a.json', 'a.jsonl']) {
      const read = await readAll(sourceOf(key, content));
      expect(outline(read.rows)).toEqual(rows);
      expect(read.error).toBeUndefined();
      const problems = read.rows.flatMap((row) => ('problem' in row ? [row.problem] : []));
      expect(problems).toMatchObject([{ byte, line }]);
    }
  });

  it('takes no part of a broken element for another', async () => {
    const flat = '[\n{\n"a":[\n{"b":1},\n{"b":2}\n],\n"c":tru\n},\n{\n"a":3\n}\n]';
    expect(await outlineOf('a.json', flat)).toMatchObject({
      rows: ['BROKEN_JSON', { a: 3 }],
      code: undefined,
    });
    const inner = '[\n  {\n    "a": [\n      {"b": 1},,\n      {"b": 2}\n    ]\n  }\n]';
    expect(await outlineOf('a.json', inner)).toMatchObject({ rows: ['BROKEN_JSON'], code: undefined });
  });

  it.each<[string, string, JsonObject[]]>([
    ['a list', '[{"a":1},{"a":2}]\n', [{ a: 1 }, { a: 2 }]],
    ['a list over lines', '[\n{"a":1},\n{"a":2}\n]\n', [{ a: 1 }, { a: 2 }]],
    ['a list with a comma at its end', '[\n{"a":1},\n{"a":2},\n]\n', [{ a: 1 }, { a: 2 }]],
    ['one object over lines', '{\n "a": 1\n}\n', [{ a: 1 }]],
    ['objects over lines', '{\n "a": 1\n}\n{\n "a": 2\n}', [{ a: 1 }, { a: 2 }]],
    ['objects with nothing between', '{"a":1}{"a":2}{"a":3}', [{ a: 1 }, { a: 2 }, { a: 3 }]],
    ['objects with commas between', '{"a":1}, {"a":2},\n{"a":3}', [{ a: 1 }, { a: 2 }, { a: 3 }]],
    ['lines that end in a comma', '{"a":1},\r\n{"a":2} , \n{"a":3},', [{ a: 1 }, { a: 2 }, { a: 3 }]],
    ['lines of several objects', '{"a":1}\n{"a":"}{"}{"a":3}\n', [{ a: 1 }, { a: '}{' }, { a: 3 }]],
    ['one object per line', '{"a":1}\n\n{"a":2}', [{ a: 1 }, { a: 2 }]],
  ])('reads %s under any name', async (_, content, rows) => {
    for (const key of ['a.json', 'a.jsonl', 'a.ndjson', 'a']) {
      expect(await outlineOf(key, content)).toEqual({ rows, code: undefined });
      const again = await readAll(sourceOf(key, content), { fromRow: 1 });
      expect(outline(again.rows)).toEqual(rows.slice(1));
    }
  });

  it.each(['broken', '{"a":', '["a"]', 'null', '{"a":NaN}'])(
    'keeps a first line %s to itself',
    async (line) => {
      for (const key of ['a.json', 'a.jsonl']) {
        const { rows, error } = await readAll(sourceOf(key, `${line}\n{"a":2}\n{"a":3}\n`));
        expect(error).toBeUndefined();
        expect(outline(rows)).toEqual([expect.any(String), { a: 2 }, { a: 3 }]);
      }
    },
  );

  it.each([
    ['{"score":NaN}', 'NaN at character 10. Write null.'],
    ['{"a":"NaN","b":[1e5,-Infinity]}', 'Infinity at character 22. Write null.'],
    ['{"a":None}', 'None at character 6. Write null.'],
    ['{"a":False}', 'False at character 6. Write false.'],
  ])('names the word that is no JSON in %s', async (content, words) => {
    const { rows } = await readAll(sourceOf('a.json', content));
    expect(rows).toMatchObject([{ problem: { code: 'BROKEN_JSON', line: 1, byte: 0 } }]);
    expect(rows[0]).toMatchObject({ problem: { message: expect.stringContaining(words) } });
  });

  it.each<[string, string, number, number]>([
    ['a list without its end', '[{"a":1},\n{"a":2},\n{"a":', 2, 3],
    ['a list that ends after a row', '[{"a":1},{"a":2},{"a":3}', 2, 1],
    ['a string that never ends', '[{"a":1},{"a":2},\n{"a":"}, {}]', 2, 2],
    ['something behind the list', '[{"a":1},{"a":2}]\n{"a":3}', 2, 2],
    ['no object where one is due', '{"a":\n1}\n{"a":2}\n[', 2, 4],
    ['an object without its end', '{"a":\n1}\n{"a":2}\n{"a":', 2, 4],
  ])('gives the rows before %s', async (_, content, row, line) => {
    expect(await outlineOf('a.json', content)).toEqual({
      rows: [{ a: 1 }, { a: 2 }],
      code: 'BROKEN_JSON',
      row,
      line,
    });
  });

  it.each(['', ' \n\t\r\n', '\ufeff', '\ufeff \n'])('calls %j empty', async (content) => {
    expect(await outlineOf('a.json', content)).toMatchObject({ rows: [], code: 'EMPTY_FILE' });
    expect(await outlineOf('a.jsonl', content)).toMatchObject({ rows: [], code: 'EMPTY_FILE' });
  });

  it.each(['"text"', '12', 'null', '<html>', 'a,b\n1,2'])('refuses %j', async (content) => {
    expect(await outlineOf('a.json', content)).toMatchObject({ rows: [], code: 'NOT_A_TASK_FILE' });
  });

  it.each<[string, Buffer]>([
    ['UNSUPPORTED_COMPRESSION', Buffer.from('PK\u0003\u0004rest')],
    ['UNSUPPORTED_COMPRESSION', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0])],
    ['UNSUPPORTED_COMPRESSION', Buffer.from('BZh91AY')],
    ['UNSUPPORTED_COMPRESSION', gzipSync(gzipSync('[]'))],
    ['UNSUPPORTED_ENCODING', Buffer.from('\ufeff[{}]', 'utf16le')],
    ['UNSUPPORTED_ENCODING', Buffer.from('[{}]', 'utf16le')],
    ['UNSUPPORTED_ENCODING', Buffer.from('\ufeff[{}]', 'utf16le').swap16()],
    ['UNSUPPORTED_ENCODING', Buffer.from('{}\n', 'utf16le').swap16()],
    ['UNSUPPORTED_ENCODING', Buffer.from('fffe00007b0000007d000000', 'hex')],
    ['UNSUPPORTED_ENCODING', Buffer.from('0000007b0000007d', 'hex')],
    ['NOT_A_TASK_FILE', Buffer.from('PAR1rest')],
  ])('names what it does not read: %s', async (code, bytes) => {
    expect(await outlineOf('a.json', bytes)).toMatchObject({ rows: [], code });
    expect(await outlineOf('a.jsonl', bytes)).toMatchObject({ rows: [], code });
  });
});

describe('JSON lines', () => {
  it('skips blank lines, accepts CRLF and keeps a broken line to itself', async () => {
    const content = '\n{"a":1}\r\n \t\r\n{"a":\n[1]\n"x"\n{"a":2} {"a":3}\n{"a":4}';
    const { rows, error } = await readAll(sourceOf('a.jsonl', content));
    expect(error).toBeUndefined();
    expect(outline(rows)).toEqual([
      { a: 1 },
      'BROKEN_JSON',
      'NOT_AN_OBJECT',
      'NOT_AN_OBJECT',
      { a: 2 },
      { a: 3 },
      { a: 4 },
    ]);
    expect(rows.map((row) => ('problem' in row ? row.problem.line : 0))).toEqual([0, 4, 5, 6, 0, 0, 0]);
  });

  it('keeps a broken line to itself in a .json file too, if its first line is whole', async () => {
    const content = '{"a":1}\n{"a":\n{"a":3}\n';
    expect(await outlineOf('a.json', content)).toEqual({
      rows: [{ a: 1 }, 'BROKEN_JSON', { a: 3 }],
      code: undefined,
    });
  });

  it('in a .json file may begin with a row that can’t be stored', async () => {
    const content = '{"a":1e999}\n{"a":\n{"a":3}\n';
    expect((await outlineOf('a.json', content)).rows).toEqual([
      'NUMBER_OUT_OF_RANGE',
      'BROKEN_JSON',
      { a: 3 },
    ]);
  });

  it('never quotes the content in a message', async () => {
    const { rows } = await readAll(sourceOf('a.jsonl', '{"a": secret-word }\nsecret-word\n'));
    expect(JSON.stringify(rows)).not.toContain('secret');
  });
});

describe('values', () => {
  const good: [string, JsonObject][] = [
    ['{"a":"\\ud83d\\ude00"}', { a: '😀' }],
    ['{"a":"\\\\u0000"}', { a: '\\u0000' }],
    ['{"a":1e308}', { a: numberOf('1e308') as never }],
    ['{"a":1,"a":2}', { a: 2 }],
  ];
  const bad: [string, string, string | undefined][] = [
    ['{"a":[{"b c":1e999}]}', 'NUMBER_OUT_OF_RANGE', 'a[0]["b c"]'],
    ['{"a":-1e400}', 'NUMBER_OUT_OF_RANGE', 'a'],
    ['{"a":{"b":"\\u0000"}}', 'UNSTORABLE_TEXT', 'a.b'],
    ['{"a":["x","\\ud800"]}', 'UNSTORABLE_TEXT', 'a[1]'],
    ['{"a\\u0000":1}', 'UNSTORABLE_TEXT', '["a\\u0000"]'],
    ['{"a":"\u0000"}', 'BROKEN_JSON', undefined],
    ['{"a":NaN}', 'BROKEN_JSON', undefined],
  ];
  it.each(good)('takes %s', async (row, value) => {
    expect(outline((await readAll(sourceOf('a.jsonl', row))).rows)).toEqual([value]);
    expect(outline((await readAll(sourceOf('a.json', `[${row}]`))).rows)).toEqual([value]);
  });

  it.each(bad)('refuses %s as %s', async (row, code, path) => {
    for (const source of [sourceOf('a.jsonl', `{}\n${row}\n{}`), sourceOf('a.json', `[{},${row},{}]`)]) {
      const { rows } = await readAll(source);
      expect(outline(rows)).toEqual([{}, code, {}]);
      expect(rows[1]).toMatchObject({ row: 1, problem: path ? { path } : {} });
    }
  });

  it('keeps __proto__ an ordinary key and pollutes nothing', async () => {
    const row = '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}';
    const { rows } = await readAll(sourceOf('a.jsonl', row));
    expect(rows[0] && 'value' in rows[0] && Object.keys(rows[0].value)).toEqual(['__proto__', 'constructor']);
    expect(JSON.stringify(outline(rows)[0])).toBe(row);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it('keeps invalid UTF-8 to its row', async () => {
    const invalid = Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xff, 0xc3, 0x22, 0x7d]);
    const parts = (open: string, between: string, close: string) =>
      Buffer.concat([
        Buffer.from(`${open}{"a":"é"}${between}`),
        invalid,
        Buffer.from(`${between}{"a":"日"}${close}`),
      ]);
    const rows = [{ a: 'é' }, 'INVALID_UTF8', { a: '日' }];
    expect(await outlineOf('a.jsonl', parts('', '\n', ''))).toMatchObject({ rows });
    expect(await outlineOf('a.json', parts('[', ',', ']'))).toMatchObject({ rows });
  });
});

describe('any rows', () => {
  const objects = fc.array(
    fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue({ stringUnit: 'grapheme' }), {
      noNullPrototype: true,
      maxKeys: 4,
    }),
    { maxLength: 12 },
  );
  const layouts: Record<string, (rows: JsonObject[]) => { key: string; content: string }> = {
    list: (rows) => ({ key: 'a.json', content: JSON.stringify(rows) }),
    'indented list': (rows) => ({ key: 'a', content: `\ufeff\n${JSON.stringify(rows, null, 2)}\n` }),
    lines: (rows) => ({ key: 'a.ndjson', content: rows.map((row) => JSON.stringify(row)).join('\n') }),
    'CRLF lines': (rows) => ({
      key: 'a.jsonl',
      content: rows.map((row) => `${JSON.stringify(row)}\r\n\r\n`).join(''),
    }),
    'lines in .json': (rows) => ({
      key: 'a.json',
      content: rows.map((row) => JSON.stringify(row)).join('\n'),
    }),
    'indented objects': (rows) => ({
      key: 'a.json',
      content: rows.map((row) => JSON.stringify(row, null, 1)).join(''),
    }),
  };

  it.each(Object.keys(layouts))(
    'come back the same from a %s, packed or not, however it is cut',
    async (name) => {
      await fc.assert(
        fc.asyncProperty(
          objects,
          fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
          fc.nat(12),
          async (rows, sizes, from) => {
            // Once through JSON, which knows no -0.
            const expected = JSON.parse(JSON.stringify(rows)) as JsonObject[];
            const { key, content } = layouts[name]!(expected);
            const bytes = Buffer.from(content);
            const cut = Math.floor(bytes.length / 2);
            const members = Buffer.concat([gzipSync(bytes.subarray(0, cut)), gzipSync(bytes.subarray(cut))]);
            for (const source of [
              sourceOf(key, bytes, sizes),
              sourceOf(key, members, sizes),
              sourceOf(`${key}.gz`, members),
            ]) {
              const { rows: read, error } = await readAll(source);
              if (rows.length === 0 && !content.includes('[')) expect(error?.code).toBe('EMPTY_FILE');
              else expect(error).toBeUndefined();
              expect(outline(read)).toEqual(expected);
              expect(read.map((row) => row.row)).toEqual(expected.map((_, index) => index));
              expect((await readAll(source, { fromRow: from })).rows).toEqual(read.slice(from));
            }
          },
        ),
        { numRuns: 60 },
      );
    },
  );
});

it('gives batches of at most 1,000 rows', async () => {
  const lines = '{"a":1}\n'.repeat(2500);
  expect((await readAll(sourceOf('a.jsonl', lines))).batches).toEqual([1000, 1000, 500]);
  const list = `[${'{"a":1},'.repeat(2499)}{"a":1}]`;
  expect((await readAll(sourceOf('a.json', list))).batches).toEqual([1000, 1000, 500]);
});

it('gives batches of about 1 MB', async () => {
  const row = JSON.stringify({ text: 'x'.repeat(300_000) });
  expect((await readAll(sourceOf('a.jsonl', `${row}\n`.repeat(10)))).batches).toEqual([4, 4, 2]);
});
