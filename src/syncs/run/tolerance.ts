import type { ProviderError } from '../../errors.ts';
import { isOfOneObject, isStorageWide } from '../../providers/errors.ts';

/** Failures of one object after so many others in a row mean that the storage itself refuses. */
const REFUSALS_IN_A_ROW = 20;

export type Tolerance = ReturnType<typeof createTolerance>;

/** A failure of one object is not the sync's, unless no other object can escape it, or none does. */
export function createTolerance() {
  let refusals = 0;
  return {
    /** @throws the error, when it is the storage's */
    bear(error: ProviderError): void {
      if (isOfOneObject(error)) refusals = 0;
      else if (isStorageWide(error) || ++refusals >= REFUSALS_IN_A_ROW) throw error;
    },
    /** An object was read: the storage lets us in. */
    reset(): void {
      refusals = 0;
    },
  };
}
