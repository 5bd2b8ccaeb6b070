import { beforeAll, describe, expect, test } from 'vitest';
import { actions } from '../../src/access/actions.ts';
import { permissions, permits } from '../../src/access/permissions.ts';
import { type Role, roles, type TokenScope, tokenScopes } from '../../src/organizations/model.ts';
import * as documents from '../graphql/documents.ts';
import * as members from '../graphql/member-documents.ts';
import { testApp } from '../support/app.ts';
import { as } from '../support/client.ts';
import { dump } from '../support/database.ts';
import { limited } from '../support/limited.ts';
import { lose, losses } from '../support/lose.ts';
import type { Member } from '../support/member.ts';
import { type Ids, records } from './records.ts';
import { outcomeOf, type Root, roots, shape, textOf, transports } from './walk.ts';

/** A token limited to scopes, or to one project, does what both it and the role of its user allow; and begets none that may more. */
const it = await testApp({ worker: 'none', settings: { RATE_LIMIT: '1000000000' } });
const { owner } = it;

/** What each scope adds to reading. */
const adds: Record<TokenScope, string[]> = {
  READ: [],
  SYNC: ['createExport', 'importTasks', 'retryFailed', 'syncStorage', 'cancelSync'],
  ANNOTATE: ['createAnnotation', 'updateAnnotation', 'deleteAnnotation'],
  ADMINISTER: [
    ...[
      'addMember',
      'inviteMember',
      'revokeInvitation',
      'changeMemberRole',
      'removeMember',
      'createApiToken',
      'revokeApiToken',
    ],
    ...['createProject', 'updateProject', 'deleteProject', 'deleteTasks'],
    ...['createStorage', 'updateStorage', 'deleteStorage', 'createNotificationToken'],
    ...['diagnoseStorage', 'previewSync', 'validateStorage', 'storageSetupGuide'],
    ...['createWebhook', 'updateWebhook', 'deleteWebhook'],
  ],
};
const scopeOf = (name: string) =>
  tokenScopes.find((scope) => adds[scope].includes(name)) ?? ('READ' satisfies TokenScope);

/** What concerns the organization, which a token for one project does not reach. */
const organizational = [
  ...['addMember', 'inviteMember', 'revokeInvitation', 'changeMemberRole', 'removeMember'],
  ...['createApiToken', 'revokeApiToken', 'createProject'],
];

const operations = Object.entries(roots).flatMap(([root, { fields, rows }]) =>
  Object.keys(rows).map((name) => ({ root: root as Root, field: fields[name]!, row: rows[name]! })),
);
type Operation = (typeof operations)[number];

async function outcome(
  member: Member,
  { root, field, row }: Operation,
  ids: Ids,
  ask = transports.HTTP!,
): Promise<string> {
  const given = row.inputs[0]!(ids);
  const variables = root === 'mutation' ? { input: given } : given;
  const ended = outcomeOf(await ask(member, textOf(root, field, variables), variables));
  return row.asksStorage && ended.startsWith('ProviderError') ? 'done' : ended;
}

/** Nothing happens that this feed could tell of. */
const walked = operations.filter(({ field }) => field.name !== 'storageChanged');

test('every mutation has its scope', () => {
  const named = Object.values(adds).flat();
  const mutations = operations.filter(({ root }) => root === 'mutation').map(({ field }) => field.name);
  expect(named.toSorted()).toEqual([...mutations, 'storageSetupGuide'].sort());
});

test('each action, by each role with each scope: only what both allow', () => {
  for (const action of actions) {
    const needs = permissions[action];
    for (const role of roles) {
      for (const scope of tokenScopes) {
        const viewer = { userId: 1, organizationId: 1, tokenId: 1, role, scopes: [scope], projectId: null };
        const both =
          roles.indexOf(role) <= roles.indexOf(needs.role) && ['READ', scope].includes(needs.scope);
        expect([action, role, scope, permits(viewer, action)]).toEqual([action, role, scope, both]);
      }
    }
  }
});

const ways = tokenScopes.flatMap((scope) =>
  Object.entries(transports).map(([transport, ask]) => [scope, transport, ask] as const),
);

describe.each(ways)('the scope %s, over %s', (scope, _transport, ask) => {
  let ids: Ids;
  let member: Member;
  beforeAll(async () => {
    ids = await records(it, owner);
    member = await limited(it, owner, { scopes: [scope] });
  });

  test.each(walked)('$root $field.name', async (operation) => {
    const allowed = ['READ', scope].includes(scopeOf(operation.field.name));
    expect(await outcome(member, operation, ids, ask)).toBe(allowed ? 'done' : 'FORBIDDEN');
  });
});

