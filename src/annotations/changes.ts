import type { Transaction } from '../database/client.ts';
import type { annotationChanges } from '../database/tables/annotations.ts';
import { EVENT_CHANNEL } from '../events/bus.ts';

/**
 * What became of annotations, append-only: every way in which they come, change and go records it here, in its own
 * transaction. Whoever needs to know of changes (exports) takes them from here and nowhere else.
 */
export type AnnotationChange = typeof annotationChanges.$inferSelect;
type Kind = AnnotationChange['change'];
type Sql = Pick<Transaction, 'sql'>;

/** Records one person's change of one annotation, and tells those who wait for changes. */
export async function recordChange(
  { sql }: Sql,
  change: Kind,
  { id, taskId, projectId }: { id: number; taskId: number; projectId: number },
  userId: number | null,
): Promise<void> {
  await sql`
    WITH recorded AS (
      INSERT INTO annotation_changes (project_id, task_id, annotation_id, change, user_id)
      VALUES (${projectId}, ${taskId}, ${id}, ${change}, ${userId})
    )
    SELECT pg_notify(${EVENT_CHANNEL}, ${JSON.stringify({ topic: 'annotation', projectId })})`;
}

/** Records the same of all annotations that these tasks have now, or of some: after they came, or before they go. */
export async function recordChanges(
  { sql }: Sql,
  change: Kind,
  { projectId, taskIds, ids }: { projectId: number; taskIds: readonly number[]; ids?: readonly number[] },
  userId: number | null,
): Promise<void> {
  await sql`
    INSERT INTO annotation_changes (project_id, task_id, annotation_id, change, user_id)
    SELECT project_id, task_id, id, ${change}, ${userId}::bigint FROM annotations
    WHERE project_id = ${projectId} AND task_id = ANY(${taskIds as number[]}::bigint[])
      AND ${ids === undefined ? sql`true` : sql`id = ANY(${ids as number[]}::bigint[])`}
    ORDER BY id`;
}

/** Records that all annotations of a project go with it. The lock keeps others from coming in between. */
export async function recordProjectDeletion(
  { sql }: Sql,
  projectId: number,
  userId: number | null,
): Promise<void> {
  await sql`SELECT count(*) FROM (SELECT FROM tasks WHERE project_id = ${projectId} ORDER BY id FOR UPDATE) held`;
  await sql`
    INSERT INTO annotation_changes (project_id, task_id, annotation_id, change, user_id)
    SELECT project_id, task_id, id, 'DELETED', ${userId}::bigint FROM annotations
    WHERE project_id = ${projectId} ORDER BY id`;
}

/** Takes the oldest changes that nobody has taken yet; each is taken once, when the transaction commits. */
export async function takeChanges(
  { sql }: Sql,
  limit: number,
): Promise<Pick<AnnotationChange, 'id' | 'projectId' | 'taskId' | 'annotationId' | 'change'>[]> {
  return sql`
    WITH taken AS MATERIALIZED (
      SELECT project_id, id FROM annotation_changes WHERE pending ORDER BY id LIMIT ${limit} FOR UPDATE SKIP LOCKED
    )
    UPDATE annotation_changes c SET pending = false FROM taken
    WHERE c.project_id = taken.project_id AND c.id = taken.id
    RETURNING c.id, c.project_id AS "projectId", c.task_id AS "taskId", c.annotation_id AS "annotationId", c.change`;
}
