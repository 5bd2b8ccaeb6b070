import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { afterAll, describe, expect, test } from 'vitest';
import { serverOf } from '../servers/servers.ts';
import { testApp } from '../support/app.ts';
import { candidate, unbranched } from '../support/candidate.ts';
import { as, fieldPath } from '../support/client.ts';
import { rowCounts } from '../support/database.ts';
import type {
  StorageFieldsFragment,
  StorageProviderInput,
  StorageProviderUpdateInput,
} from '../support/generated/graphql.ts';
import { azureBlobPlaces } from '../support/places/azure-blob.ts';
import { gcsPlaces } from '../support/places/gcs.ts';
import type { Place } from '../support/places/place.ts';
import { redisPlaces } from '../support/places/redis.ts';
import { s3Places } from '../support/places/s3.ts';
import * as documents from './documents.ts';

/**
 * Every field of every provider that names a host, pointed at where only the service itself can reach, as source
 * and as target, in every operation that would connect. A canary listens there, by IPv4 and IPv6.
 */
let heard = 0;
const canary = createServer((socket) => {
  heard++;
  socket.end('HTTP/1.1 200 OK\r\n\r\ncanary-internal-page');
});
await once(canary.listen(0, '::'), 'listening');
const { port } = canary.address() as AddressInfo;

const s3 = await s3Places();
const gcs = await gcsPlaces(await serverOf('radosgw'));
const azureBlob = await azureBlobPlaces();
const redis = await redisPlaces();
afterAll(async () => {
  await Promise.all([s3, gcs, azureBlob, redis].map(({ close }) => close()));
  canary.close();
});

/** Only the servers themselves are open, each by its port. */
const { secured } = await serverOf('redis');
const it = await testApp({
  settings: {
    OUTBOUND_ALLOW: [
      ...[...s3.hosts, ...azureBlob.hosts, new URL(gcs.server.url).host],
      `${secured.host}:${secured.port}`,
    ].join(','),
  },
});
const { owner } = it;
it.secret('canary-internal-page');
const project = await owner.project();

const hosts = [
  '127.0.0.1',
  '127.1.2.3',
  'localhost',
  'LocalHost',
  'localhost.',
  '0.0.0.0',
  '0x7f.1',
  '2130706433',
  '0177.0.0.1',
  '::1',
  '::ffff:127.0.0.1',
  '64:ff9b::7f00:1',
  '2002:7f00:1::',
  '169.254.169.254',
  '10.0.0.1',
  'fd00:ec2::254',
];
const inUrl = (host: string) => (host.includes(':') ? `[${host}]` : host);

const places = {
  s3: await s3.ways['S3: access key']!.open(it),
  gcs: await gcs.ways['GCS: service account']!.open(it),
  azureBlob: await azureBlob.ways['Azure Blob: account key']!.open(it),
  principal: await azureBlob.ways['Azure Blob: service principal']!.open(it),
  redis: await redis.ways['Redis: password']!.open(it),
};
for (const place of Object.values(places)) await place.put('a.jpg', 'bytes');

/** Saved where they should be, in both directions. */
const saved = new Map<Place, Record<'source' | 'target', StorageFieldsFragment>>();
/** The target's project, by the target. */
const projects = new Map<string, string>();
for (const place of Object.values(places)) {
  const input = { projectId: await owner.project(), provider: place.provider, settings: { target: {} } };
  const { createStorage } = await owner.run(documents.CreateStorage, { input });
  const target = as(createStorage, 'CreateStorageSuccess').storage;
  projects.set(target.id, input.projectId);
  saved.set(place, { source: await owner.connect(project, place.provider), target });
}
const empty = await owner.project();
const rows = await rowCounts(it.sql);

/** Of each field: the whole input with this host in it, and where a refusal of the field itself would be. */
const fields: Record<string, { place: Place; at(host: string): StorageProviderInput; path?: string }> = {
  'S3 endpoint': {
    place: places.s3,
    at: (host) => ({ s3: { ...places.s3.provider.s3!, endpoint: `http://${inUrl(host)}:${port}` } }),
  },
  'GCS endpoint': {
    place: places.gcs,
    at: (host) => ({ gcs: { ...places.gcs.provider.gcs!, endpoint: `https://${inUrl(host)}:${port}` } }),
  },
  'GCS endpoint, in clear text': {
    place: places.gcs,
    at: (host) => ({ gcs: { ...places.gcs.provider.gcs!, endpoint: `http://${inUrl(host)}:${port}` } }),
    path: 'provider.gcs.endpoint',
  },
  'GCS token address in the key file': {
    place: places.gcs,
    at: (host) => {
      const file = JSON.parse(places.gcs.provider.gcs!.credentials.serviceAccountJson!);
      const serviceAccountJson = JSON.stringify({
        ...file,
        token_uri: `http://${inUrl(host)}:${port}/token`,
      });
      return { gcs: { ...places.gcs.provider.gcs!, credentials: { serviceAccountJson } } };
    },
    path: 'provider.gcs.credentials.serviceAccountJson.token_uri',
  },
  'Azure Blob endpoint': {
    place: places.azureBlob,
    at: (host) => ({
      azureBlob: {
        ...places.azureBlob.provider.azureBlob!,
        endpoint: `http://${inUrl(host)}:${port}/longshoretests`,
      },
    }),
  },
  'Azure Blob authority': {
    place: places.principal,
    at: (host) => {
      const { azureBlob } = places.principal.provider;
      const servicePrincipal = {
        ...azureBlob!.credentials.servicePrincipal!,
        authorityHost: `https://${inUrl(host)}:${port}`,
      };
      return { azureBlob: { ...azureBlob!, credentials: { servicePrincipal } } };
    },
  },
  'Redis host': {
    place: places.redis,
    at: (host) => ({ redis: { ...places.redis.provider.redis!, host, port } }),
  },
  'Redis host, with TLS': {
    place: places.redis,
    at: (host) => ({ redis: { ...places.redis.provider.redis!, host, port, tls: true } }),
  },
};

