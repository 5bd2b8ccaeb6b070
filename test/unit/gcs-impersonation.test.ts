import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { gcsProvider } from '../../src/providers/gcs/provider.ts';
import type { Store } from '../../src/providers/store.ts';
import type { ServiceAccount } from '../servers/gcs.ts';
import { type GcsTrial, keysOf, startTrial, textOf, write } from '../servers/gcs-trial.ts';
import { testEnvironment } from '../support/environment.ts';

/** A service account that this service acts as by its own default credentials, without a key of the account. */

const signal = new AbortController().signal;
let trial: GcsTrial;
let folder: string;
let own: ServiceAccount;
let target: ServiceAccount;
let bucket: string;
beforeAll(async () => {
  trial = await startTrial();
  folder = await mkdtemp(join(tmpdir(), 'longshore-impersonation-'));
  own = trial.server.createServiceAccount('longshore');
  target = trial.server.createServiceAccount('reader-of-labels');
  await writeFile(join(folder, 'own.json'), own.json);
  bucket = trial.server.createBucket(target).name;
  trial.server.put(bucket, 'a.txt', Buffer.from('content'));
});
afterAll(async () => {
  await trial.server.close();
  await rm(folder, { recursive: true });
});

function openAs(serviceAccountEmail: string): Store {
  const settings = trial.settingsFor(bucket, { credentials: 'IMPERSONATION', serviceAccountEmail });
  const env = { ...trial.server.env, GOOGLE_APPLICATION_CREDENTIALS: join(folder, 'own.json') };
  return trial.open(settings, {}, testEnvironment({ env }));
}

test('without leave the account is not to be had', async () => {
  await expect(openAs(target.email).authenticate(signal)).rejects.toMatchObject({
    code: 'WRONG_CREDENTIALS',
    hint: expect.stringContaining('roles/iam.serviceAccountTokenCreator'),
  });
});

test('with leave it lists, reads, writes and signs as the account', async () => {
  trial.server.identity.impersonators.set(target.email, new Set([own.email]));
  trial.server.identity.tokenCreators.set(target.email, new Set([own.email]));
  const store = openAs(target.email);
  expect(await keysOf(store)).toEqual(['a.txt']);
  expect(await textOf(store, 'a.txt')).toBe('content');
  await write(store, 'b.json');
  const { url } = await store.presign('a.txt', { ttlSeconds: 60, signal });
  expect(decodeURIComponent(url)).toContain(target.email);
  expect(await (await fetch(url)).text()).toBe('content');
});

test('only an account is named, and nothing beside it', () => {
  const parse = (more: object) =>
    gcsProvider.settings.safeParse({ bucket: 'some-bucket', credentials: 'IMPERSONATION', ...more });
  expect(parse({ serviceAccountEmail: target.email }).success).toBe(true);
  const [issue] = parse({}).error?.issues ?? [];
  expect(issue?.path.join('.')).toBe('credentials.impersonation.serviceAccountEmail');
  expect(parse({ serviceAccountEmail: target.email, poolId: 'some-pool' }).success).toBe(false);
});

test('the setup guide says what leave it needs', () => {
  const settings = trial.settingsFor(bucket, {
    credentials: 'IMPERSONATION',
    serviceAccountEmail: target.email,
  });
  const request = { direction: 'SOURCE' as const, origins: [], addresses: [], externalId: 'x' };
  const contents = (servicePrincipal: string | null) =>
    gcsProvider.guide?.(settings, { ...request, servicePrincipal }).map(({ content }) => content)[0];
  expect(contents(own.email)).toBe(
    `gcloud iam service-accounts add-iam-policy-binding ${target.email} --member=serviceAccount:${own.email} --role=roles/iam.serviceAccountTokenCreator`,
  );
  expect(contents(null)).toContain('Ask its administrator');
});
