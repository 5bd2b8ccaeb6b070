import type { Db } from '../database/client.ts';
import { auditLog } from '../database/tables.ts';
import type { AuditEntry } from './audit.ts';

export async function insertAuditEntry(db: Db, entry: AuditEntry): Promise<void> {
  await db.insert(auditLog).values(entry);
}
