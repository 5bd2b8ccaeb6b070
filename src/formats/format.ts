/** How the rows of an object lie in its bytes, as its key tells. */
export interface Format {
  /** JSON: list, object or objects in a row, told apart by content. JSON_LINES: one object per line. */
  kind: 'JSON' | 'JSON_LINES' | 'PARQUET';
  /** The key ends in `.gz`. */
  gzip: boolean;
}

const kinds: Record<string, Format['kind'] | undefined> = {
  json: 'JSON',
  jsonl: 'JSON_LINES',
  ndjson: 'JSON_LINES',
  parquet: 'PARQUET',
};

/**
 * The format that a key names, whatever its case: `.json`, `.jsonl`, `.ndjson`, each also with `.gz`, and
 * `.parquet`. A key without an extension (or with one that starts with a digit, as in `tasks.2026-01`) is
 * tried as JSON by its content. null: the extension is that of something else (`.jpg`, `.txt`).
 */
export function formatOf(key: string): Format | null {
  let name = key.slice(key.lastIndexOf('/') + 1).toLowerCase();
  const gzip = name.endsWith('.gz');
  if (gzip) name = name.slice(0, -3);
  const extension = /\.([a-z][a-z0-9_+-]{0,15})$/.exec(name)?.[1];
  if (extension === undefined) return { kind: 'JSON', gzip };
  const kind = Object.hasOwn(kinds, extension) ? kinds[extension] : undefined;
  return kind ? { kind, gzip } : null;
}
