import { createHash, type Hash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { access, type FileHandle, lstat, mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { MEDIA, type SnapshotFile } from '../model.ts';
import type { MediaSink, Medium } from './copy.ts';
import { hashOfUri, type MediaCopy } from './outcome.ts';

const FOLDER = 'media';

export interface MediaFolder extends MediaSink {
  /** Gives what was written its names, in place of what an earlier snapshot left. @returns the list of the media */
  publish(): Promise<SnapshotFile>;
  /** Removes what has no name yet. */
  discard(): Promise<void>;
}

/**
 * Media below a folder: `media/…`, and `media.jsonl`, which says what became of each URI. All of it lies in a folder of
 * another name until it is whole; which URIs are known already is seen there, and not held in memory.
 */
export function openMediaFolder(folder: string): MediaFolder {
  const own = join(folder, `.media.${randomUUID()}.part`);
  const markOf = (uri: string) => join(own, 'known', hashOfUri(uri).slice(0, 2), hashOfUri(uri));
  const list = join(own, MEDIA);
  const hash = createHash('sha256');
  let bytes = 0;
  let handle: FileHandle | undefined;

  async function opened(): Promise<FileHandle> {
    if (!handle) {
      await mkdir(join(own, FOLDER), { recursive: true });
      handle = await open(list, 'ax');
    }
    return handle;
  }

  return {
    async unknown(uris) {
      const found = await Promise.all(uris.map((uri) => ifThere(access(markOf(uri)).then(() => true))));
      return uris.filter((_, index) => !found[index]);
    },
    keep: (name, medium, signal) => save(join(own, name), medium, signal),
    async note(outcomes) {
      const text = outcomes.map((outcome) => `${JSON.stringify(outcome)}\n`).join('');
      hash.update(text);
      bytes += Buffer.byteLength(text);
      await (await opened()).appendFile(text);
      for (const { uri } of outcomes) {
        await mkdir(dirname(markOf(uri)), { recursive: true });
        await writeFile(markOf(uri), '');
      }
    },
    async publish() {
      await (await opened()).sync();
      await handle?.close();
      for (const name of [MEDIA, FOLDER]) {
        await ifThere(rename(join(folder, name), join(own, `former-${name}`)));
        await rename(join(own, name), join(folder, name));
      }
      await rm(own, { recursive: true });
      return { name: MEDIA, sha256: hash.digest('hex'), bytes };
    },
    async discard() {
      await handle?.close();
      await rm(own, { recursive: true, force: true });
    },
  };
}

/**
 * Why media cannot be written into a folder; undefined: they can. Only what an earlier snapshot has left there is
 * replaced, and nothing else.
 */
export async function whyNoMedia(folder: string): Promise<string | undefined> {
  const [media, list] = await Promise.all([FOLDER, MEDIA].map((name) => kindOf(join(folder, name))));
  const foreign = (kind: string, name: string) =>
    `it has a ${kind} "${name}" that no snapshot has left there`;
  if (list !== undefined && list !== 'file') return foreign(list, MEDIA);
  if (media !== undefined && !(media === 'folder' && list)) return foreign(media, FOLDER);
  return undefined;
}

async function kindOf(path: string): Promise<'file' | 'folder' | 'link' | undefined> {
  const stats = await ifThere(lstat(path));
  if (!stats) return undefined;
  return stats.isDirectory() ? 'folder' : stats.isSymbolicLink() ? 'link' : 'file';
}

/** undefined: what is worked on is not there. @throws the system's error of every other kind */
const ifThere = <T>(work: Promise<T>): Promise<T | undefined> =>
  work.catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return undefined;
  });

async function save(path: string, { store, key }: Medium, signal: AbortSignal): Promise<MediaCopy> {
  await mkdir(dirname(path), { recursive: true });
  const { info, stream } = await store.read(key, { signal });
  const hash = createHash('sha256');
  let bytes = 0;
  const counted = countedBy(hash, (length) => {
    bytes += length;
  });
  // Onto the disk: what gets a name later is whole, whatever happens to the machine then.
  await pipeline(stream, counted, createWriteStream(path, { flush: true }), { signal }).catch(
    async (error: unknown) => {
      await rm(path, { force: true });
      throw error;
    },
  );
  return { sha256: hash.digest('hex'), bytes, contentType: info.contentType ?? null };
}

/** Passes bytes on, and takes them into account. */
function countedBy(hash: Hash, count: (length: number) => void) {
  return async function* (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      hash.update(chunk);
      count(chunk.length);
      yield chunk;
    }
  };
}
