import { type Access, createAccess } from './access/access.ts';
import { type AuditService, createAuditService } from './access/log.ts';
import { type AnnotationService, createAnnotationService } from './annotations/service.ts';
import type { Database } from './database/client.ts';
import type { EventBus } from './events/bus.ts';
import { createTargetPreview } from './exports/preview.ts';
import { createExportService, type ExportService } from './exports/service.ts';
import type { Queue } from './jobs/queue.ts';
import { createMediaService, type MediaOptions, type MediaService } from './media/service.ts';
import { createObjectService, type ObjectService } from './objects/service.ts';
import type { Logger } from './observability/log.ts';
import { createInvitationService, type InvitationService } from './organizations/invitations/service.ts';
import { createMemberService, type MemberService } from './organizations/members/service.ts';
import { createOrganizationService, type OrganizationService } from './organizations/service.ts';
import { createSignOnService, type SignOnService } from './organizations/sign-on.ts';
import { createProjectService, type ProjectService } from './projects/service.ts';
import type { Registry } from './providers/registry.ts';
import type { OutboundGuard } from './security/outbound.ts';
import type { SecretBox } from './security/secrets.ts';
import { createSnapshotService, type SnapshotService } from './snapshots/service.ts';
import { createStorageChanges, type StorageChanges } from './storages/changes.ts';
import type { StorageOpener } from './storages/connect/open.ts';
import type { StorePool } from './storages/pool.ts';
import { createStorageService, type StorageService } from './storages/service.ts';
import { createPreviewService, type PreviewService } from './syncs/preview/preview.ts';
import { createSyncWatch, type SyncWatch } from './syncs/progress/watch.ts';
import { createSyncService, type SyncService } from './syncs/service.ts';
import { createSyncStarter } from './syncs/start/start.ts';
import { createTaskService, type TaskService } from './tasks/service.ts';
import { createWebhookService, type WebhookService } from './webhooks/service.ts';

/** The verbs that the doors (GraphQL, HTTP routes, command line) call. */
export interface Services {
  organizations: OrganizationService;
  members: MemberService;
  invitations: InvitationService;
  signOn: SignOnService;
  audit: AuditService;
  access: Access;
  projects: ProjectService;
  tasks: TaskService;
  annotations: AnnotationService;
  storages: StorageService;
  objects: ObjectService;
  syncs: SyncService;
  exports: ExportService;
  previews: PreviewService;
  syncWatch: SyncWatch;
  storageChanges: StorageChanges;
  webhooks: WebhookService;
  snapshots: SnapshotService;
  media: MediaService;
  registry: Registry;
  /** Address that clients reach the service under, without a slash at its end. */
  baseUrl(): string;
}

declare module './graphql/context.ts' {
  interface Context {
    /** The verbs that resolvers call. */
    services: Services;
  }
}

/** What the services stand on. */
export interface Foundations {
  database: Database;
  events: EventBus;
  queue: Queue;
  opener: StorageOpener;
  registry: Registry;
  outbound: OutboundGuard;
  secretBox: SecretBox;
  stores: StorePool;
  media: MediaOptions;
  log: Logger;
}

/** Builds the services, each over those that come before it. */
export function createServices(foundations: Foundations): Services {
  const { database, events, queue, opener, stores, registry, media, log } = foundations;
  const access = createAccess(database, events);
  const projects = createProjectService(database, access);
  const tasks = createTaskService(database, events, access, projects);
  const storages = createStorageService(database, access, opener);
  const mediaService = createMediaService({ database, access, tasks, storages, registry, stores }, media);
  return {
    organizations: createOrganizationService(database, access),
    members: createMemberService(database, access),
    invitations: createInvitationService(database, access),
    signOn: createSignOnService(database, access),
    audit: createAuditService(database, access),
    access,
    projects,
    tasks,
    annotations: createAnnotationService(database, access, tasks),
    storages,
    objects: createObjectService(database, access),
    syncs: createSyncService(database, events, access, createSyncStarter(events, queue), storages),
    exports: createExportService(database, events, access, storages),
    previews: createPreviewService(database, projects, storages, createTargetPreview(database)),
    storageChanges: createStorageChanges(events, access),
    syncWatch: createSyncWatch(database, events, access, (error) =>
      log.error({ error }, 'a progress feed failed'),
    ),
    webhooks: createWebhookService(database, access, foundations),
    snapshots: createSnapshotService(
      database,
      access,
      { projects, tasks, storages, media: mediaService },
      foundations,
    ),
    baseUrl: media.baseUrl,
    media: mediaService,
    registry,
  };
}
