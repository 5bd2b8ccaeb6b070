import { afterAll, describe, expect, test } from 'vitest';
import { createTargetPreview } from '../../src/exports/preview.ts';
import type { Store } from '../../src/providers/store.ts';
import { targetDefaults } from '../../src/storages/model.ts';
import { serverOf } from '../servers/servers.ts';
import { testApp } from '../support/app.ts';
import { candidate } from '../support/candidate.ts';
import { as } from '../support/client.ts';
import type {
  StorageProviderInput,
  StorageProviderUpdateInput,
  TargetSettingsInput,
} from '../support/generated/graphql.ts';
import { numberOf } from '../support/ids.ts';
import { azureBlobPlaces } from '../support/places/azure-blob.ts';
import { gcsPlaces } from '../support/places/gcs.ts';
import { localFiles } from '../support/places/local-files.ts';
import type { Way } from '../support/places/place.ts';
import { redisPlaces } from '../support/places/redis.ts';
import { s3Places } from '../support/places/s3.ts';
import { region } from '../support/region.ts';
import * as documents from './documents.ts';

/** `previewSync` of a target: what a sync would write and delete, and what differs at the storage. */
const s3 = await s3Places();
const gcs = await gcsPlaces(await serverOf('radosgw'));
const azureBlob = await azureBlobPlaces();
const redis = await redisPlaces();
const providers = [s3, gcs, azureBlob, redis];
const settings = Object.assign({}, ...providers.map((it) => it.settings));
const it = await testApp({ settings: { ...settings, OUTBOUND_ALLOW: '127.0.0.0/8' } });
const { owner } = it;
for (const secret of [...azureBlob.secrets, ...redis.secrets]) it.secret(secret);
afterAll(() => Promise.all(providers.map(({ close }) => close())));

const ways: Record<string, Way> = {
  S3: s3.ways['S3: access key']!,
  GCS: gcs.ways['GCS: service account']!,
  'Azure Blob': Object.values(azureBlob.ways)[0]!,
  Redis: Object.values(redis.ways)[0]!,
  'local files': localFiles,
};
const COUNT = 40;

async function preview(input: Parameters<typeof candidate>[0]) {
  const { previewSync } = await owner.run(documents.PreviewSync, { input: candidate(input) });
  return as(previewSync, 'PreviewSyncSuccess').preview;
}
/** The counts that are not 0, of a preview to the end. */
async function counted(input: Parameters<typeof candidate>[0]) {
  const { counts, complete } = await preview(input);
  expect(complete).toBe(true);
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => Number(count) > 0));
}

/** A project with so many annotated tasks, and a target that exports only when it is synced. */
async function connect(provider: StorageProviderInput, target: TargetSettingsInput = {}) {
  const project = await owner.project();
  const rows = Array.from({ length: COUNT }, (_, i) => ({ data: { i }, annotations: [{ result: [] }] }));
  const tasks = await owner.importTasks(project, rows);
  const { id } = await owner.target(project, provider, {
    ...{ exportOnSave: false, canDeleteObjects: true },
    ...target,
  });
  const annotations = (await owner.tasks(project)).map((task) => task.annotations[0]!.id);
  return { project, tasks, id, annotations };
}

