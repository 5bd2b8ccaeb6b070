import { and, asc, eq, gt } from 'drizzle-orm';
import type { Database, Db, Transaction } from '../../database/client.ts';
import { exportEvents } from '../../database/tables/exports.ts';
import type { ExportEvent, Outcome, Target } from '../model.ts';

/** The log of exports: what happened to objects of target storages, in its order. */

type Tx = Pick<Transaction, 'sql'>;

/** Whoever adds to a project's log holds its lock until the commit, so that numbers show in their order. */
export async function logEvents(
  { sql }: Tx,
  { id, projectId }: Target,
  outcomes: readonly Outcome[],
): Promise<void> {
  const told = outcomes.filter(({ event }) => event !== null);
  if (told.length === 0) return;
  await sql`SELECT pg_advisory_xact_lock(hashtext('longshore export events'), ${projectId}::int)`;
  await sql`
    INSERT INTO export_events (project_id, storage_id, subject_id, task_id, event, key, error_code, error_message, error_hint)
    SELECT ${projectId}, ${id}, subject_id, task_id, event::export_event, key, error_code, error_message, error_hint
    FROM unnest(${told.map(({ claim }) => claim.subjectId)}::bigint[], ${told.map(({ claim }) => claim.taskId)}::bigint[],
      ${told.map(({ event }) => event)}::text[], ${told.map(({ key }) => key)}::text[],
      ${told.map(({ error }) => error?.code ?? null)}::text[], ${told.map(({ error }) => error?.message ?? null)}::text[],
      ${told.map(({ error }) => error?.hint ?? null)}::text[])
      AS e (subject_id, task_id, event, key, error_code, error_message, error_hint)`;
}

/** Days that events are kept. */
export const KEPT_DAYS = 30;

export async function trimEvents({ sql }: Pick<Database, 'sql'>): Promise<void> {
  await sql`DELETE FROM export_events WHERE created_at < now() - make_interval(days => ${KEPT_DAYS})`;
}

/** A page of the log behind an entry, of a project or of one of its storages. */
export async function eventsAfter(
  db: Db,
  { projectId, storageId }: { projectId: number; storageId: number | null },
  page: { limit: number; after: number },
): Promise<ExportEvent[]> {
  return db
    .select()
    .from(exportEvents)
    .where(
      and(
        eq(exportEvents.projectId, projectId),
        storageId === null ? undefined : eq(exportEvents.storageId, storageId),
        gt(exportEvents.id, page.after),
      ),
    )
    .orderBy(asc(exportEvents.id))
    .limit(page.limit);
}

/** Whether a project's log has kept all behind an entry: that one or an older one is still in it. */
export async function keepsAfter(
  { sql }: Pick<Database, 'sql'>,
  projectId: number,
  after: number,
): Promise<boolean> {
  const rows =
    await sql`SELECT FROM export_events WHERE project_id = ${projectId} AND id <= ${after} LIMIT 1`;
  return rows.length > 0;
}

/** Number of the newest entry of a project's log; 0: it has none. */
export async function lastEvent({ sql }: Pick<Database, 'sql'>, projectId: number): Promise<number> {
  const [row] = await sql<{ id: number }[]>`
    SELECT coalesce(max(id), 0) AS id FROM export_events WHERE project_id = ${projectId}`;
  return row?.id ?? 0;
}
