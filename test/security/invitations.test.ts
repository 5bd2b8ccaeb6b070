import { describe, expect, test } from 'vitest';
import * as documents from '../graphql/documents.ts';
import * as members from '../graphql/member-documents.ts';
import { testApp } from '../support/app.ts';
import { as } from '../support/client.ts';
import type { Role } from '../support/generated/graphql.ts';
import { limited } from '../support/limited.ts';
import type { Member } from '../support/member.ts';

/** Who gets in by an invitation, and who does not. */
const it = await testApp({ worker: 'none' });
const { owner } = it;

const invite = async (email: string, role: Role = 'ANNOTATOR', by = owner) =>
  (await by.run(members.InviteMember, { input: { email, role } })).inviteMember;
const codeOf = async (...given: Parameters<typeof invite>) =>
  as(await invite(...given), 'InviteMemberSuccess').invitationCode;
const accept = (code: unknown, app = it) =>
  app.client(null).fetch('/invitations', { method: 'POST', body: JSON.stringify({ code }) });
async function enter(code: string): Promise<Member> {
  const { status, text, headers } = await accept(code);
  expect([status, headers.get('cache-control')]).toEqual([201, 'no-store']);
  return it.client(JSON.parse(text).token);
}
const listed = async () =>
  (await owner.run(members.ListMembers)).viewer.organization.members.nodes.map(({ user }) => user.email);

test('whoever has the code becomes a member of the role, once, with a token that ends', async () => {
  const { invitation, invitationCode } = as(
    await invite(' Ann@Example.com ', 'MANAGER'),
    'InviteMemberSuccess',
  );
  expect(invitation).toMatchObject({ email: 'ann@example.com', role: 'MANAGER' });
  expect(Date.parse(invitation.expiresAt) - Date.now()).toBeLessThan(8 * 24 * 60 * 60 * 1_000);
  expect(await listed()).not.toContain('ann@example.com');
  const ann = await enter(invitationCode);
  expect((await ann.run(members.ListMembers)).viewer.role).toBe('MANAGER');
  expect(await listed()).toContain('ann@example.com');
  expect((await accept(invitationCode)).status).toBe(401);
  const [token] = await it.sql`SELECT expires_at FROM api_tokens ORDER BY id DESC LIMIT 1`;
  expect(token!.expires_at).not.toBeNull();
  const log = await it.sql`SELECT action, user_id, address FROM audit_log ORDER BY id DESC LIMIT 2`;
  expect(log[0]!.address).toBe('127.0.0.1');
  expect(log.map(({ action }) => action)).toEqual(['token.create', 'member.invite']);
  expect(log[0]!.user_id).not.toBe(log[1]!.user_id);
});

test('two who present it at the same time: one gets in', async () => {
  const code = await codeOf('twice@example.com');
  const answers = await Promise.all(Array.from({ length: 10 }, () => accept(code)));
  expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(9).fill(401)]);
});

test('the code is not stored', async () => {
  const code = await codeOf('stored@example.com');
  it.secret(code);
  const rows =
    await it.sql`SELECT i::text AS line FROM invitations i UNION ALL SELECT a::text FROM audit_log a`;
  expect(rows.filter(({ line }) => line.includes(code))).toEqual([]);
  it.traffic.length = 0;
});

describe('no longer', () => {
  const refused = async (code: string) => expect((await accept(code)).status).toBe(401);

  test('when it has expired', async () => {
    const code = await codeOf('late@example.com');
    await it.sql`UPDATE invitations SET expires_at = now() - interval '1 second' WHERE email = 'late@example.com'`;
    await refused(code);
  });

  test('when it was revoked, or replaced by another', async () => {
    const first = await codeOf('other@example.com');
    const { invitation, invitationCode } = as(await invite('OTHER@example.com'), 'InviteMemberSuccess');
    await refused(first);
    const input = { invitationId: invitation.id };
    const { revokeInvitation } = await owner.run(members.RevokeInvitation, { input });
    expect(revokeInvitation.__typename).toBe('RevokeInvitationSuccess');
    await refused(invitationCode);
  });

  test.each(['removed', 'demoted'])('when whoever invited was %s', async (how) => {
    const inviter = await it.member('ADMINISTRATOR');
    const code = await codeOf(`by-${how}@example.com`, 'ANNOTATOR', inviter);
    const found = (await owner.run(members.ListMembers)).viewer.organization.members.nodes.at(-1)!;
    const input = { userId: found.userId };
    if (how === 'removed') await owner.run(members.RemoveMember, { input });
    else await owner.run(members.ChangeMemberRole, { input: { ...input, role: 'MANAGER' } });
    await refused(code);
    expect(await listed()).not.toContain(`by-${how}@example.com`);
  });

  test('when the person has become a member otherwise: the role stays', async () => {
    const code = await codeOf('both@example.com', 'OWNER');
    await owner.run(members.AddMember, { input: { email: 'both@example.com', role: 'ANNOTATOR' } });
    await refused(code);
  });
});

describe('no more than the inviter may', () => {
  test('no role above one’s own, and no invitation of a member', async () => {
    const administrator = await it.member('ADMINISTRATOR');
    expect((await invite('high@example.com', 'OWNER', administrator)).__typename).toBe('ForbiddenError');
    expect((await invite('ann@example.com')).__typename).toBe('ConflictError');
    expect((await invite('nobody')).__typename).toBe('ValidationError');
    expect((await invite('x@example.com', 'ANNOTATOR', await it.member('MANAGER'))).__typename).toBe(
      'ForbiddenError',
    );
  });

  test('no scope that the inviter’s token lacks', async () => {
    const narrow = await limited(it, owner, { scopes: ['ADMINISTER'] });
    const member = await enter(await codeOf('narrow@example.com', 'MANAGER', narrow));
    const projectId = await owner.project();
    const input = { projectId, tasks: [{ text: 'x' }] };
    expect((await member.run(documents.ImportTasks, { input })).importTasks.__typename).toBe(
      'ForbiddenError',
    );
  });

  test('another organization sees nothing of it', async () => {
    const { invitation, invitationCode: code } = as(
      await invite('shared@example.com'),
      'InviteMemberSuccess',
    );
    const stranger = await it.stranger();
    const input = { invitationId: invitation.id };
    expect((await stranger.run(members.RevokeInvitation, { input })).revokeInvitation.__typename).toBe(
      'NotFoundError',
    );
    expect(
      (await stranger.run(members.ListInvitations, { first: 50 })).viewer.organization.invitations.totalCount,
    ).toBe(0);
    await codeOf('shared@example.com', 'OWNER', stranger);
    expect((await (await enter(code)).run(members.ListMembers)).viewer.role).toBe('ANNOTATOR');
  });
});

test.each(['', 'wrong', 7, null, { a: 1 }, 'x'.repeat(2_000)])('%o is no code', async (code) => {
  expect([401, 413]).toContain((await accept(code)).status);
});

test('guessing is slowed, and seen', async () => {
  const app = await testApp({ beside: it, worker: 'none' });
  const started = performance.now();
  for (let time = 0; time < 21; time++) expect((await accept('wrong', app)).status).toBe(401);
  expect(performance.now() - started).toBeGreaterThan(990);
  expect(app.logs.filter((line) => line.includes('a wrong token was sent'))).toHaveLength(21);
});
