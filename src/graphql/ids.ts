import { decodeGlobalID, encodeGlobalID } from '@pothos/plugin-relay';
import { NotFoundError } from '../errors.ts';

/** The key part of a record's id. */
export const recordKey = /^[1-9]\d{0,15}$/;

/** Records with a key of more than a number, by type: their storage and, of an object, its own key. */
const compositeKeys: Record<string, RegExp> = {
  StorageObject: /^[1-9]\d{0,15}:[\s\S]+$/,
  Export: /^[1-9]\d{0,15}:[1-9]\d{0,15}$/,
};

/** Whether text can be the key part of an id of this type. */
export const isKey = (type: string, text: string) => (compositeKeys[type] ?? recordKey).test(text);

/** The opaque id of a record: its type and its key. */
export const globalId = (type: string, key: number | string) => encodeGlobalID(type, key);

/** What a field finds by an id; null when nothing is there, or the id is forged or of another type. */
export async function findOrNull<T>(find: () => Promise<T | null>): Promise<T | null> {
  try {
    return await find();
  } catch (error) {
    if (error instanceof NotFoundError) return null;
    throw error;
  }
}

/**
 * The numeric key behind an opaque id of one of these types.
 * @throws NotFoundError for an id that is forged, or of another type: it reads like a missing record
 */
export function keyOf(what: string, id: string, types: string | readonly string[]): number {
  const allowed = typeof types === 'string' ? [types] : types;
  try {
    const { typename, id: key } = decodeGlobalID(id);
    if (allowed.includes(typename) && recordKey.test(key)) return Number(key);
  } catch {
    // Not of the form at all.
  }
  throw new NotFoundError(what, id);
}
