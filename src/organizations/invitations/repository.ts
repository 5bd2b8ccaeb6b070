import { and, eq, gt, sql } from 'drizzle-orm';
import type { Db } from '../../database/client.ts';
import { invitations } from '../../database/tables.ts';

export type Invitation = Omit<typeof invitations.$inferSelect, 'hash'>;

const columns = {
  id: invitations.id,
  organizationId: invitations.organizationId,
  email: invitations.email,
  role: invitations.role,
  invitedBy: invitations.invitedBy,
  scopes: invitations.scopes,
  createdAt: invitations.createdAt,
  expiresAt: invitations.expiresAt,
};

/** In place of one to the same address, whose code ends. */
export async function putInvitation(
  db: Db,
  values: Omit<typeof invitations.$inferInsert, 'id' | 'createdAt'>,
): Promise<Invitation> {
  const { organizationId: _, email: __, ...changes } = values;
  const [row] = await db
    .insert(invitations)
    .values(values)
    .onConflictDoUpdate({
      target: [invitations.organizationId, invitations.email],
      set: { ...changes, createdAt: sql`now()` },
    })
    .returning(columns);
  return row!;
}

/** Uses up the invitation with this code; undefined: there is none, or it has expired. */
export async function takeInvitation(db: Db, hash: Buffer): Promise<Invitation | undefined> {
  const [row] = await db
    .delete(invitations)
    .where(and(eq(invitations.hash, hash), gt(invitations.expiresAt, sql`now()`)))
    .returning(columns);
  return row;
}

/** undefined: nobody of this address is invited. */
export async function dropInvitation(
  db: Db,
  organizationId: number,
  email: string,
): Promise<Invitation | undefined> {
  const [row] = await db
    .delete(invitations)
    .where(and(eq(invitations.organizationId, organizationId), eq(invitations.email, email)))
    .returning(columns);
  return row;
}
