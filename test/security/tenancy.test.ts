import { isInterfaceType, isNonNullType } from 'graphql';
import { beforeAll, describe, expect, test } from 'vitest';
import { schema } from '../../src/api/graphql/schema.ts';
import * as documents from '../graphql/documents.ts';
import { testApp } from '../support/app.ts';
import { candidate } from '../support/candidate.ts';
import { as } from '../support/client.ts';
import { dump } from '../support/database.ts';
import type { Member } from '../support/member.ts';

/**
 * What belongs to another organization does not exist: for every type of record and every mutation the
 * answer to a foreign id is the answer to an id that there is not. A new type or mutation fails this test
 * until it has its row.
 */
const it = await testApp();
const { owner } = it;
const stranger = await it.stranger();

const globalId = (type: string, key: string | number) => Buffer.from(`${type}:${key}`).toString('base64');
const MISSING = 987_654_321;

/** The owner's record of each type of Node, and the stranger's own project. */
const own: Record<string, string> = {};
let strangersProject: string;

beforeAll(async () => {
  const path = await it.files('mine', { 'a.jpg': 'x' });
  const project = await owner.project();
  const storage = await owner.connect(project, { localFiles: { path } });
  const sync = await owner.sync(storage.id);
  const [task] = await owner.tasks(project);
  const { createAnnotation } = await run(owner, 'createAnnotation', { taskId: task!.id, result: [] });
  const [stored] = await it.sql<{ id: number; projectId: number; containerId: number }[]>`
    SELECT id, project_id AS "projectId", container_id AS "containerId" FROM storages`;
  for (const provider of ['S3', 'GCS', 'AZURE_BLOB', 'REDIS']) {
    const [row] = await it.sql<{ id: number }[]>`
      INSERT INTO storages (project_id, container_id, provider, direction, prefix, config, settings)
      VALUES (${stored!.projectId}, ${stored!.containerId}, ${provider}, 'TARGET', 'x', '{}', '{}') RETURNING id`;
    const words = provider
      .toLowerCase()
      .split('_')
      .map((word) => word[0]!.toUpperCase() + word.slice(1));
    own[`${words.join('')}Storage`] = globalId(`${words.join('')}Storage`, row!.id);
  }
  own.Organization = (await owner.run(documents.WhoAmI)).viewer.organization.id;
  own.Project = project;
  own.LocalFilesStorage = storage.id;
  own.Sync = sync.id;
  own.Task = task!.id;
  own.Annotation = createAnnotation.annotation.id;
  own.User = globalId('User', (await it.sql`SELECT id FROM users WHERE email = 'admin@localhost'`)[0]!.id);
  own.StorageObject = globalId('StorageObject', `${stored!.id}:mine/a.jpg`);
  const [issue] = await it.sql<{ id: number }[]>`
    INSERT INTO sync_issues (project_id, sync_id, severity, code, message)
    SELECT project_id, id, 'WARNING', 'COPY_FAILED', 'x' FROM syncs LIMIT 1 RETURNING id`;
  own.SyncIssue = globalId('SyncIssue', issue!.id);
  const [prediction] = await it.sql<{ id: number }[]>`
    INSERT INTO predictions (project_id, task_id, result)
    SELECT project_id, id, '[]' FROM tasks LIMIT 1 RETURNING id`;
  own.Prediction = globalId('Prediction', prediction!.id);
  own.ApiToken = (await owner.run(documents.WhoAmI)).viewer.apiTokens.nodes[0]!.id;
  const [webhook] = await it.sql<{ id: number }[]>`
    INSERT INTO webhooks (project_id, url, events, secret)
    VALUES (${stored!.projectId}, 'https://example.com', '{sync.ended}', 'sealed') RETURNING id`;
  own.Webhook = globalId('Webhook', webhook!.id);
  const [delivery] = await it.sql<{ id: number }[]>`
    INSERT INTO webhook_deliveries (project_id, webhook_id, event, body)
    VALUES (${stored!.projectId}, ${webhook!.id}, 'sync.ended', '{}') RETURNING id`;
  own.WebhookDelivery = globalId('WebhookDelivery', delivery!.id);
  const [record] = await it.sql<{ name: string }[]>`
    INSERT INTO export_records (project_id, storage_id, subject_id, task_id)
    SELECT project_id, id, 1, 1 FROM storages WHERE direction = 'TARGET' LIMIT 1
    RETURNING storage_id || ':' || subject_id AS name`;
  own.Export = globalId('Export', record!.name);
  const [entry] = await it.sql<{ id: number }[]>`SELECT id FROM audit_log LIMIT 1`;
  own.AuditEntry = globalId('AuditEntry', entry!.id);
  const [user] = await it.sql<
    { id: number }[]
  >`SELECT user_id AS id FROM memberships ORDER BY created_at LIMIT 1`;
  own.User = globalId('User', user!.id);
  own.Member = globalId('Member', user!.id);
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
  const more = mutation === 'createAnnotation' ? '... on CreateAnnotationSuccess { annotation { id } }' : '';
  const query = `mutation ($input: ${type}!) { ${mutation}(input: $input) {
    __typename ... on Error { message ... on ValidationError { fields { path message } } } ${more} } }`;
  const { data, errors } = await ask(member, query, { input });
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

/** The same answer once the id that was asked for is left out. */
const shape = (answer: unknown) => JSON.stringify(answer).replaceAll(/with id \\"[^"]*\\"/g, 'with id …');

const nodeTypes = (() => {
  const node = schema.getType('Node');
  if (!isInterfaceType(node)) throw new Error('There is no interface Node.');
  return schema.getPossibleTypes(node).map(({ name }) => name);
})();

describe('node(id)', () => {
  const NODE = 'query ($id: ID!) { node(id: $id) { __typename id } }';

  test.each(nodeTypes)('%s: its owner sees it, a stranger sees what does not exist', async (type) => {
    const id = own[type]!;
    expect(await ask(owner, NODE, { id })).toEqual({ data: { node: { __typename: type, id } } });
    const foreign = await ask(stranger, NODE, { id });
    expect(foreign).toEqual({ data: { node: null } });
    expect(foreign).toEqual(await ask(stranger, NODE, { id: globalId(type, MISSING) }));
    expect((await ask(it.client(null), NODE, { id })).errors[0].extensions.code).toBe('UNAUTHENTICATED');
  });

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

  test('the queries by id say the same for forged ids as for missing ones', async () => {
    for (const name of ['project', 'storage', 'task', 'sync']) {
      for (const id of forged.slice(0, 12)) {
        const { data, errors } = await ask(owner, `query ($id: ID!) { ${name}(id: $id) { __typename } }`, {
          id,
        });
        expect(data[name]).toBeNull();
        expect(errors[0].extensions.code).toBe('NOT_FOUND');
      }
    }
  });
});

describe('queries by id', () => {
  const direct: Record<string, string> = {
    project: 'Project',
    storage: 'LocalFilesStorage',
    task: 'Task',
    sync: 'Sync',
  };

  test('all have their row', () => {
    const byId = Object.values(schema.getQueryType()!.getFields())
      .filter(({ args }) => args.some(({ name, type }) => name === 'id' && isNonNullType(type)))
      .map(({ name }) => name);
    expect(byId.sort()).toEqual([...Object.keys(direct), 'node'].sort());
  });

  test.each(Object.entries(direct))('%s', async (name, type) => {
    const query = `query ($id: ID!) { ${name}(id: $id) { __typename } }`;
    expect((await ask(owner, query, { id: own[type] })).data[name]).not.toBeNull();
    const foreign = await ask(stranger, query, { id: own[type] });
    expect(foreign.data[name]).toBeNull();
    expect(shape(foreign)).toBe(shape(await ask(stranger, query, { id: globalId(type, MISSING) })));
  });

  test('storageSetupGuide of a storage, and of a project', async () => {
    const query =
      'query ($input: StorageSetupGuideInput!) { storageSetupGuide(input: $input) { __typename } }';
    const inputs = [
      ['LocalFilesStorage', (storageId: string) => candidate({ storageId })],
      ['Project', (projectId: string) => candidate({ projectId, provider: { s3 }, settings: source })],
    ] as const;
    for (const [type, inputOf] of inputs) {
      const mine = await ask(owner, query, { input: inputOf(own[type]!) });
      expect(mine.errors).toBeUndefined();
      const foreign = await ask(stranger, query, { input: inputOf(own[type]!) });
      const missing = await ask(stranger, query, { input: inputOf(globalId(type, MISSING)) });
      expect(foreign.errors[0].extensions.code).toBe('NOT_FOUND');
      expect(shape(foreign)).toBe(shape(missing));
    }
  });

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

type Ids = Record<string, string>;
const s3 = { bucket: 'bucket', credentials: { default: true } };
const source = { source: {} };

/** For each mutation: inputs that name foreign records, with each id in its place. */
const inputs: Record<string, ((ids: Ids) => object)[]> = {
  cancelSync: [({ Sync }) => ({ syncId: Sync })],
  changeMemberRole: [({ User }) => ({ userId: User, role: 'ANNOTATOR' })],
  createAnnotation: [({ Task }) => ({ taskId: Task, result: [] })],
  createNotificationToken: [({ LocalFilesStorage }) => ({ storageId: LocalFilesStorage })],
  createStorage: [({ Project }) => ({ projectId: Project, provider: { s3 }, settings: source })],
  createWebhook: [
    ({ Project }) => ({ projectId: Project, url: 'https://thief.example', events: ['SYNC_ENDED'] }),
  ],
  deleteAnnotation: [({ Annotation }) => ({ annotationId: Annotation })],
  deleteProject: [({ Project }) => ({ projectId: Project })],
  deleteStorage: [({ LocalFilesStorage }) => ({ storageId: LocalFilesStorage })],
  deleteTasks: [({ Project, Task }) => ({ projectId: Project, taskIds: [Task] })],
  deleteWebhook: [({ Webhook }) => ({ webhookId: Webhook })],
  diagnoseStorage: [
    ({ LocalFilesStorage }) => candidate({ storageId: LocalFilesStorage, origin: 'https://a.example' }),
    ({ Project }) =>
      candidate({
        projectId: Project,
        provider: { s3 },
        settings: source,
        origin: 'https://a.example',
      }),
  ],
  importTasks: [({ Project }) => ({ projectId: Project, tasks: [{ image: 'x' }] })],
  previewSync: [
    ({ LocalFilesStorage }) => candidate({ storageId: LocalFilesStorage }),
    ({ Project }) => candidate({ projectId: Project, provider: { s3 }, settings: source }),
  ],
  removeMember: [({ User }) => ({ userId: User })],
  retryFailed: [({ LocalFilesStorage }) => ({ storageId: LocalFilesStorage })],
  revokeApiToken: [({ ApiToken }) => ({ tokenId: ApiToken })],
  syncStorage: [({ LocalFilesStorage }) => ({ storageId: LocalFilesStorage })],
  updateAnnotation: [({ Annotation }) => ({ annotationId: Annotation, wasCancelled: true })],
  updateProject: [({ Project }) => ({ projectId: Project, title: 'Mine now' })],
  updateWebhook: [({ Webhook }) => ({ webhookId: Webhook, url: 'https://thief.example' })],
  updateStorage: [
    ({ LocalFilesStorage }) => ({ storageId: LocalFilesStorage, title: 'Mine now' }),
    ({ S3Storage }) => ({ storageId: S3Storage, provider: { s3: { endpoint: 'https://thief.example' } } }),
  ],
  validateStorage: [
    ({ LocalFilesStorage }) => candidate({ storageId: LocalFilesStorage }),
    ({ S3Storage }) =>
      candidate({ storageId: S3Storage, provider: { s3: { endpoint: 'https://thief.example' } } }),
    ({ Project }) => candidate({ projectId: Project, provider: { s3 }, settings: source }),
  ],
};
/** They take no id: they make something of the viewer's own. */
const withoutId: Record<string, object> = {
  addMember: { email: 'thief@example.com', role: 'OWNER' },
  createApiToken: { title: 'x' },
  createProject: { title: 'x' },
};

describe('mutations', () => {
  test('all have their row', () => {
    const names = Object.keys(schema.getMutationType()!.getFields());
    expect(names.sort()).toEqual([...Object.keys(inputs), ...Object.keys(withoutId)].sort());
  });

  const missing = () => Object.fromEntries(Object.keys(own).map((type) => [type, globalId(type, MISSING)]));
  /** An id of the right form that names a record of another kind. */
  const confused = () =>
    Object.fromEntries(Object.keys(own).map((type) => [type, own[type === 'Sync' ? 'Task' : 'Sync']!]));
  const forged = () => Object.fromEntries(Object.keys(own).map((type) => [type, 'Zm9yZ2Vk']));

  test.each(Object.keys(inputs))(
    '%s: a foreign id reads like a missing one, and nothing changes',
    async (name) => {
      const before = await dump(it.sql);
      for (const inputOf of inputs[name]!) {
        const foreign = await run(stranger, name, inputOf(own));
        expect(foreign[name].__typename).toBe('NotFoundError');
        expect(shape(foreign)).toBe(shape(await run(stranger, name, inputOf(missing()))));
        for (const ids of [confused(), forged()]) {
          for (const member of [stranger, owner]) {
            expect((await run(member, name, inputOf(ids)))[name].__typename).toBe('NotFoundError');
          }
        }
      }
      expect(await dump(it.sql)).toBe(before);
    },
  );

  test.each([...Object.keys(inputs), ...Object.keys(withoutId)])(
    '%s: nothing without a token',
    async (name) => {
      const [inputOf = () => withoutId[name]!] = inputs[name] ?? [];
      const type = `${name[0]!.toUpperCase()}${name.slice(1)}Input`;
      const query = `mutation ($input: ${type}!) { ${name}(input: $input) { __typename } }`;
      const { data, errors } = await ask(it.client(null), query, { input: inputOf(own) });
      expect(data).toBeNull();
      expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
    },
  );

  test('deleteTasks: tasks of others are passed over, in one’s own project', async () => {
    const input = { projectId: strangersProject, taskIds: [own.Task!] };
    const { deleteTasks } = await stranger.run(documents.DeleteTasks, { input });
    expect(as(deleteTasks, 'DeleteTasksSuccess').deletedCount).toBe(0);
    expect(await owner.tasks(own.Project!)).toHaveLength(1);
  });

  test('what an annotator sees but may not change is forbidden, in the same words', async () => {
    const annotator = await it.member('ANNOTATOR');
    const own2 = { ...own };
    const before = await dump(it.sql);
    /** An annotator annotates, and has tokens; of these annotations none is theirs. */
    const allowed = ['createAnnotation', 'revokeApiToken'];
    for (const [name, [inputOf]] of Object.entries(inputs)) {
      if (allowed.includes(name)) continue;
      const { [name]: answer } = await run(annotator, name, inputOf!(own2));
      expect([name, answer]).toEqual([
        name,
        {
          __typename: 'ForbiddenError',
          message: name.endsWith('Annotation')
            ? 'Only its author or a manager may change an annotation.'
            : `This needs the role ${/Member/.test(name) ? 'ADMINISTRATOR' : 'MANAGER'} or higher; ask an administrator.`,
        },
      ]);
    }
    expect(await dump(it.sql)).toBe(before);
  });
});
