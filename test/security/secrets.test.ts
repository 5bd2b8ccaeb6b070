import { describe, expect, test } from 'vitest';
import * as documents from '../graphql/documents.ts';
import { testApp } from '../support/app.ts';
import { accessKey, createBucket } from '../support/bucket.ts';
import { candidate } from '../support/candidate.ts';
import { as } from '../support/client.ts';
import { dump } from '../support/database.ts';
import { numberOf } from '../support/ids.ts';

/**
 * Secrets that were entered never come out. Every test app keeps all that its clients were answered and all
 * that it logged; here the database is looked through as well.
 */
const it = await testApp({ settings: { LOG_LEVEL: 'trace' } });
const { owner } = it;

test('an app’s own check finds what it looks for', () => {
  const secrets = [it.owner.token!];
  const said = [`a line with ${it.owner.token}`];
  expect(said.filter((line) => secrets.some((secret) => line.includes(secret)))).toHaveLength(1);
});

test('through the whole life of a storage: not in answers, logs, errors, nor in the database', async () => {
  const bucket = await createBucket();
  await bucket.put('a.jpg', 'x');
  const project = await owner.project();
  const user = await bucket.server.createUser();
  it.secret(user.secretAccessKey);
  const wrongSecret = it.canary('wrong-secret');
  const sessionToken = it.canary('session-token');

  const { id } = await owner.connect(project, bucket.input());
  await owner.sync(id);
  // Refused with, and saved with, secrets of all kinds.
  const { accessKeyId, secretAccessKey } = bucket.server;
  for (const keys of [
    { accessKeyId, secretAccessKey: wrongSecret },
    { accessKeyId, secretAccessKey, sessionToken },
    { accessKeyId: user.accessKeyId, secretAccessKey: user.secretAccessKey },
  ]) {
    const provider = bucket.input({ credentials: { accessKey: keys } });
    const input = { projectId: project, provider, settings: { source: {} } };
    await owner.run(documents.ValidateStorage, { input: candidate(input) });
    await owner.run(documents.CreateStorage, { input });
    await owner.run(documents.PreviewSync, { input: candidate(input) });
    await owner.run(documents.DiagnoseStorage, {
      input: candidate({ ...input, origin: 'https://label.example.com' }),
    });
    const s3 = { credentials: { accessKey: keys } };
    await owner.run(documents.UpdateStorage, { input: { storageId: id, provider: { s3 } } });
  }
  await owner.sync(id);
  const all = await dump(it.sql, ['public', 'jobs']);
  expect(all).toContain(bucket.name);
  for (const secret of [
    secretAccessKey,
    user.secretAccessKey,
    wrongSecret,
    sessionToken,
    owner.token!.slice(3),
  ]) {
    expect(all).not.toContain(secret);
    expect([...it.traffic, ...it.logs].filter((text) => text.includes(secret))).toEqual([]);
  }
});

describe('at rest', () => {
  test('sealed for one project, with the key’s id, never twice the same', async () => {
    const bucket = await createBucket();
    const [one, other] = [await owner.project(), await owner.project()];
    for (const project of [one, one, other]) await owner.connect(project, bucket.input());
    const rows = await it.sql<
      { secrets: string }[]
    >`SELECT secrets FROM storages WHERE config->>'bucket' = ${bucket.name}`;
    expect(new Set(rows.map(({ secrets }) => secrets)).size).toBe(3);
    const [key] = await it.sql<{ value: string }[]>`SELECT value FROM installation`;
    for (const { secrets } of rows) expect(secrets).toContain(key!.value);
  });

  test('a secret moved to another project does not open', async () => {
    const bucket = await createBucket();
    await bucket.put('a.jpg', 'x');
    const [from, to] = [await owner.project(), await owner.project()];
    const stolen = await owner.connect(from, bucket.input());
    const thief = await owner.connect(to, bucket.input());
    await it.sql`UPDATE storages SET secrets = (SELECT secrets FROM storages WHERE id = ${numberOf(stolen.id)})
                 WHERE id = ${numberOf(thief.id)}`;
    expect(await owner.sync(stolen.id)).toMatchObject({ status: 'COMPLETED' });
    expect(await owner.sync(thief.id)).toMatchObject({ status: 'FAILED' });
  });

  test('another installation’s key opens nothing: the service says so, and does not start', async () => {
    const settings = { ENCRYPTION_KEYS: Buffer.alloc(32, 7).toString('base64') };
    await expect(testApp({ beside: it, settings })).rejects.toThrow(
      /^ENCRYPTION_KEYS: the secrets in this database were sealed with key \w+, which is not there\./,
    );
  });
});

test('a statement that fails is logged without its parameters', async () => {
  const broken = await testApp({ worker: 'none' });
  await broken.sql`ALTER TABLE projects ADD CONSTRAINT only_short_titles CHECK (length(title) < 40)`;
  const title = broken.canary('a-parameter-of-a-statement');
  const { errors } = await broken.owner.send(documents.CreateProject, { input: { title } });
  expect(errors).toMatchObject([{ extensions: { code: 'INTERNAL_ERROR' } }]);
  const reference = errors![0]!.extensions!.reference as string;
  const logged = broken.logs.filter((line) => line.includes(reference));
  expect(logged).toHaveLength(1);
  expect(logged[0]).toContain('only_short_titles');
  await broken.close();
});

test('GraphQL never shows a stored secret, only whether there is one', async () => {
  const bucket = await createBucket();
  const storage = await owner.connect(
    await owner.project(),
    bucket.input({ credentials: accessKey(bucket.server) }),
  );
  expect(storage).toMatchObject({
    accessKeyId: bucket.server.accessKeyId,
    hasSecretAccessKey: true,
    hasSessionToken: false,
  });
  const created = await owner.run(documents.CreateApiToken, { input: { title: 'Shown once' } });
  const { token, apiToken } = as(created.createApiToken, 'CreateApiTokenSuccess');
  const before = it.traffic.length;
  const { apiTokens } = (await owner.run(documents.WhoAmI)).viewer;
  expect(apiTokens.nodes).toContainEqual({ id: apiToken.id, title: 'Shown once', hint: token.slice(-4) });
  expect(it.traffic.slice(before).filter((text) => text.includes(token))).toEqual([]);
});
