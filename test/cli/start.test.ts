import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { freePorts } from '../servers/ports.ts';
import { createBucket } from '../support/bucket.ts';
import { newFolder, run, type Serving, serve } from './longshore.ts';

interface Task {
  data: Record<string, unknown>;
  predictions: { nodes: unknown[] };
}
interface Storage {
  direction: string;
  title: string;
  uri: string;
  status: string;
  settings: { filter?: string; importMethod?: string };
}
interface Project {
  title: string;
  storages: { nodes: Storage[] };
  tasks: { nodes: Task[] };
}

const everything = `{ projects(first: 5) { nodes { title
  storages(first: 10) { nodes { ... on ExternalStorage {
    direction title uri status settings { ... on SourceSettings { filter importMethod } } } } }
  tasks(first: 100) { nodes { data predictions { nodes { modelVersion } } } } } } }`;

async function projectsOf(service: Serving): Promise<Project[]> {
  return (await service.query<{ projects: { nodes: Project[] } }>(everything)).projects.nodes;
}

const labelConfig = '<View><Image name="i" value="$picture"/></View>';

/** Arguments of a start that connects a source. */
function source(kind: string, path: string, params: object | undefined): string[] {
  const given = params === undefined ? [] : ['--source-params', JSON.stringify(params)];
  return ['start', 'signs', '--init', '--source', kind, '--source-path', path, ...given];
}

let folder: string;
beforeEach(async () => {
  folder = await newFolder();
});

describe('local files', () => {
  let path: string;
  beforeEach(async () => {
    path = join(folder, 'mydata/dataset');
    await mkdir(join(path, 'deep'), { recursive: true });
    for (const name of ['a.jpg', 'b.png', 'deep/c.jpg']) await writeFile(join(path, name), name);
    await writeFile(
      join(path, 'deep/tasks.json'),
      JSON.stringify([
        { data: { text: 'one' }, predictions: [{ model_version: 'm', result: [] }] },
        { data: { text: 'two' } },
      ]),
    );
  });

  test('become tasks, with a progress bar; the next start brings in only what is new', async () => {
    const args = [...source('local-files', path, { regex: '.*\\.jpg' }), '--label-config', labelConfig];
    const first = await serve(args, { folder });
    expect(first.said()).toMatch(/local-files \/\S+dataset \[█+\] 100% {2}4 objects, 2 new tasks/);
    const [project, ...others] = await projectsOf(first);
    expect(others).toEqual([]);
    expect(project).toMatchObject({
      title: 'signs',
      storages: {
        nodes: [{ direction: 'SOURCE', uri: '/data/local-files/?d=dataset/', status: 'COMPLETED' }],
      },
    });
    expect(project!.tasks.nodes.map(({ data }) => data)).toEqual([
      { picture: '/data/local-files/?d=dataset/a.jpg' },
      { picture: '/data/local-files/?d=dataset/deep/c.jpg' },
    ]);
    await first.stop();

    // Without --init, since the project is there; and the path as one types it.
    await writeFile(join(path, 'd.jpg'), 'd');
    const again = source('local-files', './mydata//dataset/', { regex: '.*\\.(jpg|png)' });
    const second = await serve(
      again.filter((arg) => arg !== '--init'),
      { folder },
    );
    const [same, ...none] = await projectsOf(second);
    expect(none).toEqual([]);
    expect(same!.storages.nodes).toHaveLength(1);
    expect(same!.storages.nodes[0]).toMatchObject({ settings: { filter: '.*\\.(jpg|png)' } });
    expect(same!.tasks.nodes).toHaveLength(4);
  });

  test('nothing is synced without a regex, and a warning says so', async () => {
    const service = await serve(source('local-files', path, { data_key: 'img' }), { folder });
    expect(service.said()).toMatch(/"regex" is not set, so nothing is synced/);
    expect(await projectsOf(service)).toMatchObject([
      { storages: { nodes: [{ status: 'INITIALIZED' }] }, tasks: { nodes: [] } },
    ]);
  });

  test('use_blob_urls: false reads tasks out of objects; prefix limits them; data_key names the key', async () => {
    const params = { regex: '.*\\.json', prefix: 'deep', use_blob_urls: false };
    const service = await serve(source('local-files', path, params), { folder });
    const [project] = await projectsOf(service);
    expect(project!.storages.nodes).toMatchObject([
      { uri: '/data/local-files/?d=dataset/deep/', settings: { importMethod: 'TASKS' } },
    ]);
    expect(project!.tasks.nodes).toEqual([
      { data: { text: 'one' }, predictions: { nodes: [{ modelVersion: 'm' }] } },
      { data: { text: 'two' }, predictions: { nodes: [] } },
    ]);
    await service.stop();

    // Another prefix is another storage of the same project.
    const images = { regex: '.*\\.png', data_key: 'img' };
    const second = await serve(source('local-files', path, images), { folder });
    const [same] = await projectsOf(second);
    expect(same!.storages.nodes).toHaveLength(2);
    expect(same!.tasks.nodes[2]!.data).toEqual({ img: '/data/local-files/?d=dataset/b.png' });
  });

  test('create_local_copy keeps a copy of each object in the data directory', async () => {
    const params = { regex: '.*\\.jpg', create_local_copy: true };
    await serve(source('local-files', path, params), { folder });
    const copies = join(folder, 'longshore-data');
    const names = (await readdir(copies, { recursive: true })).filter((name) => name.endsWith('.jpg'));
    const contents = await Promise.all(names.map((name) => readFile(join(copies, name), 'utf8')));
    expect(contents.toSorted()).toEqual(['a.jpg', 'deep/c.jpg']);
  });

  test('where the path or the regex is wrong, the option is named', async () => {
    const outside = await run(source('local-files', '/etc', { regex: '.*' }), { folder });
    expect(outside).toMatchObject({ code: 1, stdout: '' });
    expect(outside.stderr).toMatch(/longshore: --source-path: .*document root.*LOCAL_FILES_DOCUMENT_ROOT/);
    const root = await run(source('local-files', 'mydata', { regex: '.*' }), { folder });
    expect(root.stderr).toMatch(/longshore: --source-path: /);
    const missing = await run(source('local-files', 'mydata/nothing', { regex: '.*' }), { folder });
    expect(missing.stderr).toMatch(/longshore: --source-path: There is no folder/);
    const pattern = await run(source('local-files', path, { regex: '(' }), { folder });
    expect(pattern.stderr).toMatch(/longshore: --source-params\.regex: /);
  });
});

