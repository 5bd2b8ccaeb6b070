import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { federationPrincipal } from '../../src/providers/gcs/aws-identity.ts';
import type { Store } from '../../src/providers/store.ts';
import { type GcsServer, keyFile, type ServiceAccount } from '../servers/gcs.ts';
import {
  type Federation,
  type GcsTrial,
  keysOf,
  secretsOf,
  startTrial,
  textOf,
  write,
} from '../servers/gcs-trial.ts';
import { wireServer } from '../servers/s3-wire.ts';
import { testEnvironment } from '../support/environment.ts';

const signal = new AbortController().signal;
let server: GcsServer;
let account: ServiceAccount;
let trial: GcsTrial;
beforeAll(async () => {
  trial = await startTrial();
  ({ server, account } = trial);
});
afterAll(() => server.close());
const settingsFor: GcsTrial['settingsFor'] = (...parameters) => trial.settingsFor(...parameters);
const open: GcsTrial['open'] = (...parameters) => trial.open(...parameters);
const federate: GcsTrial['federate'] = (...parameters) => trial.federate(...parameters);

describe('tokens', () => {
  const tokenRequests = () => server.identity.requests.filter(({ service }) => service === 'TOKEN');
  let bucket: string;
  beforeAll(() => {
    bucket = server.createBucket(account).name;
    server.put(bucket, 'object.txt', Buffer.from('content'));
  });

  test('one assertion serves all requests of a storage, and says what it is for', async () => {
    const before = tokenRequests().length;
    const store = open(settingsFor(bucket));
    await Promise.all(Array.from({ length: 5 }, () => keysOf(store)));
    await store.authenticate(signal);
    const asked = tokenRequests().slice(before);
    expect(asked).toHaveLength(1);
    const [header, claims] = String(asked[0]?.parameters.assertion)
      .split('.')
      .slice(0, 2)
      .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()));
    expect(header).toEqual({ alg: 'RS256', typ: 'JWT', kid: 'f'.repeat(40) });
    expect(claims).toMatchObject({
      iss: account.email,
      aud: `${server.url}/token`,
      scope: 'https://www.googleapis.com/auth/devstorage.read_write',
    });
    expect(claims.exp - claims.iat).toBe(3600);
  });

  test('an expired token is renewed', async () => {
    const store = open(settingsFor(bucket));
    server.identity.tokenSeconds = 1;
    try {
      expect(await keysOf(store)).toEqual(['object.txt']);
      const before = tokenRequests().length;
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 1_100 });
      expect(await keysOf(store)).toEqual(['object.txt']);
      expect(tokenRequests().length).toBe(before + 1);
    } finally {
      vi.useRealTimers();
      server.identity.tokenSeconds = 3600;
    }
  });

  test('a token that was revoked before its time is replaced once', async () => {
    const store = open(settingsFor(bucket));
    await keysOf(store);
    server.identity.revokeTokens();
    expect(await textOf(store, 'object.txt')).toBe('content');
  });

  test('a server that refuses every token is asked twice', async () => {
    const refusing = await wireServer((_, response) => {
      const error = { code: 401, message: 'Invalid Credentials', errors: [{ reason: 'authError' }] };
      response.writeHead(401, { 'content-type': 'application/json' }).end(JSON.stringify({ error }));
    });
    const store = open(settingsFor(bucket, { endpoint: refusing.url }));
    await expect(store.authenticate(signal)).rejects.toMatchObject({ code: 'WRONG_CREDENTIALS' });
    expect(refusing.requests).toHaveLength(2);
    expect(new Set(refusing.requests.map(({ headers }) => headers.authorization)).size).toBe(2);
    await refusing.close();
  });

  test('what the token service says about a key becomes the reason', async () => {
    const late = keyFile(account.email, account.privateKey, { token_uri: `${server.url}/token` });
    // The server's clock is the same one: it goes back when the request arrives there.
    const now = Date.now;
    const asked = server.requests.length;
    const ahead = () => (server.requests.length > asked ? 0 : 3 * 3600_000);
    const clock = vi.spyOn(Date, 'now').mockImplementation(() => now() + ahead());
    const signing = open(settingsFor(bucket), secretsOf(late)).authenticate(signal);
    await expect(signing).rejects.toMatchObject({
      code: 'WRONG_CREDENTIALS',
      message: expect.stringContaining('clock'),
    });
    clock.mockRestore();
    const stranger = keyFile('nobody@test-project.iam.gserviceaccount.com', account.privateKey, {
      token_uri: `${server.url}/token`,
    });
    await expect(open(settingsFor(bucket), secretsOf(stranger)).authenticate(signal)).rejects.toMatchObject({
      code: 'WRONG_CREDENTIALS',
      message: "Google does not accept the service account's key.",
    });
  });
});

