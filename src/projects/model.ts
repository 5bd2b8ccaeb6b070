import type { projects } from '../database/tables.ts';

export type Project = typeof projects.$inferSelect;

export interface ProjectInput {
  title: string;
  description?: string | null | undefined;
  labelConfig?: string | null | undefined;
  maximumAnnotations?: number | null | undefined;
}
