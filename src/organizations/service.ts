import { randomUUID } from 'node:crypto';
import type { Access } from '../access/access.ts';
import type { Database } from '../database/client.ts';
import { transaction } from '../database/client.ts';
import { readFact, setFact } from '../database/installation.ts';
import { ForbiddenError, NotFoundError, UnauthenticatedError, ValidationError } from '../errors.ts';
import { createToken, hashToken } from '../security/tokens.ts';
import {
  type ApiToken,
  type Organization,
  type TokenScope,
  tokenScopes,
  unlimited,
  type Viewer,
} from './model.ts';
import * as repository from './repository.ts';

export type OrganizationService = ReturnType<typeof createOrganizationService>;

/** The fact that names the token of the last start by its id. */
const START_TOKEN = 'start-token';

/** The administrator of a fresh installation. */
const FIRST_USER = { email: 'admin@localhost', firstName: 'Admin', lastName: '' };

export function createOrganizationService(database: Database, access: Access) {
  const { db } = database;

  return {
    /** @throws UnauthenticatedError when the token stands for nobody (any more) */
    async authenticate(token: string): Promise<Viewer> {
      const viewer = await repository.viewerByTokenHash(db, hashToken(token));
      if (!viewer) {
        throw new UnauthenticatedError('The token is unknown, expired or revoked: create another one.');
      }
      return viewer;
    },

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
        const user = await repository.insertUser(tx.db, { ...FIRST_USER, organizationId: organization.id });
        await repository.insertMembership(tx.db, {
          organizationId: organization.id,
          userId: user.id,
          role: 'OWNER',
        });
        return { organization, viewer: asOwner(organization.id, user.id), created: true };
      });
    },

    /**
     * A token for oneself, in the organization of the viewer. It is shown once, and can do no more than the viewer's own token.
     * @throws ValidationError, ForbiddenError, NotFoundError for a project that is not the viewer's
     */
    async createApiToken(
      viewer: Viewer,
      { idempotencyKey, ...input }: TokenInput & { idempotencyKey?: string | null | undefined },
    ): Promise<{ apiToken: ApiToken; token: string }> {
      const values = checked(viewer, input);
      const { projectId } = values;
      if (projectId !== null) await access.authorize(viewer, 'project.read', { projectId });
      const { token, ...secret } = createToken();
      const { organizationId, userId } = viewer;
      return access.command(
        viewer,
        'token.create',
        null,
        async (tx) => {
          const owner = { organizationId, userId };
          const apiToken = await repository.insertToken(tx.db, { ...owner, ...values, ...secret });
          tx.record({ id: apiToken.id, after: apiToken });
          return { apiToken, token };
        },
        {
          key: idempotencyKey,
          // What was left out is the viewer's: another token must not get at what this one makes.
          input: values,
          remember: ({ apiToken }) => apiToken.id,
          async recall(id, tx) {
            const apiToken = await repository.replaceTokenSecret(tx.db, id, secret);
            return apiToken && { apiToken, token };
          },
        },
      );
    },

    /** The token that a start of the service prints, for 30 days: the one that the start before it printed ends. */
    async createStartToken(viewer: Viewer): Promise<string> {
      const { token, hash, hint } = createToken();
      const { organizationId, userId } = viewer;
      const now = Date.now();
      const values = {
        title: `Start of ${new Date(now).toISOString()}`,
        expiresAt: new Date(now + 30 * 24 * 60 * 60 * 1000),
      };
      return access.command(viewer, 'token.create', null, async (tx) => {
        const before = await readFact(tx, START_TOKEN);
        if (before !== undefined) await repository.revokeToken(tx.db, viewer, Number(before));
        const created = await repository.insertToken(tx.db, {
          organizationId,
          userId,
          ...values,
          hash,
          hint,
          ...unlimited,
        });
        await setFact(tx, START_TOKEN, String(created.id));
        tx.record({ id: created.id, after: created });
        return token;
      });
    },

    apiTokens: (viewer: Viewer, page: { limit: number; after?: number | undefined }) =>
      repository.tokensOfUser(db, viewer, page),
    countApiTokens: (viewer: Viewer) => repository.countTokens(db, viewer),
    ownApiTokens: (viewer: Viewer, ids: readonly number[]) => repository.tokensById(db, viewer, ids),

    revokeApiToken: (viewer: Viewer, id: number): Promise<ApiToken> =>
      access.command(viewer, 'token.revoke', null, async (tx) => {
        const token = await repository.revokeToken(tx.db, viewer, id);
        if (!token) throw new NotFoundError('API token', id);
        tx.record({ id, after: { revokedAt: token.revokedAt } });
        return token;
      }),

    /** Those of the ids that are the viewer's own organization. */
    organizations: (viewer: Viewer, ids: readonly number[]) =>
      repository.organizationsById(
        db,
        ids.filter((id) => id === viewer.organizationId),
      ),

    /** Those who are, or were, in the viewer's organization. */
    users: (viewer: Viewer, ids: readonly number[]) =>
      repository.usersOfOrganization(db, viewer.organizationId, ids),
  };
}

interface TokenInput {
  title: string;
  expiresAt?: Date | null | undefined;
  /** Absent: the viewer's own. READ comes with each. */
  scopes?: readonly TokenScope[] | null | undefined;
  projectId?: number | null | undefined;
}

/** @throws ValidationError, ForbiddenError for scopes that the viewer's token lacks */
function checked(viewer: Viewer, { title: given, expiresAt = null, scopes: wanted, projectId }: TokenInput) {
  const title = given.trim();
  if (title === '')
    throw new ValidationError([
      { path: 'title', code: 'REQUIRED', message: 'Expected a title, got nothing.' },
    ]);
  if (expiresAt && expiresAt.getTime() <= Date.now()) {
    throw new ValidationError([
      { path: 'expiresAt', code: 'OUT_OF_RANGE', message: 'Expected a time in the future.' },
    ]);
  }
  if (wanted?.length === 0) {
    throw new ValidationError([
      { path: 'scopes', code: 'REQUIRED', message: 'Expected at least one scope, got none.' },
    ]);
  }
  const missing = wanted?.find((scope) => !viewer.scopes.includes(scope));
  if (missing)
    throw new ForbiddenError(`This token lacks the scope ${missing}, and cannot give it to another.`);
  const scopes = wanted
    ? tokenScopes.filter((scope) => scope === 'READ' || wanted.includes(scope))
    : viewer.scopes;
  return { title, expiresAt, scopes, projectId: projectId ?? viewer.projectId };
}

/** The command line acts as the owner, without a token. */
function asOwner(organizationId: number, userId: number): Viewer {
  return { organizationId, userId, role: 'OWNER', tokenId: 0, ...unlimited };
}
