import type { predictions, tasks } from '../database/tables/tasks.ts';

export { WHOLE_OBJECT } from '../database/tables/tasks.ts';

export type Task = typeof tasks.$inferSelect;
export type Prediction = typeof predictions.$inferSelect;

/** Data key of import method FILES when the label config names none (yet). */
export const UNNAMED_DATA_KEY = '$undefined$';

export type JsonObject = Record<string, unknown>;

/** Where an imported task came from. */
export interface TaskSource {
  key: string;
  /** 0-based row of the object, or WHOLE_OBJECT. */
  row: number;
  /** Grows when changed content is imported as new tasks. */
  revision: number;
  /** The row's own id, by which it is known again when it moves; null: it has none. */
  id: string | null;
}

export interface NewAnnotation {
  /** JSON text of the result list. */
  result: string;
  completedBy: number | null;
  wasCancelled: boolean;
  groundTruth: boolean;
  leadTime: number | null;
  importId: number | null;
  createdAt: Date | null;
  updatedAt: Date | null;
}

export interface NewPrediction {
  result: string;
  score: number | null;
  modelVersion: string | null;
}

/** A task ready to be stored. JSON comes as text: nothing parses it again on the way. */
export interface NewTask {
  data: string;
  meta: string | null;
  allowSkip: boolean;
  source: TaskSource | null;
  annotations: readonly NewAnnotation[];
  predictions: readonly NewPrediction[];
}

export interface TaskFilter {
  ids?: number[] | null | undefined;
  isLabeled?: boolean | null | undefined;
  /** Key of the object that the tasks came from. */
  key?: string | null | undefined;
  keyPrefix?: string | null | undefined;
  /** Only tasks that came from objects in the scope of a storage. */
  storage?: { containerId: number; prefix: string } | undefined;
  /** Whether it has an annotation, a skipping one included. */
  hasAnnotations?: boolean | null | undefined;
  createdAfter?: Date | null | undefined;
  createdBefore?: Date | null | undefined;
}

export const taskOrderFields = ['INNER_ID', 'CREATED_AT', 'UPDATED_AT'] as const;
export type TaskOrderField = (typeof taskOrderFields)[number];
