import type { annotations } from '../database/tables/annotations.ts';

export type Annotation = typeof annotations.$inferSelect;

export interface AnnotationInput {
  /** The regions: a list. */
  result: unknown;
  wasCancelled?: boolean | null | undefined;
  groundTruth?: boolean | null | undefined;
  /** Seconds. */
  leadTime?: number | null | undefined;
}
