import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ProviderError, ValidationError } from '../../src/errors.ts';
import { normalizePrefix } from '../../src/objects/keys.ts';
import { localFiles } from '../../src/providers/local-files/config.ts';
import type { ListPage } from '../../src/providers/provider.ts';
import { openStore, type Store } from '../../src/providers/store.ts';
import { testEnvironment } from '../support/environment.ts';
import { inByteOrder } from './cases/content.ts';
import { conformance, optional, skipping } from './conformance.ts';

const noConditions = 'a file system renames over whatever is there';
const noUrl = 'a file has no URL at a provider; the service hands it out itself';

conformance('Local files', {
  provider: localFiles,
  async open({ prefix }) {
    const documentRoot = await realpath(await mkdtemp(join(tmpdir(), 'longshore-files-')));
    // A storage is never the document root itself, so that even the bare one is a folder in it.
    const path = join(documentRoot, 'store', normalizePrefix(prefix)).replace(/\/$/, '');
    await mkdir(path, { recursive: true });
    return {
      settings: { path },
      secrets: {},
      environment: testEnvironment({ documentRoot }),
      async put(key, body) {
        await mkdir(dirname(join(documentRoot, key)), { recursive: true });
        await writeFile(join(documentRoot, key), body);
      },
      async putFolder(key) {
        await mkdir(join(documentRoot, key), { recursive: true });
      },
      missingContainer: { path: join(documentRoot, 'missing') },
      close: () => rm(documentRoot, { recursive: true }),
    };
  },
  skips: {
    'read: key with an empty segment': 'a file system has no empty names',
    'write: keeps the content type': 'a file carries no media type',
    'refused: wrong credentials': 'local files have no credentials',
    'write: only where there is no object yet': noConditions,
    'write: only over the expected version': noConditions,
    'remove: only the expected version': noConditions,
    ...skipping(optional.copy, 'files lie where the service runs: it reads and writes them itself'),
    'presign: GET gives the bytes': noUrl,
    'presign: ranged GET gives the part': noUrl,
    'presign: odd keys': noUrl,
    'presign: expired URL is refused': noUrl,
    'presign: tampered URL is refused': noUrl,
    'presign: PUT and DELETE are refused': noUrl,
    'presign: another key is refused': noUrl,
  },
});

const signal = new AbortController().signal;
const contentType = 'application/json';
let base: string;
let documentRoot: string;

/** `base` holds the document root and, beside it, what must stay out of reach. */
beforeEach(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), 'longshore-files-')));
  documentRoot = join(base, 'root');
  await put('root/data/a.txt', 'inside');
  await put('root/data-private/secret.txt', 'secret');
  await put('outside/secret.txt', 'secret');
});
afterEach(async () => {
  execFileSync('chmod', ['-R', 'u+rwx', base]);
  await rm(base, { recursive: true });
});

async function put(path: string, content = 'x'): Promise<void> {
  await mkdir(dirname(join(base, path)), { recursive: true });
  await writeFile(join(base, path), content);
}

function openFolder(name = 'data', attempts = 1): Store {
  const settings = { path: join(documentRoot, name) };
  return openStore(localFiles, settings, {}, testEnvironment({ documentRoot }), { attempts, baseDelayMs: 1 });
}

async function list(store: Store, request: { recursive?: boolean; after?: string } = {}) {
  const pages: ListPage[] = [];
  for await (const page of store.list({ recursive: true, signal, ...request })) pages.push(page);
  return {
    keys: pages.flatMap((page) => page.objects.map((object) => object.key)),
    unusable: Object.fromEntries(
      pages.flatMap((page) => page.unusable ?? []).map(({ name, reason }) => [name, reason]),
    ),
    unreadable: Object.fromEntries(
      pages.flatMap((page) => page.unreadable ?? []).map(({ name, reason }) => [name, reason]),
    ),
  };
}

async function failureOf(promise: Promise<unknown>): Promise<ProviderError> {
  const error = await promise.then(
    () => expect.fail('It succeeded, and should have failed.'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof ProviderError)) throw error;
  expect(error.message + error.hint).not.toContain(base);
  return error;
}

