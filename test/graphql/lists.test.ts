import { beforeAll, describe, expect, test } from 'vitest';
import { openDatabase } from '../../src/database/client.ts';
import { countRows } from '../../src/database/count.ts';
import { users } from '../../src/database/tables/organizations.ts';
import { connectionOf } from '../../src/graphql/connections.ts';
import { testApp } from '../support/app.ts';
import { graphql } from '../support/generated/gql.ts';
import type {
  ProjectFilter,
  StorageObjectFilter,
  TaskFilter,
  TaskOrder,
} from '../support/generated/graphql.ts';
import * as documents from './documents.ts';

/** Lists are bounded pages, in an order and under conditions that the caller names. */
const it = await testApp();
const { owner } = it;

const SortedTasks = graphql(/* GraphQL */ `
  query SortedTasks($projectId: ID!, $first: Int, $after: String, $filter: TaskFilter, $orderBy: TaskOrder!) {
    project(id: $projectId) {
      tasks(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {
        totalCount
        totalCountPrecision
        pageInfo {
          hasNextPage
          endCursor
        }
        nodes {
          innerId
          data
        }
      }
    }
  }
`);

const AnnotationPages = graphql(/* GraphQL */ `
  query AnnotationPages($projectId: ID!, $first: Int, $after: String) {
    project(id: $projectId) {
      tasks {
        nodes {
          annotations(first: $first, after: $after) {
            totalCount
            pageInfo {
              hasNextPage
              endCursor
            }
            nodes {
              id
              leadTime
            }
          }
          predictions(first: 1) {
            totalCount
            nodes {
              score
            }
          }
        }
      }
    }
  }
`);

const SortedObjects = graphql(/* GraphQL */ `
  query SortedObjects(
    $storageId: ID!
    $after: String
    $filter: StorageObjectFilter
    $orderBy: StorageObjectOrder!
  ) {
    storage(id: $storageId) {
      ... on ExternalStorage {
        objects(first: 2, after: $after, filter: $filter, orderBy: $orderBy) {
          pageInfo {
            hasNextPage
            endCursor
          }
          nodes {
            id
            key
          }
        }
      }
    }
  }
`);

const FirstSyncs = graphql(/* GraphQL */ `
  query FirstSyncs($storageId: ID!, $filter: SyncFilter, $orderBy: SyncOrder!) {
    storage(id: $storageId) {
      ... on ExternalStorage {
        syncs(filter: $filter, orderBy: $orderBy) {
          totalCount
          nodes {
            id
          }
        }
      }
    }
  }
`);

const SortedProjects = graphql(/* GraphQL */ `
  query SortedProjects($after: String, $filter: ProjectFilter, $orderBy: ProjectOrder!) {
    projects(first: 1, after: $after, filter: $filter, orderBy: $orderBy) {
      totalCount
      pageInfo {
        hasNextPage
        endCursor
      }
      nodes {
        title
      }
    }
  }
`);

let project: string;
let storage: string;
let syncs: string[];

beforeAll(async () => {
  project = await owner.project();
  const path = await it.files('photos', { 'a.jpg': 'xxx', 'b/c.jpg': 'x', 'b/d.jpg': 'xx' });
  storage = (await owner.connect(project, { localFiles: { path } }, { recursive: true })).id;
  syncs = [(await owner.sync(storage)).id, (await owner.sync(storage)).id];
  const tasks = [
    {
      data: { image: 'inline' },
      annotations: [1, 2, 3].map((lead_time) => ({ result: [], lead_time })),
      predictions: [{ result: [], score: 0.5 }, { result: [] }],
    },
  ];
  await owner.run(documents.ImportTasks, { input: { projectId: project, tasks } });
  await it.sql`UPDATE tasks SET updated_at = now() + interval '1 hour' WHERE inner_id = 2`;
  await it.sql`UPDATE tasks SET created_at = '2020-01-01' WHERE inner_id = 1`;
});

async function sorted(orderBy: TaskOrder, filter: TaskFilter = {}, first = 2): Promise<number[]> {
  const page = async (after: string | null): Promise<number[]> => {
    const variables = { projectId: project, first, after, filter, orderBy };
    const { nodes, pageInfo } = (await owner.run(SortedTasks, variables)).project!.tasks;
    const numbers = nodes.map(({ innerId }) => innerId);
    return pageInfo.hasNextPage ? [...numbers, ...(await page(pageInfo.endCursor))] : numbers;
  };
  return page(null);
}

