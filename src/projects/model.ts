import type { projects } from '../database/tables/projects.ts';

export type Project = typeof projects.$inferSelect;

export const projectOrderFields = ['CREATED_AT', 'UPDATED_AT', 'TITLE'] as const;
export type ProjectOrderField = (typeof projectOrderFields)[number];

export interface ProjectFilter {
  titlePrefix?: string | null | undefined;
  createdAfter?: Date | null | undefined;
  createdBefore?: Date | null | undefined;
}

export interface ProjectInput {
  title: string;
  description?: string | null | undefined;
  labelConfig?: string | null | undefined;
  maximumAnnotations?: number | null | undefined;
}