test('a project that is not there is not made without --init', async () => {
  const { code, stderr } = await run(['start', 'signs'], { folder });
  expect(code).toBe(1);
  expect(stderr).toContain('longshore: PROJECT: There is no project "signs": add --init to create it.');
});

test('a project of a label config that does not parse is not made', async () => {
  const { code, stderr } = await run(['start', 'signs', '--init', '--label-config', '<View>'], { folder });
  expect(code).toBe(1);
  expect(stderr).toMatch(/longshore: .*labelConfig/);
});

describe('S3', () => {
  test('a bucket becomes tasks, and its secret goes nowhere', async () => {
    const bucket = await createBucket();
    const { endpoint, accessKeyId, secretAccessKey } = bucket.server;
    await bucket.put('images/a.jpg', 'a');
    await bucket.put('images/deep/b.jpg', 'b');
    await bucket.put('other/c.jpg', 'c');
    await bucket.put('rows/tasks.jsonl', '{"text":"one"}\n{"text":"two"}\n');
    const params = { endpoint, aws_access_key_id: accessKeyId, aws_secret_access_key: secretAccessKey };
    const options = { folder, env: { OUTBOUND_ALLOW: new URL(endpoint).host } };

    const images = { ...params, prefix: 'images', regex: '.*\\.jpg' };
    const first = await serve(source('s3', bucket.name, images), options);
    const [project] = await projectsOf(first);
    expect(project).toMatchObject({
      storages: { nodes: [{ uri: `s3://${bucket.name}/images/`, settings: { importMethod: 'FILES' } }] },
    });
    expect(project!.tasks.nodes.map(({ data }) => Object.values(data))).toEqual([
      [`s3://${bucket.name}/images/a.jpg`],
      [`s3://${bucket.name}/images/deep/b.jpg`],
    ]);
    await first.stop();

    // Command lines are for all users of a machine to read; these three are not.
    const hidden = source('s3', bucket.name, undefined);
    await writeFile(join(folder, 'params.json'), JSON.stringify(images), { mode: 0o600 });
    for (const [args, more] of [
      [['--source-params', '@params.json'], {}],
      [['--source-params', '@-'], { input: JSON.stringify(images) }],
      [[], { env: { ...options.env, SOURCE_PARAMS: JSON.stringify(images) } }],
    ] as const) {
      const again = await serve([...hidden, ...args], { ...options, ...more });
      expect(again.said()).toContain('2 objects, 0 imported, 2 unchanged, 0 new tasks');
      expect(again.said()).not.toContain(secretAccessKey);
      await again.stop();
    }

    const rows = { ...params, prefix: 'rows', regex: '.*', use_blob_urls: false };
    const third = await serve(source('s3', bucket.name, rows), options);
    const [same] = await projectsOf(third);
    expect(same!.storages.nodes).toHaveLength(2);
    expect(same!.tasks.nodes.slice(2).map(({ data }) => data)).toEqual([{ text: 'one' }, { text: 'two' }]);
    for (const { said } of [first, third]) expect(said()).not.toContain(secretAccessKey);
  });

  test('what the bucket refuses is said with what to do, and nothing is saved', async () => {
    const { name, server } = await createBucket();
    const { endpoint, accessKeyId } = server;
    const env = { OUTBOUND_ALLOW: new URL(endpoint).host };
    const secret = 'canary-not-the-secret-access-key';
    const params = { endpoint, regex: '.*', aws_access_key_id: accessKeyId, aws_secret_access_key: secret };
    const wrong = await run(source('s3', name, params), { folder, env });
    expect(wrong).toMatchObject({ code: 1, stdout: '' });
    expect(wrong.stderr).toMatch(/^longshore: .*not accept these credentials\. Enter the credentials again/m);
    expect(wrong.stderr).not.toContain('canary');

    // An address that is not public is for the administrator to open.
    const closed = await run(source('s3', name, params), { folder });
    expect(closed.code).toBe(1);
    expect(closed.stderr).toContain('OUTBOUND_ALLOW');

    const half = await run(source('s3', name, { endpoint, aws_access_key_id: accessKeyId }), { folder, env });
    expect(half.stderr).toMatch(/longshore: --source-params\.aws_secret_access_key: /);

    const service = await serve(['start', 'signs'], { folder });
    expect(await projectsOf(service)).toMatchObject([{ title: 'signs', storages: { nodes: [] } }]);
  });
});

