import { readdir, readFile, realpath } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { copyPath } from '../../src/objects/copies.ts';
import { MemoryContainer } from '../providers/memory/container.ts';
import { watchLoop } from '../support/loop.ts';
import { closeFile, dataPage, forge, plain } from '../support/parquet-forge.ts';
import { openEngine } from './engine.ts';
import { openFolder } from './folder.ts';

/** What a hostile bucket can hold: imported as data, or recorded with its reason, and nobody else is harmed. */
const engine = await openEngine();
const tasksOf = { importMethod: 'TASKS' } as const;
const good = '{"text":"good"}\n';

describe('content', () => {
  const cases: [name: string, body: string | Uint8Array, code: string, tasks: number][] = [
    ['bomb.json.gz', gzipSync(Buffer.alloc(300 * 2 ** 20, ' ')), 'DECOMPRESSION_BOMB', 0],
    [
      'bomb.jsonl.gz',
      gzipSync(Buffer.concat([Buffer.from(good), Buffer.alloc(300 * 2 ** 20, '\n')])),
      'DECOMPRESSION_BOMB',
      1,
    ],
    ['deep.jsonl', `${good}{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}\n${good}`, 'TOO_DEEP', 2],
    [
      'deep.json',
      `[{"a":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}}, {"text":"good"}]`,
      'TOO_DEEP',
      1,
    ],
    ['line.jsonl', `${good}{"text":"${'x'.repeat(40 * 2 ** 20)}"}\n${good}`, 'TOO_LARGE', 2],
    [
      'latin1.jsonl',
      Buffer.concat([Buffer.from(good), Buffer.from('{"text":"caf\xe9"}\n', 'latin1')]),
      'INVALID_UTF8',
      1,
    ],
    ['utf16.json', Buffer.from('\ufeff[{"text":"x"}]', 'utf16le'), 'UNSUPPORTED_ENCODING', 0],
    ['nul.jsonl', `{"text":"\\u0000"}\n${good}`, 'UNSTORABLE_TEXT', 1],
    ['nul-key.jsonl', `{"a\\u0000b":1}\n${good}`, 'UNSTORABLE_TEXT', 1],
    ['surrogate.jsonl', `{"text":"\\ud800"}\n{"text":"\\ud83d\\ude00"}\n`, 'UNSTORABLE_TEXT', 1],
    ['number.jsonl', `{"n":1e400}\n{"n":-1e308}\n`, 'NUMBER_OUT_OF_RANGE', 1],
    ['zip.json', Buffer.from([0x50, 0x4b, 0x03, 0x04, 0x14, 0]), 'UNSUPPORTED_COMPRESSION', 0],
    ['lying.parquet', lyingParquet(), 'TOO_LARGE', 0],
    ['footer.parquet', closeFile([], Buffer.from([1, 2, 3]), 0x7fffffff), 'BROKEN_PARQUET', 0],
  ];

  test('each object fails alone, with its reason; memory is bounded, nothing is polluted', async () => {
    const it = await openFolder(engine, tasksOf);
    for (const [name, body] of cases) it.put(name, body);
    it.put(
      'keys.jsonl',
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"a":1,"a":2}\n',
    );
    it.put(
      'kept.jsonl',
      '{"text":"9007199254740993","n":12345678901234567890,"e":"\\u2028😀 \\\\ \\" \\t"}\n',
    );
    const before = process.memoryUsage().rss;
    let peak = 0;
    const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 10);
    const sync = await it.sync();
    clearInterval(timer);
    expect(sync).toMatchObject({ status: 'COMPLETED_WITH_ERRORS', errorCode: null });
    const issues = await engine.issues(sync);
    for (const [name, , code] of cases) {
      expect(
        issues.filter(({ key }) => key === it.prefix + name).map((issue) => issue.code),
        name,
      ).toContain(code);
    }
    const counts = new Map((await engine.ledger(it.storage)).map((entry) => [entry.key, entry]));
    for (const [name, , , tasks] of cases) {
      expect(counts.get(it.prefix + name), name).toMatchObject({ state: 'FAILED', taskCount: tasks });
    }
    const tasks = await engine.tasks(it.project);
    expect(tasks).toHaveLength(cases.reduce((sum, [, , , count]) => sum + count, 0) + 2);
    const own = tasks.find(({ key }) => key.endsWith('keys.jsonl'))!.data;
    expect(JSON.stringify(own)).toBe(
      '{"a": 2, "__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}'
        .replaceAll(': ', ':')
        .replaceAll(', ', ','),
    );
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect(tasks.find(({ key }) => key.endsWith('kept.jsonl'))!.data).toMatchObject({
      text: '9007199254740993',
      e: '\u2028😀 \\ " \t',
    });
    expect(peak - before).toBeLessThan(600 * 2 ** 20);
    // Texts of ours only: nothing of the content in them.
    expect(issues.map(({ message }) => message).join()).not.toMatch(/good|caf|polluted/);
  }, 120_000);
});

