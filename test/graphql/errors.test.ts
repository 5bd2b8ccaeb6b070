import { getNamedType, isUnionType } from 'graphql';
import { beforeAll, describe, expect, test } from 'vitest';
import { schema } from '../../src/api/graphql/schema.ts';
import { globalId } from '../../src/graphql/ids.ts';
import { MAX_WEBHOOKS } from '../../src/webhooks/model.ts';
import { serverOf } from '../servers/servers.ts';
import { testApp } from '../support/app.ts';
import { limited } from '../support/limited.ts';
import type { Member } from '../support/member.ts';

/**
 * The result union of a mutation lists the errors that can occur there and no others: each listed one is
 * provoked here, and a listed one that nothing provokes fails.
 */
const it = await testApp({ settings: { OUTBOUND_ALLOW: '127.0.0.1' } });
const { owner } = it;
const annotator = await it.member('ANNOTATOR');
/** The owner, by a token that only reads. */
const reader = await limited(it, owner, { scopes: ['READ'] });

/** Nothing listens there. */
const dead = { redis: { host: '127.0.0.1', port: 9 } };
const source = { source: { importMethod: 'FILES' } };
const badFilter = { source: { filter: '(' } };

let project = '';
let storage = '';
let target = '';
let paused = '';
let redis = '';
let full = '';
let self = '';
let task = '';
let annotation = '';
let webhook = '';
let ended = '';
let folder = '';
let other = '';
const missing = {
  project: globalId('Project', 999_999),
  storage: globalId('S3Storage', 999_999),
  task: globalId('Task', 999_999),
  annotation: globalId('Annotation', 999_999),
  sync: globalId('Sync', 999_999),
  token: globalId('ApiToken', 999_999),
  user: globalId('User', 999_999),
  invitation: globalId('Invitation', 999_999),
  webhook: globalId('Webhook', 999_999),
};

interface Result {
  __typename: string;
  message?: string;
  requiredRole?: string | null;
  conflict?: string;
  fields?: { path: string[]; code: string }[];
  [name: string]: unknown;
}

async function run(member: Member, mutation: string, input: object, selection = ''): Promise<Result> {
  const type = `${mutation[0]!.toUpperCase()}${mutation.slice(1)}`;
  const query = `mutation ($input: ${type}Input!) { ${mutation}(input: $input) {
    __typename
    ... on Error {
      message
      ... on ForbiddenError { requiredRole }
      ... on ConflictError { conflict: code }
      ... on ValidationError { fields { path code } }
    }
    ${selection && `... on ${type}Success { ${selection} }`} } }`;
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables: { input } }),
  };
  const { data, errors } = JSON.parse((await member.fetch('/graphql', init)).text);
  if (errors) throw new Error(JSON.stringify(errors));
  return data[mutation];
}

const idOf = async (mutation: string, input: object, name: string) =>
  ((await run(owner, mutation, input, `${name} { ... on Node { id } }`))[name] as { id: string }).id;

beforeAll(async () => {
  folder = await it.files('photos', { 'a.jpg': 'x' });
  other = await it.files('exports', {});
  project = await owner.project();
  storage = (await owner.connect(project, { localFiles: { path: folder } })).id;
  target = await idOf(
    'createStorage',
    { projectId: project, provider: { localFiles: { path: other } }, settings: { target: {} } },
    'storage',
  );
  paused = (await owner.connect(project, { localFiles: { path: await it.files('paused', {}) } })).id;
  await run(owner, 'updateStorage', { storageId: paused, synchronizable: false });
  ended = (await owner.sync(storage)).id;
  task = (await owner.tasks(project))[0]!.id;
  annotation = await idOf('createAnnotation', { taskId: task, result: [] }, 'annotation');
  webhook = await idOf('createWebhook', hook(project), 'webhook');
  const { host, port } = (await serverOf('redis')).open;
  redis = (await owner.connect(project, { redis: { host, port } })).id;
  self = globalId(
    'User',
    Number((await it.sql`SELECT id FROM users WHERE email = 'admin@localhost'`)[0]!.id),
  );
  await run(owner, 'createProject', { title: 'One', idempotencyKey: 'used' });
  await run(owner, 'createApiToken', { title: 'One', idempotencyKey: 'used' });
  await run(owner, 'createExport', { projectId: project, idempotencyKey: 'used' });
  await run(owner, 'createAnnotation', { taskId: task, result: [], idempotencyKey: 'used' });
  await run(owner, 'importTasks', { projectId: project, tasks: [{ image: 'a' }], idempotencyKey: 'used' });
  full = await owner.project();
  for (let count = 0; count < MAX_WEBHOOKS; count++) await run(owner, 'createWebhook', hook(full));
});

