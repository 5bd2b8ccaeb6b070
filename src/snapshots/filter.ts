import type { TaskFilter } from '../tasks/model.ts';

/** A filter as it is stored with a snapshot. Of a storage only its scope counts, as it was. */
export function asStored({ storage, ...filter }: TaskFilter): object {
  const scope = storage && { storage: { containerId: storage.containerId, prefix: storage.prefix } };
  return JSON.parse(JSON.stringify({ ...filter, ...scope }));
}

/** The inverse of `asStored`. */
export function filterOf(stored: unknown): TaskFilter {
  const { createdAfter, createdBefore, ...filter } = stored as Omit<
    TaskFilter,
    'createdAfter' | 'createdBefore'
  > & { createdAfter?: string | null; createdBefore?: string | null };
  return { ...filter, createdAfter: instant(createdAfter), createdBefore: instant(createdBefore) };
}

const instant = (text: string | null | undefined) => (text == null ? null : new Date(text));
