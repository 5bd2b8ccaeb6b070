import { permits } from '../../access/permissions.ts';
import type { invitations } from '../../database/tables/organizations.ts';
import { atLeast, type Role, unlimited } from '../model.ts';

/** What is kept of an invitation and may be shown: all but the digest of its code. */
export type Invitation = Omit<typeof invitations.$inferSelect, 'hash'>;

export const invitationStates = ['PENDING', 'EXPIRED', 'VOID'] as const;
export type InvitationState = (typeof invitationStates)[number];

/**
 * What has become of an invitation that was neither accepted nor revoked.
 * @param inviter role of whoever invited; undefined: no longer a member
 */
export function stateOf(
  { expiresAt, role, organizationId, invitedBy: userId }: Invitation,
  inviter: Role | undefined,
): InvitationState {
  if (expiresAt.getTime() <= Date.now()) return 'EXPIRED';
  if (!inviter) return 'VOID';
  const now = { ...unlimited, organizationId, userId, role: inviter, tokenId: 0 };
  return permits(now, 'member.invite') && atLeast(now, role) ? 'PENDING' : 'VOID';
}
