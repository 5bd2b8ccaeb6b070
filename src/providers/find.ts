import { ProviderError } from '../errors.ts';
import { isAbsence, isStorageWide } from './errors.ts';
import type { ListPage, ObjectInfo } from './provider.ts';

/** A failure to ask for an object that leaves open whether it is there, and will do so the next time. */
const leavesOpen = (error: ProviderError) => !error.retryable && !isStorageWide(error);

/**
 * Whether there is an object of this key. Whoever may only list is refused when asking for one: then a listing of
 * the key tells, which begins with it.
 */
export async function findObject(
  key: string,
  ask: { head(): Promise<ObjectInfo>; list(): Promise<ListPage> },
): Promise<ObjectInfo | 'ABSENT' | 'HIDDEN'> {
  try {
    return await ask.head();
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    if (isAbsence(error)) return 'ABSENT';
    if (!leavesOpen(error)) throw error;
  }
  try {
    const { objects, unreadable = [], next } = await ask.list();
    const found = objects.find((object) => object.key === key);
    if (found) return found;
    return unreadable.length > 0 || (objects.length === 0 && next !== undefined) ? 'HIDDEN' : 'ABSENT';
  } catch (error) {
    if (error instanceof ProviderError && leavesOpen(error)) return 'HIDDEN';
    throw error;
  }
}
