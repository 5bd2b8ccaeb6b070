import { recordChanges } from '../annotations/changes.ts';
import type { Transaction } from '../database/client.ts';
import { type BulkTarget, copyTasks, forgetDeletion, type Place, type Sourced, sources } from './bulk.ts';
import type { NewAnnotation } from './model.ts';
import { recount } from './repository.ts';

/**
 * Rows that bring one annotation each of a task that they share, as a target storage writes annotations one by one: the
 * first that comes makes the task, whichever it is, and the others join it, whenever they come.
 */
export interface JoiningRow {
  /** Names the task where the rows come from. */
  shared: string;
  task: Sourced;
}

type Client = Pick<Transaction, 'sql'>;

/**
 * Stores the rows that the project has not got. Other imports into the project take their turn.
 * @returns how many tasks were created
 */
export async function insertJoining(
  tx: Client,
  target: BulkTarget & Place,
  rows: readonly JoiningRow[],
  { revive }: { revive: boolean },
): Promise<number> {
  if (rows.length === 0) return 0;
  await tx.sql`SELECT id FROM projects WHERE id = ${target.projectId} FOR NO KEY UPDATE`;
  const fresh = await freshRows(tx, target, rows, revive);
  if (revive && fresh.length > 0) await forgetDeletion(tx, target, fresh.map(taskOf));
  const groups = Map.groupBy(fresh, ({ shared }) => shared);
  const known = await knownTasks(tx, target, [...groups.keys()]);
  const making: JoiningRow[] = [];
  const joining: JoiningRow[] = [];
  const added: { taskId: number; annotation: NewAnnotation }[] = [];
  for (const [shared, rows] of groups) {
    const taskId = known.get(shared);
    const annotations = rows.flatMap(({ task }) => task.annotations);
    joining.push(...(taskId === undefined ? rows.slice(1) : rows));
    if (taskId === undefined) making.push({ shared, task: { ...rows[0]!.task, annotations } });
    else added.push(...annotations.map((annotation) => ({ taskId, annotation })));
  }
  const created = await copyTasks(tx, target, making.map(taskOf));
  await rememberMade(tx, target, making);
  await rememberJoined(tx, target, joining);
  await addAnnotations(tx, target, added);
  return created;
}

const taskOf = ({ task }: JoiningRow) => task;

/** Those whose source the project has no task of, and that were not deleted. */
async function freshRows(
  { sql }: Client,
  { projectId, containerId }: Place,
  rows: readonly JoiningRow[],
  revive: boolean,
): Promise<JoiningRow[]> {
  const same = (name: 't' | 'd' | 'j') => sql`
    ${sql(name)}.project_id = ${projectId} AND ${sql(name)}.container_id = ${containerId} AND ${sql(name)}.key = s.key
      AND ${sql(name)}.row = s.row AND ${sql(name)}.revision = s.revision`;
  const fresh = await sql<{ place: number }[]>`
    SELECT place - 1 AS place FROM ${sources({ sql }, rows.map(taskOf))}
    WHERE NOT EXISTS (SELECT FROM tasks t WHERE ${same('t')})
      AND NOT EXISTS (SELECT FROM joined_sources j WHERE ${same('j')})
      AND (${revive} OR NOT EXISTS (SELECT FROM deleted_sources d WHERE ${same('d')}))
    ORDER BY place`;
  return fresh.map(({ place }) => rows[place]!);
}

async function knownTasks(
  { sql }: Client,
  { projectId, containerId }: Place,
  shared: readonly string[],
): Promise<Map<string, number>> {
  const rows = await sql<{ shared: string; taskId: number }[]>`
    SELECT shared, min(task_id) AS "taskId" FROM joined_sources
    WHERE project_id = ${projectId} AND container_id = ${containerId} AND shared = ANY(${shared as string[]}::text[])
    GROUP BY shared`;
  return new Map(rows.map((row) => [row.shared, row.taskId]));
}

async function rememberMade(
  { sql }: Client,
  { projectId, containerId }: Place,
  rows: readonly JoiningRow[],
): Promise<void> {
  await sql`
    INSERT INTO joined_sources (project_id, container_id, key, row, revision, shared, task_id)
    SELECT t.project_id, t.container_id, t.key, t.row, t.revision, n.shared, t.id
    FROM ${sources({ sql }, rows.map(taskOf))}
    JOIN unnest(${rows.map(({ shared }) => shared)}::text[]) WITH ORDINALITY AS n (shared, place) USING (place)
    JOIN tasks t ON t.project_id = ${projectId} AND t.container_id = ${containerId} AND t.key = s.key
      AND t.row = s.row AND t.revision = s.revision`;
}

/** Their tasks are known by now, by the rows that have made them. */
async function rememberJoined(
  { sql }: Client,
  { projectId, containerId }: Place,
  rows: readonly JoiningRow[],
): Promise<void> {
  const tasks = await knownTasks(
    { sql },
    { projectId, containerId },
    rows.map(({ shared }) => shared),
  );
  await sql`
    INSERT INTO joined_sources (project_id, container_id, key, row, revision, shared, task_id)
    SELECT ${projectId}, ${containerId}, s.key, s.row, s.revision, n.shared, n.task_id
    FROM ${sources({ sql }, rows.map(taskOf))}
    JOIN unnest(${rows.map(({ shared }) => shared)}::text[], ${rows.map(({ shared }) => tasks.get(shared)!)}::bigint[])
      WITH ORDINALITY AS n (shared, task_id, place) USING (place)`;
}

/** Adds annotations to tasks that are there. */
async function addAnnotations(
  tx: Client,
  { projectId, userId }: BulkTarget,
  added: readonly { taskId: number; annotation: NewAnnotation }[],
): Promise<void> {
  if (added.length === 0) return;
  const column = <T>(pick: (annotation: NewAnnotation) => T) =>
    added.map(({ annotation }) => pick(annotation));
  const rows = await tx.sql<{ id: number }[]>`
    INSERT INTO annotations (task_id, project_id, result, completed_by, was_cancelled, ground_truth, lead_time,
      import_id, created_at, updated_at)
    SELECT task_id, ${projectId}, result::jsonb, completed_by, was_cancelled::boolean, ground_truth::boolean, lead_time,
      import_id, coalesce(created_at::timestamptz, now()), coalesce(updated_at, created_at, now()::text)::timestamptz
    FROM unnest(${added.map(({ taskId }) => taskId)}::bigint[], ${column(({ result }) => result)}::text[],
      ${column(({ completedBy }) => completedBy)}::bigint[], ${column(({ wasCancelled }) => String(wasCancelled))}::text[],
      ${column(({ groundTruth }) => String(groundTruth))}::text[], ${column(({ leadTime }) => leadTime)}::float8[],
      ${column(({ importId }) => importId)}::bigint[],
      ${column(({ createdAt }) => createdAt?.toISOString() ?? null)}::text[],
      ${column(({ updatedAt }) => updatedAt?.toISOString() ?? null)}::text[])
      AS a (task_id, result, completed_by, was_cancelled, ground_truth, lead_time, import_id, created_at, updated_at)
    RETURNING id`;
  const taskIds = [...new Set(added.map(({ taskId }) => taskId))];
  await recount(tx, { projectId, taskIds });
  await recordChanges(tx, 'CREATED', { projectId, taskIds, ids: rows.map(({ id }) => id) }, userId ?? null);
}
