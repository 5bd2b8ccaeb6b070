import { randomUUID } from 'node:crypto';
import type { Action } from '../../src/access/actions.ts';
import type { Role } from '../../src/organizations/model.ts';
import { candidate } from '../support/candidate.ts';
import type { Ids } from './records.ts';

/**
 * Everything that the API can be asked for, with what it does and the lowest role that may do it. A new field of
 * Query, Mutation or Subscription, a new type of Node and a new list within one fail a test until they have their row.
 */
export interface Row {
  /** null: nobody's record is read or changed. */
  action: Action | null;
  role: Role;
  /** What has to be seen first, where not everybody sees it: to others the record does not exist. */
  sees?: Action;
  /** Inputs (of mutations) or arguments that name the records; only the first has to succeed. */
  inputs: ((ids: Ids) => object)[];
  /** No record is named: it is about the viewer, or the organization. */
  unnamed?: true;
  /** It may also end with what the storage says: the viewer was let through. */
  asksStorage?: true;
}

const row = (action: Action | null, role: Role, ...inputs: Row['inputs']): Row => ({ action, role, inputs });
const unnamed = (action: Action | null, role: Role, input: () => object = () => ({})): Row => ({
  ...row(action, role, input),
  unnamed: true,
});

const s3 = { bucket: 'bucket', credentials: { default: true } };
const source = { source: {} };
const origin = 'https://a.example';
const thief = 'https://thief.example';
const unsaved = ({ Project }: Ids, more: object = {}) =>
  candidate({ projectId: Project!, provider: { s3 }, settings: source, ...more });
const saved = ({ LocalFilesStorage }: Ids, more: object = {}) =>
  candidate({ storageId: LocalFilesStorage!, ...more });
const redirected = ({ S3Storage }: Ids) =>
  candidate({ storageId: S3Storage!, provider: { s3: { endpoint: thief } } });

export const queries: Record<string, Row> = {
  node: row('project.read', 'ANNOTATOR', ({ Project: id }) => ({ id })),
  nodes: row('project.read', 'ANNOTATOR', ({ Project, Task }) => ({ ids: [Project, Task] })),
  project: row('project.read', 'ANNOTATOR', ({ Project: id }) => ({ id })),
  projects: unnamed('project.read', 'ANNOTATOR'),
  rateLimit: unnamed(null, 'ANNOTATOR'),
  storage: row('storage.read', 'ANNOTATOR', ({ LocalFilesStorage: id }) => ({ id })),
  storageProviders: unnamed(null, 'ANNOTATOR'),
  storageSetupGuide: row(
    ...(['storage.probe', 'MANAGER'] as const),
    (ids) => ({ input: saved(ids) }),
    (ids) => ({ input: unsaved(ids) }),
  ),
  sync: row('sync.read', 'ANNOTATOR', ({ Sync: id }) => ({ id })),
  task: row('task.read', 'ANNOTATOR', ({ Task: id }) => ({ id })),
  viewer: unnamed('organization.read', 'ANNOTATOR'),
};

