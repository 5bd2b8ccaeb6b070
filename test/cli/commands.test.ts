import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createDatabase } from '../support/database.ts';
import { begin, newFolder, query, type RunOptions, run, type Serving, serve } from './longshore.ts';

/** `token`, `migrate`, `worker` and `sync`: alone, and beside a service. */

const role = '{ viewer { role } }';

async function token(options: RunOptions, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(['token', 'create', ...args], options);
  expect(code, stderr).toBe(0);
  expect(stdout).toMatch(/^ls_[\w-]{40,}\n$/);
  return stdout.trim();
}

/** Files in a folder below the document root. */
async function pictures(root: string, count: number): Promise<string> {
  const path = join(root, 'pictures');
  await mkdir(path, { recursive: true });
  for (let index = 0; index < count; index++) await writeFile(join(path, `${index}.jpg`), `${index}`);
  return path;
}

/** A project with a storage of this folder. @returns the storage's id */
async function connect(service: Serving, path: string): Promise<string> {
  const { createProject } = await service.query<{ createProject: { project: { id: string } } }>(
    `mutation { createProject(input: { title: "Signs" }) { ... on CreateProjectSuccess { project { id } } } }`,
  );
  const input = {
    projectId: createProject.project.id,
    provider: { localFiles: { path } },
    settings: { source: { presign: false } },
  };
  const { createStorage } = await service.query<{ createStorage: { storage: { id: string } } }>(
    `mutation ($input: CreateStorageInput!) { createStorage(input: $input) {
      ... on CreateStorageSuccess { storage { ... on ExternalStorage { id } } } } }`,
    { input },
  );
  return createStorage.storage.id;
}

const tasksOf = (service: Serving) =>
  service
    .query<{ projects: { nodes: { tasks: { totalCount: number } }[] } }>(
      '{ projects { nodes { tasks { totalCount } } } }',
    )
    .then(({ projects }) => projects.nodes.map(({ tasks }) => tasks.totalCount));

test('a token made while the service runs opens the API, and so does one made before', async () => {
  const folder = await newFolder();
  const before = await token({ folder });
  const service = await serve(['serve', '--no-demo'], { folder });
  const during = await token({ folder }, '--title', 'scripts', '--expires-in', '0.5');
  for (const each of [before, during]) {
    expect(await query(service.url, each, role)).toEqual({ viewer: { role: 'OWNER' } });
  }
  expect(during).not.toBe(before);
  // The service was not disturbed.
  expect(await service.query(role)).toEqual({ viewer: { role: 'OWNER' } });
});

test('a token can be limited to scopes and to a project', async () => {
  const folder = await newFolder();
  const service = await serve(['serve', '--no-demo'], { folder });
  await connect(service, await pictures(join(folder, 'longshore-data/files'), 1));
  const limited = await token({ folder }, '--scope', 'sync', '--scope', 'ANNOTATE', '--project', 'Signs');
  const limits = '{ viewer { scopes projectId } projects { nodes { id } } }';
  const { viewer, projects } = await query<{
    viewer: { scopes: string[]; projectId: string };
    projects: { nodes: { id: string }[] };
  }>(service.url, limited, limits);
  expect(viewer).toEqual({ scopes: ['READ', 'SYNC', 'ANNOTATE'], projectId: projects.nodes[0]!.id });
  const { code, stderr } = await run(['token', 'create', '--project', 'Nothing'], { folder });
  expect(code).not.toBe(0);
  expect(stderr).toContain('--project: there is no project "Nothing".');
});

test('a token whose days are over opens nothing', async () => {
  const folder = await newFolder();
  const service = await serve(['serve', '--no-demo'], { folder });
  // A hundredth of a second.
  const short = await token({ folder }, '--expires-in', '0.0000001');
  await expect.poll(() => query(service.url, short, role).catch(String)).toContain('UNAUTHENTICATED');
});

test('migrate makes the tables, and again finds nothing to do', async () => {
  const folder = await newFolder();
  for (const again of [false, true]) {
    const { code, stdout, stderr } = await run(['migrate'], { folder });
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr.includes('Setting up')).toBe(!again);
    expect(stderr).toContain('The database is up to date.');
  }
});

