import { afterAll, expect, test } from 'vitest';
import { serverOf } from '../servers/servers.ts';
import { testApp } from '../support/app.ts';
import { numberOf } from '../support/ids.ts';
import { azureBlobPlaces } from '../support/places/azure-blob.ts';
import { gcsPlaces } from '../support/places/gcs.ts';
import { localFiles } from '../support/places/local-files.ts';
import type { Way } from '../support/places/place.ts';
import { redisPlaces } from '../support/places/redis.ts';
import { s3Places } from '../support/places/s3.ts';
import { region } from '../support/region.ts';
import { until } from '../support/until.ts';

/** Exports over the five providers' real servers, and back in. */
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

/** The tasks of a project with all that hangs on them; annotations in their order, or in one that anybody can tell. */
const shown = (id: string, inOrder = true) => it.sql`
  SELECT t.data, t.meta, t.total_annotations, t.cancelled_annotations, t.total_predictions,
    (SELECT json_agg(json_build_array(result, was_cancelled, ground_truth, lead_time, completed_by,
           created_at) ORDER BY CASE WHEN NOT ${inOrder} THEN result::text END, a.id) FROM annotations a WHERE a.task_id = t.id) AS annotations,
    (SELECT json_agg(json_build_array(result, score, model_version)) FROM predictions p WHERE p.task_id = t.id) AS predictions
      FROM tasks t WHERE project_id = ${numberOf(id)} ORDER BY data->>'image'`;

test.each(Object.entries(ways))('%s: written, rewritten, deleted with the annotation', async (_, way) => {
  const place = await way.open(it);
  const project = await owner.project();
  const storage = await owner.target(project, place.provider, { canDeleteObjects: true });
  const [task] = await owner.importTasks(project, [{ data: { image: 'a.jpg' } }]);
  const ids = [await owner.annotate(task!, region('a')), await owner.annotate(task!, region('b'))];
  const keys = ids.map((id) => `${place.prefix}${numberOf(id)}.json`);
  await until(async () => (await place.keys()).sort()).toEqual(keys.toSorted());
  const [before] = await owner.exported(storage.id);
  await owner.change(ids[0]!, region('changed'));
  await until(async () => (await owner.exported(storage.id))[0]?.contentHash).not.toBe(before!.contentHash);
  await owner.unannotate(ids[0]!);
  await until(place.keys).toEqual([keys[1]]);
  const records = await owner.exported(storage.id);
  expect(records.map(({ state }) => state)).toEqual(['DELETED', 'EXPORTED']);
  expect(records.map(({ error }) => error)).toEqual([null, null]);
});

/** A project with two annotated tasks, all of it exported, and another project with a source at the same place. */
async function roundTrip(way: Way, layout: 'TASK' | 'ANNOTATION', predictions: unknown[]) {
  const place = await way.open(it);
  const project = await owner.project();
  const annotations = [
    { result: region('x'), ground_truth: true, lead_time: 2.5 },
    { result: [], was_cancelled: true },
    { result: region('z') },
  ];
  await owner.importTasks(project, [
    { data: { image: 'a.jpg', n: 1.5 }, meta: { batch: 'm' }, annotations, predictions },
    { data: { image: 'b.jpg' }, annotations: [{ result: region('y') }] },
  ]);
  const storage = await owner.target(project, place.provider, { layout });
  await owner.sync(storage.id);
  const other = await owner.project();
  const source = await owner.connect(other, place.provider, { importMethod: 'TASKS', recursive: true });
  return { place, project, other, source };
}

test.each(Object.entries(ways))('%s: layout TASK comes back in as equal tasks', async (_, way) => {
  const predictions = [{ result: region('p'), score: 0.25, model_version: 'v1' }];
  const { place, project, other, source } = await roundTrip(way, 'TASK', predictions);
  expect(await place.keys()).toHaveLength(2);
  expect((await owner.sync(source.id)).status).toBe('COMPLETED');
  expect(await shown(other)).toEqual(await shown(project));
});

test.each(Object.entries(ways))(
  '%s: annotations one by one come back in, several as one task',
  async (_, way) => {
    const { place, project, other, source } = await roundTrip(way, 'ANNOTATION', []);
    expect(await place.keys()).toHaveLength(4);
    // Once more, and again all of it: nothing comes twice.
    for (const [options, created] of [
      [{}, 2],
      [{}, 0],
      [{ reimport: true }, 0],
    ] as const) {
      const sync = await owner.sync(source.id, options);
      expect(sync).toMatchObject({ status: 'COMPLETED', counts: { tasksCreated: created } });
      expect(await shown(other, false)).toEqual(await shown(project, false));
    }
  },
);