describe.each(losses.filter((how) => how !== 'demote'))('a token of every scope, after: %s', (how) => {
  let ids: Ids;
  let member: Member;
  beforeAll(async () => {
    ids = await records(it, owner);
    member = await it.member('OWNER');
    await lose(it, how, member);
  });

  test.each(Object.entries(transports))('nothing is done over %s', async (_transport, ask) => {
    const before = await dump(it.sql);
    // Whoever sends wrong tokens waits: all at once.
    const outcomes = operations.map(async (operation) => [
      operation.field.name,
      await outcome(member, operation, ids, ask),
    ]);
    expect(await Promise.all(outcomes)).toEqual(
      operations.map(({ field }) => [field.name, 'UNAUTHENTICATED']),
    );
    expect(await dump(it.sql)).toBe(before);
  });
});

describe('one project', () => {
  let [own, others] = [{}, {}] as [Ids, Ids];
  let member: Member;
  beforeAll(async () => {
    own = await records(it, owner);
    others = await records(it, owner);
    member = await limited(it, owner, { projectId: own.Project! });
  });

  test('lists hold that one alone, and nothing of the organization', async () => {
    const LIST = '{ projects { totalCount nodes { id } } }';
    const { data } = await transports.HTTP!(member, LIST, {});
    expect(data!.projects).toEqual({ totalCount: 1, nodes: [{ id: own.Project }] });
    const NODE = 'query ($id: ID!) { node(id: $id) { __typename } }';
    for (const [type, id] of Object.entries(others)) {
      if (['Folder', 'Organization', 'ApiToken'].includes(type)) continue;
      const answer = await transports.HTTP!(member, NODE, { id });
      expect([type, outcomeOf(answer)]).toEqual([type, 'NOT_FOUND']);
    }
  });

  const ending = walked.filter(({ field }) => field.name === 'deleteProject');
  const lasting = walked.filter((operation) => !ending.includes(operation));
  test.each([...lasting, ...ending])('$root $field.name', async (operation) => {
    const { name } = operation.field;
    const closed = organizational.includes(name);
    if (!operation.row.unnamed) {
      expect(await outcome(member, operation, others)).toBe(closed ? 'FORBIDDEN' : 'NOT_FOUND');
    }
    expect(await outcome(member, operation, own)).toBe(closed ? 'FORBIDDEN' : 'done');
  });

  test('the token ends with the project', async () => {
    await expect(member.run(documents.WhoAmI)).rejects.toThrow('UNAUTHENTICATED');
  });
});

describe('no token begets one that may more', () => {
  const create = async (member: Member, input: object) =>
    (await member.run(documents.CreateApiToken, { input: { title: 'x', ...input } })).createApiToken;
  const scopesOf = async (token: string) =>
    (await it.sql<{ scopes: string[] }[]>`SELECT scopes FROM api_tokens WHERE hint = ${token.slice(-4)}`)[0]!
      .scopes;

  test('by scopes that it lacks; left out, they are its own', async () => {
    const member = await limited(it, owner, { scopes: ['ADMINISTER'] });
    for (const scopes of [['SYNC'], ['ADMINISTER', 'ANNOTATE'], [...tokenScopes]]) {
      expect(await create(member, { scopes })).toMatchObject({ __typename: 'ForbiddenError' });
    }
    expect(await create(member, { scopes: [] })).toMatchObject({ __typename: 'ValidationError' });
    const { token } = as(await create(member, {}), 'CreateApiTokenSuccess');
    expect(await scopesOf(token)).toEqual(['READ', 'ADMINISTER']);
    const full = as(await create(owner, {}), 'CreateApiTokenSuccess');
    expect(await scopesOf(full.token)).toEqual([...tokenScopes]);
  });

  test('by the first token of a member that it adds', async () => {
    const member = await limited(it, owner, { scopes: ['ADMINISTER'] });
    const input = { email: 'added@example.com', role: 'OWNER' as Role, idempotencyKey: 'added' };
    const { addMember } = await member.run(members.AddMember, { input });
    expect(await scopesOf(as(addMember, 'AddMemberSuccess').token)).toEqual(['READ', 'ADMINISTER']);
  });

  test('by repeating what a token that may more has asked for', async () => {
    const member = await limited(it, owner, { scopes: ['ADMINISTER'] });
    await create(owner, { idempotencyKey: 'mine' });
    expect(await create(member, { idempotencyKey: 'mine' })).toMatchObject({ __typename: 'ConflictError' });
    const input = { email: 'wide@example.com', role: 'OWNER' as Role, idempotencyKey: 'wide' };
    await owner.run(members.AddMember, { input });
    const { addMember } = await member.run(members.AddMember, { input });
    expect(addMember.__typename).toBe('ConflictError');
  });

  test('by a project that is another organization’s, or none', async () => {
    const project = await (await it.stranger()).project();
    const [foreign, none] = [project, 'UHJvamVjdDo5ODc2NTQzMjE='];
    const answers = await Promise.all([foreign, none].map((projectId) => create(owner, { projectId })));
    expect(answers[0]).toMatchObject({ __typename: 'NotFoundError' });
    expect(shape({ data: answers[0] })).toBe(shape({ data: answers[1] }));
  });
});
