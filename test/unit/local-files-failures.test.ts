import { describe, expect, test } from 'vitest';
import { DriverFailure, providerError } from '../../src/providers/errors.ts';
import { type Action, failureOf } from '../../src/providers/local-files/failures.ts';
import { leadsOut } from '../../src/providers/local-files/paths.ts';

const actions: Action[] = ['list', 'read', 'write', 'remove'];

/** What each errno means to who lists, reads, writes and removes. */
const table: Record<string, [list: string, read: string, write: string, remove: string]> = {
  ENOENT: ['CONTAINER_NOT_FOUND', 'OBJECT_NOT_FOUND', 'UNAVAILABLE', 'OBJECT_NOT_FOUND'],
  ENOTDIR: ['CONTAINER_NOT_FOUND', 'OBJECT_NOT_FOUND', 'INVALID_KEY', 'INVALID_KEY'],
  EISDIR: ['INVALID_KEY', 'INVALID_KEY', 'INVALID_KEY', 'INVALID_KEY'],
  EEXIST: ['INVALID_KEY', 'INVALID_KEY', 'INVALID_KEY', 'INVALID_KEY'],
  ENOTEMPTY: ['INVALID_KEY', 'INVALID_KEY', 'INVALID_KEY', 'INVALID_KEY'],
  ENAMETOOLONG: ['INVALID_KEY', 'INVALID_KEY', 'INVALID_KEY', 'INVALID_KEY'],
  EACCES: ['FORBIDDEN', 'OBJECT_UNREADABLE', 'FORBIDDEN', 'FORBIDDEN'],
  EPERM: ['FORBIDDEN', 'OBJECT_UNREADABLE', 'FORBIDDEN', 'FORBIDDEN'],
  EROFS: ['FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN'],
  ENOSPC: ['UNAVAILABLE', 'UNAVAILABLE', 'UNAVAILABLE', 'UNAVAILABLE'],
  EDQUOT: ['UNAVAILABLE', 'UNAVAILABLE', 'UNAVAILABLE', 'UNAVAILABLE'],
  EMFILE: ['UNAVAILABLE', 'UNAVAILABLE', 'UNAVAILABLE', 'UNAVAILABLE'],
  ENFILE: ['UNAVAILABLE', 'UNAVAILABLE', 'UNAVAILABLE', 'UNAVAILABLE'],
  EIO: ['UNAVAILABLE', 'OBJECT_UNREADABLE', 'UNAVAILABLE', 'UNAVAILABLE'],
  ESTALE: ['UNAVAILABLE', 'OBJECT_UNREADABLE', 'UNAVAILABLE', 'UNAVAILABLE'],
  ELOOP: ['UNAVAILABLE', 'OBJECT_UNREADABLE', 'UNAVAILABLE', 'UNAVAILABLE'],
};

const cells = Object.entries(table).flatMap(([errno, codes]) =>
  actions.map((action, index) => [action, errno, codes[index]!] as const),
);

const withCode = (code: string) => Object.assign(new Error('text with a /path'), { code });

function shown(error: unknown, action: Action): { code: string; text: string } {
  const { code, message, hint } = providerError(failureOf(error, action)!);
  return { code, text: `${message} ${hint}` };
}

describe('errors of the file system', () => {
  test.each(cells)('%s, %s: %s, in words of files', (action, errno, expected) => {
    const { code, text } = shown(withCode(errno), action);
    expect(code).toBe(expected);
    expect(text).not.toContain('/path');
    expect(text).not.toMatch(/provider|policy|bucket|account|endpoint|credentials/i);
  });

  test('of unknown names show nothing of them', () => {
    for (const action of actions) {
      const { text } = shown(withCode('/secret: <b>'), action);
      expect(text).toContain('(of an unknown kind)');
      expect(text).not.toContain('secret');
    }
    expect(shown(withCode('EWHATEVER'), 'list').text).toContain('(EWHATEVER)');
    expect(failureOf(new Error('no code'), 'read')).toBeUndefined();
  });

  test('a link out of the root is missing for who reads, and no key for who writes', () => {
    expect(shown(new DriverFailure(leadsOut), 'read').code).toBe('OBJECT_NOT_FOUND');
    expect(shown(new DriverFailure(leadsOut), 'write').code).toBe('INVALID_KEY');
    expect(shown(new DriverFailure(leadsOut), 'list').code).toBe('CONTAINER_NOT_FOUND');
  });
});
