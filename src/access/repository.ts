import { and, eq, sql } from 'drizzle-orm';
import type { Db, Transaction } from '../database/client.ts';
import { auditLog, idempotencyKeys } from '../database/tables.ts';
import type { AuditEntry } from './audit.ts';

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
