import { DeleteObjectCommand, PutBucketPolicyCommand, S3Client } from '@aws-sdk/client-s3';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { expect } from 'vitest';
import { radosgwAt } from '../../servers/radosgw.ts';
import { type Recorded, recordingProxy } from '../../servers/s3-wire.ts';
import { serverOf } from '../../servers/servers.ts';
import { accessKey, createBucket } from '../bucket.ts';
import type { S3CredentialsInput } from '../generated/graphql.ts';
import { changed, originOf, type Place, type Places, type Right } from './place.ts';

const allow = (statement: object) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', ...statement }],
});

const actions: Record<Right, string> = {
  LIST: 's3:ListBucket',
  READ: 's3:GetObject',
  WRITE: 's3:PutObject',
  DELETE: 's3:DeleteObject',
};

/** Buckets on the run's radosgw, seen through a proxy that records. */
export async function s3Places(): Promise<Places & { requests: Recorded[]; hosts: string[] }> {
  const server = radosgwAt(await serverOf('radosgw'));
  const proxy = await recordingProxy(server.endpoint);
  const admin = new S3Client({
    endpoint: server.endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: server,
  });

  async function place(credentials: S3CredentialsInput, prefix = 'team/photos/'): Promise<Place> {
    const bucket = await createBucket();
    return {
      provider: bucket.input({ endpoint: proxy.url, prefix, credentials }),
      put: (key, body) => bucket.put(prefix + key, body),
      remove: (key) => admin.send(new DeleteObjectCommand({ Bucket: bucket.name, Key: prefix + key })),
      keys: () => bucket.keys(),
      prefix,
      uri: (key) => `s3://${bucket.name}/${key}`,
      async changes() {
        const own = proxy.requests.filter(
          ({ method, url }) => url.startsWith(`/${bucket.name}/`) && ['PUT', 'DELETE'].includes(method),
        );
        return own.map(({ method, url }) => {
          const [path = ''] = url.split('?');
          return `${method} ${decodeURIComponent(path.slice(bucket.name.length + 2))}`;
        });
      },
    };
  }

  function createRole(): Promise<string> {
    const trust = allow({ Principal: { AWS: ['arn:aws:iam:::user/owner'] }, Action: ['sts:AssumeRole'] });
    return server.createRole(trust, allow({ Action: ['s3:*'], Resource: ['*'] }));
  }

  async function temporaryKeys() {
    const sts = new STSClient({ endpoint: server.endpoint, region: 'us-east-1', credentials: server });
    const command = new AssumeRoleCommand({ RoleArn: await createRole(), RoleSessionName: 'test' });
    const { Credentials } = await sts.send(command);
    const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials ?? {};
    return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
  }

  const none = { accessKeyId: null, roleArn: null, hasSecretAccessKey: false, hasSessionToken: false };
  return {
    requests: proxy.requests,
    hosts: [new URL(proxy.url).host],
    settings: { AWS_ACCESS_KEY_ID: server.accessKeyId, AWS_SECRET_ACCESS_KEY: server.secretAccessKey },
    ways: {
      'S3: access key': {
        open: () => place(accessKey(server)),
        shows: { ...none, accessKeyId: server.accessKeyId, hasSecretAccessKey: true },
      },
      'S3: session token': {
        async open(app) {
          const keys = await temporaryKeys();
          app.secret(keys.secretAccessKey);
          app.secret(keys.sessionToken);
          return place({ accessKey: keys });
        },
        shows: { roleArn: null, hasSecretAccessKey: true, hasSessionToken: true },
      },
      'S3: role': {
        open: async () => place({ role: { roleArn: await createRole() } }),
        shows: { ...none, roleArn: expect.stringContaining(':role/') },
      },
      'S3: default chain': { open: () => place({ default: true }), shows: none },
    },
    failures: {
      wrongSecret: (it) =>
        changed(it, 's3', {
          credentials: { accessKey: { accessKeyId: server.accessKeyId, secretAccessKey: wrongSecret } },
        }),
      missing: (it) => changed(it, 's3', { bucket: `missing-${it.provider.s3!.bucket}` }),
      at: (it, address) => changed(it, 's3', { endpoint: originOf(address) }),
      async limited(it, rights) {
        const { bucket } = it.provider.s3!;
        const user = await server.createUser();
        const Policy = JSON.stringify(
          allow({
            Principal: { AWS: [`arn:aws:iam:::user/${user.uid}`] },
            Action: rights.map((right) => actions[right]),
            Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`],
          }),
        );
        await admin.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }));
        return changed(it, 's3', { credentials: accessKey(user) });
      },
    },
    close: proxy.close,
  };
}

export const wrongSecret = 'canary-a-secret-that-opens-nothing';
