import { ForbiddenError, NotFoundError, ProviderError } from '../errors.ts';
import { ExportError } from '../exports/failures.ts';
import { lostError, type SnapshotError, type SnapshotFailureCode } from './model.ts';

/** What to do about it. */
const hints: Readonly<Record<SnapshotFailureCode, string>> = {
  CLIENT_CLOSED: 'Download it again, with a client that waits for the end.',
  ACCESS_ENDED: 'Ask an administrator, or use another token.',
  READ_FAILED: 'Try again; if it fails again, ask the operator to look into the log.',
  PROCESS_LOST: lostError.hint,
};

/** A failure in words of our own. */
export const failure = (code: SnapshotFailureCode, message: string): SnapshotError => ({
  ...{ code, message, hint: hints[code] },
});

/** What an error that ended a snapshot says of it. */
export function failureOf(error: unknown): SnapshotError {
  if (error instanceof ProviderError || error instanceof ExportError) {
    const { code, message, hint } = error;
    return { code, message, hint };
  }
  if (error instanceof ForbiddenError || error instanceof NotFoundError) {
    return failure('ACCESS_ENDED', error.message);
  }
  return failure('READ_FAILED', 'The tasks could not be read to the end.');
}
