import { createHash } from 'node:crypto';
import type { Transaction } from '../database/client.ts';
import { ConflictError, ValidationError } from '../errors.ts';
import type { Grant } from './authorize.ts';
import { claimKey, dropOldKeys, rememberResult } from './repository.ts';

/**
 * How a command that creates is made safe to repeat: the same person with the same key gets the first
 * result again for 24 hours, and nothing is created twice.
 */
export interface Once<T> {
  /** The caller's own, such as a UUID; absent: the command runs each time. */
  key: string | null | undefined;
  /** All that the caller asked for: another input under the same key is refused. */
  input: unknown;
  /** What of the result is kept: mostly an id. */
  remember(result: T): number;
  /** The result from what was kept; undefined: the record is gone by now. */
  recall(kept: number, tx: Transaction): Promise<T | undefined>;
}

const MAX_KEY = 255;

/**
 * Runs `work`, or recalls what it made before. A second request waits for the first one's transaction.
 * @throws ValidationError, ConflictError
 */
export async function runOnce<T>(
  tx: Transaction,
  { viewer, action, projectId }: Grant,
  { key, input, remember, recall }: Once<T>,
  work: () => Promise<T>,
): Promise<T> {
  if (key == null || !viewer) return work();
  if (key === '' || key.length > MAX_KEY) {
    const message = `Expected 1 to ${MAX_KEY} characters.`;
    throw new ValidationError([{ path: 'idempotencyKey', code: 'OUT_OF_RANGE', message }]);
  }
  await dropOldKeys(tx);
  const owner = { organizationId: viewer.organizationId, userId: viewer.userId, projectId, action };
  // Kept as hashes, the input's salted by the key: neither can be read from the database.
  const claim = { ...owner, keyHash: hashOf(key), inputHash: hashOf(key, projectId, input) };
  const earlier = await claimKey(tx, claim);
  if (!earlier) {
    const result = await work();
    await rememberResult(tx, claim, remember(result));
    return result;
  }
  if (!claim.inputHash.equals(earlier.inputHash)) {
    throw new ConflictError(
      'IDEMPOTENCY_KEY_REUSED',
      'This idempotencyKey came with another input before: use a new one for each request.',
    );
  }
  const result = earlier.result === null ? undefined : await recall(earlier.result, tx);
  if (result !== undefined) return result;
  throw new ConflictError(
    'CREATED_AND_DELETED',
    'What this idempotencyKey created is gone: use a new one to create it again.',
  );
}

const hashOf = (...parts: unknown[]) => createHash('sha256').update(JSON.stringify(parts)).digest();