describe('a target', () => {
  const annotate = `mutation { createAnnotation(input: {
    taskId: "TASK", result: [] }) { __typename ... on CreateAnnotationSuccess { annotation { id } } } }`;

  /** Annotates the first task of the only project. */
  async function annotateIn(service: Serving): Promise<void> {
    const { projects } = await service.query<{ projects: { nodes: { id: string }[] } }>(
      `{ projects { nodes { id } } }`,
    );
    const projectId = projects.nodes[0]!.id;
    await service.query(
      `mutation { importTasks(input: { projectId: "${projectId}", tasks: [{ data: { a: 1 } }] }) { __typename } }`,
    );
    const { project } = await service.query<{ project: { tasks: { nodes: { id: string }[] } } }>(
      `{ project(id: "${projectId}") { tasks(first: 1) { nodes { id } } } }`,
    );
    await service.query(annotate.replace('TASK', project.tasks.nodes[0]!.id));
  }

  test('takes what is annotated, and a copy of it is kept if asked for', async () => {
    const path = join(folder, 'mydata/out');
    await mkdir(path, { recursive: true });
    const params = JSON.stringify({ create_local_copy: true });
    const target = ['--target', 'local-files-completions', '--target-path', path, '--target-params', params];
    const service = await serve(['start', 'signs', '--init', ...target], { folder });
    await annotateIn(service);
    const names = async (root: string) =>
      (await readdir(root, { recursive: true })).filter((name) => name.endsWith('.json'));
    await expect.poll(() => names(path), { timeout: 15_000 }).toHaveLength(1);
    const copies = join(folder, 'longshore-data/copies');
    await expect.poll(() => names(copies).catch(() => []), { timeout: 15_000 }).toHaveLength(1);
    const [copy] = await names(copies);
    const [object] = await names(path);
    expect(await readFile(join(copies, copy!))).toEqual(await readFile(join(path, object!)));
  });

  test('may have its path in --source-path, as an example of the old guide has it', async () => {
    const path = join(folder, 'mydata/out');
    await mkdir(path, { recursive: true });
    const old = ['start', 'signs', '--init', '--target', 'local-files-completions', '--source-path', path];
    const service = await serve([...old, '-b', '--log-level', 'ERROR'], { folder });
    expect(await projectsOf(service)).toMatchObject([{ storages: { nodes: [{ direction: 'TARGET' }] } }]);
  });
});

describe('options of old scripts', () => {
  test('that mean something here are taken', async () => {
    const [port] = await freePorts(1);
    await writeFile(join(folder, 'config.xml'), labelConfig);
    const args = [
      '-b',
      '--host',
      '127.0.0.2',
      '--port',
      `${port}`,
      '-l',
      'config.xml',
      '--log-level',
      'WARNING',
    ];
    const service = await serve(['start', 'signs', '--init', ...args], {
      folder,
      env: { LOG_LEVEL: 'info' },
    });
    expect(service.url).toBe(`http://127.0.0.2:${port}`);
    expect(service.said()).not.toContain('"level":30');
    const { projects } = await service.query<{ projects: { nodes: { labelConfig: string }[] } }>(
      `{ projects { nodes { labelConfig } } }`,
    );
    expect(projects.nodes).toEqual([{ labelConfig }]);
  });

  test.each([
    [['--username', 'a'], '--username: There are no passwords: create a token'],
    [['--password', 'b'], '--password: There are no passwords: create a token'],
    [['-c', 'x.json'], '--config: There is no project file: settings come from the environment'],
    [['--sampling', 'uniform'], '--sampling: Tasks come in the order of their numbers'],
    [['--force'], '--force: A project is not overwritten: delete it by the API first'],
    [['--log-level', 'loud'], '--log-level: Expected one of '],
    [['--port', '80000'], '--port: Expected a number from 0 to 65535.'],
    [['-l', 'nothing.xml'], '--label-config: Expected XML, or a file of it'],
  ])('%s is named, with what to do', async (args, message) => {
    const { code, stdout, stderr } = await run(['start', 'signs', '--init', ...args], { folder });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(message);
  });

  test('all of them at once', async () => {
    const values = ['--username', 'a', '--password', 'b', '-c', 'x.json', '--sampling', 'uniform', '--force'];
    const { stderr } = await run(['start', 'signs', ...values], { folder });
    for (const name of ['username', 'password', 'config', 'sampling', 'force']) {
      expect(stderr).toContain(`--${name}: `);
    }
  });
});
