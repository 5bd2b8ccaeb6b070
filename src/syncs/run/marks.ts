import type postgres from 'postgres';
import type { Database, Transaction } from '../../database/client.ts';
import type { Lease, SyncKey } from '../model.ts';

/** Keys that a running sync sets aside until its listing is complete. Gone when it ends. */

const ofSync = (client: postgres.Sql | postgres.TransactionSql, { id, projectId }: SyncKey) =>
  client`project_id = ${projectId} AND sync_id = ${id}`;

export async function insertMarks(
  { sql }: Pick<Transaction, 'sql'>,
  { id, projectId }: SyncKey,
  mark: 'MISSING' | 'SEEN',
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

export async function dropMarks({ sql: client }: Pick<Transaction, 'sql'>, sync: SyncKey): Promise<void> {
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

/** After a complete listing in no order: what the ledger has behind the key and the listing lacked is missing. */
export async function markUnseen(
  { sql }: Pick<Transaction, 'sql'>,
  sync: SyncKey,
  storageId: number,
  after = '',
): Promise<void> {
  const { id, projectId } = sync;
  await sql`
    INSERT INTO sync_marks (project_id, sync_id, mark, key)
    SELECT ${projectId}, ${id}, 'MISSING', o.key FROM objects o
    WHERE o.project_id = ${projectId} AND o.storage_id = ${storageId} AND o.key > ${after}
      AND (o.state <> 'REMOVED' OR o.code IS NOT NULL)
      AND NOT EXISTS (SELECT FROM sync_marks m WHERE m.project_id = ${projectId} AND m.sync_id = ${id}
                        AND m.mark = 'SEEN' AND m.key = o.key)
    ON CONFLICT DO NOTHING`;
}

export async function countMissing({ sql }: Pick<Transaction, 'sql'>, sync: SyncKey): Promise<number> {
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
  const rows = await client<{ key: string }[]>`
    WITH first AS MATERIALIZED (
      SELECT key FROM sync_marks WHERE ${ofSync(client, sync)} AND mark = 'MISSING' AND key > ${after}
      ORDER BY key LIMIT ${limit}
    ), taken AS (
      DELETE FROM sync_marks m USING first
      WHERE m.project_id = ${sync.projectId} AND m.sync_id = ${sync.id} AND m.mark = 'MISSING' AND m.key = first.key
    )
    SELECT key FROM first ORDER BY key`;
  return rows.map(({ key }) => key);
}
