import { ExportError } from './failures.ts';

/** Bytes of what is in memory at a time for a batch; a larger one comes alone. */
const MAX_WEIGHT = 4_000_000;
/** Bytes of the largest object that is written: a few times as much is in memory meanwhile. */
const MAX_SIZE = 64 << 20;

export const isTooLarge = (size: number) => size > MAX_SIZE;
export const tooLarge = () =>
  new ExportError('TOO_LARGE', `The object would hold more than ${MAX_SIZE >> 20} MiB.`);

/** Items in their order, so many at a time as fit into memory together. */
export function* inPortions<T>(items: readonly T[], sizeOf: (item: T) => number): Generator<T[]> {
  let portion: T[] = [];
  let weight = 0;
  for (const item of items) {
    const size = sizeOf(item);
    if (portion.length > 0 && weight + size > MAX_WEIGHT) {
      yield portion;
      portion = [];
      weight = 0;
    }
    portion.push(item);
    weight += size;
  }
  if (portion.length > 0) yield portion;
}
