import type { ProviderErrorCode } from '../../errors.ts';
import { DriverFailure } from '../errors.ts';
import type { Failure } from '../provider.ts';

export type Action = 'list' | 'read' | 'write' | 'remove';

const askOperator = 'Ask the operator to grant the rights to the user that the service runs as.';

/** What to do about a cause, where the standard words speak of accounts and services far away. */
const hints: Partial<Record<ProviderErrorCode, string>> = {
  CONTAINER_NOT_FOUND: 'Check the path of the storage, and that the disk that it is on is mounted.',
  FORBIDDEN: askOperator,
  OBJECT_UNREADABLE: 'Check the rights of the file, and the disk that it is on.',
  UNAVAILABLE:
    'Try again later; if it happens every time, ask the operator to look at the disk and the limits of the service.',
};

/** What a link out of the document root means to those who look for no object. */
const leadsOutFor: Partial<Record<Action, ProviderErrorCode>> = {
  list: 'CONTAINER_NOT_FOUND',
  write: 'INVALID_KEY',
};

/** What an error of the file system means for an action. Only who reads or removes can miss an object. */
export function failureOf(error: unknown, action: Action): Failure | undefined {
  const found = error instanceof DriverFailure ? error.failure : failureOfCode(error, action);
  if (!found) return undefined;
  const code = (found.code === 'OBJECT_NOT_FOUND' && leadsOutFor[action]) || found.code;
  return { ...found, code, hint: found.hint ?? hints[code] };
}

/**
 * By the errno's name alone, since texts of the file system carry paths (Node.js documentation, "Common system
 * errors"; Linux man-pages errno(3)).
 */
function failureOfCode(error: unknown, action: Action): Failure | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code !== 'string') return undefined;
  switch (code) {
    case 'ENOENT':
      if (action === 'list')
        return { code: 'CONTAINER_NOT_FOUND', message: 'The folder of this storage does not exist.' };
      if (action === 'write')
        return { code: 'UNAVAILABLE', message: 'A folder of the key was removed while it was written.' };
      return { code: 'OBJECT_NOT_FOUND' };
    case 'ENOTDIR':
      if (action === 'list')
        return { code: 'CONTAINER_NOT_FOUND', message: 'The path of this storage is not a folder.' };
      if (action === 'read') return { code: 'OBJECT_NOT_FOUND' };
      return { code: 'INVALID_KEY', message: 'A file stands where the key needs a folder.' };
    case 'EISDIR':
    case 'EEXIST':
    case 'ENOTEMPTY':
      return { code: 'INVALID_KEY', message: 'A folder of this name exists.' };
    case 'ENAMETOOLONG':
      return {
        code: 'INVALID_KEY',
        message: 'The key, or a part of it, is longer than the file system allows.',
      };
    case 'EACCES':
    case 'EPERM': {
      const message = `The service's user may not ${action} here (${code}).`;
      return { code: action === 'read' ? 'OBJECT_UNREADABLE' : 'FORBIDDEN', message, hint: askOperator };
    }
    case 'EROFS':
      return { code: 'FORBIDDEN', message: 'The file system is mounted read-only.', hint: askOperator };
    case 'ENOSPC':
    case 'EDQUOT':
      return {
        code: 'UNAVAILABLE',
        message: 'The disk or quota is full.',
        hint: 'Free some space, then try again.',
      };
    case 'EMFILE':
    case 'ENFILE':
      return { code: 'UNAVAILABLE', message: 'The service has too many open files.' };
    default: {
      const shown = shownCode(code);
      if (action === 'read')
        return { code: 'OBJECT_UNREADABLE', message: `The file cannot be read (${shown}).` };
      return { code: 'UNAVAILABLE', message: `The file system refuses to ${action} (${shown}).` };
    }
  }
}

/** The name of an errno as it may be shown: some file systems have codes of their own. */
function shownCode(code: string): string {
  return /^E[A-Z0-9]{1,20}$/.test(code) ? code : 'of an unknown kind';
}

/** Runs file-system calls; their errors get the meaning that they have for this action. */
export async function as<T>(action: Action, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    const failure = failureOf(error, action);
    throw failure ? new DriverFailure(failure, error) : error;
  }
}