type Provocation = () => [member: Member, input: object];
type Provocations = Partial<
  Record<
    'ValidationError' | 'NotFoundError' | 'ForbiddenError' | 'ConflictError' | 'ProviderError',
    Provocation
  >
>;

const hook = (projectId: string) => ({ projectId, url: 'http://127.0.0.1:9/', events: ['SYNC_ENDED'] });
const provider = () => ({ localFiles: { path: folder } });

/** For each mutation, what provokes each of its errors. */
const provocations: Record<string, Provocations> = {
  createProject: {
    ValidationError: () => [owner, { title: ' ' }],
    ForbiddenError: () => [annotator, { title: 'Project' }],
    ConflictError: () => [owner, { title: 'Other', idempotencyKey: 'used' }],
  },
  updateProject: {
    ValidationError: () => [owner, { projectId: project, title: ' ' }],
    NotFoundError: () => [owner, { projectId: missing.project, title: 'Project' }],
    ForbiddenError: () => [annotator, { projectId: project, title: 'Project' }],
    ConflictError: () => [owner, { projectId: project, title: 'P', ifUpdatedAt: '2020-01-01T00:00:00Z' }],
  },
  deleteProject: {
    NotFoundError: () => [owner, { projectId: missing.project }],
    ForbiddenError: () => [annotator, { projectId: project }],
  },
  importTasks: {
    ValidationError: () => [owner, { projectId: project, tasks: [] }],
    NotFoundError: () => [owner, { projectId: missing.project, tasks: [{ image: 'a' }] }],
    ForbiddenError: () => [annotator, { projectId: project, tasks: [{ image: 'a' }] }],
    ConflictError: () => [owner, { projectId: project, tasks: [{ image: 'b' }], idempotencyKey: 'used' }],
  },
  deleteTasks: {
    NotFoundError: () => [owner, { projectId: missing.project, taskIds: [] }],
    ForbiddenError: () => [annotator, { projectId: project, taskIds: [task] }],
  },
  createAnnotation: {
    ValidationError: () => [owner, { taskId: task, result: 'none' }],
    NotFoundError: () => [owner, { taskId: missing.task, result: [] }],
    ForbiddenError: () => [reader, { taskId: task, result: [] }],
    ConflictError: () => [owner, { taskId: task, result: [{ id: 'x' }], idempotencyKey: 'used' }],
  },
  updateAnnotation: {
    ValidationError: () => [owner, { annotationId: annotation, leadTime: -1 }],
    NotFoundError: () => [owner, { annotationId: missing.annotation }],
    ForbiddenError: () => [annotator, { annotationId: annotation, leadTime: 1 }],
    ConflictError: () => [
      owner,
      { annotationId: annotation, leadTime: 1, ifUpdatedAt: '2020-01-01T00:00:00Z' },
    ],
  },
  deleteAnnotation: {
    NotFoundError: () => [owner, { annotationId: missing.annotation }],
    ForbiddenError: () => [annotator, { annotationId: annotation }],
  },
  createStorage: {
    ValidationError: () => [owner, { projectId: project, provider: provider(), settings: badFilter }],
    NotFoundError: () => [owner, { projectId: missing.project, provider: provider(), settings: source }],
    ForbiddenError: () => [annotator, { projectId: project, provider: provider(), settings: source }],
    ConflictError: () => [owner, { projectId: project, provider: provider(), settings: { target: {} } }],
    ProviderError: () => [owner, { projectId: project, provider: dead, settings: source }],
  },
  updateStorage: {
    ValidationError: () => [owner, { storageId: storage, settings: badFilter }],
    NotFoundError: () => [owner, { storageId: missing.storage }],
    ForbiddenError: () => [annotator, { storageId: storage, title: 'Photos' }],
    ConflictError: () => [owner, { storageId: target, provider: provider() }],
    ProviderError: () => [owner, { storageId: redis, provider: { redis: { port: 9 } } }],
  },
  deleteStorage: {
    NotFoundError: () => [owner, { storageId: missing.storage }],
    ForbiddenError: () => [annotator, { storageId: storage }],
  },
  validateStorage: {
    ProviderError: () => [
      owner,
      {
        unsaved: {
          projectId: project,
          provider: { azureBlob: { container: 'container', credentials: { environment: true } } },
          settings: { source: {} },
        },
      },
    ],
    ValidationError: () => [owner, { saved: { storageId: storage, changes: { settings: badFilter } } }],
    NotFoundError: () => [owner, { saved: { storageId: missing.storage } }],
    ConflictError: () => [owner, { saved: { storageId: target, changes: { provider: provider() } } }],
    ForbiddenError: () => [annotator, { saved: { storageId: storage } }],
  },
  diagnoseStorage: {
    ValidationError: () => [owner, { saved: { storageId: storage, origin: 'nowhere' } }],
    NotFoundError: () => [
      owner,
      { saved: { storageId: missing.storage, origin: 'https://label.example.com' } },
    ],
    ForbiddenError: () => [annotator, { saved: { storageId: storage, origin: 'https://label.example.com' } }],
    ProviderError: () => [
      owner,
      {
        unsaved: {
          projectId: project,
          provider: dead,
          settings: source,
          origin: 'https://label.example.com',
        },
      },
    ],
  },
  previewSync: {
    ValidationError: () => [owner, { saved: { storageId: storage, first: 0 } }],
    NotFoundError: () => [owner, { saved: { storageId: missing.storage } }],
    ForbiddenError: () => [annotator, { saved: { storageId: storage } }],
    ProviderError: () => [owner, { unsaved: { projectId: project, provider: dead, settings: source } }],
  },
  createNotificationToken: {
    ValidationError: () => [owner, { storageId: storage, idempotencyKey: '' }],
    NotFoundError: () => [owner, { storageId: missing.storage }],
    ForbiddenError: () => [annotator, { storageId: storage }],
    ConflictError: () => [owner, { storageId: target }],
  },
  syncStorage: {
    ValidationError: () => [owner, { storageId: storage, full: true }],
    NotFoundError: () => [owner, { storageId: missing.storage }],
    ForbiddenError: () => [annotator, { storageId: storage }],
    ConflictError: () => [owner, { storageId: paused }],
  },
  retryFailed: {
    ValidationError: () => [owner, { storageId: storage, idempotencyKey: 'x'.repeat(256) }],
    NotFoundError: () => [owner, { storageId: missing.storage }],
    ForbiddenError: () => [annotator, { storageId: storage }],
    ConflictError: () => [owner, { storageId: paused }],
  },
  cancelSync: {
    NotFoundError: () => [owner, { syncId: missing.sync }],
    ForbiddenError: () => [annotator, { syncId: ended }],
    ConflictError: () => [owner, { syncId: ended }],
  },
  addMember: {
    ValidationError: () => [owner, { email: 'nobody', role: 'ANNOTATOR' }],
    ForbiddenError: () => [annotator, { email: 'new@example.com', role: 'ANNOTATOR' }],
    ConflictError: () => [owner, { email: 'admin@localhost', role: 'ANNOTATOR' }],
  },
  inviteMember: {
    ValidationError: () => [owner, { email: 'nobody', role: 'ANNOTATOR' }],
    ForbiddenError: () => [annotator, { email: 'new@example.com', role: 'ANNOTATOR' }],
    ConflictError: () => [owner, { email: 'admin@localhost', role: 'ANNOTATOR' }],
  },
  revokeInvitation: {
    NotFoundError: () => [owner, { invitationId: missing.invitation }],
    ForbiddenError: () => [annotator, { invitationId: missing.invitation }],
  },
  changeMemberRole: {
    NotFoundError: () => [owner, { userId: missing.user, role: 'ANNOTATOR' }],
    ForbiddenError: () => [annotator, { userId: self, role: 'ANNOTATOR' }],
    ConflictError: () => [owner, { userId: self, role: 'ANNOTATOR' }],
  },
  removeMember: {
    NotFoundError: () => [owner, { userId: missing.user }],
    ForbiddenError: () => [annotator, { userId: self }],
    ConflictError: () => [owner, { userId: self }],
  },
  createApiToken: {
    ValidationError: () => [owner, { title: ' ' }],
    NotFoundError: () => [owner, { title: 'Other', projectId: missing.project }],
    ForbiddenError: () => [reader, { title: 'Other' }],
    ConflictError: () => [owner, { title: 'Other', idempotencyKey: 'used' }],
  },
  revokeApiToken: {
    NotFoundError: () => [owner, { tokenId: missing.token }],
    ForbiddenError: () => [reader, { tokenId: missing.token }],
  },
  createExport: {
    ValidationError: () => [owner, { projectId: project, targetId: storage }],
    NotFoundError: () => [owner, { projectId: missing.project }],
    ForbiddenError: () => [annotator, { projectId: project }],
    ConflictError: () => [owner, { projectId: project, format: 'CSV', idempotencyKey: 'used' }],
  },
  createWebhook: {
    ValidationError: () => [owner, { ...hook(project), url: 'ftp://x' }],
    NotFoundError: () => [owner, hook(missing.project)],
    ForbiddenError: () => [annotator, hook(project)],
    ConflictError: () => [owner, hook(full)],
  },
  updateWebhook: {
    ValidationError: () => [owner, { webhookId: webhook, url: 'ftp://x' }],
    NotFoundError: () => [owner, { webhookId: missing.webhook }],
    ForbiddenError: () => [reader, { webhookId: webhook, title: 'Hook' }],
    ConflictError: () => [owner, { webhookId: webhook, title: 'H', ifUpdatedAt: '2020-01-01T00:00:00Z' }],
  },
  deleteWebhook: {
    NotFoundError: () => [owner, { webhookId: missing.webhook }],
    ForbiddenError: () => [reader, { webhookId: webhook }],
  },
};