test.each(Object.entries(ways))('%s: drift is shown, and a full sync repairs it', async (_, way) => {
  const place = await way.open(it);
  const target = await connect(place.provider);
  expect(await counted({ storageId: target.id })).toEqual({ listed: COUNT, write: COUNT });
  await owner.sync(target.id);
  const before = (await owner.exports(target.id)).map(({ key }) => key!.slice(place.prefix.length));
  expect(await counted({ storageId: target.id, drift: true })).toEqual({ listed: COUNT, unchanged: COUNT });
  for (const key of before.slice(3, 6)) await place.remove(key);
  await place.put(before[10]!, '{"changed":"by hand"}');
  // Same size, other bytes.
  const { size } = (await owner.exports(target.id))[11]!;
  await place.put(before[11]!, 'x'.repeat(Number(size)));
  const writes = (await place.changes()).length;
  // Only who looks sees it.
  expect(await counted({ storageId: target.id })).toEqual({ listed: COUNT, unchanged: COUNT });
  expect(await counted({ storageId: target.id, drift: true })).toEqual({
    ...{ listed: COUNT, unchanged: COUNT, missing: 3, altered: 2 },
  });
  const { entries } = await preview({ storageId: target.id, drift: true, first: 4 });
  expect(
    entries.map(({ key, action, drift }) => `${key.slice(place.prefix.length)} ${action} ${drift}`),
  ).toEqual([
    ...before.slice(3, 6).map((key) => `${key} UNCHANGED MISSING`),
    `${before[10]} UNCHANGED ALTERED`,
  ]);
  expect(await place.changes()).toHaveLength(writes);
  expect(await owner.sync(target.id, { full: true })).toMatchObject({ status: 'COMPLETED' });
  expect(await counted({ storageId: target.id, drift: true })).toEqual({ listed: COUNT, unchanged: COUNT });
  expect(await place.keys()).toHaveLength(COUNT);
});

