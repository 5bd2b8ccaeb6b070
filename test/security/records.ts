import { randomUUID } from 'node:crypto';
import * as documents from '../graphql/documents.ts';
import * as members from '../graphql/member-documents.ts';
import type { TestApp } from '../support/app.ts';
import { as } from '../support/client.ts';
import { numberOf } from '../support/ids.ts';
import type { Member } from '../support/member.ts';

/** Global ids by the type that they name; `Folder` is the path of one that no storage uses. */
export type Ids = Record<string, string>;

export const globalId = (type: string, key: string | number) =>
  Buffer.from(`${type}:${key}`).toString('base64');

/** No record of any kind has it. */
const MISSING = 987_654_321;
export const missing = (ids: Ids): Ids =>
  Object.fromEntries(Object.keys(ids).map((type) => [type, globalId(type, MISSING)]));

/**
 * A record of each type of Node, in a new project of the owner's organization.
 * @param holder whose token, to spare, is the one of the type ApiToken
 */
export async function records(it: TestApp, owner: Member, holder: Member = owner): Promise<Ids> {
  const folder = randomUUID();
  const path = await it.files(folder, { 'a.jpg': 'x' });
  const project = await owner.project();
  const storage = await owner.connect(project, { localFiles: { path } });
  const [task] = await owner.importTasks(project, [{ image: 'x' }]);
  const annotation = await owner.annotate(task!);
  const { id: sync } = await owner.start(storage.id);
  const email = `${randomUUID()}@example.com`;
  const { addMember } = await owner.run(members.AddMember, { input: { email, role: 'ANNOTATOR' } });
  const { userId } = as(addMember, 'AddMemberSuccess').member;
  const guest = { email: `invited-${email}`, role: 'ANNOTATOR' as const };
  const { inviteMember } = await owner.run(members.InviteMember, { input: guest });
  const { createApiToken } = await holder.run(documents.CreateApiToken, { input: { title: 'To spare' } });
  const ids: Ids = {
    ...{ Project: project, LocalFilesStorage: storage.id, Task: task!, Annotation: annotation, Sync: sync },
    Folder: await it.files(randomUUID(), { 'a.jpg': 'x' }),
    ApiToken: as(createApiToken, 'CreateApiTokenSuccess').apiToken.id,
    Invitation: as(inviteMember, 'InviteMemberSuccess').invitation.id,
    ...{ User: userId, Member: globalId('Member', numberOf(userId)) },
    Organization: (await owner.run(documents.WhoAmI)).viewer.organization.id,
  };
  return { ...ids, ...(await stored(it, ids, folder)) };
}

/** What only the service itself makes, put straight into the database. */
async function stored({ sql }: TestApp, ids: Ids, folder: string): Promise<Ids> {
  const [projectId, sourceId, syncId, taskId] = [
    ids.Project!,
    ids.LocalFilesStorage!,
    ids.Sync!,
    ids.Task!,
  ].map(numberOf) as [number, number, number, number];
  const found: Ids = {};
  const [{ containerId }] = await sql<[{ containerId: number }]>`
    SELECT container_id AS "containerId" FROM storages WHERE id = ${sourceId}`;
  let target = 0;
  for (const [provider, type] of Object.entries(targets)) {
    const [{ id }] = await sql<[{ id: number }]>`
      INSERT INTO storages (project_id, container_id, provider, direction, prefix, config, settings)
      VALUES (${projectId}, ${containerId}, ${provider}, 'TARGET', 'x', '{}', '{}') RETURNING id`;
    found[type] = globalId(type, id);
    target = id;
  }
  const key = `${folder}/a.jpg`;
  await sql`
    INSERT INTO objects (project_id, storage_id, container_id, key, size, state, sync_id)
    VALUES (${projectId}, ${sourceId}, ${containerId}, ${key}, 1, 'IMPORTED', ${syncId})`;
  found.StorageObject = globalId('StorageObject', `${sourceId}:${key}`);
  const [issue] = await sql`
    INSERT INTO sync_issues (project_id, sync_id, severity, code, message)
    VALUES (${projectId}, ${syncId}, 'WARNING', 'COPY_FAILED', 'x') RETURNING id`;
  const [prediction] = await sql`
    INSERT INTO predictions (project_id, task_id, result) VALUES (${projectId}, ${taskId}, '[]') RETURNING id`;
  const [webhook] = await sql`
    INSERT INTO webhooks (project_id, url, events, secret)
    VALUES (${projectId}, 'https://example.com', '{sync.ended}', 'sealed') RETURNING id`;
  const [delivery] = await sql`
    INSERT INTO webhook_deliveries (project_id, webhook_id, event, body)
    VALUES (${projectId}, ${webhook!.id}, 'sync.ended', '{}') RETURNING id`;
  await sql`
    INSERT INTO export_records (project_id, storage_id, subject_id, task_id)
    VALUES (${projectId}, ${target}, 1, ${taskId})`;
  await sql`
    INSERT INTO export_events (project_id, storage_id, subject_id, task_id, event)
    VALUES (${projectId}, ${target}, 1, ${taskId}, 'EXPORTED')`;
  const [snapshot] = await sql`
    INSERT INTO snapshots (project_id, format) VALUES (${projectId}, 'JSON') RETURNING id`;
  const [entry] = await sql`SELECT id FROM audit_log WHERE project_id = ${projectId} LIMIT 1`;
  return {
    ...found,
    SyncIssue: globalId('SyncIssue', issue!.id),
    Prediction: globalId('Prediction', prediction!.id),
    Webhook: globalId('Webhook', webhook!.id),
    Snapshot: globalId('Snapshot', snapshot!.id),
    WebhookDelivery: globalId('WebhookDelivery', delivery!.id),
    Export: globalId('Export', `${target}:1`),
    AuditEntry: globalId('AuditEntry', entry!.id),
  };
}

const targets = {
  S3: 'S3Storage',
  GCS: 'GcsStorage',
  AZURE_BLOB: 'AzureBlobStorage',
  REDIS: 'RedisStorage',
};
