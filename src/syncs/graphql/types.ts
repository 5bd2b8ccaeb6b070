import { builder } from '../../graphql/builder.ts';
import { connectionOf, pageArgs } from '../../graphql/connections.ts';
import { viewerOf } from '../../graphql/context.ts';
import { keyOf } from '../../graphql/ids.ts';
import { ExternalStorage } from '../../storages/graphql/types.ts';
import type { Sync, SyncIssue } from '../model.ts';
import { SyncCountsType } from './counts.ts';
import {
  asSyncErrorCode,
  SyncErrorCodeEnum,
  SyncPhaseEnum,
  SyncStatusEnum,
  SyncTriggerEnum,
} from './enums.ts';
import { SyncIssueConnection, SyncIssueFilter } from './issues.ts';

const SyncErrorType = builder
  .objectRef<{ code: string; message: string; hint: string | null }>('SyncError')
  .implement({
    description: 'Why a sync failed.',
    fields: (t) => ({
      code: t.field({
        type: SyncErrorCodeEnum,
        description: 'The cause of the failure.',
        resolve: ({ code }) => asSyncErrorCode(code),
      }),
      message: t.exposeString('message', { description: 'What failed, in words for people.' }),
      hint: t.exposeString('hint', { nullable: true, description: 'What to do to remove the cause.' }),
    }),
  });

export const SyncType = builder.objectRef<Sync>('Sync');
builder.node(SyncType, {
  description: 'One synchronization of one storage.',
  id: { resolve: ({ id }) => id, description: 'Opaque id.' },
  loadMany: (ids, { loaders }) => Promise.all(ids.map((id) => loaders.sync.load(Number(id)))),
  isTypeOf: (value) =>
    typeof value === 'object' && value !== null && 'queuedAt' in value && 'checkpoint' in value,
  fields: (t) => ({
    storage: t.field({
      type: ExternalStorage,
      nullable: true,
      description: 'The storage that is synced.',
      resolve: ({ storageId }, _, { loaders }) => loaders.storage.load(storageId),
    }),
    status: t.field({
      type: SyncStatusEnum,
      description: 'The progress of the sync, or how it ended.',
      resolve: ({ status }) => status,
    }),
    phase: t.field({
      type: SyncPhaseEnum,
      description: 'What the sync is doing.',
      resolve: ({ phase }) => phase,
    }),
    trigger: t.field({
      type: SyncTriggerEnum,
      description: 'What started the sync.',
      resolve: ({ trigger }) => trigger,
    }),
    counts: t.field({
      type: SyncCountsType,
      description: 'What the sync has done so far.',
      resolve: ({ counts }) => counts,
    }),
    reportUrl: t.field({
      type: 'URL',
      description:
        'Where to download the issues as JSON Lines; with `.csv` in place of `.jsonl`, as a table. Send the same Authorization header.',
      resolve: ({ id }, _, { services }) => new URL(`/syncs/${id}/report.jsonl`, services.baseUrl()),
    }),
    attempt: t.exposeInt('attempt', { description: 'Number of times that a worker has taken up the sync.' }),
    queuedAt: t.expose('queuedAt', { type: 'DateTime', description: 'When the sync was requested.' }),
    startedAt: t.expose('startedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When a worker first took up the sync; null: none has.',
    }),
    finishedAt: t.expose('finishedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the sync ended; null: it has not.',
    }),
    durationMs: t.field({
      type: 'BigInt',
      nullable: true,
      description: 'Duration from the start to the end, or until now, in milliseconds.',
      resolve: durationOf,
    }),
    error: t.field({
      type: SyncErrorType,
      nullable: true,
      description: 'Why the sync failed; null when it did not.',
      resolve: ({ errorCode, errorMessage, errorHint }) =>
        errorCode === null ? null : { code: errorCode, message: errorMessage ?? '', hint: errorHint },
    }),
    issues: t.field({
      type: SyncIssueConnection,
      description: 'What went wrong with single objects and rows, in the order found.',
      args: {
        ...pageArgs(t.arg),
        filter: t.arg({ type: SyncIssueFilter, description: 'Which exports to return; absent: all.' }),
      },
      resolve: (sync, { filter, ...page }, context) =>
        connectionOf(page, {
          fetch: (keyset: { limit: number; after: number | undefined }) =>
            context.services.syncs.issues(viewerOf(context), sync, filter ?? {}, keyset),
          keyOf: (issue: SyncIssue) => issue.id,
          count: () => context.services.syncs.countIssues(viewerOf(context), sync, filter ?? {}),
        }),
    }),
  }),
});

export function durationOf({ startedAt, finishedAt }: Sync): number | null {
  return startedAt === null ? null : Math.max(0, (finishedAt ?? new Date()).getTime() - startedAt.getTime());
}

export const syncKey = (id: string) => keyOf('sync', id, 'Sync');
