import { isUtf8 } from 'node:buffer';
import type { Dirent, Stats } from 'node:fs';
import { lstat, opendir, readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { compareKeys } from '../../objects/keys.ts';
import { DriverFailure } from '../errors.ts';
import { as } from './failures.ts';
import { inFolder } from './held.ts';
import { isBelow } from './paths.ts';

/** A name that gives no object. `there`: there may be one, or a folder of them, that cannot be looked at. */
export interface OddEntry {
  name: string;
  reason: string;
  there: boolean;
}

/** A file on the way of the walk, or a name that gives none. */
export type Found = { key: string; path: string } | OddEntry;

interface Folder {
  /** Key prefix of what is in it, ending in '/'. */
  prefix: string;
  /** Real path. */
  path: string;
  /** In key order: file names, folder names ending in '/', and odd names ending in `oddMark`. */
  names: string[];
  /** What is odd about marked names. */
  odd: Map<string, Odd>;
  /** Index of the next name. */
  next: number;
  /** Folders on the way here that were entered through a symbolic link. */
  links: number;
}

/** Links to folders in folders behind links multiply what is walked; nobody needs many in a row. */
const maxLinks = 8;

/** No file system has it in a name; sorted right behind the usable name of the same spelling. */
const oddMark = '\0';

type Odd = Pick<OddEntry, 'reason' | 'there'>;
const unreadable = (reason: string): Odd => ({ reason, there: true });
const unusable = (reason: string): Odd => ({ reason, there: false });
const linkOut = unreadable('A symbolic link out of the document root.');

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
  /** Keys from this one on are not wanted. */
  before: string | undefined;
  signal: AbortSignal;
  /** Set by the walk: it has passed folders that it did not enter (`recursive: false`). */
  folders?: boolean;
}

/**
 * The files below a folder in ascending byte order of their keys, begun behind `after` without entering what
 * lies before it. Holds the names of one folder per level in memory: a file system gives them in no order.
 *
 * Answers batches of at most `batch` files, so that the caller can look at them side by side.
 */
export async function* walk(request: WalkRequest, batch: number): AsyncGenerator<Found[], void, undefined> {
  const { root, prefix, recursive, after, before } = request;
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
    if (before !== undefined && compareKeys(key, before) >= 0) break;
    const odd = folder.odd.get(name);
    if (odd) found.push({ name: key.slice(0, -oddMark.length), ...odd });
    else if (!name.endsWith('/')) found.push({ key, path: join(folder.path, name) });
    else if (recursive) {
      request.signal.throwIfAborted();
      const entered = await enter(root, folder, name, stack);
      if (entered && 'reason' in entered) found.push(entered);
      else if (entered) stack.push(entered);
    } else request.folders = true;
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

/** Undefined: the folder is gone. One that is there and cannot be listed is told: its objects are not gone. */
async function enter(
  root: string,
  folder: Folder,
  name: string,
  stack: Folder[],
): Promise<Folder | OddEntry | undefined> {
  const prefix = folder.prefix + name;
  const path = join(folder.path, name.slice(0, -1));
  try {
    const real = await realpath(path);
    const links = folder.links + (real === path ? 0 : 1);
    // Checked again: what was a folder when its parent was read may be a link by now.
    if (!isBelow(real, root)) return { name: prefix, ...linkOut };
    if (stack.some((above) => above.path === real))
      return { name: prefix, ...unusable('A symbolic link to a folder around it.') };
    if (links > maxLinks)
      return { name: prefix, ...unreadable(`More than ${maxLinks} symbolic links behind each other.`) };
    return await openFolder(root, { prefix, path: real, links });
  } catch (error) {
    if (error instanceof DriverFailure) return { name: prefix, ...linkOut };
    if (!isGone(error)) return { name: prefix, ...unreadable(reasonOf(error)) };
    const stillThere = await lstat(path).catch(() => undefined);
    return stillThere && { name: prefix, ...linkAway };
  }
}

const linkAway = unreadable('A symbolic link that leads nowhere.');

const reasonOf = (error: unknown) =>
  `The folder cannot be listed (${(error as NodeJS.ErrnoException).code}).`;

function openFolder(root: string, folder: Pick<Folder, 'prefix' | 'path' | 'links'>): Promise<Folder> {
  return inFolder(root, folder.path, async ({ path }) => {
    // In chunks, since a folder of a million names at once would stop the process for seconds.
    const entries = await opendir(path, { bufferSize: 1024 });
    return (
      (await readFolder(root, folder, entries)) ??
      (await readFolder(root, folder, await readdir(path, { withFileTypes: true, encoding: 'buffer' })))!
    );
  });
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
  const odd = new Map<string, Odd>();
  const reject = (name: string, what: Odd) => {
    names.push(name + oddMark);
    odd.set(name + oddMark, what);
  };
  for await (const entry of entries) {
    const raw = entry.name;
    const name = raw.toString();
    if (name.includes('\ufffd')) {
      if (typeof raw === 'string') return undefined;
      if (!isUtf8(raw)) {
        reject(name, unusable('The name is not valid UTF-8; rename the file.'));
        continue;
      }
    }
    const kind = entry.isSymbolicLink() ? await followLink(join(folder.path, name), root) : kindOf(entry);
    if (kind === 'folder') names.push(`${name}/`);
    else if (kind !== 'file') reject(name, kind);
    else if (!temporaryName.test(name)) names.push(name);
  }
  names.sort(compareKeys);
  return { ...folder, names, odd, next: 0 };
}

type Kind = 'file' | 'folder' | Odd;

function kindOf(entry: Pick<Stats, 'isFile' | 'isDirectory'>): Kind {
  if (entry.isFile()) return 'file';
  return entry.isDirectory() ? 'folder' : unusable('Neither a file nor a folder.');
}

async function followLink(path: string, root: string): Promise<Kind> {
  try {
    const real = await realpath(path);
    return isBelow(real, root) ? kindOf(await stat(real)) : linkOut;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ELOOP') return unusable('A symbolic link in a circle.');
    return isGone(error) ? linkAway : unreadable(`A symbolic link that cannot be followed (${code}).`);
  }
}

export function isGone(error: unknown): boolean {
  const raw = (error as { cause?: unknown }).cause ?? error;
  const { code } = raw as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
