import { type GraphQLInputObjectType, getNamedType } from 'graphql';
import { expect, test } from 'vitest';
import { schema } from '../../src/api/graphql/schema.ts';
import { testApp } from '../support/app.ts';
import { as } from '../support/client.ts';
import { graphql } from '../support/generated/gql.ts';
import * as documents from './documents.ts';
import { AddMember } from './member-documents.ts';
import { CreateExport } from './snapshot-documents.ts';
import { CreateWebhook } from './webhook-documents.ts';

/** A request that is sent again, since its response was lost, changes nothing again. */
const it = await testApp({ settings: { OUTBOUND_ALLOW: '127.0.0.1' } });
const { owner } = it;

const Annotate = graphql(/* GraphQL */ `
  mutation Annotate($input: CreateAnnotationInput!) {
    createAnnotation(input: $input) {
      __typename
      ...ErrorFields
      ... on CreateAnnotationSuccess {
        annotation {
          id
        }
      }
    }
  }
`);

const Rename = graphql(/* GraphQL */ `
  mutation Rename($input: UpdateProjectInput!) {
    updateProject(input: $input) {
      __typename
      ...ErrorFields
      ... on ConflictError {
        conflict: code
      }
      ... on UpdateProjectSuccess {
        project {
          title
          updatedAt
        }
      }
    }
  }
`);

const Stamp = graphql(/* GraphQL */ `
  query Stamp($id: ID!) {
    project(id: $id) {
      updatedAt
    }
  }
`);

const importing = async (projectId: string, idempotencyKey: string | null, tasks: unknown[]) =>
  (await owner.run(documents.ImportTasks, { input: { projectId, idempotencyKey, tasks } })).importTasks;

const TASKS = [{ image: 'a' }, { image: 'b' }];

test('importTasks sent again, ten times at once, creates each task once', async () => {
  const projectId = await owner.project();
  const results = await Promise.all(Array.from({ length: 10 }, () => importing(projectId, 'k1', TASKS)));
  for (const result of results) expect(as(result, 'ImportTasksSuccess').taskCount).toBe(2);
  expect(await owner.tasks(projectId)).toHaveLength(2);
  as(await importing(projectId, 'k2', TASKS), 'ImportTasksSuccess');
  as(await importing(projectId, null, TASKS), 'ImportTasksSuccess');
  expect(await owner.tasks(projectId)).toHaveLength(6);
});

test('another input under the same key, or another project, is a conflict', async () => {
  const projectId = await owner.project();
  as(await importing(projectId, 'k3', TASKS), 'ImportTasksSuccess');
  as(await importing(projectId, 'k3', [{ image: 'c' }]), 'ConflictError');
  as(await importing(await owner.project(), 'k3', TASKS), 'ConflictError');
  expect(await owner.tasks(projectId)).toHaveLength(2);
});

test('a request that failed may be sent again; a key is kept for 24 hours and is one’s own', async () => {
  const projectId = await owner.project();
  as(await importing(projectId, 'k4', []), 'ValidationError');
  as(await importing(projectId, 'k4', TASKS), 'ImportTasksSuccess');
  await it.sql`UPDATE idempotency_keys SET created_at = now() - interval '25 hours'`;
  as(await importing(projectId, 'k4', TASKS), 'ImportTasksSuccess');
  expect(await owner.tasks(projectId)).toHaveLength(4);
  const manager = await it.member('MANAGER');
  const input = { projectId, idempotencyKey: 'k4', tasks: TASKS };
  as((await manager.run(documents.ImportTasks, { input })).importTasks, 'ImportTasksSuccess');
  expect(await owner.tasks(projectId)).toHaveLength(6);
});

test('records are created once and found again, until they are deleted', async () => {
  const input = { title: 'Once', idempotencyKey: 'k5' };
  const create = async () => (await owner.run(documents.CreateProject, { input })).createProject;
  const { project } = as(await create(), 'CreateProjectSuccess');
  expect(as(await create(), 'CreateProjectSuccess').project.id).toBe(project.id);

  const path = await it.files('once', { 'a.jpg': 'x' });
  const storage = {
    ...{ projectId: project.id, idempotencyKey: 'k6', settings: { source: {} } },
    provider: { localFiles: { path } },
  };
  const connect = async () =>
    as((await owner.run(documents.CreateStorage, { input: storage })).createStorage, 'CreateStorageSuccess')
      .storage.id;
  expect(await connect()).toBe(await connect());

  as(await importing(project.id, null, TASKS), 'ImportTasksSuccess');
  const [task] = await owner.tasks(project.id);
  const annotate = async () => {
    const annotation = { taskId: task!.id, result: [], idempotencyKey: 'k7' };
    return as((await owner.run(Annotate, { input: annotation })).createAnnotation, 'CreateAnnotationSuccess');
  };
  expect(await annotate()).toEqual(await annotate());

  const exportAll = async () => {
    const input = { projectId: project.id, filter: { hasAnnotations: true }, idempotencyKey: 'k11' };
    return as((await owner.run(CreateExport, { input })).createExport, 'CreateExportSuccess').snapshot.id;
  };
  expect(await exportAll()).toBe(await exportAll());

  await it.sql`DELETE FROM projects WHERE title = 'Once'`;
  expect(as(await create(), 'ConflictError').message).toMatch(/is gone/);
});

