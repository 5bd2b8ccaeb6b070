import { describedEnum, describedOther, OTHER, storedAs } from '../../graphql/enums.ts';
import { describedProviderErrors } from '../../graphql/errors.ts';
import { syncErrorCodes, syncPhases, syncStatuses, syncTriggers } from '../model.ts';

/** What a storage with no sync yet shows, beside the statuses of its last one. */
export const SyncStatusEnum = describedEnum(
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

export const SyncPhaseEnum = describedEnum('SyncPhase', 'What a sync is doing.', syncPhases, {
  WAITING: 'The sync waits for a worker.',
  SCANNING: 'The sync lists objects and imports what is new.',
  REMOVALS: 'The sync settles objects that are gone.',
  DONE: 'The sync has ended.',
});

export const SyncTriggerEnum = describedEnum('SyncTrigger', 'What started a sync.', syncTriggers, {
  REQUEST: 'A request of a user.',
  RETRY: 'A request to try failed objects again.',
  SCHEDULE: 'The schedule of the storage.',
  NOTIFICATION: 'Notifications of the provider about changed objects.',
});

export const SeverityEnum = describedEnum(
  'IssueSeverity',
  'The severity of an issue.',
  ['ERROR', 'WARNING'],
  {
    ERROR: 'Something was not imported.',
    WARNING: 'Something was imported otherwise than it could be expected.',
  },
);

export const asSyncErrorCode = storedAs(syncErrorCodes);

export const SyncErrorCodeEnum = describedEnum(
  'SyncErrorCode',
  'Why a sync failed.',
  [...syncErrorCodes, OTHER],
  {
    ...describedProviderErrors,
    FILTER_TOO_SLOW: 'The filter takes too long over the keys of the storage: make it simpler.',
    SECRET_UNREADABLE: 'A stored secret cannot be decrypted: its encryption key is missing.',
    VALIDATION_FAILED: 'A stored setting is no longer valid; the message names it.',
    NOT_FOUND: 'A record that the sync needs was deleted.',
    WORKER_LOST: 'Every worker that took the sync up was lost.',
    INTERNAL_ERROR: 'The service failed; its log says more under the reference in the message.',
    OTHER: describedOther,
  },
);
