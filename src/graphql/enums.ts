import { builder } from './builder.ts';

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
