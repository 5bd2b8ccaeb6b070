import { realpath } from 'node:fs/promises';
import { sep } from 'node:path';
import { DriverFailure } from '../errors.ts';
import type { Failure } from '../provider.ts';

/** Whether `path` is strictly below `folder`, compared component by component. Both absolute and normalised. */
export function isBelow(path: string, folder: string): boolean {
  const stem = folder.endsWith(sep) ? folder : folder + sep;
  return path.startsWith(stem) && path !== stem;
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
