import type postgres from 'postgres';
import type { AnnotationText, PredictionText, TaskText } from './model.ts';

/** Annotations, tasks and predictions as exports need them: JSON and numbers as the text that the database has. */

/** The pool, or a transaction. */
interface Sql {
  sql: postgres.ISql;
}
/** The ORM has switched off the client's own reading of instants. */
type Raw<T> = { [K in keyof T]: T[K] extends Date ? string : T[K] };
const dated = <T extends { createdAt: Date; updatedAt: Date }>(rows: readonly Raw<T>[]): T[] =>
  rows.map((row) => ({
    ...row,
    createdAt: new Date(row.createdAt),
    updatedAt: new Date(row.updatedAt),
  })) as T[];

export async function taskTexts(
  { sql }: Sql,
  projectId: number,
  ids: readonly number[],
): Promise<TaskText[]> {
  return dated<TaskText>(
    await sql<Raw<TaskText>[]>`
      SELECT id, project_id AS "projectId", inner_id AS "innerId", data::text AS data, meta::text AS meta,
        created_at AS "createdAt", updated_at AS "updatedAt", is_labeled AS "isLabeled", allow_skip AS "allowSkip",
        overlap, total_annotations AS "totalAnnotations", cancelled_annotations AS "cancelledAnnotations",
        total_predictions AS "totalPredictions", key AS "sourceKey", container_id AS "containerId"
      FROM tasks WHERE project_id = ${projectId} AND id = ANY(${ids as number[]}::bigint[])`,
  );
}

export const annotationTexts = ({ sql }: Sql, projectId: number, ids: readonly number[]) =>
  annotationsWhere(sql, projectId, sql`a.id = ANY(${ids as number[]}::bigint[])`);

export const annotationTextsOfTasks = ({ sql }: Sql, projectId: number, taskIds: readonly number[]) =>
  annotationsWhere(sql, projectId, sql`a.task_id = ANY(${taskIds as number[]}::bigint[])`);

async function annotationsWhere(
  sql: postgres.ISql,
  projectId: number,
  which: postgres.PendingQuery<postgres.Row[]>,
): Promise<AnnotationText[]> {
  return dated<AnnotationText>(
    await sql<Raw<AnnotationText>[]>`
      SELECT a.id, a.task_id AS "taskId", a.project_id AS "projectId", a.result::text AS result,
        jsonb_array_length(a.result) AS "resultCount", a.was_cancelled AS "wasCancelled",
        a.ground_truth AS "groundTruth", a.lead_time::text AS "leadTime", a.import_id::text AS "importId",
        a.created_at AS "createdAt", a.updated_at AS "updatedAt", a.completed_by AS "completedBy",
        CASE WHEN u.id IS NULL THEN NULL ELSE json_build_object(
          'id', u.id, 'firstName', u.first_name, 'lastName', u.last_name, 'email', u.email) END AS author,
        o.external_id AS origin
      FROM annotations a
      JOIN projects p ON p.id = a.project_id
      JOIN organizations o ON o.id = p.organization_id
      LEFT JOIN users u ON u.id = a.completed_by
      WHERE a.project_id = ${projectId} AND ${which}
      ORDER BY a.id`,
  );
}

export async function predictionTexts(
  { sql }: Sql,
  projectId: number,
  taskIds: readonly number[],
): Promise<PredictionText[]> {
  return dated<PredictionText>(
    await sql<Raw<PredictionText>[]>`
      SELECT id, task_id AS "taskId", project_id AS "projectId", result::text AS result, score::text AS score,
        model_version AS "modelVersion", created_at AS "createdAt", updated_at AS "updatedAt"
      FROM predictions WHERE project_id = ${projectId} AND task_id = ANY(${taskIds as number[]}::bigint[])
      ORDER BY id`,
  );
}

/**
 * Bytes of what the objects of these subjects are made of, cheaper than reading it; a subject without an object has
 * none. What is stored compressed may be a thousand times as long.
 */
export async function weights(
  { sql }: Sql,
  { projectId, settings: { layout } }: { projectId: number; settings: { layout: 'ANNOTATION' | 'TASK' } },
  subjectIds: readonly number[],
): Promise<Map<number, number>> {
  const bytes = (name: string) => sql`
    CASE WHEN pg_column_compression(${sql(name)}) IS NULL THEN pg_column_size(${sql(name)})
      ELSE octet_length(${sql(name)}::text) END`;
  const isTask = layout === 'TASK';
  const subject = isTask ? sql`a.task_id` : sql`a.id`;
  const predictions = sql`
    (SELECT sum(${bytes('p.result')}) FROM predictions p WHERE p.project_id = ${projectId} AND p.task_id = a.task_id)`;
  const rows = await sql<{ id: number; bytes: number }[]>`
    SELECT ${subject} AS id, sum(${bytes('a.result')}) + max(${bytes('t.data')} + ${bytes('t.meta')})
      + ${isTask ? sql`coalesce(${predictions}, 0)` : sql`0`} AS bytes
    FROM annotations a JOIN tasks t ON t.project_id = a.project_id AND t.id = a.task_id
    WHERE a.project_id = ${projectId} AND ${subject} = ANY(${subjectIds as number[]}::bigint[])
    GROUP BY ${subject}`;
  return new Map(rows.map(({ id, bytes }) => [id, Number(bytes)]));
}
