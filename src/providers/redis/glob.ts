/**
 * Patterns of Redis, as SCAN and ACL rules take them (Redis documentation, KEYS, "Supported glob-style
 * patterns"): `*`, `?` and `[` are special, and `\` takes that from them.
 */

/** The pattern of all keys that begin with this prefix, whatever characters it has. */
export function startingWith(prefix: string): string {
  return `${prefix.replace(/[*?[\]\\]/g, '\\$&')}*`;
}
