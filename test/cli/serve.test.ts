import { spawnSync } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { begin, newFolder, query, run, serve } from './longshore.ts';

interface Projects {
  projects: {
    nodes: { id: string; title: string; tasks: { totalCount: number }; storages: { nodes: Node[] } }[];
  };
}
interface Node {
  id: string;
  uri: string;
  status: string;
  path: string;
}

const everything = `{ projects { nodes { id title tasks { totalCount } storages { nodes {
  ... on ExternalStorage { id uri status } ... on LocalFilesStorage { path } } } } } }`;

test('the first start says where it is and how to get in, and has synced a demo', async () => {
  const folder = await newFolder();
  const service = await serve(['serve'], { folder });
  expect(service.said()).toMatch(/Setting up a PostgreSQL database in .*longshore-data\./);
  expect(service.said()).toMatch(/Demo images \[█+\] 100% {2}60 objects, 60 new tasks/);
  expect(service.said()).toContain(
    'Demo images COMPLETED: 60 objects, 60 imported, 0 unchanged, 60 new tasks',
  );
  expect(service.url).toMatch(/^http:\/\/localhost:\d+$/);

  const { projects } = await service.query<Projects>(everything);
  expect(projects.nodes).toMatchObject([
    {
      title: 'Demo: harbor signals',
      tasks: { totalCount: 60 },
      // The document root is in the data directory.
      storages: { nodes: [{ path: join(folder, 'longshore-data/files/demo/images'), status: 'COMPLETED' }] },
    },
  ]);
  expect((await fetch(`${service.url}/ready`)).status).toBe(200);
  expect((await fetch(`${service.url}/graphql`, { headers: { accept: 'text/html' } })).status).toBe(200);
  await expect(query(service.url, 'wrong', '{ viewer { role } }')).rejects.toThrow('UNAUTHENTICATED');

  const { code, stdout, stderr } = await service.stop();
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
  expect(stderr).toContain('Stopping');
  await expect(fetch(`${service.url}/health`)).rejects.toThrow();
  // Nothing is left running, and what it keeps is nobody else's.
  expect(await readdir(join(folder, 'longshore-data/postgres'))).not.toContain('postmaster.pid');
  for (const name of await readdir(join(folder, 'longshore-data'))) {
    expect((await stat(join(folder, 'longshore-data', name))).mode & 0o077, name).toBe(0);
  }
});

test('the next start finds its data again', async () => {
  const folder = await newFolder();
  const first = await serve(['serve'], { folder });
  const before = await first.query<Projects>(everything);
  await first.stop();

  const second = await serve(['serve'], { folder });
  expect(second.said()).not.toContain('Setting up');
  expect(second.said()).toContain('Demo images COMPLETED: 60 objects, 0 imported, 60 unchanged, 0 new tasks');
  expect(await query(second.url, first.token, everything)).toEqual(before);
});

test('the demo follows a data directory that was moved, and stays away once it was deleted', async () => {
  const folder = await newFolder();
  await (await serve(['serve'], { folder })).stop();
  await rename(join(folder, 'longshore-data'), join(folder, 'moved'));
  const env = { DATA_DIR: 'moved' };
  const second = await serve(['serve'], { folder, env });
  expect(second.said()).toContain('Demo images COMPLETED: 60 objects, 0 imported, 60 unchanged');
  const { projects } = await second.query<Projects>(everything);
  expect(projects.nodes).toMatchObject([
    { storages: { nodes: [{ path: join(folder, 'moved/files/demo/images') }] } },
  ]);
  await second.query(
    `mutation ($id: ID!) { createProject(input: { title: "Own" }) { __typename } deleteProject(input: { projectId: $id }) { __typename } }`,
    { id: projects.nodes[0]!.id },
  );
  await second.stop();

  const third = await serve(['serve'], { folder, env });
  expect(third.said()).not.toContain('Demo');
  expect((await third.query<Projects>(everything)).projects.nodes.map(({ title }) => title)).toEqual(['Own']);
});

