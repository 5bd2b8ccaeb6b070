import { randomUUID } from 'node:crypto';
import type { Database } from '../database/client.ts';
import { transaction } from '../database/client.ts';
import { NotFoundError, UnauthenticatedError, ValidationError } from '../errors.ts';
import { createToken, hashToken } from '../security/tokens.ts';
import type { ApiToken, Organization, Viewer } from './model.ts';
import * as repository from './repository.ts';

export type OrganizationService = ReturnType<typeof createOrganizationService>;

/** The administrator of a fresh installation. */
const FIRST_USER = { email: 'admin@localhost', firstName: 'Admin', lastName: '' };

export function createOrganizationService(database: Database) {
  const { db } = database;

  async function issueToken(
    owner: { organizationId: number; userId: number },
    input: { title: string; expiresAt?: Date | null | undefined },
  ): Promise<{ apiToken: ApiToken; token: string }> {
    const title = input.title.trim();
    if (title === '')
      throw new ValidationError([{ path: 'title', message: 'Expected a title, got nothing.' }]);
    if (input.expiresAt && input.expiresAt.getTime() <= Date.now()) {
      throw new ValidationError([{ path: 'expiresAt', message: 'Expected a time in the future.' }]);
    }
    const { token, hash, hint } = createToken();
    const values = { ...owner, title, hash, hint, expiresAt: input.expiresAt ?? null };
    return { apiToken: await repository.insertToken(db, values), token };
  }

  return {
    /** @throws UnauthenticatedError when the token stands for nobody (any more) */
    async authenticate(token: string): Promise<Viewer> {
      const viewer = await repository.viewerByTokenHash(db, hashToken(token));
      if (!viewer) {
        throw new UnauthenticatedError('The token is unknown, expired or revoked: create another one.');
      }
      return viewer;
    },

    viewerIsCurrent: (viewer: Viewer) => repository.viewerIsCurrent(db, viewer),

    /**
     * The organization of this installation with its first user, created if there is none yet: what the
     * command line works as.
     */
    async ensureFirst(): Promise<{ organization: Organization; viewer: Viewer; created: boolean }> {
      return transaction(database, async (tx) => {
        await tx.sql`SELECT pg_advisory_xact_lock(hashtext('longshore first organization'))`;
        const existing = await repository.firstOrganization(tx.db);
        if (existing) {
          const owner = await repository.ownerOf(tx.db, existing.id);
          if (!owner) throw new NotFoundError('owner of organization', existing.id);
          return { organization: existing, viewer: asOwner(existing.id, owner.id), created: false };
        }
        const organization = await repository.insertOrganization(tx.db, {
          title: 'My organization',
          externalId: randomUUID(),
        });
        const user = await repository.insertUser(tx.db, FIRST_USER);
        await repository.insertMembership(tx.db, {
          organizationId: organization.id,
          userId: user.id,
          role: 'OWNER',
        });
        return { organization, viewer: asOwner(organization.id, user.id), created: true };
      });
    },

    issueToken,

    createApiToken: (viewer: Viewer, input: { title: string; expiresAt?: Date | null | undefined }) =>
      issueToken(viewer, input),

    apiTokens: (viewer: Viewer) => repository.tokensOfUser(db, viewer),

    async revokeApiToken(viewer: Viewer, id: number): Promise<ApiToken> {
      const token = await repository.revokeToken(db, viewer, id);
      if (!token) throw new NotFoundError('API token', id);
      return token;
    },

    organizations: (ids: readonly number[]) => repository.organizationsById(db, ids),
    users: (ids: readonly number[]) => repository.usersById(db, ids),
  };
}

/** The command line acts as the owner, without a token. */
function asOwner(organizationId: number, userId: number): Viewer {
  return { organizationId, userId, role: 'OWNER', tokenId: 0 };
}