describe('workload identity', () => {
  let bucket: string;
  beforeAll(() => {
    bucket = server.createBucket(account).name;
    server.put(bucket, 'object.txt', Buffer.from('content'));
  });
  const identityRequests = (service: string, from: number) =>
    server.identity.requests.slice(from).filter((request) => request.service === service);

  test('exchanges the AWS identity for the pool, and impersonates the account', async () => {
    const from = server.identity.requests.length;
    const { settings, environment, audience, caller } = federate(account);
    const store = open(settingsFor(bucket, settings), {}, environment);
    await Promise.all(Array.from({ length: 5 }, () => keysOf(store)));

    const exchanges = identityRequests('STS', from);
    expect(exchanges).toHaveLength(1);
    const { subject_token, ...rest } = exchanges[0]!.parameters;
    expect(rest).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      audience,
      scope: 'https://www.googleapis.com/auth/cloud-platform',
      requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      subject_token_type: 'urn:ietf:params:aws:token-type:aws4_request',
    });
    const subject = JSON.parse(decodeURIComponent(String(subject_token)));
    expect(subject).toMatchObject({
      url: 'https://sts.eu-west-1.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15',
      method: 'POST',
    });
    const headers = Object.fromEntries(
      subject.headers.map(({ key, value }: { key: string; value: string }) => [key, value]),
    );
    expect(headers).toMatchObject({
      host: 'sts.eu-west-1.amazonaws.com',
      'x-amz-security-token': caller.sessionToken,
      'x-goog-cloud-target-resource': audience,
      authorization: expect.stringMatching(
        /^AWS4-HMAC-SHA256 Credential=ASIA\w+\/\d{8}\/eu-west-1\/sts\/aws4_request, SignedHeaders=host;x-amz-date;x-amz-security-token;x-goog-cloud-target-resource, Signature=[0-9a-f]{64}$/,
      ),
    });
    expect(JSON.stringify(subject)).not.toContain(caller.secretAccessKey);

    const [impersonation] = identityRequests('IAM', from);
    expect(impersonation).toEqual({
      service: 'IAM',
      path: `/iam/v1/projects/-/serviceAccounts/${encodeURIComponent(account.email)}:generateAccessToken`,
      parameters: { scope: ['https://www.googleapis.com/auth/cloud-platform'], lifetime: '3600s' },
    });
  });

  test('signs by Google, for 12 hours at most', async () => {
    const { settings, environment } = federate(account);
    const store = open(settingsFor(bucket, settings), {}, environment);
    const { url } = await store.presign('object.txt', { ttlSeconds: 7 * 24 * 3600, signal });
    expect(new URL(url).searchParams.get('X-Goog-Expires')).toBe('43200');
    expect(await (await fetch(url)).text()).toBe('content');
  });

  test('without the right to sign, reads and does not sign', async () => {
    const { settings, environment } = federate(account);
    server.identity.tokenCreators.set(account.email, new Set());
    const store = open(settingsFor(bucket, settings), {}, environment);
    expect(await textOf(store, 'object.txt')).toBe('content');
    await expect(store.presign('object.txt', { ttlSeconds: 60, signal })).rejects.toMatchObject({
      code: 'FORBIDDEN',
      capability: 'SIGN',
      hint: expect.stringContaining('roles/iam.serviceAccountTokenCreator'),
    });
  });

  const refusals: [string, (federated: Federation) => void, RegExp][] = [
    [
      'an unknown provider',
      ({ audience }) => server.identity.providers.delete(audience),
      /no such workload identity pool/,
    ],
    [
      'a provider for another AWS account',
      ({ audience }) => server.identity.providers.set(audience, { accountId: '000000000001' }),
      /does not accept this service's AWS identity/,
    ],
    [
      'a condition that leaves us out',
      ({ audience }) => {
        server.identity.providers.set(audience, { accountId: '210987654321', condition: () => false });
      },
      /condition of the workload identity provider/,
    ],
    [
      'an account that does not let us be it',
      () => server.identity.impersonators.set(account.email, new Set()),
      /could not be impersonated/,
    ],
    [
      'AWS keys that AWS does not know',
      ({ caller }) => {
        caller.secretAccessKey = 'another';
      },
      /does not accept this service's AWS identity/,
    ],
  ];
  test.each(refusals)('%s', async (_, spoil, message) => {
    const federated = federate(account);
    spoil(federated);
    const store = open(settingsFor(bucket, federated.settings), {}, federated.environment);
    const wrong = { code: 'WRONG_CREDENTIALS', retryable: false, message: expect.stringMatching(message) };
    await expect(store.authenticate(signal)).rejects.toMatchObject({ ...wrong, capability: 'AUTHENTICATE' });
    await expect(keysOf(store)).rejects.toMatchObject({ ...wrong, capability: 'LIST' });
    await expect(store.presign('object.txt', { ttlSeconds: 60, signal })).rejects.toMatchObject(wrong);
  });

  test('a machine without AWS credentials says so', async () => {
    const { settings } = federate(account);
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    vi.stubEnv('HOME', '/nonexistent');
    const store = open(settingsFor(bucket, settings), {}, testEnvironment({ env: server.env }));
    await expect(store.authenticate(signal)).rejects.toMatchObject({
      code: 'CREDENTIALS_UNAVAILABLE',
      message: 'This service has no AWS identity that it could show to Google.',
    });
    vi.unstubAllEnvs();
  });

  test('by a role of the operator, each organization has a session of its own name', async () => {
    const { settings, audience, env, caller } = federate(account);
    const arn = 'arn:aws:sts::210987654321:assumed-role/federation/organization-7';
    const session = {
      accessKeyId: 'ASIASESSION',
      secretAccessKey: 'session-secret',
      sessionToken: 'session-token',
      arn,
    };
    server.identity.awsIdentities.push(session);
    server.identity.impersonators.set(account.email, new Set([arn]));
    server.identity.providers.set(audience, { accountId: '210987654321', condition: (who) => who === arn });
    const sts = await wireServer((_, response) => {
      response
        .writeHead(200, { 'content-type': 'text/xml' })
        .end(
          `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>` +
            `<AccessKeyId>${session.accessKeyId}</AccessKeyId><SecretAccessKey>${session.secretAccessKey}</SecretAccessKey>` +
            `<SessionToken>${session.sessionToken}</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>` +
            `</Credentials></AssumeRoleResult></AssumeRoleResponse>`,
        );
    });
    const role = {
      GCS_FEDERATION_ROLE_ARN: 'arn:aws:iam::210987654321:role/service/federation',
      AWS_ENDPOINT_URL_STS: sts.url,
    };
    const environment = testEnvironment({ env: { ...env, ...role }, externalId: 'organization-7' });
    expect(await keysOf(open(settingsFor(bucket, settings), {}, environment))).toEqual(['object.txt']);
    expect(Object.fromEntries(new URLSearchParams(sts.requests[0]?.body.toString()))).toMatchObject({
      Action: 'AssumeRole',
      RoleArn: role.GCS_FEDERATION_ROLE_ARN,
      RoleSessionName: 'organization-7',
      ExternalId: 'organization-7',
    });
    expect(sts.requests[0]?.headers.authorization).toContain(caller.accessKeyId);
    expect(federationPrincipal(environment)).toBe(arn);
    await sts.close();
  });
});