test('a token is shown on a terminal alone, and ends with the next start', async () => {
  const folder = await newFolder();
  const args = ['serve', '--no-demo', '--open'];
  // A browser that notes what it is started with, as every user of the machine can see it.
  await writeFile(join(folder, 'xdg-open'), `#!/bin/sh\necho "$1" >'${folder}/opened'\n`, { mode: 0o755 });
  const env = { PATH: `${folder}:${process.env.PATH}`, DISPLAY: ':0' };
  const shown = /API +(\S+)\/graphql\s+Token +(ls_\S+) [\s\S]*GraphiQL +(\S+)/;
  const start = async () => {
    const running = begin(args, { folder, env, terminal: true });
    const [, url = '', token = '', page] = await running.says(shown);
    expect(page).toBe(`${url}/graphql#token=${token}`);
    return { ...running, url, token };
  };

  const first = await start();
  const opened = async () => (await readFile(join(folder, 'opened'), 'utf8').catch(() => '')).trim();
  await expect.poll(opened).toMatch(/^http:\/\/localhost:\d+\/graphql#code=[\w-]{32}$/);
  expect(await opened()).not.toContain(first.token);
  const exchange = async (code: string | undefined) => {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ code });
    const response = await fetch(`${first.url}/graphql/entry`, { method: 'POST', headers, body });
    return [response.status, await response.json()];
  };
  const code = (await opened()).split('#code=')[1];
  expect(await exchange('guessed')).toMatchObject([401, { code: 'UNAUTHENTICATED' }]);
  expect(await exchange(code)).toEqual([200, { token: first.token }]);
  expect(await exchange(code)).toMatchObject([401, { code: 'UNAUTHENTICATED' }]);
  await first.stop();

  const second = await start();
  const who = '{ viewer { role } }';
  expect(await query(second.url, second.token, who)).toEqual({ viewer: { role: 'OWNER' } });
  await expect(query(second.url, first.token, who)).rejects.toThrow('UNAUTHENTICATED');
  await second.stop();

  // A log is no terminal.
  const third = await serve(args, { folder, env });
  expect(third.said()).not.toMatch(/ls_|#token=|#code=/);
});

test('in the hardened profile no link leads to a page that is not there, and no browser is opened', async () => {
  const folder = await newFolder();
  await writeFile(join(folder, 'xdg-open'), `#!/bin/sh\ntouch '${folder}/opened'\n`, { mode: 0o755 });
  const env = { PATH: `${folder}:${process.env.PATH}`, DISPLAY: ':0', NETWORK_PROFILE: 'hardened' };
  const running = begin(['serve', '--no-demo', '--open'], { folder, env, terminal: true });
  const [, url = '', token = ''] = await running.says(/API +(\S+)\/graphql\s+Token +(ls_\S+) .*\s*$/);
  expect(await query(url, token, '{ viewer { role } }')).toEqual({ viewer: { role: 'OWNER' } });
  expect(running.said()).not.toContain('GraphiQL');
  await running.stop();
  expect(await readdir(folder)).not.toContain('opened');
});

test('a start after SIGKILL finds everything again', async () => {
  const folder = await newFolder();
  const first = await serve(['serve'], { folder });
  const before = await first.query<Projects>(everything);
  await first.kill();

  const second = await serve(['serve'], { folder });
  expect(second.said()).toMatch(/Found a running PostgreSQL/);
  expect(await second.query(everything)).toEqual(before);
});

test('a stop while it starts leaves nothing running', async () => {
  const folder = await newFolder();
  const service = begin(['serve'], { folder });
  await service.says(/Started PostgreSQL/);
  const { code, stderr } = await service.stop();
  expect(code).toBe(0);
  expect(stderr).not.toContain('Longshore is ready');
  expect(await readdir(join(folder, 'longshore-data/postgres'))).not.toContain('postmaster.pid');
});

