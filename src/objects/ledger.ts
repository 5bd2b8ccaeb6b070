import type postgres from 'postgres';
import type { Database, Transaction } from '../database/client.ts';
import { copyLine, copyRows } from '../database/copy.ts';
import type { KnownObject, LedgerOwner, ObjectRecord, ObjectState, SkipReason } from './model.ts';

/** How many ledger entries one statement of a walk fetches. */
const WALK_BATCH = 10_000;

/** A ledger entry on its way: key, version, and the other fields unless it is of the usual kind. */
export type LedgerEntry = [string, string | null, Omit<KnownObject, 'key' | 'version'> | null];

/** An entry of the usual kind: imported, with a version to go by. Its size is not needed. */
const usual = {
  size: 0,
  modifiedAt: null,
  state: 'IMPORTED',
  code: null,
  revision: 0,
  readAs: null,
} as const;

export function knownOf([key, version, rest]: LedgerEntry): KnownObject {
  return { key, version, ...(rest ?? usual) };
}

/** The entries of one storage; the project first, as in the keys. */
const of = (sql: postgres.Sql | postgres.TransactionSql, { id, projectId, containerId }: LedgerOwner) =>
  sql`project_id = ${projectId} AND storage_id = ${id} AND container_id = ${containerId}`;

/**
 * A walk may pass millions of entries, so what is the same for most is left out on the way.
 * @param readAs how objects are read now
 */
const knownColumns = (sql: postgres.Sql, readAs: string) => sql`
  key, version,
  CASE WHEN version IS NULL OR state <> 'IMPORTED' OR code IS NOT NULL OR revision <> 0 OR read_as <> ${readAs} THEN
    json_build_object('size', size, 'state', state, 'code', code, 'revision', revision,
      'readAs', CASE WHEN read_as <> ${readAs} THEN read_as END,
      'modifiedAt', CASE WHEN version IS NULL THEN round(extract(epoch FROM modified_at) * 1000) END)
  END`;

/**
 * Walks a storage's ledger in key order behind `after`, in batches, the next one fetched while the
 * last is used. Keyset pages instead of a cursor: a sync of hours holds no snapshot open.
 */
export async function* walkLedger(
  { sql }: Pick<Database, 'sql'>,
  storage: LedgerOwner,
  readAs: string,
  after = '',
): AsyncGenerator<LedgerEntry[]> {
  const fetch = (from: string) =>
    sql`SELECT ${knownColumns(sql, readAs)} FROM objects WHERE ${of(sql, storage)} AND key > ${from}
        ORDER BY key LIMIT ${WALK_BATCH}`.values();
  let next: Promise<LedgerEntry[]> | undefined = start(after);
  function start(from: string): Promise<LedgerEntry[]> {
    const rows = fetch(from) as unknown as Promise<LedgerEntry[]>;
    // Awaited in the next turn; until then a failure must not count as unhandled.
    rows.catch(() => {});
    return rows;
  }
  while (next) {
    const rows: LedgerEntry[] = await next;
    next = rows.length < WALK_BATCH ? undefined : start(rows.at(-1)![0]);
    if (rows.length > 0) yield rows;
  }
}

/** The ledger's entries for the given keys, in no order. */
export async function knownByKey(
  { sql }: Pick<Database, 'sql'>,
  storage: LedgerOwner,
  readAs: string,
  keys: readonly string[],
): Promise<Map<string, KnownObject>> {
  const rows = (await sql`
    SELECT ${knownColumns(sql, readAs)} FROM objects
    WHERE ${of(sql, storage)} AND key = ANY(${keys as string[]}::text[])`.values()) as unknown as LedgerEntry[];
  return new Map(rows.map((row) => [row[0], knownOf(row)]));
}

/** Keys of objects whose last import failed, in key order behind `after`, in batches. */
export const walkFailed = ({ sql }: Pick<Database, 'sql'>, storage: LedgerOwner, after?: string) =>
  walkKeys(
    after,
    (from, limit) =>
      sql`SELECT key FROM objects WHERE ${of(sql, storage)} AND state = 'FAILED' AND key > ${from}
        ORDER BY key LIMIT ${limit}`,
  );

/** Notifications wait for their storage, wherever it points. */
type Notified = Pick<LedgerOwner, 'id' | 'projectId'>;
const notificationsOf = (sql: postgres.Sql | postgres.TransactionSql, { id, projectId }: Notified) =>
  sql`project_id = ${projectId} AND storage_id = ${id}`;

/** Keys that notifications up to a number were given of, in key order behind `after`, in batches. */
export const walkNotifications = (
  { sql }: Pick<Database, 'sql'>,
  storage: Notified,
  upTo: number,
  after?: string,
) =>
  walkKeys(
    after,
    (from, limit) =>
      sql`SELECT key FROM object_notifications WHERE ${notificationsOf(sql, storage)} AND number <= ${upTo} AND key > ${from}
        ORDER BY key LIMIT ${limit}`,
  );

