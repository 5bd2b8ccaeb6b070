import { realpathSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { DriverFailure } from '../errors.ts';
import type { Failure } from '../provider.ts';

/** Whether `path` is strictly below `folder`, compared component by component. Both absolute and normalised. */
export function isBelow(path: string, folder: string): boolean {
  const stem = folder.endsWith(sep) ? folder : folder + sep;
  return path.startsWith(stem) && path !== stem;
}

/** The document root that the service makes for itself in its data directory: nothing else of its own is in it. */
export const ownRoot = (dataDirectory: string): string => join(dataDirectory, 'files');

/**
 * Whether the document root and the data directory lie one inside the other: the service's own files would be
 * listed as objects, and a target could overwrite its database.
 * @param root real path
 */
export function isMixed(root: string, dataDirectory: string): boolean {
  const data = realPathSoFar(dataDirectory);
  const own = ownRoot(data);
  if (root === own || isBelow(root, own)) return false;
  return root === data || isBelow(root, data) || isBelow(data, root);
}

/** Of what may not be there yet: the real path of as much as there is. */
function realPathSoFar(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const above = dirname(path);
    return above === path ? path : join(realPathSoFar(above), basename(path));
  }
}

/**
 * A setting as people type it: without spaces around, with '/' between components (Windows writes '\'),
 * without doubled and trailing separators.
 */
export function normalizePath(path: string): string {
  const slashes = path.trim().replace(/[\\/]+/g, '/');
  return slashes.length > 1 ? slashes.replace(/\/$/, '') : slashes;
}

/** The real path, symbolic links resolved; a failure when it is not strictly below the document root. */
export async function realPathBelow(path: string, root: string): Promise<string> {
  const real = await realpath(path);
  if (isBelow(real, root)) return real;
  throw new DriverFailure(leadsOut);
}

export const leadsOut: Failure = {
  code: 'OBJECT_NOT_FOUND',
  message: 'A symbolic link leads outside the document root.',
  hint: 'Put the files themselves below the document root.',
};
