import { and, asc, count, eq, gt, inArray, sql } from 'drizzle-orm';
import type { Db, Transaction } from '../database/client.ts';
import { organizations } from '../database/tables/organizations.ts';
import { projects } from '../database/tables/projects.ts';
import { containers, storages } from '../database/tables/storages.ts';
import type { ProviderName } from '../providers/provider.ts';
import type { Direction, Storage } from './model.ts';

type Row = typeof storages.$inferSelect;
export type StorageValues = Omit<typeof storages.$inferInsert, 'id' | 'createdAt' | 'updatedAt'>;

/** The JSON columns hold what the services put there. */
const typed = (row: Row) => row as Storage;

export async function storagesById(db: Db, ids: readonly number[]): Promise<Storage[]> {
  const rows = await db
    .select()
    .from(storages)
    .where(inArray(storages.id, [...ids]));
  return rows.map(typed);
}

export async function storagesOf(
  db: Db,
  projectId: number,
  filter: { direction?: Direction | null | undefined },
  page: { limit: number; after?: number | undefined },
): Promise<Storage[]> {
  const rows = await db
    .select()
    .from(storages)
    .where(and(inProject(projectId, filter), gt(storages.id, page.after ?? 0)))
    .orderBy(asc(storages.id))
    .limit(page.limit);
  return rows.map(typed);
}

export async function countStorages(
  db: Db,
  projectId: number,
  filter: { direction?: Direction | null | undefined },
): Promise<number> {
  const [row] = await db.select({ total: count() }).from(storages).where(inProject(projectId, filter));
  return row?.total ?? 0;
}

function inProject(projectId: number, { direction }: { direction?: Direction | null | undefined }) {
  return and(eq(storages.projectId, projectId), direction ? eq(storages.direction, direction) : undefined);
}

/** The source storages of these projects. */
export async function sourcesOf(db: Db, projectIds: readonly number[]): Promise<Storage[]> {
  const rows = await db
    .select()
    .from(storages)
    .where(and(inArray(storages.projectId, [...projectIds]), eq(storages.direction, 'SOURCE')));
  return rows.map(typed);
}

/** The source storages of one provider, of any project, whose prefix a key begins with. */
export async function sourcesCovering(db: Db, provider: ProviderName, key: string): Promise<Storage[]> {
  const covers = sql`starts_with(${key}, ${storages.prefix})`;
  const rows = await db
    .select()
    .from(storages)
    .where(and(eq(storages.provider, provider), eq(storages.direction, 'SOURCE'), covers))
    .limit(1_000);
  return rows.map(typed);
}

/** All storages of a project that see one container. */
export async function storagesOfContainer(db: Db, containerId: number): Promise<Storage[]> {
  const rows = await db.select().from(storages).where(eq(storages.containerId, containerId));
  return rows.map(typed);
}

/** The id of a project's container; undefined: it never had a storage there. */
export async function containerId(db: Db, projectId: number, uri: string): Promise<number | undefined> {
  const [row] = await db
    .select({ id: containers.id })
    .from(containers)
    .where(and(eq(containers.projectId, projectId), eq(containers.uri, uri)));
  return row?.id;
}

/** The id of a project's container, registered if it is new. */
export async function ensureContainer(db: Db, projectId: number, uri: string): Promise<number> {
  const [row] = await db
    .insert(containers)
    .values({ projectId, uri })
    .onConflictDoUpdate({ target: [containers.projectId, containers.uri], set: { uri } })
    .returning({ id: containers.id });
  return row!.id;
}

/** All storages of the container follow, whatever they call its host. */
export async function renameContainer(
  db: Db,
  { projectId, containerId }: Pick<Storage, 'projectId' | 'containerId'>,
  uri: string,
): Promise<void> {
  await db
    .update(containers)
    .set({ uri })
    .where(and(eq(containers.projectId, projectId), eq(containers.id, containerId)));
}

export async function insertStorage(db: Db, values: StorageValues): Promise<Storage> {
  const [row] = await db.insert(storages).values(values).returning();
  return typed(row!);
}

export async function updateStorage(
  db: Db,
  id: number,
  values: Partial<StorageValues>,
  ifUpdatedAt?: Date | null,
): Promise<Storage | undefined> {
  const [row] = await db
    .update(storages)
    // No two states have the same instant: opened storages are kept by it.
    .set({ ...values, updatedAt: sql`greatest(now(), ${storages.updatedAt} + interval '1 millisecond')` })
    .where(and(eq(storages.id, id), ifUpdatedAt ? eq(storages.updatedAt, ifUpdatedAt) : undefined))
    .returning();
  return row && typed(row);
}

/**
 * The target points at another container: of what lies there nothing is known. What was exported waits to be written
 * again, or for a sync where the storage exports nothing by itself; workers of before are shut out.
 */
export async function forgetExports(
  { sql: client }: Pick<Transaction, 'sql'>,
  { id, projectId }: Pick<Storage, 'id' | 'projectId'>,
  exportOnSave: boolean,
): Promise<void> {
  await client`
    UPDATE export_records SET state = 'PENDING', key = NULL, former_keys = '{}', version = NULL, hash = NULL, size = NULL,
      exported_at = NULL, error_code = NULL, error_message = NULL, error_hint = NULL, attempts = 0,
      wanted = wanted + 1, fence = fence + 1, lease_until = NULL,
      due_at = CASE WHEN ${exportOnSave} OR due_at IS NOT NULL THEN now() END, updated_at = now()
    WHERE project_id = ${projectId} AND storage_id = ${id} AND state NOT IN ('DELETED', 'KEPT')`;
}

export async function deleteStorage(db: Db, id: number): Promise<void> {
  await db.delete(storages).where(eq(storages.id, id));
}

/** The organization of a project; undefined: there is no such project. */
export async function ownerOf(
  db: Db,
  projectId: number,
): Promise<{ externalId: string; isFirst: boolean } | undefined> {
  const [row] = await db
    .select({
      externalId: organizations.externalId,
      isFirst: sql<boolean>`${organizations.id} = (SELECT min(id) FROM organizations)`,
    })
    .from(projects)
    .innerJoin(organizations, eq(organizations.id, projects.organizationId))
    .where(eq(projects.id, projectId));
  return row;
}

/** Sealed secrets that another key than this one sealed, by id. */
export async function sealedByOthers(
  db: Db,
  key: string,
  after: number,
  limit: number,
): Promise<{ id: number; projectId: number; sealed: string }[]> {
  const { id, projectId, secrets } = storages;
  return db
    .select({ id, projectId, sealed: sql<string>`${secrets}` })
    .from(storages)
    .where(and(gt(id, after), sql`split_part(${secrets}, '.', 2) <> ${key}`))
    .orderBy(asc(id))
    .limit(limit);
}

/** The same secrets sealed anew: the storage does not count as changed. Nothing, if they changed meanwhile. */
export async function replaceSecrets(db: Db, id: number, before: string, after: string): Promise<void> {
  await db
    .update(storages)
    .set({ secrets: after })
    .where(and(eq(storages.id, id), eq(storages.secrets, before)));
}
