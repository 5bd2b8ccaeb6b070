import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import * as documents from '../graphql/documents.ts';
import { mediaOf, open } from '../http/media-links.ts';
import { radosgwAt } from '../servers/radosgw.ts';
import { recordingProxy } from '../servers/s3-wire.ts';
import { serverOf } from '../servers/servers.ts';
import { testApp } from '../support/app.ts';
import { createBucket } from '../support/bucket.ts';
import { graphql } from '../support/generated/gql.ts';
import { numberOf } from '../support/ids.ts';

/** Who gets which object of a storage, and how little the others learn. */
const wire = await recordingProxy(radosgwAt(await serverOf('radosgw')).endpoint);
afterAll(() => wire.close());
const it = await testApp({
  settings: {
    OUTBOUND_ALLOW: '127.0.0.0/8',
    LOCAL_FILES_SERVING_ENABLED: 'true',
    CORS_ORIGINS: 'https://label.example.com',
  },
});
const { owner } = it;
const bucket = await createBucket();
const own = [
  'team/a.jpg',
  'team/page.html',
  'team/drawing.svg',
  'team/page.xhtml',
  'team/feed.xml',
  'team/fake.png',
  'team-evil/secret.jpg',
  'other/secret.jpg',
  'secret.jpg',
];
for (const key of own) await bucket.put(key, `<script>document.title = 'ran'</script> ${key}`);

const uri = (key: string) => `s3://${bucket.name}/${key}`;
const encoded = (text: string) => Buffer.from(text).toString('base64url');
const keys = ['a.jpg', 'page.html', 'drawing.svg', 'page.xhtml', 'feed.xml', 'fake.png'];
const outside = [
  'team-evil/secret.jpg',
  'other/secret.jpg',
  'secret.jpg',
  '../secret.jpg',
  'team%2f..%2fsecret.jpg',
  '%2e%2e/team/a.jpg',
  'Team/a.jpg',
  'team\\a.jpg',
  'team/a.jpg\0',
  'team',
  'tea\u0301m/a.jpg',
];
// What no text of the database can hold is in no task.
const storable = outside.filter((key) => !key.includes('\0'));

const projectId = await owner.project();
await owner.connect(projectId, bucket.input({ prefix: 'team', endpoint: wire.url }), {
  presign: false,
  filter: 'nothing-is-imported',
});
const { importTasks } = await owner.run(documents.ImportTasks, {
  input: {
    projectId,
    tasks: [
      { ...Object.fromEntries(keys.map((key) => [key, uri(`team/${key}`)])), outside: storable.map(uri) },
      { image: uri('team/a.jpg') },
    ],
  },
});
expect(importTasks.__typename).toBe('ImportTasksSuccess');
const [first, second] = await mediaOf(owner, projectId);
const link = (key: string) => first!.media.find((media) => media.uri === uri(`team/${key}`))!.url;
const task = (id: string, what: string) => `/tasks/${id}/resolve?fileuri=${encoded(what)}`;
const project = (what: string) => `/projects/${projectId}/resolve?fileuri=${encoded(what)}`;

beforeEach(() => void wire.requests.splice(0));
const asked = () => wire.requests.map(({ url }) => url);

