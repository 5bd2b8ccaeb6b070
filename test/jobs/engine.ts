import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type postgres from 'postgres';
import { afterAll } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { openDatabase } from '../../src/database/client.ts';
import { openEventBus } from '../../src/events/bus.ts';
import type { Queue } from '../../src/jobs/queue.ts';
import { createLinkSigner } from '../../src/media/signature.ts';
import { createSlots } from '../../src/media/slots.ts';
import { createLogger } from '../../src/observability/log.ts';
import type { Viewer } from '../../src/organizations/model.ts';
import type { Project } from '../../src/projects/model.ts';
import { DriverFailure } from '../../src/providers/errors.ts';
import type { ObjectInfo, Provider, ProviderCapabilities } from '../../src/providers/provider.ts';
import type { Registry } from '../../src/providers/registry.ts';
import { createOutboundGuard } from '../../src/security/outbound.ts';
import { createSecretBox, parseKeys } from '../../src/security/secrets.ts';
import { createServices } from '../../src/services.ts';
import { createStorageOpener } from '../../src/storages/connect/open.ts';
import type { SourceSettings, StorageOf } from '../../src/storages/model.ts';
import { createStorePool } from '../../src/storages/pool.ts';
import { isActive, type Sync, type SyncIssue, type SyncOptions } from '../../src/syncs/model.ts';
import { runSync, type SyncRunner } from '../../src/syncs/run/run.ts';
import { createMemoryProvider } from '../providers/memory/config.ts';
import { MemoryContainer } from '../providers/memory/container.ts';
import { createDatabase } from '../support/database.ts';

export type Source = StorageOf<'SOURCE'>;

export interface EngineOptions {
  container?: MemoryContainer;
  capabilities?: Partial<ProviderCapabilities>;
  /** Dresses the memory provider up, to change how it behaves. */
  dress?(provider: Provider): Provider;
  leaseSeconds?: number;
  readConcurrency?: number;
}

export interface TaskRow {
  id: number;
  key: string;
  row: number;
  revision: number;
  data: unknown;
  innerId: number;
  totalAnnotations: number;
  cancelledAnnotations: number;
  totalPredictions: number;
  isLabeled: boolean;
}

export interface LedgerRow {
  key: string;
  size: number;
  version: string | null;
  modifiedAt: number | null;
  state: string;
  code: string | null;
  message: string | null;
  taskCount: number;
  failedRows: number;
  revision: number;
}

/**
 * The sync engine on a database of its own, over storages in memory. No queue in between: the test itself is
 * the worker, and runs a sync when, and as often, as it likes.
 */
export type Engine = Awaited<ReturnType<typeof openEngine>>;

const opened: { close(): Promise<void> }[] = [];
afterAll(async () => {
  for (const engine of opened) await engine.close();
});

const noQueue: Queue = { send: async () => {}, work: async () => {}, close: async () => {} };

