import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { MediaOutcome } from '../../src/snapshots/media/outcome.ts';
import type { Manifest } from '../../src/snapshots/model.ts';
import { startTrial } from '../servers/gcs-trial.ts';
import { radosgwAt } from '../servers/radosgw.ts';
import { radosgwHost, serverOf } from '../servers/servers.ts';
import { testApp } from '../support/app.ts';
import { type Bucket, createBucket } from '../support/bucket.ts';
import { as } from '../support/client.ts';
import type { CreateExportInput } from '../support/generated/graphql.ts';
import { numberOf } from '../support/ids.ts';
import { CreateExport, GetSnapshot } from './snapshot-documents.ts';

/** Snapshots at targets with the objects that tasks point at: copied by the storage itself, or through the service. */
const gcs = await startTrial();
afterAll(() => gcs.server.close());
const it = await testApp({
  settings: {
    LOCAL_FILES_SERVING_ENABLED: 'true',
    OUTBOUND_ALLOW: `${radosgwHost()},${new URL(gcs.server.url).host}`,
  },
});
const { owner } = it;

const ask = async (input: CreateExportInput) => (await owner.run(CreateExport, { input })).createExport;
const create = async (input: CreateExportInput) => as(await ask(input), 'CreateExportSuccess').snapshot;
type Created = Awaited<ReturnType<typeof create>>;
const look = async ({ id }: Pick<Created, 'id'>) => (await owner.run(GetSnapshot, { id })).node as Created;

async function ended(snapshot: Created): Promise<Created> {
  await expect.poll(async () => (await look(snapshot)).finishedAt, { timeout: 60_000 }).not.toBeNull();
  const done = await look(snapshot);
  expect(done).toMatchObject({ state: 'COMPLETED', error: null });
  return done;
}

async function mediaOf(bucket: Bucket, { folder }: Created) {
  const manifest: Manifest = JSON.parse(await bucket.text(`${folder}manifest.json`));
  const list: MediaOutcome[] = [];
  for (const { name, key, sha256 } of manifest.files) {
    const text = await bucket.text(key!);
    expect(createHash('sha256').update(text).digest('hex')).toBe(sha256);
    if (name.startsWith('media-') && text !== '')
      list.push(
        ...text
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line)),
      );
  }
  return { manifest, list, of: (uri: string) => list.find((outcome) => outcome.uri === uri)! };
}

const textOf = (bucket: Bucket, { folder }: Created, { name }: MediaOutcome) =>
  bucket.text(`${folder}${name}`);
const s3 = (bucket: Bucket, key: string) => `s3://${bucket.name}/${key}`;

