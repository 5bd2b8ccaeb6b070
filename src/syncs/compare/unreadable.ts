/** More names than this are not kept: from then on nothing can be said to be gone. */
const MAX_NAMES = 100_000;

/** Names that a listing could not look at: neither they nor anything below them can be said to be gone. */
export function createUnreadable() {
  const names = new Set<string>();
  return {
    add(more: readonly { name: string }[]): void {
      for (const { name } of more) if (names.size <= MAX_NAMES) names.add(name.replace(/\/$/, ''));
    },
    /** Whether the key is one of them, or lies below one. */
    covers(key: string): boolean {
      if (names.size === 0) return false;
      if (names.size > MAX_NAMES || names.has(key)) return true;
      for (let at = key.lastIndexOf('/'); at > 0; at = key.lastIndexOf('/', at - 1)) {
        if (names.has(key.slice(0, at))) return true;
      }
      return false;
    },
  };
}
