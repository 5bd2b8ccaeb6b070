import { atLeast, type Role, type Viewer } from '../organizations/model.ts';
import type { Action } from './actions.ts';

/** The one table of who may do what: each action with the lowest role that may do it. */
export const permissions: Readonly<Record<Action, Role>> = {
  'organization.read': 'ANNOTATOR',
  'organization.readExternalId': 'ADMINISTRATOR',
  'organization.readAudit': 'ADMINISTRATOR',
  'member.read': 'ANNOTATOR',
  'member.invite': 'ADMINISTRATOR',
  'member.change': 'ADMINISTRATOR',
  'member.remove': 'ADMINISTRATOR',
  'token.create': 'ANNOTATOR',
  'token.revoke': 'ANNOTATOR',
  'project.read': 'ANNOTATOR',
  'project.create': 'MANAGER',
  'project.update': 'MANAGER',
  'project.delete': 'MANAGER',
  'task.read': 'ANNOTATOR',
  'task.import': 'MANAGER',
  'task.delete': 'MANAGER',
  'annotation.read': 'ANNOTATOR',
  'annotation.create': 'ANNOTATOR',
  'annotation.update': 'MANAGER',
  'annotation.delete': 'MANAGER',
  'storage.read': 'ANNOTATOR',
  'storage.probe': 'MANAGER',
  'storage.create': 'MANAGER',
  'storage.update': 'MANAGER',
  'storage.delete': 'MANAGER',
  'storage.notify': 'MANAGER',
  'object.read': 'ANNOTATOR',
  'sync.read': 'ANNOTATOR',
  'sync.start': 'MANAGER',
  'sync.cancel': 'MANAGER',
  'export.read': 'ANNOTATOR',
  'export.start': 'MANAGER',
  'snapshot.create': 'MANAGER',
  'media.read': 'ANNOTATOR',
  'webhook.read': 'MANAGER',
  'webhook.manage': 'MANAGER',
};

/** What the author of a record may do with it, whatever the role. */
export const authorsMay: readonly Action[] = ['annotation.update', 'annotation.delete'];

/** Whether a project is the viewer's: all others are as good as missing. */
export const owns = (viewer: Viewer, project: { organizationId: number }): boolean =>
  project.organizationId === viewer.organizationId;

/** @param isAuthor whether the record is the viewer's own work */
export function permits(viewer: Viewer, action: Action, isAuthor = false): boolean {
  return atLeast(viewer, permissions[action]) || (isAuthor && authorsMay.includes(action));
}
