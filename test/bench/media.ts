import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { openDatabase } from '../../src/database/client.ts';
import { clientOf } from './imports.ts';
import { type Load, put } from './load.ts';
import type { Bench, S3Access, Scenario } from './scenario.ts';
import { openSyncBench } from './sync-bench.ts';

/** Scenarios of links to media: a redirect to a signed URL, and bytes through the service. */
const BUCKET = 'bench-media';
const KEY = 'film.mp4';
const MiB = 1024 * 1024;
const size = 256 * MiB;
const requests = 20_000;
const CONNECTIONS = 64;
const uri = `s3://${BUCKET}/${KEY}`;

async function prepare(s3: S3Access): Promise<void> {
  const client = clientOf(s3);
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  await client.send(new PutObjectCommand({ Bucket: BUCKET, Key: KEY, Body: Buffer.alloc(size, 'film') }));
  client.destroy();
}

/** The service, and the link to a task's film. */
async function openService(bench: Bench, presign: boolean) {
  const it = await openSyncBench(bench, undefined, { PORT: '0' }, true);
  const { endpoint, accessKeyId, secretAccessKey } = bench.run.s3!;
  const settings = { bucket: BUCKET, endpoint, credentials: 'ACCESS_KEY', accessKeyId };
  await it.connect({ provider: 'S3', settings, secrets: { secretAccessKey } }, { presign });
  const { services } = it.app;
  await services.tasks.importTasks(it.viewer, it.project.id, [{ image: uri }]);
  const [task] = await services.tasks.list(it.viewer, it.project.id, {}, { limit: 1 });
  const { token } = await services.organizations.createApiToken(it.viewer, { title: 'Bench' });
  const viewer = await services.organizations.authenticate(token);
  const { url } = services.media.link(viewer, { projectId: it.project.id, taskId: task!.id, uri });
  return { url, close: () => it.app.close() };
}

/** A bare server. */
async function serveBare(handle: RequestListener) {
  const server = createServer(handle);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return { url, close: () => server.close() };
}

const resolveLoad = (url: string): Load => ({
  ...{ urls: [url], connections: CONNECTIONS, count: requests, status: 303 },
});

export const resolvePresigned: Scenario = {
  title: 'resolve, presign on, 64 connections; limit: node:http handler: check, SDK presign, 303',
  size: requests,
  goal: 0.5,
  compare: true,
  needsS3: true,
  prepare: ({ s3 }) => prepare(s3!),
  async ours(bench) {
    const service = await openService(bench, true);
    await put({ ...resolveLoad(service.url), count: 500 });
    await bench.time(requests, () => put(resolveLoad(service.url)));
    await service.close();
  },
  async limit(bench) {
    const client = clientOf(bench.run.s3!);
    const { sql, close } = openDatabase(bench.run.databaseUrl, { connections: 20, name: 'bench' });
    await sql`INSERT INTO organizations (title, external_id) VALUES ('Bench', 'bench')`;
    await sql`INSERT INTO users (organization_id, email) VALUES (1, 'bench')`;
    await sql`INSERT INTO memberships (organization_id, user_id, role) VALUES (1, 1, 'OWNER')`;
    await sql`
      INSERT INTO api_tokens (organization_id, user_id, title, hash, hint, scopes) VALUES (1, 1, '', 'x', 'x', '{READ}')`;
    await sql`INSERT INTO projects (organization_id, title) VALUES (1, 'Bench')`;
    await sql`INSERT INTO tasks (project_id, inner_id, data) VALUES (1, 1, ${JSON.stringify({ image: uri })}::text::jsonb)`;
    const bare = await serveBare(async (_request, response) => {
      const [task] = await sql`
        SELECT t.data FROM api_tokens a JOIN memberships m USING (organization_id, user_id)
        JOIN projects p USING (organization_id) JOIN tasks t ON t.project_id = p.id
        WHERE a.id = 1 AND a.revoked_at IS NULL AND t.id = 1`;
      if (!JSON.stringify(task).includes(uri)) throw new Error('There is no such task.');
      const location = await getSignedUrl(client, new GetObjectCommand({ Bucket: BUCKET, Key: KEY }));
      response.writeHead(303, { location, 'cache-control': 'no-store' }).end();
    });
    await put({ ...resolveLoad(bare.url), count: 500 });
    await bench.time(requests, () => put(resolveLoad(bare.url)));
    bare.close();
    client.destroy();
    await close();
  },
};

const RANGE = 4 * MiB;
const ranges = Array.from(
  { length: size / RANGE },
  (_, index) => `bytes=${index * RANGE}-${(index + 1) * RANGE - 1}`,
);

/** The film once whole, and once by 8 clients in ranges: mebibytes. */
async function watch(url: string): Promise<void> {
  await put({ urls: [url], connections: 1, count: 1, status: 200, length: size });
  await put({ urls: [url], connections: 8, count: ranges.length, ranges, status: 206, length: RANGE });
}

export const resolveProxied: Scenario = {
  title:
    'resolve, presign off, 256 MB whole, then 8 clients reading ranges, in MiB; limit: node:http piping the SDK’s body',
  size: (2 * size) / MiB,
  goal: 0.8,
  compare: true,
  needsS3: true,
  prepare: ({ s3 }) => prepare(s3!),
  async ours(bench) {
    const service = await openService(bench, false);
    await put({ urls: [service.url], connections: 1, count: 8, ranges, status: 206 });
    await bench.time(bench.run.size, () => watch(service.url));
    await service.close();
  },
  async limit(bench) {
    const client = clientOf(bench.run.s3!);
    const bare = await serveBare(async (request, response) => {
      const { range: Range } = request.headers;
      const object = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key: KEY, Range }));
      response.writeHead(object.ContentRange ? 206 : 200, {
        'content-length': object.ContentLength,
        ...(object.ContentRange && { 'content-range': object.ContentRange }),
      });
      (object.Body as Readable).pipe(response);
    });
    await put({ urls: [bare.url], connections: 1, count: 8, ranges, status: 206 });
    await bench.time(bench.run.size, () => watch(bare.url));
    bare.close();
    client.destroy();
  },
};
