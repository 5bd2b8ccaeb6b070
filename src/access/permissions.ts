import { atLeast, type Role, type TokenScope, type Viewer } from '../organizations/model.ts';
import type { Action } from './actions.ts';

/** What somebody needs for an action: the lowest role that may do it, and the scope of the token. */
export interface Needs {
  role: Role;
  scope: TokenScope;
}

const needs = (role: Role, scope: TokenScope): Needs => ({ role, scope });

/** The one table of who may do what. */
export const permissions: Readonly<Record<Action, Needs>> = {
  'organization.read': needs('ANNOTATOR', 'READ'),
  'organization.readExternalId': needs('ADMINISTRATOR', 'READ'),
  'organization.readAudit': needs('ADMINISTRATOR', 'READ'),
  'member.read': needs('ANNOTATOR', 'READ'),
  'member.invite': needs('ADMINISTRATOR', 'ADMINISTER'),
  'member.change': needs('ADMINISTRATOR', 'ADMINISTER'),
  'member.remove': needs('ADMINISTRATOR', 'ADMINISTER'),
  'invitation.read': needs('ADMINISTRATOR', 'READ'),
  'invitation.revoke': needs('ADMINISTRATOR', 'ADMINISTER'),
  'token.create': needs('ANNOTATOR', 'ADMINISTER'),
  'token.revoke': needs('ANNOTATOR', 'ADMINISTER'),
  'project.read': needs('ANNOTATOR', 'READ'),
  'project.create': needs('MANAGER', 'ADMINISTER'),
  'project.update': needs('MANAGER', 'ADMINISTER'),
  'project.delete': needs('MANAGER', 'ADMINISTER'),
  'task.read': needs('ANNOTATOR', 'READ'),
  'task.import': needs('MANAGER', 'SYNC'),
  'task.delete': needs('MANAGER', 'ADMINISTER'),
  'annotation.read': needs('ANNOTATOR', 'READ'),
  'annotation.create': needs('ANNOTATOR', 'ANNOTATE'),
  'annotation.update': needs('MANAGER', 'ANNOTATE'),
  'annotation.delete': needs('MANAGER', 'ANNOTATE'),
  'storage.read': needs('ANNOTATOR', 'READ'),
  'storage.probe': needs('MANAGER', 'ADMINISTER'),
  'storage.create': needs('MANAGER', 'ADMINISTER'),
  'storage.update': needs('MANAGER', 'ADMINISTER'),
  'storage.delete': needs('MANAGER', 'ADMINISTER'),
  'storage.notify': needs('MANAGER', 'ADMINISTER'),
  'object.read': needs('ANNOTATOR', 'READ'),
  'sync.read': needs('ANNOTATOR', 'READ'),
  'sync.start': needs('MANAGER', 'SYNC'),
  'sync.cancel': needs('MANAGER', 'SYNC'),
  'export.read': needs('ANNOTATOR', 'READ'),
  'export.start': needs('MANAGER', 'SYNC'),
  'snapshot.read': needs('MANAGER', 'READ'),
  'snapshot.create': needs('MANAGER', 'SYNC'),
  'media.read': needs('ANNOTATOR', 'READ'),
  'webhook.read': needs('MANAGER', 'READ'),
  'webhook.manage': needs('MANAGER', 'ADMINISTER'),
};

/** What the author of a record may do with it, whatever the role. */
export const authorsMay: readonly Action[] = ['annotation.update', 'annotation.delete'];

/** What is not about one project: tokens for a single project can't do it. */
const organizational: readonly Action[] = [
  ...(['organization.readAudit', 'project.create', 'token.create', 'token.revoke'] as const),
  ...(['member.read', 'member.invite', 'member.change', 'member.remove'] as const),
  ...(['invitation.read', 'invitation.revoke'] as const),
];

/** Whether a project is the viewer's: all others are as good as missing. */
export const owns = (viewer: Viewer, project: { id: number; organizationId: number }): boolean =>
  project.organizationId === viewer.organizationId && [null, project.id].includes(viewer.projectId);

/** Whether the viewer's token covers it, whatever the role. Every token reads. */
export const covers = ({ scopes, projectId }: Viewer, action: Action): boolean =>
  [...scopes, 'READ'].includes(permissions[action].scope) &&
  (projectId === null || !organizational.includes(action));

/** Token and role must both allow it. @param isAuthor whether the record is the viewer's own work */
export function permits(viewer: Viewer, action: Action, isAuthor = false): boolean {
  const { role } = permissions[action];
  return covers(viewer, action) && (atLeast(viewer, role) || (isAuthor && authorsMay.includes(action)));
}
