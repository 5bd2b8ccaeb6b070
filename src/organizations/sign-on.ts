import { createHash } from 'node:crypto';
import type { Access } from '../access/access.ts';
import { type Database, transaction } from '../database/client.ts';
import { UnauthenticatedError } from '../errors.ts';
import { addressOf } from './members/address.ts';
import * as members from './members/repository.ts';
import { type Role, unlimited, type Viewer } from './model.ts';
import * as repository from './repository.ts';

export type SignOnService = ReturnType<typeof createSignOnService>;

/** How long a sign-on holds before it is looked at and recorded anew, in milliseconds. */
const LIFETIME = 12 * 60 * 60 * 1_000;

/**
 * People whom somebody else has signed on. Each gets a token that nobody knows, so that their feeds and links end as those of
 * others do: with the membership, and in the end by themselves.
 */
export function createSignOnService(database: Database, access: Access) {
  const { db } = database;

  /** The user of the first organization; made, with a membership, if there is none yet and a role is given. */
  async function userOf(organizationId: number, email: string, role: Role | null) {
    return transaction(database, async (tx) => {
      const known = await members.userByEmail(tx.db, organizationId, email);
      if (known || role === null) return known;
      const user = await members.ensureUser(tx.db, { organizationId, email, firstName: '', lastName: '' });
      await members.addMembership(tx.db, { organizationId, userId: user.id, role });
      return user;
    });
  }

  return {
    /**
     * @param role of people who were never known here; null: they are refused. Who was removed stays out.
     * @param address where the request came from
     * @throws UnauthenticatedError
     */
    async enter(given: string, role: Role | null, address: string): Promise<Viewer> {
      const email = addressOf(given);
      const organization = await repository.firstOrganization(db);
      if (!email || !organization) throw unknown();
      const hash = hashOf(organization.id, email);
      const known = await repository.viewerByTokenHash(db, hash);
      if (known) return known;
      const user = await userOf(organization.id, email, role);
      const [member] = user ? await members.membersById(db, organization.id, [user.id]) : [];
      if (!member) throw unknown();
      const owner = { organizationId: organization.id, userId: member.user.id };
      const viewer = { ...owner, role: member.role, tokenId: 0, address, ...unlimited };
      return access.command(viewer, 'token.create', null, async (tx) => {
        const expiresAt = new Date(Date.now() + LIFETIME);
        const values = { ...owner, title: 'Single sign-on', hash, hint: '', expiresAt, ...unlimited };
        const { id: tokenId } = await repository.renewToken(tx.db, values);
        tx.record({ id: tokenId, after: { title: values.title, email, role: member.role } });
        return { ...viewer, tokenId };
      });
    },
  };
}

const unknown = () =>
  new UnauthenticatedError('Nobody of this address is a member here: ask an administrator.');

/** Of no token that anybody can send: those have no NUL. */
const hashOf = (organizationId: number, email: string) =>
  createHash('sha256').update(`sign-on\0${organizationId}\0${email}`).digest();
