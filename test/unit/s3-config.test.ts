import { describe, expect, test } from 'vitest';
import { ValidationError } from '../../src/errors.ts';
import { s3Provider } from '../../src/providers/s3/provider.ts';
import { testEnvironment } from '../support/environment.ts';

const accessKey = { credentials: 'ACCESS_KEY', accessKeyId: 'AKIAIOSFODNN7EXAMPLE' };
const minimal = { bucket: 'my-bucket', ...accessKey };
const parse = (more: object = {}) => s3Provider.settings.parse({ ...minimal, ...more });

/** Paths and messages of what is wrong. */
function issues(more: object): string[] {
  const result = s3Provider.settings.safeParse({ ...minimal, ...more });
  return (result.error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
}

describe('settings', () => {
  test('defaults', () => {
    expect(parse()).toEqual({ ...minimal, prefix: '', region: 'us-east-1' });
  });

  test.each(['abc', 'my.bucket-1', '1a2', 'x'.repeat(63)])('bucket %s', (bucket) => {
    expect(parse({ bucket }).bucket).toBe(bucket);
  });

  test.each([
    '',
    'ab',
    'x'.repeat(64),
    'My-Bucket',
    'a_b',
    '-ab',
    'ab-',
    'a..b',
    '192.168.1.1',
    'a/b',
    's3://ab',
    'a b',
    'äöü',
  ])('no bucket: %j', (bucket) => {
    expect(issues({ bucket })).toEqual([expect.stringMatching(/^bucket: expected a bucket name .*, got "/)]);
  });

  test('other servers know more bucket names, but not every', () => {
    const endpoint = 'https://minio.example.com';
    expect(parse({ bucket: 'My_Bucket', endpoint }).bucket).toBe('My_Bucket');
    for (const bucket of ['a/b', 'a..b', '10.0.0.1', 'a b', '../x'])
      expect(issues({ bucket, endpoint })).toHaveLength(1);
  });

  test('directory buckets list in no order', () => {
    expect(issues({ bucket: 'media--use1-az4--x-s3' })).toEqual([
      expect.stringContaining('directory bucket'),
    ]);
  });

  test('prefix is normalised', () => {
    expect(parse({ prefix: '/a/b//' }).prefix).toBe('a/b/');
  });

  test.each(['eu-west-1', 'auto', 'nyc3', 'fr-par'])('region %s', (region) => {
    expect(parse({ region }).region).toBe(region);
  });

  test.each(['', 'eu west', 'evil.example.com/', 'a@b', '-a', 'x'.repeat(64)])('no region: %j', (region) => {
    expect(issues({ region })).toEqual([expect.stringMatching(/^region: expected a region name/)]);
  });

  test.each([
    ['https://minio.example.com:9000', 'https://minio.example.com:9000'],
    [' HTTPS://MinIO.Example.com:443/ ', 'https://minio.example.com'],
    ['http://[::1]:9000', 'http://[::1]:9000'],
  ])('endpoint %s', (endpoint, kept) => {
    expect(parse({ endpoint, publicEndpoint: endpoint })).toMatchObject({
      endpoint: kept,
      publicEndpoint: kept,
    });
  });

  test.each([
    'minio.example.com',
    'ftp://minio.example.com',
    'gopher://127.0.0.1',
    'file:///etc/passwd',
    'https://minio.example.com/path',
    'https://minio.example.com/?a=b',
    'https://minio.example.com/#a',
    'https://',
    '',
  ])('no endpoint: %j', (endpoint) => {
    const message = 'expected an http or https address without path or credentials';
    expect(issues({ endpoint })).toEqual([expect.stringContaining(`endpoint: ${message}`)]);
    expect(issues({ publicEndpoint: endpoint })).toEqual([
      expect.stringContaining(`publicEndpoint: ${message}`),
    ]);
  });

  test('credentials in an endpoint are refused and not repeated', () => {
    const found = issues({ endpoint: 'https://user:hunter2hunter2@minio.example.com' });
    expect(found).toEqual([expect.stringContaining('got one with credentials')]);
    expect(found.join()).not.toContain('hunter2');
  });

  test('encryption', () => {
    expect(parse({ encryption: { type: 'AES256' } }).encryption).toEqual({ type: 'AES256' });
    const kms = {
      type: 'KMS',
      keyId: 'arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab',
    };
    expect(parse({ encryption: kms }).encryption).toEqual(kms);
    expect(issues({ encryption: { type: 'KMS' } })).toEqual([
      expect.stringMatching(/^encryption\.keyId: expected/),
    ]);
    expect(issues({ encryption: { type: 'KMS', keyId: 'a\r\nx: y' } })).toHaveLength(1);
    expect(issues({ encryption: { type: 'AES256', keyId: 'x' } })).toHaveLength(1);
    expect(issues({ encryption: { type: 'DES' } })).toHaveLength(1);
  });

  test('unknown settings are refused', () => {
    expect(issues({ externalId: 'mine' })).toEqual([expect.stringContaining('externalId')]);
    expect(issues({ secretAccessKey: 'x' })).toHaveLength(1);
  });
});

describe('exactly one kind of credentials', () => {
  const none = { accessKeyId: undefined };
  const roleArn = 'arn:aws:iam::123456789012:role/labels/reader';

  test.each([
    { credentials: 'ROLE', ...none, roleArn },
    { credentials: 'ROLE', ...none, roleArn: 'arn:aws-cn:iam::123456789012:role/reader' },
    {
      credentials: 'ROLE',
      ...none,
      roleArn: 'arn:aws:iam:::role/reader',
      endpoint: 'https://ceph.example.com',
    },
    { credentials: 'DEFAULT', ...none },
  ])('%j', (settings) => {
    expect(parse(settings)).toMatchObject(JSON.parse(JSON.stringify(settings)));
  });

  test.each([
    [{ accessKeyId: 'AKIA/us-east-1' }, 'credentials.accessKey.accessKeyId: expected an access key id'],
    [{ roleArn }, 'credentials.role: expected none beside accessKey'],
    [{ credentials: 'ROLE', roleArn }, 'credentials.accessKey: expected none beside role'],
    [{ credentials: 'DEFAULT' }, 'credentials.accessKey: expected none beside default'],
    [{ credentials: 'ROLE', ...none }, 'credentials.role.roleArn: expected a role ARN'],
    [{ credentials: 'ROLE', ...none, roleArn: 'reader' }, 'credentials.role.roleArn: expected a role ARN'],
    [
      { credentials: 'ROLE', ...none, roleArn: 'arn:aws:iam::123456789012:user/reader' },
      'credentials.role.roleArn: expected a role ARN',
    ],
    [
      { credentials: 'ROLE', ...none, roleArn: 'arn:aws:iam:::role/reader' },
      'credentials.role.roleArn: expected',
    ],
    [{ credentials: undefined, ...none }, 'credentials: expected exactly one of accessKey, role and default'],
  ])('%j', (settings, expected) => {
    expect(issues(settings)).toEqual([expect.stringContaining(expected)]);
  });

  test('a secret comes with its key id, and a token with both', async () => {
    const check = async (secrets: object) =>
      s3Provider.check?.(parse(), s3Provider.secrets.parse(secrets), testEnvironment());
    await expect(check({ secretAccessKey: 'secret' })).resolves.toEqual(parse());
    await expect(check({ secretAccessKey: 'secret', sessionToken: 'token' })).resolves.toEqual(parse());
    for (const secrets of [{}, { sessionToken: 'token' }]) {
      const error = await check(secrets).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(ValidationError);
      expect(error).toMatchObject({ fields: [{ path: 'credentials.accessKey.secretAccessKey' }] });
    }
    // Which key it is may be open only for a setup guide, which comes before the key.
    const keyless = parse({ accessKeyId: undefined });
    const error = await Promise.resolve()
      .then(() => s3Provider.check?.(keyless, {}, testEnvironment()))
      .catch((reason: unknown) => reason);
    const [id, secret] = ['accessKeyId', 'secretAccessKey'].map((name) => `credentials.accessKey.${name}`);
    expect(error).toMatchObject({ fields: [{ path: id }, { path: secret }] });
  });

  test('secrets are not repeated in what is wrong with them', () => {
    const result = s3Provider.secrets.safeParse({
      secretAccessKey: 'hunter2 hunter2\n!',
      sessionToken: 'hunter2\u0000',
    });
    expect(result.error?.issues.map(({ path }) => path.join('.'))).toEqual([
      'credentials.accessKey.secretAccessKey',
      'credentials.accessKey.sessionToken',
    ]);
    expect(JSON.stringify(result.error)).not.toContain('hunter2');
  });
});

describe('where a storage points', () => {
  const container = (more: object) => s3Provider.location(parse(more), testEnvironment()).container;

  test('on AWS the name of the bucket says all, whatever the region or address', () => {
    const expected = 's3://my-bucket';
    expect(container({})).toBe(expected);
    expect(container({ region: 'eu-west-1' })).toBe(expected);
    expect(container({ endpoint: 'https://s3.amazonaws.com' })).toBe(expected);
    expect(container({ endpoint: 'https://s3.eu-west-1.amazonaws.com' })).toBe(expected);
    expect(container({ endpoint: 'https://bucket.vpce-1a2b3c4d-5e6f.s3.us-east-1.vpce.amazonaws.com' })).toBe(
      expected,
    );
  });

  test('other partitions have buckets of their own', () => {
    expect(container({ region: 'cn-north-1' })).toBe('s3+aws-cn://my-bucket');
    expect(container({ region: 'us-gov-west-1' })).toBe('s3+aws-us-gov://my-bucket');
  });

  test('elsewhere the address belongs to it', () => {
    expect(container({ endpoint: 'https://MinIO.example.com:443' })).toBe(
      's3+https://minio.example.com/my-bucket',
    );
    expect(container({ endpoint: 'http://127.0.0.1:9000' })).toBe('s3+http://127.0.0.1:9000/my-bucket');
    expect(container({ endpoint: 'https://s3.amazonaws.com.evil.example' })).toBe(
      's3+https://s3.amazonaws.com.evil.example/my-bucket',
    );
  });

  test('prefix', () => {
    expect(s3Provider.location(parse({ prefix: 'a b/c' }), testEnvironment()).prefix).toBe('a b/c/');
  });

  test('secrets are bound to every address they are used with', () => {
    expect(s3Provider.secretsBoundTo).toEqual(['endpoint', 'publicEndpoint', 'bucket', 'tlsCa']);
  });
});

describe('URIs', () => {
  test.each(['a', '/a', 'a//b', 'a b#c?d=%20&e', 'ö/🏷'])('%j there and back', (key) => {
    expect(s3Provider.uri(parse(), key)).toBe(`s3://my-bucket/${key}`);
    expect(s3Provider.keyOf(parse(), s3Provider.uri(parse(), key))).toBe(key);
  });

  test.each([
    's3://my-bucket',
    's3://my-bucket/',
    's3://my-bucket2/a',
    's3://other/a',
    'S3://my-bucket/a',
    'gs://my-bucket/a',
    '',
  ])('not of this bucket: %j', (uri) => {
    expect(s3Provider.keyOf(parse(), uri)).toBeUndefined();
  });
});