/** In an order in which each can succeed: what deletes comes last. */
export const mutations: Record<string, Row> = {
  addMember: unnamed('member.invite', 'ADMINISTRATOR', () => ({
    email: `${randomUUID()}@example.com`,
    role: 'ANNOTATOR',
  })),
  inviteMember: unnamed('member.invite', 'ADMINISTRATOR', () => ({
    ...{ email: 'invited@example.com', role: 'ANNOTATOR' },
  })),
  revokeInvitation: row('invitation.revoke', 'ADMINISTRATOR', ({ Invitation: invitationId }) => ({
    invitationId,
  })),
  changeMemberRole: row('member.change', 'ADMINISTRATOR', ({ User: userId }) => ({
    ...{ userId, role: 'ANNOTATOR' },
  })),
  createApiToken: unnamed('token.create', 'ANNOTATOR', () => ({ title: 'x' })),
  createAnnotation: row('annotation.create', 'ANNOTATOR', ({ Task: taskId }) => ({ taskId, result: [] })),
  createNotificationToken: row('storage.update', 'MANAGER', ({ LocalFilesStorage: storageId }) => ({
    storageId,
  })),
  createProject: unnamed('project.create', 'MANAGER', () => ({ title: 'x' })),
  createExport: row(
    ...(['snapshot.create', 'MANAGER'] as const),
    ({ Project: projectId }) => ({ projectId }),
    ({ Project: projectId, S3Storage: targetId }) => ({ projectId, targetId }),
  ),
  createStorage: row(
    ...(['storage.create', 'MANAGER'] as const),
    ({ Project: projectId, Folder: path }) => ({
      ...{ projectId, settings: source },
      provider: { localFiles: { path } },
    }),
    ({ Project: projectId }) => ({ projectId, provider: { s3 }, settings: source }),
  ),
  createWebhook: row('webhook.manage', 'MANAGER', ({ Project: projectId }) => ({
    ...{ projectId, url: 'https://1.1.1.1', active: false, events: ['SYNC_ENDED'] },
  })),
  diagnoseStorage: {
    ...row(
      ...(['storage.probe', 'MANAGER'] as const),
      (ids) => saved(ids, { origin }),
      (ids) => unsaved(ids, { origin }),
    ),
    asksStorage: true,
  },
  importTasks: row('task.import', 'MANAGER', ({ Project: projectId }) => ({
    ...{ projectId, tasks: [{ image: 'x' }] },
  })),
  previewSync: row('storage.probe', 'MANAGER', saved, unsaved),
  retryFailed: row('sync.start', 'MANAGER', ({ LocalFilesStorage: storageId }) => ({ storageId })),
  syncStorage: row('sync.start', 'MANAGER', ({ LocalFilesStorage: storageId }) => ({ storageId })),
  cancelSync: row('sync.cancel', 'MANAGER', ({ Sync: syncId }) => ({ syncId })),
  updateAnnotation: row('annotation.update', 'MANAGER', ({ Annotation: annotationId }) => ({
    ...{ annotationId, wasCancelled: true },
  })),
  updateProject: row('project.update', 'MANAGER', ({ Project: projectId }) => ({
    ...{ projectId, title: 'Mine now' },
  })),
  updateStorage: row(
    ...(['storage.update', 'MANAGER'] as const),
    ({ LocalFilesStorage: storageId }) => ({ storageId, title: 'Mine now' }),
    ({ S3Storage: storageId }) => ({ storageId, provider: { s3: { endpoint: thief } } }),
  ),
  updateWebhook: {
    ...row('webhook.manage', 'MANAGER', ({ Webhook: webhookId }) => ({ webhookId, title: 'Mine now' })),
    sees: 'webhook.read',
  },
  validateStorage: row('storage.probe', 'MANAGER', saved, redirected, unsaved),
  deleteAnnotation: row('annotation.delete', 'MANAGER', ({ Annotation: annotationId }) => ({ annotationId })),
  deleteTasks: row('task.delete', 'MANAGER', ({ Project: projectId, Task }) => ({
    ...{ projectId, taskIds: [Task] },
  })),
  deleteWebhook: {
    ...row('webhook.manage', 'MANAGER', ({ Webhook: webhookId }) => ({ webhookId })),
    sees: 'webhook.read',
  },
  deleteStorage: row('storage.delete', 'MANAGER', ({ LocalFilesStorage: storageId }) => ({ storageId })),
  deleteProject: row('project.delete', 'MANAGER', ({ Project: projectId }) => ({ projectId })),
  removeMember: row('member.remove', 'ADMINISTRATOR', ({ User: userId }) => ({ userId })),
  revokeApiToken: row('token.revoke', 'ANNOTATOR', ({ ApiToken: tokenId }) => ({ tokenId })),
};

/** Behind this cursor lies the whole log. */
const after = Buffer.from('export:0').toString('base64url');