describe('default credentials', () => {
  let bucket: string;
  let directory: string;
  beforeAll(async () => {
    bucket = server.createBucket(account).name;
    server.put(bucket, 'object.txt', Buffer.from('content'));
    directory = await mkdtemp(join(tmpdir(), 'longshore-adc-'));
  });
  afterAll(() => rm(directory, { recursive: true }));
  afterEach(() => {
    vi.unstubAllEnvs();
    server.identity.machine = null;
  });

  async function openBy(content: string): Promise<Store> {
    const path = join(directory, `${randomUUID()}.json`);
    await writeFile(path, content);
    return openWith({ ...server.env, GOOGLE_APPLICATION_CREDENTIALS: path });
  }
  const openWith = (env: Record<string, string>) =>
    open(settingsFor(bucket, { credentials: 'DEFAULT' }), {}, testEnvironment({ env }));

  test('a service account’s key file', async () => {
    const store = await openBy(account.json);
    expect(await keysOf(store)).toEqual(['object.txt']);
    const { url } = await store.presign('object.txt', { ttlSeconds: 60, signal });
    expect(await (await fetch(url)).text()).toBe('content');
  });

  const login = (refresh_token: string) =>
    JSON.stringify({
      type: 'authorized_user',
      client_id: 'client',
      client_secret: 'canary-client-secret',
      refresh_token,
      token_uri: `${server.url}/token`,
    });

  test('a person’s login reads and does not sign', async () => {
    const user = { email: account.email, scopes: ['https://www.googleapis.com/auth/cloud-platform'] };
    server.identity.users.set('refresh', {
      ...user,
      clientId: 'client',
      clientSecret: 'canary-client-secret',
    });
    const store = await openBy(login('refresh'));
    expect(await keysOf(store)).toEqual(['object.txt']);
    await expect(store.presign('object.txt', { ttlSeconds: 60, signal })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      capability: 'SIGN',
    });
  });

  test.each([
    ['a login that was revoked', () => login('revoked'), /refused the default credentials/],
    ['no JSON', () => 'canary-no-json', /none of Google credentials/],
    ['JSON of something else', () => '{"a":"canary"}', /none of Google credentials/],
    ['a key file that is broken', () => '{"type":"service_account"}', /none of Google credentials/],
  ])('%s', async (_, content, message) => {
    const store = await openBy(content());
    const error = await store.authenticate(signal).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'CREDENTIALS_UNAVAILABLE',
      message: expect.stringMatching(message),
      hint: expect.stringContaining('administrator'),
    });
    expect(JSON.stringify(error)).not.toContain('canary');
  });

  test('a file that is not there', async () => {
    const store = openWith({ GOOGLE_APPLICATION_CREDENTIALS: join(directory, 'missing.json') });
    await expect(store.authenticate(signal)).rejects.toMatchObject({ code: 'CREDENTIALS_UNAVAILABLE' });
  });

  /** Lets Google's library find this server as the metadata server of the machine. */
  function onMachine(scopes: string[]): Store {
    server.identity.machine = { email: account.email, scopes };
    vi.stubEnv('GCE_METADATA_HOST', new URL(server.url).host);
    vi.stubEnv('METADATA_SERVER_DETECTION', 'assume-present');
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', '');
    vi.stubEnv('HOME', '/nonexistent');
    return openWith(server.env);
  }

  test('the identity of a machine reads and signs', async () => {
    server.identity.tokenCreators.set(account.email, new Set([account.email]));
    const store = onMachine(['https://www.googleapis.com/auth/cloud-platform']);
    expect(await keysOf(store)).toEqual(['object.txt']);
    const { url } = await store.presign('object.txt', { ttlSeconds: 60, signal });
    expect(await (await fetch(url)).text()).toBe('content');
  });

  test('a machine whose scope is for reading only cannot write nor sign', async () => {
    const store = onMachine(['https://www.googleapis.com/auth/devstorage.read_only']);
    expect(await textOf(store, 'object.txt')).toBe('content');
    const scopeless = { code: 'FORBIDDEN', message: expect.stringContaining('scope') };
    await expect(write(store, 'new.json')).rejects.toMatchObject({ ...scopeless, capability: 'WRITE' });
    await expect(store.presign('object.txt', { ttlSeconds: 60, signal })).rejects.toMatchObject({
      ...scopeless,
      capability: 'SIGN',
    });
  });
});