const readText = async (store: Store, key: string) => text((await store.read(key, { signal })).stream);
const write = (store: Store, key: string, content = '{}') =>
  store.write(key, Buffer.from(content), { contentType, signal });

describe('settings', () => {
  const parse = (path: unknown) => localFiles.settings.safeParse({ path });
  const check = (path: string, root: string | null = documentRoot) =>
    Promise.resolve(localFiles.check!({ path }, {}, testEnvironment({ documentRoot: root })));

  async function messageOf(path: string, root?: string | null): Promise<string> {
    const error = await check(path, root).then(
      () => expect.fail('It was accepted, and should have been refused.'),
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(ValidationError);
    const { fields } = error as ValidationError;
    expect(fields.map((field) => field.path)).toEqual(['path']);
    return fields[0]!.message;
  }

  test.each([
    [' /data/set/ ', '/data/set'],
    ['/data//set', '/data/set'],
    ['\\data\\set\\', '/data/set'],
    ['/data/two words', '/data/two words'],
    ['/data/..hidden', '/data/..hidden'],
  ])('%j is saved as %j', (typed, saved) => {
    expect(parse(typed)).toMatchObject({ success: true, data: { path: saved } });
  });

  test.each([
    ['', /below the document root/],
    ['  ', /below the document root/],
    ['data/set', /absolute path/],
    ['/data/../etc', /without '\.' and '\.\.'/],
    ['/data/./set', /without '\.' and '\.\.'/],
    ['/data\\..\\etc', /without '\.' and '\.\.'/],
    ['/data/\0', /NUL/],
  ])('%j is refused', (typed, message) => {
    const { error } = parse(typed);
    expect(error?.issues[0]).toMatchObject({ path: ['path'], message: expect.stringMatching(message) });
  });

  test('an existing folder below the document root is taken', async () => {
    const path = join(documentRoot, 'data');
    expect(await check(path)).toEqual({ path });
  });

  test('every other path is refused with what to do', async () => {
    await symlink(join(base, 'outside'), join(documentRoot, 'link-out'));
    await symlink(documentRoot, join(documentRoot, 'link-up'));
    expect(await messageOf(join(documentRoot, 'data'), null)).toMatch(/LOCAL_FILES_DOCUMENT_ROOT/);
    expect(await messageOf(documentRoot)).toMatch(/document root itself.*\/root\/dataset1"/);
    expect(await messageOf(join(base, 'outside'))).toMatch(/below the document root.*\/root\/dataset1"/);
    expect(await messageOf(`${documentRoot}-evil`)).toMatch(/below the document root/);
    expect(await messageOf(base)).toMatch(/below the document root/);
    expect(await messageOf('/')).toMatch(/below the document root/);
    expect(await messageOf(join(documentRoot, 'missing'))).toMatch(/no folder.*create it/);
    expect(await messageOf(join(documentRoot, 'data/a.txt'))).toMatch(/is a file/);
    expect(await messageOf(join(documentRoot, 'data/a.txt/b'))).toMatch(/ENOTDIR/);
    expect(await messageOf(join(documentRoot, 'link-out'))).toMatch(/symbolic link out of/);
    expect(await messageOf(join(documentRoot, 'link-up'))).toMatch(/symbolic link out of/);
  });

  test('a path outside reads the same whether it exists or not', async () => {
    const [there, missing] = [
      await messageOf(join(base, 'outside')),
      await messageOf(join(base, 'not-there')),
    ];
    expect(there).toBe(missing);
  });

  test('a storage whose document root was taken away or moved cannot be opened', () => {
    const settings = { path: join(documentRoot, 'data') };
    const open = (root: string | null) => () =>
      openStore(localFiles, settings, {}, testEnvironment({ documentRoot: root }));
    expect(open(null)).toThrow(
      expect.objectContaining({
        code: 'UNSUPPORTED',
        hint: expect.stringMatching(/LOCAL_FILES_DOCUMENT_ROOT/),
      }),
    );
    expect(open('/elsewhere')).toThrow(expect.objectContaining({ code: 'CONTAINER_NOT_FOUND' }));
  });

  test('a storage is not opened while the document root and the data directory lie one inside the other', async () => {
    await mkdir(join(documentRoot, 'data/own'), { recursive: true });
    const settings = { path: join(documentRoot, 'data') };
    const open = (dataDirectory: string) => () =>
      openStore(localFiles, settings, {}, testEnvironment({ documentRoot, dataDirectory }));
    const refused = { code: 'UNSUPPORTED', hint: expect.stringContaining('apart from DATA_DIR') };
    for (const data of ['data/own', 'not-there-yet', '.', '..']) {
      expect(open(join(documentRoot, data)), data).toThrow(expect.objectContaining(refused));
    }
    expect(open(`${documentRoot}-data`)).not.toThrow();
  });
});

describe('uri', () => {
  const settings = { path: '/root/data' };

  test.each([
    ['data/a.txt', '/data/local-files/?d=data/a.txt'],
    ['data/two words/ü.png', '/data/local-files/?d=data/two%20words/%C3%BC.png'],
    ["data/a+b&c=d?e#f%41'(g)*!", '/data/local-files/?d=data/a%2Bb%26c%3Dd%3Fe%23f%2541%27%28g%29%2A%21'],
  ])('%j has %j', (key, uri) => {
    expect(localFiles.uri(settings, key)).toBe(uri);
    for (const host of ['', 'http://localhost:8080', 'https://labels.example.com']) {
      expect(localFiles.keyOf(settings, host + uri)).toBe(key);
    }
  });

  test('any key comes back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (key) => {
        expect(localFiles.keyOf(settings, localFiles.uri(settings, key))).toBe(key);
      }),
    );
  });

  test('written by hand, without escapes', () => {
    expect(localFiles.keyOf(settings, '/data/local-files/?d=data/two words/ü.png')).toBe(
      'data/two words/ü.png',
    );
    expect(localFiles.keyOf(settings, '/data/local-files?d=data/1.png')).toBe('data/1.png');
  });

  test.each([
    '/data/local-files/',
    '/data/local-files/?d=',
    '/data/local-files/?e=data/a.txt',
    '/data/local-files-evil/?d=data/a.txt',
    '/x/data/local-files/?d=data/a.txt',
    'https://example.com/x/data/local-files/?d=data/a.txt',
    'https://example.com/?u=/data/local-files/?d=data/a.txt',
    'ftp://example.com/data/local-files/?d=data/a.txt',
    'data/a.txt',
  ])('%j is none', (uri) => {
    expect(localFiles.keyOf(settings, uri)).toBeUndefined();
  });

  test('the filter is tested on the file name', () => {
    expect(localFiles.filterSubject!('data/2026/a.jpg')).toBe('a.jpg');
  });
});

