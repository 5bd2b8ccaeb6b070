import { ConflictError, ForbiddenError, NotFoundError, ValidationError } from '../errors.ts';
import { builder } from '../graphql/builder.ts';
import { connectionOf, pageArgs } from '../graphql/connections.ts';
import { type Context, viewerOf } from '../graphql/context.ts';
import { describedEnum, describedOther, OTHER, storedAs } from '../graphql/enums.ts';
import { describedProviderErrors } from '../graphql/errors.ts';
import { findOrNull, keyOf } from '../graphql/ids.ts';
import { idempotencyKey } from '../graphql/inputs.ts';
import { cursorsOf, orderInput, type Position } from '../graphql/orders.ts';
import { storageKey } from '../graphql/provider.ts';
import { IssueCodeEnum, SkipReasonEnum } from '../objects/codes/graphql.ts';
import { issueCodes, skipReasons } from '../objects/model.ts';
import { ExternalStorage } from '../storages/graphql/types.ts';
import {
  isActive,
  type Sync,
  type SyncCounts,
  type SyncIssue,
  type SyncOrderField,
  syncErrorCodes,
  syncOrderFields,
  syncPhases,
  syncStatuses,
  syncTriggers,
} from './model.ts';

/** What a storage with no sync yet shows, beside the statuses of its last one. */
const SyncStatusEnum = describedEnum(
  'SyncStatus',
  'The progress of a sync, or how it ended.',
  ['INITIALIZED', ...syncStatuses],
  {
    INITIALIZED: 'The storage has never been synced.',
    QUEUED: 'The sync waits for a worker.',
    IN_PROGRESS: 'A worker is carrying out the sync.',
    COMPLETED: 'The sync ended without errors.',
    COMPLETED_WITH_ERRORS: 'The sync ended, and some objects or rows failed: see the issues.',
    FAILED: 'The sync was given up: see the error. What was imported stays.',
    CANCELED: 'The sync was canceled. What was imported stays.',
  },
);

const SyncPhaseEnum = describedEnum('SyncPhase', 'What a sync is doing.', syncPhases, {
  WAITING: 'The sync waits for a worker.',
  SCANNING: 'The sync lists objects and imports what is new.',
  REMOVALS: 'The sync settles objects that are gone.',
  DONE: 'The sync has ended.',
});

const SyncTriggerEnum = describedEnum('SyncTrigger', 'What started a sync.', syncTriggers, {
  REQUEST: 'A request of a user.',
  RETRY: 'A request to try failed objects again.',
  SCHEDULE: 'The schedule of the storage.',
  NOTIFICATION: 'Notifications of the provider about changed objects.',
});

const SeverityEnum = describedEnum('IssueSeverity', 'The severity of an issue.', ['ERROR', 'WARNING'], {
  ERROR: 'Something was not imported.',
  WARNING: 'Something was imported otherwise than it could be expected.',
});

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

const asSkipReason = storedAs(skipReasons);
const asIssueCode = storedAs(issueCodes);
const asSyncErrorCode = storedAs(syncErrorCodes);

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

const SyncErrorCodeEnum = describedEnum('SyncErrorCode', 'Why a sync failed.', [...syncErrorCodes, OTHER], {
  ...describedProviderErrors,
  FILTER_TOO_SLOW: 'The filter takes too long over the keys of the storage: make it simpler.',
  SECRET_UNREADABLE: 'A stored secret cannot be decrypted: its encryption key is missing.',
  VALIDATION_FAILED: 'A stored setting is no longer valid; the message names it.',
  NOT_FOUND: 'A record that the sync needs was deleted.',
  WORKER_LOST: 'Every worker that took the sync up was lost.',
  INTERNAL_ERROR: 'The service failed; its log says more under the reference in the message.',
  OTHER: describedOther,
});