describe.each(Object.entries(fields))('%s', (_name, { place, at, path }) => {
  /** What every answer may be: an error of the field, or of the address. */
  function refusalOf(host: string) {
    if (path) return { __typename: 'ValidationError', fields: [{ path: fieldPath(path) }] };
    // Machines differ in whether they know this name.
    const code =
      host === 'localhost.'
        ? expect.stringMatching(/^(ADDRESS_NOT_ALLOWED|DNS_FAILURE)$/)
        : 'ADDRESS_NOT_ALLOWED';
    return { __typename: 'ProviderError', code, hint: expect.any(String) };
  }

  test.each(hosts)('%s', async (host) => {
    const refused = refusalOf(host);
    const provider = at(host);
    const changes = provider as StorageProviderUpdateInput;
    for (const settings of [{ source: {} }, { target: {} }]) {
      const input = { projectId: empty, provider, settings };
      const validateStorage = unbranched(
        (
          await owner.run(documents.ValidateStorage, {
            input: candidate({ ...input, provider: changes }),
          })
        ).validateStorage,
      );
      if (path) expect(validateStorage).toMatchObject(refused);
      else {
        const { ok, checks } = as(validateStorage, 'ValidateStorageSuccess').validation;
        const connect = {
          capability: 'CONNECT',
          status: 'FAILED',
          code: (refused as { code: unknown }).code,
        };
        expect({ ok, checks }).toMatchObject({ ok: false, checks: [connect, ...checks.slice(1)] });
        expect(checks.slice(1).every(({ status }) => status === 'UNTESTED')).toBe(true);
      }
      expect((await owner.run(documents.CreateStorage, { input })).createStorage).toMatchObject(refused);
    }
    const input = { projectId: project, provider: changes, settings: { source: {} } };
    expect(
      unbranched((await owner.run(documents.PreviewSync, { input: candidate(input) })).previewSync),
    ).toMatchObject(refused);
    const origin = 'https://label.example.com';
    const diagnoseStorage = unbranched(
      (
        await owner.run(documents.DiagnoseStorage, {
          input: candidate({ ...input, origin }),
        })
      ).diagnoseStorage,
    );
    // What has no URLs is refused before anything else.
    if (!provider.redis) expect(diagnoseStorage).toMatchObject(refused);
    expect(heard).toBe(0);
  });

  test('a saved storage cannot be moved there', async () => {
    const { source, target } = saved.get(place)!;
    for (const { id, uri } of [source, target]) {
      for (const host of ['127.0.0.1', 'localhost', '::1']) {
        const input = { storageId: id, provider: at(host) as StorageProviderUpdateInput };
        const { updateStorage } = await owner.run(documents.UpdateStorage, { input });
        expect(updateStorage).toMatchObject(refusalOf(host));
      }
      expect((await owner.run(documents.GetStorage, { id })).storage).toMatchObject({ uri });
    }
    expect(heard).toBe(0);
  });
});

test('nothing of it was stored', async () => expect(await rowCounts(it.sql)).toEqual(rows));

test('S3: the public endpoint is for browsers; the service itself goes there only where it may', async () => {
  const projectId = await owner.project();
  const provider = { s3: { ...places.s3.provider.s3!, publicEndpoint: `http://127.0.0.1:${port}` } };
  const input = { projectId, provider: provider as StorageProviderUpdateInput, settings: { source: {} } };
  const validateStorage = unbranched(
    (await owner.run(documents.ValidateStorage, { input: candidate(input) })).validateStorage,
  );
  const { checks } = as(validateStorage, 'ValidateStorageSuccess').validation;
  expect(checks.at(-1)).toMatchObject({ capability: 'SIGN', status: 'FAILED', code: 'ADDRESS_NOT_ALLOWED' });
  const origin = 'https://label.example.com';
  await owner.run(documents.DiagnoseStorage, { input: candidate({ ...input, origin }) });
  expect(heard).toBe(0);
});

test('the canary hears who does come, by either protocol', async () => {
  for (const host of ['127.0.0.1', '::1']) {
    const socket = connect(port, host);
    socket.write('x');
    await once(socket, 'data');
    socket.destroy();
  }
  expect(heard).toBe(2);
});

test('a saved storage is neither read nor written any more once the operator has closed its address', async () => {
  await it.app.close();
  const closed = await testApp({ beside: it, settings: { OUTBOUND_ALLOW: '' } });
  const { owner } = closed;
  for (const [place, { source, target }] of saved) {
    const before = await place.keys();
    const [task] = await owner.importTasks(projects.get(target.id)!, [{ image: 'x' }]);
    await owner.annotate(task!);
    expect(await owner.sync(source.id)).toMatchObject({
      ...{ status: 'FAILED', error: { code: 'ADDRESS_NOT_ALLOWED' } },
    });
    expect((await owner.sync(target.id)).status).not.toBe('COMPLETED');
    expect(await owner.exports(target.id)).toMatchObject([
      { exportedAt: null, error: { code: 'ADDRESS_NOT_ALLOWED' } },
    ]);
    expect(await place.keys()).toEqual(before);
  }
}, 120_000);