export async function openEngine(options: EngineOptions = {}) {
  const container = options.container ?? new MemoryContainer();
  const memory = createMemoryProvider(container, { capabilities: options.capabilities ?? {} });
  const provider = options.dress?.(memory) ?? memory;
  const registry: Registry = new Map([['S3', provider]]);
  const created = await createDatabase();
  const dataDirectory = await mkdtemp(join(tmpdir(), 'longshore-engine-'));
  const logs: string[] = [];
  const log = createLogger('debug', { write: (line: string) => logs.push(line) });
  const hooks: { onStatement: ((text: string) => void) | undefined } = { onStatement: undefined };
  const database = openDatabase(created.url, {
    connections: 8,
    name: 'engine',
    onStatement: (text) => hooks.onStatement?.(text),
  });
  const behind = openDatabase(created.url, { connections: 2, name: 'behind' });
  const events = await openEventBus(database);
  const keyRing = parseKeys(randomBytes(32).toString('base64'));
  const keys = createSecretBox(keyRing);
  const outbound = createOutboundGuard({ allow: [] });
  const environment = { outbound, documentRoot: null, dataDirectory: null, env: {} };
  const opener = createStorageOpener(database, registry, keys, environment, 'first', log);
  const stores = createStorePool(opener);
  const media = {
    ...readConfig({}).media,
    signer: createLinkSigner(keyRing, 60),
    slots: createSlots({ count: 1, queue: 1, patienceMs: 1_000 }),
    unserved: new Set<never>(),
    baseUrl: () => '',
  };
  const services = createServices({
    ...{ database, events, queue: noQueue, opener, stores, media, registry, outbound, log },
    secretBox: keys,
  });
  const { viewer } = await services.organizations.ensureFirst();
  const { sql } = behind;

  const runner = (shutdown: AbortSignal): SyncRunner => ({
    ...{ database, events, stores, log, dataDirectory, shutdown },
    runTarget: async () => {},
    worker: 'test',
    leaseSeconds: options.leaseSeconds ?? 15,
    readConcurrency: options.readConcurrency ?? 4,
  });

  async function record(syncId: number): Promise<Sync> {
    const [sync] = await services.syncs.visible(viewer, [syncId]);
    if (!sync) throw new Error(`There is no sync ${syncId}.`);
    return sync;
  }

  const engine = {
    container,
    provider,
    database,
    services,
    viewer: viewer as Viewer,
    stores,
    /** For looking behind the services; not counted among the engine's statements. */
    sql: sql as postgres.Sql,
    dataDirectory,
    logs,
    hooks,
    record,

    project: (
      labelConfig = '<View><Image name="i" value="$image"/><Text name="t" value="$text"/></View>',
    ): Promise<Project> => services.projects.create(viewer, { title: 'Project', labelConfig }),

    async connect(
      project: Project,
      source: Partial<SourceSettings> = {},
      { prefix = '', name = container.name, token }: { prefix?: string; name?: string; token?: string } = {},
    ): Promise<Source> {
      const secrets = token === undefined ? {} : { token };
      const where = { provider: 'S3' as const, settings: { container: name, prefix }, secrets };
      const input = {
        projectId: project.id,
        provider: where,
        settings: { source: { recursive: true, ...source } },
      };
      return (await services.storages.create(viewer, input, never)) as Source;
    },

    start: (storage: Source, syncOptions: SyncOptions = {}): Promise<Sync> =>
      syncOptions.retryFailed
        ? services.syncs.retryFailed(viewer, storage.id)
        : services.syncs.start(viewer, storage.id, syncOptions),

    /** One worker's part in a sync, until it has nothing more to do with it. */
    async run(syncId: number, shutdown: AbortSignal = never): Promise<Sync> {
      await runSync(runner(shutdown), syncId);
      return record(syncId);
    },

    /** Sees a sync to its end, as many workers as it takes. */
    async finish(syncId: number): Promise<Sync> {
      for (let attempt = 1; attempt <= 5; attempt++) {
        const sync = await record(syncId);
        if (!isActive(sync.status)) return sync;
        await engine.run(syncId);
      }
      throw new Error(
        `Sync ${syncId} does not end: ${JSON.stringify(await record(syncId))}\n${logs.slice(-5).join('')}`,
      );
    },

    /** Starts a sync and sees it to its end. */
    async sync(storage: Source, syncOptions: SyncOptions = {}): Promise<Sync> {
      return engine.finish((await engine.start(storage, syncOptions)).id);
    },

    /** As if the worker that has it had been silent for too long. */
    async loseLease(syncId: number): Promise<void> {
      await sql`UPDATE syncs SET lease_until = now() - interval '1 second' WHERE id = ${syncId} AND status = 'IN_PROGRESS'`;
    },

    tasks: ({ id }: Project): Promise<TaskRow[]> =>
      sql<TaskRow[]>`
        SELECT id, key, row, revision, data, inner_id AS "innerId", total_annotations AS "totalAnnotations",
          cancelled_annotations AS "cancelledAnnotations", total_predictions AS "totalPredictions",
          is_labeled AS "isLabeled"
        FROM tasks WHERE project_id = ${id} ORDER BY key, revision, row`,

    ledger: ({ id }: Source): Promise<LedgerRow[]> =>
      sql<LedgerRow[]>`
        SELECT key, size, version, (extract(epoch FROM modified_at) * 1000)::float8 AS "modifiedAt", state, code,
          message, task_count AS "taskCount", failed_rows AS "failedRows", revision
        FROM objects WHERE storage_id = ${id} ORDER BY key`,

    issues: (sync: Pick<Sync, 'id' | 'projectId'>): Promise<SyncIssue[]> =>
      services.syncs.issues(viewer, sync, {}, { limit: 10_000 }),

    async marks(): Promise<number> {
      const [row] = await sql<{ total: number }[]>`SELECT count(*)::int AS total FROM sync_marks`;
      return row!.total;
    },

    /** Puts an annotation on a task. */
    annotate: (taskId: number) => services.annotations.create(viewer, taskId, { result: [] }),

    deleteTasks: (project: Project, ids: number[]) => services.tasks.deleteTasks(viewer, project.id, ids),

    async close(): Promise<void> {
      services.syncWatch.close();
      await stores.close();
      await events.close();
      await database.close();
      await behind.close();
      await created.drop();
      await rm(dataDirectory, { recursive: true, force: true });
    },
  };
  opened.push(engine);
  return engine;
}

/** A signal that is not aborted. */
export const never = new AbortController().signal;

/** A provider that knows no versions: changes show by size and time alone. */
export const withoutVersions = (provider: Provider) => withVersions(provider, () => null);

/** A provider whose version is the content's: what is put back is what it was. */
export const versionedByContent = (provider: Provider) =>
  withVersions(provider, ({ version }) => version!.replace(/-\d+$/, ''));

function withVersions(provider: Provider, versionOf: (info: ObjectInfo) => string | null): Provider {
  const changed = (info: ObjectInfo): ObjectInfo => ({ ...info, version: versionOf(info) });
  return {
    ...provider,
    open(...access) {
      const driver = provider.open(...access);
      return {
        ...driver,
        async listPage(request) {
          const page = await driver.listPage(request);
          return { ...page, objects: page.objects.map(changed) };
        },
        head: async (key, request) => changed(await driver.head(key, request)),
        async read(key, { ifVersion, ...request }) {
          const body = await driver.read(key, request);
          const info = changed(body.info);
          if (ifVersion !== undefined && info.version !== ifVersion) {
            throw new DriverFailure({ code: 'OBJECT_CHANGED' });
          }
          return { ...body, info };
        },
      };
    },
  };
}

/** A provider whose objects of that name hold the block so many times over, made while they are read. */
export function endless(provider: Provider, name: RegExp, block: Buffer, blocks: number): Provider {
  const size = block.length * blocks;
  const grown = (info: ObjectInfo): ObjectInfo => (name.test(info.key) ? { ...info, size } : info);
  return {
    ...provider,
    open(...access) {
      const driver = provider.open(...access);
      return {
        ...driver,
        async listPage(request) {
          const page = await driver.listPage(request);
          return { ...page, objects: page.objects.map(grown) };
        },
        async read(key, request) {
          const body = await driver.read(key, request);
          if (!name.test(key)) return body;
          body.stream.destroy();
          const stream = Readable.from(
            Array.from({ length: blocks }, () => block),
            { objectMode: false },
          );
          return { info: grown(body.info), length: size, stream };
        },
      };
    },
  };
}