const SyncCountsType = builder.objectRef<SyncCounts>('SyncCounts').implement({
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

const SyncIssueType = builder.objectRef<SyncIssue>('SyncIssue');
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

const SyncIssueFilter = builder.inputType('SyncIssueFilter', {
  description: 'Which issues; all conditions must hold.',
  fields: (t) => ({
    code: t.field({ type: IssueCodeEnum, description: 'Only issues of this cause.' }),
    severity: t.field({ type: SeverityEnum, description: 'Only issues of this severity.' }),
  }),
});

const SyncIssueConnection = builder.connectionObject(
  { type: SyncIssueType, name: 'SyncIssueConnection', description: 'A page of issues.' },
  { name: 'SyncIssueEdge', description: 'An issue and its cursor.' },
);

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

function durationOf({ startedAt, finishedAt }: Sync): number | null {
  return startedAt === null ? null : Math.max(0, (finishedAt ?? new Date()).getTime() - startedAt.getTime());
}

const syncKey = (id: string) => keyOf('sync', id, 'Sync');

const SyncConnection = builder.connectionObject(
  { type: SyncType, name: 'SyncConnection', description: 'A page of syncs.' },
  { name: 'SyncEdge', description: 'A sync and its cursor.' },
);

const SyncFilterInput = builder.inputType('SyncFilter', {
  description: 'Which syncs; all conditions must hold.',
  fields: (t) => ({
    statuses: t.field({ type: [SyncStatusEnum], description: 'Only syncs with one of these statuses.' }),
    queuedAfter: t.field({ type: 'DateTime', description: 'Only syncs requested at this instant or later.' }),
    queuedBefore: t.field({ type: 'DateTime', description: 'Only syncs requested before this instant.' }),
  }),
});
const SyncOrder = orderInput('Sync', syncOrderFields, { QUEUED_AT: 'When the sync was requested.' });

/** INITIALIZED is what a storage shows that has no sync: no sync has that status. */
function historyFilter(filter: typeof SyncFilterInput.$inferInput | null | undefined) {
  const statuses = filter?.statuses?.filter((status) => status !== 'INITIALIZED');
  return { ...filter, statuses };
}

builder.interfaceFields(ExternalStorage, (t) => ({
  status: t.field({
    type: SyncStatusEnum,
    description: 'Status of the last sync, or INITIALIZED.',
    resolve: async ({ id }, _, { loaders }) =>
      (await loaders.lastSyncOfStorage.load(id))?.status ?? 'INITIALIZED',
  }),
  lastSync: t.field({
    type: SyncType,
    nullable: true,
    description: 'The running sync of the storage, or its last one; null: it was never synced.',
    resolve: ({ id }, _, { loaders }) => loaders.lastSyncOfStorage.load(id),
  }),
  syncs: t.field({
    type: SyncConnection,
    description: 'The syncs of the storage, newest first. The last 200 are kept.',
    args: {
      ...pageArgs(t.arg),
      filter: t.arg({ type: SyncFilterInput, description: 'Which syncs to return; absent: all.' }),
      orderBy: t.arg({
        type: SyncOrder,
        required: true,
        defaultValue: { field: 'QUEUED_AT', direction: 'DESC' },
        description: 'How the syncs are sorted.',
      }),
    },
    resolve: (storage, { filter, orderBy: order, ...args }, context) =>
      connectionOf(args, {
        fetch: (page: { limit: number; after: Position | undefined }) =>
          context.services.syncs.history(viewerOf(context), storage, historyFilter(filter), {
            ...page,
            order,
          }),
        count: () => context.services.syncs.countHistory(viewerOf(context), storage, historyFilter(filter)),
        ...cursorsOf<Sync, SyncOrderField>(order, {
          values: { QUEUED_AT: ({ queuedAt }) => queuedAt },
          keyOf: ({ id }) => id,
        }),
      }),
  }),
}));

builder.queryField('sync', (t) =>
  t.field({
    type: SyncType,
    nullable: true,
    description: 'A sync by its id; null when there is none that you may see.',
    args: { id: t.arg.id({ required: true, description: 'Opaque id of the record.' }) },
    resolve: (_, { id }, context) => {
      viewerOf(context);
      return findOrNull(() => context.loaders.sync.load(syncKey(id)));
    },
  }),
);

const SyncStorageInput = builder.inputType('SyncStorageInput', {
  description: 'Which storage to sync, and how.',
  fields: (t) => ({
    storageId: t.id({ required: true, description: 'The storage that is synced.' }),
    full: t.boolean({
      defaultValue: false,
      description: 'Target storages: export everything, not only what is new or changed.',
    }),
    reimport: t.boolean({
      defaultValue: false,
      description: 'Source storages: look at every object as if it were new; deleted tasks come back.',
    }),
    idempotencyKey: idempotencyKey(t),
  }),
});
const CancelSyncInput = builder.inputType('CancelSyncInput', {
  description: 'Which sync to stop.',
  fields: (t) => ({ syncId: t.id({ required: true, description: 'Opaque id of the record.' }) }),
});
const RetryFailedInput = builder.inputType('RetryFailedInput', {
  description: 'The storage whose failed objects are tried again.',
  fields: (t) => ({
    storageId: t.id({ required: true, description: 'The storage that is synced.' }),
    idempotencyKey: idempotencyKey(t),
  }),
});

builder.mutationFields((t) => ({
  syncStorage: t.field({
    type: SyncType,
    description:
      'Starts a sync and returns at once; the subscription `syncProgress` follows it. While a sync of the storage runs, it is returned instead.',
    args: {
      input: t.arg({ type: SyncStorageInput, required: true, description: 'The fields of the request.' }),
    },
    errors: {
      types: [ValidationError, NotFoundError, ForbiddenError, ConflictError],
      dataField: { name: 'sync', description: 'The new sync, or the one that is running.' },
      result: { description: 'A sync is queued or running.' },
    },
    resolve: (_, { input }, context) =>
      context.services.syncs.start(
        viewerOf(context),
        storageKey(input.storageId),
        { ...(input.reimport && { reimport: true }), ...(input.full && { full: true }) },
        input.idempotencyKey,
      ),
  }),
  cancelSync: t.field({
    type: SyncType,
    description: 'Stops a sync. What it has imported stays.',
    args: {
      input: t.arg({ type: CancelSyncInput, required: true, description: 'The fields of the request.' }),
    },
    errors: {
      types: [NotFoundError, ForbiddenError, ConflictError],
      dataField: { name: 'sync', description: 'The sync that was stopped.' },
      result: { description: 'The sync is stopped.' },
    },
    resolve: (_, { input }, context) =>
      context.services.syncs.cancel(viewerOf(context), syncKey(input.syncId)),
  }),
  retryFailed: t.field({
    type: SyncType,
    description: 'Starts a sync of just the objects whose last import or export failed.',
    args: {
      input: t.arg({ type: RetryFailedInput, required: true, description: 'The fields of the request.' }),
    },
    errors: {
      types: [ValidationError, NotFoundError, ForbiddenError, ConflictError],
      dataField: { name: 'sync', description: 'The new sync, or the one that is running.' },
      result: { description: 'A sync is queued or running.' },
    },
    resolve: (_, { input }, context) =>
      context.services.syncs.retryFailed(
        viewerOf(context),
        storageKey(input.storageId),
        input.idempotencyKey,
      ),
  }),
}));

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
