import { expect, test } from 'vitest';
import { testApp } from '../support/app.ts';
import { as } from '../support/client.ts';
import { graphql } from '../support/generated/gql.ts';
import type { Role } from '../support/generated/graphql.ts';
import { numberOf } from '../support/ids.ts';
import type { Member } from '../support/member.ts';
import * as documents from './documents.ts';
import * as members from './member-documents.ts';

/** What is open of an organization's invitations, and how it is taken back. */
const LastAction = graphql(/* GraphQL */ `
  query LastAction {
    viewer {
      organization {
        auditLog(first: 1) {
          nodes {
            action
            recordNumber
            user {
              email
            }
            changes {
              field
              before
              after
            }
          }
        }
      }
    }
  }
`);
const Refetch = graphql(/* GraphQL */ `
  query Refetch($id: ID!) {
    node(id: $id) {
      ... on Invitation {
        email
        state
      }
    }
  }
`);

const it = await testApp({
  worker: 'none',
  settings: { SIGN_ON_HEADER: 'x-user', SIGN_ON_PROXIES: '127.0.0.1', SIGN_ON_ROLE: 'ANNOTATOR' },
});
const { owner } = it;

const tryToInvite = async (by: Member, email: string, role: Role = 'ANNOTATOR') =>
  (await by.run(members.InviteMember, { input: { email, role } })).inviteMember;
const invite = async (...given: Parameters<typeof tryToInvite>) =>
  as(await tryToInvite(...given), 'InviteMemberSuccess');
const list = async (by: Member, page: { first?: number; after?: string | null } = {}) =>
  (await by.run(members.ListInvitations, page)).viewer.organization.invitations;
const revoke = async (by: Member, invitationId: string) =>
  (await by.run(members.RevokeInvitation, { input: { invitationId } })).revokeInvitation;
const emailOf = async (by: Member) => (await by.run(documents.WhoAmI)).viewer.user.email;

/** What the list says of an address. */
const entry = async (by: Member, email: string) =>
  (await list(by)).nodes.find((invitation) => invitation.email === email);

test('the list says who was invited, by whom, to what and until when, and never the code', async () => {
  const boss = await it.stranger();
  const before = Date.now();
  const codes = [await invite(boss, 'a@example.com', 'MANAGER'), await invite(boss, 'b@example.com')];
  it.traffic.length = 0;
  const { nodes, totalCount } = await list(boss);
  expect(totalCount).toBe(2);
  const invitedBy = { email: await emailOf(boss) };
  expect(nodes).toMatchObject([
    { email: 'a@example.com', role: 'MANAGER', state: 'PENDING', invitedBy },
    { email: 'b@example.com', role: 'ANNOTATOR', state: 'PENDING', invitedBy },
  ]);
  const { createdAt, expiresAt } = nodes[0]!;
  expect(Date.parse(createdAt)).toBeGreaterThanOrEqual(before - 1_000);
  expect((Date.parse(expiresAt) - Date.parse(createdAt)) / 86_400_000).toBeCloseTo(7, 2);
  expect((await boss.run(Refetch, { id: nodes[1]!.id })).node).toEqual({
    ...{ email: 'b@example.com', state: 'PENDING' },
  });
  for (const { invitationCode } of codes) it.secret(invitationCode);
});

test('it comes in pages, in the order in which the addresses were first invited', async () => {
  const boss = await it.stranger();
  for (const name of ['c', 'a', 'b', 'c']) await invite(boss, `${name}@example.com`);
  const first = await list(boss, { first: 2 });
  expect(first).toMatchObject({ totalCount: 3, pageInfo: { hasNextPage: true } });
  const rest = await list(boss, { first: 2, after: first.pageInfo.endCursor });
  expect(rest.pageInfo.hasNextPage).toBe(false);
  const emails = [...first.nodes, ...rest.nodes].map(({ email }) => email);
  expect(emails).toEqual(['c@example.com', 'a@example.com', 'b@example.com']);
});

test('an address that is invited again keeps its entry, renewed', async () => {
  const administrator = await it.member('ADMINISTRATOR');
  const { invitation } = await invite(administrator, 'again@example.com');
  await it.sql`
    UPDATE invitations SET created_at = now() - interval '8 days', expires_at = now() - interval '1 day'
    WHERE email = 'again@example.com'`;
  expect(await entry(owner, 'again@example.com')).toMatchObject({ state: 'EXPIRED' });
  await invite(owner, 'again@example.com', 'MANAGER');
  const renewed = await entry(owner, 'again@example.com');
  expect(renewed).toMatchObject({
    ...{ id: invitation.id, role: 'MANAGER', state: 'PENDING' },
    invitedBy: { email: await emailOf(owner) },
  });
  expect(Date.parse(renewed!.createdAt)).toBeGreaterThan(Date.now() - 60_000);
});

