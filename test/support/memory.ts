import { z } from 'zod';
import { normalizePrefix } from '../../src/objects/keys.ts';
import { azureBlobNotifications } from '../../src/providers/azure-blob/notifications.ts';
import { gcsNotifications } from '../../src/providers/gcs/notifications.ts';
import type { Provider } from '../../src/providers/provider.ts';
import type { Registry } from '../../src/providers/registry.ts';
import { s3Notifications } from '../../src/providers/s3/notifications.ts';
import { createMemoryProvider } from '../providers/memory/config.ts';
import { MemoryContainer } from '../providers/memory/container.ts';
import type { StorageProviderInput } from './generated/graphql.ts';

/** A storage that a test can break, hold up and look into. It stands in for S3, whose inputs it takes. */
export interface Memory {
  container: MemoryContainer;
  /** For `testApp`. */
  registry: Registry;
  input(prefix?: string): StorageProviderInput;
  /** From now on every page of a listing and every read waits. */
  hold(): void;
  /** Lets what waits go on, and what comes. */
  release(): void;
  /** Lets what waits go on; what comes next waits. */
  step(): void;
  /** How many wait. */
  waiting(): number;
  /** Resolves when something waits. */
  held(): Promise<void>;
}

const settings = z.object({
  bucket: z.string(),
  prefix: z.string().default('').transform(normalizePrefix),
  region: z.string().default('us-east-1'),
});
const secrets = z.object({});
type Settings = z.output<typeof settings>;

export function openMemory(
  options: ConstructorParameters<typeof MemoryContainer>[0] = {},
  change: (provider: Provider<Settings, object>) => Provider<Settings, object> = (provider) => provider,
): Memory {
  const container = new MemoryContainer(options);
  const memory = createMemoryProvider(container);
  const inner = ({ bucket, prefix }: Settings) => ({ container: bucket, prefix });
  let closed = false;
  const waiting = new Set<() => void>();
  let arrival = Promise.withResolvers<void>();

  async function pass(signal: AbortSignal): Promise<void> {
    if (!closed) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    waiting.add(resolve);
    arrival.resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
    await promise;
    waiting.delete(resolve);
    signal.throwIfAborted();
  }

  function step(): void {
    arrival = Promise.withResolvers();
    for (const go of waiting) go();
    waiting.clear();
  }

  const { name, title, capabilities } = memory;
  const provider: Provider<Settings, object> = {
    ...{ name, title, capabilities },
    settings,
    secrets,
    secretsBoundTo: [],
    location: (given, environment) => memory.location(inner(given), environment),
    uriStart: memory.uriStart,
    uri: (given, key) => memory.uri(inner(given), key),
    keyOf: (given, uri) => memory.keyOf(inner(given), uri),
    // What any provider sends: a test posts the bodies of all.
    notifications: {
      container: ({ bucket }) => bucket,
      read: (event) =>
        [s3Notifications, gcsNotifications, azureBlobNotifications]
          .map((reader) => reader.read(event))
          .find((read) => read !== undefined),
    },
    unsupported: () => ({ SIGN: 'Objects in memory have no URL.' }),
    open(given, _secrets, environment) {
      const driver = memory.open(inner(given), {}, environment);
      return {
        ...driver,
        async listPage(request) {
          const page = await driver.listPage(request);
          await pass(request.signal);
          return page;
        },
        async read(key, request) {
          await pass(request.signal);
          return driver.read(key, request);
        },
      };
    },
  };
  return {
    container,
    registry: new Map([['S3', change(provider) as Provider]]),
    input: (prefix) => ({
      s3: { bucket: container.name, credentials: { default: true }, ...(prefix !== undefined && { prefix }) },
    }),
    hold() {
      closed = true;
    },
    waiting: () => waiting.size,
    release() {
      closed = false;
      step();
    },
    step,
    held: () => (waiting.size > 0 ? Promise.resolve() : arrival.promise),
  };
}
