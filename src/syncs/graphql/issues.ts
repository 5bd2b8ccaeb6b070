import { builder } from '../../graphql/builder.ts';
import { asIssueCode, IssueCodeEnum } from '../../objects/codes/graphql.ts';
import type { SyncIssue } from '../model.ts';
import { SeverityEnum } from './enums.ts';

export const SyncIssueType = builder.objectRef<SyncIssue>('SyncIssue');
builder.node(SyncIssueType, {
  description: 'Something that went wrong with one object or row, and did not stop the sync.',
  id: { resolve: ({ id }) => id, description: 'Opaque id.' },
  loadMany: (ids, { loaders }) => Promise.all(ids.map((id) => loaders.syncIssue.load(Number(id)))),
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'severity' in value,
  fields: (t) => ({
    severity: t.field({
      type: SeverityEnum,
      description: 'The severity of the issue.',
      resolve: ({ severity }) => severity,
    }),
    code: t.field({
      type: IssueCodeEnum,
      description: 'The cause of the issue.',
      resolve: ({ code }) => asIssueCode(code),
    }),
    message: t.exposeString('message', { description: 'What was expected, what was found, and what to do.' }),
    key: t.exposeString('key', { nullable: true, description: 'Key of the object.' }),
    row: t.exposeInt('row', {
      nullable: true,
      description: 'Row of the object, from 0; null: the whole object.',
    }),
    path: t.exposeString('path', {
      nullable: true,
      description: 'Place in the row: `annotations[0].result`.',
    }),
  }),
});

export const SyncIssueFilter = builder.inputType('SyncIssueFilter', {
  description: 'Which issues; all conditions must hold.',
  fields: (t) => ({
    code: t.field({ type: IssueCodeEnum, description: 'Only issues of this cause.' }),
    severity: t.field({ type: SeverityEnum, description: 'Only issues of this severity.' }),
  }),
});

export const SyncIssueConnection = builder.connectionObject(
  { type: SyncIssueType, name: 'SyncIssueConnection', description: 'A page of issues.' },
  { name: 'SyncIssueEdge', description: 'An issue and its cursor.' },
);
