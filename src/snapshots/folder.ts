import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { MediaFolder } from './media/folder.ts';
import { fileNameOf, MANIFEST, type Manifest, manifestOf, type SnapshotFile } from './model.ts';
import type { SnapshotReading } from './reader.ts';

/**
 * Writes a snapshot into a folder, which is made if it is not there: the tasks, and beside them the manifest. A file
 * has its name only when it is whole, and the manifest comes last; one of an earlier snapshot goes before.
 * @param media where the reading puts the media; they get their names with the tasks
 * @param onProgress called after each piece
 * @throws the system's error (`code`), the signal's reason; then nothing half written is left
 */
export async function writeFolder(
  folder: string,
  reading: SnapshotReading,
  { signal, onProgress, media }: { signal: AbortSignal; onProgress(): void; media?: MediaFolder | undefined },
): Promise<Manifest> {
  await mkdir(folder, { recursive: true });
  const { project, format, counts, startedAt, text } = reading;
  async function* pieces() {
    for await (const piece of text) {
      signal.throwIfAborted();
      yield piece;
      onProgress();
    }
  }
  const files: SnapshotFile[] = [];
  try {
    const file = await writeWhole(folder, fileNameOf(format), pieces(), async () => {
      await rm(join(folder, MANIFEST), { force: true });
      if (media) files.push(await media.publish());
    });
    files.unshift(file);
  } catch (error) {
    await media?.discard();
    throw error;
  }
  const manifest = manifestOf(project, {
    ...{ format, startedAt, finishedAt: new Date(), files },
    counts: { ...counts, ...reading.media?.counts },
    ...(reading.media && { missingMedia: reading.media.missing }),
  });
  await writeWhole(folder, MANIFEST, [`${JSON.stringify(manifest, null, 2)}\n`]);
  return manifest;
}

/** Names of what is not whole yet, the media among it. */
const unfinished = /^\.(media|tasks\.[a-z]+|manifest\.json)\.[0-9a-f-]{36}\.part$/;

/** What exports into a folder have not brought to an end: they are at work, or were killed. */
export const unfinishedIn = async (folder: string): Promise<string[]> =>
  (await readdir(folder).catch(() => [])).filter((name) => unfinished.test(name));

/** Under another name until all of it is on the disk. @param before called ahead of the renaming */
async function writeWhole(
  folder: string,
  name: string,
  pieces: Iterable<string> | AsyncIterable<string>,
  before?: () => Promise<void>,
): Promise<SnapshotFile> {
  const temporary = join(folder, `.${name}.${randomUUID()}.part`);
  const handle = await open(temporary, 'wx');
  try {
    const written = await writeAll(handle, pieces).finally(() => handle.close());
    await before?.();
    await rename(temporary, join(folder, name));
    return { name, ...written };
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function writeAll(
  handle: FileHandle,
  pieces: Iterable<string> | AsyncIterable<string>,
): Promise<Omit<SnapshotFile, 'name'>> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const piece of pieces) {
    const buffer = Buffer.from(piece);
    hash.update(buffer);
    bytes += buffer.length;
    await handle.appendFile(buffer);
  }
  await handle.sync();
  return { sha256: hash.digest('hex'), bytes };
}
