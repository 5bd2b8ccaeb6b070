import { expect, test } from 'vitest';
import { testApp } from '../support/app.ts';
import { as } from '../support/client.ts';
import { graphql } from '../support/generated/gql.ts';
import * as documents from './documents.ts';

/** A request that is sent again, since its response was lost, changes nothing again. */
const it = await testApp();
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

  await it.sql`DELETE FROM projects WHERE title = 'Once'`;
  expect(as(await create(), 'ConflictError').message).toMatch(/is gone/);
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
