import { beforeAll, describe, expect, test } from 'vitest';
import * as documents from '../graphql/documents.ts';
import { testApp } from '../support/app.ts';
import { as } from '../support/client.ts';
import { dump } from '../support/database.ts';
import type { Member } from '../support/member.ts';
import { mutations } from './operations.ts';
import { globalId, type Ids, records } from './records.ts';

/**
 * What belongs to another organization does not exist, and neither does what forged ids name. Who may ask for what,
 * with whose record, is walked through in roles.test.ts.
 */
const it = await testApp({ worker: 'none' });
const { owner } = it;
const stranger = await it.stranger();

/** The owner's record of each type of Node, and the stranger's own project. */
let own: Ids;
let strangersProject: string;

beforeAll(async () => {
  own = await records(it, owner);
  strangersProject = await stranger.project();
});

/** Any operation, as text: names come from the schema. */
async function ask(member: Member, query: string, variables: object = {}) {
  const body = JSON.stringify({ query, variables });
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body };
  // What it cost is another matter.
  const { extensions: _, ...answer } = JSON.parse((await member.fetch('/graphql', init)).text);
  return answer;
}

async function run(member: Member, mutation: string, input: object) {
  const type = `${mutation[0]!.toUpperCase()}${mutation.slice(1)}Input`;
  const query = `mutation ($input: ${type}!) { ${mutation}(input: $input) {
    __typename ... on Error { message ... on ValidationError { fields { path message } } } } }`;
  const { data, errors } = await ask(member, query, { input });
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

describe('node(id)', () => {
  const NODE = 'query ($id: ID!) { node(id: $id) { __typename id } }';

  test('nodes(ids): each for itself', async () => {
    const ids = [...Object.values(own).slice(0, 3), 'garbage', strangersProject];
    const { data } = await ask(stranger, 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids });
    expect(data.nodes).toEqual([null, null, null, null, { id: strangersProject }]);
  });

  const forged = [
    ...['', 'x', '====', 'garbage', '\u0000', '\u{1F4F7}', 'x'.repeat(100_000)],
    ...[
      'Project',
      'Project:',
      ':1',
      'Project:0',
      'Project:-1',
      'Project:1e3',
      'Project:0x1',
      'Project: 1',
    ].map(encode),
    ...[
      'Project:1.5',
      'Project:NaN',
      'Project:99999999999999999999',
      "Project:1' OR '1'='1",
      'Project:1:1',
    ].map(encode),
    ...['Query:1', 'Mutation:1', 'StorageObject:1', 'StorageObject:x:1', 'Nothing:1'].map(encode),
    ...['__proto__:1', 'constructor:1', 'toString:1', 'ExternalStorage:1', 'Node:1', 'project:1'].map(encode),
  ];
  function encode(text: string): string {
    return Buffer.from(text).toString('base64');
  }

  test('forged ids are ids of nothing', async () => {
    for (const id of forged)
      expect([id, await ask(owner, NODE, { id })]).toEqual([id, { data: { node: null } }]);
  });

  test('an id under another type’s name neither, unless that record exists', async () => {
    const [, key] = Buffer.from(own.LocalFilesStorage!, 'base64').toString().split(':');
    const { data, errors } = await ask(owner, NODE, { id: globalId('RedisStorage', key!) });
    expect({ data, errors }).toEqual({ data: { node: null }, errors: undefined });
  });

  test('the queries by id find nothing by forged ids, as by missing ones', async () => {
    for (const name of ['project', 'storage', 'task', 'sync']) {
      for (const id of forged.slice(0, 12)) {
        const { data, errors } = await ask(owner, `query ($id: ID!) { ${name}(id: $id) { __typename } }`, {
          id,
        });
        expect(data[name]).toBeNull();
        expect(errors).toBeUndefined();
      }
    }
  });
});

describe('the viewer’s own', () => {
  test('lists hold only what is the viewer’s', async () => {
    const query = '{ projects { totalCount nodes { id } } viewer { organization { id } } }';
    expect((await ask(stranger, query)).data.projects).toEqual({
      totalCount: 1,
      nodes: [{ id: strangersProject }],
    });
    const filtered = `query ($id: ID!, $ids: [ID!]) { project(id: $id) { tasks(filter: { ids: $ids }) { totalCount } } }`;
    const { data } = await ask(stranger, filtered, { id: strangersProject, ids: [own.Task] });
    expect(data.project.tasks.totalCount).toBe(0);
  });

  test('the external ID is for administrators, and each organization has its own', async () => {
    const annotator = await it.member('ANNOTATOR');
    const externalId = async (member: Member) =>
      (await member.run(documents.WhoAmI)).viewer.organization.externalId;
    expect(await externalId(annotator)).toBeNull();
    expect(await externalId(await it.member('ADMINISTRATOR'))).toBe(await externalId(owner));
    expect(await externalId(stranger)).not.toBe(await externalId(owner));
  });
});

describe('mutations', () => {
  /** An id of the right form that names a record of another kind. */
  const confused = () =>
    Object.fromEntries(Object.keys(own).map((type) => [type, own[type === 'Sync' ? 'Task' : 'Sync']!]));
  const forged = () => Object.fromEntries(Object.keys(own).map((type) => [type, 'Zm9yZ2Vk']));

  const named = Object.entries(mutations).filter(([, { unnamed }]) => !unnamed);
  test.each(named)(
    '%s: foreign, forged and confused ids are ids of nothing, and nothing changes',
    async (name, { inputs }) => {
      const before = await dump(it.sql);
      for (const inputOf of inputs) {
        expect((await run(stranger, name, inputOf(own)))[name].__typename).toBe('NotFoundError');
        for (const ids of [confused(), forged()]) {
          for (const member of [stranger, owner]) {
            expect((await run(member, name, inputOf(ids)))[name].__typename).toBe('NotFoundError');
          }
        }
      }
      expect(await dump(it.sql)).toBe(before);
    },
  );

  test('deleteTasks: tasks of others are passed over, in one’s own project', async () => {
    const input = { projectId: strangersProject, taskIds: [own.Task!] };
    const { deleteTasks } = await stranger.run(documents.DeleteTasks, { input });
    expect(as(deleteTasks, 'DeleteTasksSuccess').deletedCount).toBe(0);
    expect(await owner.tasks(own.Project!)).toHaveLength(1);
  });

  test('what an annotator sees but may not change is forbidden, with the role that it needs', async () => {
    const annotator = await it.member('ANNOTATOR');
    const refusals = {
      deleteAnnotation: 'Only its author or a manager may change an annotation.',
      removeMember: 'This needs the role ADMINISTRATOR or higher; ask an administrator.',
      updateProject: 'This needs the role MANAGER or higher; ask an administrator.',
    };
    for (const [name, message] of Object.entries(refusals)) {
      const { [name]: answer } = await run(annotator, name, mutations[name]!.inputs[0]!(own));
      expect([name, answer]).toEqual([name, { __typename: 'ForbiddenError', message }]);
    }
  });
});
