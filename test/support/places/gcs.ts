import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { ServiceAccount } from '../../servers/gcs.ts';
import { type GcsTrial, startTrial } from '../../servers/gcs-trial.ts';
import type { GcsCredentialsInput } from '../generated/graphql.ts';
import { changed, originOf, type Place, type Places, type Right } from './place.ts';

const permissions: Record<Right, string> = {
  LIST: 'storage.objects.list',
  READ: 'storage.objects.get',
  WRITE: 'storage.objects.create',
  DELETE: 'storage.objects.delete',
};

/**
 * Buckets on a Cloud Storage test server of one's own. The service's own identities are a key file (Application
 * Default Credentials) and `aws`, whom the server knows by a workload identity pool.
 */
export async function gcsPlaces(aws: {
  accessKeyId: string;
  secretAccessKey: string;
}): Promise<Places & GcsTrial> {
  const trial = await startTrial();
  const { server, account } = trial;
  const directory = await mkdtemp(join(tmpdir(), 'longshore-adc-'));
  const keyFile = join(directory, 'key.json');
  const own = server.createServiceAccount('machine');
  await writeFile(keyFile, own.json);
  // Signs by the IAM API, since the account's key stays with Google.
  server.identity.tokenCreators.set(own.email, new Set([own.email]));

  async function place(
    owner: ServiceAccount,
    credentials: GcsCredentialsInput,
    prefix = 'team/photos/',
  ): Promise<Place> {
    const { name, objects } = server.createBucket(owner);
    return {
      provider: { gcs: { bucket: name, prefix, endpoint: server.url, credentials } },
      put: async (key, body) => server.put(name, prefix + key, Buffer.from(body)),
      remove: async (key) => objects.delete(prefix + key),
      keys: async () => [...objects.keys()],
      prefix,
      uri: (key) => `gs://${name}/${key}`,
      changes: async () => server.requests.flatMap((request) => changeIn(request, name)),
    };
  }

  const none = {
    clientEmail: null,
    serviceAccountEmail: null,
    workloadIdentityProvider: null,
    hasServiceAccountJson: false,
  };
  const federated = server.createServiceAccount('federated');
  return {
    ...trial,
    settings: { ...server.env, GOOGLE_APPLICATION_CREDENTIALS: keyFile },
    ways: {
      'GCS: service account': {
        async open(app) {
          app.secret(privateLine(account));
          return place(account, { serviceAccountJson: account.json });
        },
        shows: { ...none, clientEmail: account.email, hasServiceAccountJson: true },
      },
      'GCS: Application Default Credentials': {
        async open(app) {
          app.secret(privateLine(own));
          return place(own, { default: true });
        },
        shows: none,
      },
      'GCS: Workload Identity Federation': {
        async open() {
          const { settings, caller } = trial.federate(federated);
          server.identity.awsIdentities.push({ ...aws, arn: caller.arn });
          const { credentials: _kind, ...workloadIdentity } = settings as FederationFields;
          return place(federated, { workloadIdentity });
        },
        shows: {
          ...none,
          serviceAccountEmail: federated.email,
          workloadIdentityProvider: expect.stringMatching(
            /^projects\/123456789012\/locations\/global\/workloadIdentityPools\/labels-pool\/providers\/provider-/,
          ),
        },
      },
    },
    failures: {
      wrongSecret: (it) => changed(it, 'gcs', { credentials: { serviceAccountJson: trial.wrongJson } }),
      missing: (it) => changed(it, 'gcs', { bucket: `missing-${it.provider.gcs!.bucket}` }),
      at: (it, address) => changed(it, 'gcs', { endpoint: originOf(address) }),
      async limited(it, rights) {
        const limited = server.createServiceAccount();
        const grant = { email: limited.email, permissions: rights.map((right) => permissions[right]) };
        server.bucket(it.provider.gcs!.bucket).grants.push(grant);
        return changed(it, 'gcs', { credentials: { serviceAccountJson: limited.json } });
      },
    },
    async close() {
      await server.close();
      await rm(directory, { recursive: true });
    },
  };
}

interface FederationFields {
  credentials: string;
  projectNumber: string;
  poolId: string;
  providerId: string;
  serviceAccountEmail: string;
}

/** A line out of the middle of the key: what would show if the key did. */
function privateLine({ json }: ServiceAccount): string {
  const { private_key: key } = JSON.parse(json) as { private_key: string };
  return key.split('\n')[5]!;
}

function changeIn({ method, url }: { method: string; url: string }, bucket: string): string[] {
  const [path = ''] = url.split('?');
  if (method === 'DELETE' && path.startsWith(`/storage/v1/b/${bucket}/o/`)) {
    return [`DELETE ${decodeURIComponent(path.slice(path.indexOf('/o/') + 3))}`];
  }
  if (method !== 'POST' || path !== `/upload/storage/v1/b/${bucket}/o`) return [];
  return [`PUT ${new URL(url, 'http://localhost').searchParams.get('name')}`];
}