async function* walkKeys(
  after: string | undefined,
  fetch: (from: string, limit: number) => PromiseLike<readonly postgres.Row[]>,
): AsyncGenerator<string[]> {
  for (let from = after ?? ''; ; ) {
    const keys = (await fetch(from, 1_000)).map((row) => row.key as string);
    if (keys.length === 0) return;
    yield keys;
    from = keys.at(-1)!;
  }
}

/** Keys of one storage that wait for their sync, at most: beyond that the whole storage is synced. */
const MAX_WAITING = 50_000;

/**
 * Records keys; one that waits already takes a new number. Whoever does holds the storage's row, so
 * that numbers show in their order: a sync that has done all up to one has seen all up to it.
 */
export async function insertNotifications(
  { sql }: Pick<Transaction, 'sql'>,
  { id, projectId }: Notified,
  keys: readonly string[],
): Promise<void> {
  const [held] = await sql`SELECT id FROM storages WHERE id = ${id} FOR NO KEY UPDATE`;
  if (!held) return;
  const [waiting] = await sql<{ count: number }[]>`
    SELECT count(*)::int FROM (
      SELECT FROM object_notifications WHERE ${notificationsOf(sql, { id, projectId })} LIMIT ${MAX_WAITING}) AS waiting`;
  if (waiting!.count + keys.length > MAX_WAITING) {
    // A sync of everything finds them as well.
    await sql`UPDATE storages SET due_at = now() WHERE id = ${id}`;
    return;
  }
  // In the order in which they are forgotten: else the two could wait for each other.
  await sql`
    INSERT INTO object_notifications (project_id, storage_id, key)
    SELECT DISTINCT ${projectId}::bigint, ${id}::bigint, key COLLATE "C"
    FROM unnest(${keys as string[]}::text[]) AS new (key) ORDER BY 3
    ON CONFLICT (project_id, storage_id, key) DO UPDATE SET number = excluded.number`;
}

/** Forgets the notifications that a sync has looked after. */
export async function forgetNotifications(
  { sql }: Pick<Transaction, 'sql'>,
  storage: Notified,
  upTo: number,
): Promise<void> {
  // By their places: a join would be at the mercy of statistics that a table of this kind mostly lacks.
  await sql`
    DELETE FROM object_notifications WHERE ${notificationsOf(sql, storage)} AND ctid = ANY(ARRAY(
      SELECT ctid FROM object_notifications WHERE ${notificationsOf(sql, storage)} AND number <= ${upTo}
      ORDER BY key COLLATE "C" FOR UPDATE))`;
}

/** Writes ledger entries: new ones by COPY, known ones by one upsert. */
export async function recordObjects(
  tx: Pick<Transaction, 'sql'>,
  storage: LedgerOwner,
  syncId: number,
  records: readonly ObjectRecord[],
): Promise<void> {
  const fresh = records.filter((record) => !record.known);
  if (fresh.length > 0) await copyRecords(tx, storage, syncId, fresh);
  const rest = records.filter((record) => record.known);
  if (rest.length > 0) await upsertRecords(tx, storage, syncId, rest);
}

async function copyRecords(
  { sql }: Pick<Transaction, 'sql'>,
  { id, projectId, containerId }: LedgerOwner,
  syncId: number,
  records: readonly ObjectRecord[],
): Promise<void> {
  const columns = [
    ...[
      'project_id',
      'storage_id',
      'container_id',
      'key',
      'size',
      'version',
      'modified_at',
      'state',
      'code',
      'message',
    ],
    ...['task_count', 'failed_rows', 'revision', 'read_as', 'sync_id'],
  ];
  function* lines(): Generator<string> {
    for (const it of records) {
      const modifiedAt = it.modifiedAt?.toISOString();
      const fate = [
        it.state,
        it.code,
        it.message,
        it.taskCount,
        it.failedRows,
        it.revision,
        it.readAs,
      ] as const;
      yield copyLine(projectId, id, containerId, it.key, it.size, it.version, modifiedAt, ...fate, syncId);
    }
  }
  await copyRows(sql, 'objects', columns, lines());
}