describe('listing', () => {
  test('is in byte order of whole keys, whatever the tree, and begins behind any key', async () => {
    const name = fc.constantFrom('a', 'b', 'a-', 'a.b', 'a0', '～', '🏷', ' ');
    const path = fc.array(name, { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(path, { maxLength: 12, selector: (names) => names.join('/') }),
        path,
        async (paths, other) => {
          await rm(join(documentRoot, 'tree'), { recursive: true, force: true });
          await mkdir(join(documentRoot, 'tree'));
          const made: string[] = [];
          for (const names of paths) {
            const key = ['tree', ...names].join('/');
            // A name that is a folder already, or lies below a file, cannot be made.
            await put(join('root', key)).then(
              () => made.push(key),
              () => undefined,
            );
          }
          const keys = inByteOrder(made);
          const store = openFolder('tree');
          expect((await list(store)).keys).toEqual(keys);
          for (const after of [...keys, ['tree', ...other].join('/')]) {
            const behind = keys.filter((key) => Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0);
            expect((await list(store, { after })).keys).toEqual(behind);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  test('does not enter folders that lie before the key to begin behind', async () => {
    for (const folder of ['a', 'b', 'c']) await put(`root/tree/${folder}/1.txt`);
    await asNobody(
      async () => {
        execFileSync('chmod', ['000', join(documentRoot, 'tree/a')]);
      },
      async () => {
        const store = openFolder('tree');
        expect((await list(store, { after: 'tree/b/0.txt' })).keys).toEqual(['tree/b/1.txt', 'tree/c/1.txt']);
        expect((await list(store, { after: 'tree/b/1.txt' })).keys).toEqual(['tree/c/1.txt']);
        // Of what cannot be looked at nothing is said: not that its files are gone.
        const { keys, unreadable } = await list(store);
        expect(keys).toEqual(['tree/b/1.txt', 'tree/c/1.txt']);
        expect(unreadable).toEqual({ 'tree/a/': 'The folder cannot be listed (EACCES).' });
      },
    );
  });

  test('says of files that may not be looked at, and of links whose target is away, that they are there', async () => {
    for (const folder of ['a', 'b']) await put(`root/tree/${folder}/1.txt`);
    await put('root/disk/deep/2.txt');
    await symlink('../disk', join(documentRoot, 'tree/link'));
    await asNobody(
      async () => {
        execFileSync('chmod', ['444', join(documentRoot, 'tree/a')]);
      },
      async () => {
        const { keys, unreadable } = await list(openFolder('tree'));
        expect(keys).toEqual(['tree/b/1.txt', 'tree/link/deep/2.txt']);
        expect(unreadable).toEqual({ 'tree/a/1.txt': 'The file system refuses to show it (EACCES).' });
      },
    );
    await rename(join(documentRoot, 'disk'), join(documentRoot, 'away'));
    expect((await list(openFolder('tree'))).unreadable).toHaveProperty(
      'tree/link',
      'A symbolic link that leads nowhere.',
    );
    await rename(join(documentRoot, 'away'), join(documentRoot, 'disk'));
    expect((await list(openFolder('tree'))).keys).toContain('tree/link/deep/2.txt');
  });

  test('stops when it is aborted', async () => {
    const controller = new AbortController();
    const reason = new Error('stopped on purpose');
    const driver = localFiles.open(
      { path: join(documentRoot, 'data') },
      {},
      testEnvironment({ documentRoot }),
    );
    controller.abort(reason);
    const page = driver.listPage({ prefix: 'data/', recursive: true, signal: controller.signal });
    await expect(page).rejects.toBe(reason);
  });

  test('shows what is no object apart, with the reason', async () => {
    execFileSync('mkfifo', [join(documentRoot, 'data/pipe')]);
    const server = createServer().listen(join(documentRoot, 'data/socket'));
    await once(server, 'listening');
    await writeFile(Buffer.concat([Buffer.from(`${documentRoot}/data/latin-`), Buffer.from([0xe4])]), 'x');
    await put('root/data/fine-\ufffd.txt');
    await put('root/data/latin-\ufffd');
    const { keys, unusable } = await list(openFolder());
    server.close();
    expect(keys).toEqual(['data/a.txt', 'data/fine-\ufffd.txt', 'data/latin-\ufffd']);
    expect(unusable).toEqual({
      'data/latin-\ufffd': expect.stringMatching(/UTF-8/),
      'data/pipe': expect.stringMatching(/Neither a file nor a folder/),
      'data/socket': expect.stringMatching(/Neither a file nor a folder/),
    });
  });

  test('leaves out what an interrupted write left behind', async () => {
    await put('root/data/.longshore-01234567-89ab-cdef-0123-456789abcdef.tmp');
    expect(await list(openFolder())).toEqual({ keys: ['data/a.txt'], unusable: {}, unreadable: {} });
  });

  test('goes down as deep as there are folders', async () => {
    const key = `data/${'d/'.repeat(40)}end.txt`;
    await put(`root/${key}`);
    expect(await list(openFolder())).toEqual({ keys: ['data/a.txt', key], unusable: {}, unreadable: {} });
  });

  test('hard links are files', async () => {
    await link(join(documentRoot, 'data/a.txt'), join(documentRoot, 'data/b.txt'));
    expect((await list(openFolder())).keys).toEqual(['data/a.txt', 'data/b.txt']);
  });
});

describe('symbolic links', () => {
  test('that stay below the document root are followed', async () => {
    await put('root/shared/deep/b.txt', 'shared');
    await symlink('../shared', join(documentRoot, 'data/folder'));
    await symlink('../shared/deep/b.txt', join(documentRoot, 'data/file.txt'));
    const store = openFolder();
    const { keys, unusable } = await list(store);
    expect(keys).toEqual(['data/a.txt', 'data/file.txt', 'data/folder/deep/b.txt']);
    expect(unusable).toEqual({});
    for (const key of keys.slice(1)) expect(await readText(store, key)).toBe('shared');
    await write(store, 'data/folder/new/c.json', 'written');
    expect(await readFile(join(documentRoot, 'shared/new/c.json'), 'utf8')).toBe('written');
  });

  test('out of it, in circles and to nowhere are shown apart, and nothing behind them is reached', async () => {
    const at = (name: string) => join(documentRoot, 'data', name);
    await symlink(join(base, 'outside'), at('out'));
    await symlink('../../outside/secret.txt', at('out.txt'));
    await symlink('.', at('self'));
    await symlink('..', at('up'));
    await symlink('nowhere', at('broken'));
    await symlink('loop2', at('loop1'));
    await symlink('loop1', at('loop2'));
    const store = openFolder();
    const { keys, unusable, unreadable } = await list(store);
    expect(keys).toEqual(['data/a.txt']);
    expect(Object.keys({ ...unusable, ...unreadable }).sort()).toEqual(
      ['broken', 'loop1', 'loop2', 'out', 'out.txt', 'self/', 'up'].map((name) => `data/${name}`),
    );
    for (const name of ['out/secret.txt', 'out.txt', 'up/../outside/secret.txt', 'broken', 'loop1']) {
      expect((await failureOf(store.read(`data/${name}`, { signal }))).code).toMatch(
        /^(OBJECT_NOT_FOUND|OBJECT_UNREADABLE|INVALID_KEY)$/,
      );
      expect((await failureOf(store.head(`data/${name}`, signal))).code).toMatch(
        /^(OBJECT_NOT_FOUND|OBJECT_UNREADABLE|INVALID_KEY)$/,
      );
    }
    for (const name of ['out/new.json', 'out/new/new.json', 'broken/new.json', 'loop1/new.json']) {
      await failureOf(write(store, `data/${name}`));
    }
    await store.remove('data/out/secret.txt', signal).catch(() => undefined);
    expect(await readdir(join(base, 'outside'))).toEqual(['secret.txt']);
    expect(await readFile(join(base, 'outside/secret.txt'), 'utf8')).toBe('secret');
  });

  test('writing to a name that is a link replaces the link, not what it points to', async () => {
    await symlink(join(base, 'outside/secret.txt'), join(documentRoot, 'data/1.json'));
    await write(openFolder(), 'data/1.json', 'mine');
    expect(await readFile(join(base, 'outside/secret.txt'), 'utf8')).toBe('secret');
    expect(await readFile(join(documentRoot, 'data/1.json'), 'utf8')).toBe('mine');
  });

  test('behind each other end: folders that link to each other are not walked for ever', async () => {
    for (let i = 0; i < 12; i++) {
      await mkdir(join(documentRoot, `data/d${i}`));
      for (const side of ['l', 'r']) await symlink(`../d${i + 1}`, join(documentRoot, `data/d${i}/${side}`));
    }
    await put('root/data/d12/end.txt');
    const { keys, unreadable } = await list(openFolder());
    expect(keys).toContain('data/d4/l/l/l/l/l/l/l/l/end.txt');
    expect(keys.every((key) => key.split('/').length <= 12)).toBe(true);
    expect(unreadable).toHaveProperty('data/d0/l/l/l/l/l/l/l/l/l/');
  });

  test('that take the place of a folder during the listing are not followed', async () => {
    await Promise.all(Array.from({ length: 1_001 }, (_, i) => put(`root/data/first/${i}`)));
    await put('root/data/second/secret.txt', 'mine');
    const objects: string[] = [];
    const unreadable: string[] = [];
    for await (const page of openFolder().list({ recursive: true, signal })) {
      objects.push(...page.objects.map((object) => object.key));
      unreadable.push(...(page.unreadable ?? []).map(({ name }) => name));
      if (objects.length > 1_000) continue;
      await rm(join(documentRoot, 'data/second'), { recursive: true });
      await symlink(join(base, 'outside'), join(documentRoot, 'data/second'));
    }
    expect(objects.length).toBe(1_002);
    expect(unreadable).toEqual(['data/second/']);
  });

  test("the storage's own folder may become a link out of the root: then nothing is done", async () => {
    const store = openFolder();
    await rm(join(documentRoot, 'data'), { recursive: true });
    await symlink(join(base, 'outside'), join(documentRoot, 'data'));
    expect(await failureOf(list(store))).toMatchObject({ code: 'CONTAINER_NOT_FOUND' });
    expect(await failureOf(store.authenticate(signal))).toMatchObject({ code: 'CONTAINER_NOT_FOUND' });
    expect(await failureOf(write(store, 'data/1.json'))).toMatchObject({ code: 'CONTAINER_NOT_FOUND' });
    expect(await failureOf(store.read('data/secret.txt', { signal }))).toMatchObject({
      code: 'OBJECT_NOT_FOUND',
    });
    expect(await readdir(join(base, 'outside'))).toEqual(['secret.txt']);
  });
});

describe('reading and writing', () => {
  test('the driver itself refuses keys that lead elsewhere', async () => {
    const driver = localFiles.open(
      { path: join(documentRoot, 'data') },
      {},
      testEnvironment({ documentRoot }),
    );
    for (const key of [
      'data/../../outside/secret.txt',
      '../outside/secret.txt',
      '/etc/passwd',
      '',
      'data//a.txt',
      'data/\0',
    ]) {
      await expect(driver.read(key, { signal }), key).rejects.toMatchObject({
        failure: { code: 'INVALID_KEY' },
      });
      await expect(driver.write(key, Buffer.from('x'), { contentType, signal }), key).rejects.toThrow();
      await expect(driver.remove(key, { signal }), key).rejects.toMatchObject({
        failure: { code: 'INVALID_KEY' },
      });
    }
  });

  test('folders, pipes and parts of a path that are files are no objects', async () => {
    execFileSync('mkfifo', [join(documentRoot, 'data/pipe')]);
    await mkdir(join(documentRoot, 'data/folder'));
    const store = openFolder();
    expect(await failureOf(store.head('data/folder', signal))).toMatchObject({ code: 'OBJECT_NOT_FOUND' });
    expect(await failureOf(store.head('data/a.txt/b', signal))).toMatchObject({ code: 'OBJECT_NOT_FOUND' });
    expect(await failureOf(store.read('data/pipe', { signal }))).toMatchObject({ code: 'OBJECT_UNREADABLE' });
    expect(await failureOf(write(store, 'data/folder'))).toMatchObject({ code: 'INVALID_KEY' });
    expect(await failureOf(write(store, 'data/a.txt/b'))).toMatchObject({ code: 'INVALID_KEY' });
    expect(await failureOf(store.remove('data/folder', signal))).toMatchObject({ code: 'INVALID_KEY' });
    const long = await failureOf(write(store, `data/${'x'.repeat(300)}`));
    expect(long).toMatchObject({ code: 'INVALID_KEY', message: expect.stringMatching(/longer/) });
    expect(await readdir(join(documentRoot, 'data/folder'))).toEqual([]);
    expect((await readdir(join(documentRoot, 'data'))).sort()).toEqual(['a.txt', 'folder', 'pipe']);
  });

  test('what the user of the service may not touch is said so, without paths', async () => {
    await asNobody(
      async () => {
        await put('root/data/closed.txt', 'closed');
        execFileSync('chmod', ['000', join(documentRoot, 'data/closed.txt')]);
        execFileSync('chmod', ['555', join(documentRoot, 'data')]);
      },
      async () => {
        const store = openFolder();
        const error = await failureOf(store.read('data/closed.txt', { signal }));
        expect(error).toMatchObject({
          code: 'OBJECT_UNREADABLE',
          message: expect.stringContaining('EACCES'),
        });
        expect(await failureOf(write(store, 'data/1.json'))).toMatchObject({
          code: 'FORBIDDEN',
          capability: 'WRITE',
        });
        expect(await failureOf(store.remove('data/a.txt', signal))).toMatchObject({
          code: 'FORBIDDEN',
          capability: 'DELETE',
        });
      },
    );
  });

  test('a write that fails or is aborted leaves neither a part nor a temporary file', async () => {
    const store = openFolder();
    const controller = new AbortController();
    const writing = store.write('data/a.txt', Buffer.alloc(50_000_000), {
      contentType,
      signal: controller.signal,
    });
    controller.abort(new Error('stopped on purpose'));
    await expect(writing).rejects.toThrow('stopped on purpose');
    await expect.poll(() => readdir(join(documentRoot, 'data'))).toEqual(['a.txt']);
    expect(await readFile(join(documentRoot, 'data/a.txt'), 'utf8')).toBe('inside');
  });

  test('readers of a file that is overwritten see one of the two, whole', async () => {
    const store = openFolder();
    const old = Buffer.alloc(2_000_000, 'old');
    const fresh = Buffer.alloc(2_000_000, 'new');
    await store.write('data/1.bin', old, { contentType, signal });
    const body = await store.read('data/1.bin', { signal });
    await store.write('data/1.bin', fresh, { contentType, signal });
    expect((await text(body.stream)) === old.toString()).toBe(true);
    expect((await readText(store, 'data/1.bin')) === fresh.toString()).toBe(true);
  });

  test('two writes within one tick of the clock have two versions', async () => {
    const store = openFolder();
    const versions = new Set<string | null>();
    for (let i = 0; i < 20; i++) versions.add((await write(store, 'data/1.json', `{"n":${i % 10}}`)).version);
    expect(versions.size).toBe(20);
    // Clocks may stand still, or go back.
    const ahead = new Date(Date.now() + 3_600_000);
    await utimes(join(documentRoot, 'data/1.json'), ahead, ahead);
    const { modifiedAt } = await write(store, 'data/1.json', '{"n":9}');
    expect(modifiedAt!.getTime()).toBeGreaterThan(ahead.getTime());
  });

  test('a file cut short while it is read is not padded or patched', async () => {
    await put('root/data/large.bin', 'x'.repeat(5_000_000));
    const store = openFolder('data', 3);
    const { stream } = await store.read('data/large.bin', { signal });
    await once(stream, 'readable');
    await put('root/data/large.bin', 'short');
    expect(await failureOf(text(stream))).toMatchObject({ code: 'OBJECT_CHANGED' });
  });

  test('reads end with no file left open', async () => {
    const store = openFolder();
    await put('root/data/large.bin', 'x'.repeat(5_000_000));
    const openFiles = () =>
      readdir('/proc/self/fd').then(async (names) => {
        const targets = await Promise.all(
          names.map((name) => realpath(`/proc/self/fd/${name}`).catch(() => '')),
        );
        return targets.filter((target) => target.startsWith(documentRoot));
      });
    const half = await store.read('data/large.bin', { signal });
    await once(half.stream, 'readable');
    expect(await openFiles()).toEqual([join(documentRoot, 'data/large.bin')]);
    half.stream.destroy();
    await readText(store, 'data/large.bin');
    await put('root/data/empty');
    await failureOf(store.read('data/large.bin', { range: { start: 5_000_000 }, signal }));
    await failureOf(store.read('data/large.bin', { ifVersion: 'another', signal }));
    await store.head('data/a.txt', signal);
    await expect.poll(openFiles).toEqual([]);
  });
});

/** `prepare` as the present user; then `run` as one without rights, since the super-user has all. */
async function asNobody(prepare: () => Promise<void>, run: () => Promise<void>): Promise<void> {
  await prepare();
  if (process.geteuid!() !== 0) return run();
  execFileSync('chmod', ['755', base]);
  process.seteuid!(65534);
  try {
    await run();
  } finally {
    process.seteuid!(0);
  }
}
