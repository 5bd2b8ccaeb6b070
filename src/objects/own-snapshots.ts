import { createHash } from 'node:crypto';

/**
 * Name of the folder that holds a snapshot of a project at a target storage: `snapshot-12-9f86d081884c7d65/`. Only the
 * project that wrote it can have made it, so that the project knows it again wherever it lies.
 * @param origin tells this installation's organizations from others'
 */
export function snapshotFolder(origin: string, projectId: number, snapshotId: number): string {
  const mark = createHash('sha256').update(`${origin}\nsnapshot\n${projectId}\n${snapshotId}`).digest('hex');
  return `snapshot-${snapshotId}-${mark.slice(0, 16)}/`;
}

const folder = /(?:^|[^\w-])(snapshot-([1-9]\d{0,15})-[\da-f]{16}\/)/g;

/** Whether an object belongs to a snapshot that the project has written, by its key. */
export const ownSnapshots =
  (origin: string, projectId: number) =>
  (key: string): boolean =>
    key.includes('snapshot-') &&
    [...key.matchAll(folder)].some(([, name, id]) => name === snapshotFolder(origin, projectId, Number(id)));
