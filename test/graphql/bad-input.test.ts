import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  BlobSASPermissions,
  ContainerSASPermissions,
  generateBlobSASQueryParameters,
  SASProtocol,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { blackHole } from '../servers/faulty.ts';
import { keyFile, newPrivateKey } from '../servers/gcs.ts';
import { newDatabase } from '../servers/redis.ts';
import { serverOf } from '../servers/servers.ts';
import { testApp } from '../support/app.ts';
import { candidate, unbranched } from '../support/candidate.ts';
import { as, fieldPath } from '../support/client.ts';
import { rowCounts } from '../support/database.ts';
import type {
  CreateStorageInput,
  StorageProviderInput,
  StorageProviderUpdateInput,
} from '../support/generated/graphql.ts';
import * as documents from './documents.ts';

/**
 * Input that cannot be right, for every provider: each wrong field is named as in the input, nothing is stored,
 * and nobody is asked. Where a storage points, a canary listens.
 */
const canary = await blackHole();
afterAll(() => canary.close());
const address = `${canary.host}:${canary.port}`;
const it = await testApp({ settings: { OUTBOUND_ALLOW: `${address},token.example.com` } });
const { owner } = it;
const project = await owner.project();
const secret = it.canary('secret-given-wrongly');

const s3 = (change: object): StorageProviderUpdateInput => ({
  s3: { bucket: 'bucket', endpoint: `http://${address}`, credentials: { default: true }, ...change },
});
const gcs = (change: object): StorageProviderUpdateInput => ({
  gcs: { bucket: 'bucket', endpoint: `http://${address}`, credentials: { default: true }, ...change },
});
const azureBlob = (change: object): StorageProviderUpdateInput => ({
  azureBlob: {
    container: 'container',
    endpoint: `http://${address}/account1`,
    credentials: { accountKey: { accountKey: accountKey } },
    ...change,
  },
});
const redis = (change: object): StorageProviderUpdateInput => ({
  redis: { host: canary.host, port: canary.port, ...change },
});
const localFiles = (path: string): StorageProviderUpdateInput => ({ localFiles: { path } });

const privateKey = newPrivateKey();
const email = 'reader@my-project.iam.gserviceaccount.com';
/** A key file as Google gives it, with these fields over it. */
const key = (change: object = {}) => keyFile(email, privateKey, change);
const withKey = (change: object) => gcs({ credentials: { serviceAccountJson: key(change) } });
const withJson = (value: unknown) =>
  gcs({ credentials: { serviceAccountJson: typeof value === 'string' ? value : JSON.stringify(value) } });

const accountKey = Buffer.alloc(64, 7).toString('base64');
const sharedKey = new StorageSharedKeyCredential('account1', accountKey);
const hour = 3_600_000;
function sas(
  permissions: string,
  {
    expiresAt = Date.now() + hour,
    startsAt,
    blob,
    protocol,
  }: { expiresAt?: number; startsAt?: number; blob?: boolean; protocol?: SASProtocol } = {},
) {
  const values = {
    containerName: 'container',
    ...(blob && { blobName: 'a.jpg' }),
    permissions: blob ? BlobSASPermissions.parse(permissions) : ContainerSASPermissions.parse(permissions),
    expiresOn: new Date(expiresAt),
    ...(startsAt !== undefined && { startsOn: new Date(startsAt) }),
    ...(protocol && { protocol }),
  };
  return generateBlobSASQueryParameters(values, sharedKey).toString();
}
const withSas = (sasToken: string) => azureBlob({ credentials: { sas: { sasToken } } });

const federation = {
  projectNumber: '123456789012',
  poolId: 'labels-pool',
  providerId: 'labels-provider',
  serviceAccountEmail: email,
};
const federated = (change: object) =>
  gcs({ endpoint: null, credentials: { workloadIdentity: { ...federation, ...change } } });
const principal = {
  tenantId: 'contoso.com',
  clientId: '11111111-2222-3333-4444-555555555555',
  clientSecret: secret,
};
const byPrincipal = (change: object, endpoint = `https://${address}/account1`) =>
  azureBlob({ endpoint, credentials: { servicePrincipal: { ...principal, ...change } } });
const byRole = (roleArn: string, change: object = {}) =>
  s3({ credentials: { role: { roleArn } }, ...change });
