import { and, asc, eq, gt, inArray, sql } from 'drizzle-orm';
import type { Db } from '../../database/client.ts';
import { type Count, countRows } from '../../database/count.ts';
import { invitations } from '../../database/tables/organizations.ts';
import type { Invitation } from './model.ts';

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

const ofOrganization = (organizationId: number) => eq(invitations.organizationId, organizationId);

/** A page of an organization's invitations, by id. */
export async function invitationsOf(
  db: Db,
  organizationId: number,
  page: { limit: number; after?: number | undefined },
): Promise<Invitation[]> {
  return db
    .select(columns)
    .from(invitations)
    .where(and(ofOrganization(organizationId), gt(invitations.id, page.after ?? 0)))
    .orderBy(asc(invitations.id))
    .limit(page.limit);
}

export const countInvitations = (db: Db, organizationId: number): Promise<Count> =>
  countRows(db, invitations, ofOrganization(organizationId));

/** Those of the ids that are the organization's. */
export async function invitationsById(
  db: Db,
  organizationId: number,
  ids: readonly number[],
): Promise<Invitation[]> {
  return db
    .select(columns)
    .from(invitations)
    .where(and(ofOrganization(organizationId), inArray(invitations.id, [...ids])));
}

/** undefined: nobody of this address is invited. */
export async function invitationOf(
  db: Db,
  organizationId: number,
  email: string,
): Promise<Invitation | undefined> {
  const [row] = await db
    .select(columns)
    .from(invitations)
    .where(and(ofOrganization(organizationId), eq(invitations.email, email)));
  return row;
}

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

/** Removes an invitation; undefined: the organization has no such one. */
export async function dropInvitation(
  db: Db,
  organizationId: number,
  id: number,
): Promise<Invitation | undefined> {
  const [row] = await db
    .delete(invitations)
    .where(and(ofOrganization(organizationId), eq(invitations.id, id)))
    .returning(columns);
  return row;
}
