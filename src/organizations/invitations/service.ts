import { randomBytes } from 'node:crypto';
import type { Access } from '../../access/access.ts';
import { permits } from '../../access/permissions.ts';
import { type Database, transaction } from '../../database/client.ts';
import { ConflictError, NotFoundError, UnauthenticatedError, ValidationError } from '../../errors.ts';
import { createToken, hashToken } from '../../security/tokens.ts';
import { addressOf } from '../members/address.ts';
import * as members from '../members/repository.ts';
import { refuseAbove } from '../members/service.ts';
import { atLeast, type Role, unlimited, type Viewer } from '../model.ts';
import { insertToken } from '../repository.ts';
import type { Invitation } from './repository.ts';
import * as repository from './repository.ts';

export type { Invitation };
export type InvitationService = ReturnType<typeof createInvitationService>;

/** How long a code holds, and the token that it is exchanged for, in milliseconds. */
const LIFETIME = 7 * 24 * 60 * 60 * 1_000;

/**
 * Invitations: whoever presents the code becomes a member. The inviter hands it over, and never gets to know a token of
 * the new member.
 */
export function createInvitationService(database: Database, access: Access) {
  /** Makes a member of whoever was invited, if the inviter may still invite. */
  async function admit(code: string): Promise<{ viewer: Viewer; invitation: Invitation } | undefined> {
    return transaction(database, async ({ db }) => {
      const invitation = await repository.takeInvitation(db, hashToken(code));
      if (!invitation) return undefined;
      const { organizationId, email, role, invitedBy, scopes } = invitation;
      const [inviter] = await members.membersById(db, organizationId, [invitedBy]);
      if (!inviter) return undefined;
      const now = { ...unlimited, organizationId, userId: invitedBy, role: inviter.role, tokenId: 0 };
      if (!permits(now, 'member.invite') || !atLeast(now, role)) return undefined;
      const user = await members.ensureUser(db, { organizationId, email, firstName: '', lastName: '' });
      if (!(await members.addMembership(db, { organizationId, userId: user.id, role }))) return undefined;
      const viewer = { organizationId, userId: user.id, role, tokenId: 0, scopes, projectId: null };
      return { viewer, invitation };
    });
  }

  return {
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

    /** Ends the invitation of an address, accepted ones aside. @throws ValidationError, NotFoundError */
    withdraw: (viewer: Viewer, given: string): Promise<Invitation> =>
      access.command(viewer, 'member.invite', null, async (tx) => {
        const email = checked(given);
        const dropped = await repository.dropInvitation(tx.db, viewer.organizationId, email);
        if (!dropped) throw new NotFoundError('invitation', email);
        tx.record({ id: dropped.id, before: { email: dropped.email, role: dropped.role } });
        return dropped;
      }),

    /**
     * Makes whoever has the code a member, once.
     * @returns a first token of the member's own
     * @throws UnauthenticatedError for a code that is unknown, used, withdrawn or expired
     */
    async accept(code: string): Promise<{ token: string; expiresAt: Date }> {
      const admitted = await admit(code);
      if (!admitted) {
        throw new UnauthenticatedError('The code has been used or has expired: ask for another invitation.');
      }
      const { viewer, invitation } = admitted;
      const { token, ...secret } = createToken();
      const { organizationId, userId, scopes, role } = viewer;
      const expiresAt = new Date(Date.now() + LIFETIME);
      const values = { organizationId, userId, title: 'Invitation', expiresAt, scopes, projectId: null };
      await access.command({ ...viewer, ...unlimited }, 'token.create', null, async (tx) => {
        const { id } = await insertToken(tx.db, { ...values, ...secret });
        tx.record({ id, after: { title: values.title, email: invitation.email, role } });
      });
      return { token, expiresAt };
    },
  };
}

/** @throws ValidationError */
function checked(given: string): string {
  const email = addressOf(given);
  if (email) return email;
  const message = 'Expected an e-mail address, such as "ann@example.com".';
  throw new ValidationError([{ path: 'email', message }]);
}
