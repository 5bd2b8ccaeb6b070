import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ValidationError } from '../../src/errors.ts';
import { azureBlobProvider } from '../../src/providers/azure-blob/provider.ts';
import { gcsProvider } from '../../src/providers/gcs/provider.ts';
import type { Provider } from '../../src/providers/provider.ts';
import { s3Provider } from '../../src/providers/s3/provider.ts';
import { openStore } from '../../src/providers/store.ts';
import { type WireServer, wireServer } from '../servers/s3-wire.ts';
import { testEnvironment } from '../support/environment.ts';

/**
 * What this service itself is at a provider is shown to that provider alone, and to whom the operator names. The
 * canary can be reached, since its address is open, but nobody has named the host `localhost`.
 */

const signal = new AbortController().signal;
let canary: WireServer;
let address: string;
beforeEach(async () => {
  canary = await wireServer((_, response) => response.end());
  address = canary.url.replace('127.0.0.1', 'localhost');
});
afterEach(() => canary.close());

const env = {
  AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'canary-secret',
  AZURE_BLOB_ACCOUNT_NAME: 'account',
  AZURE_BLOB_ACCOUNT_KEY: Buffer.alloc(64).toString('base64'),
};
const role = { credentials: 'ROLE', roleArn: 'arn:aws:iam::123456789012:role/reader' };

const kinds: [name: string, provider: unknown, settings: (address: string) => object, path: string][] = [
  [
    'S3 default chain',
    s3Provider,
    (endpoint) => ({ bucket: 'bucket', endpoint, credentials: 'DEFAULT' }),
    'endpoint',
  ],
  ['S3 role, by STS', s3Provider, (endpoint) => ({ bucket: 'bucket', endpoint, ...role }), 'endpoint'],
  [
    'S3 default chain, for browsers',
    s3Provider,
    (publicEndpoint) => ({ bucket: 'bucket', publicEndpoint, credentials: 'DEFAULT' }),
    'publicEndpoint',
  ],
  [
    'Azure environment',
    azureBlobProvider,
    (endpoint) => ({ container: 'container', endpoint: `${endpoint}/account`, credentials: 'ENVIRONMENT' }),
    'endpoint',
  ],
  [
    'GCS default credentials',
    gcsProvider,
    (endpoint) => ({ bucket: 'bucket', endpoint, credentials: 'DEFAULT' }),
    'endpoint',
  ],
];

describe.each(kinds)('%s', (_, kind, settingsFor, path) => {
  const provider = kind as Provider;
  const environment = testEnvironment({ env });

  test('is refused when the storage is saved', async () => {
    const settings = provider.settings.parse(settingsFor(address));
    const checked = Promise.resolve().then(() => provider.check?.(settings, {}, environment));
    await expect(checked).rejects.toBeInstanceOf(ValidationError);
    await expect(checked).rejects.toMatchObject({ fields: [{ path }] });
  });

  test('goes nowhere when it was saved in other times', async () => {
    const settings = provider.settings.parse(settingsFor(address));
    const asked = (async () => {
      const store = openStore(provider, settings, {}, environment, { attempts: 1, requestTimeoutMs: 2_000 });
      await store.authenticate(signal);
    })();
    await expect(asked).rejects.toMatchObject({ code: 'ADDRESS_NOT_ALLOWED' });
    expect(canary.connections()).toBe(0);
  });

  test('goes to a host that the operator names', async () => {
    const settings = provider.settings.parse(settingsFor(canary.url));
    expect(await provider.check?.(settings, {}, environment)).toMatchObject({ [path]: expect.any(String) });
  });
});

test.each([
  ['https://s3.eu-west-1.amazonaws.com', true],
  ['https://bucket.vpce-1a2b3c4d-5e6f.s3.us-east-1.vpce.amazonaws.com', true],
  ['http://s3.eu-west-1.amazonaws.com', false],
  ['https://s3.amazonaws.com.example.com', false],
  ['https://ec2-1-2-3-4.compute.amazonaws.com', false],
])('AWS itself, over TLS: %s %s', async (endpoint, allowed) => {
  const settings = s3Provider.settings.parse({ bucket: 'bucket', endpoint, credentials: 'DEFAULT' });
  const check = async () => s3Provider.check?.(settings, {}, testEnvironment({ env }));
  if (allowed) await expect(check()).resolves.toMatchObject({ endpoint });
  else await expect(check()).rejects.toBeInstanceOf(ValidationError);
});