/** A page that claims more values than the file has bytes, in a file of as many rows. */
function lyingParquet(): Buffer {
  return forge([{ name: 'text', pages: [dataPage(plain(['a', 'b']), { values: 2 ** 31 - 1 })] }], 2 ** 40);
}

describe('keys', () => {
  const hostile = [
    ...['/etc/passwd', '//host/share', 'a//b', 'C:\\windows\\x'],
    ...[
      '\\..\\..\\x',
      '%2e%2e/x',
      '..%2fx',
      'a\nb',
      'a\r\nb',
      'tab\tb',
      '\u0001\u007f',
      '"quoted"',
      "'; DROP TABLE tasks; --",
    ],
    ...[
      '=cmd|calc',
      '+1',
      '-1',
      '@x',
      '<script>alert(1)</script>',
      '😀'.repeat(250),
      'x'.repeat(1_024),
      'é'.normalize('NFD'),
    ],
    ...[
      'é'.normalize('NFC'),
      'CON',
      'nul',
      '~',
      'name ',
      ' name',
      '*',
      '?',
      '#',
      '$(id)',
      '`id`',
      '\u202egpj.exe',
      '\ufeffbom',
    ],
    ...['__proto__', 'constructor', '%', '%25', '%00', 'a', 'a/b', 'A'],
  ];
  const unusable = [
    ...['nul\0inside', '\ud800lone', 'é'.repeat(1_001), 'x'.repeat(2_100)],
    // Something on the way to this provider's objects resolves them.
    ...['../../etc/passwd', '..', '.', './a', 'a/../b', 'a/./b'],
  ];

  test.each([true, false])(
    'are data, or skipped with a reason (listed in key order: %s)',
    async (listsInOrder) => {
      const engine = await openEngine({
        capabilities: { listsInOrder },
        container: new MemoryContainer({ pageSize: 3 }),
      });
      const it = await openFolder(engine);
      for (const key of [...hostile, ...unusable]) it.put(key);
      const preview = await engine.services.previews.preview(
        engine.viewer,
        { storageId: it.storage.id, first: 100 },
        new AbortController().signal,
      );
      expect(preview.counts).toMatchObject({ import: hostile.length, skip: unusable.length });
      for (const [expected, warnings] of [
        [{ imported: hostile.length, unchanged: 0 }, unusable.length],
        // What was told once is summed up from then on.
        [{ imported: 0, unchanged: hostile.length }, 1],
      ] as const) {
        const sync = await it.sync();
        expect(sync).toMatchObject({
          status: 'COMPLETED',
          counts: { ...expected, skippedBy: { UNUSABLE_KEY: unusable.length } },
        });
        expect((await engine.issues(sync)).map(({ severity, code }) => `${severity} ${code}`)).toEqual(
          Array.from({ length: warnings }, () => 'WARNING UNUSABLE_KEY'),
        );
      }
      const tasks = await engine.tasks(it.project);
      expect(new Set(tasks.map(({ key }) => key))).toEqual(new Set(hostile.map((key) => it.prefix + key)));
      for (const { key, data } of tasks) expect(data).toEqual({ image: `memory://memory/${key}` });
      it.remove(...hostile, ...unusable);
      expect((await it.sync()).counts).toMatchObject({ listed: 0, removed: hostile.length });
    },
  );

  test('that name task files are read by their very name, or fail with a reason', async () => {
    const it = await openFolder(engine, tasksOf);
    for (const key of ['../up.json', 'a/../b.json', 'new\nline.json', '😀.json', ' .json', '%2e%2e/x.json'])
      it.rows(key, key);
    await it.sync();
    expect(await it.ledger()).toEqual([
      ...[' .json IMPORTED', '%2e%2e/x.json IMPORTED'],
      ...['new\nline.json IMPORTED', '😀.json IMPORTED'],
    ]);
  });

  test('copies stay in the data directory, one file a key', async () => {
    const it = await openFolder(engine, { keepCopies: true });
    const long = `${'l'.repeat(300)}`;
    const twin = copyPath('', 0, long).split('/').at(-1)!;
    const keys = [...hostile, long, twin, `deep/${'d'.repeat(256)}/${'e'.repeat(256)}`];
    for (const key of keys) it.put(key, `content of ${key}`);
    const sync = await it.sync();
    expect(sync).toMatchObject({ status: 'COMPLETED', counts: { imported: keys.length } });
    const refused = (await engine.issues(sync)).map(({ code, key }) => {
      expect(code).toBe('COPY_FAILED');
      return key!.slice(it.prefix.length);
    });
    // Dot segments are not read at all; and where a key is another one's folder, only one of them can be a file.
    expect(
      refused.every(
        (key) =>
          key.split('/').some((part) => part === '.' || part === '..') || /^(a|a\/b|a\/\/b)$/.test(key),
      ),
    ).toBe(true);
    const root = await realpath(join(engine.dataDirectory, 'copies', String(it.storage.id)));
    const files = await filesBelow(engine.dataDirectory);
    expect(files.every((path) => !relative(root, path).startsWith('..'))).toBe(true);
    const contents = await Promise.all(files.map((path) => readFile(path, 'utf8')));
    const copied = keys.filter((key) => !refused.includes(key));
    expect(contents.sort()).toEqual(copied.map((key) => `content of ${key}`).sort());
    for (const key of copied) {
      const path = copyPath(engine.dataDirectory, it.storage.id, it.prefix + key);
      expect(await readFile(path, 'utf8')).toBe(`content of ${key}`);
    }
  });
});

