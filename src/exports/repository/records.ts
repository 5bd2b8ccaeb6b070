import { and, asc, count, eq, gt, inArray, or } from 'drizzle-orm';
import type { Database, Db } from '../../database/client.ts';
import { exportRecords } from '../../database/tables/exports.ts';
import type { ExportErrorCode, ExportRecord, ExportState, Target } from '../model.ts';

/** What is known of the objects of target storages. */

/** Those of the subjects whose key another record of the storage has. */
export async function takenKeys(
  { sql }: Pick<Database, 'sql'>,
  { id, projectId }: Target,
  wanted: readonly { subjectId: number; key: string }[],
): Promise<Set<number>> {
  if (wanted.length === 0) return new Set();
  const rows = await sql<{ subjectId: number }[]>`
    SELECT k.subject_id AS "subjectId"
    FROM unnest(${wanted.map(({ subjectId }) => subjectId)}::bigint[], ${wanted.map(({ key }) => key)}::text[])
      AS k (subject_id, key)
    JOIN export_records o ON o.project_id = ${projectId} AND o.storage_id = ${id}
      AND o.key = k.key COLLATE "C" AND o.subject_id <> k.subject_id`;
  return new Set(rows.map(({ subjectId }) => subjectId));
}

/** How far the records are that a sync asked for. */
export async function progressOf(
  { sql }: Pick<Database, 'sql'>,
  { id, projectId }: Target,
  syncId: number,
): Promise<{ open: number; failed: number }> {
  const [row] = await sql<{ open: number; failed: number }[]>`
    SELECT count(*) FILTER (WHERE due_at IS NOT NULL AND NOT recheck)::int AS open,
      count(*) FILTER (WHERE state = 'FAILED')::int AS failed
    FROM export_records WHERE project_id = ${projectId} AND storage_id = ${id} AND sync_id = ${syncId}`;
  return row ?? { open: 0, failed: 0 };
}

export interface RecordFilter {
  states?: ExportState[] | null | undefined;
}

const matching = ({ id, projectId }: Target, { states }: RecordFilter) =>
  and(
    eq(exportRecords.projectId, projectId),
    eq(exportRecords.storageId, id),
    states ? inArray(exportRecords.state, states) : undefined,
  );

/** A page of a storage's records, by subject. */
export async function recordsOf(
  db: Db,
  target: Target,
  filter: RecordFilter,
  page: { limit: number; after?: number | undefined },
): Promise<ExportRecord[]> {
  return db
    .select()
    .from(exportRecords)
    .where(and(matching(target, filter), gt(exportRecords.subjectId, page.after ?? 0)))
    .orderBy(asc(exportRecords.subjectId))
    .limit(page.limit);
}

export async function countRecords(db: Db, target: Target, filter: RecordFilter): Promise<number> {
  const [row] = await db.select({ total: count() }).from(exportRecords).where(matching(target, filter));
  return row?.total ?? 0;
}

/** The records of tasks, whatever their layout. */
export async function recordsOfTasks(
  db: Db,
  tasks: readonly { projectId: number; taskId: number }[],
): Promise<ExportRecord[]> {
  if (tasks.length === 0) return [];
  return db
    .select()
    .from(exportRecords)
    .where(
      and(
        inArray(exportRecords.projectId, [...new Set(tasks.map(({ projectId }) => projectId))]),
        inArray(exportRecords.taskId, [...new Set(tasks.map(({ taskId }) => taskId))]),
      ),
    )
    .orderBy(asc(exportRecords.storageId), asc(exportRecords.subjectId));
}

/** The records of subjects, each in its storage of a project. */
export async function recordsByName(
  db: Db,
  names: readonly Pick<ExportRecord, 'projectId' | 'storageId' | 'subjectId'>[],
): Promise<ExportRecord[]> {
  if (names.length === 0) return [];
  const wanted = names.map(({ projectId, storageId, subjectId }) =>
    and(
      eq(exportRecords.projectId, projectId),
      eq(exportRecords.storageId, storageId),
      eq(exportRecords.subjectId, subjectId),
    ),
  );
  return db
    .select()
    .from(exportRecords)
    .where(or(...wanted));
}

/** What a sync's records came to, as its counters. */
export async function countsOf(
  { sql }: Pick<Database, 'sql'>,
  { id, projectId }: Target,
  syncId: number,
): Promise<{ exported: number; deleted: number; failed: number; unchanged: number }> {
  const [row] = await sql<{ exported: number; deleted: number; failed: number; unchanged: number }[]>`
    SELECT count(*) FILTER (WHERE last_event = 'EXPORTED')::int AS exported,
      count(*) FILTER (WHERE last_event = 'DELETED')::int AS deleted,
      count(*) FILTER (WHERE state = 'FAILED')::int AS failed,
      count(*) FILTER (WHERE last_event IS NULL AND due_at IS NULL)::int AS unchanged
    FROM export_records WHERE project_id = ${projectId} AND storage_id = ${id} AND sync_id = ${syncId}`;
  return row ?? { exported: 0, deleted: 0, failed: 0, unchanged: 0 };
}

/** The first failures of a sync's records. */
export async function failuresOf(
  { sql }: Pick<Database, 'sql'>,
  { id, projectId }: Target,
  syncId: number,
  limit: number,
): Promise<{ key: string | null; code: ExportErrorCode; message: string }[]> {
  return sql`
    SELECT key, error_code AS code, error_message AS message FROM export_records
    WHERE project_id = ${projectId} AND storage_id = ${id} AND sync_id = ${syncId} AND state = 'FAILED'
    ORDER BY subject_id LIMIT ${limit}`;
}
