import type { Database } from '../../database/client.ts';
import { NotFoundError, ValidationError } from '../../errors.ts';
import type { Logger } from '../../observability/log.ts';
import { providerError } from '../../providers/errors.ts';
import type { LayerOptions } from '../../providers/layers.ts';
import type { Provider, ProviderEnvironment, ProviderName } from '../../providers/provider.ts';
import type { Registry } from '../../providers/registry.ts';
import { openStore, type Store } from '../../providers/store.ts';
import type { SealedTable } from '../../security/rotation.ts';
import type { SecretBox } from '../../security/secrets.ts';
import type { Storage } from '../model.ts';
import { ownerOf, replaceSecrets, sealedByOthers } from '../repository.ts';

/** A provider's settings and secrets, checked and ready to open. */
export interface Connection {
  provider: Provider;
  settings: Record<string, unknown>;
  secrets: Record<string, unknown>;
  environment: ProviderEnvironment;
}

/** Sealed values only open for the project they were sealed for. */
const secretContext = (projectId: number) => `storage of project ${projectId}`;

/** All storages' secrets, for a new key. */
export const sealedStorageSecrets = ({ db }: Pick<Database, 'db'>): SealedTable => ({
  async page(key, after, limit) {
    const rows = await sealedByOthers(db, key, after, limit);
    return rows.map(({ id, projectId, sealed }) => ({ id, sealed, context: secretContext(projectId) }));
  },
  replace: (id, before, after) => replaceSecrets(db, id, before, after),
});

/** Which organizations may use the service's own cloud credentials: by their external IDs, or one of two words. */
export type AmbientCredentials = 'first' | 'all' | readonly string[];

export type StorageOpener = ReturnType<typeof createStorageOpener>;

/** Turns storage records into opened stores: the one place that unseals secrets. */
export function createStorageOpener(
  { db }: Pick<Database, 'db'>,
  registry: Registry,
  secretBox: SecretBox,
  environment: Omit<ProviderEnvironment, 'externalId' | 'ownCredentials'>,
  ambient: AmbientCredentials,
  log: Logger,
) {
  function provider(name: ProviderName): Provider {
    const provider = registry.get(name);
    if (!provider) {
      const message = `The provider ${name} is switched off in this installation.`;
      throw new ValidationError([{ path: 'provider', message }]);
    }
    return provider;
  }

  async function environmentOf(projectId: number): Promise<ProviderEnvironment> {
    const owner = await ownerOf(db, projectId);
    if (!owner) throw new NotFoundError('project', projectId);
    const { externalId, isFirst } = owner;
    const ownCredentials =
      ambient === 'all' || (ambient === 'first' ? isFirst : ambient.includes(externalId));
    return { ...environment, externalId, ownCredentials };
  }

  function secretsOf(storage: Pick<Storage, 'projectId' | 'secrets'>): Record<string, unknown> {
    if (storage.secrets === null) return {};
    return secretBox.open(storage.secrets, secretContext(storage.projectId)) as Record<string, unknown>;
  }

  return {
    provider,
    environmentOf,
    secretsOf,

    seal(projectId: number, secrets: Record<string, unknown>): string | null {
      return Object.keys(secrets).length === 0 ? null : secretBox.seal(secrets, secretContext(projectId));
    },

    async connection(storage: Storage): Promise<Connection> {
      return {
        provider: provider(storage.provider),
        settings: storage.config,
        secrets: secretsOf(storage),
        environment: await environmentOf(storage.projectId),
      };
    },

    async open(storage: Storage): Promise<Store> {
      const { id: storageId, provider } = storage;
      const connection = await this.connection(storage);
      const own = connection.provider.usesOwnCredentials?.(connection.settings);
      if (own && !connection.environment.ownCredentials) {
        const message = "The organization may not use the service's own credentials.";
        const hint = 'Give the storage credentials of its own, or ask the operator for AMBIENT_CREDENTIALS.';
        throw providerError(
          { code: 'CREDENTIALS_UNAVAILABLE', message, hint },
          { capability: 'AUTHENTICATE' },
        );
      }
      return openConnection(connection, {
        ...whileItRuns,
        ...logged(log.child({ storageId, provider })),
      });
    },
  };
}

/** Opens it; nothing is contacted yet. @throws ProviderError when it cannot be opened at all */
export function openConnection(
  { provider, settings, secrets, environment }: Connection,
  options?: Partial<LayerOptions>,
): Store {
  return openStore(provider, settings, secrets, environment, options);
}

/** Puts every retry down, so that a storage that is slow by being asked again shows as such. */
const logged = (log: Logger): Partial<LayerOptions> => ({
  onRetry({ error, failures, delayMs }) {
    const { code, capability } = error;
    log.info({ code, capability, failures, delayMs: Math.round(delayMs) }, 'the storage is asked again');
  },
});

/** For a sync: a storage that asks for patience gets about a minute of it, request by request. */
const whileItRuns = { rateLimitAttempts: 12 } satisfies Partial<LayerOptions>;

/**
 * For a person who waits for the answer: what passes by itself is tried again within about a second, and no long
 * waits. Above what a driver itself waits for TLS with a server that speaks none.
 */
export const whileSomebodyWaits = {
  attempts: 4,
  maxDelayMs: 1_000,
  requestTimeoutMs: 12_000,
  maxRetryAfterMs: 2_000,
} satisfies Partial<LayerOptions>;