test('every mutation that creates takes a key', () => {
  const fields = schema.getMutationType()!.getFields();
  const creating = Object.values(fields).filter(({ name }) => /^(create|add|import|sync|retry)/.test(name));
  const keyed = creating.filter(
    ({ args }) => 'idempotencyKey' in (getNamedType(args[0]!.type) as GraphQLInputObjectType).getFields(),
  );
  expect(keyed.map(({ name }) => name)).toEqual(creating.map(({ name }) => name));
  expect(keyed.length).toBeGreaterThan(9);
});

test('a sync is started once, though it has ended by then; retryFailed too', async () => {
  const path = await it.files('started', { 'a.jpg': 'x' });
  const storage = await owner.connect(await owner.project(), { localFiles: { path } });
  for (const [document, success] of [
    [documents.SyncStorage, 'SyncStorageSuccess'],
    [documents.RetryFailed, 'RetryFailedSuccess'],
  ] as const) {
    const start = async (idempotencyKey: string) => {
      const input = { storageId: storage.id, idempotencyKey };
      const data = await owner.run(document as typeof documents.SyncStorage, { input });
      const [result] = Object.values(data) as { __typename: string; sync: { id: string } }[];
      expect(result!.__typename).toBe(success);
      return result!.sync.id;
    };
    const first = await start(success);
    await owner.ended(first);
    expect(await start(success)).toBe(first);
    expect(await start(`${success} again`)).not.toBe(first);
    await owner.ended(first);
  }
});

test('what shows a secret gives the same record with another secret; the lost one does not hold', async () => {
  const create = async () => {
    const input = { title: 'Lost', idempotencyKey: 'k8' };
    return as((await owner.run(documents.CreateApiToken, { input })).createApiToken, 'CreateApiTokenSuccess');
  };
  const [first, second] = [await create(), await create()];
  expect(second.apiToken.id).toBe(first.apiToken.id);
  const status = async (token: string) => {
    const headers = { 'content-type': 'application/json' };
    const init = { method: 'POST', headers, body: '{"query":"{ viewer { role } }"}' };
    return (await it.client(token).fetch('/graphql', init)).status;
  };
  expect([await status(first.token), await status(second.token)]).toEqual([401, 200]);

  const add = async () => {
    const input = { email: 'lost@example.com', role: 'ANNOTATOR' as const, idempotencyKey: 'k9' };
    return as((await owner.run(AddMember, { input })).addMember, 'AddMemberSuccess');
  };
  const [lost, found] = [await add(), await add()];
  expect(found.member.userId).toBe(lost.member.userId);
  expect([await status(lost.token), await status(found.token)]).toEqual([401, 200]);

  const projectId = await owner.project();
  const hook = async () => {
    const events = ['SYNC_ENDED' as const];
    const input = { projectId, url: 'http://127.0.0.1:9/', events, idempotencyKey: 'k10' };
    return as((await owner.run(CreateWebhook, { input })).createWebhook, 'CreateWebhookSuccess');
  };
  const hooks = await Promise.all([hook(), hook(), hook()]);
  expect(new Set(hooks.map(({ webhook }) => webhook.id)).size).toBe(1);
  expect(new Set(hooks.map(({ secret }) => secret)).size).toBe(3);
});

test('neither keys nor inputs can be read from the database', async () => {
  const secret = it.canary('key');
  as(await importing(await owner.project(), secret, TASKS), 'ImportTasksSuccess');
  expect(JSON.stringify(await it.sql`SELECT * FROM idempotency_keys`)).not.toContain(secret);
});

test('an update with the updatedAt of an earlier state changes nothing', async () => {
  const projectId = await owner.project();
  const seen = (await owner.run(Stamp, { id: projectId })).project!.updatedAt;
  const rename = async (title: string, ifUpdatedAt: string) =>
    (await owner.run(Rename, { input: { projectId, title, ifUpdatedAt } })).updateProject;
  const { project } = as(await rename('Mine', seen), 'UpdateProjectSuccess');
  expect(await rename('Theirs', seen)).toMatchObject({ conflict: 'CHANGED_MEANWHILE' });
  expect(as(await rename('Ours', project.updatedAt), 'UpdateProjectSuccess').project.title).toBe('Ours');
});
