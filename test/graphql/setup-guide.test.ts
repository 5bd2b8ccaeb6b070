import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  ContainerSASPermissions,
  generateBlobSASQueryParameters,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { radosgwAt } from '../servers/radosgw.ts';
import { serverOf } from '../servers/servers.ts';
import { testApp } from '../support/app.ts';
import { candidate, type Flat } from '../support/candidate.ts';
import { as } from '../support/client.ts';
import { rowCounts } from '../support/database.ts';
import { graphql } from '../support/generated/gql.ts';
import type {
  StorageProviderInput,
  StorageProviderUpdateInput,
  StorageSettingsInput,
} from '../support/generated/graphql.ts';
import { azureBlobPlaces } from '../support/places/azure-blob.ts';
import { gcsPlaces } from '../support/places/gcs.ts';
import { localFiles } from '../support/places/local-files.ts';
import type { Place, Way } from '../support/places/place.ts';
import { redisPlaces } from '../support/places/redis.ts';
import { s3Places } from '../support/places/s3.ts';
import { wordsOf } from '../support/shell.ts';
import * as documents from './documents.ts';

/**
 * Setup guides: who follows one to the letter has a storage that works, with the rights it names and no more.
 * Where the provider's own tool is at hand it is run; where not, a stand-in notes what it was called with.
 */
const SetupGuide = graphql(/* GraphQL */ `
  query SetupGuide($input: StorageSetupGuideInput!) {
    storageSetupGuide(input: $input) {
      title
      format
      content
      explanation
    }
  }
`);

const s3 = await s3Places();
const gcs = await gcsPlaces(await serverOf('radosgw'));
const azureBlob = await azureBlobPlaces();
const redis = await redisPlaces();
const providers = [s3, gcs, azureBlob, redis];
const settings = Object.assign({}, ...providers.map((it) => it.settings));
const it = await testApp({ settings: { ...settings, OUTBOUND_ALLOW: '127.0.0.0/8' } });
const { owner } = it;
const project = await owner.project();
const radosgw = radosgwAt(await serverOf('radosgw'));
const origins = ['https://label.example.com'];
const addresses = ['198.51.100.7', '203.0.113.0/24'];
const servicePrincipal = 'arn:aws:iam:::user/owner';
const request = { origins, addresses, servicePrincipal };

const run = promisify(execFile);
let tools: string;
beforeAll(async () => {
  tools = await mkdtemp(join(tmpdir(), 'longshore-tools-'));
  const standIn =
    '#!/bin/sh\nprintf "%s\\0" "$(basename "$0")" "$@" >>"$TOOL_LOG"\nprintf "\\n\\0" >>"$TOOL_LOG"\n';
  for (const name of ['az', 'gcloud']) await writeFile(join(tools, name), standIn, { mode: 0o755 });
});
afterAll(async () => {
  await rm(tools, { recursive: true });
  await Promise.all(providers.map(({ close }) => close()));
});

interface Step {
  title: string;
  format: string;
  content: string;
  explanation: string;
}

