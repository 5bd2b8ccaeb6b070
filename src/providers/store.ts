import type { Readable } from 'node:stream';
import { type Capability, ProviderError } from '../errors.ts';
import { hasDotSegment } from '../objects/keys.ts';
import { type Conditional, onCondition } from './conditions.ts';
import { providerError, toProviderError } from './errors.ts';
import { findObject } from './find.ts';
import { glance } from './glance.ts';
import { defaultLayerOptions, type LayerOptions, limited, retry } from './layers.ts';
import { listPages, type StorePage } from './listing.ts';
import type {
  ByteRange,
  Driver,
  ListRequest,
  Location,
  ObjectBody,
  ObjectInfo,
  PresignedUrl,
  Provider,
  ProviderCapabilities,
  ProviderEnvironment,
  ReadRequest,
  StreamRequest,
  WriteRequest,
} from './provider.ts';
import { resumedStream } from './resumed-read.ts';

/**
 * An opened storage as the services see it: a driver inside the layers that are the same for every
 * provider. Keys are full keys; one outside `location.prefix` is refused with INVALID_KEY before the
 * driver hears of it. All methods throw ProviderError only (or the signal's own reason when aborted).
 */
export interface Store {
  readonly provider: Provider;
  readonly location: Location;
  /**
   * Pages of the storage's own prefix, where the provider lists in order those behind the key `after` and before
   * the key `before`. A page is retried on its own, never what was already given.
   */
  list(request: {
    recursive: boolean;
    after?: string | undefined;
    before?: string | undefined;
    signal: AbortSignal;
  }): AsyncIterable<StorePage>;
  head(key: string, signal: AbortSignal): Promise<ObjectInfo>;
  /**
   * What a few requests show of many objects, by key. It proves what it shows and nothing else: what is left out is to
   * be asked for by itself. Fails only with the signal's reason.
   */
  glance(keys: readonly string[], signal: AbortSignal): Promise<Map<string, ObjectInfo>>;
  /**
   * Whether an object is there, by asking for it or, where that is not allowed, by a listing of its key. HIDDEN: it
   * cannot be found out. @throws ProviderError for what passes or is the storage's as a whole
   */
  find(key: string, signal: AbortSignal): Promise<ObjectInfo | 'ABSENT' | 'HIDDEN'>;
  /** A stream cut half-way is taken up again where it stopped, at the same version. */
  read(key: string, request: ReadRequest): Promise<ObjectBody>;
  /**
   * With `ifVersion` OBJECT_CHANGED where the object has another version (null: where there is one), as far as the
   * provider and its server know conditions; a server that refuses them is written to without.
   */
  write(key: string, body: Uint8Array, request: WriteRequest): Promise<ObjectInfo>;
  /** Whether `writeStream` works. */
  readonly takesStreams: boolean;
  /** Writes what is too long to be held in memory, over whatever is there, in one attempt. */
  writeStream(key: string, body: Readable, request: StreamRequest): Promise<ObjectInfo>;
  /**
   * Has the provider itself copy an object of another storage, where both lie at one server and the credentials of this
   * storage reach both. undefined: it cannot or does not. @throws ProviderError for what may pass
   */
  copy(
    key: string,
    from: { store: Store; info: ObjectInfo },
    signal: AbortSignal,
  ): Promise<ObjectInfo | undefined>;
  /** A missing object is no error. With `ifVersion` as `write`: OBJECT_CHANGED where the object has another version. */
  remove(key: string, signal: AbortSignal, ifVersion?: string): Promise<void>;
  presign(key: string, request: { ttlSeconds: number; signal: AbortSignal }): Promise<PresignedUrl>;
  authenticate(signal: AbortSignal): Promise<void>;
  uri(key: string): string;
  keyOf(uri: string): string | undefined;
  /** The same opened storage for a caller with other time limits and tries. */
  within(options: Partial<LayerOptions>): Store;
  close(): Promise<void>;
}

/** Slowest upload that is still taken for alive, in bytes per millisecond: added to a write's time limit. */
const slowestUpload = 50;

/**
 * Opens a storage. Connects to nothing yet; throws ProviderError if the settings cannot be opened at all
 * (local files when the document root is gone). Close it to release connections.
 */
export function openStore<Settings extends object, Secrets extends object>(
  provider: Provider<Settings, Secrets>,
  settings: Settings,
  secrets: Secrets,
  environment: ProviderEnvironment,
  options: Partial<LayerOptions> = {},
): Store {
  const location = provider.location(settings, environment);
  const driver = openDriver(provider, settings, secrets, environment);
  const { conditionalWrites = false } = provider.capabilities;
  const opened = {
    provider: provider as Provider,
    location,
    driver,
    takesConditions: { write: conditionalWrites, remove: conditionalWrites },
    whyUnsigned: () => provider.unsupported?.(settings, secrets).SIGN,
    uri: (key: string) => provider.uri(settings, key),
    keyOf: (uri: string) => provider.keyOf(settings, uri),
  };
  return layered(opened, { ...defaultLayerOptions, ...options });
}

