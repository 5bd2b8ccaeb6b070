import { builder } from './builder.ts';

/** What a closed set gives for a value that a newer release has stored. */
export const OTHER = 'OTHER';
export const describedOther = 'A cause that this release of the service does not know.';

/** Values as they are stored, which may be of another release, for an enum that has OTHER. */
export function storedAs<const V extends string>(values: readonly V[]): (stored: string) => V | typeof OTHER {
  const known = new Map<string, V>(values.map((value) => [value, value]));
  return (stored) => known.get(stored) ?? OTHER;
}

/** A closed set with a description for each value. */
export function describedEnum<const V extends string>(
  name: string,
  description: string,
  values: readonly V[],
  descriptions: Record<V, string>,
) {
  const entries = values.map((value) => [value, { value, description: descriptions[value] }] as const);
  return builder.enumType(name, {
    description,
    values: Object.fromEntries(entries) as Record<V, { value: V; description: string }>,
  });
}