test('objects of several storages lie at the target, each once; what is missing is counted and listed', {
  timeout: 120_000,
}, async () => {
  const [photos, foreign, target] = [await createBucket(), await createBucket(), await createBucket()];
  const name = 'a/Ünser "cat" +&=?.jpg';
  await photos.put(`in/${name}`, 'a cat');
  await foreign.put('x.jpg', 'of another project');
  // More than the service would hold in memory.
  const large = 65 << 20;
  await photos.put('in/large.bin', new Uint8Array(large));
  const path = await it.files('sounds', { 'a.wav': 'a sound', 'large.wav': new Uint8Array(large) });
  const projectId = await owner.project();
  await owner.connect(projectId, photos.input({ prefix: 'in' }));
  await owner.connect(projectId, { localFiles: { path } });
  await owner.connect(await owner.project(), foreign.input());
  const sound = (file: string) => `/data/local-files/?d=sounds/${file}`;
  await owner.importTasks(projectId, [
    { image: s3(photos, `in/${name}`), text: `<audio src="${sound('a.wav')}">` },
    { image: s3(photos, `in/${name}`), more: [s3(photos, 'in/large.bin'), sound('large.wav')] },
    { image: s3(photos, 'in/gone.jpg'), again: s3(photos, 'in/gone.jpg') },
    { image: s3(foreign, 'x.jpg') },
  ]);
  const { id: targetId } = await owner.target(projectId, target.input(), { exportOnSave: false });
  const done = await ended(await create({ projectId, targetId, format: 'JSONL', withMedia: true }));
  expect(done.counts).toMatchObject({ tasks: 4, media: 4, mediaBytes: 12 + 2 * large, missingMedia: 2 });
  const { manifest, list, of } = await mediaOf(target, done);
  expect(list).toHaveLength(6);
  expect(manifest.counts).toEqual(done.counts);
  const cat = of(s3(photos, `in/${name}`));
  expect(await textOf(target, done, cat)).toBe('a cat');
  // The storage has copied it: none of its bytes were seen here.
  expect(cat).toMatchObject({ sha256: null, bytes: 5 });
  expect(of(s3(photos, 'in/large.bin'))).toMatchObject({ sha256: null, bytes: large });
  const heard = of(sound('a.wav'));
  expect(await textOf(target, done, heard)).toBe('a sound');
  expect(heard).toMatchObject({ sha256: createHash('sha256').update('a sound').digest('hex'), bytes: 7 });
  const sha256 = createHash('sha256').update(new Uint8Array(large)).digest('hex');
  expect(of(sound('large.wav'))).toMatchObject({ sha256, bytes: large });
  expect(of(s3(photos, 'in/gone.jpg'))).toMatchObject({ name: null, error: { code: 'OBJECT_NOT_FOUND' } });
  expect(of(s3(foreign, 'x.jpg'))).toMatchObject({ name: null, error: { code: 'NO_STORAGE' } });
  expect(manifest.missingMedia!.map(({ code }) => code).sort()).toEqual([
    ...['NO_STORAGE', 'OBJECT_NOT_FOUND'],
  ]);
  const copies = await target.keysUnder(`${done.folder}media/`);
  expect(copies).toHaveLength(4);

  // Taken up once more, as after the loss of a worker: what is known of media stays, and counts once.
  await it.sql`DELETE FROM snapshot_parts WHERE snapshot_id = ${numberOf(done.id)}`;
  await it.sql`
    UPDATE snapshots SET state = 'QUEUED', due_at = now(), finished_at = NULL, tasks = 0 WHERE id = ${numberOf(done.id)}`;
  await photos.put('in/gone.jpg', 'back');
  const again = await ended(done);
  expect(again.counts).toEqual(done.counts);
  expect((await mediaOf(target, again)).list).toEqual(list);
});

test('where one credential does not reach both, the bytes go through the service', async () => {
  const server = radosgwAt(await serverOf('radosgw'));
  const user = await server.createUser();
  it.secret(user.secretAccessKey);
  const [photos, target] = [await createBucket(), await createBucket(user)];
  await photos.put('a.jpg', 'a cat');
  const projectId = await owner.project();
  await owner.connect(projectId, photos.input());
  await owner.importTasks(projectId, [{ image: s3(photos, 'a.jpg') }]);
  const { accessKeyId, secretAccessKey } = user;
  const provider = target.input({ credentials: { accessKey: { accessKeyId, secretAccessKey } } });
  const { id: targetId } = await owner.target(projectId, provider, { exportOnSave: false });
  const done = await ended(await create({ projectId, targetId, withMedia: true }));
  const { list } = await mediaOf(target, done);
  expect(list).toMatchObject([{ sha256: createHash('sha256').update('a cat').digest('hex'), bytes: 5 }]);
  expect(await textOf(target, done, list[0]!)).toBe('a cat');
});

