import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { MediaOutcome } from '../../src/snapshots/media/outcome.ts';
import type { Manifest } from '../../src/snapshots/model.ts';
import { testApp } from '../support/app.ts';
import { createBucket } from '../support/bucket.ts';
import { numberOf } from '../support/ids.ts';
import { begin, newFolder, run } from './longshore.ts';

/** `longshore export --with-media`, on the database of a running service, with real storages. */
const it = await testApp({ worker: 'none' });
const { owner } = it;
const env = { ...it.settings, LOG_LEVEL: 'warn' };

const exportTo = (folder: string, project: string) =>
  run(['export', project, '--out', 'out', '--with-media'], { folder, env });

async function read(out: string) {
  const manifest: Manifest = JSON.parse(await readFile(join(out, 'manifest.json'), 'utf8'));
  const lines = (await readFile(join(out, 'media.jsonl'), 'utf8')).trimEnd();
  const list: MediaOutcome[] = lines === '' ? [] : lines.split('\n').map((line) => JSON.parse(line));
  const listed = manifest.files.find(({ name }) => name === 'media.jsonl')!;
  const text = await readFile(join(out, 'media.jsonl'));
  expect(listed).toEqual({
    ...{ name: 'media.jsonl', bytes: text.length },
    sha256: createHash('sha256').update(text).digest('hex'),
  });
  return { manifest, of: (uri: string) => list.find((outcome) => outcome.uri === uri)!, list };
}

/** What lies at the copy of a URI, which is as the list says. */
async function copyOf(out: string, outcome: MediaOutcome): Promise<string> {
  if (outcome.name === null) throw new Error(outcome.error.code);
  const content = await readFile(join(out, outcome.name));
  expect([content.length, createHash('sha256').update(content).digest('hex')]).toEqual([
    ...[outcome.bytes, outcome.sha256],
  ]);
  return content.toString();
}

test('objects of several storages lie beside the labels, each once; what is missing is counted and listed', async () => {
  const bucket = await createBucket();
  const name = 'Ünser "cat".jpg';
  await bucket.put(`photos/${name}`, 'a cat');
  await bucket.put('photos/../sly.jpg', 'dots');
  await bucket.put('secret/other.jpg', 'of nobody here');
  const path = await it.files('sounds', { 'deep/a.wav': 'a sound' });
  const project = await owner.project();
  await owner.connect(project, bucket.input({ prefix: 'photos' }));
  await owner.connect(project, { localFiles: { path } });
  const foreign = await createBucket();
  await foreign.put('x.jpg', 'of another project');
  await owner.connect(await owner.project(), foreign.input());
  const s3 = (key: string) => `s3://${bucket.name}/${key}`;
  const sound = '/data/local-files/?d=sounds/deep/a.wav';
  await owner.importTasks(project, [
    { image: s3(`photos/${name}`), text: `<audio src="${sound}">` },
    { image: s3(`photos/${name}`) },
    { image: s3('photos/gone.jpg'), again: [s3('photos/gone.jpg')] },
    { image: s3('secret/other.jpg'), elsewhere: `s3://${foreign.name}/x.jpg` },
    { image: s3('photos/../sly.jpg'), page: 'https://example.com/a.jpg' },
  ]);
  const folder = await newFolder();
  const out = join(folder, 'out');
  const { code, stderr } = await exportTo(folder, project);
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: expect.stringContaining('COMPLETED: 5 tasks, 0 annotations, 3 media, 3 missing in out'),
  });
  const { manifest, of, list } = await read(out);
  expect(list).toHaveLength(6);
  expect(await copyOf(out, of(s3(`photos/${name}`)))).toBe('a cat');
  expect(await copyOf(out, of(sound))).toBe('a sound');
  // A name like any other there, and none here.
  expect(await copyOf(out, of(s3('photos/../sly.jpg')))).toBe('dots');
  expect(of(s3('photos/gone.jpg'))).toMatchObject({ name: null, error: { code: 'OBJECT_NOT_FOUND' } });
  expect(of(s3('secret/other.jpg'))).toMatchObject({ name: null, error: { code: 'NO_STORAGE' } });
  expect(of(`s3://${foreign.name}/x.jpg`)).toMatchObject({ error: { code: 'NO_STORAGE' } });
  expect(manifest.counts).toMatchObject({ tasks: 5, media: 3, missingMedia: 3, mediaBytes: 16 });
  expect(manifest.missingMedia!.map(({ uri }) => uri).sort()).toEqual(
    [s3('photos/gone.jpg'), s3('secret/other.jpg'), `s3://${foreign.name}/x.jpg`].sort(),
  );
  const files = await readdir(join(out, 'media'), { recursive: true, withFileTypes: true });
  expect(files.filter((file) => file.isFile()).map((file) => file.name)).toHaveLength(3);
  expect((await readdir(out)).sort()).toEqual(['manifest.json', 'media', 'media.jsonl', 'tasks.json']);

  // Again: what is there then, and no more.
  await bucket.put('photos/gone.jpg', 'back');
  await it.sql`DELETE FROM tasks WHERE inner_id <> 3`;
  expect((await exportTo(folder, project)).code).toBe(0);
  const later = await read(out);
  expect(later.list).toHaveLength(1);
  expect(await copyOf(out, later.of(s3('photos/gone.jpg')))).toBe('back');
  const left = await readdir(join(out, 'media'), { recursive: true, withFileTypes: true });
  expect(left.filter((file) => file.isFile())).toHaveLength(1);
});

