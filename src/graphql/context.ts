import type { AnnotationService } from '../annotations/service.ts';
import { UnauthenticatedError } from '../errors.ts';
import type { ObjectService } from '../objects/service.ts';
import type { Access } from '../organizations/access.ts';
import type { Viewer } from '../organizations/model.ts';
import type { OrganizationService } from '../organizations/service.ts';
import type { ProjectService } from '../projects/service.ts';
import type { Registry } from '../providers/registry.ts';
import type { StorageService } from '../storages/service.ts';
import type { PreviewService } from '../syncs/preview.ts';
import type { SyncService } from '../syncs/service.ts';
import type { SyncWatch } from '../syncs/watch.ts';
import type { TaskService } from '../tasks/service.ts';
import type { Loaders } from './loaders.ts';

/** The verbs that the doors (GraphQL, HTTP routes, command line) call. */
export interface Services {
  organizations: OrganizationService;
  access: Access;
  projects: ProjectService;
  tasks: TaskService;
  annotations: AnnotationService;
  storages: StorageService;
  objects: ObjectService;
  syncs: SyncService;
  previews: PreviewService;
  syncWatch: SyncWatch;
  registry: Registry;
}

/** What a resolver gets besides its arguments: who asks, the services, and this request's loaders. */
export interface Context {
  /** null: no token was sent. A wrong token never gets this far. */
  viewer: Viewer | null;
  services: Services;
  loaders: Loaders;
  /** Aborted when the client goes away. */
  signal: AbortSignal;
}

/** @throws UnauthenticatedError */
export function viewerOf({ viewer }: Pick<Context, 'viewer'>): Viewer {
  if (!viewer) throw new UnauthenticatedError();
  return viewer;
}
