import type { ObjectInfo } from '../../providers/provider.ts';
import { versionOf } from '../compare/judge.ts';
import type { ReadingCheckpoint, SyncCheckpoint } from '../model.ts';

/** How far a scan has got: where another worker would go on. */
export interface Place {
  /** All keys up to this one are settled. */
  after: string | undefined;
  /** The listing has no order; up to this key it had one. */
  walkedTo: string | undefined;
  /** An object that was read in part. */
  reading: ReadingCheckpoint | undefined;
  checkpoint(reading?: ReadingCheckpoint): SyncCheckpoint;
  /** How far this very version of the object was read before. */
  readingOf(object: ObjectInfo): ReadingCheckpoint | undefined;
}

export function openPlace(checkpoint: SyncCheckpoint | null, scope: string): Place {
  const place: Place = {
    after: checkpoint?.after,
    walkedTo: checkpoint?.walkedTo,
    reading: checkpoint?.reading,

    checkpoint: (reading = place.reading): SyncCheckpoint => ({
      phase: 'SCANNING',
      scope,
      ...(place.after !== undefined && { after: place.after }),
      ...(place.walkedTo !== undefined && { walkedTo: place.walkedTo }),
      ...(reading && { reading }),
    }),

    readingOf(object) {
      const { reading } = place;
      return reading?.key === object.key && reading.version === versionOf(object) ? reading : undefined;
    },
  };
  return place;
}
