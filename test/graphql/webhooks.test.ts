import { rm } from 'node:fs/promises';
import { Webhook as Receiver } from 'standardwebhooks';
import { afterAll, describe, expect, test } from 'vitest';
import { type Recorded, wireServer } from '../servers/s3-wire.ts';
import { testApp } from '../support/app.ts';
import { as } from '../support/client.ts';
import { dump } from '../support/database.ts';
import type { CreateWebhookInput, WebhookEvent } from '../support/generated/graphql.ts';
import { until } from '../support/until.ts';
import * as documents from './documents.ts';
import * as webhooks from './webhook-documents.ts';

/** Outgoing webhooks: what they say, who may have them, and what happens when nobody takes it. */
const status = { next: [] as number[], otherwise: 204 };
const canary = await wireServer((_, response) => response.end());
const receiver = await wireServer((_, response) => {
  response.writeHead(status.next.shift() ?? status.otherwise, { location: canary.url }).end();
});
const it = await testApp({ settings: { OUTBOUND_ALLOW: new URL(receiver.url).host } });
const { owner } = it;
afterAll(async () => {
  await receiver.close();
  await canary.close();
});

/** A path for each webhook tells the requests of one test from another's. */
let paths = 0;
const secrets: string[] = [];
async function hook(projectId: string, events: WebhookEvent[], more: Partial<CreateWebhookInput> = {}) {
  const url = `${receiver.url}/hook${++paths}`;
  const { createWebhook } = await owner.run(webhooks.CreateWebhook, {
    input: { projectId, url, events, ...more },
  });
  const { webhook, secret } = as(createWebhook, 'CreateWebhookSuccess');
  secrets.push(secret);
  const received = () => receiver.requests.filter((request) => request.url === new URL(webhook.url).pathname);
  return { webhook, secret, received };
}

/** What a receiver makes of a request, by the convention's own library. @throws when the signature is wrong */
const verified = ({ body, headers }: Recorded, secret: string) =>
  new Receiver(secret).verify(body.toString(), headers as Record<string, string>) as {
    type: string;
    timestamp: string;
    data: Record<string, unknown>;
  };

const find = async (projectId: string, id: string) =>
  (await owner.run(webhooks.ListWebhooks, { projectId })).project!.webhooks.find((it) => it.id === id)!;

async function syncedFolder(projectId: string) {
  const path = await it.files(`set-${paths}`, { 'a.jpg': 'x', 'b.jpg': 'y' });
  const storage = await owner.connect(projectId, { localFiles: { path } });
  return { storage, sync: await owner.sync(storage.id) };
}

test('a sync that ends is told, signed, once, with ids of the API', async () => {
  const project = await owner.project();
  const { webhook, secret, received } = await hook(project, ['SYNC_ENDED', 'TASKS_CREATED', 'SYNC_FAILED']);
  const { storage, sync } = await syncedFolder(project);
  await until(() => received().length >= 2).toBe(true);
  const messages = received().map((request) => verified(request, secret));
  const named = { projectId: project, storageId: storage.id, syncId: sync.id };
  expect(messages.map(({ type }) => type).sort()).toEqual(['sync.ended', 'tasks.created']);
  expect(messages.find(({ type }) => type === 'sync.ended')?.data).toMatchObject({
    ...named,
    status: 'COMPLETED',
    counts: { imported: 2, tasksCreated: 2 },
  });
  expect(messages.find(({ type }) => type === 'tasks.created')?.data).toMatchObject({ ...named, count: 2 });
  await until(async () =>
    (await find(project, webhook.id)).deliveries.nodes.every((it) => it.deliveredAt),
  ).toBe(true);
  const { deliveries } = await find(project, webhook.id);
  expect(deliveries.nodes).toMatchObject([
    { attempts: 1, status: 204, failure: null, nextAttemptAt: null },
    { attempts: 1, status: 204, failure: null, nextAttemptAt: null },
  ]);
  expect(deliveries.nodes.map(({ messageId }) => messageId).sort()).toEqual(
    received()
      .map(({ headers }) => headers['webhook-id'])
      .sort(),
  );
});

