import { describe, expect, test } from 'vitest';
import { testApp } from '../support/app.ts';
import { as } from '../support/client.ts';
import type { Role } from '../support/generated/graphql.ts';
import { numberOf } from '../support/ids.ts';
import type { Member } from '../support/member.ts';
import * as documents from './documents.ts';
import * as members from './member-documents.ts';

/** Who belongs to an organization, and who may say so. */
const it = await testApp({ worker: 'none' });
const { owner } = it;

let people = 0;
async function add(role: Role, by = owner) {
  const email = `person${++people}@example.com`;
  const { addMember } = await by.run(members.AddMember, { input: { email, firstName: 'Ann', role } });
  const { member, token } = as(addMember, 'AddMemberSuccess');
  return { ...member, client: it.client(token) };
}

const change = async (by: Member, userId: string, role: Role) =>
  (await by.run(members.ChangeMemberRole, { input: { userId, role } })).changeMemberRole;
const remove = async (by: Member, userId: string) =>
  (await by.run(members.RemoveMember, { input: { userId } })).removeMember;
const listed = async (by: Member) =>
  (await by.run(members.ListMembers)).viewer.organization.members.nodes.map(({ user }) => user.email);

test('a new member is listed and gets in with the first token, which ends after a week', async () => {
  const { client, user, userId } = await add('MANAGER');
  expect(user).toEqual({ email: expect.stringMatching(/^person\d+@/), firstName: 'Ann', lastName: '' });
  expect((await client.run(members.ListMembers)).viewer.role).toBe('MANAGER');
  expect(await listed(owner)).toContain(user.email);
  const [{ days }] = await it.sql<[{ days: number }]>`
    SELECT extract(epoch FROM expires_at - created_at)::float8 / 86400 AS days FROM api_tokens
    ORDER BY id DESC LIMIT 1`;
  expect(days).toBeCloseTo(7, 1);
  expect(userId).not.toBe('');
});

test('somebody who is a member already is not added again, however the address is spelled', async () => {
  const { user } = await add('ANNOTATOR');
  const { addMember } = await owner.run(members.AddMember, {
    input: { email: ` ${user.email.toUpperCase()} `, role: 'MANAGER' },
  });
  expect(addMember).toMatchObject({ __typename: 'ConflictError' });
});

test.each(['', 'ann', '@example.com', 'ann@', 'a b@example.com', 'a@b@c', `${'x'.repeat(250)}@example.com`])(
  '"%s" is no address',
  async (email) => {
    const { addMember } = await owner.run(members.AddMember, { input: { email, role: 'ANNOTATOR' } });
    expect(addMember).toMatchObject({ __typename: 'ValidationError' });
  },
);

test('nobody learns whether another organization knows an address: each has users of its own', async () => {
  const stranger = await it.stranger();
  const join = async (by: Member, email: string, firstName: string) => {
    const { addMember } = await by.run(members.AddMember, { input: { email, firstName, role: 'ANNOTATOR' } });
    return as(addMember, 'AddMemberSuccess').member;
  };
  const theirs = await join(stranger, 'known@example.com', 'Known');
  await join(owner, 'new@example.com', 'Ann');
  const [newest] = await it.sql<[{ id: number }]>`SELECT max(id) AS id FROM users`;
  const { userId, ...known } = await join(owner, 'known@example.com', 'Ann');
  expect(known).toEqual({
    role: 'ANNOTATOR',
    user: { email: 'known@example.com', firstName: 'Ann', lastName: '' },
  });
  // Ids tell the order in which records were made: this one is as new as any.
  expect(numberOf(userId)).toBeGreaterThan(newest.id);
  expect((await listed(stranger)).length).toBe(2);
  expect(theirs.user.firstName).toBe('Known');
});

describe('a change counts at once', () => {
  test('of the role', async () => {
    const { client, userId } = await add('ANNOTATOR');
    const create = () => client.run(documents.CreateProject, { input: { title: 'Mine' } });
    expect((await create()).createProject.__typename).toBe('ForbiddenError');
    expect(await change(owner, userId, 'MANAGER')).toMatchObject({ member: { role: 'MANAGER' } });
    expect((await create()).createProject.__typename).toBe('CreateProjectSuccess');
  });

  test('of the membership: its tokens end with it', async () => {
    const { client, userId, user } = await add('MANAGER');
    expect(await remove(owner, userId)).toMatchObject({ __typename: 'RemoveMemberSuccess' });
    await expect(client.run(members.ListMembers)).rejects.toThrow();
    expect(await listed(owner)).not.toContain(user.email);
    expect(await remove(owner, userId)).toMatchObject({ __typename: 'NotFoundError' });
    // Back again with a new token; the old one stays ended.
    const { addMember } = await owner.run(members.AddMember, {
      input: { email: user.email, role: 'ANNOTATOR' },
    });
    expect(as(addMember, 'AddMemberSuccess').member.userId).toBe(userId);
    await expect(client.run(members.ListMembers)).rejects.toThrow();
  });
});

describe('refused', () => {
  test.each(['MANAGER', 'ANNOTATOR'] as const)('everything, to a %s', async (role) => {
    const [{ client }, other] = [await add(role), await add('ANNOTATOR')];
    const { addMember } = await client.run(members.AddMember, {
      input: { email: 'new@example.com', role: 'ANNOTATOR' },
    });
    expect(addMember.__typename).toBe('ForbiddenError');
    expect((await change(client, other.userId, 'MANAGER')).__typename).toBe('ForbiddenError');
    expect((await remove(client, other.userId)).__typename).toBe('ForbiddenError');
  });

  test('to an administrator, what concerns owners', async () => {
    const [{ client, userId }, secondOwner] = [await add('ADMINISTRATOR'), await add('OWNER')];
    expect((await change(client, userId, 'OWNER')).__typename).toBe('ForbiddenError');
    expect((await change(client, secondOwner.userId, 'ANNOTATOR')).__typename).toBe('ForbiddenError');
    expect((await remove(client, secondOwner.userId)).__typename).toBe('ForbiddenError');
    expect((await remove(owner, secondOwner.userId)).__typename).toBe('RemoveMemberSuccess');
  });

  test('to everybody, the last owner: two at once leave one', async () => {
    const stranger = await it.stranger();
    const { addMember } = await stranger.run(members.AddMember, {
      input: { email: 'second@example.com', role: 'OWNER' },
    });
    const second = as(addMember, 'AddMemberSuccess');
    const { nodes } = (await stranger.run(members.ListMembers)).viewer.organization.members;
    const ids = nodes.map(({ userId }) => userId);
    const results = await Promise.all([
      change(stranger, ids.find((id) => id !== second.member.userId)!, 'ANNOTATOR'),
      change(it.client(second.token), second.member.userId, 'ANNOTATOR'),
    ]);
    expect(results.map(({ __typename }) => __typename).sort()).toEqual([
      'ChangeMemberRoleSuccess',
      'ConflictError',
    ]);
  });

  test('members of other organizations', async () => {
    const { userId } = await add('ANNOTATOR');
    const stranger = await it.stranger();
    expect((await change(stranger, userId, 'MANAGER')).__typename).toBe('NotFoundError');
    expect((await remove(stranger, userId)).__typename).toBe('NotFoundError');
    expect(await listed(stranger)).toHaveLength(1);
  });
});
