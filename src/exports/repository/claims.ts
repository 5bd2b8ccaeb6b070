import type { Database, Transaction } from '../../database/client.ts';
import type { Claim, ExportFailure, Outcome, Target } from '../model.ts';
import { logEvents } from './events.ts';

/** What a worker takes, keeps, brings to an end or gives back. */

type Tx = Pick<Transaction, 'sql'>;

/** Target storages with something due, the longest waiting first. */
export async function dueTargets({ sql }: Pick<Database, 'sql'>): Promise<number[]> {
  const rows = await sql<{ id: number }[]>`
    SELECT s.id FROM storages s CROSS JOIN LATERAL (
      SELECT min(due_at) AS due_at FROM export_records r
      WHERE r.project_id = s.project_id AND r.storage_id = s.id AND r.due_at <= now()) r
    WHERE s.direction = 'TARGET' AND s.synchronizable AND r.due_at IS NOT NULL
    ORDER BY r.due_at LIMIT 100`;
  return rows.map(({ id }) => id);
}

/**
 * Takes due records for so long. One that another worker left behind unfinished is taken over.
 *
 * The records are found first, and once: a plan that looks for them again for each record of the storage, as it is made
 * where a table has just grown, takes more than were asked for, and minutes.
 */
export async function claimDue(
  { sql }: Pick<Database, 'sql'>,
  { id, projectId }: Target,
  { limit, leaseSeconds, syncId }: { limit: number; leaseSeconds: number; syncId?: number | undefined },
): Promise<Claim[]> {
  return sql<Claim[]>`
    WITH due AS MATERIALIZED (
      SELECT ctid AS place, subject_id, lease_until IS NOT NULL AS orphaned FROM export_records
      WHERE project_id = ${projectId} AND storage_id = ${id} AND due_at <= now()
        AND ${syncId === undefined ? sql`true` : sql`sync_id = ${syncId}`}
      ORDER BY due_at LIMIT ${limit} FOR UPDATE SKIP LOCKED
    )
    UPDATE export_records r SET fence = r.fence + 1, attempts = r.attempts + 1,
      lease_until = now() + make_interval(secs => ${leaseSeconds}), due_at = now() + make_interval(secs => ${leaseSeconds})
    WHERE r.project_id = ${projectId} AND r.ctid = ANY(ARRAY(SELECT place FROM due))
    RETURNING r.subject_id AS "subjectId", r.task_id AS "taskId", r.wanted, r.fence, r.attempts, r.key,
      r.former_keys AS "formerKeys", r.version, r.hash, r.recheck, r.state,
      r.subject_id = ANY(ARRAY(SELECT subject_id FROM due WHERE orphaned)) AS orphaned`;
}

/** Those records `r` alone: else a plan may go through all of the storage, as with `claimDue`. */
const among = (sql: Tx['sql'] | Database['sql'], { id, projectId }: Target, claims: readonly Claim[]) => sql`
  r.project_id = ${projectId} AND r.storage_id = ${id}
  AND r.subject_id = ANY(${claims.map(({ subjectId }) => subjectId)}::bigint[])`;

/** Says on what is due and nobody has taken why it is not done: the storage cannot be opened. It stays due. */
export async function noteFailure(
  { sql }: Pick<Database, 'sql'>,
  { id, projectId }: Target,
  { code, message, hint }: ExportFailure,
  limit: number,
): Promise<void> {
  await sql`
    WITH due AS MATERIALIZED (
      SELECT ctid AS place FROM export_records
      WHERE project_id = ${projectId} AND storage_id = ${id} AND due_at <= now() AND lease_until IS NULL
        AND error_code IS DISTINCT FROM ${code}
      ORDER BY due_at LIMIT ${limit} FOR UPDATE SKIP LOCKED
    )
    UPDATE export_records r SET error_code = ${code}, error_message = ${message}, error_hint = ${hint}, updated_at = now()
    WHERE r.project_id = ${projectId} AND r.ctid = ANY(ARRAY(SELECT place FROM due))`;
}