describe('what is served', () => {
  test('links stand for what is below the prefix, and for nothing else', () => {
    expect(first!.media.map(({ uri }) => uri).sort()).toEqual(keys.map((key) => uri(`team/${key}`)).sort());
    const { outside: untouched } = first!.resolvedData as { outside: string[] };
    expect(untouched).toEqual(storable.map(uri));
  });

  test('a token in the header does as well, by the id of GraphQL or of the record; a HEAD, another name', async () => {
    const number = String(numberOf(first!.id));
    for (const id of [first!.id, encodeURIComponent(first!.id), number])
      expect((await owner.fetch(task(id, uri('team/a.jpg')))).status).toBe(200);
    expect((await owner.fetch(project(uri('team/a.jpg')))).status).toBe(200);
    const padded = Buffer.from(uri('team/a.jpg')).toString('base64');
    for (const path of ['presign', 'presign/', 'resolve/'])
      expect(
        (await owner.fetch(`/tasks/${number}/${path}?fileuri=${encodeURIComponent(padded)}`)).status,
      ).toBe(200);
    const head = await owner.fetch(task(number!, uri('team/a.jpg')), { method: 'HEAD' });
    expect([head.status, head.text]).toEqual([200, '']);
  });

  test.each(outside)('another prefix, or another spelling: %j', async (key) => {
    expect((await owner.fetch(task(first!.id, uri(key)))).status).toBe(404);
    expect((await owner.fetch(project(uri(key)))).status).toBe(404);
    expect(asked()).toEqual([]);
  });

  test('what does not stand in the task: not by the task, though by the project', async () => {
    expect((await owner.fetch(task(second!.id, uri('team/fake.png')))).status).toBe(404);
    expect(asked()).toEqual([]);
    expect((await owner.fetch(project(uri('team/fake.png')))).status).toBe(200);
  });

  test.each([
    ['', 400],
    ['?fileuri=', 400],
    ['?fileuri=%FF%FE', 400],
    [`?fileuri=${Buffer.from([255, 254]).toString('base64url')}`, 400],
    [`?fileuri=${encoded('ftp://host/a.jpg')}`, 404],
    [`?fileuri=${encoded('s3://another-bucket/team/a.jpg')}`, 404],
  ])('a request that names nothing: %s', async (query, status) => {
    const answer = await owner.fetch(`/projects/${projectId}/resolve${query}`);
    expect([answer.status, JSON.parse(answer.text)]).toEqual([
      status,
      { code: expect.any(String), message: expect.any(String) },
    ]);
    expect(asked()).toEqual([]);
  });
});

describe('who is served', () => {
  test('nobody without a token', async () => {
    expect((await it.client(null).fetch(task(first!.id, uri('team/a.jpg')))).status).toBe(401);
    expect(asked()).toEqual([]);
  });

  test('a stranger learns no more than that there is nothing', async () => {
    const stranger = await it.stranger();
    for (const path of [task(first!.id, uri('team/a.jpg')), project(uri('team/a.jpg'))]) {
      const refused = await stranger.fetch(path);
      expect([refused.status, JSON.parse(refused.text).code]).toEqual([404, 'NOT_FOUND']);
    }
    expect(asked()).toEqual([]);
  });

  test('a link opens without a token; its parts fit no other link', async () => {
    expect((await open(link('a.jpg'))).status).toBe(200);
    wire.requests.splice(0);
    const url = new URL(link('a.jpg'));
    const signature = url.searchParams.get('signature')!;
    const base64url = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const swapped = [
      url.href.replace(encoded(uri('team/a.jpg')), encoded(uri('team/fake.png'))),
      url.href.replace(`/tasks/`, '/projects/'),
      `${it.url}${task(second!.id, uri('team/a.jpg'))}&signature=${signature}`,
      `${it.url}${project(uri('team/a.jpg'))}&signature=${signature}`,
      // Another spelling: the two bits behind the last byte are none of the signature's.
      url.href.slice(0, -1) + base64url[base64url.indexOf(url.href.at(-1)!) + 1],
      url.href.slice(0, -1) + (url.href.endsWith('A') ? 'E' : 'A'),
      url.href.replace(/signature=.*/, 'signature='),
      url.href.replace(/signature=.*/, 'signature=x.1.1.1.1.1.y'),
      // A later expiry, another project, another viewer.
      ...[1, 2, 3, 4, 5].map((index) => {
        const parts = signature.split('.');
        parts[index] = `1${parts[index]}`;
        return url.href.replace(signature, parts.join('.'));
      }),
    ];
    for (const href of swapped) expect([href, (await open(href)).status]).toEqual([href, 404]);
    expect(asked()).toEqual([]);
  });

  test('a link ends with the token that asked for it, and with the membership', async () => {
    const revoked = await it.member('ANNOTATOR');
    const removed = await it.member('ANNOTATOR');
    const [byRevoked] = (await mediaOf(revoked, projectId))[0]!.media;
    const [byRemoved] = (await mediaOf(removed, projectId))[0]!.media;
    for (const { url } of [byRevoked!, byRemoved!]) expect((await open(url)).status).toBe(200);
    wire.requests.splice(0);
    const { viewer } = await revoked.run(MyTokens);
    const { revokeApiToken } = await revoked.run(documents.RevokeApiToken, {
      input: { tokenId: viewer!.apiTokens.nodes[0]!.id },
    });
    expect(revokeApiToken.__typename).toBe('RevokeApiTokenSuccess');
    const tokenId = new URL(byRemoved!.url).searchParams.get('signature')!.split('.')[4]!;
    await it.sql`
      DELETE FROM memberships WHERE user_id = (SELECT user_id FROM api_tokens WHERE id = ${Number.parseInt(tokenId, 36)})`;
    for (const { url } of [byRevoked!, byRemoved!]) {
      const ended = await open(url);
      expect([ended.status, JSON.parse(ended.text).code]).toEqual([401, 'UNAUTHENTICATED']);
    }
    expect(asked()).toEqual([]);
  });

  test('a task that is gone, a storage that is gone', async () => {
    const other = await owner.project();
    const { id } = await owner.connect(other, bucket.input({ prefix: 'team' }), { presign: false });
    const tasks = [{ image: uri('team/a.jpg') }, { image: uri('team/page.html') }];
    await owner.run(documents.ImportTasks, { input: { projectId: other, tasks } });
    const [gone, orphan] = await mediaOf(owner, other);
    await owner.run(documents.DeleteTasks, { input: { projectId: other, taskIds: [gone!.id] } });
    expect((await open(gone!.media[0]!.url)).status).toBe(404);
    expect((await open(orphan!.media[0]!.url)).status).toBe(200);
    await owner.run(documents.DeleteStorage, { input: { storageId: id } });
    expect((await open(orphan!.media[0]!.url)).status).toBe(404);
  });
});

