import { and, desc, eq, gt, inArray, isNull, lt, or, type SQL, sql } from 'drizzle-orm';
import type { Db } from '../database/client.ts';
import { countRows } from '../database/count.ts';
import { apiTokens } from '../database/tables/access.ts';
import { memberships, organizations, users } from '../database/tables/organizations.ts';
import type { ApiToken, Organization, Role, TokenLimits, User, Viewer } from './model.ts';

const tokenColumns = {
  id: apiTokens.id,
  organizationId: apiTokens.organizationId,
  userId: apiTokens.userId,
  title: apiTokens.title,
  hint: apiTokens.hint,
  createdAt: apiTokens.createdAt,
  expiresAt: apiTokens.expiresAt,
  revokedAt: apiTokens.revokedAt,
  scopes: apiTokens.scopes,
  projectId: apiTokens.projectId,
};

export async function organizationsById(db: Db, ids: readonly number[]): Promise<Organization[]> {
  return db
    .select()
    .from(organizations)
    .where(inArray(organizations.id, [...ids]));
}

/** Those of the users who are in an organization, or were. */
export async function usersOfOrganization(
  db: Db,
  organizationId: number,
  ids: readonly number[],
): Promise<User[]> {
  return db
    .select()
    .from(users)
    .where(and(eq(users.organizationId, organizationId), inArray(users.id, [...ids])));
}

/** Who the token with this hash stands for; undefined: revoked, expired, unknown or no longer a member. */
export const viewerByTokenHash = (db: Db, hash: Buffer) => viewerWhere(db, eq(apiTokens.hash, hash));

/** The same for a token that was used before. */
export const currentViewer = (db: Db, tokenId: number) => viewerWhere(db, eq(apiTokens.id, tokenId));

async function viewerWhere(db: Db, which: SQL): Promise<Viewer | undefined> {
  const [row] = await db
    .select({
      userId: apiTokens.userId,
      organizationId: apiTokens.organizationId,
      role: memberships.role,
      tokenId: apiTokens.id,
      scopes: apiTokens.scopes,
      projectId: apiTokens.projectId,
    })
    .from(apiTokens)
    .innerJoin(
      memberships,
      and(eq(memberships.userId, apiTokens.userId), eq(memberships.organizationId, apiTokens.organizationId)),
    )
    .where(
      and(
        which,
        isNull(apiTokens.revokedAt),
        or(isNull(apiTokens.expiresAt), gt(apiTokens.expiresAt, sql`now()`)),
      ),
    );
  return row;
}

/** The first organization there is; undefined on a fresh database. */
export async function firstOrganization(db: Db): Promise<Organization | undefined> {
  const [row] = await db.select().from(organizations).orderBy(organizations.id).limit(1);
  return row;
}

export async function insertOrganization(
  db: Db,
  values: { title: string; externalId: string },
): Promise<Organization> {
  const [row] = await db.insert(organizations).values(values).returning();
  return row!;
}

export async function insertUser(
  db: Db,
  values: { organizationId: number; email: string; firstName: string; lastName: string },
): Promise<User> {
  const [row] = await db.insert(users).values(values).returning();
  return row!;
}

export async function insertMembership(
  db: Db,
  values: { organizationId: number; userId: number; role: Role },
): Promise<void> {
  await db.insert(memberships).values(values);
}

/** The user of an organization by e-mail, with the role; undefined: not a member. */
export async function memberByEmail(
  db: Db,
  organizationId: number,
  email: string,
): Promise<(User & { role: Role }) | undefined> {
  const [row] = await db
    .select({ user: users, role: memberships.role })
    .from(users)
    .innerJoin(
      memberships,
      and(eq(memberships.userId, users.id), eq(memberships.organizationId, organizationId)),
    )
    .where(eq(users.email, email));
  return row && { ...row.user, role: row.role };
}

