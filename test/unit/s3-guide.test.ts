import { randomUUID } from 'node:crypto';
import {
  CreateBucketCommand,
  PutBucketCorsCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, test } from 'vitest';
import type { GuideRequest, SetupStep } from '../../src/providers/guide.ts';
import type { S3Settings } from '../../src/providers/s3/config.ts';
import { s3Guide } from '../../src/providers/s3/guide.ts';
import { s3Provider } from '../../src/providers/s3/provider.ts';
import { openStore, type Store } from '../../src/providers/store.ts';
import { radosgwAt } from '../servers/radosgw.ts';
import { serverOf } from '../servers/servers.ts';
import { testEnvironment } from '../support/environment.ts';

const server = radosgwAt(await serverOf('radosgw'));
const signal = new AbortController().signal;
const admin = new S3Client({
  endpoint: server.endpoint,
  region: 'us-east-1',
  forcePathStyle: true,
  credentials: server,
  requestChecksumCalculation: 'WHEN_REQUIRED',
});

const source: GuideRequest = {
  direction: 'SOURCE',
  origins: [],
  addresses: [],
  externalId: 'organization-7',
  servicePrincipal: 'arn:aws:iam:::user/owner',
};
const target: GuideRequest = { ...source, direction: 'TARGET' };

function settingsFor(bucket: string, more: object = {}): S3Settings {
  return s3Provider.settings.parse({
    bucket,
    credentials: 'ROLE',
    roleArn: 'arn:aws:iam::123456789012:role/reader',
    ...more,
  });
}

function stepOf(steps: SetupStep[], title: string): SetupStep {
  return steps.find((step) => step.title.startsWith(title)) ?? expect.fail(`No step "${title}".`);
}

function documentOf(
  steps: SetupStep[],
  title: string,
): { Version: string; Statement: Record<string, unknown>[] } {
  return JSON.parse(stepOf(steps, title).content);
}