test('of two services on one data directory, the second says so, and the first goes on', async () => {
  const folder = await newFolder();
  const first = await serve(['serve', '--no-demo'], { folder });
  const { code, stderr } = await run(['serve'], { folder });
  expect(code).toBe(1);
  expect(stderr).toContain(
    `DATA_DIR: another service (process ${first.pid}) is running on ${folder}/longshore-data`,
  );
  expect(await first.query('{ viewer { role } }')).toEqual({ viewer: { role: 'OWNER' } });
});

test('a taken port is named, and nothing is left running', async () => {
  const folder = await newFolder();
  const other = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
  const { port } = other.address() as { port: number };
  const { code, stderr } = await run(['serve'], { folder, env: { PORT: String(port) } });
  other.close();
  expect(code).toBe(1);
  expect(stderr).toContain(`longshore: PORT: something else listens on 127.0.0.1:${port}`);
  expect(await readdir(join(folder, 'longshore-data/postgres'))).not.toContain('postmaster.pid');
});

test('an address that is not ours is named', async () => {
  const { code, stderr } = await run(['serve'], { folder: await newFolder(), env: { HOST: '192.0.2.1' } });
  expect(code).toBe(1);
  expect(stderr).toContain('longshore: HOST: this machine has no address "192.0.2.1".');
});

test('what browsers reach it under is what it prints', async () => {
  const env = { PUBLIC_URL: 'https://longshore.example.com/' };
  const service = await serve(['serve', '--no-demo'], { folder: await newFolder(), env });
  expect(service.said()).toContain('  API       https://longshore.example.com/graphql\n');
});

test('without the demo there is no project; without GraphiQL there is no page', async () => {
  const folder = await newFolder();
  const service = await serve(['serve', '--no-demo'], { folder, env: { GRAPHIQL: 'false' } });
  expect(await service.query(everything)).toEqual({ projects: { nodes: [] } });
  const page = await fetch(`${service.url}/graphql`, { headers: { accept: 'text/html' } });
  expect(await page.text()).not.toContain('<html');
});

test('a mydata folder is the document root', async () => {
  const folder = await newFolder();
  await mkdir(join(folder, 'mydata/pictures'), { recursive: true });
  await writeFile(join(folder, 'mydata/pictures/a.jpg'), 'a');
  const service = await serve(['serve'], { folder });
  // Nothing is put among other people's files.
  expect(service.said()).not.toContain('Demo');
  expect(await readdir(join(folder, 'mydata'))).toEqual(['pictures']);
  const validate = `mutation ($path: String!) { createProject(input: { title: "Pictures" }) { __typename }
    validateStorage(input: { unsaved: { projectId: "${Buffer.from('Project:1').toString('base64')}",
      provider: { localFiles: { path: $path } }, settings: { source: {} } } }) {
        ... on ValidateStorageSuccess { validation { ok } } ... on Error { message } } }`;
  const ok = { validateStorage: { validation: { ok: true } } };
  expect(await service.query(validate, { path: join(folder, 'mydata/pictures') })).toMatchObject(ok);
  expect(await service.query(validate, { path: join(folder, 'longshore-data') })).not.toMatchObject(ok);
});

test('as an ordinary user', async ({ skip }) => {
  const uid = 65534;
  skip(process.getuid?.() !== 0, 'all other tests here show it when they do not run as root');
  const { error } = spawnSync(process.execPath, ['--version'], { uid });
  skip(error !== undefined, 'ordinary users cannot reach this clone');
  const folder = await newFolder(uid);
  await chmod(folder, 0o700);
  const first = await serve(['serve'], { folder, uid });
  expect(first.said()).toContain('Demo images COMPLETED: 60 objects, 60 imported');
  await first.kill();
  const second = await serve(['serve'], { folder, uid });
  expect(second.said()).toContain('Demo images COMPLETED: 60 objects, 0 imported, 60 unchanged');
  expect((await second.stop()).code).toBe(0);
  expect((await stat(join(folder, 'longshore-data/encryption-keys'))).uid).toBe(uid);
});
