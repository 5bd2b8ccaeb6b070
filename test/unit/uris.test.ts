import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findUris, mapStrings, replaceUris, uriStarts, urisOf } from '../../src/media/uris.ts';
import { createRegistry } from '../../src/providers/registry.ts';

/** The one tokenizer of URIs in task data. */
const starts = uriStarts([...createRegistry({ localFiles: true }).values()].map(({ uriStart }) => uriStart));
const find = (text: string) => findUris(text, starts).map(({ uri }) => uri);

describe('what is found', () => {
  test.each<[name: string, text: string, uris: string[]]>([
    ['a whole value', 's3://b/a.jpg', ['s3://b/a.jpg']],
    ['a whole value with spaces, at the end too', 's3://b/a b (1).jpg ', ['s3://b/a b (1).jpg ']],
    ['a whole value with quotes, = and escapes', `s3://b/y=1/it's%20"x".jpg`, [`s3://b/y=1/it's%20"x".jpg`]],
    ['keys that are no paths', 's3://b//lead.jpg', ['s3://b//lead.jpg']],
    ['every provider', 'gs://b/k', ['gs://b/k']],
    ['azure', 'azure-blob://c/k', ['azure-blob://c/k']],
    ['redis', 'redis://h:6379/0/k', ['redis://h:6379/0/k']],
    ['local files', '/data/local-files/?d=a/b%20c.jpg', ['/data/local-files/?d=a/b%20c.jpg']],
    [
      'local files of a host',
      'http://localhost:8080/data/local-files/?d=a.jpg',
      ['http://localhost:8080/data/local-files/?d=a.jpg'],
    ],
    ['double quotes', '<img src="s3://b/a b=1.jpg"> and "x"', ['s3://b/a b=1.jpg']],
    ['single quotes', `<img src='s3://b/a "b".jpg'>`, ['s3://b/a "b".jpg']],
    ['the reference swallowed the rest here', '<a href="s3://b/1.jpg">see "x"</a>', ['s3://b/1.jpg']],
    ['no quotes', '<img src=s3://b/a.jpg alt=x>', ['s3://b/a.jpg']],
    ['no quotes, before the end of the tag', '<img src=s3://b/a.jpg>', ['s3://b/a.jpg']],
    ['character references', '<img src="s3://b/a&amp;b&#39;c&#x2c;.jpg">', ["s3://b/a&b'c,.jpg"]],
    ['encoded HTML', '&lt;img src=&quot;s3://b/a b.jpg&quot;&gt;', ['s3://b/a b.jpg']],
    ['JSON in a string', '{"a":"s3://b/a b.jpg","c":["gs://b/c"]}', ['s3://b/a b.jpg', 'gs://b/c']],
    ['JSON in JSON', '{\\"a\\":\\"s3://b/a b.jpg\\"}', ['s3://b/a b.jpg']],
    ['CSS', 'background: url(s3://b/a(1).jpg) red', ['s3://b/a(1).jpg']],
    ['Markdown', '![x](s3://b/a.jpg) and <gs://b/c>', ['s3://b/a.jpg', 'gs://b/c']],
    ['srcset', '<img srcset="s3://b/1.jpg 1x, s3://b/2.jpg 2x">', ['s3://b/1.jpg', 's3://b/2.jpg']],
    ['a list', 's3://b/1.jpg,gs://b/2.jpg;s3://b/3.jpg', ['s3://b/1.jpg', 'gs://b/2.jpg', 's3://b/3.jpg']],
    ['lines', 's3://b/1.jpg\ns3://b/2.jpg', ['s3://b/1.jpg', 's3://b/2.jpg']],
    [
      'prose',
      'Compare s3://b/1.jpg, (gs://b/2.jpg) and s3://b/3.jpg.',
      ['s3://b/1.jpg', 'gs://b/2.jpg', 's3://b/3.jpg'],
    ],
    ['a signed URL with one inside', 'https://x.example/?src=s3://b/a.jpg&sig=1', []],
    ['a signed URL in a tag', '<img src="https://x.example/?a=s3://b/c d"> s3://b/e', ['s3://b/e']],
    ['a longer scheme', 'xs3://b/a.jpg as3://b', []],
    ['a word', 's3 s3: s3:/ gs:// is a scheme', ['gs://']],
    ['nothing', '', []],
  ])('%s', (_name, text, uris) => {
    expect(find(text)).toEqual(uris);
  });

  test('values of any depth, chat messages too; names of members are none', () => {
    const data = {
      image: 's3://b/a.jpg',
      chat: [{ role: 'user', content: [{ type: 'image', image_url: { url: 's3://b/b.jpg' } }] }],
      's3://b/name': 1,
      again: ['s3://b/a.jpg', null, true, 7],
    };
    expect(urisOf(data, starts)).toEqual(['s3://b/a.jpg', 's3://b/b.jpg']);
  });
});

