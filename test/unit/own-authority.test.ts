import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { azureBlobProvider } from '../../src/providers/azure-blob/provider.ts';
import { gcsProvider } from '../../src/providers/gcs/provider.ts';
import type { Provider } from '../../src/providers/provider.ts';
import { s3Provider } from '../../src/providers/s3/provider.ts';
import { openStore } from '../../src/providers/store.ts';
import { type GcsTrial, secretsOf, startTrial } from '../servers/gcs-trial.ts';
import { type Certificate, type WireServer, wireServer } from '../servers/s3-wire.ts';
import { testEnvironment } from '../support/environment.ts';

/** A server of one's own, with a certificate that no public authority has signed. */

const signal = new AbortController().signal;
let folder: string;
let tlsCa: string;
let otherCa: string;
let trial: GcsTrial;
let server: WireServer;

async function certificate(name: string): Promise<Certificate> {
  const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key];
  const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
  await promisify(execFile)('openssl', ['req', '-x509', ...curve, '-out', cert, ...subject]);
  return { key: await readFile(key), cert: await readFile(cert) };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'longshore-authority-'));
  trial = await startTrial();
  const own = await certificate('own');
  tlsCa = String(own.cert).trim();
  otherCa = String((await certificate('other')).cert).trim();
  server = await wireServer((_, response) => response.writeHead(429).end(), own);
});
afterAll(async () => {
  await Promise.all([server.close(), trial.server.close()]);
  await rm(folder, { recursive: true });
});

const account = { accountKey: Buffer.alloc(64).toString('base64') };
const kinds: [
  name: string,
  provider: unknown,
  place: object,
  path: string,
  secrets: () => object,
  own: string,
][] = [
  [
    'S3',
    s3Provider,
    { bucket: 'bucket', credentials: 'ACCESS_KEY', accessKeyId: 'AKIAEXAMPLE' },
    '',
    () => ({ secretAccessKey: 'secret' }),
    'https://s3.eu-west-1.amazonaws.com',
  ],
  [
    'GCS',
    gcsProvider,
    { bucket: 'bucket', credentials: 'SERVICE_ACCOUNT' },
    '',
    () => secretsOf(trial.account.json),
    'https://storage.googleapis.com',
  ],
  [
    'Azure Blob',
    azureBlobProvider,
    { container: 'container', credentials: 'ACCOUNT_KEY' },
    '/account',
    () => account,
    'https://account.blob.core.windows.net',
  ],
];

describe.each(kinds)('%s', (_, kind, place, path, secrets, own) => {
  const provider = kind as Provider;
  const codeWith = async (more: object) => {
    const settings = provider.settings.parse({ ...place, endpoint: server.url + path, ...more });
    const store = openStore(provider, settings, secrets(), testEnvironment(), { attempts: 1 });
    return store.authenticate(signal).then(
      () => 'OK',
      (error) => error.code,
    );
  };

  test('is reached with its authority, and with no other', async () => {
    expect(await codeWith({})).toBe('TLS_FAILURE');
    expect(await codeWith({ tlsCa: otherCa })).toBe('TLS_FAILURE');
    // The server's own word: it was reached.
    expect(await codeWith({ tlsCa })).toBe('RATE_LIMITED');
    // Nobody else trusts it by that.
    expect(await codeWith({})).toBe('TLS_FAILURE');
  });

  test.each([
    ['no certificate', { tlsCa: 'nothing' }],
    ['a private key', { tlsCa: '-----BEGIN PRIVATE KEY-----' }],
  ])('%s is refused', (_, more) => {
    const { error } = provider.settings.safeParse({ ...place, endpoint: server.url + path, ...more });
    expect(error?.issues.map((issue) => issue.path.join('.'))).toEqual(['tlsCa']);
  });

  test('the provider itself and plain http take none', () => {
    for (const endpoint of [own, server.url.replace('https:', 'http:') + path]) {
      const { error } = provider.settings.safeParse({ ...place, endpoint, tlsCa });
      expect(error?.issues.map((issue) => issue.path.join('.'))).toContain('tlsCa');
    }
  });
});
