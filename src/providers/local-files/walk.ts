import { isUtf8 } from 'node:buffer';
import type { Dirent, Stats } from 'node:fs';
import { opendir, readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { compareKeys } from '../../objects/keys.ts';
import { DriverFailure } from '../errors.ts';
import { as, failureOf } from './failures.ts';
import { isBelow } from './paths.ts';

/** A file on the way of the walk, or a name that can be no object, with the reason. */
export type Found = { key: string; path: string } | { name: string; reason: string };

interface Folder {
  /** Key prefix of what is in it, ending in '/'. */
  prefix: string;
  /** Real path. */
  path: string;
  /** In key order: file names, folder names ending in '/', and unusable names ending in `unusableMark`. */
  names: string[];
  /** Reasons by marked name. */
  unusable: Map<string, string>;
  /** Index of the next name. */
  next: number;
  /** Folders on the way here that were entered through a symbolic link. */
  links: number;
}

/** Links to folders in folders behind links multiply what is walked; nobody needs many in a row. */
const maxLinks = 8;

/** No file system has it in a name; sorted right behind the usable name of the same spelling. */
const unusableMark = '\0';
const linkOut = 'A symbolic link out of the document root.';

/** Half-written files of `write`, left over when the process was killed. */
export const temporaryName = /^\.longshore-[0-9a-f-]{36}\.tmp$/;

export interface WalkRequest {
  /** Real path of the document root: nothing outside is entered or shown. */
  root: string;
  /** Real path of the folder that `prefix` names. */
  path: string;
  prefix: string;
  recursive: boolean;
  after: string | undefined;
  signal: AbortSignal;
}

/**
 * The files below a folder in ascending byte order of their keys, begun behind `after` without entering what
 * lies before it. Holds the names of one folder per level in memory: a file system gives them in no order.
 *
 * Answers batches of at most `batch` files, so that the caller can look at them side by side.
 */
export async function* walk(request: WalkRequest, batch: number): AsyncGenerator<Found[], void, undefined> {
  const { root, prefix, recursive, after, signal } = request;
  const stack = [await as('list', () => openFolder(root, { prefix, path: request.path, links: 0 }))];
  let found: Found[] = [];
  for (let folder = stack.at(-1); folder; folder = stack.at(-1)) {
    const name = folder.names[folder.next++];
    if (name === undefined) {
      stack.pop();
      continue;
    }
    const key = folder.prefix + name;
    if (isBehindUs(key, after)) continue;
    const reason = folder.unusable.get(name);
    if (reason !== undefined) found.push({ name: key.slice(0, -unusableMark.length), reason });
    else if (!name.endsWith('/')) found.push({ key, path: join(folder.path, name) });
    else if (recursive) {
      signal.throwIfAborted();
      const entered = await enter(root, folder, name, stack);
      if (entered && 'reason' in entered) found.push(entered);
      else if (entered) stack.push(entered);
    }
    if (found.length >= batch) {
      yield found;
      found = [];
    }
  }
  if (found.length > 0) yield found;
}

/** Whether an entry, with all that may be below it, comes no later than `after`. */
function isBehindUs(key: string, after: string | undefined): boolean {
  if (after === undefined || (key.endsWith('/') && after.startsWith(key))) return false;
  return compareKeys(key, after) <= 0;
}

/** Undefined: the folder is gone. */
async function enter(root: string, folder: Folder, name: string, stack: Folder[]) {
  const prefix = folder.prefix + name;
  const path = join(folder.path, name.slice(0, -1));
  try {
    const real = await realpath(path);
    const links = folder.links + (real === path ? 0 : 1);
    // Checked again: what was a folder when its parent was read may be a link by now.
    if (!isBelow(real, root)) return { name: prefix, reason: linkOut };
    if (stack.some((above) => above.path === real))
      return { name: prefix, reason: 'A symbolic link to a folder around it.' };
    if (links > maxLinks)
      return { name: prefix, reason: `More than ${maxLinks} symbolic links behind each other.` };
    return await openFolder(root, { prefix, path: real, links });
  } catch (error) {
    if (isGone(error)) return undefined;
    // One folder that cannot be read fails the listing: left out, its objects would count as removed.
    const { code = 'FORBIDDEN' } = failureOf(error, 'list') ?? {};
    throw new DriverFailure({ code, message: `The folder "${prefix}" cannot be listed.` }, error);
  }
}

async function openFolder(root: string, folder: Pick<Folder, 'prefix' | 'path' | 'links'>): Promise<Folder> {
  // In chunks, since a folder of a million names at once would stop the process for seconds.
  const entries = await opendir(folder.path, { bufferSize: 1024 });
  return (
    (await readFolder(root, folder, entries)) ??
    (await readFolder(root, folder, await readdir(folder.path, { withFileTypes: true, encoding: 'buffer' })))!
  );
}

/**
 * Sorts out the entries of a folder. Names come as strings, which is four times as fast as bytes; undefined
 * when one of them has U+FFFD: decoding puts it for what is not UTF-8, and only bytes tell that from a real one.
 */
async function readFolder(
  root: string,
  folder: Pick<Folder, 'prefix' | 'path' | 'links'>,
  entries: AsyncIterable<Dirent> | Dirent<Buffer>[],
): Promise<Folder | undefined> {
  const names: string[] = [];
  const unusable = new Map<string, string>();
  const reject = (name: string, reason: string) => {
    names.push(name + unusableMark);
    unusable.set(name + unusableMark, reason);
  };
  for await (const entry of entries) {
    const raw = entry.name;
    const name = raw.toString();
    if (name.includes('\ufffd')) {
      if (typeof raw === 'string') return undefined;
      if (!isUtf8(raw)) {
        reject(name, 'The name is not valid UTF-8; rename the file.');
        continue;
      }
    }
    const kind = entry.isSymbolicLink() ? await followLink(join(folder.path, name), root) : kindOf(entry);
    if (kind === 'folder') names.push(`${name}/`);
    else if (kind !== 'file') reject(name, kind.reason);
    else if (!temporaryName.test(name)) names.push(name);
  }
  names.sort(compareKeys);
  return { ...folder, names, unusable, next: 0 };
}

type Kind = 'file' | 'folder' | { reason: string };

function kindOf(entry: Pick<Stats, 'isFile' | 'isDirectory'>): Kind {
  if (entry.isFile()) return 'file';
  return entry.isDirectory() ? 'folder' : { reason: 'Neither a file nor a folder.' };
}

async function followLink(path: string, root: string): Promise<Kind> {
  try {
    const real = await realpath(path);
    return isBelow(real, root) ? kindOf(await stat(real)) : { reason: linkOut };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return {
      reason: code === 'ELOOP' ? 'A symbolic link in a circle.' : 'A symbolic link that leads nowhere.',
    };
  }
}

export function isGone(error: unknown): boolean {
  const raw = (error as { cause?: unknown }).cause ?? error;
  const { code } = raw as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
