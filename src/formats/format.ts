/** How the rows of an object lie in its bytes, as its key tells. */
export interface Format {
  /** TEXT: JSON as a list, an object, objects in a row or one per line, which its content tells. */
  kind: 'TEXT' | 'PARQUET';
  /** The key ends in `.gz`. */
  gzip: boolean;
}

const kinds: Record<string, Format['kind'] | undefined> = {
  json: 'TEXT',
  jsonl: 'TEXT',
  ndjson: 'TEXT',
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
  if (extension === undefined) return { kind: 'TEXT', gzip };
  const kind = Object.hasOwn(kinds, extension) ? kinds[extension] : undefined;
  return kind ? { kind, gzip } : null;
}
