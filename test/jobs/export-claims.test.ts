import { afterAll, beforeAll, expect, test } from 'vitest';
import { takeChanges } from '../../src/annotations/changes.ts';
import { type Database, openDatabase, transaction } from '../../src/database/client.ts';
import type { Claim, Outcome } from '../../src/exports/model.ts';
import {
  claimDue,
  extendClaims,
  giveBackClaims,
  reserveKeys,
  settleClaims,
} from '../../src/exports/repository/claims.ts';
import { intendNext, nextKnown } from '../../src/exports/repository/intents.ts';
import { countsOf, progressOf, takenKeys } from '../../src/exports/repository/records.ts';
import { createDatabase } from '../support/database.ts';

/**
 * What a worker takes of many records that have just been made: the planner knows nothing of them yet, since
 * statistics come later. No more is taken than was asked for, and a batch costs what it costs at any other time.
 */
const TOTAL = 20_000;
const limit = 1_000;
const target = { id: 1, projectId: 1 };
let made: Awaited<ReturnType<typeof createDatabase>>;
let database: Database;
beforeAll(async () => {
  made = await createDatabase();
  database = openDatabase(made.url, { connections: 1, name: 'test' });
  const { sql } = database;
  await sql`INSERT INTO organizations (title, external_id) VALUES ('Claims', 'claims')`;
  await sql`INSERT INTO projects (organization_id, title) VALUES (1, 'Claims')`;
  await sql`INSERT INTO containers (project_id, uri) VALUES (1, 'memory://claims')`;
  await sql`INSERT INTO storages (project_id, container_id, provider, direction, prefix, config, settings)
            VALUES (1, 1, 'S3', 'TARGET', '', '{}', '{}')`;
  await sql`ALTER TABLE export_records SET (autovacuum_enabled = false)`;
  await sql`ALTER TABLE annotation_changes SET (autovacuum_enabled = false)`;
  await sql`INSERT INTO export_records (project_id, storage_id, subject_id, task_id, due_at)
            SELECT 1, 1, i, i, now() FROM generate_series(1, ${TOTAL}::int) i`;
  await sql`INSERT INTO annotation_changes (project_id, task_id, annotation_id, change, pending)
            SELECT 1, i, i, 'CREATED', true FROM generate_series(1, ${TOTAL}::int) i`;
});
afterAll(async () => {
  await database.close();
  await made.drop();
});

const claim = () => claimDue(database, target, { limit, leaseSeconds: 60 });

/** Rows that were read of the records and of the changes so far, by whatever plan. */
async function rowsRead(): Promise<number> {
  await database.sql`SELECT pg_stat_force_next_flush()`;
  const [row] = await database.sql<{ total: number }[]>`
    SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::float8 AS total FROM pg_stat_user_tables
    WHERE relname IN ('export_records', 'annotation_changes')`;
  return row!.total;
}

/** A few times as many rows as there are; a plan that goes through all for each record reads millions. */
async function lean<T>(work: () => Promise<T>): Promise<T> {
  const before = await rowsRead();
  const result = await work();
  expect((await rowsRead()) - before).toBeLessThan(5 * TOTAL);
  return result;
}

const exported = (it: Claim): Outcome => ({
  ...{ claim: it, key: `${it.subjectId}.json`, version: 'v', hash: 'h', size: 1, error: null },
  ...{ state: 'EXPORTED', event: 'EXPORTED', againAfter: null, recheck: false },
});

test('a batch from its claim to its end', async () => {
  for (let turn = 0; turn < 3; turn++) {
    const claims = await lean(claim);
    expect(claims).toHaveLength(limit);
    const keys = claims.map((it) => ({ claim: it, key: `${it.subjectId}.json` }));
    expect(await lean(() => reserveKeys(database, target, keys))).toEqual(new Set());
    expect((await lean(() => extendClaims(database, target, claims, 60))).size).toBe(limit);
    expect(
      await lean(() => transaction(database, (tx) => settleClaims(tx, target, claims.map(exported)))),
    ).toBe(0);
  }
});

test('a batch that is given back', async () => {
  const claims = await lean(claim);
  const begun = new Set<Claim>();
  const held = await lean(() =>
    transaction(database, (tx) => giveBackClaims(tx, target, claims, { pause: 60, begun })),
  );
  expect(held.size).toBe(limit);
});

test('what is known of records, and what is asked of them by a sync', async () => {
  const request = { syncId: 1, layout: 'TASK', full: true } as const;
  for (const after of [0, TOTAL / 2]) {
    expect(await lean(() => nextKnown(database, target, 'TASK', after, limit))).toHaveLength(limit);
    const asked = () => transaction(database, (tx) => intendNext(tx, target, request, after, limit));
    expect(await lean(asked)).toEqual({ last: after + limit, total: limit });
  }
  const wanted = Array.from({ length: limit }, (_, index) => ({
    subjectId: TOTAL + index,
    key: `${index + 1}.json`,
  }));
  expect((await lean(() => takenKeys(database, target, wanted))).size).toBe(limit);
  expect((await lean(() => progressOf(database, target, 1))).open).toBe(2 * limit);
  expect((await lean(() => countsOf(database, target, 1))).failed).toBe(0);
});

test('changes of annotations', async () => {
  for (let turn = 0; turn < 3; turn++)
    expect(await lean(() => transaction(database, (tx) => takeChanges(tx, limit)))).toHaveLength(limit);
});
