import { and, asc, count, eq, gt, inArray, isNull, sql } from 'drizzle-orm';
import type { Db } from '../../database/client.ts';
import { apiTokens } from '../../database/tables/access.ts';
import { invitations, memberships, users } from '../../database/tables/organizations.ts';
import type { Role, User } from '../model.ts';

/** A user within an organization. */
export interface Member {
  user: User;
  organizationId: number;
  role: Role;
  /** Since when. */
  createdAt: Date;
}

const columns = {
  user: users,
  organizationId: memberships.organizationId,
  role: memberships.role,
  createdAt: memberships.createdAt,
};

const members = (db: Db) =>
  db.select(columns).from(memberships).innerJoin(users, eq(users.id, memberships.userId));

/** A page of an organization's members, by user id. */
export async function membersOf(
  db: Db,
  organizationId: number,
  page: { limit: number; after?: number | undefined },
): Promise<Member[]> {
  return members(db)
    .where(and(eq(memberships.organizationId, organizationId), gt(users.id, page.after ?? 0)))
    .orderBy(asc(users.id))
    .limit(page.limit);
}

export async function countMembers(db: Db, organizationId: number): Promise<number> {
  const [row] = await db
    .select({ total: count() })
    .from(memberships)
    .where(eq(memberships.organizationId, organizationId));
  return row?.total ?? 0;
}

export async function membersById(
  db: Db,
  organizationId: number,
  userIds: readonly number[],
): Promise<Member[]> {
  return members(db).where(
    and(eq(memberships.organizationId, organizationId), inArray(users.id, [...userIds])),
  );
}

/** Locks the organization's owners, so that two at once can't each remove the other. @returns how many there are */
export async function lockOwners(db: Db, organizationId: number): Promise<number> {
  const owners = await db
    .select({ userId: memberships.userId })
    .from(memberships)
    .where(and(eq(memberships.organizationId, organizationId), eq(memberships.role, 'OWNER')))
    .orderBy(memberships.userId)
    .for('update');
  return owners.length;
}

/** undefined: the organization has, and had, no such user. */
export async function userByEmail(db: Db, organizationId: number, email: string): Promise<User | undefined> {
  const [user] = await db
    .select()
    .from(users)
    .where(and(eq(users.organizationId, organizationId), eq(users.email, email)));
  return user;
}

/** The organization's user with this e-mail address, made if there is none; names of one who is there stay. */
export async function ensureUser(
  db: Db,
  values: { organizationId: number; email: string; firstName: string; lastName: string },
): Promise<User> {
  await db.insert(users).values(values).onConflictDoNothing();
  return (await userByEmail(db, values.organizationId, values.email))!;
}

/** false: the user is a member already. An invitation of a new one ends. */
export async function addMembership(
  db: Db,
  values: { organizationId: number; userId: number; role: Role },
): Promise<boolean> {
  const rows = await db.insert(memberships).values(values).onConflictDoNothing().returning();
  const email = db.select({ email: users.email }).from(users).where(eq(users.id, values.userId));
  await db
    .delete(invitations)
    .where(and(eq(invitations.organizationId, values.organizationId), inArray(invitations.email, email)));
  return rows.length > 0;
}

export async function changeRole(
  db: Db,
  { organizationId, userId, role }: { organizationId: number; userId: number; role: Role },
): Promise<void> {
  await db
    .update(memberships)
    .set({ role })
    .where(and(eq(memberships.organizationId, organizationId), eq(memberships.userId, userId)));
}

/** Ends a membership, and every token that it gave rise to. */
export async function removeMembership(
  db: Db,
  { organizationId, userId }: { organizationId: number; userId: number },
): Promise<void> {
  await db
    .delete(memberships)
    .where(and(eq(memberships.organizationId, organizationId), eq(memberships.userId, userId)));
  await db
    .update(apiTokens)
    .set({ revokedAt: sql`now()` })
    .where(
      and(
        eq(apiTokens.organizationId, organizationId),
        eq(apiTokens.userId, userId),
        isNull(apiTokens.revokedAt),
      ),
    );
}
