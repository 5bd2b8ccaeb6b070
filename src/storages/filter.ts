import { RE2JS } from 're2js';
import { ValidationError } from '../errors.ts';

/**
 * A storage's filter. RE2 runs in time linear to its input, so no expression can hang a sync.
 * It must match from the start of its subject but not to the end, as Python's `re.match` does.
 */
export type Filter = (subject: string) => boolean;

const MAX_LENGTH = 4096;

/** @throws ValidationError at `path` when the expression does not compile */
export function compileFilter(expression: string | null, path = 'settings.source.filter'): Filter {
  if (expression === null || expression === '' || expression === '.*') return () => true;
  if (expression.length > MAX_LENGTH) {
    throw new ValidationError([{ path, message: `Expected at most ${MAX_LENGTH} characters.` }]);
  }
  try {
    const pattern = RE2JS.compile(expression);
    return (subject) => pattern.matcher(subject).lookingAt();
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'it does not compile';
    const glob = expression.startsWith('*') ? ' This looks like a glob: write ".*" where you mean "*".' : '';
    const message = `Expected a regular expression in RE2 syntax (https://github.com/google/re2/wiki/Syntax): ${reason}.${glob}`;
    throw new ValidationError([{ path, message }]);
  }
}