export const subscriptions: Record<string, Row> = {
  exportEvents: row(
    ...(['export.read', 'ANNOTATOR'] as const),
    ({ Project: projectId }) => ({ projectId, after }),
    ({ RedisStorage: storageId }) => ({ storageId, after }),
  ),
  snapshotProgress: {
    ...row('snapshot.read', 'MANAGER', ({ Snapshot: snapshotId }) => ({ snapshotId })),
    sees: 'snapshot.read',
  },
  storageChanged: row('storage.read', 'ANNOTATOR', ({ Project: projectId }) => ({ projectId })),
  syncProgress: row(
    ...(['sync.read', 'ANNOTATOR'] as const),
    ({ Sync: syncId }) => ({ syncId }),
    ({ LocalFilesStorage: storageId }) => ({ storageId }),
  ),
};

type Read = readonly [action: Action, role: Role];

/** Who sees a record of each type; lists within it, where they are another matter, by their names. */
export const nodes: Record<string, { read: Read; lists?: Record<string, Read> }> = {
  Annotation: { read: ['annotation.read', 'ANNOTATOR'], lists: { exports: ['export.read', 'ANNOTATOR'] } },
  ApiToken: { read: ['organization.read', 'ANNOTATOR'] },
  AuditEntry: {
    read: ['organization.readAudit', 'ADMINISTRATOR'],
    lists: { changes: ['organization.readAudit', 'ADMINISTRATOR'] },
  },
  AzureBlobStorage: storage(),
  Export: { read: ['export.read', 'ANNOTATOR'] },
  GcsStorage: storage(),
  Invitation: { read: ['invitation.read', 'ADMINISTRATOR'] },
  LocalFilesStorage: storage(),
  Member: { read: ['member.read', 'ANNOTATOR'] },
  Organization: {
    read: ['organization.read', 'ANNOTATOR'],
    lists: {
      auditLog: ['organization.readAudit', 'ADMINISTRATOR'],
      invitations: ['invitation.read', 'ADMINISTRATOR'],
      members: ['member.read', 'ANNOTATOR'],
    },
  },
  Prediction: { read: ['task.read', 'ANNOTATOR'] },
  Project: {
    read: ['project.read', 'ANNOTATOR'],
    lists: {
      annotations: ['annotation.read', 'ANNOTATOR'],
      snapshots: ['snapshot.read', 'MANAGER'],
      storages: ['storage.read', 'ANNOTATOR'],
      tasks: ['task.read', 'ANNOTATOR'],
      webhooks: ['webhook.read', 'MANAGER'],
    },
  },
  RedisStorage: storage(),
  S3Storage: storage(),
  Snapshot: { read: ['snapshot.read', 'MANAGER'] },
  StorageObject: { read: ['object.read', 'ANNOTATOR'] },
  Sync: { read: ['sync.read', 'ANNOTATOR'], lists: { issues: ['sync.read', 'ANNOTATOR'] } },
  SyncIssue: { read: ['sync.read', 'ANNOTATOR'] },
  Task: {
    read: ['task.read', 'ANNOTATOR'],
    lists: {
      annotations: ['annotation.read', 'ANNOTATOR'],
      media: ['media.read', 'ANNOTATOR'],
      predictions: ['task.read', 'ANNOTATOR'],
    },
  },
  User: { read: ['member.read', 'ANNOTATOR'] },
  Webhook: { read: ['webhook.read', 'MANAGER'], lists: { deliveries: ['webhook.read', 'MANAGER'] } },
  WebhookDelivery: { read: ['webhook.read', 'MANAGER'] },
};

function storage(): { read: Read; lists: Record<string, Read> } {
  return {
    read: ['storage.read', 'ANNOTATOR'],
    lists: {
      exports: ['export.read', 'ANNOTATOR'],
      objects: ['object.read', 'ANNOTATOR'],
      syncs: ['sync.read', 'ANNOTATOR'],
    },
  };
}