test('a database that does not answer is named', async () => {
  const env = { DATABASE_URL: 'postgres://nobody:canary-password@127.0.0.1:1/none' };
  const { code, stderr } = await run(['serve'], { folder: await newFolder(), env });
  expect(code).toBe(1);
  expect(stderr).toMatch(/^longshore: DATABASE_URL: /m);
  expect(stderr).not.toContain('canary-password');
});

test('two services and two workers share one database, and a worker that is killed is no loss', async () => {
  const database = await createDatabase();
  const root = await newFolder();
  const env = {
    DATABASE_URL: database.url,
    LOCAL_FILES_DOCUMENT_ROOT: root,
    ENCRYPTION_KEYS: Buffer.alloc(32, 7).toString('base64'),
    WORKER_LEASE_SECONDS: '1',
  };
  const options = async () => ({ folder: await newFolder(), env });
  const [first, second] = [
    await serve(['serve', '--no-worker'], await options()),
    await serve(['serve', '--no-worker'], await options()),
  ];
  const workers = [begin(['worker'], await options()), begin(['worker'], await options())];
  for (const worker of workers) await worker.says(/The worker is ready/);

  const storageId = await connect(first, await pictures(root, 500));
  const start = `mutation ($storageId: ID!) { syncStorage(input: { storageId: $storageId }) { __typename } }`;
  await first.query(start, { storageId });
  await workers[0]!.kill();
  const status = async () =>
    (
      await second.query<{ storage: { status: string } }>(
        'query ($id: ID!) { storage(id: $id) { ... on ExternalStorage { status } } }',
        { id: storageId },
      )
    ).storage.status;
  await expect.poll(status, { timeout: 20_000 }).toBe('COMPLETED');
  expect(await tasksOf(second)).toEqual([500]);

  const { code, stderr } = await workers[1]!.stop();
  expect({ code, stopping: stderr.includes('Stopping') }).toEqual({ code: 0, stopping: true });
  for (const service of [first, second]) expect((await service.stop()).code).toBe(0);
  await database.drop();
});

test('an embedded database is shared by a service and its workers', async () => {
  const folder = await newFolder();
  const service = await serve(['serve', '--no-worker'], { folder });
  const worker = begin(['worker'], { folder });
  await worker.says(/The worker is ready/);
  const storageId = await connect(service, await pictures(join(folder, 'longshore-data/files'), 3));
  const { code, stderr } = await run(['sync', storageId], { folder });
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('COMPLETED: 3 objects') });
  expect(await tasksOf(service)).toEqual([3]);
  await worker.stop();
  // Whoever ends, the database goes on for the others.
  expect(await service.query(role)).toEqual({ viewer: { role: 'OWNER' } });
});

test('sync works without a service, tells new from known, and says what went wrong by its exit code', async () => {
  const folder = await newFolder();
  const root = join(folder, 'longshore-data/files');
  const service = await serve(['serve', '--no-demo'], { folder });
  const path = await pictures(root, 4);
  const storageId = await connect(service, path);
  await service.stop();

  const first = await run(['sync', storageId], { folder });
  expect(first.stderr).toMatch(/\[█+\] 100% {2}4 objects, 4 new tasks/);
  expect({ code: first.code, stdout: first.stdout }).toEqual({ code: 0, stdout: '' });
  await writeFile(join(path, 'new.jpg'), 'new');
  const second = await run(['sync', storageId], { folder });
  expect(second.stderr).toContain('COMPLETED: 5 objects, 1 imported, 4 unchanged, 1 new tasks');
  const unknown = await run(['sync', Buffer.from('LocalFilesStorage:99').toString('base64')], { folder });
  expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining('No storage with id "99"') });

  // The folder is gone.
  await rename(path, `${path}-gone`);
  const failed = await run(['sync', storageId], { folder });
  expect(failed.code).toBe(1);
  expect(failed.stderr).toMatch(/FAILED: 0 objects.*\n.*\S/);
});
