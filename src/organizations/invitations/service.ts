import { randomBytes } from 'node:crypto';
import type { Access } from '../../access/access.ts';
import { permits } from '../../access/permissions.ts';
import { type Database, transaction } from '../../database/client.ts';
import type { Count } from '../../database/count.ts';
import { ConflictError, NotFoundError, UnauthenticatedError, ValidationError } from '../../errors.ts';
import { createToken, hashToken } from '../../security/tokens.ts';
import { addressOf } from '../members/address.ts';
import * as members from '../members/repository.ts';
import { refuseAbove } from '../members/service.ts';
import { type Role, unlimited, type Viewer } from '../model.ts';
import { insertToken } from '../repository.ts';
import { type Invitation, stateOf } from './model.ts';
import * as repository from './repository.ts';

export type InvitationService = ReturnType<typeof createInvitationService>;

/** How long a code holds, and the token that it is exchanged for, in milliseconds. */
const LIFETIME = 7 * 24 * 60 * 60 * 1_000;

/**
 * Invitations: whoever presents the code becomes a member. The inviter hands it over, and never gets to know a token of
 * the new member.
 */
export function createInvitationService(database: Database, access: Access) {
  const { db } = database;

  /** Makes a member of whoever was invited. @throws UnauthenticatedError, and the invitation stays as it is */
  async function admit(code: string): Promise<{ viewer: Viewer; invitation: Invitation }> {
    return transaction(database, async ({ db }) => {
      const invitation = await repository.takeInvitation(db, hashToken(code));
      if (!invitation) throw refused();
      const { organizationId, email, role, invitedBy, scopes } = invitation;
      const [inviter] = await members.membersById(db, organizationId, [invitedBy]);
      if (stateOf(invitation, inviter?.role) !== 'PENDING') throw refused();
      const user = await members.ensureUser(db, { organizationId, email, firstName: '', lastName: '' });
      if (!(await members.addMembership(db, { organizationId, userId: user.id, role }))) throw refused();
      const viewer = { organizationId, userId: user.id, role, tokenId: 0, scopes, projectId: null };
      return { viewer, invitation };
    });
  }

  return {
    /** Those that were neither accepted nor revoked, in the order in which their addresses were first invited. */
    async list(viewer: Viewer, page: { limit: number; after?: number | undefined }): Promise<Invitation[]> {
      await access.authorize(viewer, 'invitation.read', null);
      return repository.invitationsOf(db, viewer.organizationId, page);
    },

    async count(viewer: Viewer): Promise<Count> {
      await access.authorize(viewer, 'invitation.read', null);
      return repository.countInvitations(db, viewer.organizationId);
    },

    /** Those of the ids that the viewer may see. */
    async visible(viewer: Viewer, ids: readonly number[]): Promise<Invitation[]> {
      if (!permits(viewer, 'invitation.read')) return [];
      return repository.invitationsById(db, viewer.organizationId, ids);
    },

    /**
     * A code for an address, shown once; one that it was given before ends.
     * @throws ValidationError, ForbiddenError, ConflictError for one who is a member already
     */
    async invite(
      viewer: Viewer,
      { email: given, role }: { email: string; role: Role },
    ): Promise<{ invitation: Invitation; invitationCode: string }> {
      const email = checked(given);
      const code = `li_${randomBytes(32).toString('base64url')}`;
      return access.command(viewer, 'member.invite', null, async (tx) => {
        refuseAbove(viewer, role);
        const { organizationId, userId: invitedBy, scopes } = viewer;
        const before = await repository.invitationOf(tx.db, organizationId, email);
        if (before) refuseAbove(viewer, before.role);
        const user = await members.userByEmail(tx.db, organizationId, email);
        const [member] = user ? await members.membersById(tx.db, organizationId, [user.id]) : [];
        if (member) {
          const message = `${email} is a member already: change the role instead.`;
          throw new ConflictError('ALREADY_A_MEMBER', message);
        }
        const invitation = await repository.putInvitation(tx.db, {
          ...{ organizationId, email, role, invitedBy, scopes: [...scopes], hash: hashToken(code) },
          expiresAt: new Date(Date.now() + LIFETIME),
        });
        tx.record({ id: invitation.id, after: { email, role } });
        return { invitation, invitationCode: code };
      });
    },

    /** Ends an invitation, accepted ones aside. @throws NotFoundError, ForbiddenError */
    revoke: (viewer: Viewer, id: number): Promise<Invitation> =>
      access.command(viewer, 'invitation.revoke', null, async (tx) => {
        const invitation = await repository.dropInvitation(tx.db, viewer.organizationId, id);
        if (!invitation) throw new NotFoundError('invitation', id);
        const { email, role } = invitation;
        refuseAbove(viewer, role);
        tx.record({ id, before: { email, role } });
        return invitation;
      }),

    /**
     * Makes whoever has the code a member, once.
     * @param address where it came from
     * @returns a first token of the member's own
     * @throws UnauthenticatedError for a code that is unknown, used, revoked or expired
     */
    async accept(code: string, address: string): Promise<{ token: string; expiresAt: Date }> {
      const { viewer, invitation } = await admit(code);
      const { token, ...secret } = createToken();
      const { organizationId, userId, scopes, role } = viewer;
      const expiresAt = new Date(Date.now() + LIFETIME);
      const values = { organizationId, userId, title: 'Invitation', expiresAt, scopes, projectId: null };
      await access.command({ ...viewer, ...unlimited, address }, 'token.create', null, async (tx) => {
        const { id } = await insertToken(tx.db, { ...values, ...secret });
        tx.record({ id, after: { title: values.title, email: invitation.email, role } });
      });
      return { token, expiresAt };
    },
  };
}

const refused = () =>
  new UnauthenticatedError('The code has been used or has expired: ask for another invitation.');

/** @throws ValidationError */
function checked(given: string): string {
  const email = addressOf(given);
  if (email) return email;
  const message = 'Expected an e-mail address, such as "ann@example.com".';
  throw new ValidationError([{ path: 'email', message }]);
}
