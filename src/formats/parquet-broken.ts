import { FormatError } from './model.ts';

/**
 * Runs a step that trusts nothing but may trip over anything: whatever it throws means that the file is
 * damaged. Steps that read from the storage stay outside, their errors are not the file's.
 */
export function decoding<T>(step: () => T): T {
  try {
    return step();
  } catch (error) {
    throw error instanceof FormatError ? error : brokenParquet(error);
  }
}

export function brokenParquet(cause?: unknown): FormatError {
  const message = 'The Parquet file is damaged or incomplete. Write and upload it again.';
  return new FormatError('BROKEN_PARQUET', message, { cause });
}
