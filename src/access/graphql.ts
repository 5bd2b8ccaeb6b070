import { builder } from '../graphql/builder.ts';
import { connectionOf, pageArgs } from '../graphql/connections.ts';
import { viewerOf } from '../graphql/context.ts';
import { keyOf } from '../graphql/ids.ts';
import { OrganizationType, UserType } from '../organizations/graphql.ts';
import { ProjectType, projectKey } from '../projects/graphql.ts';
import { type Action, actions } from './actions.ts';
import type { Changes } from './audit.ts';
import type { AuditFilter, StoredAuditEntry } from './repository.ts';

/** `storage.update` becomes STORAGE_UPDATE, `organization.readAudit` ORGANIZATION_READ_AUDIT. */
const enumName = (action: Action) =>
  action
    .replace('.', '_')
    .replace(/[A-Z]/g, (letter) => `_${letter}`)
    .toUpperCase();

const AuditActionEnum = builder.enumType('AuditAction', {
  description:
    'An action, named by the kind of record and the verb. The log holds the actions that change something.',
  values: Object.fromEntries(
    actions.map((action) => [enumName(action), { value: action, description: `The action \`${action}\`.` }]),
  ) as Record<string, { value: Action; description: string }>,
});

interface Change {
  field: string;
  before: unknown;
  after: unknown;
}

const AuditChangeType = builder.objectRef<Change>('AuditChange').implement({
  description: 'How one field of a record changed. Of a secret only that it changed.',
  fields: (t) => ({
    field: t.exposeString('field', { description: 'Name of the field.' }),
    before: t.expose('before', {
      type: 'JSON',
      nullable: true,
      description: 'Value of the field before the change.',
    }),
    after: t.expose('after', {
      type: 'JSON',
      nullable: true,
      description: 'Value of the field after the change.',
    }),
  }),
});

const changesOf = (changes: Changes): Change[] =>
  Object.entries(changes).map(([field, { before, after }]) => ({ field, before, after }));

const AuditEntryType = builder.objectRef<StoredAuditEntry>('AuditEntry');
builder.node(AuditEntryType, {
  description:
    'An action that a user carried out. Entries are never changed, and outlive the records that they are about.',
  id: { resolve: ({ id }) => id, description: 'Opaque id.' },
  isTypeOf: (value) =>
    typeof value === 'object' && value !== null && 'recordId' in value && 'changes' in value,
  loadMany: (ids, { loaders }) => Promise.all(ids.map((id) => loaders.auditEntry.load(Number(id)))),
  fields: (t) => ({
    action: t.field({
      type: AuditActionEnum,
      description: 'The action that was carried out.',
      resolve: ({ action }) => action as Action,
    }),
    user: t.field({
      type: UserType,
      nullable: true,
      description: 'User who carried out the action; null when the user no longer exists.',
      resolve: ({ userId }, _, { loaders }) => loaders.user.load(userId),
    }),
    address: t.exposeString('address', {
      nullable: true,
      description: 'Network address that the request came from; null for the command line.',
    }),
    project: t.field({
      type: ProjectType,
      nullable: true,
      description:
        'Project that the action concerns; null when it concerns none, or the project no longer exists.',
      resolve: ({ projectId }, _, { loaders }) =>
        projectId === null ? null : loaders.project.load(projectId),
    }),
    recordNumber: t.expose('recordId', {
      type: 'BigInt',
      nullable: true,
      description: 'Number of the record within its kind, which tells the records of a kind apart.',
    }),
    changes: t.field({
      type: [AuditChangeType],
      description: 'The changes of the record, field by field.',
      resolve: ({ changes }) => changesOf(changes),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the action was carried out.' }),
  }),
});

const AuditFilterInput = builder.inputType('AuditFilter', {
  description: 'Which entries; all conditions must hold.',
  fields: (t) => ({
    projectId: t.id({ description: 'Only entries of this project.' }),
    userId: t.id({ description: 'Only entries of this user.' }),
    action: t.field({ type: AuditActionEnum, description: 'Only entries of this action.' }),
    since: t.field({ type: 'DateTime', description: 'Only entries from this instant on.' }),
    until: t.field({ type: 'DateTime', description: 'Only entries before this instant.' }),
  }),
});

const AuditConnection = builder.connectionObject(
  { type: AuditEntryType, name: 'AuditConnection', description: 'A page of the audit log.' },
  { name: 'AuditEdge', description: 'An entry and its cursor.' },
);

function filterOf(input: typeof AuditFilterInput.$inferInput | null | undefined): AuditFilter {
  const { projectId, userId, ...rest } = input ?? {};
  return {
    ...rest,
    projectId: projectId == null ? null : projectKey(projectId),
    userId: userId == null ? null : keyOf('user', userId, 'User'),
  };
}

builder.objectField(OrganizationType, 'auditLog', (t) =>
  t.field({
    type: AuditConnection,
    description: 'The audit log: who carried out which action, newest first. Needs the role ADMINISTRATOR.',
    args: {
      ...pageArgs(t.arg),
      filter: t.arg({ type: AuditFilterInput, description: 'Which entries to return; absent: all.' }),
    },
    resolve: (_, { filter, ...page }, context) => {
      const [viewer, wanted, { audit }] = [viewerOf(context), filterOf(filter), context.services];
      return connectionOf(page, {
        fetch: (keyset: { limit: number; after: number | undefined }) => audit.list(viewer, wanted, keyset),
        keyOf: ({ id }: StoredAuditEntry) => id,
        count: () => audit.count(viewer, wanted),
      });
    },
  }),
);