async function guide(input: Flat): Promise<Step[]> {
  const { storageSetupGuide: steps } = await owner.run(SetupGuide, { input: candidate(input) });
  for (const { title, format, content, explanation } of steps) {
    expect([title, content, explanation].every(Boolean), title).toBe(true);
    expect(content).not.toMatch(/<[a-z_-]+>|YOUR_|undefined|\[object|null/i);
    if (format === 'JSON') expect(() => JSON.parse(content), title).not.toThrow();
    if (format === 'SHELL') await run('sh', ['-n', '-c', content]);
  }
  return steps;
}

const stepOf = (steps: Step[], title: string) =>
  steps.find((step) => step.title.startsWith(title)) ??
  expect.fail(`No "${title}" among ${steps.map((step) => step.title)}`);

/** Pastes a step into a shell. */
async function pasted({ format, content }: Step, env: Record<string, string> = {}) {
  expect(format).toBe('SHELL');
  const log = join(tools, `${randomUUID()}.log`);
  await writeFile(log, '');
  const PATH = `${tools}:${process.env.PATH}`;
  const { stdout } = await run('sh', ['-euc', content], { cwd: tools, env: { ...env, PATH, TOOL_LOG: log } });
  const calls = (await readFile(log, 'utf8'))
    .split('\0\n\0')
    .filter(Boolean)
    .map((call) => call.split('\0'));
  return { stdout: stdout.trim(), calls };
}

/** The value of `--name=value`, or what stands behind `--name`. */
function option(call: string[], name: string): string {
  const joined = call.find((word) => word.startsWith(`--${name}=`));
  return joined ? joined.slice(name.length + 3) : (call[call.indexOf(`--${name}`) + 1] ?? '');
}

/** What a person has before there are any credentials: the place, and what is to be done there. */
const source = { source: { importMethod: 'TASKS' as const, presign: true } };
const bare = (place: Place, credentials: object): StorageProviderUpdateInput => {
  const [[kind, fields]] = Object.entries(place.provider) as [[string, object]];
  return { [kind]: { ...fields, credentials } } as unknown as StorageProviderUpdateInput;
};

/** Follows a guide, and says how to get in by what came of it. */
interface Subject {
  way: Way;
  /** The credentials without their secrets; null: there are none. */
  named: object | null;
  follow(steps: Step[], place: Place, settings: StorageSettingsInput): Promise<StorageProviderInput>;
  title: { source: string; target: string; deleting: string };
  /** Whether what is written can be proven to be removed without the right to delete. */
  cleansUp: boolean;
}

const subjects: Record<string, Subject> = {
  'S3 by role': {
    way: s3.ways['S3: access key']!,
    named: { role: { roleArn: 'arn:aws:iam::123456789012:role/labels' } },
    async follow(steps, place, { target }) {
      const trust = JSON.parse(stepOf(steps, 'Trust policy').content);
      expect(trust.Statement[0]).toMatchObject({
        Principal: { AWS: servicePrincipal },
        Action: 'sts:AssumeRole',
      });
      // radosgw knows no external ID, and so would find the condition false whatever is sent.
      const statements = trust.Statement.map(({ Condition, ...rest }: Record<string, unknown>) => rest);
      const policy = JSON.parse(
        stepOf(steps, target ? 'IAM policy: writing' : 'IAM policy: listing, and').content,
      );
      const roleArn = await radosgw.createRole({ ...trust, Statement: statements }, policy);
      return { s3: { ...place.provider.s3!, credentials: { role: { roleArn } } } };
    },
    title: {
      source: 'IAM policy: listing, and signed URLs',
      target: 'IAM policy: writing annotations',
      deleting: 'IAM policy: writing and deleting annotations',
    },
    cleansUp: true,
  },
  'GCS by service account': {
    way: gcs.ways['GCS: service account']!,
    named: { serviceAccountJson: '' },
    async follow(steps, place, { target }) {
      const { bucket } = place.provider.gcs!;
      const email = 'longshore@my-project.iam.gserviceaccount.com';
      const made = await pasted(stepOf(steps, 'Service account and key'));
      expect(made.calls.map((call) => call.slice(0, 5).join(' '))).toEqual([
        'gcloud iam service-accounts create longshore',
        'gcloud iam service-accounts keys create',
      ]);
      const { calls } = await pasted(
        stepOf(steps, target ? 'Role on the bucket: writing' : 'Role on the bucket: listing and'),
      );
      const binding = calls.find((call) => call.includes('add-iam-policy-binding'))!;
      expect(binding).toContain(`gs://${bucket}`);
      expect(option(binding, 'member')).toBe(`serviceAccount:${email}`);
      const role = calls.find((call) => call.includes('roles'));
      const permissions = role
        ? option(role, 'permissions').split(',')
        : { 'roles/storage.objectViewer': ['storage.objects.get', 'storage.objects.list'] }[
            option(binding, 'role')
          ]!;
      // The condition limits it to the prefix.
      const condition = JSON.parse(
        await readFile(join(tools, option(binding, 'condition-from-file')), 'utf8'),
      );
      expect(condition.expression).toContain(`projects/_/buckets/${bucket}/objects/${place.prefix}`);
      const account = gcs.server.createServiceAccount();
      gcs.server.bucket(bucket).grants.push({ email: account.email, permissions, prefix: place.prefix });
      return { gcs: { ...place.provider.gcs!, credentials: { serviceAccountJson: account.json } } };
    },
    title: {
      source: 'Role on the bucket: listing and reading',
      target: 'Role on the bucket: writing annotations',
      deleting: 'Role on the bucket: writing annotations',
    },
    cleansUp: true,
  },
  'Azure Blob by SAS': {
    way: azureBlob.ways['Azure Blob: account key']!,
    named: { sas: {} },
    async follow(steps, place, { target }) {
      const { container, endpoint } = place.provider.azureBlob!;
      const { calls } = await pasted(stepOf(steps, target ? 'SAS token: writing' : 'SAS token: listing'));
      const [call] = calls as [string[]];
      expect(call.slice(0, 4)).toEqual(['az', 'storage', 'container', 'generate-sas']);
      expect([option(call, 'name'), option(call, 'blob-endpoint')]).toEqual([container, endpoint]);
      const { accountName, accountKey } = await serverOf('azurite');
      const values = {
        version: '2025-11-05',
        containerName: container,
        permissions: ContainerSASPermissions.parse(option(call, 'permissions')),
        expiresOn: new Date(option(call, 'expiry')),
      };
      const sasToken = generateBlobSASQueryParameters(
        values,
        new StorageSharedKeyCredential(accountName, accountKey),
      ).toString();
      return { azureBlob: { ...place.provider.azureBlob!, credentials: { sas: { sasToken } } } };
    },
    title: {
      source: 'SAS token: listing and reading',
      target: 'SAS token: writing annotations',
      deleting: 'SAS token: writing annotations',
    },
    cleansUp: false,
  },
  'Redis by user': {
    way: redis.ways['Redis: password']!,
    named: { none: true },
    async follow(steps, place) {
      const { stdout } = await pasted(stepOf(steps, 'ACL rule'), {
        REDISCLI_AUTH: (await serverOf('redis')).secured.password!,
      });
      const password = stdout.split('\n').at(-1)!;
      it.secret(password);
      return {
        redis: { ...place.provider.redis!, credentials: { user: { username: 'longshore', password } } },
      };
    },
    title: {
      source: 'ACL rule: listing and reading',
      target: 'ACL rule: writing annotations',
      deleting: 'ACL rule: writing annotations',
    },
    cleansUp: true,
  },
  'Local files': {
    way: localFiles,
    named: null,
    async follow(steps, place) {
      const { path } = place.provider.localFiles!;
      await pasted(stepOf(steps, 'Folder'));
      const [root] = stepOf(steps, 'Settings of this service').content.split('\n');
      expect(wordsOf(root!)).toEqual(['export', `LOCAL_FILES_DOCUMENT_ROOT=${it.documentRoot}`]);
      return { localFiles: { path } };
    },
    title: { source: 'Folder', target: 'Folder', deleting: 'Folder' },
    cleansUp: true,
  },
};

describe.each(Object.entries(subjects))('%s', (name, { way, named, follow, title, cleansUp }) => {
  const unsaved = (place: Place): StorageProviderUpdateInput => {
    if (named === null) return place.provider as StorageProviderUpdateInput;
    const provider = bare(place, named);
    // The names of accounts yet to be made are made of the project's.
    return provider.gcs ? { gcs: { ...provider.gcs, projectId: 'my-project' } } : provider;
  };

  test('source: what it says leads to a storage that works', async () => {
    const place = await way.open(it);
    await place.put('tasks.json', '[{"image":"a"},{"image":"b"}]');
    const steps = await guide({ projectId: project, provider: unsaved(place), settings: source, ...request });
    expect(steps.map((step) => step.title)).toContain(title.source);
    const provider = await follow(steps, place, source);
    const storage = await owner.connect(project, provider, source.source);
    const { validateStorage } = await owner.run(documents.ValidateStorage, {
      input: candidate({ storageId: storage.id }),
    });
    expect(as(validateStorage, 'ValidateStorageSuccess').validation).toMatchObject({ ok: true });
    expect(await owner.sync(storage.id)).toMatchObject({ status: 'COMPLETED', counts: { tasksCreated: 2 } });
    // It writes nothing, so it must not be able to.
    if (name !== 'Local files') {
      const input = {
        projectId: await owner.project(),
        provider: provider as StorageProviderUpdateInput,
        settings: { target: {} },
      };
      const asTarget = (await owner.run(documents.ValidateStorage, { input: candidate(input) }))
        .validateStorage;
      const { checks } = as(asTarget, 'ValidateStorageSuccess').validation;
      expect(checks.find(({ capability }) => capability === 'WRITE')).toMatchObject({
        status: 'FAILED',
        code: 'FORBIDDEN',
      });
    }
  });

  test.each([false, true])('target, deleting objects: %s', async (canDeleteObjects) => {
    const place = await way.open(it);
    const target = { target: { canDeleteObjects } };
    const steps = await guide({ projectId: project, provider: unsaved(place), settings: target, ...request });
    expect(steps.map((step) => step.title)).toContain(canDeleteObjects ? title.deleting : title.target);
    const provider = await follow(steps, place, target);
    const input = { projectId: project, provider, settings: target };
    const { createStorage } = await owner.run(documents.CreateStorage, { input });
    const { id } = as(createStorage, 'CreateStorageSuccess').storage;
    const { validateStorage } = await owner.run(documents.ValidateStorage, {
      input: candidate({ storageId: id }),
    });
    expect(as(validateStorage, 'ValidateStorageSuccess').validation).toMatchObject({ ok: true });
    if (canDeleteObjects || cleansUp) expect(await place.keys()).toEqual([]);
  });

  test('of a saved storage it is the same, and changes count; nothing is written, nobody asked, no secret told', async () => {
    const place = await way.open(it);
    const provider = place.provider as StorageProviderUpdateInput;
    const unsavedSteps = await guide({ projectId: project, provider, settings: source, ...request });
    const { id } = await owner.connect(await owner.project(), place.provider, source.source);
    const before = [await rowCounts(it.sql), await place.changes()];
    expect(await guide({ storageId: id, ...request })).toEqual(unsavedSteps);
    const streamed = { source: { presign: false } };
    expect(await guide({ storageId: id, settings: streamed, ...request })).toEqual(
      await guide({
        projectId: project,
        provider,
        settings: { source: { ...source.source, presign: false } },
        ...request,
      }),
    );
    expect([await rowCounts(it.sql), await place.changes()]).toEqual(before);
  });
});

describe('kinds of credentials', () => {
  const table: Record<string, [StorageProviderUpdateInput, titles: string[]]> = {
    'S3, an access key that there is not yet': [
      { s3: { bucket: 'bucket', credentials: { accessKey: {} } } },
      [
        'IAM policy: listing, and signed URLs',
        'IAM policy: listing only',
        'Trust policy of the role',
        'Bucket policy: only from the addresses of this service',
        'CORS rules of the bucket',
      ],
    ],
    'S3, the default chain': [
      { s3: { bucket: 'bucket', endpoint: 'https://minio.example.com', credentials: { default: true } } },
      [
        'IAM policy: listing, and signed URLs',
        'IAM policy: listing only',
        'Bucket policy: only from the addresses of this service',
        'CORS rules of the bucket',
      ],
    ],
    'GCS, default credentials': [
      { gcs: { bucket: 'bucket', credentials: { default: true } } },
      ['Role on the bucket', 'CORS file', 'Apply the CORS file', 'IP filter file', 'Apply the IP filter'],
    ],
    'Azure Blob, account key': [
      { azureBlob: { container: 'container', accountName: 'account1', credentials: { accountKey: {} } } },
      ['Account key', 'CORS rule: by command', 'CORS rule: by template'],
    ],
    'Azure Blob, environment': [
      { azureBlob: { container: 'container', accountName: 'account1', credentials: { environment: true } } },
      ['Account key in the environment of this service', 'CORS rule: by command', 'CORS rule: by template'],
    ],
    'Azure Blob, service principal': [
      {
        azureBlob: {
          container: 'container',
          accountName: 'account1',
          credentials: {
            servicePrincipal: { tenantId: 'contoso.com', clientId: '11111111-2222-3333-4444-555555555555' },
          },
        },
      },
      ['Role: listing and reading', 'Role: signing URLs', 'CORS rule: by command', 'CORS rule: by template'],
    ],
    'Redis, a user that there is': [
      { redis: { host: 'redis.example.com', credentials: { user: { username: 'labels' } } } },
      ['ACL rule: listing and reading', 'ACL rule: listing only', 'Way to the server'],
    ],
  };

  test.each(Object.entries(table))('%s', async (_name, [provider, titles]) => {
    const steps = await guide({ projectId: project, provider, settings: { source: {} }, ...request });
    expect(steps.map(({ title }) => title)).toEqual(titles);
  });

  test('GCS, Workload Identity Federation: commands and Terraform say the same', async () => {
    const workloadIdentity = {
      projectNumber: '123456789012',
      poolId: 'labels-pool',
      providerId: 'labels-provider',
      serviceAccountEmail: 'reader@my-project.iam.gserviceaccount.com',
    };
    const role = 'arn:aws:iam::210987654321:role/longshore';
    const steps = await guide({
      projectId: project,
      provider: { gcs: { bucket: 'bucket', credentials: { workloadIdentity } } },
      settings: { source: {} },
      servicePrincipal: role,
    });
    const { calls } = await pasted(stepOf(steps, 'Workload identity pool, by commands'));
    const create = calls.find((call) => call.includes('create-aws'))!;
    const bind = calls.find((call) => call.includes('add-iam-policy-binding'))!;
    const said = {
      provider: create[create.indexOf('create-aws') + 1],
      account: option(create, 'account-id'),
      condition: option(create, 'attribute-condition'),
      member: option(bind, 'member'),
    };
    const assumed = 'arn:aws:sts::210987654321:assumed-role/longshore';
    expect(said).toEqual({
      provider: 'labels-provider',
      account: '210987654321',
      condition: `attribute.aws_role == "${assumed}"`,
      member: `principalSet://iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/labels-pool/attribute.aws_role/${assumed}`,
    });
    const terraform = stepOf(steps, 'Workload identity pool, by Terraform');
    expect(terraform.format).toBe('HCL');
    const attribute = (name: string) =>
      JSON.parse(new RegExp(`^\\s*${name}\\s*= (".*")$`, 'm').exec(terraform.content)![1]!);
    expect({
      provider: attribute('workload_identity_pool_provider_id'),
      account: attribute('account_id'),
      condition: attribute('attribute_condition'),
      member: attribute('member'),
    }).toEqual(said);
  });

  test('the external ID in the trust policy is the organization’s', async () => {
    const credentials = { role: { roleArn: 'arn:aws:iam::123456789012:role/labels' } };
    const steps = await guide({
      projectId: project,
      provider: { s3: { bucket: 'bucket', credentials } },
      settings: { source: {} },
      ...request,
    });
    const { rows } = { rows: await it.sql<{ external_id: string }[]>`SELECT external_id FROM organizations` };
    const trust = JSON.parse(stepOf(steps, 'Trust policy').content);
    expect(trust.Statement[0].Condition).toEqual({
      StringEquals: { 'sts:ExternalId': rows[0]!.external_id },
    });
  });
});

test('a saved storage with another place needs no secret for its guide', async () => {
  const place = await s3.ways['S3: access key']!.open(it);
  const { id } = await owner.connect(await owner.project(), place.provider);
  const steps = await guide({ storageId: id, provider: { s3: { bucket: 'another-bucket' } } });
  expect(stepOf(steps, 'IAM policy').content).toContain('arn:aws:s3:::another-bucket');
});

test('what is wrong besides the secrets is said', async () => {
  const input = {
    projectId: project,
    provider: { s3: { bucket: '-', credentials: { default: true } } },
    settings: { source: {} },
  };
  const { errors } = await owner.send(SetupGuide, { input: candidate(input) });
  expect(errors?.[0]).toMatchObject({ message: expect.stringContaining('provider.s3.bucket') });
});
