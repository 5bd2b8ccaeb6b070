import type { Db } from '../../database/client.ts';
import { NotFoundError } from '../../errors.ts';
import { type Manifest, partNameOf } from '../model.ts';
import * as repository from '../repository.ts';

/** What the manifest of a snapshot at a target says of it, as it is recorded now. */
export async function manifestFacts(
  db: Db,
  id: number,
  finishedAt: Date,
): Promise<Omit<Manifest, 'version' | 'project'>> {
  const [snapshot] = await repository.snapshotsById(db, [id]);
  if (!snapshot) throw new NotFoundError('snapshot', id);
  const { format, tasks, annotations, predictions, startedAt } = snapshot;
  const parts = await repository.partsOf(db, snapshot);
  return {
    ...{
      format,
      startedAt: startedAt ?? finishedAt,
      finishedAt,
      counts: { tasks, annotations, predictions },
    },
    files: parts.map(({ number, key, sha256, bytes }) => ({
      ...{ name: partNameOf(format, number), key, sha256, bytes },
    })),
  };
}
