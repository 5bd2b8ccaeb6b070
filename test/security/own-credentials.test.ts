import { expect, test } from 'vitest';
import * as documents from '../graphql/documents.ts';
import { wireServer } from '../servers/s3-wire.ts';
import { testApp } from '../support/app.ts';
import { candidate, unbranched } from '../support/candidate.ts';
import type { StorageProviderInput } from '../support/generated/graphql.ts';
import type { Member } from '../support/member.ts';

/** The service's own cloud credentials serve the organizations that the operator names, and no others. */
const inputs: [string, StorageProviderInput][] = [
  ['S3', { s3: { bucket: 'bucket', credentials: { default: true } } }],
  ['Google', { gcs: { bucket: 'bucket', credentials: { default: true } } }],
  [
    'a Google service account by impersonation',
    {
      gcs: {
        bucket: 'bucket',
        credentials: { impersonation: { serviceAccountEmail: 'label@project.iam.gserviceaccount.com' } },
      },
    },
  ],
  ['Azure', { azureBlob: { container: 'container', credentials: { environment: true } } }],
];

async function validated(member: Member, provider: StorageProviderInput) {
  const input = { projectId: await member.project(), provider, settings: { source: {} } };
  return unbranched(
    (await member.run(documents.ValidateStorage, { input: candidate(input) })).validateStorage,
  );
}

const it = await testApp();
const stranger = await it.stranger();

test.each(inputs)('%s: only the first organization, unless told otherwise', async (_, provider) => {
  expect(await validated(stranger, provider)).toMatchObject({
    __typename: 'ValidationError',
    fields: [{ message: expect.stringContaining('AMBIENT_CREDENTIALS') }],
  });
  // Whether there are such credentials here is another question.
  expect((await validated(it.owner, provider)).__typename).not.toBe('ValidationError');
});

test('an operator opens them to all, or to organizations by external ID', async () => {
  const [, provider] = inputs[0]!;
  for (const AMBIENT_CREDENTIALS of [
    'all',
    (await it.sql`SELECT external_id FROM organizations ORDER BY id DESC LIMIT 1`)[0]!.external_id,
  ]) {
    const own = await testApp({ beside: it, settings: { AMBIENT_CREDENTIALS }, worker: 'none' });
    const result = await validated(own.client(stranger.token), provider);
    expect(result.__typename).toBe('ValidateStorageSuccess');
  }
});

test('a storage that is there already is not opened for an organization that lost the right', async () => {
  const server = await wireServer((_, response) => response.writeHead(500).end());
  const [project] = await it.sql`
    SELECT p.id FROM projects p JOIN organizations o ON o.id = p.organization_id ORDER BY o.id DESC LIMIT 1`;
  const [row] = await it.sql`
    WITH container AS (INSERT INTO containers (project_id, uri) VALUES (${project!.id}, 's3://own') RETURNING id)
    INSERT INTO storages (project_id, container_id, provider, direction, prefix, config, settings)
    SELECT ${project!.id}, id, 'S3', 'SOURCE', '',
      ${JSON.stringify({ bucket: 'own', endpoint: server.url, credentials: 'DEFAULT' })}::jsonb,
      ${JSON.stringify({ importMethod: 'FILES', recursive: true, onChanged: 'IGNORE', onRemoved: 'KEEP', presign: true, presignTtlMinutes: 15 })}::jsonb
    FROM container RETURNING id`;
  const sync = await stranger.sync(Buffer.from(`S3Storage:${row!.id}`).toString('base64'));
  expect(sync).toMatchObject({ status: 'FAILED', error: { code: 'CREDENTIALS_UNAVAILABLE' } });
  expect(server.connections()).toBe(0);
  await server.close();
});