describe('bytes of strangers never act as our page', () => {
  test.each([
    ['a.jpg', 'image/jpeg', 'inline'],
    ['fake.png', 'image/png', 'inline'],
    ['page.html', 'text/html', 'attachment'],
    ['drawing.svg', 'image/svg+xml', 'attachment'],
    ['page.xhtml', 'application/xhtml+xml', 'attachment'],
    ['feed.xml', expect.stringMatching(/^(text|application)\/xml$/), 'attachment'],
  ])('%s', async (key, type, disposition) => {
    const { headers } = await open(link(key));
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': type,
      'content-disposition': `${disposition}; filename=${key}`,
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringMatching(/^sandbox; default-src 'none'/),
    });
  });

  test('other pages read pixels if the operator names their origin, never with credentials', async () => {
    const url = link('a.jpg');
    const named = await open(url, { origin: 'https://label.example.com' });
    expect(named.headers.get('access-control-allow-origin')).toBe('https://label.example.com');
    expect(named.headers.get('vary')).toBe('Origin');
    expect(named.headers.get('access-control-allow-credentials')).toBeNull();
    const preflight = await open(url, { origin: 'https://label.example.com' }, 'OPTIONS');
    expect([preflight.status, preflight.headers.get('access-control-allow-headers')]).toEqual([
      204,
      expect.stringContaining('Range'),
    ]);
    for (const origin of ['https://evil.example.com', 'null', 'https://label.example.com.evil.com']) {
      const { headers } = await open(url, { origin });
      expect(headers.get('access-control-allow-origin')).toBeNull();
      const api = await fetch(`${it.url}/graphql`, { method: 'OPTIONS', headers: { origin } });
      expect(api.headers.get('access-control-allow-origin')).not.toBe(origin);
      await api.text();
    }
  });
});

