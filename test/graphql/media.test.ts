import { Redis } from 'ioredis';
import { afterAll, expect, test } from 'vitest';
import { mediaOf, ObjectLinks, open } from '../http/media-links.ts';
import { wireServer } from '../servers/s3-wire.ts';
import { serverOf } from '../servers/servers.ts';
import { testApp } from '../support/app.ts';
import { createBucket } from '../support/bucket.ts';
import { as } from '../support/client.ts';
import { graphql } from '../support/generated/gql.ts';
import * as documents from './documents.ts';

/** Media as clients of the API see them: data with links, lists of links, data with the bytes themselves. */
const storage = await wireServer((_request, response) => {
  response.end('<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>');
});
afterAll(() => storage.close());
let statements = 0;
const it = await testApp({
  settings: { OUTBOUND_ALLOW: 'localhost,127.0.0.0/8', INLINE_MAX_SIZE: '100' },
  onStatement: () => statements++,
});
const { owner } = it;

const s3 = {
  bucket: 'bucket-b',
  endpoint: storage.url,
  credentials: { accessKey: { accessKeyId: 'AKIATEST', secretAccessKey: 'x' } },
};

test('a page of 50 tasks asks no storage, and takes as many statements as a page of one', async () => {
  const projectId = await owner.project();
  await owner.connect(projectId, { s3 }, {});
  await owner.connect(projectId, { s3: { ...s3, prefix: 'deep' } }, {});
  const tasks = Array.from({ length: 50 }, (_, index) => ({
    image: `s3://bucket-b/${index}.jpg`,
    pages: [`s3://bucket-b/deep/${index}/1.jpg`, { url: `s3://bucket-b/deep/${index}/2.jpg` }],
    html: `<img src="s3://bucket-b/a b=${index}.jpg"> and <a href='https://x.example/?u=s3://bucket-b/no'>x</a>`,
  }));
  await owner.run(documents.ImportTasks, { input: { projectId, tasks } });
  const asked = storage.requests.length;
  const count = async (first: number) => {
    statements = 0;
    const { project } = await owner.run(ResolvedPage, { projectId, first });
    return { statements, nodes: project!.tasks.nodes };
  };
  const one = await count(1);
  const fifty = await count(50);
  expect(one.nodes).toHaveLength(1);
  expect(fifty.nodes).toHaveLength(50);
  expect(fifty.statements).toBe(one.statements);
  expect(storage.requests.length).toBe(asked);
  const resolvedData = fifty.nodes[0]!.resolvedData as (typeof tasks)[number];
  const link = expect.stringMatching(
    new RegExp(`^${it.url}/tasks/\\d+/resolve\\?fileuri=[\\w-]+&signature=[\\w.-]+$`),
  );
  expect(resolvedData).toEqual({ image: link, pages: [link, { url: link }], html: expect.any(String) });
  expect(resolvedData.html).toMatch(
    /^<img src="http[^"]+"> and <a href='https:\/\/x\.example\/\?u=s3:\/\/bucket-b\/no'>x<\/a>$/,
  );
});

test('the storage with the longest prefix serves; ids of other providers mean nothing', async () => {
  const projectId = await owner.project();
  const all = await owner.connect(projectId, { s3 }, {});
  const deep = await owner.connect(projectId, { s3: { ...s3, prefix: 'deep' } }, {});
  const tasks = [
    { image: 's3://bucket-b/deep/1.jpg', other: 's3://bucket-b/1.jpg', foreign: 'gs://b/1.jpg' },
  ];
  await owner.run(documents.ImportTasks, { input: { projectId, tasks } });
  const [task] = await mediaOf(owner, projectId);
  expect(Object.fromEntries(task!.media.map(({ uri, storage }) => [uri, storage.id]))).toEqual({
    's3://bucket-b/deep/1.jpg': deep.id,
    's3://bucket-b/1.jpg': all.id,
  });
});

test('inline: small objects are in the data, larger ones and those that are gone are links', async () => {
  const bucket = await createBucket();
  await bucket.put('small.png', 'tiny');
  await bucket.put('large.png', 'x'.repeat(101));
  const uri = (key: string) => `s3://${bucket.name}/${key}`;
  const projectId = await owner.project();
  const { id } = await owner.connect(projectId, bucket.input(), { filter: 'small.*' });
  await owner.sync(id);
  const tasks = [{ a: uri('small.png'), b: uri('large.png'), c: uri('gone.png') }];
  await owner.run(documents.ImportTasks, { input: { projectId, tasks } });
  const { project } = await owner.run(InlinePage, { projectId });
  const [imported, given] = project!.tasks.nodes;
  const tiny = `data:image/png;base64,${Buffer.from('tiny').toString('base64')}`;
  expect(imported!.resolvedData).toEqual({ image: tiny });
  const link = expect.stringContaining('/resolve?fileuri=');
  expect(given!.resolvedData).toEqual({ a: tiny, b: link, c: link });
});

test('an object of the ledger has a link of its own', async () => {
  const bucket = await createBucket();
  await bucket.put('a.txt', 'text');
  const { id } = await owner.connect(await owner.project(), bucket.input(), { presign: false });
  await owner.sync(id);
  const { storage } = await owner.run(ObjectLinks, { id });
  const [object] = storage!.objects.nodes;
  expect((await open(object!.url!)).text).toBe('text');
});

const ResolvedPage = graphql(/* GraphQL */ `
  query ResolvedPage($projectId: ID!, $first: Int!) {
    project(id: $projectId) {
      tasks(first: $first) {
        nodes {
          resolvedData
          media {
            url
            size
            storage {
              title
            }
          }
        }
      }
    }
  }
`);

const InlinePage = graphql(/* GraphQL */ `
  query InlinePage($projectId: ID!) {
    project(id: $projectId) {
      tasks {
        nodes {
          resolvedData(inline: true)
        }
      }
    }
  }
`);

test('a URI keeps resolving when the server that it names has another name by now', async () => {
  const { host, port } = (await serverOf('redis')).open;
  const client = new Redis({ host, port, db: 7 });
  await client.set('renamed:a.txt', 'the text');
  const projectId = await owner.project();
  const provider = { redis: { host, port, database: 7, path: 'renamed:' } };
  const storage = await owner.connect(projectId, provider, {});
  await owner.sync(storage.id);
  const [task] = await owner.tasks(projectId);
  expect(task!.data).toEqual({ image: `redis://${host}:${port}/7/renamed:a.txt` });
  const change = async (redis: object, sameContainer: boolean) => {
    const input = { storageId: storage.id, provider: { redis }, sameContainer };
    as((await owner.run(documents.UpdateStorage, { input })).updateStorage, 'UpdateStorageSuccess');
  };
  const served = async () => {
    const [{ media } = { media: [] }] = await mediaOf(owner, projectId);
    return media[0] && (await open(media[0].url)).text;
  };
  expect(await served()).toBe('the text');
  await change({ host: 'localhost' }, true);
  expect(await served()).toBe('the text');
  // Another container altogether: what the task names is not there.
  await change({ database: 8 }, false);
  expect(await served()).toBeUndefined();
  await client.del('renamed:a.txt');
  await client.quit();
});
