import fc from 'fast-check';

/**
 * Properties of readers of what strangers write. A few inputs each time; `npm run fuzz` tries many. A failure prints
 * its seed and the smallest input: keep that as an example beside its property.
 */
const runs = Number(process.env.FUZZ_RUNS ?? 300);
/** Options of a test; @param msPerRun generous */
export const long = (msPerRun = 20) => ({ timeout: Math.max(30_000, runs * msPerRun) });

/** Text with the pieces that a reader looks for, in any order. */
export const textOf = (...pieces: string[]) =>
  fc
    .array(fc.oneof(fc.constantFrom(...pieces), fc.string({ unit: 'binary', maxLength: 8 })), {
      maxLength: 30,
    })
    .map((parts) => parts.join(''));

/** One of these files, after a few changes: other bytes, bytes more and less, a copy of a part elsewhere, an early end. */
export const spoiled = (...files: Buffer[]) =>
  fc
    .tuple(fc.constantFrom(...files), fc.array(change, { minLength: 1, maxLength: 6 }))
    .map(([file, changes]) => changes.reduce((bytes, change) => change(bytes), file));

const place = fc.double({ min: 0, max: 1, noNaN: true });
const change: fc.Arbitrary<(bytes: Buffer) => Buffer> = fc.oneof(
  fc.tuple(place, fc.uint8Array({ minLength: 1, maxLength: 8 })).map(([at, with_]) => (bytes: Buffer) => {
    const begin = Math.floor(at * bytes.length);
    return Buffer.concat([bytes.subarray(0, begin), with_, bytes.subarray(begin + with_.length)]);
  }),
  fc.tuple(place, fc.uint8Array({ minLength: 1, maxLength: 8 })).map(([at, more]) => (bytes: Buffer) => {
    const begin = Math.floor(at * bytes.length);
    return Buffer.concat([bytes.subarray(0, begin), more, bytes.subarray(begin)]);
  }),
  fc.tuple(place, fc.nat({ max: 64 })).map(([at, length]) => (bytes: Buffer) => {
    const begin = Math.floor(at * bytes.length);
    return Buffer.concat([bytes.subarray(0, begin), bytes.subarray(begin + length)]);
  }),
  fc.tuple(place, place, fc.nat({ max: 64 })).map(([from, to, length]) => (bytes: Buffer) => {
    const [begin, target] = [Math.floor(from * bytes.length), Math.floor(to * bytes.length)];
    const part = bytes.subarray(begin, begin + length);
    return Buffer.concat([bytes.subarray(0, target), part, bytes.subarray(target)]);
  }),
  place.map((at) => (bytes: Buffer) => bytes.subarray(0, Math.floor(at * bytes.length))),
);

/** A leaf of XML or of JSON, or what stands between two of them. */
const token = /<(\w+)>[^<]*<\/\1>|<[^>]*>|"[^"]*":(?:"[^"]*"|\w+),?|[^<"]+|./gs;

/** One of these texts with whole parts of it gone, doubled, or in another's place. */
export const rearranged = (...texts: string[]) =>
  fc.constantFrom(...texts).chain((text) => {
    const tokens = text.match(token)!;
    const index = fc.nat({ max: tokens.length - 1 });
    return fc.array(fc.tuple(index, fc.constantFrom(0, 1, 2), index), { maxLength: 4 }).map((edits) => {
      const parts = [...tokens];
      for (const [at, times, other] of edits) parts[at] = tokens[times === 1 ? other : at]!.repeat(times);
      return Buffer.from(parts.join(''));
    });
  });

export const check = <T>(
  input: fc.Arbitrary<T>,
  property: (value: T) => void | Promise<void>,
  examples: T[] = [],
) =>
  fc.assert(
    fc.asyncProperty(input, async (value) => property(value)),
    { numRuns: runs, examples: examples.map((example) => [example]) },
  );
