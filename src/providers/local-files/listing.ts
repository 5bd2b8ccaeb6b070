import type { BigIntStats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { DriverFailure } from '../errors.ts';
import type { ListPage, ListRequest, ObjectInfo } from '../provider.ts';
import { realPathBelow } from './paths.ts';
import { type Found, isGone, type OddEntry, type WalkRequest, walk } from './walk.ts';

const pageSize = 1_000;
/** Looked at side by side; few, since the thread pool of the process is shared. */
const statsAtOnce = 32;
/** Walks that wait for their next page; of others the next page begins a new walk behind the last key. */
const maxWalks = 16;

interface OpenWalk {
  /** Its signal is that of the page being walked. */
  request: WalkRequest;
  batches: AsyncGenerator<Found[], void>;
}

/** Listings below a root, page by page: the token of a page names the walk to go on with, and its last key. */
export function openListing(root: string) {
  const walks = new Map<string, OpenWalk>();
  let begun = 0;

  async function take(request: ListRequest, folder: () => Promise<string>): Promise<OpenWalk> {
    const { prefix, recursive, before, token, signal } = request;
    const waiting = token === undefined ? undefined : walks.get(token);
    if (waiting) {
      // Asked for again, the page begins a new walk: this one may have broken off in the middle.
      walks.delete(token!);
      waiting.request.signal = signal;
      return waiting;
    }
    const after = token === undefined ? request.after : token.slice(token.indexOf(' ') + 1);
    const walked = { root, path: await folder(), prefix, recursive, after, before, signal };
    return { request: walked, batches: walk(walked, pageSize) };
  }

  function putBack(open: OpenWalk, last: Found): string {
    const token = `${++begun} ${'key' in last ? last.key : last.name}`;
    walks.set(token, open);
    const [oldest] = walks.keys();
    if (walks.size > maxWalks) walks.delete(oldest!);
    return token;
  }

  return {
    /** @param folder real path of the folder that the prefix names */
    async page(request: ListRequest, folder: () => Promise<string>): Promise<ListPage> {
      if (isKey(request.prefix))
        return lookAt([{ key: request.prefix, path: join(root, request.prefix) }], root, request.signal);
      const open = await take(request, folder);
      const batch = await open.batches.next();
      const folders = open.request.folders ? { folders: true } : {};
      if (batch.done) return { objects: [], ...folders };
      const page = await lookAt(batch.value, root, request.signal);
      return { ...page, ...folders, next: putBack(open, batch.value.at(-1)!) };
    },
  };
}

/** A prefix that is a whole key asks about that file alone. */
const isKey = (prefix: string) => prefix !== '' && !prefix.endsWith('/');

async function lookAt(batch: readonly Found[], root: string, signal: AbortSignal): Promise<ListPage> {
  const objects: ObjectInfo[] = [];
  const unusable: OddEntry[] = [];
  const unreadable: OddEntry[] = [];
  for (let i = 0; i < batch.length; i += statsAtOnce) {
    signal.throwIfAborted();
    const looks = await Promise.all(batch.slice(i, i + statsAtOnce).map((found) => look(found, root)));
    for (const found of looks) {
      if (!found) continue;
      if (!('reason' in found)) objects.push(found);
      else (found.there ? unreadable : unusable).push(found);
    }
  }
  return { objects, unusable, unreadable };
}

/** What an entry of the walk is now; undefined: gone since its folder was read. */
async function look(found: Found, root: string): Promise<ObjectInfo | OddEntry | undefined> {
  if ('reason' in found) return found;
  const { key, path } = found;
  const unreadable = (reason: string) => ({ name: key, reason, there: true });
  let isLink = false;
  try {
    let stats = await lstat(path, { bigint: true });
    isLink = stats.isSymbolicLink();
    if (isLink) stats = await lstat(await realPathBelow(path, root), { bigint: true });
    if (stats.isFile()) return infoOf(key, stats);
    return { name: key, reason: 'Neither a file nor a folder.', there: false };
  } catch (error) {
    if (isGone(error)) return isLink ? unreadable('A symbolic link that leads nowhere.') : undefined;
    if (error instanceof DriverFailure) return unreadable('A symbolic link out of the document root.');
    return unreadable(`The file system refuses to show it (${(error as NodeJS.ErrnoException).code}).`);
  }
}

/** Changes with every write that changes time or size. */
export function infoOf(key: string, stats: BigIntStats): ObjectInfo {
  const version = `${stats.mtimeNs.toString(16)}-${stats.size.toString(16)}`;
  return { key, size: Number(stats.size), version, modifiedAt: stats.mtime, contentType: null };
}
