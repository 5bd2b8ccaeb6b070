import type { ProviderGraphql } from '../../graphql/provider.ts';
import { defineCandidates, type StorageCandidates } from './candidate-inputs.ts';
import { defineInputs } from './inputs.ts';
import { defineMutations } from './mutations.ts';
import { defineProbes } from './probes.ts';
import { defineQueries } from './queries.ts';
import { defineUnion } from './union.ts';

/**
 * Puts the providers' parts together: the union of their storages, the one-of of their inputs, and the queries and
 * mutations that take them.
 * @returns what later nouns build their own inputs with
 */
export function defineStorages(providers: readonly ProviderGraphql[]): StorageCandidates {
  const union = defineUnion(providers);
  const inputs = defineInputs(providers);
  const candidates = defineCandidates(inputs);
  defineMutations(union, inputs);
  defineProbes(candidates);
  defineQueries(union, providers);
  return candidates;
}