/** The errors that a mutation's union lists. */
function listed(mutation: string): string[] {
  const union = getNamedType(schema.getMutationType()!.getFields()[mutation]!.type);
  if (!isUnionType(union)) throw new Error(`${mutation} does not answer with a union.`);
  return union
    .getTypes()
    .map(({ name }) => name)
    .filter((name) => name.endsWith('Error'));
}

const mutations = Object.keys(schema.getMutationType()!.getFields());

test.each(mutations)('%s lists the errors that are provoked here, and no others', (mutation) => {
  expect(Object.keys(provocations[mutation] ?? {}).sort()).toEqual(listed(mutation).sort());
});

describe.each(Object.entries(provocations))('%s', (mutation, cases) => {
  test.each(Object.entries(cases))('%s', async (name, provoke) => {
    const [member, input] = provoke();
    const result = await run(member, mutation, input);
    expect(result).toMatchObject({ __typename: name, message: expect.stringMatching(/\w/) });
    if (name === 'ForbiddenError') {
      // No role helps whose token lacks a scope.
      const role = member === reader ? /^null$/ : /^(MANAGER|ADMINISTRATOR)$/;
      expect(String(result.requiredRole)).toMatch(role);
    }
    if (name === 'ConflictError') expect(result.conflict).toMatch(/^[A-Z_]+$/);
    if (name === 'ValidationError') {
      expect(result.fields!.length).toBeGreaterThan(0);
      for (const { path, code } of result.fields!) {
        expect(path.length).toBeGreaterThan(0);
        expect(code).toMatch(/^[A-Z_]+$/);
      }
    }
  });
});

