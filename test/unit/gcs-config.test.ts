import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { ValidationError } from '../../src/errors.ts';
import { gcsProvider } from '../../src/providers/gcs/provider.ts';
import { keyFile, newPrivateKey } from '../servers/gcs.ts';
import { testEnvironment } from '../support/environment.ts';

const minimal = { bucket: 'my-bucket', credentials: 'SERVICE_ACCOUNT' };
const parse = (more: object = {}) => gcsProvider.settings.parse({ ...minimal, ...more });

/** Paths and messages of what is wrong. */
function issues(more: object): string[] {
  const result = gcsProvider.settings.safeParse({ ...minimal, ...more });
  return (result.error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
}

describe('settings', () => {
  test('defaults', () => {
    expect(parse()).toEqual({ ...minimal, prefix: '' });
  });

  test.each([
    'abc',
    'my_bucket-1',
    '1a2',
    'x'.repeat(63),
    'data.example.com',
    `${'x'.repeat(60)}.${'y'.repeat(60)}`,
  ])('bucket %s', (bucket) => {
    expect(parse({ bucket }).bucket).toBe(bucket);
  });

  test.each([
    '',
    'ab',
    'x'.repeat(64),
    'My-Bucket',
    '-ab',
    'ab_',
    'a..b',
    '192.168.1.1',
    'a/b',
    'gs://ab',
    'a b',
    'äöü',
    `${'x'.repeat(64)}.com`,
    `${'x.'.repeat(120)}com`,
  ])('no bucket: %j', (bucket) => {
    expect(issues({ bucket })).toEqual([expect.stringMatching(/^bucket: expected a bucket name .*, got "/)]);
  });

  test('prefix is normalised', () => {
    expect(parse({ prefix: '/a/b//' }).prefix).toBe('a/b/');
  });

  test.each(['my-project', 'example.com:old-project'])('project id %s', (projectId) => {
    expect(parse({ projectId }).projectId).toBe(projectId);
  });

  test.each(['', 'My-Project', 'short', '123456789012', 'a b c d e f'])('no project id: %j', (projectId) => {
    expect(issues({ projectId })).toEqual([expect.stringMatching(/^projectId: expected a project id/)]);
  });

  test.each([
    ['https://storage.example.com:4443', 'https://storage.example.com:4443'],
    [' HTTPS://Storage.Example.com:443/ ', 'https://storage.example.com'],
    ['http://[::1]:4443', 'http://[::1]:4443'],
  ])('endpoint %s', (endpoint, kept) => {
    expect(parse({ endpoint }).endpoint).toBe(kept);
  });

  test.each([
    'storage.example.com',
    'gopher://127.0.0.1',
    'file:///etc/passwd',
    'https://storage.example.com/storage/v1',
    'https://storage.example.com/?a=b',
    '',
  ])('no endpoint: %j', (endpoint) => {
    const message = 'expected an http or https address without path or credentials';
    expect(issues({ endpoint })).toEqual([expect.stringContaining(`endpoint: ${message}`)]);
  });

  test('credentials in an endpoint are refused and not repeated', () => {
    const found = issues({ endpoint: 'https://user:hunter2hunter2@storage.example.com' });
    expect(found).toEqual([expect.stringContaining('got one with credentials')]);
    expect(found.join()).not.toContain('hunter2');
  });

  test('unknown settings are refused', () => {
    expect(issues({ externalId: 'mine' })).toEqual([expect.stringContaining('externalId')]);
    expect(issues({ serviceAccountJson: '{}' })).toHaveLength(1);
    expect(issues({ tokenUri: 'https://example.com' })).toHaveLength(1);
  });
});

describe('exactly one kind of credentials', () => {
  const federation = {
    projectNumber: '123456789012',
    poolId: 'labels-pool',
    providerId: 'labels-provider',
    serviceAccountEmail: 'reader@my-project.iam.gserviceaccount.com',
  };
  const credentials = 'WORKLOAD_IDENTITY';

  test.each([{ credentials: 'DEFAULT' }, { credentials, ...federation }])('%j', (settings) => {
    expect(parse(settings)).toMatchObject(settings);
  });

  test.each([
    [{ credentials: undefined }, 'credentials: expected exactly one of serviceAccountJson, default'],
    [{ credentials: 'KEY' }, 'credentials: expected exactly one of'],
    [{ ...federation }, 'credentials.workloadIdentity: expected none beside serviceAccountJson'],
    [
      { credentials: 'DEFAULT', poolId: 'labels-pool' },
      'credentials.workloadIdentity: expected none beside default',
    ],
    [
      { credentials, ...federation, projectNumber: 'my-project' },
      'credentials.workloadIdentity.projectNumber: expected a project number',
    ],
    [{ credentials, ...federation, poolId: 'gcp-pool' }, 'credentials.workloadIdentity.poolId: expected'],
    [{ credentials, ...federation, poolId: '../x' }, 'credentials.workloadIdentity.poolId: expected'],
    [
      { credentials, ...federation, providerId: undefined },
      'credentials.workloadIdentity.providerId: expected',
    ],
    [
      { credentials, ...federation, serviceAccountEmail: 'me@example.com' },
      'credentials.workloadIdentity.serviceAccountEmail: expected an e-mail address like',
    ],
    [
      { credentials, ...federation, serviceAccountEmail: 'a@b.gserviceaccount.com/../x' },
      'credentials.workloadIdentity.serviceAccountEmail: expected',
    ],
  ])('%j', (settings, expected) => {
    expect(issues(settings)).toEqual([expect.stringContaining(expected)]);
  });
});

describe('key files', () => {
  const email = 'reader@my-project.iam.gserviceaccount.com';
  const privateKey = newPrivateKey();
  const pem = String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const file = (more: object = {}) => keyFile(email, privateKey, more);

  function problems(serviceAccountJson: string): { path: string; message: string }[] {
    const result = gcsProvider.secrets.safeParse({ serviceAccountJson });
    return (result.error?.issues ?? []).map(({ path, message }) => ({ path: path.join('.'), message }));
  }

  test('are kept without what is not used', () => {
    const { serviceAccountJson = '' } = gcsProvider.secrets.parse({
      serviceAccountJson: file({ canary: 'x' }),
    });
    expect(JSON.parse(serviceAccountJson)).toEqual({
      type: 'service_account',
      project_id: 'my-project',
      private_key_id: 'f'.repeat(40),
      private_key: pem,
      client_email: email,
      token_uri: 'https://oauth2.googleapis.com/token',
    });
    expect(gcsProvider.secrets.parse({ serviceAccountJson })).toEqual({ serviceAccountJson });
  });

  test.each([
    [
      'the least',
      { private_key_id: undefined, project_id: undefined, token_uri: undefined, universe_domain: undefined },
    ],
    ['line breaks that were escaped twice', { private_key: pem.replaceAll('\n', '\\n') }],
    ['the token address of old files', { token_uri: 'https://accounts.google.com/o/oauth2/token' }],
    ['Compute Engine’s own account', { client_email: '123456789012-compute@developer.gserviceaccount.com' }],
    ['PKCS #1', { private_key: privateKey.export({ type: 'pkcs1', format: 'pem' }) }],
  ])('%s', (_, more) => {
    expect(problems(file(more))).toEqual([]);
  });

  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const short = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
  const encrypted = privateKey.export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'canary',
  });
  const wifFile = {
    type: 'external_account',
    audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: 'https://sts.googleapis.com/v1/token',
    credential_source: { file: '/etc/canary' },
    service_account_impersonation_url: 'http://169.254.169.254/canary',
  };

  test.each<[string, string, string[]]>([
    ['no JSON', 'canary-no-json', ['']],
    ['a number', '7', ['']],
    ['a list', '["canary"]', ['']],
    ['a text longer than any', `"${'canary'.repeat(5000)}"`, ['']],
    ['an empty object', '{}', ['type']],
    [
      'a federation file',
      JSON.stringify(wifFile),
      [
        'type',
        'audience',
        'subject_token_type',
        'token_url',
        'credential_source',
        'service_account_impersonation_url',
      ],
    ],
    [
      'a federation file that reads an address',
      JSON.stringify({ ...wifFile, credential_source: { url: 'http://169.254.169.254/canary' } }),
      [
        'type',
        'audience',
        'subject_token_type',
        'token_url',
        'credential_source',
        'service_account_impersonation_url',
      ],
    ],
    ['a login', '{"type":"authorized_user","refresh_token":"canary"}', ['type']],
    [
      'an impersonation',
      '{"type":"impersonated_service_account","source_credentials":{}}',
      ['type', 'source_credentials'],
    ],
    [
      'a key file with a source of credentials',
      file({ credential_source: { executable: { command: '/bin/canary' } } }),
      ['credential_source'],
    ],
    [
      'a key file with an impersonation',
      file({ service_account_impersonation_url: 'https://canary.example' }),
      ['service_account_impersonation_url'],
    ],
    ['another universe', file({ universe_domain: 'canary.example' }), ['universe_domain']],
    ['no e-mail address', file({ client_email: undefined }), ['client_email']],
    ['an e-mail address of a person', file({ client_email: 'canary@example.com' }), ['client_email']],
    [
      'an e-mail address that bends paths',
      file({ client_email: 'a/../canary@b.gserviceaccount.com' }),
      ['client_email'],
    ],
    ['no key', file({ private_key: undefined }), ['private_key']],
    ['half a key', file({ private_key: `${pem.slice(0, 200)}canary` }), ['private_key']],
    [
      'a key of another kind',
      file({ private_key: ec.export({ type: 'pkcs8', format: 'pem' }) }),
      ['private_key'],
    ],
    [
      'a key that is too short',
      file({ private_key: short.export({ type: 'pkcs8', format: 'pem' }) }),
      ['private_key'],
    ],
    ['a key with a passphrase', file({ private_key: encrypted }), ['private_key']],
    ['a file instead of a token address', file({ token_uri: 'file:///etc/canary' }), ['token_uri']],
    [
      'a token address with credentials',
      file({ token_uri: 'https://u:canary@oauth2.googleapis.com/token' }),
      ['token_uri'],
    ],
    [
      'several at once',
      file({ client_email: 'canary', private_key: 'canary', token_uri: 7 }),
      ['client_email', 'private_key', 'token_uri'],
    ],
  ])('refused: %s', (_, json, fields) => {
    const found = problems(json);
    const base = 'credentials.serviceAccountJson';
    expect(found.map(({ path }) => path)).toEqual(fields.map((field) => (field ? `${base}.${field}` : base)));
    for (const { message } of found) expect(message).toMatch(/^expected /);
    expect(JSON.stringify(found)).not.toContain('canary');
    expect(JSON.stringify(found)).not.toContain('PRIVATE KEY-----\n');
  });

  test('a federation file is answered with what to do instead', () => {
    expect(problems(JSON.stringify(wifFile))[0]?.message).toBe(
      'expected "service_account", got "external_account": for Workload Identity Federation choose workloadIdentity and give its four fields',
    );
  });

  test('an account comes with its key, and shows whose it is', async () => {
    const check = async (settings: object, secrets: object) =>
      gcsProvider.check?.(parse(settings), gcsProvider.secrets.parse(secrets), testEnvironment());
    expect(await check({}, { serviceAccountJson: file() })).toEqual({ ...parse(), clientEmail: email });
    const missing = check({}, {});
    await expect(missing).rejects.toBeInstanceOf(ValidationError);
    await expect(missing).rejects.toMatchObject({ fields: [{ path: 'credentials.serviceAccountJson' }] });
    // Left from another kind of credentials.
    const settings = { credentials: 'DEFAULT', clientEmail: email };
    expect((await check(settings, {}))?.clientEmail).toBeUndefined();
  });
});

describe('where a storage points', () => {
  const container = (more: object) => gcsProvider.location(parse(more), testEnvironment()).container;

  test('at Google the name of the bucket says all, whatever the address', () => {
    expect(container({})).toBe('gs://my-bucket');
    for (const endpoint of [
      'https://storage.googleapis.com',
      'https://storage.europe-west3.rep.googleapis.com',
      'https://storage-internal.p.googleapis.com',
    ]) {
      expect(container({ endpoint })).toBe('gs://my-bucket');
    }
  });

  test('elsewhere the address belongs to it', () => {
    expect(container({ endpoint: 'http://127.0.0.1:4443' })).toBe('gs+http://127.0.0.1:4443/my-bucket');
    for (const host of [
      'storage.googleapis.com.evil.example',
      'evilgoogleapis.com',
      'storage.googleapis.com:444',
    ]) {
      expect(container({ endpoint: `https://${host}` })).toBe(`gs+https://${host}/my-bucket`);
    }
  });

  test('prefix', () => {
    expect(gcsProvider.location(parse({ prefix: 'a b/c' }), testEnvironment()).prefix).toBe('a b/c/');
  });

  test('secrets are bound to where they are used', () => {
    expect(gcsProvider.secretsBoundTo).toEqual(['endpoint', 'bucket', 'tlsCa']);
  });
});

describe('URIs', () => {
  test.each(['a', '/a', 'a//b', 'a b#c?d=%20&e', 'ö/🏷'])('%j there and back', (key) => {
    expect(gcsProvider.uri(parse(), key)).toBe(`gs://my-bucket/${key}`);
    expect(gcsProvider.keyOf(parse(), gcsProvider.uri(parse(), key))).toBe(key);
  });

  test.each([
    'gs://my-bucket',
    'gs://my-bucket/',
    'gs://my-bucket2/a',
    'GS://my-bucket/a',
    's3://my-bucket/a',
    '',
  ])('not of this bucket: %j', (uri) => {
    expect(gcsProvider.keyOf(parse(), uri)).toBeUndefined();
  });
});
