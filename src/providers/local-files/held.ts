import { constants, existsSync } from 'node:fs';
import { type FileHandle, lstat, open, readlink, realpath } from 'node:fs/promises';
import { DriverFailure } from '../errors.ts';
import { isBelow, leadsOut } from './paths.ts';

/**
 * Opens first, and compares what was opened with the document root then: between the check of a path and its
 * use somebody may put a link in the place of a folder. Linux tells where a descriptor leads (proc(5)), and takes
 * names below it; macOS can refuse links anywhere in a path (open(2), O_NOFOLLOW_ANY); elsewhere the path is
 * looked at again.
 */
const descriptors = '/proc/self/fd';
const tellsPlaces = existsSync(descriptors);
const noLinks = process.platform === 'darwin' ? 0x2000_0000 : (constants.O_NOFOLLOW ?? 0);

/** A folder that stays the one that was opened, whatever stands at its name by now. */
export interface HeldFolder {
  handle: FileHandle;
  /** Leads to it; names of its entries can be put behind. */
  path: string;
}

/**
 * Opens what is at or below the root at this moment.
 * @param real without symbolic links
 * @throws DriverFailure when what was opened lies elsewhere
 */
export async function openBelow(
  root: string,
  real: string,
  flags: number,
  mode?: number,
): Promise<FileHandle> {
  const handle = await open(real, flags | noLinks, mode);
  try {
    if (!(await isStillBelow(root, real, handle))) throw new DriverFailure(leadsOut);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function isStillBelow(root: string, real: string, handle: FileHandle): Promise<boolean> {
  if (tellsPlaces) {
    const place = await readlink(`${descriptors}/${handle.fd}`);
    return place === root || isBelow(place, root);
  }
  const opened = await handle.stat({ bigint: true });
  const now = await lstat(real, { bigint: true });
  return (await realpath(real)) === real && now.dev === opened.dev && now.ino === opened.ino;
}

/** Opens a folder at or below the root; the caller closes its handle. @param real without symbolic links */
export async function holdFolder(root: string, real: string): Promise<HeldFolder> {
  const handle = await openBelow(root, real, constants.O_RDONLY | (constants.O_DIRECTORY ?? 0));
  return { handle, path: tellsPlaces ? `${descriptors}/${handle.fd}` : real };
}

/** Does something in a folder that is held meanwhile. */
export async function inFolder<T>(
  root: string,
  real: string,
  run: (folder: HeldFolder) => Promise<T>,
): Promise<T> {
  const folder = await holdFolder(root, real);
  try {
    return await run(folder);
  } finally {
    await folder.handle.close();
  }
}
