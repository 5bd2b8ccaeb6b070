import type { Access } from '../access/access.ts';
import type { Grant } from '../access/authorize.ts';
import type { Database } from '../database/client.ts';
import { ValidationError } from '../errors.ts';
import { createBells } from '../events/bell.ts';
import type { EventBus } from '../events/bus.ts';
import type { Viewer } from '../organizations/model.ts';
import type { StorageService } from '../storages/service.ts';
import type { ExportEvent, ExportRecord, Target } from './model.ts';
import { eventsAfter, keepsAfter, lastEvent } from './repository/events.ts';
import {
  countRecords,
  type RecordFilter,
  recordsByName,
  recordsOf,
  recordsOfTasks,
} from './repository/records.ts';

export type ExportService = ReturnType<typeof createExportService>;

/** How often a feed looks up from waiting, in milliseconds: to notice that its viewer lost access. */
const LOOK_UP = 5_000;
const PAGE = 100;

/** Where a feed of exports begins: a project, or one of its storages. */
export interface EventScope {
  projectId: number;
  storageId: number | null;
}

/** The records and the log of exports, for whoever may see the storage or the project. */
export function createExportService(
  database: Database,
  events: EventBus,
  access: Access,
  storages: StorageService,
) {
  const { db } = database;
  const bells = createBells<number>();
  events.subscribe('export', ({ projectId }) => bells.ring(projectId));

  return {
    async list(
      viewer: Viewer,
      target: Target,
      filter: RecordFilter,
      page: { limit: number; after?: number | undefined },
    ): Promise<ExportRecord[]> {
      await access.authorize(viewer, 'export.read', target);
      return recordsOf(db, target, filter, page);
    },

    async count(viewer: Viewer, target: Target, filter: RecordFilter): Promise<number> {
      await access.authorize(viewer, 'export.read', target);
      return countRecords(db, target, filter);
    },

    /** Those of the records that the viewer may see. */
    async visible(
      viewer: Viewer,
      names: readonly Pick<ExportRecord, 'storageId' | 'subjectId'>[],
    ): Promise<ExportRecord[]> {
      const targets = await storages.visible(viewer, [...new Set(names.map(({ storageId }) => storageId))]);
      const projects = new Map(targets.map(({ id, projectId }) => [id, projectId]));
      const seen = names.flatMap((name) => {
        const projectId = projects.get(name.storageId);
        return projectId === undefined ? [] : [{ ...name, projectId }];
      });
      return access.visible(viewer, 'export.read', await recordsByName(db, seen));
    },

    async ofTasks(
      viewer: Viewer,
      tasks: readonly { projectId: number; taskId: number }[],
    ): Promise<ExportRecord[]> {
      return access.visible(viewer, 'export.read', await recordsOfTasks(db, tasks));
    },

    /** Lets a viewer follow the log. @throws NotFoundError, ValidationError unless exactly one of both is given */
    async watched(
      viewer: Viewer,
      { projectId, storageId }: { projectId: number | null; storageId: number | null },
    ): Promise<{ grant: Grant; scope: EventScope }> {
      if ((projectId === null) === (storageId === null)) {
        throw new ValidationError([
          { path: 'projectId', message: 'Expected either projectId or storageId.' },
        ]);
      }
      const scope =
        storageId === null
          ? { projectId: projectId!, storageId }
          : { projectId: (await storages.get(viewer, storageId)).projectId, storageId };
      return { grant: await access.authorize(viewer, 'export.read', scope), scope };
    },

    /**
     * The log behind an entry, page by page as the reader comes along, then what is added to it. Nothing is left out and
     * nothing comes twice, whichever process writes; entries older than 30 days are gone.
     * @param after number of the last entry that the reader has; 0: from the beginning; undefined: from now on
     * @throws ValidationError when entries behind that one may be gone
     */
    async *follow(
      grant: Grant,
      scope: EventScope,
      after: number | undefined,
      signal: AbortSignal,
    ): AsyncGenerator<ExportEvent> {
      const bell = bells.hang(scope.projectId, signal);
      try {
        if (after && !(await keepsAfter(database, scope.projectId, after))) {
          const message =
            'Expected the cursor of an event that the log still has: events behind this one may be gone. Read `exports`, and follow without `after`.';
          throw new ValidationError([{ path: 'after', message }]);
        }
        let last = after ?? (await lastEvent(database, scope.projectId));
        while (!signal.aborted && (await access.holds(grant))) {
          const page = await eventsAfter(db, scope, { limit: PAGE, after: last });
          for (const event of page) {
            yield event;
            last = event.id;
          }
          if (page.length < PAGE) await bell.wait(LOOK_UP);
        }
      } finally {
        bell.close();
      }
    },
  };
}