describe('orderBy', () => {
  test('tasks, page by page, both ways', async () => {
    expect(await sorted({ field: 'INNER_ID', direction: 'ASC' })).toEqual([1, 2, 3, 4]);
    expect(await sorted({ field: 'INNER_ID', direction: 'DESC' })).toEqual([4, 3, 2, 1]);
    expect((await sorted({ field: 'UPDATED_AT', direction: 'DESC' }, {}, 1))[0]).toBe(2);
    expect((await sorted({ field: 'UPDATED_AT', direction: 'DESC' }, {}, 1)).sort()).toEqual([1, 2, 3, 4]);
    expect((await sorted({ field: 'CREATED_AT', direction: 'ASC' }, {}, 3))[0]).toBe(1);
  });

  test('a cursor serves the order that it came from alone', async () => {
    const first = { projectId: project, first: 1, orderBy: { field: 'INNER_ID', direction: 'ASC' } } as const;
    const after = (await owner.run(SortedTasks, first)).project!.tasks.pageInfo.endCursor;
    const other = { ...first, after, orderBy: { field: 'INNER_ID', direction: 'DESC' } } as const;
    expect((await owner.send(SortedTasks, other)).errors![0]!.message).toMatch(/^after: Expected a cursor/);
  });

  test('objects by size', async () => {
    const orderBy = { field: 'SIZE', direction: 'DESC' } as const;
    const one = (await owner.run(SortedObjects, { storageId: storage, orderBy })).storage!.objects;
    const after = one.pageInfo.endCursor;
    const two = (await owner.run(SortedObjects, { storageId: storage, orderBy, after })).storage!.objects;
    expect([...one.nodes, ...two.nodes].map(({ key }) => key)).toEqual([
      'photos/a.jpg',
      'photos/b/d.jpg',
      'photos/b/c.jpg',
    ]);
  });

  test('syncs oldest first, and by status', async () => {
    const oldest = { field: 'QUEUED_AT', direction: 'ASC' } as const;
    const all = (await owner.run(FirstSyncs, { storageId: storage, orderBy: oldest })).storage!.syncs;
    expect(all.nodes.map(({ id }) => id)).toEqual(syncs);
    const filter = { statuses: ['FAILED' as const] };
    const failed = (await owner.run(FirstSyncs, { storageId: storage, orderBy: oldest, filter })).storage!
      .syncs;
    expect(failed).toEqual({ totalCount: 0, nodes: [] });
  });

  test('projects by title', async () => {
    for (const title of ['Beta', 'Alpha']) await owner.run(documents.CreateProject, { input: { title } });
    const orderBy = { field: 'TITLE', direction: 'ASC' } as const;
    const { projects } = await owner.run(SortedProjects, { orderBy });
    const after = projects.pageInfo.endCursor;
    const next = (await owner.run(SortedProjects, { orderBy, after })).projects;
    expect([projects.nodes[0]!.title, next.nodes[0]!.title]).toEqual(['Alpha', 'Beta']);
  });

  test('objects by when they were modified', async () => {
    await it.sql`UPDATE objects SET modified_at = '2020-01-01' WHERE key = 'photos/a.jpg'`;
    const of = async (filter: StorageObjectFilter) => {
      const orderBy = { field: 'KEY', direction: 'ASC' } as const;
      const { nodes } = (await owner.run(SortedObjects, { storageId: storage, filter, orderBy })).storage!
        .objects;
      return nodes.map(({ key }) => key);
    };
    expect(await of({ modifiedBefore: '2021-01-01T00:00:00Z' })).toEqual(['photos/a.jpg']);
    expect(await of({ modifiedAfter: '2021-01-01T00:00:00Z' })).toEqual(['photos/b/c.jpg', 'photos/b/d.jpg']);
    expect(await of({ modifiedAfter: '2020-01-01T00:00:00Z', keyPrefix: 'photos/a' })).toHaveLength(1);
  });

  test('projects by title and time', async () => {
    for (const title of ['Cats 1', 'cats_2', 'Dogs']) {
      await owner.run(documents.CreateProject, { input: { title } });
    }
    await it.sql`UPDATE projects SET created_at = '2020-01-01' WHERE title = 'cats_2'`;
    const orderBy = { field: 'TITLE', direction: 'DESC' } as const;
    const of = async (filter: ProjectFilter) =>
      (await owner.run(SortedProjects, { filter, orderBy })).projects;
    expect(await of({ titlePrefix: 'CATS' })).toMatchObject({ totalCount: 2 });
    expect(await of({ titlePrefix: 'cats_' })).toMatchObject({ totalCount: 1, nodes: [{ title: 'cats_2' }] });
    expect(await of({ createdBefore: '2021-01-01T00:00:00Z' })).toMatchObject({
      totalCount: 1,
      nodes: [{ title: 'cats_2' }],
    });
    expect(await of({ titlePrefix: 'cats', createdAfter: '2021-01-01T00:00:00Z' })).toMatchObject({
      totalCount: 1,
      nodes: [{ title: 'Cats 1' }],
    });
  });
});

