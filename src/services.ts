import { createAnnotationService } from './annotations/service.ts';
import type { Database } from './database/client.ts';
import type { EventBus } from './events/bus.ts';
import type { Services } from './graphql/context.ts';
import type { Queue } from './jobs/queue.ts';
import type { Logger } from './log.ts';
import { createObjectService } from './objects/service.ts';
import { createAccess } from './organizations/access.ts';
import { createOrganizationService } from './organizations/service.ts';
import { createProjectService } from './projects/service.ts';
import type { Registry } from './providers/registry.ts';
import type { StorageOpener } from './storages/open.ts';
import { createStorageService } from './storages/service.ts';
import { createPreviewService } from './syncs/preview.ts';
import { createSyncService } from './syncs/service.ts';
import { createSyncStarter } from './syncs/start.ts';
import { createSyncWatch } from './syncs/watch.ts';
import { createTaskService } from './tasks/service.ts';

/** What the services stand on. */
export interface Foundations {
  database: Database;
  events: EventBus;
  queue: Queue;
  opener: StorageOpener;
  registry: Registry;
  log: Logger;
}

/** Builds the services, each over those that come before it. */
export function createServices({ database, events, queue, opener, registry, log }: Foundations): Services {
  const organizations = createOrganizationService(database);
  const projects = createProjectService(database);
  const tasks = createTaskService(database, projects);
  const storages = createStorageService(database, events, projects, opener);
  return {
    organizations,
    access: createAccess(organizations, projects),
    projects,
    tasks,
    annotations: createAnnotationService(database, projects, tasks),
    storages,
    objects: createObjectService(database),
    syncs: createSyncService(
      database,
      events,
      createSyncStarter(database, events, queue),
      projects,
      storages,
    ),
    previews: createPreviewService(database, projects, storages),
    syncWatch: createSyncWatch(database, events, (error) => log.error({ error }, 'a progress feed failed')),
    registry,
  };
}
