import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type postgres from 'postgres';
import { afterAll, expect } from 'vitest';
import { type App, type AppOptions, createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { type Database, openDatabase } from '../../src/database/client.ts';
import { createLogger } from '../../src/observability/log.ts';
import { type Role, unlimited } from '../../src/organizations/model.ts';
import * as organizations from '../../src/organizations/repository.ts';
import type { Registry } from '../../src/providers/registry.ts';
import { radosgwHost, serverIfAsked } from '../servers/servers.ts';
import { createClient } from './client.ts';
import { createDatabase } from './database.ts';
import { createMember, type Member } from './member.ts';

export interface TestAppOptions {
  /** Settings by their names in the environment, over those of the tests. */
  settings?: Record<string, string>;
  registry?: Registry;
  /** Default: inline. */
  worker?: AppOptions['worker'];
  /** Called with each statement that the service sends to the database. */
  onStatement?: AppOptions['onStatement'];
  /** Stands beside this one: on its database, with its folders. */
  beside?: TestApp;
}

/** The whole service on a database and folders of its own, listening on a free port. */
export interface TestApp {
  app: App;
  url: string;
  databaseUrl: string;
  /** Settings it runs with, for processes beside it. */
  settings: Record<string, string>;
  documentRoot: string;
  /** For looking behind the API. */
  sql: postgres.Sql;
  /** The organization's owner. */
  owner: Member;
  /** Every answer that a client got. */
  traffic: string[];
  /** Every line logged. */
  logs: string[];
  /** Writes files below the document root, by path; answers with the folder's absolute path. */
  files(folder: string, files: Record<string, string | Uint8Array>): Promise<string>;
  /** A text that must not appear in any answer or log line: looked for when the test file ends. */
  canary(name: string): string;
  /** Takes a text that is secret already, for the same. */
  secret(text: string): void;
  /** Another member of the owner's organization. */
  member(role: Role): Promise<Member>;
  /** The owner of another organization. */
  stranger(): Promise<Member>;
  /** A client with this token, or with none. */
  client(token: string | null): Member;
  close(): Promise<void>;
}

const opened = new Set<TestApp>();
afterAll(async () => {
  for (const app of [...opened].reverse()) await app.close();
});

/** Starts the service. It is closed, and what it said looked through for secrets, when the test file ends. */
export async function testApp(options: TestAppOptions = {}): Promise<TestApp> {
  const { beside } = options;
  const home = beside ? undefined : await realpath(await mkdtemp(join(tmpdir(), 'longshore-test-')));
  const created = beside ? undefined : await createDatabase({ migrated: !options.settings?.PARTITIONS });
  const databaseUrl = beside?.databaseUrl ?? created!.url;
  const documentRoot = beside?.documentRoot ?? join(home!, 'files');
  await mkdir(documentRoot, { recursive: true });
  const settings = beside
    ? { ...beside.settings, ...options.settings }
    : {
        DATABASE_URL: databaseUrl,
        DATABASE_CONNECTIONS: '8',
        DATA_DIR: join(home!, 'data'),
        ENCRYPTION_KEYS: randomBytes(32).toString('base64'),
        LOCAL_FILES_DOCUMENT_ROOT: documentRoot,
        LOG_LEVEL: 'debug',
        OUTBOUND_ALLOW: radosgwHost(),
        PORT: '0',
        ...options.settings,
      };
  const logs: string[] = [];
  const app = await createApp(readConfig(settings), {
    api: true,
    worker: options.worker ?? 'inline',
    migrate: options.settings?.PARTITIONS !== undefined,
    log: createLogger(settings.LOG_LEVEL!, { write: (line) => logs.push(line) }),
    ...(options.onStatement && { onStatement: options.onStatement }),
    ...(options.registry && { registry: options.registry }),
  });
  const database = openDatabase(databaseUrl, { connections: 2, name: 'test' });
  const url = app.url!;
  const traffic: string[] = [];
  const secrets: string[] = [];
  const client = (token: string | null) => createMember(createClient(url, token, traffic));

  async function signIn(organizationId: number, userId: number): Promise<Member> {
    const { token } = await app.services.organizations.createApiToken(
      { organizationId, userId, role: 'ANNOTATOR', tokenId: 0, ...unlimited },
      { title: 'test' },
    );
    return client(token);
  }

  const { viewer } = await app.services.organizations.ensureFirst();
  const test: TestApp = {
    app,
    url,
    databaseUrl,
    settings,
    documentRoot,
    sql: database.sql,
    owner: await signIn(viewer.organizationId, viewer.userId),
    traffic,
    logs,
    client,
    async files(folder, files) {
      for (const [name, content] of Object.entries(files)) {
        const path = join(documentRoot, folder, name);
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, content);
      }
      await mkdir(join(documentRoot, folder), { recursive: true });
      return join(documentRoot, folder);
    },
    canary(name) {
      const text = `canary-${name}-${randomBytes(12).toString('hex')}`;
      secrets.push(text);
      return text;
    },
    secret: (text) => void secrets.push(text),
    async member(role) {
      return signIn(viewer.organizationId, await addUser(database, viewer.organizationId, role));
    },
    async stranger() {
      const values = { title: 'Strangers', externalId: randomUUID() };
      const { id } = await organizations.insertOrganization(database.db, values);
      return signIn(id, await addUser(database, id, 'OWNER'));
    },
    async close() {
      if (!opened.delete(test)) return;
      await app.close();
      await database.close();
      await created?.drop();
      if (home) await rm(home, { recursive: true, force: true });
      const said = [...traffic, ...logs];
      const radosgw = await serverIfAsked('radosgw');
      if (radosgw) test.secret(radosgw.secretAccessKey);
      for (const secret of secrets) expect(said.filter((text) => text.includes(secret))).toEqual([]);
    },
  };
  test.secret(new URL(databaseUrl).password);
  opened.add(test);
  return test;
}

async function addUser({ db }: Database, organizationId: number, role: Role): Promise<number> {
  const values = { organizationId, email: `${randomUUID()}@example.com`, firstName: role, lastName: '' };
  const { id } = await organizations.insertUser(db, values);
  await organizations.insertMembership(db, { organizationId, userId: id, role });
  return id;
}