/** Whether the claims still hold, and for so long again: those that do. */
export async function extendClaims(
  { sql }: Pick<Database, 'sql'>,
  { id, projectId }: Target,
  claims: readonly Claim[],
  leaseSeconds: number,
): Promise<Set<number>> {
  const rows = await sql<{ subjectId: number }[]>`
    UPDATE export_records r SET lease_until = now() + make_interval(secs => ${leaseSeconds}),
      due_at = now() + make_interval(secs => ${leaseSeconds})
    FROM unnest(${claims.map(({ subjectId }) => subjectId)}::bigint[], ${claims.map(({ fence }) => fence)}::bigint[])
      AS c (subject_id, fence)
    WHERE ${among(sql, { id, projectId }, claims)} AND r.subject_id = c.subject_id AND r.fence = c.fence
      AND r.lease_until > now()
    RETURNING r.subject_id AS "subjectId"`;
  return new Set(rows.map(({ subjectId }) => subjectId));
}

/**
 * The key that a record is about to write to, unless another one of the storage has it. Kept before anything is
 * written, so that no object lies anywhere that no record knows; of the object there, nothing is known.
 * @returns the subjects whose key is taken
 */
export async function reserveKeys(
  { sql }: Pick<Database, 'sql'>,
  { id, projectId }: Target,
  keys: readonly { claim: Claim; key: string }[],
): Promise<Set<number>> {
  const taken = new Set<number>();
  if (keys.length === 0) return taken;
  const claimed = among(
    sql,
    { id, projectId },
    keys.map(({ claim }) => claim),
  );
  const rows = await sql<{ subjectId: number }[]>`
    WITH former AS MATERIALIZED (
      SELECT subject_id, unnest(former_keys) AS key FROM export_records
      WHERE project_id = ${projectId} AND storage_id = ${id} AND former_keys <> '{}'
    ), k AS MATERIALIZED (
      SELECT DISTINCT ON (key) * FROM unnest(${keys.map(({ claim }) => claim.subjectId)}::bigint[],
        ${keys.map(({ claim }) => claim.fence)}::bigint[], ${keys.map(({ key }) => key)}::text[]) AS k (subject_id, fence, key)
      ORDER BY key, subject_id
    )
    UPDATE export_records r SET key = k.key, hash = NULL, version = NULL, former_keys =
      CASE WHEN r.key IS NULL THEN r.former_keys ELSE array_remove(array_append(r.former_keys, r.key::text), k.key) END
    FROM k
    WHERE ${claimed} AND r.subject_id = k.subject_id AND r.fence = k.fence
      AND NOT EXISTS (SELECT FROM export_records o WHERE o.project_id = ${projectId} AND o.storage_id = ${id}
        AND o.key = k.key COLLATE "C" AND o.subject_id <> k.subject_id)
      AND NOT EXISTS (SELECT FROM former WHERE former.key = k.key AND former.subject_id <> k.subject_id)
    RETURNING r.subject_id AS "subjectId"`;
  const kept = new Set(rows.map(({ subjectId }) => subjectId));
  for (const { claim } of keys) if (!kept.has(claim.subjectId)) taken.add(claim.subjectId);
  return taken;
}

/**
 * Records the outcomes of claims that still hold, and logs it. What lost its claim may have overwritten what is newer:
 * its object is looked at again. @returns how many claims had been lost
 */
