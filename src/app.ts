import { join } from 'node:path';
import { createAuthenticator, createGuessDelay } from './api/authenticate.ts';
import { healthRoutes } from './api/health.ts';
import { createRouter, type Route } from './api/router.ts';
import { listen } from './api/server.ts';
import type { Config } from './config.ts';
import { grantToRole } from './database/app-role.ts';
import { clientProblem, type Database, openDatabase } from './database/client.ts';
import { startEmbeddedPostgres } from './database/embedded/embedded.ts';
import { holdServiceLock } from './database/embedded/lock.ts';
import { rememberedFact } from './database/installation.ts';
import { migrateDatabase } from './database/migrate.ts';
import { ConfigError } from './errors.ts';
import { openEventBus } from './events/bus.ts';
import { createTargetRun } from './exports/sync.ts';
import { startExportWorker } from './exports/worker.ts';
import { openQueue } from './jobs/queue.ts';
import { ENCRYPTION_KEY_FACT, rotateKeys } from './keys.ts';
import { mediaRoutes } from './media/routes.ts';
import { createLinkSigner } from './media/signature.ts';
import { createSlots } from './media/slots.ts';
import { createLogger, type Logger } from './observability/log.ts';
import { invitationRoute } from './organizations/invitations/routes.ts';
import type { ProviderName } from './providers/provider.ts';
import { createRegistry, type Registry } from './providers/registry.ts';
import { createOutboundGuard } from './security/outbound.ts';
import { createSecretBox, type KeyRing, loadOrCreateKeyFile, parseKeys } from './security/secrets.ts';
import { createServices, type Services } from './services.ts';
import { snapshotRoutes } from './snapshots/routes.ts';
import { startSnapshotWorker } from './snapshots/target/worker.ts';
import { createStorageOpener } from './storages/connect/open.ts';
import { notificationRoutes } from './storages/notifications/routes.ts';
import { createStorePool } from './storages/pool.ts';
import { reportRoute } from './syncs/report/routes.ts';
import { startSyncWorker } from './syncs/run/worker.ts';
import { startWebhookWorker } from './webhooks/deliver.ts';
import { startWorkerThread } from './worker/start.ts';

export interface AppOptions {
  /** Listen for GraphQL. */
  api: boolean;
  /** `thread`: beside the API without holding it up; `inline`: in this very thread. */
  worker: 'none' | 'inline' | 'thread';
  /** Hold the data directory of the embedded database: one service at a time. */
  exclusive?: boolean;
  /** Bring the database up to date first (default). */
  migrate?: boolean;
  registry?: Registry;
  log?: Logger;
  /** Called with each statement sent to the database, for measurements. */
  onStatement?: (text: string) => void;
  /** Hears what takes a while at the start, for people. */
  onProgress?: (message: string) => void;
}

export interface App {
  /** `http://host:port` that the API listens on; null without the role. */
  url: string | null;
  /** What the API answers over HTTP; empty without the role. */
  routes: readonly Route[];
  databaseUrl: string;
  services: Services;
  log: Logger;
  /** A code that opens GraphiQL once, in place of the token; null without the role of the API, or without GraphiQL. */
  entryCode(token: string): string | null;
  /** Seals all stored secrets with the first encryption key. @returns how many another key had sealed */
  rotateKeys(): Promise<number>;
  /** Gives a role of the database what a running service needs, and nothing else. @throws ConfigError */
  grantTo(role: string): Promise<void>;
  /** Ends running answers, hands running syncs back, and stops what the app started. */
  close(): Promise<void>;
}