test('only what was asked for, only of its project, and nothing while switched off', async () => {
  const [project, other] = [await owner.project(), await owner.project()];
  const failures = await hook(project, ['SYNC_FAILED']);
  const off = await hook(project, ['SYNC_ENDED'], { active: false });
  const elsewhere = await hook(other, ['SYNC_ENDED']);
  const witness = await hook(project, ['SYNC_ENDED']);
  await syncedFolder(project);
  await until(() => witness.received().length === 1).toBe(true);
  for (const { webhook } of [failures, off]) {
    expect((await find(project, webhook.id)).deliveries.totalCount).toBe(0);
  }
  expect((await find(other, elsewhere.webhook.id)).deliveries.totalCount).toBe(0);
});

describe('a receiver that', () => {
  test('fails is tried again under the same message id', async () => {
    const project = await owner.project();
    const { webhook, secret, received } = await hook(project, ['TASKS_CREATED']);
    status.next = [500];
    await owner.run(documents.ImportTasks, { input: { projectId: project, tasks: [{ image: 'a' }] } });
    await until(() => received().length === 1).toBe(true);
    await until(async () => (await find(project, webhook.id)).deliveries.nodes[0]?.status === 500).toBe(true);
    const [waiting] = (await find(project, webhook.id)).deliveries.nodes;
    expect(waiting).toMatchObject({
      attempts: 1,
      deliveredAt: null,
      failure: expect.stringContaining('500'),
    });
    expect(Date.parse(waiting!.nextAttemptAt!)).toBeGreaterThan(Date.now());
    await it.sql`UPDATE webhook_deliveries SET next_attempt_at = now() WHERE next_attempt_at IS NOT NULL`;
    await it.sql`SELECT pg_notify('longshore_events', '{"topic":"webhook"}')`;
    await until(() => received().length === 2).toBe(true);
    const [first, second] = received();
    expect(second!.headers['webhook-id']).toBe(first!.headers['webhook-id']);
    expect(verified(second!, secret)).toEqual(verified(first!, secret));
  });

  test('fails for good is given up, and its log says so', async () => {
    const project = await owner.project();
    const { webhook, received } = await hook(project, ['TASKS_CREATED']);
    status.otherwise = 503;
    await owner.run(documents.ImportTasks, { input: { projectId: project, tasks: [{ image: 'a' }] } });
    const delivery = async () => (await find(project, webhook.id)).deliveries.nodes[0];
    for (let attempt = 1; (await delivery())?.nextAttemptAt !== null; attempt++) {
      await until(async () => (await delivery())?.attempts === attempt && received().length === attempt).toBe(
        true,
      );
      await until(async () => (await delivery())?.status === 503).toBe(true);
      await it.sql`UPDATE webhook_deliveries SET next_attempt_at = now(), status = NULL WHERE next_attempt_at > now()`;
      await it.sql`SELECT pg_notify('longshore_events', '{"topic":"webhook"}')`;
    }
    status.otherwise = 204;
    expect(await delivery()).toMatchObject({ attempts: 9, deliveredAt: null, status: 503 });
    expect(received()).toHaveLength(9);
  });

  test('responds with 410 switches its webhook off', async () => {
    const project = await owner.project();
    const { webhook } = await hook(project, ['TASKS_CREATED']);
    status.next = [410];
    await owner.run(documents.ImportTasks, { input: { projectId: project, tasks: [{ image: 'a' }] } });
    await until(async () => !(await find(project, webhook.id)).active).toBe(true);
  });

  test('redirects is not followed', async () => {
    const project = await owner.project();
    const { webhook, received } = await hook(project, ['TASKS_CREATED']);
    status.next = [307];
    await owner.run(documents.ImportTasks, { input: { projectId: project, tasks: [{ image: 'a' }] } });
    await until(async () => (await find(project, webhook.id)).deliveries.nodes[0]?.status === 307).toBe(true);
    expect((await find(project, webhook.id)).deliveries.nodes[0]).toMatchObject({ deliveredAt: null });
    expect(received()).toHaveLength(1);
    expect(canary.connections()).toBe(0);
  });

  test('is not to be connected to any more is not: each delivery goes through the guard', async () => {
    const project = await owner.project();
    const open = await testApp({ beside: it, settings: { OUTBOUND_ALLOW: '127.0.0.1' }, worker: 'none' });
    const input = { projectId: project, url: canary.url, events: ['TASKS_CREATED' as const] };
    const { createWebhook } = await open.client(owner.token).run(webhooks.CreateWebhook, { input });
    const { webhook } = as(createWebhook, 'CreateWebhookSuccess');
    await owner.run(documents.ImportTasks, { input: { projectId: project, tasks: [{ image: 'a' }] } });
    await until(async () => (await find(project, webhook.id)).deliveries.nodes[0]?.attempts === 1).toBe(true);
    expect((await find(project, webhook.id)).deliveries.nodes[0]).toMatchObject({
      ...{ deliveredAt: null, status: null },
      failure: expect.stringContaining('loopback address'),
    });
    expect(canary.connections()).toBe(0);
  });
});

