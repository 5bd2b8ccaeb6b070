import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import type { Store } from '../../src/providers/store.ts';
import { openMediaFolder, whyNoMedia } from '../../src/snapshots/media/folder.ts';
import { hashOfUri } from '../../src/snapshots/media/outcome.ts';

/** Media that a command line copies beside a snapshot: what becomes of the folder. */
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'longshore-media-'));
  onTestFinished(() => rm(folder, { recursive: true }));
});
const signal = new AbortController().signal;

const medium = (chunks: Iterable<string>) => ({
  key: 'a.jpg',
  store: {
    read: async () => ({ info: {}, stream: Readable.from(chunks, { objectMode: false }) }),
  } as never as Store,
});

/** Copies one medium, as one snapshot. */
async function copyInto(text: string): Promise<void> {
  const media = openMediaFolder(folder);
  const copy = await media.keep('media/aa/a.jpg', medium([text]), signal);
  await media.note([{ uri: 's3://b/a.jpg', name: 'media/aa/a.jpg', ...copy }]);
  await media.publish();
}

test('an earlier snapshot’s media are replaced, and nothing hidden stays', async () => {
  await copyInto('first');
  await writeFile(join(folder, 'media/aa/b.jpg'), 'of the first');
  expect(await whyNoMedia(folder)).toBeUndefined();
  await copyInto('second');
  expect((await readdir(folder)).sort()).toEqual(['media', 'media.jsonl']);
  expect(await readdir(join(folder, 'media/aa'))).toEqual(['a.jpg']);
  expect(await readFile(join(folder, 'media/aa/a.jpg'), 'utf8')).toBe('second');
});

test.each<[string, (at: string) => Promise<unknown>]>([
  ['a folder of somebody else', (at) => mkdir(join(at, 'media'))],
  ['a file', (at) => writeFile(join(at, 'media'), 'x')],
  ['a link', (at) => symlink(tmpdir(), join(at, 'media'))],
  ['a folder in place of the list', (at) => mkdir(join(at, 'media.jsonl'))],
])('%s of that name is none of ours to replace', async (_, make) => {
  expect(await whyNoMedia(folder)).toBeUndefined();
  await make(folder);
  expect(await whyNoMedia(folder)).toMatch(
    /^it has an? (file|folder|link) "media(\.jsonl)?" that no snapshot/,
  );
});

test('a copy that breaks off leaves no file, and its name is free again', async () => {
  const media = openMediaFolder(folder);
  function* broken() {
    yield 'half';
    throw new Error('broken');
  }
  await expect(media.keep('media/aa/a.jpg', medium(broken()), signal)).rejects.toThrow('broken');
  const [own] = await readdir(folder);
  expect(await readdir(join(folder, own!, 'media/aa'))).toEqual([]);
  expect(await media.keep('media/aa/a.jpg', medium(['whole']), signal)).toMatchObject({ bytes: 5 });
  await media.discard();
  expect(await readdir(folder)).toEqual([]);
});

test('where it cannot be seen what is known, nothing is taken for unknown', async () => {
  const media = openMediaFolder(folder);
  await media.note([
    { uri: 's3://b/gone.jpg', name: null, error: { code: 'OBJECT_NOT_FOUND', message: 'x' } },
  ]);
  expect(await media.unknown(['s3://b/gone.jpg', 's3://b/other.jpg'])).toEqual(['s3://b/other.jpg']);
  const [own] = await readdir(folder);
  const marks = join(folder, own!, 'known', hashOfUri('s3://b/gone.jpg').slice(0, 2));
  await rm(marks, { recursive: true });
  await writeFile(marks, 'no folder');
  await expect(media.unknown(['s3://b/gone.jpg'])).rejects.toMatchObject({ code: 'ENOTDIR' });
  await media.discard();
});
