import { randomBytes } from 'node:crypto';
import postgres from 'postgres';
import { expect, test } from 'vitest';
import { createSecretBox, parseKeys } from '../../src/security/secrets.ts';
import { createDatabase } from '../support/database.ts';
import { newFolder, run, serve } from './longshore.ts';

/** `keys rotate`: a new key for everything that is sealed, while the service runs. */
test('after a rotation only the new key is needed, and everything still opens', async () => {
  const database = await createDatabase();
  const [oldKey, newKey] = [randomBytes(32).toString('base64'), randomBytes(32).toString('base64')];
  const folder = await newFolder();
  const env = (...keys: string[]) => ({
    DATABASE_URL: database.url,
    ENCRYPTION_KEYS: keys.join(','),
    OUTBOUND_ALLOW: '127.0.0.1',
  });
  const sql = postgres(database.url, { max: 1, onnotice: () => {} });
  const before = await serve(['serve', '--no-worker'], { folder, env: env(oldKey) });
  const { createProject } = await before.query<{ createProject: { project: { id: string } } }>(
    `mutation { createProject(input: { title: "Keys" }) { ... on CreateProjectSuccess { project { id } } } }`,
  );
  const { createWebhook } = await before.query<{ createWebhook: { secret: string } }>(
    `mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { ... on CreateWebhookSuccess { secret } } }`,
    {
      input: { projectId: createProject.project.id, url: 'http://127.0.0.1:9', events: ['SYNC_ENDED'] },
    },
  );
  await before.stop();
  const [{ id: projectId }] = await sql<[{ id: number }]>`SELECT id::int FROM projects`;
  const sealed = createSecretBox(parseKeys(oldKey)).seal({ key: 'value' }, `storage of project ${projectId}`);
  await sql`
    WITH container AS (INSERT INTO containers (project_id, uri) VALUES (${projectId}, 's3://b') RETURNING id)
    INSERT INTO storages (project_id, container_id, provider, direction, prefix, config, settings, secrets)
    SELECT ${projectId}, container.id, 'S3', 'SOURCE', n::text, '{}', '{}', ${sealed}
    FROM container, generate_series(1, 450) n`;

  const running = await serve(['serve', '--no-worker'], { folder, env: env(newKey, oldKey) });
  const rotated = await run(['keys', 'rotate'], { folder, env: env(newKey, oldKey) });
  expect(rotated).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('451 secrets were sealed again'),
  });
  const again = await run(['keys', 'rotate'], { folder, env: env(newKey, oldKey) });
  expect(again.stderr).toContain('0 secrets');
  await running.stop();

  const box = createSecretBox(parseKeys(newKey));
  for (const { secrets } of await sql<{ secrets: string }[]>`SELECT secrets FROM storages`) {
    expect(box.open(secrets, `storage of project ${projectId}`)).toEqual({ key: 'value' });
  }
  const [webhook] = await sql<{ secret: string }[]>`SELECT secret FROM webhooks`;
  expect(box.open(webhook!.secret, `webhook of project ${projectId}`)).toEqual({
    secret: createWebhook.secret,
  });
  // The old key alone is refused from now on, the new one alone is enough.
  const refused = await run(['migrate'], { folder, env: env(oldKey) });
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('ENCRYPTION_KEYS') });
  expect(await run(['migrate'], { folder, env: env(newKey) })).toMatchObject({ code: 0 });
  await sql.end();
  await database.drop();
});

test('without the old key nothing is rotated, and the command says which key is missing', async () => {
  const database = await createDatabase();
  const folder = await newFolder();
  const [oldKey, newKey] = [randomBytes(32).toString('base64'), randomBytes(32).toString('base64')];
  const env = (key: string) => ({ DATABASE_URL: database.url, ENCRYPTION_KEYS: key });
  await run(['migrate'], { folder, env: env(oldKey) });
  const { code, stderr } = await run(['keys', 'rotate'], { folder, env: env(newKey) });
  expect(code).toBe(1);
  expect(stderr).toContain(parseKeys(oldKey).primary);
  expect(stderr).not.toContain(oldKey);
  await database.drop();
});
