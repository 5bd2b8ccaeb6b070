import { builder } from '../../graphql/builder.ts';
import { asIssueCode, asSkipReason, IssueCodeEnum, SkipReasonEnum } from '../../objects/codes/graphql.ts';
import type { SyncCounts } from '../model.ts';

const descriptions: Record<keyof Omit<SyncCounts, 'skippedBy' | 'issuesBy' | 'summed'>, string> = {
  listed: 'Objects that were listed.',
  skipped: 'Objects that were skipped.',
  unchanged: 'Objects imported before and the same since.',
  imported: 'Objects that were imported.',
  changed: 'Objects that have changed since they were imported.',
  removed: 'Objects that are gone.',
  failed: 'Objects that could not be imported, or not all their rows.',
  tasksCreated: 'Tasks that were created.',
  tasksUpdated: 'Tasks that were given new data.',
  tasksDeleted: 'Tasks that were deleted with their objects.',
  failedRows: 'Rows that could not be imported.',
  warnings: 'Warnings that were recorded.',
  bytesRead: 'Bytes read from objects.',
  exported: 'Objects written to a target storage.',
  deleted: 'Objects deleted from a target storage.',
};

const SkipCountType = builder.objectRef<{ reason: string; count: number }>('SkipCount').implement({
  description: 'How many objects were skipped for one reason.',
  fields: (t) => ({
    reason: t.field({
      type: SkipReasonEnum,
      description: 'The reason, as the object ledger has it.',
      resolve: ({ reason }) => asSkipReason(reason),
    }),
    count: t.expose('count', { type: 'BigInt', description: 'Number of objects.' }),
  }),
});

const IssueCountType = builder.objectRef<{ code: string; count: number }>('IssueCount').implement({
  description: 'How many issues of one cause a sync has met.',
  fields: (t) => ({
    code: t.field({
      type: IssueCodeEnum,
      description: 'The cause of the issues.',
      resolve: ({ code }) => asIssueCode(code),
    }),
    count: t.expose('count', { type: 'BigInt', description: 'Number of issues.' }),
  }),
});

export const SyncCountsType = builder.objectRef<SyncCounts>('SyncCounts').implement({
  description: 'What a sync has done so far.',
  fields: (t) => ({
    ...Object.fromEntries(
      Object.entries(descriptions).map(([name, description]) => [
        name,
        t.field({
          type: 'BigInt',
          description,
          resolve: (counts: SyncCounts) => (counts[name as keyof SyncCounts] as number | undefined) ?? 0,
        }),
      ]),
    ),
    skippedBy: t.field({
      type: [SkipCountType],
      description: 'Skipped objects by reason.',
      resolve: ({ skippedBy }) =>
        Object.entries(skippedBy ?? {}).map(([reason, count]) => ({ reason, count })),
    }),
    issuesBy: t.field({
      type: [IssueCountType],
      description: 'Errors and warnings by cause, those included that are only counted and not recorded.',
      resolve: ({ issuesBy }) => Object.entries(issuesBy ?? {}).map(([code, count]) => ({ code, count })),
    }),
  }),
});
