import type { SecretBox } from './secrets.ts';

/** One sealed value of a table, and what it was sealed for. */
export interface SealedValue {
  id: number;
  sealed: string;
  context: string;
}

/** A table with sealed values. */
export interface SealedTable {
  /** Values that another key than this one sealed, in the order of their ids behind `after`. */
  page(key: string, after: number, limit: number): Promise<SealedValue[]>;
  /** Puts the new value in the place of the old one, unless that has changed meanwhile. */
  replace(id: number, before: string, after: string): Promise<void>;
}

/** Values that are read at a time. */
const BATCH = 200;

/**
 * Seals every value of a table again that the key which seals now has not sealed. Services may run meanwhile, as
 * long as they hold both keys. @returns how many values there were
 * @throws LongshoreError SECRET_UNREADABLE when a value's key is not there: those before it are done
 */
export async function reseal(secretBox: SecretBox, table: SealedTable): Promise<number> {
  let resealed = 0;
  for (let after = 0; ; ) {
    const values = await table.page(secretBox.primary, after, BATCH);
    for (const { id, sealed, context } of values) {
      await table.replace(id, sealed, secretBox.seal(secretBox.open(sealed, context), context));
      resealed++;
    }
    const last = values.at(-1);
    if (!last) return resealed;
    after = last.id;
  }
}