async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

test('while the slowest filter that may be saved goes through the longest keys, another sync completes', async () => {
  const key = (index: number) => `slow/${'a'.repeat(990)}${String(index).padStart(6, '0')}`;
  const engine = await openEngine({ container: new MemoryContainer({ generated: { count: 1_000, key } }) });
  const project = await engine.project();
  const slow = await engine.connect(project, { filter: `(${'.?'.repeat(140)})+!` }, { prefix: 'slow/' });
  const longest = watchLoop();
  const { id } = await engine.start(slow);
  const running = engine.run(id);
  const folder = await openFolder(engine);
  folder.put('a.jpg');
  expect(await folder.sync()).toMatchObject({ status: 'COMPLETED', counts: { imported: 1 } });
  expect(await engine.record(id)).toMatchObject({ status: 'IN_PROGRESS', counts: { listed: 0 } });
  await engine.services.syncs.cancel(engine.viewer, id);
  expect(await running).toMatchObject({ status: 'CANCELED' });
  // And so does a preview, in the API, whose client leaves.
  const { previews } = engine.services;
  const left = AbortSignal.timeout(1_000);
  const preview = previews.preview(engine.viewer, { storageId: slow.id }, left);
  await expect(preview).rejects.toThrow(/timeout/);
  expect(longest()).toBeLessThan(200);
}, 120_000);

test('a filter made to backtrack for ever: 100,000 keys, and the loop keeps turning', async () => {
  const count = 100_000;
  const key = (index: number) => `${'a'.repeat(60)}${String(index).padStart(6, '0')}!`;
  const engine = await openEngine({ container: new MemoryContainer({ generated: { count, key } }) });
  const storage = await engine.connect(await engine.project(), { filter: '(a+)+$' });
  const longest = watchLoop();
  const sync = await engine.sync(storage);
  const standstill = longest();
  expect(sync).toMatchObject({ status: 'COMPLETED', counts: { listed: count, skipped: count, imported: 0 } });
  // A single key would hold a backtracking engine up for years.
  expect(standstill).toBeLessThan(200);
}, 120_000);
