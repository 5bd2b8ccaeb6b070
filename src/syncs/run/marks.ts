import type postgres from 'postgres';
import type { Database, Transaction } from '../../database/client.ts';
import type { LedgerOwner } from '../../objects/model.ts';
import type { Lease, SyncKey } from '../model.ts';

/** Keys that a running sync sets aside until its listing is complete. Gone when it ends. */

const ofSync = (client: postgres.Sql | postgres.TransactionSql, { id, projectId }: SyncKey) =>
  client`project_id = ${projectId} AND sync_id = ${id}`;

export async function insertMarks(
  { sql }: Pick<Transaction, 'sql'>,
  { id, projectId }: SyncKey,
  mark: 'MISSING' | 'SEEN' | 'UNREADABLE',
  keys: readonly string[],
): Promise<void> {
  if (keys.length === 0) return;
  await sql`
    INSERT INTO sync_marks (project_id, sync_id, mark, key)
    SELECT ${projectId}, ${id}, ${mark}, key FROM unnest(${keys as string[]}::text[]) AS new (key)
    ON CONFLICT DO NOTHING`;
}

/**
 * Forgets what was marked as missing behind a key: a worker that goes on from there looks again, and the
 * object may be back. Only for who holds the lease.
 */
export async function forgetMissing(
  { sql: client }: Pick<Database, 'sql'>,
  projectId: number,
  { syncId, fence }: Lease,
  after = '',
): Promise<void> {
  await client`
    WITH held AS (SELECT id FROM syncs WHERE id = ${syncId} AND fence = ${fence} FOR UPDATE)
    DELETE FROM sync_marks m USING held
    WHERE m.project_id = ${projectId} AND m.sync_id = held.id AND m.mark = 'MISSING' AND m.key > ${after}`;
}

export async function dropMarks(
  { sql: client }: Pick<Transaction, 'sql'> | Pick<Database, 'sql'>,
  sync: SyncKey,
): Promise<void> {
  await client`DELETE FROM sync_marks WHERE ${ofSync(client, sync)}`;
}

/** Which of the keys this sync has already seen. */
export async function seenAmong(
  { sql }: Pick<Database, 'sql'>,
  sync: SyncKey,
  keys: readonly string[],
): Promise<Set<string>> {
  const rows = await sql<{ key: string }[]>`
    SELECT key FROM sync_marks WHERE ${ofSync(sql, sync)} AND mark = 'SEEN' AND key = ANY(${keys as string[]}::text[])`;
  return new Set(rows.map(({ key }) => key));
}

/** Takes back that these are missing. @returns which of them were marked so */
export async function takeBackMissing(
  { sql: client }: Pick<Database, 'sql'>,
  sync: SyncKey,
  keys: readonly string[],
): Promise<Set<string>> {
  const rows = await client<{ key: string }[]>`
    DELETE FROM sync_marks WHERE ${ofSync(client, sync)} AND mark = 'MISSING' AND key = ANY(${keys as string[]}::text[])
    RETURNING key`;
  return new Set(rows.map(({ key }) => key));
}

/**
 * After a complete listing in no order: what the ledger has behind the key and the listing lacked is missing, unless it
 * lies below a name that could not be looked at. For what is in the storage's scope: the rest has left it before.
 *
 * EXCEPT, since the marks are new: the planner takes them for few, and would look through all of them for each object.
 */
export async function markUnseen(
  { sql }: Pick<Transaction, 'sql'>,
  sync: SyncKey,
  { id: storageId, containerId }: LedgerOwner,
  after = '',
): Promise<void> {
  const { id, projectId } = sync;
  await sql`
    INSERT INTO sync_marks (project_id, sync_id, mark, key)
    SELECT ${projectId}, ${id}, 'MISSING', key FROM (
      SELECT o.key FROM objects o
      WHERE o.project_id = ${projectId} AND o.storage_id = ${storageId} AND o.container_id = ${containerId}
        AND o.key > ${after} AND (o.state NOT IN ('REMOVED', 'OUT_OF_SCOPE') OR o.state = 'REMOVED' AND o.code IS NOT NULL)
      EXCEPT
      SELECT key FROM sync_marks WHERE ${ofSync(sql, sync)} AND mark = 'SEEN') AS unseen
    ON CONFLICT DO NOTHING`;
  // The name itself, and what lies below it: '0' is behind '/'.
  await sql`
    DELETE FROM sync_marks m USING sync_marks u, LATERAL (VALUES
      (rtrim(u.key, '/'), rtrim(u.key, '/') || chr(1)),
      (rtrim(u.key, '/') || '/', rtrim(u.key, '/') || '0')) AS hidden (first, behind)
    WHERE u.project_id = ${projectId} AND u.sync_id = ${id} AND u.mark = 'UNREADABLE'
      AND m.project_id = ${projectId} AND m.sync_id = ${id} AND m.mark = 'MISSING'
      AND m.key >= hidden.first AND m.key < hidden.behind`;
}

/** Missing keys behind a key, in their order. */
export async function missingKeys(
  { sql: client }: Pick<Database, 'sql'> | Pick<Transaction, 'sql'>,
  sync: SyncKey,
  after: string,
  limit: number,
): Promise<string[]> {
  const rows = await client<{ key: string }[]>`
    SELECT key FROM sync_marks WHERE ${ofSync(client, sync)} AND mark = 'MISSING' AND key > ${after}
    ORDER BY key LIMIT ${limit}`;
  return rows.map(({ key }) => key);
}

/** Missing keys to look at in place of all: the first, the last, and some at random. */
export async function sampleMissing(
  { sql: client }: Pick<Database, 'sql'>,
  sync: SyncKey,
  some: number,
): Promise<string[]> {
  const missing = client`SELECT key FROM sync_marks WHERE ${ofSync(client, sync)} AND mark = 'MISSING'`;
  const rows = await client<{ key: string }[]>`
    (${missing} ORDER BY key LIMIT 1) UNION (${missing} ORDER BY key DESC LIMIT 1)
    UNION (${missing} ORDER BY random() LIMIT ${some})`;
  return rows.map(({ key }) => key);
}

export async function countMissing({ sql }: Pick<Database, 'sql'>, sync: SyncKey): Promise<number> {
  const [row] = await sql<{ total: number }[]>`
    SELECT count(*) AS total FROM sync_marks WHERE ${ofSync(sql, sync)} AND mark = 'MISSING'`;
  return row?.total ?? 0;
}

/** Takes the first missing keys behind `after` off the list; so no statement passes over those taken before. */
export async function takeMissing(
  { sql: client }: Pick<Transaction, 'sql'>,
  sync: SyncKey,
  after: string,
  limit: number,
): Promise<string[]> {
  const keys = await missingKeys({ sql: client }, sync, after, limit);
  await client`
    DELETE FROM sync_marks WHERE ${ofSync(client, sync)} AND mark = 'MISSING'
      AND key > ${after} AND key <= ${keys.at(-1) ?? after}`;
  return keys;
}
