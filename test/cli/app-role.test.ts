import { randomBytes } from 'node:crypto';
import postgres from 'postgres';
import { afterAll, expect, test } from 'vitest';
import * as documents from '../graphql/documents.ts';
import { testApp } from '../support/app.ts';
import { createDatabase } from '../support/database.ts';
import { newFolder, run } from './longshore.ts';

/** A service that runs as a role of its own: all of it works, and it may not do what only the owner of the tables does. */
const database = await createDatabase();
const name = `app_${randomBytes(6).toString('hex')}`;
const password = randomBytes(12).toString('hex');
const admin = postgres(database.url, { max: 1, onnotice: () => {} });
await admin.unsafe(`CREATE ROLE ${name} LOGIN PASSWORD '${password}'`);
const url = new URL(database.url);
url.username = name;
url.password = password;
const role = postgres(url.href, { max: 1, onnotice: () => {} });
const env = { DATABASE_URL: database.url, ENCRYPTION_KEYS: randomBytes(32).toString('base64') };
const migrate = async (...args: string[]) => run(['migrate', ...args], { folder: await newFolder(), env });

afterAll(async () => {
  await role.end();
  await admin.unsafe(`DROP OWNED BY ${name}`);
  await admin.unsafe(`DROP ROLE ${name}`);
  await admin.end();
  await database.drop();
});

test('migrate grants what a service needs, as often as it is asked', async () => {
  await expect(role`SELECT 1 FROM audit_log`).rejects.toThrow('permission denied');
  for (let time = 0; time < 2; time++) {
    const { code, stderr } = await migrate('--app-role', name);
    expect([code, stderr]).toEqual([0, expect.stringContaining(`Services and workers may run as "${name}"`)]);
  }
});

test('the service works as that role', async () => {
  const it = await testApp({ settings: { DATABASE_URL: url.href, ENCRYPTION_KEYS: env.ENCRYPTION_KEYS } });
  const project = await it.owner.project();
  const path = await it.files('photos', { 'a.jpg': 'x', 'b.jpg': 'y' });
  const { id } = await it.owner.connect(project, { localFiles: { path } }, { presign: false });
  expect(await it.owner.sync(id)).toMatchObject({ status: 'COMPLETED' });
  await it.owner.run(documents.DeleteProject, { input: { projectId: project } });
  const entries = await role`SELECT action FROM audit_log`;
  expect(entries.map(({ action }) => action)).toContain('storage.create');
});

test.each([
  'UPDATE audit_log SET user_id = 1',
  'DELETE FROM audit_log',
  'TRUNCATE audit_log',
  'TRUNCATE tasks CASCADE',
  'DROP TABLE tasks',
  'ALTER TABLE tasks ADD COLUMN more text',
  'ALTER TABLE audit_log DISABLE TRIGGER ALL',
  'DROP TRIGGER append_only_rows ON audit_log',
  'CREATE TABLE more (one int)',
  'CREATE SCHEMA more',
  'DELETE FROM drizzle.__drizzle_migrations',
])('it may not: %s', async (statement) => {
  await expect(role.unsafe(statement)).rejects.toMatchObject({ code: '42501' });
});

test.each([
  ['nobody_at_all', 'has no role'],
  [decodeURIComponent(new URL(database.url).username), 'apart from the one that owns the tables'],
])('%s is refused', async (other, why) => {
  expect(await migrate('--app-role', other)).toMatchObject({ code: 1, stderr: expect.stringContaining(why) });
});
