import type { Db } from '../../database/client.ts';
import { NotFoundError } from '../../errors.ts';
import { MAX_LISTED, type Manifest, type MissingMedium, mediaListOf, partNameOf } from '../model.ts';
import * as repository from '../repository.ts';

/** What the manifest of a snapshot at a target says of it, as it is recorded now. */
export async function manifestFacts(
  db: Db,
  id: number,
  finishedAt: Date,
): Promise<Omit<Manifest, 'version' | 'project'>> {
  const [snapshot] = await repository.snapshotsById(db, [id]);
  if (!snapshot) throw new NotFoundError('snapshot', id);
  const { format, tasks, annotations, predictions, startedAt, withMedia } = snapshot;
  const { media, mediaBytes, missingMedia } = snapshot;
  const parts = await repository.partsOf(db, snapshot);
  const missing = withMedia
    ? await repository.mediaOf(db, snapshot, { limit: MAX_LISTED, missing: true })
    : [];
  return {
    ...{
      format,
      startedAt: startedAt ?? finishedAt,
      finishedAt,
      counts: { tasks, annotations, predictions, ...(withMedia && { media, mediaBytes, missingMedia }) },
    },
    files: parts.map(({ kind, number, key, sha256, bytes }) => ({
      name: kind === 'MEDIA' ? mediaListOf(number) : partNameOf(format, number),
      ...{ key, sha256, bytes },
    })),
    ...(withMedia && { missingMedia: missing.map(missingOf) }),
  };
}

const missingOf = ({ uri, errorCode, errorMessage }: repository.SnapshotMedium): MissingMedium => ({
  ...{ uri, code: errorCode ?? '', message: errorMessage ?? '' },
});
