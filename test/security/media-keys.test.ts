import { afterAll, beforeEach, expect, test } from 'vitest';
import { ObjectLinks, open } from '../http/media-links.ts';
import { radosgwAt } from '../servers/radosgw.ts';
import { recordingProxy } from '../servers/s3-wire.ts';
import { serverOf } from '../servers/servers.ts';
import { testApp } from '../support/app.ts';
import { createBucket } from '../support/bucket.ts';

/** Keys that look like something else, and links of one project at the addresses of another. */
const wire = await recordingProxy(radosgwAt(await serverOf('radosgw')).endpoint);
afterAll(() => wire.close());
const it = await testApp({ settings: { OUTBOUND_ALLOW: '127.0.0.0/8' } });
const { owner } = it;
const bucket = await createBucket();
for (const key of ['team/a.jpg', 'other/a.jpg', 'secret.jpg']) await bucket.put(key, `bytes of ${key}`);
const uri = (key: string) => `s3://${bucket.name}/${key}`;
const encoded = (text: string) => Buffer.from(text).toString('base64url');

/** A project whose storage serves what lies below a prefix, and the link to the object there. */
async function projectOf(prefix: string) {
  const id = await owner.project();
  const storage = await owner.connect(id, bucket.input({ prefix, endpoint: wire.url }), { presign: false });
  expect(await owner.sync(storage.id)).toMatchObject({ status: 'COMPLETED', counts: { imported: 1 } });
  const { objects } = (await owner.run(ObjectLinks, { id: storage.id })).storage!;
  return { id, link: new URL(objects.nodes[0]!.url!), file: uri(`${prefix}/a.jpg`) };
}
const [team, other] = [await projectOf('team'), await projectOf('other')];
const [task] = await owner.tasks(team.id);
const keys = [
  ...['team/a.jpg?x', 'team/a.jpg?versionId=null', 'team/a.jpg#x', 'team//a.jpg', 'team/a.jpg/'],
  ...['team/../secret.jpg', 'team/./a.jpg', 'team/%2e%2e/secret.jpg', 'team/a.jpg%00', 'team/a.jpg%20'],
];
await owner.importTasks(team.id, [{ all: keys.map(uri) }]);
const naming = (await owner.tasks(team.id)).at(-1)!;

beforeEach(() => void wire.requests.splice(0));
const by = (what: string, id: string, file: string) =>
  owner.fetch(`/${what}/${encodeURIComponent(id)}/resolve?fileuri=${encoded(file)}`);

test.each(keys)('%s is a key of its own: the storage is asked for it and for nothing else', async (key) => {
  expect((await by('tasks', task!.id, uri(key))).status).toBe(404);
  expect(wire.requests).toEqual([]);
  for (const answer of [await by('projects', team.id, uri(key)), await by('tasks', naming.id, uri(key))]) {
    expect([400, 404]).toContain(answer.status);
    expect(answer.text).not.toContain('bytes of');
  }
  // As it was signed: what resolves dots on the way there breaks the signature.
  const paths = new Set(wire.requests.map(({ url }) => decodeURIComponent(url.split('?', 1)[0]!)));
  expect([...paths]).toEqual(paths.size === 0 ? [] : [`/${bucket.name}/${key}`]);
});

test('a link of one project opens no file of another', async () => {
  for (const { link } of [team, other]) expect((await open(link.href)).status).toBe(200);
  wire.requests.splice(0);
  const swapped = (given: typeof team, at: typeof team, file: string) => {
    const url = new URL(given.link);
    url.pathname = at.link.pathname;
    url.searchParams.set('fileuri', encoded(file));
    return url.href;
  };
  for (const [mine, theirs] of [
    [team, other],
    [other, team],
  ] as const) {
    for (const href of [
      swapped(mine, mine, theirs.file),
      swapped(mine, theirs, theirs.file),
      swapped(mine, theirs, mine.file),
      swapped(mine, mine, uri('secret.jpg')),
    ]) {
      expect([href, (await open(href)).status]).toEqual([href, 404]);
    }
  }
  expect(wire.requests).toEqual([]);
});