test('filters of tasks', async () => {
  const of = async (filter: TaskFilter) => (await owner.tasks(project, filter)).map(({ innerId }) => innerId);
  expect(await of({ storageId: storage })).toEqual([1, 2, 3]);
  expect(await of({ storageId: Buffer.from('LocalFilesStorage:99999').toString('base64') })).toEqual([]);
  expect(await of({ keyPrefix: 'photos/b/' })).toEqual([2, 3]);
  expect(await of({ keyPrefix: 'photos/b%' })).toEqual([]);
  expect(await of({ hasAnnotations: true })).toEqual([4]);
  expect(await of({ hasAnnotations: false })).toEqual([1, 2, 3]);
  expect(await of({ createdBefore: '2021-01-01T00:00:00Z' })).toEqual([1]);
  expect(await of({ createdAfter: '2021-01-01T00:00:00+02:00' })).toEqual([2, 3, 4]);
});

test('annotations and predictions of a task come in pages, for many tasks at once', async () => {
  const page = async (after?: string | null) =>
    (await owner.run(AnnotationPages, { projectId: project, first: 2, after })).project!.tasks.nodes;
  const first = (await page())[3]!;
  expect(first.annotations).toMatchObject({ totalCount: 3, pageInfo: { hasNextPage: true } });
  expect(first.annotations.nodes.map(({ leadTime }) => leadTime)).toEqual([1, 2]);
  expect(first.predictions).toEqual({ totalCount: 2, nodes: [{ score: 0.5 }] });
  const rest = (await page(first.annotations.pageInfo.endCursor))[3]!;
  expect(rest.annotations.nodes.map(({ leadTime }) => leadTime)).toEqual([3]);
});

test('a page has at most 250 nodes', async () => {
  const { errors } = await owner.send(documents.ListTasks, { projectId: project, first: 251 });
  expect(errors![0]!.message).toBe('first: Expected 1 to 250, got 251.');
});

describe('totalCount', () => {
  test('is exact, and says so', async () => {
    const orderBy = { field: 'INNER_ID', direction: 'ASC' } as const;
    const { tasks } = (await owner.run(SortedTasks, { projectId: project, orderBy })).project!;
    expect(tasks).toMatchObject({ totalCount: 4, totalCountPrecision: 'EXACT' });
  });

  test('stops at its limit, and says so; it is counted once', async () => {
    const database = openDatabase(it.databaseUrl, { connections: 1, name: 'count' });
    await it.member('ANNOTATOR');
    expect(await countRows(database.db, users, undefined, 2)).toEqual({ count: 2, exact: true });
    expect(await countRows(database.db, users, undefined, 1)).toEqual({ count: 1, exact: false });
    await database.close();
    let counted = 0;
    const connection = await connectionOf(
      {},
      {
        fetch: async () => [],
        keyOf: () => 1,
        count: async () => ({ count: ++counted, exact: false }),
      },
    );
    expect([await connection.total(), await connection.total()]).toEqual([
      { count: 1, exact: false },
      { count: 1, exact: false },
    ]);
  });
});

test.each([
  '2026-01-31T12:00:00',
  '2026-01-31',
  '2026-02-30T12:00:00Z',
  'Sat Jan 31 2026',
  '2026-01-31 12:00:00Z',
  '1',
])('"%s" is no instant', async (createdAfter) => {
  const { errors } = await owner.send(documents.ListTasks, { projectId: project, filter: { createdAfter } });
  expect(errors![0]!.extensions!.code).toBe('BAD_USER_INPUT');
});
