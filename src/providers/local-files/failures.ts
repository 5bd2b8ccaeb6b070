import { DriverFailure } from '../errors.ts';
import type { Failure } from '../provider.ts';

export type Action = 'list' | 'read' | 'write' | 'remove';

const askOperator = 'Ask the operator to grant the rights to the user that the service runs as.';

/**
 * What an error of the file system means for an action (Node.js documentation, "Common system errors"; Linux
 * man-pages errno(3)). Only the errno's name is taken over: texts of the file system carry paths.
 */
export function failureOf(error: unknown, action: Action): Failure | undefined {
  if (error instanceof DriverFailure) return error.failure;
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code !== 'string') return undefined;
  switch (code) {
    case 'ENOENT':
      return action === 'list' ? { code: 'CONTAINER_NOT_FOUND' } : { code: 'OBJECT_NOT_FOUND' };
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
    default:
      if (action === 'read')
        return { code: 'OBJECT_UNREADABLE', message: `The file cannot be read (${code}).` };
      return { code: 'UNAVAILABLE', message: `The file system refuses to ${action} (${code}).` };
  }
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
