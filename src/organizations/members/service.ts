import type { Access } from '../../access/access.ts';
import { permits } from '../../access/permissions.ts';
import type { Database } from '../../database/client.ts';
import {
  ConflictError,
  type FieldError,
  ForbiddenError,
  NotFoundError,
  ValidationError,
} from '../../errors.ts';
import { createToken } from '../../security/tokens.ts';
import { atLeast, type Role, type Viewer } from '../model.ts';
import { insertToken, replaceTokenSecret } from '../repository.ts';
import { addressOf } from './address.ts';
import type { Member } from './repository.ts';
import * as repository from './repository.ts';

export type { Member };
export type MemberService = ReturnType<typeof createMemberService>;

export interface MemberInput {
  email: string;
  firstName?: string | null | undefined;
  lastName?: string | null | undefined;
  role: Role;
}

const MAX_NAME = 100;
/** How long a new member's first token works, in milliseconds. */
const FIRST_TOKEN_LIFETIME = 7 * 24 * 60 * 60 * 1_000;

/** Who belongs to an organization. Nobody gives a role above their own, and the last owner stays. */
export function createMemberService({ db }: Pick<Database, 'db'>, access: Access) {
  /** @throws NotFoundError for whoever is not in the viewer's organization */
  async function memberOf(tx: { db: Database['db'] }, viewer: Viewer, userId: number): Promise<Member> {
    const [member] = await repository.membersById(tx.db, viewer.organizationId, [userId]);
    if (!member) throw new NotFoundError('member', userId);
    return member;
  }

  return {
    async list(viewer: Viewer, page: { limit: number; after?: number | undefined }): Promise<Member[]> {
      await access.authorize(viewer, 'member.read', null);
      return repository.membersOf(db, viewer.organizationId, page);
    },

    async count(viewer: Viewer): Promise<number> {
      await access.authorize(viewer, 'member.read', null);
      return repository.countMembers(db, viewer.organizationId);
    },

    /** Those of the users who are members of the viewer's organization. */
    async visible(viewer: Viewer, userIds: readonly number[]): Promise<Member[]> {
      if (!permits(viewer, 'member.read')) return [];
      return repository.membersById(db, viewer.organizationId, userIds);
    },

    /**
     * Makes somebody a member, and a token to begin with: to be handed over, shown once, good for a week.
     * @throws ConflictError for one who is a member already
     */
    async add(
      viewer: Viewer,
      { idempotencyKey, ...input }: MemberInput & { idempotencyKey?: string | null | undefined },
    ): Promise<{ member: Member; token: string }> {
      const { role, ...person } = checked(input);
      const { organizationId, scopes } = viewer;
      const { token, ...secret } = createToken();
      const added = await access.command(
        viewer,
        'member.invite',
        null,
        async (tx) => {
          refuseAbove(viewer, role);
          const user = await repository.ensureUser(tx.db, { ...person, organizationId });
          if (!(await repository.addMembership(tx.db, { organizationId, userId: user.id, role }))) {
            throw new ConflictError(
              'ALREADY_A_MEMBER',
              `${person.email} is a member already: change the role instead.`,
            );
          }
          const expiresAt = new Date(Date.now() + FIRST_TOKEN_LIFETIME);
          const owner = { organizationId, userId: user.id };
          // Of the inviter's scopes: no token makes one that may more.
          const first = await insertToken(tx.db, {
            ...{ ...owner, title: 'First token', ...secret, expiresAt },
            ...{ scopes, projectId: null },
          });
          tx.record({ id: user.id, after: { email: person.email, role } });
          return { member: await memberOf(tx, viewer, user.id), tokenId: first.id };
        },
        {
          key: idempotencyKey,
          input: { ...input, scopes },
          remember: ({ tokenId }) => tokenId,
          async recall(id, tx) {
            const first = await replaceTokenSecret(tx.db, id, secret);
            return first && { member: await memberOf(tx, viewer, first.userId), tokenId: id };
          },
        },
      );
      return { member: added.member, token };
    },

    /** @throws ConflictError for the last owner */
    changeRole: (viewer: Viewer, userId: number, role: Role): Promise<Member> =>
      access.command(viewer, 'member.change', null, async (tx) => {
        const before = await memberOf(tx, viewer, userId);
        refuseAbove(viewer, before.role);
        refuseAbove(viewer, role);
        if (before.role === 'OWNER' && role !== 'OWNER') await keepAnOwner(tx.db, viewer.organizationId);
        await repository.changeRole(tx.db, { organizationId: viewer.organizationId, userId, role });
        tx.record({ id: userId, before: { role: before.role }, after: { role } });
        return { ...before, role };
      }),

    /** Ends the membership at once, with all its tokens, feeds and links. What the member made stays. */
    remove: (viewer: Viewer, userId: number): Promise<Member> =>
      access.command(viewer, 'member.remove', null, async (tx) => {
        const member = await memberOf(tx, viewer, userId);
        refuseAbove(viewer, member.role);
        if (member.role === 'OWNER') await keepAnOwner(tx.db, viewer.organizationId);
        await repository.removeMembership(tx.db, { organizationId: viewer.organizationId, userId });
        tx.record({ id: userId, before: { email: member.user.email, role: member.role } });
        return member;
      }),
  };
}

/** @throws ForbiddenError when the role is above the viewer's own */
export function refuseAbove(viewer: Viewer, role: Role): void {
  if (atLeast(viewer, role)) return;
  throw new ForbiddenError(`Only somebody with the role ${role} may give or take that role.`, role);
}

/** @throws ConflictError when there is only one */
async function keepAnOwner(db: Database['db'], organizationId: number): Promise<void> {
  if ((await repository.lockOwners(db, organizationId)) > 1) return;
  throw new ConflictError('LAST_OWNER', 'An organization needs an owner: make somebody else one first.');
}

/** @throws ValidationError */
function checked({ email: given, firstName, lastName, role }: MemberInput) {
  const person = {
    email: addressOf(given) ?? '',
    firstName: firstName?.trim() ?? '',
    lastName: lastName?.trim() ?? '',
  };
  const errors: FieldError[] = [];
  if (person.email === '') {
    errors.push({ path: 'email', message: 'Expected an e-mail address, such as "ann@example.com".' });
  }
  for (const name of ['firstName', 'lastName'] as const) {
    if (person[name].length > MAX_NAME) {
      errors.push({ path: name, message: `Expected at most ${MAX_NAME} characters.` });
    }
  }
  if (errors.length > 0) throw new ValidationError(errors);
  return { ...person, role };
}