/** The composition root: the whole service, or one role of it, from one checked configuration. */
export async function createApp(config: Config, options: AppOptions): Promise<App> {
  const log = options.log ?? createLogger(config.logLevel);
  const closers: (() => Promise<void> | void)[] = [];
  const close = async () => {
    for (let closer = closers.pop(); closer; closer = closers.pop()) {
      await Promise.resolve(closer()).catch((error: unknown) => log.error({ error }, 'closing failed'));
    }
  };
  try {
    return await compose(config, options, log, closers, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function compose(
  config: Config,
  options: AppOptions,
  log: Logger,
  closers: (() => Promise<void> | void)[],
  close: () => Promise<void>,
): Promise<App> {
  const problem = clientProblem();
  if (problem !== undefined) log.warn(problem);
  const databaseUrl = config.databaseUrl ?? (await embeddedDatabase(config, options, closers));
  if (options.migrate !== false) await migrateDatabase(databaseUrl, config.partitions);
  const database = openDatabase(databaseUrl, {
    connections: config.databaseConnections,
    name: 'longshore',
    onStatement: options.onStatement,
  });
  closers.push(() => database.close());

  const keyFile = join(config.dataDirectory, 'encryption-keys');
  const keys = config.encryptionKeys ? parseKeys(config.encryptionKeys) : await loadOrCreateKeyFile(keyFile);
  await checkKeys(database, keys, config.encryptionKeys ? 'ENCRYPTION_KEYS' : keyFile);

  const registry = options.registry ?? createRegistry({ localFiles: config.localFiles.enabled });
  const secretBox = createSecretBox(keys);
  const outbound = createOutboundGuard({ allow: [...config.outboundAllow] });
  const opener = createStorageOpener(
    database,
    registry,
    secretBox,
    {
      outbound,
      documentRoot: config.localFiles.documentRoot,
      dataDirectory: config.dataDirectory,
      env: config.env,
    },
    config.ambientCredentials,
    log,
  );
  const stores = createStorePool(opener);
  closers.push(() => stores.close());
  const events = await openEventBus(database);
  closers.push(() => events.close());
  const queue = await openQueue(database, {
    supervise: options.worker === 'inline',
    onError: (error) => log.error({ error }, 'the job queue failed'),
  });
  closers.push(() => queue.close());
  let listening = '';
  const unserved = new Set<ProviderName>(config.localFiles.serving ? [] : ['LOCAL_FILES']);
  const services = createServices({
    ...{ database, events, queue, opener, stores, registry, outbound, secretBox, log },
    media: {
      ...config.media,
      signer: createLinkSigner(keys, config.media.linkSeconds),
      slots: createSlots({
        count: config.media.concurrency,
        queue: 1_000,
        patienceMs: config.media.timeoutMs,
      }),
      unserved,
      baseUrl: () => config.publicUrl ?? listening,
    },
  });
  closers.push(() => services.syncWatch.close());
  closers.push(() => services.storageChanges.close());

  if (options.worker === 'inline') {
    const exporter = {
      ...{ database, events, stores, log },
      dataDirectory: config.dataDirectory,
      leaseSeconds: config.worker.exportLeaseSeconds,
    };
    const exports = startExportWorker(exporter);
    closers.push(() => exports.close());
    const worker = await startSyncWorker({
      ...{ database, events, queue, stores, log },
      runTarget: createTargetRun(exporter),
      ...config.worker,
      dataDirectory: config.dataDirectory,
    });
    closers.push(() => worker.close());
    const { leaseSeconds } = exporter;
    const media = { registry, stores, starts: services.media.starts, unserved };
    const snapshots = startSnapshotWorker({ database, events, stores, media, log, leaseSeconds });
    closers.push(() => snapshots.close());
    const webhooks = startWebhookWorker({ database, events, outbound, secretBox, log });
    closers.push(() => webhooks.close());
  } else if (options.worker === 'thread') {
    const thread = await startWorkerThread({ ...config, databaseUrl }, log);
    closers.push(() => thread.close());
  }
  let entryCode: App['entryCode'] = () => null;
  let routes: App['routes'] = [];
  if (options.api) {
    const api = await startApi(config, services, database.sql, log, closers);
    listening = api.url;
    routes = api.routes;
    if (config.graphiql) entryCode = api.entryCode;
  }
  return {
    ...{ url: listening || null, routes, databaseUrl, services, log, close, entryCode },
    rotateKeys: () => rotateKeys(database, secretBox),
    grantTo: (role) => grantToRole(database.sql, role),
  };
}

async function embeddedDatabase(
  config: Config,
  { exclusive, onProgress }: AppOptions,
  closers: (() => Promise<void> | void)[],
): Promise<string> {
  const directory = config.dataDirectory;
  const postgres = await startEmbeddedPostgres({ directory, ...(onProgress && { log: onProgress }) });
  if (exclusive) {
    const lock = await holdServiceLock(postgres.url);
    closers.push(async () => {
      await lock.release();
      await postgres.stop();
    });
  } else if (!postgres.adopted) {
    // A service that came later may be using it by now: then it is that one's to stop.
    closers.push(async () => {
      const lock = await holdServiceLock(postgres.url).catch(() => undefined);
      await lock?.release();
      if (lock) await postgres.stop();
    });
  }
  return postgres.url;
}

/** Two installations with different keys on one database would each seal what the other can't open. */
async function checkKeys(database: Database, { keys, primary }: KeyRing, where: string): Promise<void> {
  const sealedBy = await rememberedFact(database, ENCRYPTION_KEY_FACT, primary);
  if (keys.some(({ id }) => id === sealedBy)) return;
  throw new ConfigError(
    `${where}: the secrets in this database were sealed with key ${sealedBy}, which is not there. ` +
      'Give that key, first or beside the new one.',
  );
}

async function startApi(
  config: Config,
  services: Services,
  sql: ReturnType<typeof openDatabase>['sql'],
  log: Logger,
  closers: (() => Promise<void> | void)[],
): Promise<{ url: string; routes: Route[]; entryCode(token: string): string }> {
  // Only here: the schema takes memory that a worker has better use for.
  const { createEngine } = await import('./api/graphql/engine.ts');
  const { graphqlRoutes } = await import('./api/graphql/server.ts');
  const { createEntryCode } = await import('./api/graphiql/entry-code.ts');
  const { attachWebSockets } = await import('./api/graphql/websocket.ts');
  const slow = createGuessDelay(log);
  const { signOn, publicUrl } = config;
  const authenticate = createAuthenticator(services, { signOn, publicUrl, slow });
  const { introspection, rateLimit, graphiql, queriesByGet, corsOrigins: origins } = config;
  const { documentRoot } = config.localFiles;
  const engine = createEngine({ services, authenticate, log, introspection, rateLimit });
  const entry = createEntryCode(slow);
  const routes = [
    ...graphqlRoutes(engine, { graphiql, queriesByGet, documentRoot, origins }),
    ...(graphiql ? [entry.route] : []),
    ...notificationRoutes(services, slow),
    invitationRoute(services, slow),
    reportRoute(services),
    ...snapshotRoutes(services),
    ...mediaRoutes(services, { origins }),
    ...healthRoutes({ sql }),
  ];
  const http = await listen(config, createRouter(routes, { authenticate, log }));
  const sockets = attachWebSockets(http.server, engine);
  closers.push(async () => {
    await sockets.close();
    await http.close();
  });
  return { url: http.url, routes, entryCode: entry.issue };
}