describe('what a sync would do', () => {
  const open = async () => ways.S3!.open(it);
  const at = (input: StorageProviderInput, target: TargetSettingsInput) => ({
    provider: input,
    settings: { target },
  });

  test.each(['ANNOTATION', 'TASK'] as const)('layout %s: just that is done', async (layout) => {
    const place = await open();
    const target = await connect(place.provider, { layout });
    await owner.sync(target.id);
    await owner.change(target.annotations[0]!, region('changed'));
    await owner.unannotate(target.annotations[1]!);
    await owner.annotate(target.tasks[2]!, region('another'));
    // An object shows its task's counters: the first one's is written anew with the second annotation.
    const expected = layout === 'TASK' ? { listed: COUNT, write: 2 } : { listed: COUNT + 1, write: 3 };
    const counts = { ...expected, delete: 1, unchanged: COUNT - 3 };
    expect(await counted({ storageId: target.id, drift: true })).toEqual(counts);
    const { entries } = await preview({ storageId: target.id });
    expect(entries.map(({ action }) => action).sort()).toEqual([
      ...['DELETE', ...Array(expected.write).fill('WRITE')],
    ]);
    await place.changes();
    const before = (await place.changes()).length;
    expect(
      (await owner.run(documents.ExportCounts, { id: (await owner.sync(target.id)).id })).sync,
    ).toMatchObject({
      counts: { exported: expected.write, deleted: 1, unchanged: counts.unchanged },
    });
    expect((await place.changes()).length - before).toBe(expected.write + 1);
    const listed = layout === 'TASK' ? COUNT - 1 : COUNT;
    expect(await counted({ storageId: target.id })).toEqual({ listed, unchanged: listed });
  });

  test('what is kept when its annotation goes is left alone', async () => {
    const place = await open();
    const target = await connect(place.provider, { canDeleteObjects: false });
    await owner.sync(target.id);
    await owner.unannotate(target.annotations[1]!);
    expect(await counted({ storageId: target.id })).toEqual({ listed: COUNT, unchanged: COUNT });
  });

  test('of a storage that is not saved, and of changes of a saved one', async () => {
    const place = await open();
    const target = await connect(place.provider);
    await owner.sync(target.id);
    const elsewhere = await open();
    const unsaved = {
      projectId: target.project,
      ...at(elsewhere.provider, { keyTemplate: 'x/{annotation.id}' }),
    };
    expect(await counted({ ...unsaved, drift: true })).toEqual({ listed: COUNT, write: COUNT });
    const [entry] = (await preview(unsaved)).entries;
    expect(entry!.key).toBe(`${elsewhere.prefix}x/${numberOf(target.annotations[0]!)}`);
    const changes = { settings: { target: { keyTemplate: 'moved/{annotation.id}.json' } } };
    expect(await counted({ storageId: target.id, ...changes })).toEqual({ listed: COUNT, write: COUNT });
    expect(await counted({ storageId: target.id })).toEqual({ listed: COUNT, unchanged: COUNT });
  });

  test.each([false, true])(
    'in another container nothing is known: all is written there (exportOnSave: %s)',
    async (exportOnSave) => {
      const target = await connect((await open()).provider, { exportOnSave });
      await owner.sync(target.id);
      const next = await open();
      const moved = { storageId: target.id, provider: next.provider };
      expect(await counted({ ...moved, drift: true })).toEqual({ listed: COUNT, write: COUNT });
      const input = { ...moved, provider: next.provider as StorageProviderUpdateInput };
      as((await owner.run(documents.UpdateStorage, { input })).updateStorage, 'UpdateStorageSuccess');
      if (exportOnSave) await expect.poll(next.keys, { timeout: 20_000 }).toHaveLength(COUNT);
      else {
        expect(await counted({ storageId: target.id, drift: true })).toEqual({ listed: COUNT, write: COUNT });
        await owner.sync(target.id);
      }
      expect(await next.keys()).toHaveLength(COUNT);
    },
  );

  test('ends with its time: nothing more is asked, and it says that there is more', async () => {
    const place = await open();
    const target = await connect(place.provider);
    const glances: number[] = [];
    const store = {
      location: { container: '', prefix: place.prefix },
      glance: async (keys: readonly string[]) => glances.push(keys.length) && new Map(),
      head: () => Promise.reject(new Error('The time is up.')),
    } as unknown as Store;
    await owner.sync(target.id);
    const preview = await createTargetPreview({ sql: it.sql })({
      ...{ store, storage: { id: numberOf(target.id), projectId: numberOf(target.project) } },
      settings: { ...targetDefaults, keyTemplate: '{annotation.id}.json' },
      ...{ first: 10, drift: true, deadline: Date.now() - 1, signal: new AbortController().signal },
    });
    expect(preview).toMatchObject({ complete: false, counts: { listed: COUNT, unchanged: COUNT } });
    expect(glances).toEqual([COUNT]);
  });

  test('keys that two would share, and what is too large, fail', async () => {
    const place = await open();
    const target = await connect(place.provider, { keyTemplate: '{task.id}{annotation.id}.json' });
    const set = (table: string, id: number) =>
      it.sql`SELECT setval(pg_get_serial_sequence(${table}, 'id'), ${id}, false)`;
    await set('tasks', 9_000);
    const short = (await owner.importTasks(target.project, [{ data: {} }])).at(-1)!;
    await set('tasks', 90_001);
    const long = (await owner.importTasks(target.project, [{ data: {} }])).at(-1)!;
    await set('annotations', 500_000);
    await owner.annotate(long);
    await set('annotations', 1_500_000);
    await owner.annotate(short);
    await it.sql`
      UPDATE annotations SET result = jsonb_build_array(jsonb_build_object('text', repeat('x', 80000000)))
      WHERE id = ${numberOf(target.annotations[0]!)}`;
    expect(await counted({ storageId: target.id })).toEqual({ listed: COUNT + 2, write: COUNT, fail: 2 });
    const { entries } = await preview({ storageId: target.id, first: 100 });
    const failing = entries.filter(({ action }) => action === 'FAIL');
    expect(failing.map(({ code }) => code).sort()).toEqual(['KEY_TAKEN', 'TOO_LARGE']);
    expect(await owner.sync(target.id)).toMatchObject({
      status: 'COMPLETED_WITH_ERRORS',
      counts: { failed: 2 },
    });
  }, 60_000);

  test('a source has no drift; a target that is down says so when it is looked at', async () => {
    const place = await open();
    const source = await owner.connect(await owner.project(), place.provider);
    const { previewSync } = await owner.run(documents.PreviewSync, {
      input: candidate({ storageId: source.id, drift: true }),
    });
    expect(previewSync).toMatchObject({
      __typename: 'ValidationError',
      fields: [{ path: ['saved', 'drift'], message: expect.stringMatching(/Only target storages/) }],
    });
    const other = await open();
    const target = await connect(other.provider);
    await owner.sync(target.id);
    const wrong = { storageId: target.id, provider: s3.failures.wrongSecret(other), drift: true };
    const looked = await owner.run(documents.PreviewSync, { input: candidate(wrong) });
    expect(looked.previewSync).toMatchObject({ __typename: 'ProviderError', code: 'WRONG_CREDENTIALS' });
  });
});
