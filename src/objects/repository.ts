import { and, asc, eq, gte, inArray, lt, or, type SQL } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import type { Db } from '../database/client.ts';
import { countRows } from '../database/count.ts';
import { keyset, type OrderedPage, within } from '../database/keyset.ts';
import { objects } from '../database/tables/objects.ts';
import { storages } from '../database/tables/storages.ts';
import type { LedgerOwner, ObjectFilter, ObjectOrderField, StorageObject } from './model.ts';

function matching({ id, projectId, containerId }: LedgerOwner, filter: ObjectFilter): SQL | undefined {
  const { states, code, keyPrefix, modifiedAfter, modifiedBefore } = filter;
  return and(
    eq(objects.projectId, projectId),
    eq(objects.storageId, id),
    eq(objects.containerId, containerId),
    states ? inArray(objects.state, states) : undefined,
    code ? eq(objects.code, code) : undefined,
    keyPrefix ? gte(objects.key, keyPrefix) : undefined,
    // The last code point sorts behind every key that begins with the prefix.
    keyPrefix ? lt(objects.key, `${keyPrefix}\u{10FFFF}`) : undefined,
    within(objects.modifiedAt, modifiedAfter, modifiedBefore),
  );
}

const orderColumns = { KEY: objects.key, SIZE: objects.size } satisfies Record<ObjectOrderField, PgColumn>;

/** A page of the ledger, by key by default. */
export async function objectsOf(
  db: Db,
  storage: LedgerOwner,
  filter: ObjectFilter,
  { limit, after, order = { field: 'KEY', direction: 'ASC' } }: OrderedPage<ObjectOrderField>,
): Promise<StorageObject[]> {
  const { behind, sorted } = keyset(orderColumns[order.field], objects.key, order.direction, after);
  return db
    .select()
    .from(objects)
    .where(and(matching(storage, filter), behind))
    .orderBy(...sorted)
    .limit(limit);
}

export const countObjects = (db: Db, storage: LedgerOwner, filter: ObjectFilter) =>
  countRows(db, objects, matching(storage, filter));

/** The entries of these keys of these storages, as they point now; those that the ledger does not have are left out. */
export async function objectsByName(
  db: Db,
  names: readonly { storageId: number; key: string }[],
): Promise<StorageObject[]> {
  const each = names.map(({ storageId, key }) => and(eq(objects.storageId, storageId), eq(objects.key, key)));
  const current = and(eq(storages.id, objects.storageId), eq(storages.containerId, objects.containerId));
  const rows = await db
    .select({ object: objects })
    .from(objects)
    .innerJoin(storages, current)
    .where(or(...each));
  return rows.map(({ object }) => object);
}

/** Ledger entries by container and key: one entry per pair, of the first storage that has it. */
export async function objectsBySource(
  db: Db,
  sources: readonly { containerId: number; key: string }[],
): Promise<StorageObject[]> {
  if (sources.length === 0) return [];
  return db
    .select()
    .from(objects)
    .where(
      and(
        inArray(objects.containerId, [...new Set(sources.map(({ containerId }) => containerId))]),
        inArray(objects.key, [...new Set(sources.map(({ key }) => key))]),
      ),
    )
    .orderBy(asc(objects.storageId));
}
