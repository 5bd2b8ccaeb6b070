import { azureBlobProvider } from './azure-blob/provider.ts';
import { gcsProvider } from './gcs/provider.ts';
import { localFiles } from './local-files/config.ts';
import type { Provider, ProviderName } from './provider.ts';
import { redisProvider } from './redis/provider.ts';
import { s3Provider } from './s3/provider.ts';

/** The providers that an installation offers. */
export type Registry = ReadonlyMap<ProviderName, Provider>;

/** Every provider, in the order in which people are offered them, by the name of its folder. */
export const providerFolders = {
  s3: s3Provider,
  gcs: gcsProvider,
  'azure-blob': azureBlobProvider,
  redis: redisProvider,
  'local-files': localFiles,
} satisfies Record<string, Provider>;

/** The providers that an installation offers. */
export function createRegistry(options: { localFiles: boolean }): Registry {
  const offered = Object.values(providerFolders).filter(
    ({ name }) => options.localFiles || name !== 'LOCAL_FILES',
  );
  return new Map(offered.map((provider): [ProviderName, Provider] => [provider.name, provider]));
}
