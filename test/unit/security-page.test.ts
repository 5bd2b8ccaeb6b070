import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/** What the page on security says of tests is so. */
const root = new URL('../../', import.meta.url);
const page = readFileSync(new URL('.github/SECURITY.md', root), 'utf8');
const named = [...page.matchAll(/`(test\/[^`]+)`/g)].map(([, path]) => path!);
const promises = page.split('\n').filter((line) => /^\| (?!promise)/.test(line));

test('every test that it names is there', () => {
  expect(named.filter((path) => !existsSync(new URL(path, root)))).toEqual([]);
});

test('every promise names a test', () => {
  expect(promises.length).toBeGreaterThan(40);
  expect(promises.filter((line) => !/`test\/[\w/-]+\.test\.ts`/.test(line))).toEqual([]);
});

test('every test of security stands for a promise', () => {
  const files = readdirSync(new URL('test/security', root)).filter((name) => name.endsWith('.test.ts'));
  expect(files.filter((name) => !named.includes(`test/security/${name}`))).toEqual([]);
});
