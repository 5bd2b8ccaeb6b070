import { and, asc, eq, inArray, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import { recordProjectDeletion } from '../annotations/changes.ts';
import type { Db, Transaction } from '../database/client.ts';
import { countRows } from '../database/count.ts';
import { keyset, type OrderedPage, within } from '../database/keyset.ts';
import { projects } from '../database/tables/projects.ts';
import type { Viewer } from '../organizations/model.ts';
import type { Project, ProjectFilter, ProjectOrderField } from './model.ts';

export type ProjectValues = Pick<
  Project,
  'title' | 'description' | 'labelConfig' | 'dataKeys' | 'maximumAnnotations'
>;

export async function projectsById(db: Db, ids: readonly number[]): Promise<Project[]> {
  return db
    .select()
    .from(projects)
    .where(inArray(projects.id, [...ids]));
}

const orderColumns = {
  CREATED_AT: projects.createdAt,
  UPDATED_AT: projects.updatedAt,
  TITLE: projects.title,
} satisfies Record<ProjectOrderField, PgColumn>;

/** Whose projects: an organization's, or one of them. */
type Whose = Pick<Viewer, 'organizationId' | 'projectId'>;
const of = ({ organizationId, projectId }: Whose) =>
  and(
    eq(projects.organizationId, organizationId),
    projectId === null ? undefined : eq(projects.id, projectId),
  );

const matching = (whose: Whose, { titlePrefix, createdAfter, createdBefore }: ProjectFilter) =>
  and(
    of(whose),
    titlePrefix ? sql`starts_with(lower(${projects.title}), lower(${titlePrefix}))` : undefined,
    within(projects.createdAt, createdAfter, createdBefore),
  );

/** A page of the projects, oldest first by default. */
export async function projectsOf(
  db: Db,
  whose: Whose,
  filter: ProjectFilter,
  { limit, after, order = { field: 'CREATED_AT', direction: 'ASC' } }: OrderedPage<ProjectOrderField>,
): Promise<Project[]> {
  const { behind, sorted } = keyset(orderColumns[order.field], projects.id, order.direction, after);
  return db
    .select()
    .from(projects)
    .where(and(matching(whose, filter), behind))
    .orderBy(...sorted)
    .limit(limit);
}

export const countProjects = (db: Db, whose: Whose, filter: ProjectFilter) =>
  countRows(db, projects, matching(whose, filter));

export async function projectByTitle(db: Db, whose: Whose, title: string): Promise<Project | undefined> {
  const [row] = await db
    .select()
    .from(projects)
    .where(and(of(whose), eq(projects.title, title)))
    .orderBy(asc(projects.id))
    .limit(1);
  return row;
}

export async function insertProject(
  db: Db,
  values: Partial<ProjectValues> & { title: string; organizationId: number; createdBy: number },
): Promise<Project> {
  const [row] = await db.insert(projects).values(values).returning();
  return row!;
}

export async function updateProject(
  db: Db,
  id: number,
  values: Partial<ProjectValues>,
  ifUpdatedAt?: Date | null,
): Promise<Project | undefined> {
  const [row] = await db
    .update(projects)
    .set({ ...values, updatedAt: sql`now()` })
    .where(and(eq(projects.id, id), ifUpdatedAt ? eq(projects.updatedAt, ifUpdatedAt) : undefined))
    .returning();
  return row;
}

/** Deletes a project with all that is in it. */
export async function deleteProject(tx: Transaction, id: number, userId: number): Promise<void> {
  await recordProjectDeletion(tx, id, userId);
  await tx.db.delete(projects).where(eq(projects.id, id));
}
