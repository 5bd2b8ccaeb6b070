import { firstSync, firstSyncOfBucket, memory, secondSync } from './imports.ts';
import type { Scenario } from './scenario.ts';

/** By the names of the performance goals. */
export const scenarios: Record<string, Scenario> = {
  P1: firstSync,
  P2: firstSyncOfBucket,
  P3: secondSync,
  P12: memory,
};
