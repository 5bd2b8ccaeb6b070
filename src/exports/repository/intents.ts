import type { Database, Transaction } from '../../database/client.ts';
import type { KnownExport, Target } from '../model.ts';

/** What is to be exported: by changes, by a sync of a target, or once more after a failure. */

type Tx = Pick<Transaction, 'sql'>;

/** Tasks whose annotations changed. */
export interface Touched {
  projectId: number;
  taskId: number;
  annotationId: number;
}

/**
 * Turns changes into intents for each target storage of their projects that exports what is saved. An annotation's
 * object shows its task, so all annotations of a touched task are meant.
 */
export async function intendChanges({ sql }: Tx, touched: readonly Touched[]): Promise<void> {
  const column = <K extends keyof Touched>(name: K) => touched.map((it) => it[name]);
  await sql`
    WITH touched AS (
      SELECT DISTINCT * FROM unnest(${column('projectId')}::bigint[], ${column('taskId')}::bigint[],
        ${column('annotationId')}::bigint[]) AS t (project_id, task_id, annotation_id)
    ), subjects AS (
      SELECT DISTINCT t.project_id, t.task_id, t.task_id AS subject_id, 'TASK' AS layout FROM touched t
      UNION SELECT t.project_id, t.task_id, t.annotation_id, 'ANNOTATION' FROM touched t
      UNION SELECT t.project_id, t.task_id, a.id, 'ANNOTATION' FROM touched t
        JOIN annotations a ON a.project_id = t.project_id AND a.task_id = t.task_id
    )
    INSERT INTO export_records (project_id, storage_id, subject_id, task_id, due_at)
    SELECT s.project_id, s.id, subject_id, task_id, now()
    FROM subjects JOIN storages s ON s.project_id = subjects.project_id AND s.direction = 'TARGET'
      AND s.settings->>'layout' = layout AND (s.settings->>'exportOnSave')::boolean
    ORDER BY s.id, subject_id
    ON CONFLICT (project_id, storage_id, subject_id) DO UPDATE SET ${wantedAnew(sql)}`;
}

/** Another intent: a worker that has the record at this moment looks again by itself when it is done. */
const wantedAnew = (sql: Tx['sql']) => sql`
  wanted = export_records.wanted + 1, attempts = 0, state = 'PENDING', updated_at = now(),
  due_at = CASE WHEN export_records.lease_until > now() THEN export_records.due_at ELSE now() END`;

/** What a sync of a target asks for. */
export interface Request {
  syncId: number;
  layout: 'ANNOTATION' | 'TASK';
  /** Write everything, whatever is known of it. */
  full: boolean;
}

/**
 * Makes the next subjects behind `after` due: those that have something to export and those that a record is kept of.
 * @returns the last of them; undefined: there are no more
 */
export async function intendNext(
  { sql }: Tx,
  { id, projectId }: Target,
  { syncId, layout, full }: Request,
  after: number,
  limit: number,
): Promise<{ last: number; total: number } | undefined> {
  const [row] = await sql<{ last: number | null; total: number }[]>`
    WITH next AS (${nextSubjects(sql, { id, projectId }, layout, after, limit)}), intended AS (
      INSERT INTO export_records (project_id, storage_id, subject_id, task_id, due_at, sync_id)
      SELECT ${projectId}, ${id}, subject_id, task_id, now(), ${syncId} FROM next
      ON CONFLICT (project_id, storage_id, subject_id) DO UPDATE SET ${wantedAnew(sql)},
        sync_id = excluded.sync_id, hash = CASE WHEN ${full} THEN NULL ELSE export_records.hash END
    )
    SELECT max(subject_id) AS last, count(*)::int AS total FROM next`;
  return row?.last == null ? undefined : { last: row.last, total: row.total };
}

/** The next subjects behind `after`: those that have something to export and those that a record is kept of. */
function nextSubjects(
  sql: Tx['sql'] | Database['sql'],
  { id, projectId }: Target,
  layout: Request['layout'],
  after: number,
  limit: number,
) {
  const source =
    layout === 'TASK'
      ? sql`SELECT id AS subject_id, id AS task_id FROM tasks WHERE project_id = ${projectId} AND id > ${after}
              AND total_annotations + cancelled_annotations > 0`
      : sql`SELECT id AS subject_id, task_id FROM annotations WHERE project_id = ${projectId} AND id > ${after}`;
  return sql`
    SELECT subject_id, max(task_id) AS task_id FROM (
      (${source} ORDER BY 1 LIMIT ${limit})
      UNION ALL
      (SELECT subject_id, task_id FROM export_records
       WHERE project_id = ${projectId} AND storage_id = ${id} AND subject_id > ${after}
         AND state NOT IN ('DELETED', 'KEPT') ORDER BY 1 LIMIT ${limit})
    ) both_sides GROUP BY 1 ORDER BY 1 LIMIT ${limit}`;
}

/** The same subjects with what is known of their objects; `state` null: they have no record. */
export async function nextKnown(
  { sql }: Pick<Database, 'sql'>,
  target: Target,
  layout: Request['layout'],
  after: number,
  limit: number,
): Promise<KnownExport[]> {
  return sql<KnownExport[]>`
    WITH next AS (${nextSubjects(sql, target, layout, after, limit)})
    SELECT next.subject_id AS "subjectId", r.state, r.key, r.version, r.hash, r.size,
      r.exported_at AS "exportedAt"
    FROM next LEFT JOIN export_records r
      ON r.project_id = ${target.projectId} AND r.storage_id = ${target.id} AND r.subject_id = next.subject_id
    ORDER BY 1`;
}

/** Makes due what failed, for good or for now. @returns how many */
export async function intendFailed({ sql }: Tx, { id, projectId }: Target, syncId: number): Promise<number> {
  const failed = await sql`
    UPDATE export_records SET ${wantedAnew(sql)}, sync_id = ${syncId}
    WHERE project_id = ${projectId} AND storage_id = ${id}
      AND (state = 'FAILED' OR (state = 'PENDING' AND error_code IS NOT NULL))`;
  return failed.count;
}

/**
 * Renews the planner's statistics, which lag behind a table that has just grown: without them a batch is joined
 * row by row with all records of its storage.
 */
export async function analyze({ sql }: Pick<Database, 'sql'>): Promise<void> {
  await sql`ANALYZE export_records`;
}
