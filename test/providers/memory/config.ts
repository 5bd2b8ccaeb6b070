import { z } from 'zod';
import { normalizePrefix } from '../../../src/objects/keys.ts';
import type { Provider, ProviderCapabilities, ProviderName } from '../../../src/providers/provider.ts';
import type { MemoryContainer } from './container.ts';
import { type MemoryDriverOptions, openMemoryDriver } from './driver.ts';

const settings = z.strictObject({
  /** Name of the container; one that differs from the container's own does not exist. */
  container: z.string(),
  prefix: z.string().transform(normalizePrefix),
});
const secrets = z.strictObject({ token: z.string().optional() });

export type MemorySettings = z.output<typeof settings>;
export type MemorySecrets = z.output<typeof secrets>;

/**
 * A provider that is not in the registry: proves the conformance suite, feeds benchmarks, and lets tests
 * break a storage at will. It may bear any registered name, and stands in for that provider there.
 */
export function createMemoryProvider(
  container: MemoryContainer,
  options: MemoryDriverOptions & { name?: ProviderName; capabilities?: Partial<ProviderCapabilities> } = {},
): Provider<MemorySettings, MemorySecrets> {
  const { presign } = options;
  const capabilities = {
    listsInOrder: true,
    folders: true,
    conditionalWrites: true,
    ...options.capabilities,
    presign: presign !== undefined,
  };
  return {
    name: options.name ?? 'S3',
    title: 'Memory',
    capabilities,
    settings,
    secrets,
    secretsBoundTo: ['container'],
    location: ({ container: name, prefix }) => ({
      container: `memory://${name}`,
      prefix: normalizePrefix(prefix),
    }),
    uriStart: /memory:\/\//,
    uri: ({ container: name }, key) => `memory://${name}/${key}`,
    keyOf({ container: name }, uri) {
      const start = `memory://${name}/`;
      return uri.startsWith(start) && uri !== start ? uri.slice(start.length) : undefined;
    },
    unsupported: () => (presign ? {} : { SIGN: 'Objects in memory have no URL.' }),
    open: ({ container: name }, { token }) =>
      openMemoryDriver(container, { name, token }, { ...options, capabilities }),
  };
}
