import type { Database } from '../database/client.ts';
import type { Count } from '../database/count.ts';
import type { Viewer } from '../organizations/model.ts';
import type { Access } from './access.ts';
import { permits } from './permissions.ts';
import type { AuditFilter, StoredAuditEntry } from './repository.ts';
import * as repository from './repository.ts';

export type AuditService = ReturnType<typeof createAuditService>;

/** What was done in an organization, for those who may know. Nothing here changes or removes an entry. */
export function createAuditService({ db }: Pick<Database, 'db'>, access: Access) {
  return {
    /** Newest first. @throws ForbiddenError */
    async list(
      viewer: Viewer,
      filter: AuditFilter,
      page: { limit: number; after?: number | undefined },
    ): Promise<StoredAuditEntry[]> {
      await access.authorize(viewer, 'organization.readAudit', null);
      return repository.auditEntriesOf(db, viewer.organizationId, filter, page);
    },

    /** Those of the ids that the viewer may see. */
    async visible(viewer: Viewer, ids: readonly number[]): Promise<StoredAuditEntry[]> {
      if (!permits(viewer, 'organization.readAudit')) return [];
      return repository.auditEntriesById(db, viewer.organizationId, ids);
    },

    async count(viewer: Viewer, filter: AuditFilter): Promise<Count> {
      await access.authorize(viewer, 'organization.readAudit', null);
      return repository.countAuditEntries(db, viewer.organizationId, filter);
    },
  };
}
