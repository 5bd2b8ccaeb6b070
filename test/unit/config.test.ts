import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { ConfigError } from '../../src/errors.ts';

let folder: string;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'longshore-config-')));
});
afterEach(() => rm(folder, { recursive: true }));

const read = (env: Record<string, string | undefined> = {}) => readConfig(env, folder);

function refusal(env: Record<string, string>): string {
  try {
    read(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('the settings were accepted');
}

test('without any setting there are defaults, and they are frozen', () => {
  const config = read();
  expect(config).toMatchObject({
    databaseUrl: null,
    databaseConnections: 20,
    dataDirectory: join(folder, 'longshore-data'),
    encryptionKeys: null,
    host: '127.0.0.1',
    port: 4000,
    publicUrl: null,
    outboundAllow: [],
    localFiles: { documentRoot: null, serving: false, enabled: true },
    worker: { concurrency: 4, leaseSeconds: 15, readConcurrency: 16 },
    graphiql: true,
    introspection: true,
  });
  expect(() => Object.assign(config, { port: 1 })).toThrow(TypeError);
});

test('settings are read', () => {
  const env = {
    DATABASE_URL: 'postgresql://user:password@db:5432/longshore',
    DATABASE_CONNECTIONS: '7',
    DATA_DIR: '/var/lib/longshore',
    HOST: '0.0.0.0',
    PORT: '0',
    PUBLIC_URL: 'https://example.com/longshore//',
    OUTBOUND_ALLOW: ' minio.internal, ,10.0.0.0/8,',
    WORKER_CONCURRENCY: '1',
    GRAPHIQL: 'off',
    INTROSPECTION: '0',
    LOG_LEVEL: 'trace',
  };
  expect(read(env)).toMatchObject({
    databaseUrl: env.DATABASE_URL,
    databaseConnections: 7,
    dataDirectory: '/var/lib/longshore',
    host: '0.0.0.0',
    port: 0,
    publicUrl: 'https://example.com/longshore',
    outboundAllow: ['minio.internal', '10.0.0.0/8'],
    worker: { concurrency: 1 },
    graphiql: false,
    introspection: false,
    logLevel: 'trace',
    env,
  });
});

test('the hardened profile outweighs what would open it', () => {
  const closed = { graphiql: false, introspection: false, queriesByGet: false };
  expect(read({ NETWORK_PROFILE: 'hardened', GRAPHIQL: 'true', INTROSPECTION: 'true' })).toMatchObject(
    closed,
  );
  expect(read({}).queriesByGet).toBe(true);
});

test('an empty setting, or one of spaces, is one that is not set', () => {
  expect(read({ PORT: '', DATABASE_URL: '  ', GRAPHIQL: ' ' })).toMatchObject({
    port: 4000,
    databaseUrl: null,
    graphiql: true,
  });
  expect(read({ PORT: ' 4001 ' }).port).toBe(4001);
});

test.each([
  [{ PORT: '-1' }, 'PORT: expected a whole number, got "-1"'],
  [{ PORT: '4e3' }, 'PORT: expected a whole number, got "4e3"'],
  [{ PORT: '65536' }, 'PORT: expected a number from 0 to 65535'],
  [{ DATABASE_CONNECTIONS: '1' }, 'DATABASE_CONNECTIONS: expected a number from 2 to 500'],
  [
    { DATABASE_URL: 'localhost' },
    'DATABASE_URL: expected a URL that begins with postgres:// or postgresql://',
  ],
  [{ PUBLIC_URL: 'ftp://x' }, 'PUBLIC_URL: expected a URL that begins with http:// or https://'],
  [{ WORKER_LEASE_SECONDS: '0' }, 'WORKER_LEASE_SECONDS: expected a number from 1 to 3600'],
  [{ INTROSPECTION: 'TRUE' }, 'INTROSPECTION: expected true or false, got "TRUE"'],
  [{ NETWORK_PROFILE: 'hard' }, 'NETWORK_PROFILE: expected development or hardened, got "hard"'],
  [{ LOG_LEVEL: 'verbose' }, 'LOG_LEVEL: expected one of fatal, error, warn, info, debug, trace, silent'],
  [
    { LOCAL_FILES_DOCUMENT_ROOT: 'absent' },
    'LOCAL_FILES_DOCUMENT_ROOT: expected an existing folder, got "absent"',
  ],
])('%j is refused by name', (env, message) => {
  expect(refusal(env)).toBe(message);
});

test('every wrong setting is named at once', () => {
  expect(refusal({ PORT: 'x', GRAPHIQL: 'x', HOST: 'fine' }).split('\n')).toHaveLength(2);
});

describe('local files', () => {
  const of = (env: Record<string, string> = {}) => read(env).localFiles;
  const make = (...names: string[]) =>
    Promise.all(names.map((name) => mkdir(join(folder, name), { recursive: true })));

  test.each([
    'LOCAL_FILES_DOCUMENT_ROOT',
    'HEARTEX_LOCAL_FILES_DOCUMENT_ROOT',
    'LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT',
  ])('%s is the document root, relative ones below the present folder', async (name) => {
    await make('root');
    expect(of({ [name]: join(folder, 'root') })).toEqual({
      documentRoot: join(folder, 'root'),
      serving: false,
      enabled: true,
    });
    expect(of({ [name]: 'root' }).documentRoot).toBe(join(folder, 'root'));
  });

  test('of the prefixes, LABEL_STUDIO_ goes first, then HEARTEX_, then none', async () => {
    await make('a', 'b', 'c');
    const none = { LOCAL_FILES_DOCUMENT_ROOT: 'c', ENABLE_LOCAL_FILES_STORAGE: 'false' };
    const second = {
      ...none,
      HEARTEX_LOCAL_FILES_DOCUMENT_ROOT: 'b',
      HEARTEX_ENABLE_LOCAL_FILES_STORAGE: 'true',
    };
    const first = { ...second, LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT: 'a' };
    expect(of(none)).toMatchObject({ documentRoot: join(folder, 'c'), enabled: false });
    expect(of(second)).toMatchObject({ documentRoot: join(folder, 'b'), enabled: true });
    expect(of(first)).toMatchObject({ documentRoot: join(folder, 'a'), enabled: true });
    // One that is empty is not set.
    expect(of({ ...first, LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT: '' })).toMatchObject({
      documentRoot: join(folder, 'b'),
    });
  });

  test('only these three have prefixes', () => {
    expect(read({ LABEL_STUDIO_PORT: '1', HEARTEX_PORT: '2' }).port).toBe(4000);
  });

  test('the root is apart from the data directory, also by links; only its folder for files is a root', async () => {
    await make('root/data', 'data/postgres', 'data/files/set', 'data-2');
    await symlink(join(folder, 'data'), join(folder, 'link'));
    const mixed = [
      ['root', 'root/data'],
      ['root', 'root/not-yet/there'],
      ['root', 'root'],
      ['data/postgres', 'data'],
      ['link/postgres', 'data'],
      ['data', 'link/new'],
      ['.', 'data'],
    ];
    for (const [root = '', data = ''] of mixed) {
      expect(refusal({ LOCAL_FILES_DOCUMENT_ROOT: root, DATA_DIR: data }), `${root} ${data}`).toMatch(
        /^LOCAL_FILES_DOCUMENT_ROOT: expected a folder apart from DATA_DIR/,
      );
    }
    const apart = [
      ['root', 'data'],
      ['data-2', 'data'],
      ['data', 'data-2'],
      ['data/files', 'data'],
      ['data/files/set', 'data'],
    ];
    for (const [root = '', data = ''] of apart) {
      expect(of({ LOCAL_FILES_DOCUMENT_ROOT: root, DATA_DIR: data }).documentRoot).toBe(join(folder, root));
    }
  });

  test('serving is switched on by its own setting, and needs a root', async () => {
    await make('root');
    expect(of({ LOCAL_FILES_DOCUMENT_ROOT: 'root', HEARTEX_LOCAL_FILES_SERVING_ENABLED: '1' }).serving).toBe(
      true,
    );
    for (const prefix of ['', 'HEARTEX_', 'LABEL_STUDIO_']) {
      expect(refusal({ [`${prefix}LOCAL_FILES_SERVING_ENABLED`]: 'true' })).toBe(
        'LOCAL_FILES_SERVING_ENABLED is on: set LOCAL_FILES_DOCUMENT_ROOT to the folder to serve.',
      );
    }
    // A folder that is found is no substitute for one that is named.
    await make('mydata');
    expect(refusal({ LOCAL_FILES_SERVING_ENABLED: 'true' })).toContain('set LOCAL_FILES_DOCUMENT_ROOT');
  });

  test('a well-known folder is found and served when neither is set', async () => {
    await make('label-studio-data');
    expect(of()).toEqual({ documentRoot: join(folder, 'label-studio-data'), serving: true, enabled: true });
    await make('mydata');
    expect(of()).toMatchObject({ documentRoot: join(folder, 'mydata'), serving: true });
    expect(of({ LOCAL_FILES_SERVING_ENABLED: 'false' })).toMatchObject({
      documentRoot: null,
      serving: false,
    });
    await make('root');
    expect(of({ LOCAL_FILES_DOCUMENT_ROOT: 'root' })).toMatchObject({
      documentRoot: join(folder, 'root'),
      serving: false,
    });
  });

  test('a file of that name is no folder, and a link is followed', async () => {
    await writeFile(join(folder, 'mydata'), '');
    expect(of()).toEqual({ documentRoot: null, serving: false, enabled: true });
    await make('elsewhere');
    await symlink('elsewhere', join(folder, 'label-studio-data'));
    expect(of()).toMatchObject({ documentRoot: join(folder, 'elsewhere'), serving: true });
    expect(of({ LOCAL_FILES_DOCUMENT_ROOT: 'label-studio-data' }).documentRoot).toBe(
      join(folder, 'elsewhere'),
    );
    expect(refusal({ LOCAL_FILES_DOCUMENT_ROOT: 'mydata' })).toContain('expected an existing folder');
  });
});