/** An opened driver and what there is to know of its storage. */
interface Opened extends Pick<Store, 'provider' | 'location' | 'uri' | 'keyOf'> {
  driver: Driver;
  /** What it can do on condition, as far as is known. */
  takesConditions: Record<'write' | 'remove', boolean>;
  /** Why it can't sign URLs; undefined: it can, or nobody knows. */
  whyUnsigned(): string | undefined;
}

function layered(opened: Opened, layers: LayerOptions): Store {
  const { provider, location, driver, whyUnsigned, uri, keyOf } = opened;
  const toErrorOf = (capability: Capability) => (error: unknown) =>
    toProviderError(error, {
      classify: (raw) => driver.classify(raw),
      capability,
      container: location.container,
    });

  /** A request with one response: retried as a whole, each attempt within the time limit. */
  function ask<T>(
    capability: Capability,
    signal: AbortSignal,
    run: (signal: AbortSignal) => Promise<T>,
    limitMs = layers.requestTimeoutMs,
  ): Promise<T> {
    const context = { signal, toError: toErrorOf(capability), options: layers };
    return retry(() => limited(signal, limitMs, run), context);
  }

  function check(key: string, capability: Capability): void {
    const message = keyProblem(key, location.prefix, provider.capabilities, capability);
    if (message !== undefined) throw providerError({ code: 'INVALID_KEY', message }, { capability });
  }

  async function head(key: string, signal: AbortSignal): Promise<ObjectInfo> {
    check(key, 'READ');
    return ask('READ', signal, (attempt) => driver.head(key, { signal: attempt }));
  }

  /** Writes or removes on condition, until it turns out that the server knows none. */
  async function changed<T>(
    change: 'write' | 'remove',
    ifVersion: string | null | undefined,
    requests: Conditional<T>,
  ): Promise<T> {
    if (ifVersion === undefined || !opened.takesConditions[change]) return requests.run();
    const { came, takesConditions } = await onCondition(ifVersion, requests);
    opened.takesConditions[change] = takesConditions;
    return came;
  }

  return {
    provider,
    location,
    list(request) {
      const { listsInOrder: inOrder } = provider.capabilities;
      const context = { inOrder, toError: toErrorOf('LIST'), options: layers };
      return listPages(driver, { ...request, prefix: location.prefix }, context);
    },
    head,
    async glance(keys, signal) {
      for (const key of keys) check(key, 'READ');
      const { heads } = driver;
      const requests = {
        inOrder: provider.capabilities.listsInOrder,
        list: (request: Omit<ListRequest, 'signal'>) =>
          ask('LIST', signal, (attempt) => driver.listPage({ ...request, signal: attempt })),
        ...(heads && {
          heads: () => ask('READ', signal, (attempt) => heads.call(driver, keys, { signal: attempt })),
        }),
      };
      return glance(keys, requests).catch(() => {
        signal.throwIfAborted();
        return new Map();
      });
    },
    find: (key, signal) =>
      findObject(key, {
        head: () => head(key, signal),
        list: () =>
          ask('LIST', signal, (attempt) =>
            driver.listPage({ prefix: key, recursive: true, signal: attempt }),
          ),
      }),
    async read(key, request) {
      check(key, 'READ');
      checkRange(request.range);
      const { signal } = request;
      const body = await ask('READ', signal, (attempt) =>
        openBody(driver, key, { ...request, signal: attempt }),
      );
      const ifVersion = request.ifVersion ?? body.info.version ?? undefined;
      const start = request.range?.start ?? 0;
      const last = start + body.length - 1;
      const stream = resumedStream(body, {
        async reopen(given, stop) {
          const range =
            body.length === body.info.size && given === 0 ? undefined : { start: start + given, end: last };
          const rest = await limited(stop, layers.requestTimeoutMs, (attempt) =>
            openBody(driver, key, { range, ifVersion, signal: attempt }),
          );
          if (rest.length === body.length - given) return rest.stream;
          rest.stream.destroy();
          throw providerError({ code: ifVersion === undefined ? 'OBJECT_CHANGED' : 'UNEXPECTED_RESPONSE' });
        },
        pinned: ifVersion !== undefined,
        signal,
        toError: toErrorOf('READ'),
        options: layers,
      });
      return { ...body, stream };
    },
    async write(key, body, { ifVersion, contentType, signal }) {
      check(key, 'WRITE');
      const limitMs = layers.requestTimeoutMs + body.byteLength / slowestUpload;
      const put = (condition?: string | null) =>
        ask(
          'WRITE',
          signal,
          (attempt) => driver.write(key, body, { ifVersion: condition, contentType, signal: attempt }),
          limitMs,
        );
      return changed('write', ifVersion, { run: put, head: () => head(key, signal) });
    },
    takesStreams: driver.writeStream !== undefined,
    async writeStream(key, body, { signal, ...about }) {
      check(key, 'WRITE');
      const { writeStream } = driver;
      if (!writeStream) throw providerError({ code: 'UNSUPPORTED' }, { capability: 'WRITE' });
      const limitMs = layers.requestTimeoutMs + about.size / slowestUpload;
      const run = (attempt: AbortSignal) =>
        writeStream.call(driver, key, body, { ...about, signal: attempt });
      return limited(signal, limitMs, run).catch((error: unknown) => {
        signal.throwIfAborted();
        throw toErrorOf('WRITE')(error);
      });
    },
    async copy(key, { store, info }, signal) {
      check(key, 'WRITE');
      const { copy } = driver;
      if (!copy || store.provider !== provider) return undefined;
      const from = { container: store.location.container, info };
      const limitMs = layers.requestTimeoutMs + info.size / slowestUpload;
      const run = (attempt: AbortSignal) => copy.call(driver, key, from, { signal: attempt });
      return ask('WRITE', signal, run, limitMs).catch((error: unknown) => {
        // What one credential does not reach goes another way, and there shows why.
        if (!(error instanceof ProviderError) || error.retryable) throw error;
        return undefined;
      });
    },
    async remove(key, signal, ifVersion) {
      check(key, 'DELETE');
      const run = (condition?: string | null) =>
        ask('DELETE', signal, (attempt) =>
          driver.remove(key, { ifVersion: condition ?? undefined, signal: attempt }),
        );
      return changed('remove', ifVersion, { run, head: () => head(key, signal) });
    },
    async presign(key, { ttlSeconds, signal }) {
      check(key, 'SIGN');
      const { presign } = driver;
      if (!presign) {
        throw providerError({ code: 'UNSUPPORTED', message: whyUnsigned() }, { capability: 'SIGN' });
      }
      return ask('SIGN', signal, (attempt) => presign.call(driver, key, { ttlSeconds, signal: attempt }));
    },
    async authenticate(signal) {
      return ask('AUTHENTICATE', signal, (attempt) => driver.authenticate({ signal: attempt }));
    },
    uri,
    keyOf,
    within: (options) => layered(opened, { ...layers, ...options }),
    close: () => driver.close(),
  };
}