async function upsertRecords(
  { sql }: Pick<Transaction, 'sql'>,
  { id, projectId, containerId }: LedgerOwner,
  syncId: number,
  records: readonly ObjectRecord[],
): Promise<void> {
  const column = <T>(pick: (record: ObjectRecord) => T) => records.map(pick);
  await sql`
    INSERT INTO objects (project_id, storage_id, container_id, key, size, version, modified_at, state, code, message,
                         task_count, failed_rows, revision, read_as, sync_id)
    SELECT ${projectId}, ${id}, ${containerId}, key, size, version, modified_at::timestamptz, state::object_state,
           code, message, task_count, failed_rows, revision, read_as, ${syncId}
    FROM unnest(
      ${column(({ key }) => key)}::text[],
      ${column(({ size }) => size)}::bigint[],
      ${column(({ version }) => version)}::text[],
      ${column(({ modifiedAt }) => modifiedAt?.toISOString() ?? null)}::text[],
      ${column(({ state }) => state)}::text[],
      ${column(({ code }) => code)}::text[],
      ${column(({ message }) => message)}::text[],
      ${column(({ taskCount }) => taskCount)}::int[],
      ${column(({ failedRows }) => failedRows)}::int[],
      ${column(({ revision }) => revision)}::int[],
      ${column(({ readAs }) => readAs)}::text[]
    ) AS new (key, size, version, modified_at, state, code, message, task_count, failed_rows, revision, read_as)
    ON CONFLICT (project_id, storage_id, container_id, key) DO UPDATE SET
      size = excluded.size, version = excluded.version, modified_at = excluded.modified_at,
      state = excluded.state, code = excluded.code, message = excluded.message,
      task_count = excluded.task_count, failed_rows = excluded.failed_rows,
      revision = excluded.revision, read_as = excluded.read_as, sync_id = excluded.sync_id`;
}

/** Changes the state (and its reason) alone, keeping the fingerprint of what was imported. */
export async function setObjectStates(
  { sql }: Pick<Transaction, 'sql'>,
  storage: LedgerOwner,
  syncId: number,
  state: ObjectState,
  keys: readonly string[],
  code: string | null = null,
): Promise<void> {
  if (keys.length === 0) return;
  await sql`
    UPDATE objects SET state = ${state}, code = ${code}, message = NULL, sync_id = ${syncId}
    WHERE ${of(sql, storage)} AND key = ANY(${keys as string[]}::text[])`;
}

/** The part of a container that a storage looks at. */
export interface Scope {
  prefix: string;
  /** false: nothing below a '/' behind the prefix. */
  recursive: boolean;
}

const inScope = (sql: postgres.Sql | postgres.TransactionSql, { prefix, recursive }: Scope) =>
  sql`starts_with(key, ${prefix}) AND (${recursive} OR strpos(substr(key, length(${prefix}) + 1), '/') = 0)`;

/** As `isPresent` in SQL: neither known to be gone for good nor out of scope. */
const present = (sql: postgres.Sql | postgres.TransactionSql) =>
  sql`(state NOT IN ('REMOVED', 'OUT_OF_SCOPE') OR state = 'REMOVED' AND code IS NOT NULL)`;

/** How many objects of the scope are taken for present. */
export async function countPresent(
  { sql }: Pick<Transaction, 'sql'> | Pick<Database, 'sql'>,
  storage: LedgerOwner,
  scope: Scope,
): Promise<number> {
  const [row] = await sql<{ total: number }[]>`
    SELECT count(*) AS total FROM objects WHERE ${of(sql, storage)} AND ${present(sql)} AND ${inScope(sql, scope)}`;
  return row?.total ?? 0;
}

/** An entry that has left the scope keeps, as its code, the state that it has to come back to. */
const leaving = (sql: postgres.TransactionSql) =>
  sql`state = 'OUT_OF_SCOPE', code = CASE WHEN state IN ('FAILED', 'SKIPPED') THEN state::text END, message = NULL`;

/** These objects are no longer looked at. Their tasks stay, and so does what is known of them. */
export async function setOutOfScope(
  { sql }: Pick<Transaction, 'sql'>,
  storage: LedgerOwner,
  syncId: number,
  keys: readonly string[],
): Promise<void> {
  if (keys.length === 0) return;
  await sql`
    UPDATE objects SET ${leaving(sql)}, sync_id = ${syncId}
    WHERE ${of(sql, storage)} AND key = ANY(${keys as string[]}::text[])`;
}

/** The same for all that lie outside the scope and behind the key. @returns how many have left it now */
export async function leaveScope(
  { sql }: Pick<Transaction, 'sql'>,
  storage: LedgerOwner,
  syncId: number,
  scope: Scope,
  after: string,
): Promise<number> {
  const left = await sql`
    UPDATE objects SET ${leaving(sql)}, sync_id = ${syncId}
    WHERE ${of(sql, storage)} AND key > ${after} AND ${present(sql)} AND NOT (${inScope(sql, scope)})`;
  return left.count;
}

/** Objects whose tasks turned out to be in the project, or deleted, before they were imported. */
export async function setSkipped(
  { sql }: Pick<Transaction, 'sql'>,
  storage: LedgerOwner,
  reason: SkipReason,
  keys: readonly string[],
): Promise<void> {
  if (keys.length === 0) return;
  await sql`
    UPDATE objects SET state = 'SKIPPED', code = ${reason}, message = NULL
    WHERE ${of(sql, storage)} AND key = ANY(${keys as string[]}::text[])`;
}
