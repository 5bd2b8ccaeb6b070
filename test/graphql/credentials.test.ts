import { afterAll, describe, expect, test } from 'vitest';
import { blackHole } from '../servers/faulty.ts';
import { serverOf } from '../servers/servers.ts';
import { testApp } from '../support/app.ts';
import { candidate, unbranched } from '../support/candidate.ts';
import { as, fieldPath } from '../support/client.ts';
import type { StorageProviderInput, StorageProviderUpdateInput } from '../support/generated/graphql.ts';
import { azureBlobPlaces } from '../support/places/azure-blob.ts';
import { gcsPlaces } from '../support/places/gcs.ts';
import type { Place, Way } from '../support/places/place.ts';
import { redisPlaces } from '../support/places/redis.ts';
import { s3Places } from '../support/places/s3.ts';
import { GetConnection } from './connections.ts';
import * as documents from './documents.ts';

/**
 * Changes of how a saved storage gets in, for every provider: what is absent stays, one kind of credentials
 * clears the others, and a stored secret is never sent anywhere else.
 */
const s3 = await s3Places();
const gcs = await gcsPlaces(await serverOf('radosgw'));
const azureBlob = await azureBlobPlaces();
const redis = await redisPlaces();
const providers = [s3, gcs, azureBlob, redis];
const settings = Object.assign({}, ...providers.map((it) => it.settings));
const it = await testApp({ settings: { ...settings, OUTBOUND_ALLOW: '127.0.0.0/8' } });
const { owner } = it;
for (const secret of [...azureBlob.secrets, ...redis.secrets]) it.secret(secret);
/** Where a thief would have the secrets sent. */
const thief = await blackHole();
afterAll(() => Promise.all([thief, ...providers].map(({ close }) => close())));

type Kind = 's3' | 'gcs' | 'azureBlob' | 'redis';

/** A container that each of these kinds of credentials opens. */
interface Subject {
  kind: Kind;
  home: Way;
  /** Credentials for that container, and what the storage shows of them. */
  kinds: Record<string, (place: Place) => Promise<{ credentials: object; shows: object }>>;
}

const credentialsIn = (provider: StorageProviderInput, kind: Kind) =>
  (provider[kind] as { credentials: object }).credentials;

/** Credentials that open every container. */
const anywhere = (way: Way, kind: Kind) => async () => ({
  credentials: credentialsIn((await way.open(it)).provider, kind),
  shows: way.shows,
});

const subjects: Record<string, Subject> = {
  S3: {
    kind: 's3',
    home: s3.ways['S3: access key']!,
    kinds: Object.fromEntries(Object.entries(s3.ways).map(([name, way]) => [name, anywhere(way, 's3')])),
  },
  GCS: {
    kind: 'gcs',
    home: gcs.ways['GCS: service account']!,
    kinds: Object.fromEntries(
      Object.entries(gcs.ways).map(([name, way]) => [
        name,
        async (place: Place) => {
          const other = await way.open(it);
          const grants = gcs.server.bucket(other.provider.gcs!.bucket).grants;
          gcs.server.bucket(place.provider.gcs!.bucket).grants.push(...grants);
          return { credentials: credentialsIn(other.provider, 'gcs'), shows: way.shows };
        },
      ]),
    ),
  },
  'Azure Blob': {
    kind: 'azureBlob',
    // By https, which a service principal needs.
    home: azureBlob.ways['Azure Blob: service principal']!,
    kinds: {
      ...Object.fromEntries(
        ['account key', 'environment', 'service principal'].map((name) => [
          name,
          anywhere(azureBlob.ways[`Azure Blob: ${name}`]!, 'azureBlob'),
        ]),
      ),
      async SAS(place) {
        const provider = await azureBlob.failures.limited(place, ['LIST', 'READ', 'WRITE', 'DELETE']);
        return {
          credentials: credentialsIn(provider, 'azureBlob'),
          shows: azureBlob.ways['Azure Blob: SAS']!.shows,
        };
      },
    },
  },
  Redis: {
    kind: 'redis',
    home: redis.ways['Redis: password']!,
    kinds: Object.fromEntries(
      ['Redis: password', 'Redis: user'].map((name) => [name, anywhere(redis.ways[name]!, 'redis')]),
    ),
  },
};

async function connected(subject: Subject) {
  const place = await subject.home.open(it);
  await place.put('a.jpg', 'bytes');
  return { place, id: (await owner.connect(await owner.project(), place.provider)).id };
}

async function update(storageId: string, provider: object) {
  const input = { storageId, provider: provider as StorageProviderUpdateInput };
  return (await owner.run(documents.UpdateStorage, { input })).updateStorage;
}

const shown = async (id: string) =>
  (await owner.run(GetConnection, { id })).storage as Record<string, unknown>;