describe('/data/local-files/', async () => {
  const path = await it.files('ds', { 'a b.jpg': 'bytes', 'sub/c.txt': 'text' });
  await it.files('ds-private', { 'a.jpg': 'secret' });
  await it.files('elsewhere', { 'a.jpg': 'secret' });
  await symlink(join(it.documentRoot, 'elsewhere'), join(path, 'inside'));
  await symlink('/etc/hostname', join(path, 'outside'));
  const local = await owner.project();
  await owner.connect(local, { localFiles: { path } }, {});
  const get = (query: string, init?: RequestInit) => owner.fetch(`/data/local-files/${query}`, init);

  test('a file below a source storage, with its weak tag', async () => {
    const whole = await get('?d=ds/a%20b.jpg');
    expect([whole.status, whole.text, whole.headers.get('content-type')]).toEqual([
      200,
      'bytes',
      'image/jpeg',
    ]);
    const etag = whole.headers.get('etag')!;
    expect(etag).toMatch(/^W\/"[\da-f]+-5"$/);
    expect((await get('?d=ds/a%20b.jpg', { headers: { 'if-none-match': etag } })).status).toBe(304);
    expect((await get('?d=ds/a%20b.jpg', { headers: { range: 'bytes=1-2' } })).text).toBe('yt');
    expect((await get('?d=ds/a%20b.jpg', { method: 'HEAD' })).status).toBe(200);
    expect((await get('?d=ds/sub/c.txt')).text).toBe('text');
  });

  test.each([
    ['?d=ds-private/a.jpg', 404],
    ['?d=ds/../ds-private/a.jpg', 404],
    ['?d=ds/%2e%2e/ds-private/a.jpg', 404],
    ['?d=ds/%252e%252e/ds-private/a.jpg', 404],
    ['?d=/etc/hostname', 404],
    ['?d=../etc/hostname', 404],
    ['?d=ds/outside', 404],
    ['?d=ds/missing.jpg', 404],
    ['?d=ds/sub', 404],
    ['?d=ds/', 404],
    ['?d=ds/a%00.jpg', 404],
    ['?d=ds%5C..%5Cds-private/a.jpg', 404],
    ['?d=', 403],
    ['', 403],
  ])('%s', async (query, status) => {
    const answer = await get(query);
    expect(answer.status).toBe(status);
    expect(answer.text).not.toContain(it.documentRoot);
    expect(answer.text).not.toContain('secret');
  });

  test('not without a token, nor of a project of others', async () => {
    expect((await it.client(null).fetch('/data/local-files/?d=ds/a%20b.jpg')).status).toBe(401);
    const stranger = await it.stranger();
    const theirs = await stranger.fetch('/data/local-files/?d=ds/a%20b.jpg');
    const nobodys = await stranger.fetch('/data/local-files/?d=nobody/a%20b.jpg');
    expect([theirs.status, nobodys.status]).toEqual([404, 404]);
    expect(theirs.text.replace('ds/', '')).toBe(nobodys.text.replace('nobody/', ''));
  });

  test('not while serving is off; links are then not made', async () => {
    const off = await testApp({
      beside: it,
      settings: { LOCAL_FILES_SERVING_ENABLED: 'false' },
      worker: 'none',
    });
    const member = off.client(owner.token);
    expect((await member.fetch('/data/local-files/?d=ds/a%20b.jpg')).status).toBe(403);
    const tasks = [{ image: '/data/local-files/?d=ds/a%20b.jpg' }];
    await owner.run(documents.ImportTasks, { input: { projectId: local, tasks } });
    const [on] = await mediaOf(owner, local);
    expect((await open(on!.media[0]!.url)).text).toBe('bytes');
    const [hidden] = await mediaOf(member, local);
    expect([hidden!.media, hidden!.resolvedData]).toEqual([[], hidden!.data]);
    expect((await open(on!.media[0]!.url.replace(it.url, off.url))).status).toBe(403);
  });
});

const MyTokens = graphql(/* GraphQL */ `
  query MyTokens {
    viewer {
      apiTokens {
        nodes {
          id
        }
      }
    }
  }
`);
