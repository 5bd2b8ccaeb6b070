import { and, count, desc, eq, gte, lt } from 'drizzle-orm';
import type { Db } from '../database/client.ts';
import { auditLog } from '../database/tables.ts';
import type { Action } from './actions.ts';
import type { AuditEntry, Changes } from './audit.ts';

export async function insertAuditEntry(db: Db, entry: AuditEntry): Promise<void> {
  await db.insert(auditLog).values(entry);
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

export async function countAuditEntries(
  db: Db,
  organizationId: number,
  filter: AuditFilter,
): Promise<number> {
  const [row] = await db.select({ total: count() }).from(auditLog).where(matching(organizationId, filter));
  return row?.total ?? 0;
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