const byKey = (accessKey: object) => s3({ credentials: { accessKey } });
const noPem = it.canary('a-key-that-is-no-pem');

type Fields = Record<string, RegExp>;
const cases: Record<string, Record<string, [StorageProviderUpdateInput, Fields]>> = {
  s3: {
    'a bucket of capitals on AWS': [
      s3({ bucket: 'Bucket', endpoint: null }),
      { bucket: /3 to 63 lower-case letters.*got "Bucket"$/ },
    ],
    'a bucket with a slash': [s3({ bucket: 'bucket/folder' }), { bucket: /got "bucket\/folder"$/ }],
    'a prefix with the bucket in it': [
      s3({ prefix: 's3://bucket/images/' }),
      { prefix: /within the container.* got "s3:\/\/bucket\/images\/"$/ },
    ],
    'a bucket that is an address': [s3({ bucket: '127.0.0.1' }), { bucket: /got "127.0.0.1"$/ }],
    'a directory bucket': [
      s3({ bucket: 'b--use1-az4--x-s3', endpoint: null }),
      { bucket: /directory bucket/ },
    ],
    'no bucket': [
      { s3: { endpoint: `http://${address}`, credentials: { default: true } } },
      { bucket: /got nothing$/ },
    ],
    'a region that would be part of a host name': [
      s3({ region: 'eu-west-1.evil.example' }),
      { region: /^expected a region name/ },
    ],
    'an endpoint with a path': [s3({ endpoint: `http://${address}/minio` }), { endpoint: /without path/ }],
    'an endpoint of another scheme': [s3({ endpoint: `gopher://${address}` }), { endpoint: /http or https/ }],
    'a public endpoint with a password': [
      s3({ publicEndpoint: `http://me:${secret}@${address}` }),
      { publicEndpoint: /got one with credentials$/ },
    ],
    'KMS without a key': [
      s3({ encryption: { type: 'KMS' } }),
      { 'encryption.keyId': /^expected the id, ARN or alias of a KMS key, got nothing$/ },
    ],
    'a key for an encryption without one': [
      s3({ encryption: { type: 'AES256', keyId: 'k' } }),
      { 'encryption.keyId': /keyId/ },
    ],
    'no way in at all': [
      s3({ credentials: { default: false } }),
      { credentials: /^expected exactly one of accessKey, role and default, got nothing$/ },
    ],
    'half a key pair: the id': [
      byKey({ accessKeyId: 'AKIAIOSFODNN7EXAMPLE' }),
      { 'credentials.accessKey.secretAccessKey': /got nothing$/ },
    ],
    'half a key pair: the secret': [
      byKey({ secretAccessKey: secret }),
      { 'credentials.accessKey.accessKeyId': /got nothing$/ },
    ],
    'a session token alone': [
      byKey({ sessionToken: secret }),
      {
        'credentials.accessKey.accessKeyId': /got nothing$/,
        'credentials.accessKey.secretAccessKey': /got a session token without it$/,
      },
    ],
    'a session token without the secret': [
      byKey({ accessKeyId: 'AKIAIOSFODNN7EXAMPLE', sessionToken: secret }),
      { 'credentials.accessKey.secretAccessKey': /got a session token without it$/ },
    ],
    'a secret with a line break in it': [
      byKey({ accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: `${secret}\nx` }),
      { 'credentials.accessKey.secretAccessKey': /printable characters without spaces/ },
    ],
    'the ARN of a user for a role': [
      byRole('arn:aws:iam::123456789012:user/me'),
      { 'credentials.role.roleArn': /^expected a role ARN like/ },
    ],
    'a role without an account on AWS': [
      byRole('arn:aws:iam:::role/me', { endpoint: null }),
      { 'credentials.role.roleArn': /^expected a role ARN/ },
    ],
    'a name for a role': [byRole('me'), { 'credentials.role.roleArn': /got "me"$/ }],
    'several wrong fields at once': [
      s3({ region: '?', endpoint: 'x' }),
      { region: /got "\?"$/, endpoint: /got "x"$/ },
    ],
  },
  gcs: {
    'a prefix with the bucket in it': [
      gcs({ prefix: 'gs://bucket/images' }),
      { prefix: /within the container/ },
    ],
    'a bucket of capitals': [gcs({ bucket: 'Bucket' }), { bucket: /got "Bucket"$/ }],
    'a bucket that is an address': [gcs({ bucket: '10.0.0.1' }), { bucket: /got "10.0.0.1"$/ }],
    'a bucket with a slash': [gcs({ bucket: 'a/b' }), { bucket: /got "a\/b"$/ }],
    'a project with a space': [gcs({ projectId: 'my project' }), { projectId: /^expected a project id/ }],
    'an endpoint with a path': [gcs({ endpoint: `http://${address}/gcs` }), { endpoint: /without path/ }],
    "a stranger's endpoint for the service's own credentials": [
      gcs({ endpoint: 'https://gcs.evil.example' }),
      { endpoint: /^expected an address of Google/ },
    ],
    'clear text for access tokens': [
      gcs({ endpoint: 'http://gcs.example.com', credentials: { serviceAccountJson: key() } }),
      { endpoint: /https address.*not sent in clear text$/ },
    ],
    'no way in at all': [
      gcs({ credentials: { default: false } }),
      {
        credentials:
          /^expected exactly one of serviceAccountJson, default, workloadIdentity and impersonation, got nothing$/,
      },
    ],
    'no text': [withJson(''), { 'credentials.serviceAccountJson': /got nothing$/ }],
    'no JSON': [
      withJson(`{"type": "${secret}`),
      { 'credentials.serviceAccountJson': /got something that is no JSON$/ },
    ],
    'JSON that is no object': [withJson([secret]), { 'credentials.serviceAccountJson': /no object$/ }],
    'a file longer than any': [
      withJson({ type: 'service_account', padding: secret.repeat(1000) }),
      { 'credentials.serviceAccountJson': /longer than any$/ },
    ],
    'federation, as a file that names a program': [
      withJson({
        type: 'external_account',
        audience: '//iam.googleapis.com/x',
        subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
        token_url: `http://${address}/token`,
        credential_source: { executable: { command: `/bin/sh -c ${secret}` } },
      }),
      {
        'credentials.serviceAccountJson.type':
          /got "external_account": for Workload Identity Federation choose workloadIdentity/,
        'credentials.serviceAccountJson.audience': /^expected none/,
        'credentials.serviceAccountJson.subject_token_type': /^expected none/,
        'credentials.serviceAccountJson.token_url': /^expected none/,
        'credentials.serviceAccountJson.credential_source': /^expected none/,
      },
    ],
    "a person's login": [
      withJson({ type: 'authorized_user', client_id: 'x', client_secret: secret, refresh_token: secret }),
      {
        'credentials.serviceAccountJson.type':
          /got "authorized_user": a person's own login cannot be stored$/,
      },
    ],
    impersonation: [
      withJson({
        type: 'impersonated_service_account',
        service_account_impersonation_url: `http://${address}/`,
        source_credentials: {},
      }),
      {
        'credentials.serviceAccountJson.type': /got "impersonated_service_account"/,
        'credentials.serviceAccountJson.service_account_impersonation_url': /^expected none/,
        'credentials.serviceAccountJson.source_credentials': /^expected none/,
      },
    ],
    'a key file with a source of other credentials': [
      withKey({ credential_source: { file: '/etc/passwd' } }),
      { 'credentials.serviceAccountJson.credential_source': /^expected none/ },
    ],
    'a key file with a foreign token address': [
      withKey({ token_uri: 'https://oauth2.evil.example/token' }),
      { 'credentials.serviceAccountJson.token_uri': /^expected Google's own/ },
    ],
    'a key file with an internal token address': [
      withKey({ token_uri: 'http://169.254.169.254/token' }),
      { 'credentials.serviceAccountJson.token_uri': /^expected Google's own/ },
    ],
    'a key file of another universe': [
      withKey({ universe_domain: 'evil.example' }),
      { 'credentials.serviceAccountJson.universe_domain': /^expected "googleapis.com"/ },
    ],
    'a key that is no PEM': [
      withKey({ private_key: noPem }),
      { 'credentials.serviceAccountJson.private_key': /^expected an RSA private key/ },
    ],
    'a key file without its address': [
      withKey({ client_email: undefined }),
      { 'credentials.serviceAccountJson.client_email': /got nothing$/ },
    ],
    'federation with wrong fields': [
      federated({
        projectNumber: 'my-project',
        poolId: 'x',
        providerId: 'gcp-mine',
        serviceAccountEmail: 'me@example.com',
      }),
      {
        'credentials.workloadIdentity.projectNumber': /got "my-project"$/,
        'credentials.workloadIdentity.poolId': /got "x"$/,
        'credentials.workloadIdentity.providerId': /got "gcp-mine"$/,
        'credentials.workloadIdentity.serviceAccountEmail': /got "me@example.com"$/,
      },
    ],
  },
  azureBlob: {
    'a prefix with the container in it': [
      azureBlob({ prefix: 'https://account1.blob.core.windows.net/container/images' }),
      { prefix: /within the container/ },
    ],
    'a container of capitals': [azureBlob({ container: 'Container' }), { container: /got "Container"$/ }],
    'a container of two hyphens': [
      azureBlob({ container: 'a--b' }),
      { container: /single hyphens.*got "a--b"$/ },
    ],
    'a container that is too short': [azureBlob({ container: 'ab' }), { container: /got "ab"$/ }],
    'no container': [azureBlob({ container: null }), { container: /got nothing$/ }],
    'an account name with a dot': [
      azureBlob({ endpoint: null, accountName: 'account.blob' }),
      { accountName: /got "account.blob"$/ },
    ],
    'no account': [azureBlob({ endpoint: null }), { accountName: /got nothing$/ }],
    'another account than the endpoint says': [
      azureBlob({ accountName: 'account2' }),
      { accountName: /^expected "account1", the account of the endpoint/ },
    ],
    'an endpoint with a SAS token': [
      azureBlob({ endpoint: `http://${address}/account1?sv=1&sig=${secret}` }),
      { endpoint: /without credentials or query/ },
    ],
    'the Data Lake endpoint': [
      azureBlob({ endpoint: 'https://account1.dfs.core.windows.net' }),
      { endpoint: /Data Lake/ },
    ],
    'an endpoint of another scheme': [
      azureBlob({ endpoint: `file://${address}/account1` }),
      { endpoint: /^expected an http or https address/ },
    ],
    'no way in at all': [
      azureBlob({ credentials: { environment: false } }),
      { credentials: /^expected exactly one of/ },
    ],
    'no key': [
      azureBlob({ credentials: { accountKey: {} } }),
      { 'credentials.accountKey.accountKey': /got nothing$/ },
    ],
    'a key that is none': [
      azureBlob({ credentials: { accountKey: { accountKey: secret } } }),
      { 'credentials.accountKey.accountKey': /^expected an account key: Base64/ },
    ],
    'a connection string for a key': [
      azureBlob({ credentials: { accountKey: { accountKey: `AccountName=a;AccountKey=${secret}` } } }),
      { 'credentials.accountKey.accountKey': /got a connection string/ },
    ],
    'no SAS token': [azureBlob({ credentials: { sas: {} } }), { 'credentials.sas.sasToken': /got nothing$/ }],
    'a SAS token that is none': [
      withSas(secret),
      { 'credentials.sas.sasToken': /^expected a SAS token like/ },
    ],
    'an address for a SAS token': [
      withSas(`https://account1.blob.core.windows.net/c?${sas('rl')}`),
      { 'credentials.sas.sasToken': /behind its "\?"$/ },
    ],
    'a SAS token that has expired': [
      withSas(sas('rl', { expiresAt: Date.now() - hour })),
      { 'credentials.sas.sasToken': /still valid, got one that expired at / },
    ],
    'a SAS token that is not valid yet': [
      withSas(sas('rl', { startsAt: Date.now() + hour / 2 })),
      { 'credentials.sas.sasToken': /starts at / },
    ],
    'a SAS token of a single blob': [
      withSas(sas('r', { blob: true })),
      { 'credentials.sas.sasToken': /single blob$/ },
    ],
    'a SAS token without a permission that serves': [
      withSas(sas('rd')),
      { 'credentials.sas.sasToken': /allows to list \(l\) for a source/ },
    ],
    'a SAS token for https only, over http': [
      withSas(sas('rl', { protocol: SASProtocol.Https })),
      { 'credentials.sas.sasToken': /https only/ },
    ],
    'a service principal over http': [
      byPrincipal({}, `http://${address}/account1`),
      { endpoint: /^expected https/ },
    ],
    'a service principal with wrong ids': [
      byPrincipal({ tenantId: '../x', clientId: 'my-app' }),
      {
        'credentials.servicePrincipal.tenantId': /got "..\/x"$/,
        'credentials.servicePrincipal.clientId': /got "my-app"$/,
      },
    ],
    'a service principal without its secret': [
      byPrincipal({ clientSecret: undefined }),
      { 'credentials.servicePrincipal.clientSecret': /got nothing$/ },
    ],
    'a client secret with a space': [
      byPrincipal({ clientSecret: `${secret} x` }),
      { 'credentials.servicePrincipal.clientSecret': /^expected a client secret/ },
    ],
    'an authority in clear text': [
      byPrincipal({ authorityHost: `http://${address}` }),
      { 'credentials.servicePrincipal.authorityHost': /^expected an https address/ },
    ],
    'an authority with a password': [
      byPrincipal({ authorityHost: `https://me:${secret}@${address}` }),
      { 'credentials.servicePrincipal.authorityHost': /^expected an https address/ },
    ],
  },
  redis: {
    'a URL for a host': [redis({ host: `redis://:${secret}@${address}` }), { host: /got a URL or more$/ }],
    'a host with a port': [redis({ host: address }), { host: /^expected a host name or IP address alone/ }],
    'a port of none': [redis({ port: 0 }), { port: /^expected a port from 1 to 65535, got 0$/ }],
    'a port too high': [redis({ port: 65_536 }), { port: /got 65536$/ }],
    'a database below 0': [
      redis({ database: -1 }),
      { database: /^expected the number of a database, 0 or more, got -1$/ },
    ],
    'a Sentinel without a name': [redis({ topology: 'SENTINEL' }), { primaryName: /got nothing$/ }],
    'a name without a Sentinel': [
      redis({ primaryName: 'tasks' }),
      { primaryName: /unless the topology is SENTINEL$/ },
    ],
    'a password of no Sentinel': [
      redis({ sentinelPassword: secret }),
      { sentinelPassword: /unless the topology is SENTINEL$/ },
    ],
    'another database of a cluster': [
      redis({ topology: 'CLUSTER', database: 1 }),
      { database: /^expected 0, the only one of a cluster$/ },
    ],
    'a path with a NUL': [redis({ path: 'a\u0000' }), { path: /NUL/ }],
    'an authority without TLS': [redis({ tlsCa: 'x' }), { tlsCa: /^expected none while tls is off$/ }],
    'an authority that is none': [redis({ tls: true, tlsCa: 'x' }), { tlsCa: /PEM form/ }],
    'an empty password': [
      redis({ credentials: { password: '' } }),
      { 'credentials.password': /got an empty one$/ },
    ],
    'a password longer than any': [
      redis({ credentials: { password: secret.repeat(200) } }),
      { 'credentials.password': /up to 4096 characters$/ },
    ],
    'an empty password of a user': [
      redis({ credentials: { user: { username: 'me', password: '' } } }),
      { 'credentials.user.password': /got an empty one$/ },
    ],
    'a user with a space': [
      redis({ credentials: { user: { username: 'a b', password: secret } } }),
      { 'credentials.user.username': /got "a b"$/ },
    ],
    'a user without a password': [
      redis({ credentials: { user: { username: 'me' } } }),
      { 'credentials.user.password': /got nothing$/ },
    ],
    'a password without a user': [
      redis({ credentials: { user: { password: secret } } }),
      { 'credentials.user.username': /got nothing$/ },
    ],
    'no way in at all': [
      redis({ credentials: { none: false } }),
      { credentials: /^expected exactly one of none, password and user/ },
    ],
  },
  localFiles: {
    'a relative path': [localFiles('photos'), { path: /^Give an absolute path/ }],
    nothing: [localFiles(' '), { path: /^Give the path/ }],
    'a NUL': [localFiles(`${it.documentRoot}/a\u0000b`), { path: /NUL/ }],
    'a way up': [localFiles(`${it.documentRoot}/../x`), { path: /without '\.' and '\.\.'/ }],
    'the document root': [localFiles(it.documentRoot), { path: /^This is the document root itself/ }],
    outside: [localFiles('/etc'), { path: /^Choose a folder below the document root/ }],
    'a folder beside it, by the beginning of its name': [
      localFiles(`${it.documentRoot}2`),
      { path: /^Choose a folder below/ },
    ],
    'a folder that is not there': [
      localFiles(join(it.documentRoot, 'missing')),
      { path: /^There is no folder/ },
    ],
    'a file': [localFiles(join(it.documentRoot, 'some/file.txt')), { path: /is a file/ }],
    'a link that leads out': [
      localFiles(join(it.documentRoot, 'some/out')),
      { path: /symbolic link out of the document root/ },
    ],
  },
};

beforeAll(async () => {
  const folder = join(it.documentRoot, 'some');
  await mkdir(folder);
  await writeFile(join(folder, 'file.txt'), '');
  await symlink('/etc', join(folder, 'out'));
});

const rows = await rowCounts(it.sql);

describe.each(Object.entries(cases))('%s', (kind, table) => {
  test.each(Object.entries(table))('%s', async (_name, [provider, expected]) => {
    const fields = Object.entries(expected).map(([path, message]) => ({
      path: fieldPath(`provider.${kind}.${path}`),
      message: expect.stringMatching(message),
    }));
    for (const settings of [{ source: {} }, { target: {} }]) {
      const input = { projectId: project, provider, settings };
      const validateStorage = unbranched(
        (await owner.run(documents.ValidateStorage, { input: candidate(input) })).validateStorage,
      );
      expect(validateStorage).toMatchObject({ __typename: 'ValidationError', fields });
      // What a new storage has to have is said by the schema already, where it is missing as a whole.
      const { data } = await owner.send(documents.CreateStorage, { input: input as CreateStorageInput });
      if (data) expect(data.createStorage).toEqual(validateStorage);
    }
    expect(canary.connections()).toBe(0);
  });
});

test('nothing of it was stored', async () => expect(await rowCounts(it.sql)).toEqual(rows));

const { open, secured } = await serverOf('redis');
describe('refused once the server is asked', () => {
  test('Redis: a database that the server does not have', async () => {
    const own = await testApp({ settings: { OUTBOUND_ALLOW: '127.0.0.1' } });
    const provider = { redis: { host: open.host, port: open.port, database: open.databases } };
    const projectId = await own.owner.project();
    const before = await rowCounts(own.sql);
    for (const settings of [{ source: {} }, { target: {} }]) {
      const { createStorage } = await own.owner.run(documents.CreateStorage, {
        input: { projectId, provider, settings } as CreateStorageInput,
      });
      expect(createStorage).toMatchObject({
        __typename: 'ProviderError',
        code: 'CONTAINER_NOT_FOUND',
        message: `The server has no database ${open.databases}.`,
      });
    }
    expect(await rowCounts(own.sql)).toEqual(before);
  });

  test('Redis: source and target on the same database and prefix, 0 included', async () => {
    const own = await testApp({ settings: { OUTBOUND_ALLOW: '127.0.0.1' } });
    const { password } = secured;
    const at = (database: number, path: string): StorageProviderInput => ({
      redis: { host: secured.host, port: secured.port, database, path, credentials: { password: password! } },
    });
    const database = await newDatabase(secured);
    for (const [one, another] of [
      [at(database, 'a:'), at(database, 'a:')],
      [at(database, ''), at(database, 'a:')],
      [at(database, 'a:b'), at(database, 'a:')],
      [at(0, `${database}:`), at(0, `${database}:`)],
    ] as const) {
      const projectId = await own.owner.project();
      await own.owner.connect(projectId, one);
      const before = await rowCounts(own.sql);
      const input = { projectId, provider: another, settings: { target: {} } };
      const { createStorage } = await own.owner.run(documents.CreateStorage, { input });
      expect(createStorage).toMatchObject({
        __typename: 'ConflictError',
        message: expect.stringContaining('overlaps with the source storage'),
      });
      expect(await rowCounts(own.sql)).toEqual(before);
    }
    // Side by side they may be.
    const projectId = await own.owner.project();
    await own.owner.connect(projectId, at(database, 'a:'));
    const input = { projectId, provider: at(database, 'b:'), settings: { target: {} } };
    as((await own.owner.run(documents.CreateStorage, { input })).createStorage, 'CreateStorageSuccess');
  });

  test('Azure: an environment without an account', async () => {
    const provider = azureBlob({ credentials: { environment: true } }) as StorageProviderInput;
    const input = { projectId: project, provider, settings: { source: {} } };
    const { createStorage } = await owner.run(documents.CreateStorage, { input });
    expect(createStorage).toMatchObject({ __typename: 'ProviderError', code: 'CREDENTIALS_UNAVAILABLE' });
    expect(canary.connections()).toBe(0);
  });
});