test('a field error says where and what: by list elements, and by a code', async () => {
  const tasks = [{ image: 'a' }, 7, { data: { image: 'a' }, annotations: [{ result: 7 }] }];
  expect(await run(owner, 'importTasks', { projectId: project, tasks })).toMatchObject({
    fields: [
      { path: ['tasks', '1'], code: 'INVALID' },
      { path: ['tasks', '2', 'annotations', '0', 'result'], code: 'INVALID' },
    ],
  });
  expect(await run(owner, 'createProject', { title: ' ' })).toMatchObject({
    fields: [{ path: ['title'], code: 'REQUIRED' }],
  });
  expect(await run(owner, 'createProject', { title: 'x'.repeat(300), maximumAnnotations: 0 })).toMatchObject({
    fields: [
      { path: ['title'], code: 'OUT_OF_RANGE' },
      { path: ['maximumAnnotations'], code: 'OUT_OF_RANGE' },
    ],
  });
  const settings = { source: { presignTtlMinutes: 0 } };
  expect(await run(owner, 'updateStorage', { storageId: storage, settings })).toMatchObject({
    fields: [{ path: ['settings', 'source', 'presignTtlMinutes'], code: 'OUT_OF_RANGE' }],
  });
  expect(await run(owner, 'updateStorage', { storageId: storage, settings: { target: {} } })).toMatchObject({
    fields: [{ path: ['settings', 'target'], code: 'NOT_ALLOWED' }],
  });
});
