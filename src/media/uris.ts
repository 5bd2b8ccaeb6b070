/**
 * The one tokenizer of URIs: finds those of storages in the strings of a task's data, and replaces them. A
 * string may be a URI as a whole (then spaces and all belong to it), or hold several: in attributes with
 * either quote or none, in entity-encoded HTML, CSS, Markdown, JSON, lists or prose. What stands inside an
 * http(s) URL is part of that URL and none of ours. Linear time: each kind of end is looked for no farther
 * than where the next URI of that kind begins.
 */
export interface UriSpan {
  begin: number;
  /** Behind its last character. */
  end: number;
  /** What it says: character references of HTML attributes are decoded. */
  uri: string;
}

/** How URIs begin, by provider; see `Provider.uriStart`. */
export type UriStarts = RegExp;

/** @param starts how each provider's URIs begin */
export function uriStarts(starts: Iterable<RegExp>): UriStarts {
  const ours = [...starts].map(({ source }) => source).join('|');
  // A scheme is no part of a longer one, nor of a path.
  return new RegExp(`(?<![\\w+.:/-])(?:(${ours || '(?!)'})|https?://)`, 'g');
}

interface Start {
  at: number;
  ours: boolean;
}

/** The URIs in a string, in order. They do not overlap. */
export function findUris(text: string, starts: UriStarts): UriSpan[] {
  const found: Start[] = [];
  for (const match of text.matchAll(starts)) found.push({ at: match.index, ours: match[1] !== undefined });
  const [first] = found;
  if (!first) return [];
  if (first.at === 0 && !found.slice(1).some(({ at }) => separates(text, at))) {
    return first.ours ? [{ begin: 0, end: text.length, uri: text }] : [];
  }
  const spans: UriSpan[] = [];
  let end = 0;
  for (const [index, { at, ours }] of found.entries()) {
    if (at < end) continue;
    const next = found.slice(index + 1, index + 2)[0]?.at ?? text.length;
    const around = contextOf(text, at);
    end = endOf(text, at, next, around);
    if (ours) spans.push({ begin: at, end, uri: decode(text.slice(at, end), around.decodings) });
  }
  return spans;
}

/** The string with each URI replaced for which `replace` has something; the rest is untouched. */
export function replaceUris(
  text: string,
  starts: UriStarts,
  replace: (uri: string) => string | undefined,
): string {
  let result = '';
  let done = 0;
  for (const { begin, end, uri } of findUris(text, starts)) {
    const replacement = replace(uri);
    if (replacement === undefined) continue;
    result += text.slice(done, begin) + replacement;
    done = end;
  }
  return done === 0 ? text : result + text.slice(done);
}

/** A JSON value with each of its strings mapped: values of any depth, not the names of members. */
export function mapStrings(value: unknown, map: (text: string) => string): unknown {
  if (typeof value === 'string') return map(value);
  if (Array.isArray(value)) return value.map((item) => mapStrings(item, map));
  if (!isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, mapStrings(item, map)]));
}

/** The different URIs in a JSON value, in order. */
export function urisOf(value: unknown, starts: UriStarts): string[] {
  const uris = new Set<string>();
  mapStrings(value, (text) => {
    for (const { uri } of findUris(text, starts)) uris.add(uri);
    return text;
  });
  return [...uris];
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Whether a URI that begins here is another one than what stands before it. */
const separates = (text: string, at: number) => /[\s,;|"'<>(=]/.test(text[at - 1] ?? ' ');

interface Context {
  /** The quote that ends it; undefined: white space and the like. */
  close: string | undefined;
  /** How often character references are to be decoded. */
  decodings: number;
  /** In prose, the punctuation behind it belongs to the sentence. */
  prose: boolean;
  parenthesis: boolean;
}

/** What stands right in front of a URI says what ends it. */
function contextOf(text: string, at: number): Context {
  const before = text.slice(Math.max(0, at - 16), at);
  const [close] = /(?:\\?["'`]|&(?:quot|apos|#0*3[49]|#x0*2[27]);)$/i.exec(before) ?? [];
  const assigned = /=\s*$/.test(before.slice(0, before.length - (close?.length ?? 0)));
  return {
    close,
    decodings: (assigned ? 1 : 0) + (close?.startsWith('&') ? 1 : 0),
    prose: !assigned,
    parenthesis: before.endsWith('('),
  };
}

function endOf(text: string, at: number, next: number, { close, prose, parenthesis }: Context): number {
  if (close !== undefined) {
    const end = text.indexOf(close, at);
    // Several in one pair of quotes, as in `srcset`, are each ended by white space.
    if (end >= 0 && (end < next || !/[\s,;|]/.test(text[next - 1]!))) return end;
  }
  // A list without spaces: the separator in front of the next one ends this one.
  const limit = next < text.length && /[,;|]/.test(text[next - 1]!) ? next - 1 : text.length;
  let end = bareEnd(text, at, limit, parenthesis);
  if (!prose || parenthesis) return end;
  while (end > at && /[.,;:!?]/.test(text[end - 1]!)) end--;
  return end;
}

const bare = /[\s"'`<>()]|&(?:quot|apos|lt|gt|#0*3[49]|#x0*2[27]);/gi;

/** Where white space, a quote or a bracket ends it; `parenthesis`: or the one that was opened in front of it. */
function bareEnd(text: string, at: number, limit: number, parenthesis: boolean): number {
  let depth = 0;
  for (const { 0: mark, index } of text.slice(at, limit).matchAll(bare)) {
    if (mark === '(') depth++;
    else if (mark !== ')') return at + index;
    else if (--depth < 0 && parenthesis) return at + index;
  }
  return limit;
}

const named: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** Decodes the character references that an attribute needs: the five of XML, and numbers. */
function decode(text: string, times: number): string {
  let decoded = text;
  for (let i = 0; i < times; i++) {
    decoded = decoded.replace(
      /&(?:(amp|lt|gt|quot|apos)|#(\d{1,7})|#x([\da-f]{1,6}));/gi,
      (whole, ...groups) => {
        const [name, decimal, hex] = groups as (string | undefined)[];
        if (name) return named[name.toLowerCase()]!;
        const point = decimal ? Number(decimal) : Number.parseInt(hex!, 16);
        return point > 0 && point <= 0x10ffff && !(point >= 0xd800 && point < 0xe000)
          ? String.fromCodePoint(point)
          : whole;
      },
    );
  }
  return decoded;
}
