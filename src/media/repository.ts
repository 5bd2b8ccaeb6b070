import type { Database } from '../database/client.ts';
import { parseJson } from '../json.ts';
import type { Role, TokenScope, Viewer } from '../organizations/model.ts';
import type { StorageVersion } from '../storages/model.ts';

/**
 * What the use of a link depends on, in one statement of the client's own: token, membership, project, task and the
 * storages of the project. As three statements through the ORM it took most of a redirect's time: 825
 * redirects a second instead of 3,498 (`npm run bench -- P9`, two cores).
 */

/** Whom a link's token stands for now, and whether the project belongs to the same organization. */
export interface HolderNow {
  viewer: Viewer;
  owns: boolean;
}

/** What a link names, as of now. */
export interface LinkedNow {
  /** null: the project has no such task, or the link names none. */
  task: { data: unknown; containerId: number | null } | null;
  /** The source storages of the project. */
  sources: StorageVersion[];
}

interface Row {
  userId: number;
  organizationId: number;
  role: Role;
  scopes: TokenScope[];
  limitedTo: number | null;
  owned: number | null;
  taskId: number | null;
  data: string | null;
  containerId: number | null;
  sources: string | null;
}

/** undefined: the token or the membership has ended. */
export async function linkedNow(
  { sql }: Pick<Database, 'sql'>,
  { tokenId, projectId, taskId }: { tokenId: number; projectId: number; taskId: number | null },
): Promise<{ holder: HolderNow; linked: LinkedNow } | undefined> {
  const [row] = await sql<Row[]>`
    SELECT a.user_id AS "userId", a.organization_id AS "organizationId", m.role, p.id AS owned,
      a.scopes, a.project_id AS "limitedTo",
      t.id AS "taskId", t.data::text AS data, t.container_id AS "containerId",
      (SELECT string_agg(s.id || ' ' || (extract(epoch FROM s.updated_at) * 1000)::bigint, ',' ORDER BY s.id)
        FROM storages s WHERE s.project_id = p.id AND s.direction = 'SOURCE') AS sources
    FROM api_tokens a
    JOIN memberships m ON m.organization_id = a.organization_id AND m.user_id = a.user_id
    LEFT JOIN projects p ON p.id = ${projectId} AND p.organization_id = a.organization_id
    LEFT JOIN tasks t ON t.project_id = p.id AND t.id = ${taskId}::bigint
    WHERE a.id = ${tokenId} AND a.revoked_at IS NULL AND (a.expires_at IS NULL OR a.expires_at > now())`;
  if (!row) return undefined;
  const { userId, organizationId, role, scopes, limitedTo, owned, containerId } = row;
  return {
    holder: {
      viewer: { userId, organizationId, role, tokenId, scopes, projectId: limitedTo },
      owns: owned !== null,
    },
    linked: {
      task: row.taskId === null ? null : { data: parseJson(row.data!), containerId },
      sources: (row.sources ?? '').split(',').filter(Boolean).map(versionOf),
    },
  };
}

function versionOf(text: string): StorageVersion {
  const [id, updatedAt] = text.split(' ').map(Number) as [number, number];
  return { id, updatedAt };
}