export async function settleClaims(tx: Tx, target: Target, outcomes: readonly Outcome[]): Promise<number> {
  const { sql } = tx;
  const column = <T>(pick: (outcome: Outcome) => T) => outcomes.map(pick);
  const subjects = column(({ claim }) => claim.subjectId);
  const settled = await sql<{ subjectId: number }[]>`
    UPDATE export_records r SET state = (CASE WHEN r.wanted > o.wanted THEN 'PENDING' ELSE o.state END)::export_state,
      done = CASE WHEN o.again IS NULL OR o.state = 'EXPORTED' THEN o.wanted ELSE r.done END, lease_until = NULL,
      due_at = CASE WHEN r.wanted > o.wanted THEN now() ELSE now() + make_interval(secs => o.again) END,
      attempts = CASE WHEN o.error_code IS NULL THEN 0 ELSE r.attempts END,
      key = o.key, former_keys = CASE WHEN o.error_code IS NULL AND o.again IS NULL THEN '{}' ELSE r.former_keys END,
      version = o.version, last_event = o.event::export_event, hash = o.hash, size = o.size,
      error_code = o.error_code, error_message = o.error_message, error_hint = o.error_hint, recheck = o.recheck::boolean,
      exported_at = CASE WHEN o.event = 'EXPORTED' THEN now() ELSE r.exported_at END, updated_at = now()
    FROM unnest(${subjects}::bigint[], ${column(({ claim }) => claim.fence)}::bigint[],
      ${column(({ claim }) => claim.wanted)}::bigint[], ${column(({ state }) => state)}::text[],
      ${column(({ event }) => event)}::text[], ${column(({ key }) => key)}::text[], ${column(({ version }) => version)}::text[],
      ${column(({ hash }) => hash)}::text[], ${column(({ size }) => size)}::bigint[],
      ${column(({ error }) => error?.code ?? null)}::text[], ${column(({ error }) => error?.message ?? null)}::text[],
      ${column(({ error }) => error?.hint ?? null)}::text[],
      ${column(({ againAfter }) => againAfter)}::float8[], ${column(({ recheck }) => String(recheck))}::text[])
      AS o (subject_id, fence, wanted, state, event, key, version, hash, size, error_code, error_message, error_hint, again, recheck)
    WHERE ${among(
      sql,
      target,
      outcomes.map(({ claim }) => claim),
    )} AND r.subject_id = o.subject_id AND r.fence = o.fence
    RETURNING r.subject_id AS "subjectId"`;
  const held = new Set(settled.map(({ subjectId }) => subjectId));
  await logEvents(
    tx,
    target,
    outcomes.filter(({ claim }) => held.has(claim.subjectId)),
  );
  const lost = outcomes.map(({ claim }) => claim).filter(({ subjectId }) => !held.has(subjectId));
  await lookAgain(tx, target, lost);
  return lost.length;
}

/** Has the objects of lost claims looked at again. */
export async function lookAgain(
  { sql }: Tx,
  { id, projectId }: Target,
  lost: readonly Claim[],
): Promise<void> {
  if (lost.length === 0) return;
  await sql`
    UPDATE export_records SET recheck = true, wanted = wanted + 1,
      due_at = CASE WHEN lease_until > now() THEN due_at ELSE now() END
    WHERE project_id = ${projectId} AND storage_id = ${id}
      AND subject_id = ANY(${lost.map(({ subjectId }) => subjectId)}::bigint[])`;
}

/**
 * Gives claims back that were not tried to the end, to be taken after so many seconds. Nothing is known any more of an
 * object whose writing or removal had begun. @returns subjects of those that still held
 */
export async function giveBackClaims(
  { sql }: Tx,
  { id, projectId }: Target,
  claims: readonly Claim[],
  { pause, begun }: { pause: number; begun: ReadonlySet<Claim> },
): Promise<Set<number>> {
  const rows = await sql<{ subjectId: number }[]>`
    UPDATE export_records r SET lease_until = NULL, due_at = now() + make_interval(secs => ${pause}),
      attempts = r.attempts - 1, hash = CASE WHEN begun::boolean THEN NULL ELSE r.hash END
    FROM unnest(${claims.map(({ subjectId }) => subjectId)}::bigint[], ${claims.map(({ fence }) => fence)}::bigint[],
      ${claims.map((claim) => String(begun.has(claim)))}::text[]) AS c (subject_id, fence, begun)
    WHERE ${among(sql, { id, projectId }, claims)} AND r.subject_id = c.subject_id AND r.fence = c.fence
    RETURNING r.subject_id AS "subjectId"`;
  return new Set(rows.map(({ subjectId }) => subjectId));
}
