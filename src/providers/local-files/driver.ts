import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, lstat, mkdir, opendir, realpath, rename, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { hasDotSegment } from '../../objects/keys.ts';
import { DriverFailure } from '../errors.ts';
import type { Driver, ObjectBody, ObjectInfo, ReadRequest, WriteRequest } from '../provider.ts';
import { as, failureOf } from './failures.ts';
import { type HeldFolder, holdFolder, inFolder, openBelow } from './held.ts';
import { infoOf, openListing } from './listing.ts';
import { isBelow, realPathBelow } from './paths.ts';
import { isGone } from './walk.ts';

/**
 * Files below `root`, the real path of the document root; keys are relative to it. `prefix` is the storage's
 * folder. Symbolic links are followed where the real path stays below the root, and nowhere else.
 */
export function openLocalFiles({ root, prefix }: { root: string; prefix: string }): Driver {
  const folder = join(root, prefix);

  /** Real path of the storage's folder, which must exist: it is this storage's container. */
  const realFolder = () =>
    as('list', async () => {
      const real = await realpath(folder);
      if (!isBelow(real, root)) {
        throw new DriverFailure({
          code: 'CONTAINER_NOT_FOUND',
          message: "The storage's folder leads out of the document root.",
        });
      }
      return real;
    });

  const listing = openListing(root);

  async function read(key: string, { range, ifVersion, signal }: ReadRequest): Promise<ObjectBody> {
    const { handle, info } = await openFile(root, key, signal);
    try {
      signal.throwIfAborted();
      if (ifVersion !== undefined && ifVersion !== info.version)
        throw new DriverFailure({ code: 'OBJECT_CHANGED' });
      if (range && range.start >= info.size) throw new DriverFailure({ code: 'RANGE_NOT_SATISFIABLE' });
      const start = range?.start ?? 0;
      const end = Math.min(range?.end ?? info.size - 1, info.size - 1);
      const length = end - start + 1;
      if (length > 0)
        return { info, length, stream: handle.createReadStream({ start, end, highWaterMark: 256 * 1024 }) };
    } catch (error) {
      await handle.close();
      throw error;
    }
    await handle.close();
    return { info, length: 0, stream: Readable.from([], { objectMode: false }) };
  }

  async function head(key: string, { signal }: { signal: AbortSignal }): Promise<ObjectInfo> {
    const { handle, info } = await openFile(root, key, signal);
    await handle.close();
    return info;
  }

  return {
    async listPage(request) {
      request.signal.throwIfAborted();
      return listing.page(request, realFolder);
    },
    beginsBehindKeys: true,
    read,
    head,
    // Shorter than to read a folder that may hold millions.
    async heads(keys, request) {
      const found: ObjectInfo[] = [];
      for (const key of keys) {
        await head(key, request).then(
          (info) => found.push(info),
          () => request.signal.throwIfAborted(),
        );
      }
      return found;
    },
    async write(key, body, request) {
      await realFolder();
      return as('write', () => writeFile(root, key, body, request));
    },
    async writeStream(key, body, request) {
      await realFolder();
      return as('write', () => writeFile(root, key, body, request));
    },
    async remove(key, { signal }) {
      // Without the storage's folder nobody knows what is gone: its disk may not be mounted.
      await realFolder();
      const path = pathOf(root, key);
      await as('remove', async () => {
        try {
          const parent = await realPathBelow(dirname(path), root);
          signal.throwIfAborted();
          await inFolder(root, parent, (folder) => unlink(join(folder.path, nameOf(key))));
        } catch (error) {
          if (!isGone(error)) throw error;
        }
      });
    },
    async authenticate() {
      const real = await realFolder();
      await as('list', async () => (await opendir(real)).close());
    },
    classify: (error) => failureOf(error, 'read'),
    async close() {},
  };
}

/** The last part of a key. */
const nameOf = (key: string) => key.slice(key.lastIndexOf('/') + 1);

/** The store has checked the key already; a driver that opens paths does not rely on it. */
function pathOf(root: string, key: string): string {
  if (key === '' || key.includes('\0') || key.split('/').includes('') || hasDotSegment(key)) {
    throw new DriverFailure({ code: 'INVALID_KEY' });
  }
  return join(root, key);
}

