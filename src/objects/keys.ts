/**
 * Order of two keys as providers list them: byte order of their UTF-8 (what S3 calls "UTF-8 binary order").
 * Negative: `a` comes first; 0: equal. For well-formed strings.
 *
 * JavaScript's own `<` compares UTF-16 code units, which differs for keys with characters behind U+FFFF:
 * their surrogates (D800 to DFFF) sort before U+E000 to U+FFFF, their UTF-8 sorts behind. So the first code
 * units that differ are compared with surrogates moved to the end (Unicode Standard, section 5.17).
 */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return x < 0xd800 && y < 0xd800 ? x - y : inCodePointOrder(x) - inCodePointOrder(y);
  }
  return a.length - b.length;
}

function inCodePointOrder(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/**
 * A folder prefix as people type it, in the form that keys begin with: 'a' and '/a//' give 'a/', '' gives ''.
 * Spaces, and separators inside, stay: they are part of keys.
 */
export function normalizePrefix(prefix: string): string {
  let [start, end] = [0, prefix.length];
  while (start < end && prefix[start] === '/') start++;
  while (end > start && prefix[end - 1] === '/') end--;
  return start === end ? '' : `${prefix.slice(start, end)}/`;
}

/** Longest key the ledger's index can hold, in bytes. */
const MAX_KEY_BYTES = 2_000;

/** Whether the ledger, and any other table, can hold the key. */
export function isUsableKey(key: string): boolean {
  if (key.length * 3 > MAX_KEY_BYTES && Buffer.byteLength(key) > MAX_KEY_BYTES) return false;
  return !key.includes('\0') && key.isWellFormed();
}

/** Whether a part between slashes is '.' or '..', which file systems and URL parsers resolve. */
export const hasDotSegment = (key: string): boolean => /(?:^|\/)\.\.?(?:\/|$)/.test(key);