describe.each(Object.entries(subjects))('%s', (_name, subject) => {
  const { kind, kinds } = subject;

  test('each kind of credentials takes the place of each other, and leaves nothing of it', async () => {
    const { place, id } = await connected(subject);
    const names = Object.keys(kinds);
    // Every kind behind every other.
    const tour = names.flatMap((one) =>
      names.filter((other) => other !== one).flatMap((other) => [one, other]),
    );
    for (const name of tour) {
      const { credentials, shows } = await kinds[name]!(place);
      as(await update(id, { [kind]: { credentials } }), 'UpdateStorageSuccess');
      const now = await shown(id);
      // Where the environment has named the account, the storage stays with that account.
      const { accountName: _accountName, ...expected } = shows as { accountName?: unknown };
      expect(now, name).toMatchObject(expected);
      const stored = Object.entries(now).some(([field, value]) => field.startsWith('has') && value === true);
      const [row] = await it.sql<{ secrets: string | null }[]>`
        SELECT secrets FROM storages ORDER BY updated_at DESC LIMIT 1`;
      expect(row!.secrets !== null, name).toBe(stored);
    }
    expect(await owner.sync(id)).toMatchObject({ status: 'COMPLETED', counts: { imported: 1 } });
  }, 60_000);

  test.each(Object.keys(kinds))('%s: kept when something else is changed', async (name) => {
    const { place, id } = await connected(subject);
    const { credentials, shows } = await kinds[name]!(place);
    as(await update(id, { [kind]: { credentials } }), 'UpdateStorageSuccess');
    const folder = kind === 'redis' ? { path: `${place.prefix}a` } : { prefix: `${place.prefix}more` };
    const { storage } = as(await update(id, { [kind]: folder }), 'UpdateStorageSuccess');
    expect(storage.prefix).toBe(kind === 'redis' ? `${place.prefix}a` : `${place.prefix}more/`);
    const { accountName: _accountName, ...expected } = shows as { accountName?: unknown };
    expect(await shown(id)).toMatchObject(expected);
    expect(await owner.sync(id)).toMatchObject({ status: 'COMPLETED' });
  });
});

describe('a stored secret goes nowhere else', () => {
  const { host, port } = thief;
  const again = 'Changing this needs the secrets again: send the credentials in the same request.';
  const changes: Record<string, [subject: string, way: string | null, change: object, path: string]> = {
    'S3, public endpoint': ['S3', null, { publicEndpoint: `http://${host}:${port}` }, 'publicEndpoint'],
    'GCS, endpoint': ['GCS', null, { endpoint: `http://${host}:${port}` }, 'endpoint'],
    'GCS, no endpoint': ['GCS', null, { endpoint: null }, 'endpoint'],
    'GCS, bucket': ['GCS', null, { bucket: 'another-bucket' }, 'bucket'],
    'Azure Blob, endpoint': [
      'Azure Blob',
      null,
      { endpoint: `https://${host}:${port}/longshoretests` },
      'endpoint',
    ],
    'Azure Blob, container': ['Azure Blob', null, { container: 'another-container' }, 'container'],
    'Azure Blob, account': [
      'Azure Blob',
      'account key',
      { endpoint: null, accountName: 'another' },
      'endpoint',
    ],
    'Azure Blob, authority': [
      'Azure Blob',
      null,
      { credentials: { servicePrincipal: { authorityHost: `https://${host}:${port}` } } },
      'credentials.servicePrincipal.authorityHost',
    ],
    'Redis, host': ['Redis', null, { host: 'localhost' }, 'host'],
    'Redis, port': ['Redis', null, { port }, 'port'],
    'Redis, TLS': ['Redis', null, { tls: true }, 'tls'],
  };

  test.each(Object.entries(changes))('%s', async (_name, [name, way, change, path]) => {
    const subject = subjects[name]!;
    const { place, id } = await connected(subject);
    if (way) {
      const { credentials } = await subject.kinds[way]!(place);
      as(await update(id, { [subject.kind]: { credentials } }), 'UpdateStorageSuccess');
    }
    const before = await shown(id);
    const refused = {
      __typename: 'ValidationError',
      fields: expect.arrayContaining([
        { path: fieldPath(`provider.${subject.kind}.${path}`), message: again },
      ]),
    };
    const provider = { [subject.kind]: change };
    expect(await update(id, provider)).toMatchObject(refused);
    const input = { storageId: id, provider: provider as object as StorageProviderUpdateInput };
    expect(
      unbranched((await owner.run(documents.ValidateStorage, { input: candidate(input) })).validateStorage),
    ).toMatchObject(refused);
    expect(
      unbranched((await owner.run(documents.PreviewSync, { input: candidate(input) })).previewSync),
    ).toMatchObject(refused);
    expect(thief.connections()).toBe(0);
    expect(await shown(id)).toEqual(before);
  });

  test('with the secret given again, it may move', async () => {
    const { id } = await connected(subjects.Redis!);
    const other = await redis.ways['Redis: TLS']!.open(it);
    const { storage } = as(await update(id, other.provider), 'UpdateStorageSuccess');
    expect(storage.uri).toBe(other.uri(other.prefix));
  });
});

