import { and, desc, eq, gte, inArray, lt, sql } from 'drizzle-orm';
import type { Db, Transaction } from '../database/client.ts';
import { type Count, countRows } from '../database/count.ts';
import { auditLog, idempotencyKeys } from '../database/tables/access.ts';
import type { Action } from './actions.ts';
import type { AuditEntry, Changes } from './audit.ts';

export async function insertAuditEntry(db: Db, entry: AuditEntry): Promise<void> {
  await db.insert(auditLog).values(entry);
}

type IdempotencyKey = Pick<
  typeof idempotencyKeys.$inferSelect,
  'organizationId' | 'userId' | 'projectId' | 'action' | 'keyHash' | 'inputHash'
>;

const same = ({ organizationId, userId, action, keyHash }: IdempotencyKey) =>
  and(
    eq(idempotencyKeys.organizationId, organizationId),
    eq(idempotencyKeys.userId, userId),
    eq(idempotencyKeys.action, action),
    eq(idempotencyKeys.keyHash, keyHash),
  );

/** Takes a key for this transaction; what it was taken for before, if it was. Waits for who takes it right now. */
export async function claimKey(
  { db }: Pick<Transaction, 'db'>,
  claim: IdempotencyKey,
): Promise<{ inputHash: Buffer; result: number | null } | undefined> {
  const taken = await db.insert(idempotencyKeys).values(claim).onConflictDoNothing().returning();
  if (taken.length > 0) return undefined;
  const [row] = await db.select().from(idempotencyKeys).where(same(claim));
  return row;
}

export async function rememberResult(
  { db }: Pick<Transaction, 'db'>,
  claim: IdempotencyKey,
  result: number,
): Promise<void> {
  await db.update(idempotencyKeys).set({ result }).where(same(claim));
}

/** Forgets keys that are older than a day. */
export async function dropOldKeys({ db }: Pick<Transaction, 'db'>): Promise<void> {
  await db.delete(idempotencyKeys).where(sql`${idempotencyKeys.createdAt} < now() - interval '24 hours'`);
}

/** An entry of the audit log, as it is stored. */
export type StoredAuditEntry = typeof auditLog.$inferSelect & { changes: Changes };

/** Which entries; all conditions must hold. */
export interface AuditFilter {
  projectId?: number | null | undefined;
  userId?: number | null | undefined;
  action?: Action | null | undefined;
  /** From this instant on. */
  since?: Date | null | undefined;
  /** Before this instant. */
  until?: Date | null | undefined;
}

/** A page of an organization's entries, newest first. */
export async function auditEntriesOf(
  db: Db,
  organizationId: number,
  filter: AuditFilter,
  page: { limit: number; after?: number | undefined },
): Promise<StoredAuditEntry[]> {
  const before = page.after === undefined ? undefined : lt(auditLog.id, page.after);
  const rows = await db
    .select()
    .from(auditLog)
    .where(and(matching(organizationId, filter), before))
    .orderBy(desc(auditLog.id))
    .limit(page.limit);
  return rows as StoredAuditEntry[];
}

export const countAuditEntries = (db: Db, organizationId: number, filter: AuditFilter): Promise<Count> =>
  countRows(db, auditLog, matching(organizationId, filter));

/** Those of an organization's entries. */
export async function auditEntriesById(
  db: Db,
  organizationId: number,
  ids: readonly number[],
): Promise<StoredAuditEntry[]> {
  const rows = await db
    .select()
    .from(auditLog)
    .where(and(eq(auditLog.organizationId, organizationId), inArray(auditLog.id, [...ids])));
  return rows as StoredAuditEntry[];
}

const matching = (organizationId: number, { projectId, userId, action, since, until }: AuditFilter) =>
  and(
    eq(auditLog.organizationId, organizationId),
    projectId == null ? undefined : eq(auditLog.projectId, projectId),
    userId == null ? undefined : eq(auditLog.userId, userId),
    action == null ? undefined : eq(auditLog.action, action),
    since == null ? undefined : gte(auditLog.createdAt, since),
    until == null ? undefined : lt(auditLog.createdAt, until),
  );