const start = fc.constantFrom('s3://bucket/', 'gs://bucket/', 'azure-blob://box/', 'redis://h:1/0/');
/** Anything that a key may have, in places where its end is marked by something else. */
const anyKey = fc.string({ minLength: 1, unit: 'binary' }).filter((key) => !key.includes('://'));
const keyWithout = (pattern: RegExp) => anyKey.filter((key) => !pattern.test(key));
const plain = keyWithout(/[\s"'`<>()&,;|.:!?\\=]/);
const filler = fc.string().filter((text) => !/:\/\/|["'`&=\\/]/.test(text));

const escapeHtml = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;');

/** Puts a URI into its surroundings. */
const around: [name: string, key: fc.Arbitrary<string>, put: (uri: string) => string][] = [
  ['a whole value', anyKey, (uri) => uri],
  ['an attribute', anyKey, (uri) => `<img alt="x" src="${escapeHtml(uri)}">`],
  ['an attribute in single quotes', anyKey, (uri) => `<img src='${escapeHtml(uri)}'/>`],
  ['an attribute without quotes', keyWithout(/[\s"'`<>&,;|=]/), (uri) => `<img src=${uri} alt=x>`],
  ['encoded HTML', anyKey, (uri) => escapeHtml(`<img src="${escapeHtml(uri)}">`)],
  [
    'JSON',
    fc.string({ minLength: 1 }).filter((key) => !/["\\]|:\/\//.test(key)),
    (uri) => JSON.stringify({ a: [uri, 1] }),
  ],
  ['prose', plain, (uri) => `See ${uri}, please.`],
  ['parentheses', plain, (uri) => `![x](${uri})`],
];

describe('what is put in comes out byte for byte, and everything else is untouched', () => {
  test.each(around)('%s', (_name, key, put) => {
    fc.assert(
      fc.property(fc.array(fc.tuple(start, key, filler), { minLength: 1, maxLength: 4 }), (parts) => {
        const pieces = parts.map(([begin, rest, text]) => ({ uri: begin + rest, text: ` ${text} ` }));
        const [only] = pieces;
        const alone = pieces.length === 1 && only;
        const text = alone ? put(only.uri) : pieces.map(({ uri, text }) => put(uri) + text).join('');
        if (put('x') === 'x' && !alone) return;
        expect(find(text)).toEqual(pieces.map(({ uri }) => uri));
        const expected = alone ? put('LINK') : pieces.map(({ text }) => put('LINK') + text).join('');
        expect(replaceUris(text, starts, () => 'LINK')).toBe(expected);
        expect(replaceUris(text, starts, () => undefined)).toBe(text);
      }),
    );
  });

  test('strings without any, and values that are no strings', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const copy = mapStrings(value, (text) => replaceUris(text, starts, () => 'LINK'));
        expect(copy).toEqual(value);
      }),
    );
  });
});

test.each([
  '"s3://a ',
  's3://a,',
  '(s3://a)',
  '<s3://a ',
  '\\"s3://a',
  '&quot;s3://a',
  's3://a=',
  'http://a/data/local-files',
  'https://s3://',
  "='s3://",
  '(((s3://(',
  '&#0000000',
])('takes linear time: %s', (piece) => {
  const seconds = (size: number) => {
    const text = `x ${piece.repeat(size / piece.length)}`;
    const begun = process.cpuUsage().user;
    replaceUris(text, starts, (uri) => (uri.length > 1e5 ? undefined : 'x'));
    return (process.cpuUsage().user - begun) / 1e6;
  };
  seconds(100_000);
  // Quadratic time would take minutes.
  expect(seconds(1_000_000)).toBeLessThan(5);
});
