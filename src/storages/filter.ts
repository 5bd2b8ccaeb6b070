import { setImmediate } from 'node:timers/promises';
import { RE2JS } from 're2js';
import { LongshoreError, ValidationError } from '../errors.ts';

/**
 * A storage's filter. RE2 runs in time linear to its input, but linear in a large program and long keys is long, too:
 * so programs are small, and pages of keys are matched in slices.
 * It must match from the start of its subject but not to the end, as Python's `re.match` does.
 */
export type Filter = (subject: string) => boolean;

const MAX_LENGTH = 4096;
/** Instructions of a compiled filter: a list of forty file names has about as many. One match takes up to 0.2 s with so many. */
const MAX_PROGRAM = 300;
/** How long matching may hold up everything else, in milliseconds. */
const SLICE = 20;
/** How long matching the keys of one page may take in all, in milliseconds: everyday filters take a hundredth of it. */
const PAGE_BUDGET = 60_000;

const matchesAll: Filter = () => true;

/** @throws ValidationError at `path` when the expression does not compile, or compiles to too large a program */
export function compileFilter(expression: string | null, path = 'settings.source.filter'): Filter {
  if (expression === null || expression === '' || expression === '.*') return matchesAll;
  if (expression.length > MAX_LENGTH) {
    throw new ValidationError([{ path, message: `Expected at most ${MAX_LENGTH} characters.` }]);
  }
  const pattern = compile(expression, path);
  if (pattern.programSize() > MAX_PROGRAM) {
    const message = 'Expected a simpler expression: this one compiles to a program that is too large.';
    throw new ValidationError([{ path, message }]);
  }
  return (subject) => pattern.matcher(subject).lookingAt();
}

function compile(expression: string, path: string): RE2JS {
  try {
    return RE2JS.compile(expression);
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'it does not compile';
    const glob = expression.startsWith('*') ? ' This looks like a glob: write ".*" where you mean "*".' : '';
    const message = `Expected a regular expression in RE2 syntax (https://github.com/google/re2/wiki/Syntax): ${reason}.${glob}`;
    throw new ValidationError([{ path, message }]);
  }
}

/** A filter that knows the results for a page of subjects beforehand, made in slices that let others go on. */
export interface PagedFilter {
  matches: Filter;
  /**
   * Matches all of a page; the results of the page before are forgotten.
   * @throws LongshoreError FILTER_TOO_SLOW when that takes longer than its budget; the signal's reason
   */
  prepare(subjects: readonly string[], signal: AbortSignal): Promise<void>;
}

/** @param budget how long one page may take, in milliseconds */
export function inPages(filter: Filter, budget = PAGE_BUDGET): PagedFilter {
  if (filter === matchesAll) return { matches: filter, async prepare() {} };
  let results = new Map<string, boolean>();
  return {
    matches: (subject) => results.get(subject) ?? filter(subject),
    async prepare(subjects, signal) {
      results = new Map();
      let spent = 0;
      let begun = performance.now();
      for (const subject of subjects) {
        results.set(subject, filter(subject));
        const slice = performance.now() - begun;
        if (slice < SLICE) continue;
        spent += slice;
        if (spent > budget) throw tooSlow();
        await setImmediate();
        signal.throwIfAborted();
        begun = performance.now();
      }
    },
  };
}

const tooSlow = () =>
  new LongshoreError(
    'FILTER_TOO_SLOW',
    'The filter takes too long over the keys of this storage: make it simpler, or narrow the prefix instead.',
  );