describe('proven on a server', () => {
  let bucket: string;
  const prefix = 'team one/$5 set+/';
  const outside = ['', 'team one/', 'team one/$5 set/', 'team one/$5 set+more/'];
  beforeAll(async () => {
    bucket = `guide-${randomUUID()}`;
    await admin.send(new CreateBucketCommand({ Bucket: bucket }));
    for (const Key of [`${prefix}in.txt`, ...outside.map((folder) => `${folder}out.txt`)]) {
      await admin.send(new PutObjectCommand({ Bucket: bucket, Key, Body: 'content' }));
    }
  });

  /** Opens the bucket by a role that has the guide's policies and nothing else. */
  async function openBy(request: GuideRequest, title: string, own = prefix): Promise<Store> {
    const steps = s3Guide(settingsFor(bucket, { prefix, endpoint: server.endpoint }), request);
    const { Version, Statement } = documentOf(steps, 'Trust policy');
    // radosgw knows no sts:ExternalId, and so would find the condition false whatever is sent.
    const trust = { Version, Statement: Statement.map(({ Condition, ...rest }) => rest) };
    const roleArn = await server.createRole(trust, documentOf(steps, title));
    const settings = settingsFor(bucket, { endpoint: server.endpoint, prefix: own, roleArn });
    const { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY } = server;
    const env = { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY };
    return openStore(s3Provider, settings, {}, testEnvironment({ env }), { attempts: 1 });
  }

  async function listed(store: Store): Promise<string[]> {
    const keys: string[] = [];
    for await (const page of store.list({ recursive: true, signal }))
      keys.push(...page.objects.map(({ key }) => key));
    return keys;
  }
  const list = (store: Store) => listed(store).then(() => 'ok');
  const read = async (store: Store, key: string) => {
    const { stream } = await store.read(key, { signal });
    stream.destroy();
    return 'ok';
  };
  const write = (store: Store, key: string) =>
    store.write(key, Buffer.from('{}'), { contentType: 'application/json', signal }).then(() => 'ok');
  const remove = (store: Store, key: string) => store.remove(key, signal).then(() => 'ok');
  const answer = (promise: Promise<string>) => promise.catch((error: { code: string }) => error.code);

  interface Rights {
    list: string;
    read: string;
    write: string;
    remove: string;
  }

  async function rights(store: Store, key: string, extra: string): Promise<Rights> {
    return {
      list: await answer(list(store)),
      read: await answer(read(store, key)),
      write: await answer(write(store, extra)),
      remove: await answer(remove(store, extra)),
    };
  }
  const nothing: Rights = { list: 'FORBIDDEN', read: 'FORBIDDEN', write: 'FORBIDDEN', remove: 'FORBIDDEN' };

  const policies: [name: string, request: GuideRequest, title: string, allowed: Partial<Rights>][] = [
    ['listing only', source, 'IAM policy: listing only', { list: 'ok' }],
    [
      'signed URLs',
      { ...source, presign: true },
      'IAM policy: listing, and signed',
      { list: 'ok', read: 'ok' },
    ],
    ['proxy', { ...source, presign: false }, 'IAM policy: listing, and reading', { list: 'ok', read: 'ok' }],
    ['target', target, 'IAM policy: writing annotations', { list: 'ok', write: 'ok' }],
    [
      'target with deletion',
      { ...target, canDeleteObjects: true },
      'IAM policy: writing and deleting',
      { list: 'ok', write: 'ok', remove: 'ok' },
    ],
  ];
  test.each(policies)('%s: suffices, and forbids the rest', async (_, request, title, allowed) => {
    const inside = await openBy(request, title);
    await inside.authenticate(signal);
    expect(await rights(inside, `${prefix}in.txt`, `${prefix}new.json`)).toEqual({ ...nothing, ...allowed });
    for (const folder of outside) {
      const store = await openBy(request, title, folder);
      expect(await rights(store, `${folder}out.txt`, `${folder}new.json`), folder).toEqual(nothing);
    }
  });

  test('target: the probe of the validation goes the whole way', async () => {
    const store = await openBy(target, 'IAM policy: writing annotations');
    const probe = `${prefix}.longshore-probe-${randomUUID()}.json`;
    expect(await answer(write(store, probe))).toBe('ok');
    expect(await answer(read(store, probe))).toBe('ok');
    expect(await answer(remove(store, probe))).toBe('ok');
  });

  test('bucket policy: the named addresses go on, others are shut out', async () => {
    const { accessKeyId } = server;
    const settings = settingsFor(bucket, {
      prefix,
      endpoint: server.endpoint,
      credentials: 'ACCESS_KEY',
      accessKeyId,
      roleArn: undefined,
    });
    const { secretAccessKey } = server;
    const store = openStore(s3Provider, settings, { secretAccessKey }, testEnvironment(), { attempts: 1 });
    const key = `${prefix}in.txt`;
    const extra = `${prefix}new.json`;
    const everything: Rights = { list: 'ok', read: 'ok', write: 'ok', remove: 'ok' };
    const tries: [addresses: string[], presign: boolean, expected: Rights][] = [
      [['127.0.0.0/8'], false, everything],
      [['192.0.2.7'], false, nothing],
      [['192.0.2.7'], true, { ...nothing, read: 'ok' }],
      [['192.0.2.7', '127.0.0.1'], true, everything],
    ];
    for (const [addresses, presign, expected] of tries) {
      const steps = s3Guide(settings, { ...source, addresses, presign });
      const Policy = stepOf(steps, 'Bucket policy').content;
      // The owner of a bucket is bound by a Deny as everybody is.
      await admin.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }));
      expect(await rights(store, key, extra), addresses.join()).toEqual(expected);
    }
    const Policy = stepOf(
      s3Guide(settings, { ...source, addresses: ['127.0.0.1'] }),
      'Bucket policy',
    ).content;
    await admin.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }));
  });

  test('CORS rules: the origin reads what it fetches, another does not', async () => {
    const origins = ['https://labels.example.com'];
    const settings = settingsFor(bucket, { endpoint: server.endpoint, prefix });
    const CORSRules = JSON.parse(stepOf(s3Guide(settings, { ...source, origins }), 'CORS rules').content);
    await admin.send(new PutBucketCorsCommand({ Bucket: bucket, CORSConfiguration: { CORSRules } }));
    const store = await openBy(source, 'IAM policy: listing, and signed');
    const { url } = await store.presign(`${prefix}in.txt`, { ttlSeconds: 60, signal });
    const visit = (origin: string) => fetch(url, { headers: { origin, range: 'bytes=0-2' } });

    const own = await visit('https://labels.example.com');
    expect([own.status, await own.text()]).toEqual([206, 'con']);
    expect(own.headers.get('access-control-allow-origin')).toBe('https://labels.example.com');
    expect(own.headers.get('access-control-expose-headers')).toContain('Content-Range');
    const preflight = await fetch(url, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://labels.example.com',
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'range',
      },
    });
    expect(preflight.status).toBe(200);
    const other = await visit('https://evil.example');
    expect(other.headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('made of the storage’s own names', () => {
  test('policies of a source', () => {
    const steps = s3Guide(settingsFor('my-bucket', { prefix: 'a/b' }), source);
    expect(documentOf(steps, 'IAM policy: listing, and signed')).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'ListObjects',
          Effect: 'Allow',
          Action: 's3:ListBucket',
          Resource: 'arn:aws:s3:::my-bucket',
          Condition: { StringEquals: { 's3:prefix': 'a/b/' } },
        },
        {
          Sid: 'ReadObjects',
          Effect: 'Allow',
          Action: ['s3:GetObject'],
          Resource: 'arn:aws:s3:::my-bucket/a/b/*',
        },
      ],
    });
  });

  test('what IAM takes for a wildcard or a variable stands for itself', () => {
    const prefix = `$5 \${aws:username}?*/`;
    const policy = documentOf(
      s3Guide(settingsFor('my-bucket', { prefix }), source),
      'IAM policy: listing, and signed',
    );
    expect(policy.Statement).toMatchObject([
      { Condition: { StringEquals: { 's3:prefix': `$5 \${$}{aws:username}?*/` } } },
      { Resource: `arn:aws:s3:::my-bucket/$5 \${$}{aws:username}\${?}\${*}/*` },
    ]);
  });

  test('a whole bucket has no condition', () => {
    const [listing] = documentOf(
      s3Guide(settingsFor('my-bucket'), source),
      'IAM policy: listing only',
    ).Statement;
    expect(listing).not.toHaveProperty('Condition');
  });

  test('trust policy with the external ID', () => {
    expect(documentOf(s3Guide(settingsFor('my-bucket'), source), 'Trust policy').Statement).toEqual([
      {
        Sid: 'AssumeRoleWithExternalId',
        Effect: 'Allow',
        Principal: { AWS: 'arn:aws:iam:::user/owner' },
        Action: 'sts:AssumeRole',
        Condition: { StringEquals: { 'sts:ExternalId': 'organization-7' } },
      },
    ]);
    const unknown = s3Guide(settingsFor('my-bucket'), { ...source, servicePrincipal: null });
    expect(stepOf(unknown, 'Trust policy').format).toBe('TEXT');
    expect(stepOf(unknown, 'Trust policy').content).toContain('organization-7');
  });

  test('other partitions', () => {
    const { content } = stepOf(
      s3Guide(settingsFor('my-bucket', { region: 'cn-north-1' }), target),
      'IAM policy',
    );
    expect(content).toContain('"arn:aws-cn:s3:::my-bucket"');
    expect(content).not.toContain('arn:aws:');
  });

  test.each([
    ['1234abcd', { Resource: 'arn:aws:kms:eu-west-1:*:key/1234abcd' }],
    [
      'arn:aws:kms:eu-west-1:123456789012:key/1234abcd',
      { Resource: 'arn:aws:kms:eu-west-1:123456789012:key/1234abcd' },
    ],
    [
      'alias/exports',
      {
        Resource: 'arn:aws:kms:eu-west-1:*:key/*',
        Condition: { 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': 'alias/exports' } },
      },
    ],
  ])('KMS key %s', (keyId, expected) => {
    const settings = settingsFor('my-bucket', { region: 'eu-west-1', encryption: { type: 'KMS', keyId } });
    const use = (steps: SetupStep[]) =>
      documentOf(steps, 'IAM policy').Statement.find(({ Sid }) => Sid === 'UseKey');
    expect(use(s3Guide(settings, target))).toMatchObject({
      Action: ['kms:GenerateDataKey', 'kms:Decrypt'],
      ...expected,
    });
    expect(use(s3Guide(settings, source))).toMatchObject({ Action: ['kms:Decrypt'], ...expected });
  });

  test('a role is named in the bucket policy, so that nobody else is shut out', () => {
    const steps = s3Guide(settingsFor('my-bucket'), { ...source, addresses: ['198.51.100.7'] });
    for (const { Principal } of documentOf(steps, 'Bucket policy').Statement) {
      expect(Principal).toEqual({ AWS: 'arn:aws:iam::123456789012:role/reader' });
    }
  });

  test('only what the storage needs', () => {
    const titles = (settings: S3Settings, request: GuideRequest) =>
      s3Guide(settings, { ...request, origins: ['https://a.example'], addresses: ['198.51.100.7'] }).map(
        ({ title }) => title.split(':')[0],
      );
    const aws = settingsFor('my-bucket');
    expect(titles(aws, source)).toEqual([
      'IAM policy',
      'IAM policy',
      'Trust policy of the role',
      'Bucket policy',
      'CORS rules of the bucket',
    ]);
    expect(titles(aws, { ...source, presign: false })).not.toContain('CORS rules of the bucket');
    expect(titles(aws, target)).toEqual(['IAM policy', 'Trust policy of the role', 'Bucket policy']);
    const minio = {
      endpoint: 'https://minio.example.com',
      credentials: 'ACCESS_KEY',
      accessKeyId: 'a',
      roleArn: undefined,
    };
    expect(titles(settingsFor('my-bucket', minio), target)).toEqual(['IAM policy', 'Bucket policy']);
  });
});
