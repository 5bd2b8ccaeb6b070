import { expect, test } from 'vitest';
import { testApp } from '../support/app.ts';
import { as } from '../support/client.ts';
import { graphql } from '../support/generated/gql.ts';
import type { AuditFilter } from '../support/generated/graphql.ts';
import type { Member } from '../support/member.ts';
import * as documents from './documents.ts';

/** The audit log: who did what and when, and no secrets. */
const AuditLog = graphql(/* GraphQL */ `
  query AuditLog($filter: AuditFilter, $first: Int, $after: String) {
    viewer {
      organization {
        auditLog(filter: $filter, first: $first, after: $after) {
          totalCount
          pageInfo {
            endCursor
            hasNextPage
          }
          nodes {
            action
            address
            recordNumber
            createdAt
            user {
              email
            }
            project {
              id
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

const UpdateProject = graphql(/* GraphQL */ `
  mutation UpdateProject($input: UpdateProjectInput!) {
    updateProject(input: $input) {
      __typename
    }
  }
`);

const it = await testApp();
const { owner } = it;
const log = async (by: Member, filter: AuditFilter = {}) =>
  (await by.run(AuditLog, { filter })).viewer.organization.auditLog;

test('what is done is in the log, newest first, with what changed', async () => {
  const project = await owner.project();
  await owner.run(UpdateProject, { input: { projectId: project, title: 'Renamed' } });
  const { nodes, totalCount } = await log(owner, { projectId: project });
  expect(totalCount).toBe(nodes.length);
  expect(nodes[0]).toMatchObject({
    action: 'PROJECT_UPDATE',
    user: { email: 'admin@localhost' },
    project: { id: project },
    changes: [{ field: 'title', before: 'Project', after: 'Renamed' }],
  });
});

test('secrets show as changed', async () => {
  const { createApiToken } = await owner.run(documents.CreateApiToken, { input: { title: 'Audit' } });
  const { token } = as(createApiToken, 'CreateApiTokenSuccess');
  const { nodes } = await log(owner, { action: 'TOKEN_CREATE' });
  expect(nodes[0]!.changes.map(({ field }) => field)).toContain('title');
  expect(JSON.stringify(nodes)).not.toContain(token);
});

test('pages and filters', async () => {
  const since = new Date().toISOString();
  const project = await owner.project();
  for (const title of ['a', 'b', 'c']) {
    await owner.run(UpdateProject, { input: { projectId: project, title } });
  }
  const filter = { projectId: project, action: 'PROJECT_UPDATE' as const, since };
  const first = (await owner.run(AuditLog, { filter, first: 2 })).viewer.organization.auditLog;
  expect(first).toMatchObject({ totalCount: 3, pageInfo: { hasNextPage: true } });
  const rest = (await owner.run(AuditLog, { filter, first: 2, after: first.pageInfo.endCursor })).viewer
    .organization.auditLog;
  const titles = [...first.nodes, ...rest.nodes].map(({ changes }) => changes[0]?.after);
  expect(titles).toEqual(['c', 'b', 'a']);
  expect((await log(owner, { ...filter, until: since })).totalCount).toBe(0);
});

test('for administrators, of their own organization alone', async () => {
  await expect((await it.member('MANAGER')).run(AuditLog, { filter: {} })).rejects.toThrow(/ADMINISTRATOR/);
  expect((await log(await it.member('ADMINISTRATOR'))).totalCount).toBeGreaterThan(0);
  expect((await log(await it.stranger())).nodes.every(({ user }) => user?.email !== 'admin@localhost')).toBe(
    true,
  );
});

test('entries are only ever added, whatever the service’s role in the database tries', async () => {
  await owner.project();
  const before = await it.sql`SELECT * FROM audit_log ORDER BY id`;
  for (const attempt of [
    it.sql`UPDATE audit_log SET user_id = 1`,
    it.sql`DELETE FROM audit_log`,
    it.sql`TRUNCATE audit_log`,
    it.sql`TRUNCATE organizations CASCADE`,
    it.sql`DELETE FROM organizations`,
  ]) {
    await expect(attempt).rejects.toThrow(/append-only|audit_log/);
  }
  expect(await it.sql`SELECT * FROM audit_log ORDER BY id`).toEqual(before);
  expect(before.length).toBeGreaterThan(0);
});
