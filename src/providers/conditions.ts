import { ProviderError, type ProviderErrorCode } from '../errors.ts';
import type { ObjectInfo } from './provider.ts';

/** How servers refuse a condition that know none. */
const ignorant: ReadonlySet<ProviderErrorCode> = new Set(['UNSUPPORTED', 'UNEXPECTED_RESPONSE']);

/** A change of an object, and a look at it. */
export interface Conditional<T> {
  /** Writes or removes; with a version only that one, with null only where there is none. */
  run(ifVersion?: string | null): Promise<T>;
  head(): Promise<ObjectInfo>;
}

/**
 * Changes an object on condition, or without one where it turns out that the server takes none: it refuses the request
 * as such, or says that the condition does not hold when it does.
 * @returns what came of it, and whether the server takes conditions
 */
export async function onCondition<T>(
  ifVersion: string | null,
  { run, head }: Conditional<T>,
): Promise<{ came: T; takesConditions: boolean }> {
  try {
    return { came: await run(ifVersion), takesConditions: true };
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    const isWrong = error.code === 'OBJECT_CHANGED' && (await versionOf(head)) === ifVersion;
    // Amazon lets nobody compare versions who may not read.
    const isUnread = error.code === 'FORBIDDEN' && ifVersion !== null;
    if (!isWrong && !isUnread && !ignorant.has(error.code)) throw error;
  }
  // If it is not the condition that it refuses, it refuses this as well.
  return { came: await run(), takesConditions: false };
}

/** null: there is no such object; undefined: nobody may know. */
async function versionOf(head: Conditional<unknown>['head']): Promise<string | null | undefined> {
  try {
    return (await head()).version;
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    if (error.code === 'OBJECT_NOT_FOUND') return null;
    if (error.code === 'FORBIDDEN') return undefined;
    throw error;
  }
}