describe('parts of credentials', () => {
  test('Redis: a password is not another user’s', async () => {
    const { id } = await connected(subjects.Redis!);
    expect(await update(id, { redis: { credentials: { user: { username: 'default' } } } })).toMatchObject({
      __typename: 'ValidationError',
      fields: [
        {
          path: fieldPath('provider.redis.credentials.user.password'),
          message: 'expected a password, got nothing',
        },
      ],
    });
  });

  test('Redis: a user’s password alone is tried with the stored name', async () => {
    const { place, id } = await connected(subjects.Redis!);
    const { credentials } = await subjects.Redis!.kinds['Redis: user']!(place);
    as(await update(id, { redis: { credentials } }), 'UpdateStorageSuccess');
    const { user } = credentials as { user: { username: string; password: string } };
    const wrong = { user: { password: it.canary('wrong-password') } };
    expect(await update(id, { redis: { credentials: wrong } })).toMatchObject({
      __typename: 'ProviderError',
      code: 'WRONG_CREDENTIALS',
    });
    as(
      await update(id, { redis: { credentials: { user: { password: user.password } } } }),
      'UpdateStorageSuccess',
    );
    expect(await shown(id)).toMatchObject({ username: user.username, hasPassword: true });
  });

  test('Azure Blob: another secret of the same application, but no other application without its secret', async () => {
    const { place, id } = await connected(subjects['Azure Blob']!);
    const { servicePrincipal } = place.provider.azureBlob!.credentials as {
      servicePrincipal: { clientSecret: string };
    };
    const change = (principal: object) =>
      update(id, { azureBlob: { credentials: { servicePrincipal: principal } } });
    const before = await shown(id);
    as(await change({ clientSecret: servicePrincipal.clientSecret }), 'UpdateStorageSuccess');
    expect(await shown(id)).toEqual(before);
    const refused = { __typename: 'ProviderError', code: 'WRONG_CREDENTIALS', capability: 'AUTHENTICATE' };
    expect(await change({ clientSecret: it.canary('wrong-client-secret') })).toMatchObject(refused);
    for (const other of [
      { clientId: '11111111-2222-3333-4444-555555555555' },
      { tenantId: 'other.example' },
    ]) {
      expect(await change(other)).toMatchObject({
        __typename: 'ValidationError',
        fields: [{ path: fieldPath('provider.azureBlob.credentials.servicePrincipal.clientSecret') }],
      });
    }
    expect(await change({ clientSecret: null })).toMatchObject({
      __typename: 'ValidationError',
      fields: [{ path: fieldPath('provider.azureBlob.credentials.servicePrincipal.clientSecret') }],
    });
    expect(await shown(id)).toEqual(before);
  });

  test('GCS: no key for the kind that needs one, and the stored one where it stays', async () => {
    const { place, id } = await connected(subjects.GCS!);
    as(await update(id, { gcs: { credentials: { serviceAccountJson: '' } } }), 'UpdateStorageSuccess');
    expect(await shown(id)).toMatchObject({ hasServiceAccountJson: true });
    const { credentials } = await subjects.GCS!.kinds['GCS: Application Default Credentials']!(place);
    as(await update(id, { gcs: { credentials } }), 'UpdateStorageSuccess');
    expect(await update(id, { gcs: { credentials: { serviceAccountJson: '' } } })).toMatchObject({
      __typename: 'ValidationError',
      fields: [{ path: fieldPath('provider.gcs.credentials.serviceAccountJson') }],
    });
  });

  test('S3: a lasting secret ends the session token, and so does null', async () => {
    const { place, id } = await connected(subjects.S3!);
    const temporary = await subjects.S3!.kinds['S3: session token']!(place);
    const lasting = place.provider.s3!.credentials;
    as(await update(id, { s3: { credentials: temporary.credentials } }), 'UpdateStorageSuccess');
    expect(await shown(id)).toMatchObject({ hasSessionToken: true });
    as(await update(id, { s3: { credentials: lasting } }), 'UpdateStorageSuccess');
    expect(await shown(id)).toMatchObject({ hasSecretAccessKey: true, hasSessionToken: false });
    as(await update(id, { s3: { credentials: temporary.credentials } }), 'UpdateStorageSuccess');
    // The temporary secret is worth nothing without its token.
    expect(await update(id, { s3: { credentials: { accessKey: { sessionToken: null } } } })).toMatchObject({
      __typename: 'ProviderError',
      code: 'WRONG_CREDENTIALS',
    });
    expect(await shown(id)).toMatchObject({ hasSessionToken: true });
  });

  test('S3: encryption is set, changed and taken away', async () => {
    const { id } = await connected(subjects.S3!);
    for (const [encryption, expected] of [
      [{ type: 'AES256' }, ['AES256', null]],
      [{ type: 'KMS', keyId: 'alias/labels' }, ['KMS', 'alias/labels']],
      [undefined, ['KMS', 'alias/labels']],
      [null, [null, null]],
    ] as const) {
      as(await update(id, { s3: { encryption } }), 'UpdateStorageSuccess');
      const { encryptionType, encryptionKeyId } = await shown(id);
      expect([encryptionType, encryptionKeyId]).toEqual(expected);
    }
  });
});
