import { builder } from '../../graphql/builder.ts';
import { type Context, viewerOf } from '../../graphql/context.ts';
import { storageKey } from '../../graphql/provider.ts';
import { isActive, type Sync } from '../model.ts';
import { SyncCountsType } from './counts.ts';
import { SyncPhaseEnum, SyncStatusEnum } from './enums.ts';
import { SyncIssueType } from './issues.ts';
import { durationOf, SyncType, syncKey } from './types.ts';

const SyncProgressType = builder.objectRef<Sync>('SyncProgress').implement({
  description: 'The state of a sync at one moment.',
  fields: (t) => ({
    sync: t.field({ type: SyncType, description: 'The sync that progresses.', resolve: (sync) => sync }),
    status: t.field({
      type: SyncStatusEnum,
      description: 'The status of the sync.',
      resolve: ({ status }) => status,
    }),
    phase: t.field({
      type: SyncPhaseEnum,
      description: 'What the sync is doing.',
      resolve: ({ phase }) => phase,
    }),
    counts: t.field({
      type: SyncCountsType,
      description: 'What the sync has done so far.',
      resolve: ({ counts }) => counts,
    }),
    objectsPerSecond: t.float({
      description: 'Objects listed per second since it started.',
      resolve: rateOf,
    }),
    remainingMs: t.field({
      type: 'BigInt',
      nullable: true,
      description:
        'Estimated milliseconds until the end, from what the storage held at its last sync; null: unknown.',
      resolve: async (sync, _, context) => {
        if (!isActive(sync.status)) return 0;
        const rate = rateOf(sync);
        const expected = await context.services.syncs.expectedObjects(viewerOf(context), sync);
        return expected === null || rate === 0
          ? null
          : Math.max(0, Math.round(((expected - sync.counts.listed) / rate) * 1000));
      },
    }),
    lastIssues: t.field({
      type: [SyncIssueType],
      description: 'The newest issues, newest first.',
      args: { first: t.arg.int({ defaultValue: 5, description: 'Number of issues: 1 to 100.' }) },
      resolve: (sync, { first }, context) =>
        sync.counts.failed + sync.counts.failedRows + sync.counts.warnings === 0
          ? []
          : context.services.syncs.lastIssues(
              viewerOf(context),
              sync,
              Math.min(Math.max(first ?? 5, 1), 100),
            ),
    }),
  }),
});

function rateOf(sync: Sync): number {
  const milliseconds = durationOf(sync);
  return milliseconds ? Math.round((sync.counts.listed ?? 0) / (milliseconds / 1000)) : 0;
}

builder.subscriptionField('syncProgress', (t) =>
  t.field({
    type: SyncProgressType,
    description:
      'The progress of a sync: its present state first, then every change, ending with the final state. By storage: the sync that runs, else its last one; if it has none, the first one to come.',
    args: {
      syncId: t.arg.id({ description: 'The sync to follow, in place of a storage.' }),
      storageId: t.arg.id({ description: 'The storage to follow, in place of a sync.' }),
    },
    subscribe: (_, args, context) => followSync(args, context),
    resolve: (sync) => sync,
  }),
);

async function* followSync(
  { syncId, storageId }: { syncId?: string | null | undefined; storageId?: string | null | undefined },
  context: Context,
): AsyncGenerator<Sync> {
  const viewer = viewerOf(context);
  const { syncs, syncWatch, access } = context.services;
  const { storage, sync } = await syncs.watched(viewer, {
    syncId: syncId == null ? null : syncKey(syncId),
    storageId: storageId == null ? null : storageKey(storageId),
  });
  const grant = await access.authorize(viewer, 'sync.read', storage);
  const first = sync ?? (await syncWatch.firstSync(grant, storage.id, context.signal));
  if (first) yield* syncWatch.follow(grant, first, context.signal);
}