test('an invitation is void while the inviter may not invite to its role', async () => {
  const inviter = await it.member('ADMINISTRATOR');
  const { invitation, invitationCode } = await invite(inviter, 'void@example.com', 'ADMINISTRATOR');
  const state = async () => (await entry(owner, 'void@example.com'))?.state;
  const email = await emailOf(inviter);
  const { nodes } = (await owner.run(members.ListMembers)).viewer.organization.members;
  const { userId } = nodes.find(({ user }) => user.email === email)!;
  const change = (role: Role) => owner.run(members.ChangeMemberRole, { input: { userId, role } });
  await change('MANAGER');
  expect(await state()).toBe('VOID');
  expect((await accept(invitationCode)).status).toBe(401);
  await change('ADMINISTRATOR');
  expect(await state()).toBe('PENDING');
  await owner.run(members.RemoveMember, { input: { userId } });
  expect(await state()).toBe('VOID');
  expect((await accept(invitationCode)).status).toBe(401);
  expect((await revoke(owner, invitation.id)).__typename).toBe('RevokeInvitationSuccess');
});

const accept = (code: string) =>
  it.client(null).fetch('/invitations', { method: 'POST', body: JSON.stringify({ code }) });

test.each<[how: string, join: (email: string, code: string) => Promise<unknown>]>([
  ['the code', (_, code) => accept(code)],
  ['addMember', (email) => owner.run(members.AddMember, { input: { email, role: 'ANNOTATOR' } })],
  ['single sign-on', (email) => it.client(null).fetch('/graphql', { headers: { 'x-user': email } })],
])('whoever has become a member by %s is not invited any more', async (how, join) => {
  const email = `${how.replaceAll(' ', '-').toLowerCase()}@example.com`;
  const { invitation, invitationCode } = await invite(owner, email);
  expect(await entry(owner, email)).toBeDefined();
  await join(email, invitationCode);
  const { nodes } = (await owner.run(members.ListMembers)).viewer.organization.members;
  expect(nodes.map(({ user }) => user.email)).toContain(email.toLowerCase());
  expect(await entry(owner, email)).toBeUndefined();
  expect((await revoke(owner, invitation.id)).__typename).toBe('NotFoundError');
});

test('a revoked one is gone, with its code, and the audit log says by whom', async () => {
  const administrator = await it.member('ADMINISTRATOR');
  const { invitation, invitationCode } = await invite(owner, 'gone@example.com');
  expect(as(await revoke(administrator, invitation.id), 'RevokeInvitationSuccess').invitation).toEqual({
    email: 'gone@example.com',
  });
  const { nodes } = (await owner.run(LastAction)).viewer.organization.auditLog;
  expect(nodes[0]).toEqual({
    ...{ action: 'INVITATION_REVOKE', user: { email: await emailOf(administrator) } },
    recordNumber: numberOf(invitation.id),
    changes: [
      { field: 'role', before: 'ANNOTATOR', after: null },
      { field: 'email', before: 'gone@example.com', after: null },
    ],
  });
  expect(await entry(owner, 'gone@example.com')).toBeUndefined();
  expect((await owner.run(Refetch, { id: invitation.id })).node).toBeNull();
  expect((await accept(invitationCode)).status).toBe(401);
  expect((await revoke(owner, invitation.id)).__typename).toBe('NotFoundError');
});

test('an administrator neither revokes nor replaces what invites an owner', async () => {
  const administrator = await it.member('ADMINISTRATOR');
  const { invitation } = await invite(owner, 'owner@example.com', 'OWNER');
  expect((await revoke(administrator, invitation.id)).__typename).toBe('ForbiddenError');
  expect((await tryToInvite(administrator, 'owner@example.com')).__typename).toBe('ForbiddenError');
  expect(await entry(administrator, 'owner@example.com')).toMatchObject({ role: 'OWNER', state: 'PENDING' });
});

test('accepted and revoked at the same time: one of both has happened', async () => {
  for (let round = 0; round < 5; round++) {
    const email = `race${round}@example.com`;
    const { invitation, invitationCode } = await invite(owner, email);
    const [entered, revoked] = await Promise.all([accept(invitationCode), revoke(owner, invitation.id)]);
    expect([201, 401]).toContain(entered.status);
    expect(revoked.__typename).toBe(entered.status === 201 ? 'NotFoundError' : 'RevokeInvitationSuccess');
  }
});