test('at Cloud Storage, too, an object may be longer than the service would hold', async () => {
  const { server, account } = gcs;
  it.secret(JSON.parse(account.json).private_key.split('\n')[5]);
  const large = new Uint8Array(65 << 20).fill(7);
  const path = await it.files('long', { 'a.wav': large });
  const projectId = await owner.project();
  await owner.connect(projectId, { localFiles: { path } });
  await owner.importTasks(projectId, [{ image: '/data/local-files/?d=long/a.wav' }]);
  const bucket = server.createBucket(account);
  const credentials = { serviceAccountJson: account.json };
  const provider = { gcs: { bucket: bucket.name, endpoint: server.url, credentials } };
  const { id: targetId } = await owner.target(projectId, provider, { exportOnSave: false });
  const { folder, counts } = await ended(await create({ projectId, targetId, withMedia: true }));
  expect(counts).toMatchObject({ media: 1, mediaBytes: large.length, missingMedia: 0 });
  const copy = [...bucket.objects.values()].find(({ name }) => name.startsWith(`${folder}media/`))!;
  expect(copy.body.equals(large)).toBe(true);
});

test('a target that fails is no missing medium: the snapshot waits, and has all of them later', {
  timeout: 120_000,
}, async () => {
  const target = await createBucket();
  const path = await it.files('later', { 'a.wav': 'a sound' });
  const projectId = await owner.project();
  await owner.connect(projectId, { localFiles: { path } });
  await owner.importTasks(projectId, [{ image: '/data/local-files/?d=later/a.wav' }]);
  const { id: targetId } = await owner.target(projectId, target.input(), { exportOnSave: false });
  const pointTo = (endpoint: string) => it.sql`
    UPDATE storages SET config = jsonb_set(config::jsonb, '{endpoint}', to_jsonb(${endpoint}::text)), updated_at = now()
    WHERE id = ${numberOf(targetId)}`;
  await pointTo(`http://127.0.0.1:9`);
  const snapshot = await create({ projectId, targetId, withMedia: true });
  // The guard lets nobody in there.
  await expect
    .poll(async () => (await look(snapshot)).error?.code, { timeout: 60_000 })
    .toBe('ADDRESS_NOT_ALLOWED');
  expect((await look(snapshot)).counts).toMatchObject({ media: 0, missingMedia: 0 });
  await pointTo(target.server.endpoint);
  await it.sql`
    UPDATE snapshots SET state = 'QUEUED', due_at = now(), finished_at = NULL WHERE id = ${numberOf(snapshot.id)}`;
  expect((await ended(snapshot)).counts).toMatchObject({ media: 1, missingMedia: 0 });
});

test('without a target nothing is copied; at local files the copies are files', async () => {
  const large = new Uint8Array(65 << 20).fill(7);
  const path = await it.files('near', { 'a.wav': 'a sound', 'b.wav': large });
  const projectId = await owner.project();
  await owner.connect(projectId, { localFiles: { path } });
  const [sound, long] = ['a', 'b'].map((name) => `/data/local-files/?d=near/${name}.wav`);
  await owner.importTasks(projectId, [{ image: sound }, { image: long }]);
  const refused = as(await ask({ projectId, withMedia: true }), 'ValidationError');
  expect(refused.fields).toMatchObject([{ path: ['withMedia'] }]);
  const out = { localFiles: { path: await it.files('out', {}) } };
  const { id: targetId } = await owner.target(projectId, out, { exportOnSave: false });
  const { folder, counts } = await ended(await create({ projectId, targetId, withMedia: true }));
  expect(counts).toMatchObject({ media: 2, mediaBytes: large.length + 7, missingMedia: 0 });
  const read = (name: string) => readFile(join(it.documentRoot, `${folder}${name}`), 'utf8');
  const lines = (await read('media-00001.jsonl')).trimEnd().split('\n');
  const list: MediaOutcome[] = lines.map((line) => JSON.parse(line));
  const nameOf = (uri?: string) => list.find((outcome) => outcome.uri === uri)!.name!;
  expect(await read(nameOf(sound))).toBe('a sound');
  const copy = await readFile(join(it.documentRoot, `${folder}${nameOf(long)}`));
  expect(copy.equals(large)).toBe(true);
});
