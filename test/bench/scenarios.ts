import { exportToBucket } from './exports.ts';
import { crowdedProject, firstSync, firstSyncOfBucket, memory, secondSync } from './imports.ts';
import { resolvePresigned, resolveProxied } from './media.ts';
import type { Scenario } from './scenario.ts';
import { snapshotOfMany } from './snapshots.ts';
import { jsonLinesSync, parquetSync, smallObjectsSync } from './tasks.ts';

/** By the names of the performance goals. */
export const scenarios: Record<string, Scenario> = {
  P1: firstSync,
  P2: firstSyncOfBucket,
  P3: secondSync,
  P4: jsonLinesSync,
  P5: parquetSync,
  P6: smallObjectsSync,
  P9: resolvePresigned,
  P10: resolveProxied,
  P7: exportToBucket,
  P12: memory,
  P13: crowdedProject,
  P19: snapshotOfMany,
};
