import { type App, createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { openDatabase } from '../../src/database/client.ts';
import type { Viewer } from '../../src/organizations/model.ts';
import type { Project } from '../../src/projects/model.ts';
import type { Registry } from '../../src/providers/registry.ts';
import type { ProviderInput, SourceSettings, Storage } from '../../src/storages/model.ts';
import { isActive } from '../../src/syncs/model.ts';
import { createMemoryProvider } from '../providers/memory/config.ts';
import type { GeneratedObjects } from '../providers/memory/container.ts';
import { MemoryContainer } from '../providers/memory/container.ts';
import type { Bench } from './scenario.ts';

/** A worker on a database of its own, with one project, for scenarios that sync. */
export interface SyncBench {
  app: App;
  viewer: Viewer;
  project: Project;
  connect(provider: ProviderInput, source: Partial<SourceSettings>): Promise<Storage>;
  /** Starts a sync as a client does and waits for its end. */
  sync(storage: Storage): Promise<void>;
}

export async function openSyncBench(
  { run, countStatement }: Bench,
  registry?: Registry,
  settings: Record<string, string> = {},
  api = false,
): Promise<SyncBench> {
  const config = readConfig({
    DATABASE_URL: run.databaseUrl,
    DATA_DIR: run.directory,
    OUTBOUND_ALLOW: '127.0.0.0/8',
    LOG_LEVEL: 'warn',
    ...settings,
  });
  const app = await createApp(config, {
    api,
    worker: 'inline',
    migrate: false,
    onStatement: countStatement,
    ...(registry && { registry }),
  });
  const { viewer } = await app.services.organizations.ensureFirst();
  const labelConfig = '<View><Image name="i" value="$image"/></View>';
  const project = await app.services.projects.create(viewer, { title: 'Bench', labelConfig });
  return {
    app,
    viewer,
    project,
    connect: (provider, source) =>
      app.services.storages.create(
        viewer,
        { projectId: project.id, provider, settings: { source } },
        new AbortController().signal,
      ),
    async sync(storage) {
      let sync = await app.services.syncs.start(viewer, storage.id, {});
      const grant = await app.services.access.authorize(viewer, 'sync.read', sync);
      const follow = app.services.syncWatch.follow(grant, sync, new AbortController().signal);
      for await (sync of follow) if (!isActive(sync.status)) break;
      if (sync.status !== 'COMPLETED') throw new Error(`The sync ended ${sync.status}: ${sync.errorMessage}`);
    },
  };
}

/** A container whose objects exist only as a rule, and the registry that offers it as S3. */
export function memoryRegistry(generated: GeneratedObjects): {
  container: MemoryContainer;
  registry: Registry;
} {
  const container = new MemoryContainer({ generated });
  const provider = createMemoryProvider(container);
  const registry: Registry = new Map([['S3', provider]]);
  return { container, registry };
}

/** Keys as buckets have them, ascending. */
export const imageKey = (index: number) =>
  `images/batch-${String(Math.floor(index / 1000)).padStart(5, '0')}/photo-${String(index).padStart(8, '0')}.jpg`;

/** The owner, project, container and storage rows that a limit's rows refer to. */
export async function limitRows({ run }: Bench) {
  const database = openDatabase(run.databaseUrl, { connections: 4, name: 'bench' });
  const { sql } = database;
  await sql`INSERT INTO organizations (title, external_id) VALUES ('Bench', 'bench')`;
  await sql`INSERT INTO projects (organization_id, title) VALUES (1, 'Bench')`;
  await sql`INSERT INTO containers (project_id, uri) VALUES (1, 'memory://memory')`;
  await sql`INSERT INTO storages (project_id, container_id, provider, direction, prefix, config, settings)
            VALUES (1, 1, 'S3', 'SOURCE', '', '{}', '{}')`;
  return database;
}
