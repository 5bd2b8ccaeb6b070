import { ProviderError, type ProviderErrorCode } from '../errors.ts';
import type { ObjectInfo } from './provider.ts';

/** How servers refuse a write on condition that do not know such. */
const ignorant: ReadonlySet<ProviderErrorCode> = new Set(['UNSUPPORTED', 'UNEXPECTED_RESPONSE']);

interface Requests {
  /** Writes; with a version only over that one, with null only where there is none. */
  put(ifVersion?: string | null): Promise<ObjectInfo>;
  head(): Promise<ObjectInfo>;
}

/**
 * Writes on condition, or without one where it turns out that the server knows none: it refuses the request as such, or
 * says that the condition does not hold when it does.
 * @returns what is written, and whether the server takes conditions
 */
export async function writeOnCondition(
  ifVersion: string | null,
  { put, head }: Requests,
): Promise<{ written: ObjectInfo; takesConditions: boolean }> {
  try {
    return { written: await put(ifVersion), takesConditions: true };
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    const isWrong = error.code === 'OBJECT_CHANGED' && (await versionOf(head)) === ifVersion;
    if (!isWrong && !ignorant.has(error.code)) throw error;
  }
  // If it is not the condition that it refuses, it refuses this as well.
  return { written: await put(), takesConditions: false };
}

/** null: there is no such object. */
async function versionOf(head: Requests['head']): Promise<string | null> {
  try {
    return (await head()).version;
  } catch (error) {
    if (error instanceof ProviderError && error.code === 'OBJECT_NOT_FOUND') return null;
    throw error;
  }
}