test('a storage that is down is given up, and its media are missing', async () => {
  const project = await owner.project();
  const bucket = await createBucket();
  await owner.connect(project, bucket.input());
  await it.sql`
    UPDATE storages SET config = jsonb_set(config::jsonb, '{endpoint}', '"http://127.0.0.1:9"')
    WHERE config::text LIKE ${`%${bucket.name}%`}`;
  const images = Array.from({ length: 50 }, (_, n) => `s3://${bucket.name}/${n}.jpg`);
  await owner.importTasks(
    project,
    images.map((image) => ({ image })),
  );
  const folder = await newFolder();
  const more = { OUTBOUND_ALLOW: '127.0.0.1' };
  const { code, stderr } = await run(['export', project, '--out', 'out', '--with-media'], {
    ...{ folder, env: { ...env, ...more } },
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('0 media, 50 missing') });
  const { manifest } = await read(join(folder, 'out'));
  expect(manifest.missingMedia!.map(({ code }) => code)).toEqual(images.map(() => 'CONNECTION_REFUSED'));
});

test('what guards addresses guards media, too', async () => {
  const project = await owner.project();
  const bucket = await createBucket();
  await bucket.put('a.jpg', 'x');
  await owner.connect(project, bucket.input());
  await owner.importTasks(project, [{ image: `s3://${bucket.name}/a.jpg` }]);
  const folder = await newFolder();
  const { code } = await run(['export', project, '--out', 'out', '--with-media'], {
    ...{ folder, env: { ...env, OUTBOUND_ALLOW: '' } },
  });
  expect(code).toBe(0);
  const { manifest } = await read(join(folder, 'out'));
  expect(manifest.missingMedia).toMatchObject([{ code: 'ADDRESS_NOT_ALLOWED' }]);
});

test('without room, or stopped half-way, it leaves what was there', async () => {
  const project = await owner.project();
  const path = await it.files('large', { 'a.bin': new Uint8Array(100_000), 'b.bin': new Uint8Array(10) });
  await owner.connect(project, { localFiles: { path } });
  const [a, b] = ['a', 'b'].map((name) => ({ image: `/data/local-files/?d=large/${name}.bin` }));
  await owner.importTasks(project, [b]);
  const folder = await newFolder();
  const out = join(folder, 'out');
  expect((await exportTo(folder, project)).code).toBe(0);
  const before = await read(out);
  await owner.importTasks(project, [a]);
  const limited = await run(['export', project, '--out', 'out', '--with-media'], {
    ...{ folder, env, fileBlocks: 100 },
  });
  expect(limited).toMatchObject({ code: 1, stderr: expect.stringContaining('cannot be written to') });
  expect((await read(out)).list).toEqual(before.list);
  expect((await readdir(out)).sort()).toEqual(['manifest.json', 'media', 'media.jsonl', 'tasks.json']);

  await it.sql`
    INSERT INTO tasks (project_id, inner_id, data)
    SELECT id, n, '{}' FROM projects, generate_series(100, 300000) n
    WHERE id = ${numberOf(project)}`;
  const running = begin(['export', project, '--out', 'out', '--with-media'], { folder, env });
  await running.says(/^Project \[/m);
  expect(await running.stop()).toMatchObject({ code: 1, stderr: expect.stringContaining('Stopped') });
  expect((await read(out)).list).toEqual(before.list);
  expect((await readdir(out)).sort()).toEqual(['manifest.json', 'media', 'media.jsonl', 'tasks.json']);
});

test('what it has not left there it does not replace; what a killed one left it names', async () => {
  const project = await owner.project();
  const folder = await newFolder();
  const out = join(folder, 'out');
  await mkdir(join(out, 'media'), { recursive: true });
  await writeFile(join(out, 'media', 'mine.jpg'), 'mine');
  const refused = await exportTo(folder, project);
  expect(refused).toMatchObject({
    ...{
      code: 1,
      stderr: expect.stringContaining('it has a folder "media" that no snapshot has left there'),
    },
  });
  expect(await readFile(join(out, 'media', 'mine.jpg'), 'utf8')).toBe('mine');
  await rm(join(out, 'media'), { recursive: true });
  const left = ['media', 'tasks.json'].map((name) => `.${name}.${randomUUID()}.part`);
  for (const name of left) await mkdir(join(out, name));
  const { code, stderr } = await exportTo(folder, project);
  expect([code, left.filter((name) => !stderr.includes(name))]).toEqual([0, []]);
  expect((await readdir(out)).sort()).toEqual([
    ...left,
    'manifest.json',
    'media',
    'media.jsonl',
    'tasks.json',
  ]);
});