/**
 * Opens a file that is below the root at this moment. Without O_NONBLOCK a named pipe would block until
 * somebody writes.
 */
async function openFile(
  root: string,
  key: string,
  signal: AbortSignal,
): Promise<{ handle: FileHandle; info: ObjectInfo }> {
  const path = pathOf(root, key);
  return as('read', async () => {
    const real = await realPathBelow(path, root).catch(async (error: unknown) => {
      throw isGone(error) && (await hasLinkAway(path, root)) ? new DriverFailure(linkAway, error) : error;
    });
    signal.throwIfAborted();
    const handle = await openBelow(root, real, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const stats = await handle.stat({ bigint: true });
      if (stats.isDirectory()) throw new DriverFailure({ code: 'OBJECT_NOT_FOUND' });
      if (!stats.isFile())
        throw new DriverFailure({ code: 'OBJECT_UNREADABLE', message: 'It is no regular file.' });
      return { handle, info: infoOf(key, stats) };
    } catch (error) {
      await handle.close();
      throw error;
    }
  });
}

const linkAway = {
  code: 'OBJECT_UNREADABLE' as const,
  message: 'A symbolic link on the way to the file leads nowhere for now.',
  hint: 'Check that the disk it leads to is mounted.',
};

/** Whether what is missing is the target of a link: then the name is still there, and only cannot be looked at. */
async function hasLinkAway(path: string, root: string): Promise<boolean> {
  for (let part = path; isBelow(part, root); part = dirname(part)) {
    const stats = await lstat(part).catch(() => undefined);
    if (stats) return stats.isSymbolicLink();
  }
  return false;
}

/** Into a temporary file beside the target, to the disk, then renamed: readers see the old or the new file. */
async function writeFile(
  root: string,
  key: string,
  body: Uint8Array | Readable,
  { signal }: Pick<WriteRequest, 'signal'>,
): Promise<ObjectInfo> {
  const folder = await makeFolder(root, dirname(pathOf(root, key)));
  const target = join(folder.path, nameOf(key));
  const temporary = join(folder.path, `.longshore-${randomUUID()}.tmp`);
  try {
    const handle = await openBelow(
      root,
      temporary,
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL,
      0o666,
    );
    try {
      await handle.writeFile(body, { signal });
      await passOldTime(handle, target);
      await handle.sync();
      const info = infoOf(key, await handle.stat({ bigint: true }));
      signal.throwIfAborted();
      await rename(temporary, target);
      // The rename itself. Some file systems refuse this; the file is complete all the same.
      await folder.handle.sync().catch(() => undefined);
      return info;
    } catch (error) {
      await unlink(temporary).catch(() => undefined);
      throw error;
    } finally {
      await handle.close();
    }
  } finally {
    await folder.handle.close();
  }
}

/**
 * Opens the folder, made where it is missing, one level at a time: each level that exists is opened and must lie
 * below the root before the next is made in it.
 */
async function makeFolder(root: string, path: string): Promise<HeldFolder> {
  let folder = await holdFolder(root, root);
  for (const name of path.slice(root.length).split('/').filter(Boolean)) {
    const above = folder;
    const next = join(above.path, name);
    try {
      await mkdir(next).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      });
      folder = await holdFolder(root, await realPathBelow(next, root));
    } finally {
      await above.handle.close();
    }
  }
  return folder;
}

/**
 * File systems stamp with a clock of some milliseconds: two writes of the same size within one tick would
 * have the same version. The new file gets a later time than the one that it replaces.
 */
async function passOldTime(handle: FileHandle, target: string): Promise<void> {
  const old = await lstat(target, { bigint: true }).catch(() => undefined);
  const { mtimeNs, atimeNs } = await handle.stat({ bigint: true });
  if (!old || old.mtimeNs < mtimeNs) return;
  // Two milliseconds: seconds as a floating-point number lose a part of the last one.
  await handle.utimes(Number(atimeNs) / 1e9, Number(old.mtimeNs) / 1e9 + 0.002);
}
