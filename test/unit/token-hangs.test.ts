import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { azureBlobProvider } from '../../src/providers/azure-blob/provider.ts';
import type { Provider } from '../../src/providers/provider.ts';
import { s3Provider } from '../../src/providers/s3/provider.ts';
import { openStore, type Store } from '../../src/providers/store.ts';
import { keyFile } from '../servers/gcs.ts';
import { type GcsTrial, secretsOf, startTrial } from '../servers/gcs-trial.ts';
import { type WireServer, wireServer } from '../servers/s3-wire.ts';
import { testEnvironment } from '../support/environment.ts';

/** A service that gives out tokens and never answers ends the first attempt as TIMEOUT, whichever it is. */

/** Takes connections and says nothing. */
type Silent = Pick<WireServer, 'url' | 'connections' | 'close'>;

/** As a server of TLS that has come to a stop: not even the handshake is answered. */
async function mute(): Promise<Silent> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket.on('error', () => {})));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => sockets.length,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const signal = new AbortController().signal;
let trial: GcsTrial;
let folder: string;
let silent: Silent;
beforeAll(async () => {
  trial = await startTrial();
  folder = await mkdtemp(join(tmpdir(), 'longshore-hang-'));
});
afterAll(async () => {
  await trial.server.close();
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  silent = await wireServer(() => {});
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(async () => {
  vi.useRealTimers();
  await silent.close();
});

function open(
  provider: Provider,
  settings: object,
  secrets: object,
  env: Record<string, string> = {},
): Store {
  const parsed = provider.settings.parse(settings);
  return openStore(provider, parsed, secrets, testEnvironment({ env }), { attempts: 1 });
}

function federated(env: Record<string, string>): Store {
  const federation = trial.federate(trial.account);
  const environment = testEnvironment({ env: { ...federation.env, ...env } });
  return trial.open(trial.settingsFor('some-bucket', federation.settings), {}, environment);
}

const awsKeys = { AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' };
const kinds: Record<string, () => Store | Promise<Store>> = {
  'S3 role: STS': () => {
    const role = { credentials: 'ROLE', roleArn: 'arn:aws:iam::123456789012:role/reader' };
    return open(s3Provider as Provider, { bucket: 'bucket', endpoint: silent.url, ...role }, {}, awsKeys);
  },
  'GCS service account: token service': () => {
    const { email, privateKey } = trial.account;
    const json = keyFile(email, privateKey, { token_uri: `${silent.url}/token` });
    return trial.open(trial.settingsFor('some-bucket'), secretsOf(json));
  },
  'GCS federation: Security Token Service': () => federated({ GOOGLE_STS_ENDPOINT: silent.url }),
  'GCS federation: IAM': () => federated({ GOOGLE_IAM_CREDENTIALS_ENDPOINT: silent.url }),
  'GCS federation: role at AWS': () => {
    const role = 'arn:aws:iam::123456789012:role/federation';
    return federated({ GCS_FEDERATION_ROLE_ARN: role, AWS_ENDPOINT_URL_STS: silent.url });
  },
  'GCS default credentials: a login': async () => {
    const path = join(folder, 'login.json');
    const login = { client_id: 'id', client_secret: 'secret', refresh_token: 'token' };
    await writeFile(path, JSON.stringify({ type: 'authorized_user', ...login, token_uri: silent.url }));
    const environment = testEnvironment({ env: { GOOGLE_APPLICATION_CREDENTIALS: path } });
    return trial.open(trial.settingsFor('some-bucket', { credentials: 'DEFAULT' }), {}, environment);
  },
  'Azure service principal: Entra': () => {
    const principal = { tenantId: 'contoso.com', clientId: '00000000-0000-4000-8000-000000000000' };
    const authorityHost = silent.url.replace('http:', 'https:');
    const settings = { container: 'container', accountName: 'account', ...principal, authorityHost };
    const secrets = { clientSecret: 'secret' };
    const credentials = 'SERVICE_PRINCIPAL';
    return open(azureBlobProvider as Provider, { ...settings, credentials }, secrets);
  },
};

test.each(Object.entries(kinds))('%s', async (name, openIt) => {
  // What speaks no TLS is asked for it and says nothing.
  if (name.startsWith('Azure')) {
    await silent.close();
    silent = await mute();
  }
  const store = await openIt();
  const asked = store.authenticate(signal).then(
    () => 'it was answered',
    (error) => error.code,
  );
  while (silent.connections() === 0) await new Promise(setImmediate);
  await vi.advanceTimersByTimeAsync(15_000);
  expect(await asked).toBe('TIMEOUT');
  expect(silent.connections()).toBe(1);
});
