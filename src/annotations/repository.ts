import { and, asc, eq, gt, inArray, sql } from 'drizzle-orm';
import type { Db } from '../database/client.ts';
import { countRows } from '../database/count.ts';
import { annotations } from '../database/tables/annotations.ts';
import type { Annotation } from './model.ts';

type NewAnnotation = Pick<Annotation, 'taskId' | 'projectId' | 'result' | 'completedBy'> &
  Partial<Pick<Annotation, 'wasCancelled' | 'groundTruth' | 'leadTime'>>;

export async function annotationsById(db: Db, ids: readonly number[]): Promise<Annotation[]> {
  return db
    .select()
    .from(annotations)
    .where(inArray(annotations.id, [...ids]));
}

/** The first annotations of each task behind `after`, by id. */
export async function annotationsOfTasks(
  db: Db,
  taskIds: readonly number[],
  { limit, after = 0 }: { limit: number; after?: number | undefined },
): Promise<Annotation[]> {
  const page = sql`
    SELECT page.id FROM unnest(${`{${taskIds.join()}}`}::bigint[]) AS task (id), LATERAL (
      SELECT id FROM ${annotations} WHERE task_id = task.id AND id > ${after} ORDER BY id LIMIT ${limit}) AS page`;
  return db
    .select()
    .from(annotations)
    .where(and(inArray(annotations.taskId, [...taskIds]), sql`${annotations.id} IN (${page})`))
    .orderBy(asc(annotations.id));
}

/** A page of a project's annotations, by id. */
export async function annotationsOf(
  db: Db,
  projectId: number,
  page: { limit: number; after?: number | undefined },
): Promise<Annotation[]> {
  return db
    .select()
    .from(annotations)
    .where(and(eq(annotations.projectId, projectId), gt(annotations.id, page.after ?? 0)))
    .orderBy(asc(annotations.id))
    .limit(page.limit);
}

export const countAnnotations = (db: Db, projectId: number) =>
  countRows(db, annotations, eq(annotations.projectId, projectId));

export async function insertAnnotation(db: Db, values: NewAnnotation): Promise<Annotation> {
  const [row] = await db.insert(annotations).values(values).returning();
  return row!;
}

export async function updateAnnotation(
  db: Db,
  id: number,
  values: Partial<Pick<Annotation, 'result' | 'wasCancelled' | 'groundTruth' | 'leadTime'>>,
  ifUpdatedAt?: Date | null,
): Promise<Annotation | undefined> {
  const [row] = await db
    .update(annotations)
    .set({ ...values, updatedAt: sql`now()` })
    .where(and(eq(annotations.id, id), ifUpdatedAt ? eq(annotations.updatedAt, ifUpdatedAt) : undefined))
    .returning();
  return row;
}

/** undefined: it was gone already. */
export async function deleteAnnotation(db: Db, id: number): Promise<Annotation | undefined> {
  const [row] = await db.delete(annotations).where(eq(annotations.id, id)).returning();
  return row;
}