/** What a storage with these settings is lent: its connections trust whom the settings say. */
export function trustingEnvironment<Settings extends object>(
  provider: Pick<Provider<Settings>, 'trusts'>,
  settings: Settings,
  environment: ProviderEnvironment,
): ProviderEnvironment {
  const authorities = provider.trusts?.(settings);
  if (authorities === undefined) return environment;
  return { ...environment, outbound: environment.outbound.trusting(authorities) };
}

function openDriver<Settings extends object, Secrets extends object>(
  provider: Provider<Settings, Secrets>,
  settings: Settings,
  secrets: Secrets,
  environment: ProviderEnvironment,
): Driver {
  try {
    return provider.open(settings, secrets, trustingEnvironment(provider, settings, environment));
  } catch (error) {
    throw toProviderError(error, { capability: 'CONNECT' });
  }
}

/** A response that comes after its time limit is let go, or its connection would stay open. */
async function openBody(driver: Driver, key: string, request: ReadRequest): Promise<ObjectBody> {
  const body = await driver.read(key, request);
  if (!request.signal.aborted) return body;
  body.stream.destroy();
  throw request.signal.reason;
}

function checkRange(range: ByteRange | undefined): void {
  if (!range) return;
  const { start, end = start } = range;
  if (Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0 && end >= start) return;
  throw providerError({
    code: 'RANGE_NOT_SATISFIABLE',
    message: 'A range is two whole numbers, the smaller one first.',
  });
}

/**
 * Why a key is refused, or undefined. Dot segments are refused for reading too where keys form folders and
 * something on the way resolves them, as file systems and URL parsers do (RFC 3986, section 5.2.4): they
 * would leave the prefix.
 */
function keyProblem(
  key: string,
  prefix: string,
  { folders, dotsInKeys = false }: ProviderCapabilities,
  capability: Capability,
): string | undefined {
  if (key === '') return 'The key is empty.';
  if (!key.startsWith(prefix)) return "The key is outside the storage's prefix.";
  if (key.includes('\0')) return 'The key has a NUL character.';
  if (!key.isWellFormed()) return 'The key has half of a surrogate pair, which no UTF-8 can spell.';
  if (!folders) return undefined;
  if (key === prefix) return 'The key is a folder.';
  const segments = key.slice(prefix.length).split('/');
  if ((capability !== 'READ' || !dotsInKeys) && hasDotSegment(key.slice(prefix.length))) {
    return "The key has '.' or '..' as a folder or name.";
  }
  if (capability === 'WRITE' && segments.includes(''))
    return 'The key to write has an empty folder name, or none behind its last slash.';
  return undefined;
}