test('a sync that fails is told with its error', async () => {
  const project = await owner.project();
  const { secret, received } = await hook(project, ['SYNC_FAILED']);
  const path = await it.files('goes', { 'a.jpg': 'x' });
  const storage = await owner.connect(project, { localFiles: { path } });
  await rm(path, { recursive: true });
  const sync = await owner.sync(storage.id);
  expect(sync).toMatchObject({ status: 'FAILED' });
  await until(() => received().length === 1).toBe(true);
  const { type, data } = verified(received()[0]!, secret);
  expect(type).toBe('sync.failed');
  expect(data).toMatchObject({
    ...{ projectId: project, storageId: storage.id, syncId: sync.id },
    error: { code: sync.error!.code, message: expect.any(String) },
  });
});

describe('refused', () => {
  test.each([
    ['an address inside', () => canary.url],
    ['a loopback name', () => `http://localhost:${new URL(canary.url).port}`],
    ['another scheme', () => 'ftp://example.com/'],
    ['a user in the URL', () => 'https://user:secret@example.com/'],
    ['no URL', () => 'example.com'],
  ])('%s', async (_, url) => {
    const projectId = await owner.project();
    const { createWebhook } = await owner.run(webhooks.CreateWebhook, {
      input: { projectId, url: url(), events: ['SYNC_ENDED'] },
    });
    expect(createWebhook).toMatchObject({ __typename: 'ValidationError' });
    expect(canary.connections()).toBe(0);
  });

  test('annotators, who see none, and strangers', async () => {
    const project = await owner.project();
    const { webhook } = await hook(project, ['SYNC_ENDED']);
    const input = { webhookId: webhook.id };
    const annotator = await it.member('ANNOTATOR');
    expect((await annotator.run(webhooks.DeleteWebhook, { input })).deleteWebhook).toMatchObject({
      __typename: 'NotFoundError',
    });
    const stranger = await it.stranger();
    expect((await stranger.run(webhooks.DeleteWebhook, { input })).deleteWebhook).toMatchObject({
      __typename: 'NotFoundError',
    });
    expect((await owner.run(webhooks.DeleteWebhook, { input })).deleteWebhook).toMatchObject({
      __typename: 'DeleteWebhookSuccess',
    });
    expect(await find(project, webhook.id)).toBeUndefined();
  });

  test('the twenty-first of a project', async () => {
    const projectId = await owner.project();
    for (let made = 0; made < 20; made++) await hook(projectId, ['SYNC_ENDED']);
    const { createWebhook } = await owner.run(webhooks.CreateWebhook, {
      input: { projectId, url: receiver.url, events: ['SYNC_ENDED'] },
    });
    expect(createWebhook).toMatchObject({ __typename: 'ConflictError' });
  });
});

test('a change keeps what it does not name', async () => {
  const project = await owner.project();
  const { webhook } = await hook(project, ['SYNC_ENDED'], { title: 'Pipeline' });
  const { updateWebhook } = await owner.run(webhooks.UpdateWebhook, {
    input: { webhookId: webhook.id, active: false },
  });
  expect(as(updateWebhook, 'UpdateWebhookSuccess').webhook).toMatchObject({
    ...{ title: 'Pipeline', url: webhook.url, events: ['SYNC_ENDED'], active: false },
  });
});

test('a secret is shown once, and stored and logged nowhere in clear', async () => {
  const stored = await dump(it.sql);
  for (const secret of secrets) {
    expect(it.traffic.filter((text) => text.includes(secret))).toHaveLength(1);
    expect([...it.logs, stored].some((text) => text.includes(secret.slice('whsec_'.length)))).toBe(false);
  }
});