/** The first member with the role OWNER. */
export async function ownerOf(db: Db, organizationId: number): Promise<User | undefined> {
  const [row] = await db
    .select({ user: users })
    .from(users)
    .innerJoin(
      memberships,
      and(
        eq(memberships.userId, users.id),
        eq(memberships.organizationId, organizationId),
        eq(memberships.role, 'OWNER'),
      ),
    )
    .orderBy(users.id)
    .limit(1);
  return row?.user;
}

/** Members among the given users, found by id or e-mail: for `completed_by` of imported annotations. */
export async function membersAmong(
  db: Db,
  organizationId: number,
  wanted: { ids: number[]; emails: string[] },
): Promise<{ id: number; email: string }[]> {
  if (wanted.ids.length + wanted.emails.length === 0) return [];
  return db
    .select({ id: users.id, email: users.email })
    .from(users)
    .innerJoin(
      memberships,
      and(eq(memberships.userId, users.id), eq(memberships.organizationId, organizationId)),
    )
    .where(or(inArray(users.id, wanted.ids), inArray(users.email, wanted.emails)));
}

type TokenValues = TokenLimits & {
  organizationId: number;
  userId: number;
  title: string;
  hash: Buffer;
  hint: string;
  expiresAt: Date | null;
};

export async function insertToken(db: Db, values: TokenValues): Promise<ApiToken> {
  const [row] = await db
    .insert(apiTokens)
    .values({ ...values, scopes: [...values.scopes] })
    .returning(tokenColumns);
  return row!;
}

/** The token with this hash, made if there is none; from now on it holds until the time that is given. */
export async function renewToken(db: Db, values: TokenValues): Promise<ApiToken> {
  const { expiresAt } = values;
  const [row] = await db
    .insert(apiTokens)
    .values({ ...values, scopes: [...values.scopes] })
    .onConflictDoUpdate({ target: apiTokens.hash, set: { expiresAt, revokedAt: null } })
    .returning(tokenColumns);
  return row!;
}

/** Gives a token that still holds another secret; undefined: there is no such one. */
export async function replaceTokenSecret(
  db: Db,
  id: number,
  secret: { hash: Buffer; hint: string },
): Promise<ApiToken | undefined> {
  const [row] = await db
    .update(apiTokens)
    .set(secret)
    .where(and(eq(apiTokens.id, id), isNull(apiTokens.revokedAt)))
    .returning(tokenColumns);
  return row;
}

const holding = ({ userId, organizationId }: Viewer) =>
  and(
    eq(apiTokens.userId, userId),
    eq(apiTokens.organizationId, organizationId),
    isNull(apiTokens.revokedAt),
  );

/** A page of the user's own tokens that still hold, newest first. */
export async function tokensOfUser(
  db: Db,
  viewer: Viewer,
  { limit, after }: { limit: number; after?: number | undefined },
): Promise<ApiToken[]> {
  return db
    .select(tokenColumns)
    .from(apiTokens)
    .where(and(holding(viewer), after === undefined ? undefined : lt(apiTokens.id, after)))
    .orderBy(desc(apiTokens.id))
    .limit(limit);
}

export const countTokens = (db: Db, viewer: Viewer) => countRows(db, apiTokens, holding(viewer));

/** Those of the user's own tokens, revoked ones too. */
export async function tokensById(db: Db, viewer: Viewer, ids: readonly number[]): Promise<ApiToken[]> {
  const own = and(eq(apiTokens.userId, viewer.userId), eq(apiTokens.organizationId, viewer.organizationId));
  return db
    .select(tokenColumns)
    .from(apiTokens)
    .where(and(own, inArray(apiTokens.id, [...ids])));
}

/** Revokes one of the user's own tokens; undefined: there is no such one. */
export async function revokeToken(db: Db, viewer: Viewer, id: number): Promise<ApiToken | undefined> {
  const [row] = await db
    .update(apiTokens)
    .set({ revokedAt: sql`now()` })
    .where(
      and(
        eq(apiTokens.id, id),
        eq(apiTokens.userId, viewer.userId),
        eq(apiTokens.organizationId, viewer.organizationId),
        isNull(apiTokens.revokedAt),
      ),
    )
    .returning(tokenColumns);
  return row;
}
