import { randomUUID } from 'node:crypto';
import { text } from 'node:stream/consumers';
import type { GcsSettings } from '../../src/providers/gcs/config.ts';
import { gcsProvider } from '../../src/providers/gcs/provider.ts';
import type { GcsSecrets } from '../../src/providers/gcs/service-account.ts';
import type { ProviderEnvironment } from '../../src/providers/provider.ts';
import { openStore, type Store } from '../../src/providers/store.ts';
import { testEnvironment } from '../support/environment.ts';
import { type GcsServer, keyFile, newPrivateKey, type ServiceAccount, startGcs } from './gcs.ts';

const signal = new AbortController().signal;

/** A Cloud Storage test server, and storages opened on it. */
export interface GcsTrial {
  server: GcsServer;
  /** May do everything in the buckets that are created for it. */
  account: ServiceAccount;
  /** The account's key file with a key that is not the account's. */
  wrongJson: string;
  settingsFor(bucket: string, more?: object): GcsSettings;
  /** A store that tries everything once. Absent secrets: the account's. */
  open(settings: GcsSettings, secrets?: GcsSecrets, environment?: ProviderEnvironment): Store;
  federate(target: ServiceAccount, condition?: (arn: string) => boolean): Federation;
}

/** What it takes to be `account` by Workload Identity Federation. */
export interface Federation {
  settings: object;
  environment: ProviderEnvironment;
  env: Record<string, string>;
  /** Full name of the provider. */
  audience: string;
  /** This service at AWS. */
  caller: { accessKeyId: string; secretAccessKey: string; sessionToken: string; arn: string };
}

export const secretsOf = (json: string): GcsSecrets =>
  gcsProvider.secrets.parse({ serviceAccountJson: json });

export async function keysOf(store: Store): Promise<string[]> {
  const keys: string[] = [];
  for await (const page of store.list({ recursive: true, signal }))
    keys.push(...page.objects.map(({ key }) => key));
  return keys;
}

export const textOf = async (store: Store, key: string) => text((await store.read(key, { signal })).stream);

export const write = (store: Store, key: string, content = '{}') =>
  store.write(key, Buffer.from(content), { contentType: 'application/json', signal });

export async function startTrial(): Promise<GcsTrial> {
  const server = await startGcs();
  const account = server.createServiceAccount('reader');
  const wrongJson = keyFile(account.email, newPrivateKey(), { token_uri: `${server.url}/token` });
  return {
    server,
    account,
    wrongJson,
    settingsFor: (bucket, more = {}) =>
      gcsProvider.settings.parse({ bucket, endpoint: server.url, credentials: 'SERVICE_ACCOUNT', ...more }),
    open: (settings, secrets = secretsOf(account.json), environment = testEnvironment()) =>
      openStore(gcsProvider, settings, secrets, environment, { attempts: 1 }),
    federate: (target, condition) => federate(server, target, condition),
  };
}

/** An identity of this service at AWS, a pool that trusts it, and an account that it may be and sign for. */
function federate(
  server: GcsServer,
  target: ServiceAccount,
  condition: ((arn: string) => boolean) | undefined,
): Federation {
  const { identity } = server;
  const providerId = `provider-${randomUUID().slice(0, 8)}`;
  const fields = { projectNumber: '123456789012', poolId: 'labels-pool', providerId };
  const audience = `//iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/labels-pool/providers/${providerId}`;
  identity.providers.set(audience, { accountId: '210987654321', ...(condition && { condition }) });
  const caller = {
    accessKeyId: `ASIA${randomUUID().replaceAll('-', '').slice(0, 16).toUpperCase()}`,
    secretAccessKey: 'canary-aws-secret-access-key',
    sessionToken: 'canary-aws-session-token',
    arn: 'arn:aws:sts::210987654321:assumed-role/longshore/i-0123456789',
  };
  identity.awsIdentities.push(caller);
  identity.impersonators.set(target.email, new Set([caller.arn]));
  identity.tokenCreators.set(target.email, new Set([target.email]));
  const env = {
    ...server.env,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: caller.accessKeyId,
    AWS_SECRET_ACCESS_KEY: caller.secretAccessKey,
    AWS_SESSION_TOKEN: caller.sessionToken,
  };
  const settings = { credentials: 'WORKLOAD_IDENTITY', ...fields, serviceAccountEmail: target.email };
  return { settings, environment: testEnvironment({ env }), audience, caller, env };
}
