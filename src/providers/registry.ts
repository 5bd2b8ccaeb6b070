import { azureBlobProvider } from './azure-blob/provider.ts';
import { gcsProvider } from './gcs/provider.ts';
import { localFiles } from './local-files/config.ts';
import type { Provider, ProviderName } from './provider.ts';
import { redisProvider } from './redis/provider.ts';
import { s3Provider } from './s3/provider.ts';

/** A provider with its part of the GraphQL schema, which is loaded only where a schema is built. */
export interface RegistryEntry {
  provider: Provider;
  graphql: () => Promise<{ graphql: object }>;
}
export type Registry = ReadonlyMap<ProviderName, RegistryEntry>;

/** Every provider, in the order in which people are offered them. One line each. */
const entries: RegistryEntry[] = [
  { provider: s3Provider, graphql: () => import('./s3/graphql.ts') },
  { provider: gcsProvider, graphql: () => import('./gcs/graphql.ts') },
  { provider: azureBlobProvider, graphql: () => import('./azure-blob/graphql.ts') },
  { provider: redisProvider, graphql: () => import('./redis/graphql.ts') },
  { provider: localFiles, graphql: () => import('./local-files/graphql.ts') },
];

/** All providers of the code: what the schema is made of. */
export const allProviders: readonly RegistryEntry[] = entries;

/** The providers that an installation offers. */
export function createRegistry(options: { localFiles: boolean }): Registry {
  const offered = entries.filter(({ provider }) => options.localFiles || provider.name !== 'LOCAL_FILES');
  return new Map(offered.map((entry) => [entry.provider.name, entry]));
}
