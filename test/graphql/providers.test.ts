import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { serverOf } from '../servers/servers.ts';
import { testApp } from '../support/app.ts';
import { candidate } from '../support/candidate.ts';
import { as } from '../support/client.ts';
import { graphql } from '../support/generated/gql.ts';
import type { SourceSettingsInput } from '../support/generated/graphql.ts';
import { azureBlobPlaces } from '../support/places/azure-blob.ts';
import { gcsPlaces } from '../support/places/gcs.ts';
import { localFiles } from '../support/places/local-files.ts';
import type { Place, Way } from '../support/places/place.ts';
import { redisPlaces } from '../support/places/redis.ts';
import { s3Places } from '../support/places/s3.ts';
import { GetConnection } from './connections.ts';
import * as documents from './documents.ts';

/** Every provider with each of its credentials, as a source and as a target, over the API, on a real server. */
const s3 = await s3Places();
const gcs = await gcsPlaces(await serverOf('radosgw'));
const azureBlob = await azureBlobPlaces();
const redis = await redisPlaces();
const providers = [s3, gcs, azureBlob, redis];
afterAll(() => Promise.all(providers.map(({ close }) => close())));

const ways: Record<string, Way> = Object.assign({}, ...providers.map((it) => it.ways), {
  'Local files': localFiles,
});
const settings: Record<string, string> = Object.assign({}, ...providers.map((it) => it.settings));
const it = await testApp({ settings: { ...settings, OUTBOUND_ALLOW: '127.0.0.0/8' } });
const { owner } = it;
for (const secret of [...azureBlob.secrets, ...redis.secrets]) it.secret(secret);

async function connectTarget(projectId: string, { provider }: Place) {
  const input = { projectId, provider, settings: { target: { canDeleteObjects: true } } };
  const { createStorage } = await owner.run(documents.CreateStorage, { input });
  return as(createStorage, 'CreateStorageSuccess').storage;
}

async function validated(storageId: string) {
  const { validateStorage } = await owner.run(documents.ValidateStorage, { input: candidate({ storageId }) });
  const { ok, checks } = as(validateStorage, 'ValidateStorageSuccess').validation;
  return { ok, checks: checks.map(({ capability, status }) => `${capability} ${status}`) };
}

describe.each(Object.entries(ways))('%s', (name, way) => {
  /** A connected source storage, after its sync. */
  async function synced(place: Place, source: SourceSettingsInput) {
    const project = await owner.project();
    const storage = await owner.connect(project, place.provider, source);
    const sync = await owner.sync(storage.id);
    return { storage, sync, tasks: await owner.tasks(project), ledger: await owner.objects(storage.id) };
  }

  test('source, FILES', async () => {
    const place = await way.open(it);
    for (const key of ['1.jpg', '2.jpg', 'readme.txt']) await place.put(key, 'bytes');
    const { storage, sync, tasks, ledger } = await synced(place, { filter: '.*\\.jpg' });

    expect(sync).toMatchObject({ status: 'COMPLETED', error: null, counts: { listed: 3, imported: 2 } });
    const keys = ['1.jpg', '2.jpg'].map((key) => place.prefix + key);
    expect(tasks.map(({ sourceKey, data }) => ({ sourceKey, data })).sort(bySourceKey)).toEqual(
      keys.map((sourceKey) => ({ sourceKey, data: { image: place.uri(sourceKey) } })),
    );
    expect(ledger.map(({ key, state }) => ({ key, state }))).toEqual([
      ...keys.map((key) => ({ key, state: 'IMPORTED' })),
      { key: `${place.prefix}readme.txt`, state: 'SKIPPED' },
    ]);
    const { storage: shown } = await owner.run(GetConnection, { id: storage.id });
    expect(shown).toMatchObject(way.shows);
    expect(storage).toMatchObject({ prefix: place.prefix, uri: place.uri(place.prefix) });

    const { ok, checks } = await validated(storage.id);
    expect({ ok, checks }).toEqual({ ok: true, checks: sourceChecks(name) });
    // A source is only read.
    expect(await place.changes()).toEqual([]);
  });

  test('source, TASKS', async () => {
    const place = await way.open(it);
    const rows = ['a', 'b', 'c'].map((image) => ({ image }));
    await place.put('list.json', JSON.stringify(rows));
    await place.put('rows.jsonl.gz', gzipSync(rows.map((row) => JSON.stringify(row)).join('\n')));
    const { sync, tasks } = await synced(place, { importMethod: 'TASKS', presign: false });

    expect(sync).toMatchObject({
      status: 'COMPLETED',
      error: null,
      counts: { imported: 2, tasksCreated: 6 },
    });
    const found = tasks.map(({ sourceKey, sourceRow, data }) => ({ sourceKey, sourceRow, data }));
    expect(found.sort(bySourceKey)).toEqual(
      ['list.json', 'rows.jsonl.gz'].flatMap((key) =>
        rows.map((data, sourceRow) => ({ sourceKey: place.prefix + key, sourceRow, data })),
      ),
    );
    expect(await place.changes()).toEqual([]);
  });

  test('target: a probe is written and removed, and nothing stays', async () => {
    const place = await way.open(it);
    await place.put('already-there.txt', 'bytes');
    const before = await place.keys();
    const storage = await connectTarget(await owner.project(), place);
    const { storage: shown } = await owner.run(GetConnection, { id: storage.id });
    expect(shown).toMatchObject(way.shows);
    expect(await validated(storage.id)).toEqual({
      ok: true,
      checks: ['CONNECT', 'AUTHENTICATE', 'LIST', 'WRITE', 'READ', 'DELETE'].map((name) => `${name} PASSED`),
    });

    // Once when it was created, once when it was validated.
    const changes = await place.changes();
    const keys = changes
      .filter((change) => change.startsWith('PUT '))
      .map((change) => change.slice('PUT '.length));
    expect(new Set(keys).size).toBe(2);
    for (const key of keys) expect(key.startsWith(`${place.prefix}.longshore-probe-`)).toBe(true);
    expect(changes).toEqual(keys.flatMap((key) => [`PUT ${key}`, `DELETE ${key}`]));
    expect(await place.keys()).toEqual(before);
  });
});

/** A listing in no order gives tasks in no order. */
function bySourceKey(a: { sourceKey?: string | null }, b: { sourceKey?: string | null }): number {
  return String(a.sourceKey) < String(b.sourceKey) ? -1 : Number(a.sourceKey !== b.sourceKey);
}

function sourceChecks(name: string): string[] {
  const signs = !/^(Redis|Local files|Azure Blob: SAS)/.test(name);
  const passed = ['CONNECT', 'AUTHENTICATE', 'LIST', 'READ'].map((capability) => `${capability} PASSED`);
  return [...passed, signs ? 'SIGN PASSED' : 'SIGN UNTESTED'];
}

const GetExternalId = graphql(/* GraphQL */ `
  query GetExternalId {
    viewer {
      organization {
        externalId
      }
    }
  }
`);

test('a role is assumed with the external ID of the organization, and with no other', async () => {
  const { viewer } = await owner.run(GetExternalId);
  const assumed = s3.requests
    .filter(({ method, url }) => method === 'POST' && url === '/')
    .map(({ body }) => new URLSearchParams(body.toString()))
    .filter((parameters) => parameters.get('Action') === 'AssumeRole');
  expect(assumed.length).toBeGreaterThan(0);
  expect(new Set(assumed.map((parameters) => parameters.get('ExternalId')))).toEqual(
    new Set([viewer.organization.externalId]),
  );
});
