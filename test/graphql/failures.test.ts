import { afterAll, describe, expect, test, vi } from 'vitest';
import { between, blackHole, closedPort, hangingUp, saying, slowed } from '../servers/faulty.ts';
import { type WireServer, wireServer } from '../servers/s3-wire.ts';
import { serverOf } from '../servers/servers.ts';
import { testApp } from '../support/app.ts';
import { candidate, type Flat } from '../support/candidate.ts';
import { as } from '../support/client.ts';
import type {
  SourceSettingsInput,
  StorageProviderInput,
  StorageProviderUpdateInput,
  StorageSettingsInput,
  TargetSettingsInput,
} from '../support/generated/graphql.ts';
import { azureBlobPlaces } from '../support/places/azure-blob.ts';
import { gcsPlaces } from '../support/places/gcs.ts';
import type { Elsewhere, Place, Places, Right } from '../support/places/place.ts';
import { redisPlaces } from '../support/places/redis.ts';
import { s3Places } from '../support/places/s3.ts';
import * as documents from './documents.ts';

/**
 * What validateStorage says of storages that fail, each capability apart, for every provider with a server: of
 * a new one as source, and of a saved target with changes.
 */
const radosgw = await serverOf('radosgw');
const azurite = await serverOf('azurite');
const gcs = await gcsPlaces(radosgw);
const azureBlob = await azureBlobPlaces();
const redis = await redisPlaces();
const s3 = await s3Places();
const providers: Record<string, Places> = { S3: s3, GCS: gcs, 'Azure Blob': azureBlob, Redis: redis };
const names = Object.keys(providers);

const it = await testApp({ settings: { ...gcs.settings, ...s3.settings, OUTBOUND_ALLOW: '127.0.0.0/8' } });
const { owner } = it;
for (const secret of [...azureBlob.secrets, ...redis.secrets, 'opens-nothing']) it.secret(secret);
const project = await owner.project();

/** Of each provider, a container with an object in it, and a target saved there. */
const places: Record<string, { place: Place; failures: Places['failures']; targetId: string }> = {};
for (const [name, { ways, failures }] of Object.entries(providers)) {
  const place = await Object.values(ways)[0]!.open(it);
  await place.put('a.jpg', 'bytes');
  const input = { projectId: project, provider: place.provider, settings: { target: {} } };
  const { createStorage } = await owner.run(documents.CreateStorage, { input });
  places[name] = { place, failures, targetId: as(createStorage, 'CreateStorageSuccess').storage.id };
}

const garbage = it.canary('garbage-from-a-server');
const head = 'HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: 9999\r\n\r\n';
const canary = await blackHole();
const hole = await blackHole();
const closed = await closedPort();
const silent = await saying(`${head}<?xml`, { ends: false });
const silentRedis = await saying('$9999\r\nabc', { ends: false });
const noise = await saying(`\u0000\u0001${garbage}\r\n\r\n`, { ends: true });
const hangup = await hangingUp();
const webPage = await answering(200, { 'content-type': 'text/html' }, `<html><body>${garbage}</body></html>`);
const overloaded = await answering(503, { 'retry-after': '30' }, garbage);
const redirect = await answering(307, { location: `http://127.0.0.1:${canary.port}/` }, garbage);
afterAll(async () => {
  const servers = [canary, hole, silent, silentRedis, noise, hangup, webPage, overloaded, redirect];
  await Promise.all([...servers, ...Object.values(providers)].map((server) => server.close()));
});

async function answering(
  status: number,
  headers: Record<string, string>,
  body: string,
): Promise<WireServer & Elsewhere> {
  const server = await wireServer((_request, response) => {
    response.writeHead(status, headers);
    response.end(body);
  });
  return Object.assign(server, addressOf(server.url));
}

function addressOf(url: string): Elsewhere {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port) };
}

interface Check {
  capability: string;
  status: string;
  required: boolean;
  code?: string | null;
  message: string;
  hint?: string | null;
}

/** `LIST FAILED FORBIDDEN`; an optional capability in parentheses. */
function lineOf({ capability, status, code, required }: Check): string {
  const line = [capability, status, code].filter(Boolean).join(' ');
  return required ? line : `(${line})`;
}

/** What it says, line by line, after a look at what every answer has to have. */
async function validate(input: Flat) {
  const { validateStorage } = await owner.run(documents.ValidateStorage, { input: candidate(input) });
  const { ok, checks } = as(validateStorage, 'ValidateStorageSuccess').validation;
  for (const check of checks) {
    expect(check.message).toMatch(/^[A-Z].*\.$/s);
    const failed = check.status === 'FAILED';
    expect([check.code !== null, Boolean(check.hint)], lineOf(check)).toEqual([failed, failed]);
  }
  // What a storage is not saved without.
  const essential = ['CONNECT', 'AUTHENTICATE', 'LIST', 'WRITE'];
  const obstacle = checks.find(
    ({ capability, required, status }) => required && essential.includes(capability) && status !== 'PASSED',
  );
  expect(ok).toBe(obstacle === undefined);
  return { ok, lines: checks.map(lineOf), checks };
}

/** What a new storage is sent as is as good for changes of one. */
const changesOf = (provider: StorageProviderInput) => provider as StorageProviderUpdateInput;
const asSource = (provider: StorageProviderInput, source: SourceSettingsInput = {}) =>
  asNew(provider, { source });
const asTarget = (provider: StorageProviderInput, target: TargetSettingsInput = {}) =>
  asNew(provider, { target });

/** What it says of a storage that is not saved yet. It can be saved exactly if that is good. */
async function asNew(provider: StorageProviderInput, settings: StorageSettingsInput) {
  const projectId = await owner.project();
  const validation = await validate({ projectId, provider: changesOf(provider), settings });
  const input = { projectId, provider, settings };
  const { createStorage } = await owner.run(documents.CreateStorage, { input });
  const failed = validation.checks.find(({ required, status }) => required && status === 'FAILED');
  expect(createStorage).toMatchObject(
    validation.ok
      ? { __typename: 'CreateStorageSuccess' }
      : { __typename: 'ProviderError', code: failed!.code },
  );
  return validation;
}
const asChanged = (storageId: string, provider: StorageProviderInput) =>
  validate({ storageId, provider: changesOf(provider) });

const reached = ['CONNECT PASSED', 'AUTHENTICATE PASSED'];
const untestedTarget = ['(LIST UNTESTED)', 'WRITE UNTESTED', '(READ UNTESTED)', '(DELETE UNTESTED)'];

describe('good ones', () => {
  test.each(names)('%s: unsaved, saved, and saved with changes', async (name) => {
    const { place, targetId } = places[name]!;
    const signing = name === 'Redis' ? ['READ PASSED', '(SIGN UNTESTED)'] : ['(READ PASSED)', 'SIGN PASSED'];
    expect(await asSource(place.provider)).toMatchObject({
      ok: true,
      lines: [...reached, 'LIST PASSED', ...signing],
    });
    const lines = [...reached, '(LIST PASSED)', 'WRITE PASSED', '(READ PASSED)'];
    const storageId = targetId;
    expect(await validate({ storageId })).toMatchObject({ ok: true, lines: [...lines, '(DELETE PASSED)'] });
    const deleting = { storageId, settings: { target: { canDeleteObjects: true } } };
    expect(await validate(deleting)).toMatchObject({ ok: true, lines: [...lines, 'DELETE PASSED'] });
    expect(await place.keys()).toEqual([`${place.prefix}a.jpg`]);
  });

  test.each(names)('%s: slow, but in time', async (name) => {
    const { place, failures } = places[name]!;
    const { s3, gcs, azureBlob, redis } = place.provider;
    const endpoint = (s3 ?? gcs ?? azureBlob)?.endpoint;
    const server = await slowed(
      endpoint ? addressOf(endpoint) : { host: redis!.host!, port: redis!.port! },
      300,
    );
    const provider = failures.at(place, server);
    const outcomes = await Promise.all([asSource(provider), asTarget(provider)]);
    expect(outcomes.map(({ ok }) => ok)).toEqual([true, true]);
    expect(server.connections()).toBeGreaterThan(0);
    await server.close();
  });
});

describe.concurrent('hosts that do not answer as they should', () => {
  const untestedSource = (name: string) =>
    name === 'Redis'
      ? ['LIST UNTESTED', 'READ UNTESTED', '(SIGN UNTESTED)']
      : ['LIST UNTESTED', '(READ UNTESTED)', 'SIGN UNTESTED'];
  /** The code; or one for all but some. */
  type Expected = string | ({ others: string } & Record<string, string>);
  const failures: Record<string, [address: (name: string) => Elsewhere, Expected]> = {
    'no such host': [() => ({ host: 'no-such-host.invalid', port: 443, secure: true }), 'DNS_FAILURE'],
    'no TLS on this port': [() => ({ ...addressOf(radosgw.endpoint), secure: true }), 'TLS_FAILURE'],
    'a certificate that nobody vouches for': [
      () => ({ ...addressOf(azurite.tlsEndpoint), secure: true }),
      'TLS_FAILURE',
    ],
    'nobody listens': [() => closed, 'CONNECTION_REFUSED'],
    'hangs up': [() => hangup, 'CONNECTION_LOST'],
    'a black hole': [() => hole, 'TIMEOUT'],
    'a black hole where TLS is expected': [
      () => ({ ...hole, secure: true }),
      { others: 'TIMEOUT', Redis: 'TLS_FAILURE' },
    ],
    'falls silent in the middle': [(name) => (name === 'Redis' ? silentRedis : silent), 'TIMEOUT'],
    noise: [() => noise, 'UNEXPECTED_RESPONSE'],
    'a web page': [() => webPage, 'UNEXPECTED_RESPONSE'],
    'a redirect': [() => redirect, 'UNEXPECTED_RESPONSE'],
    overloaded: [
      () => overloaded,
      { others: 'UNAVAILABLE', 'Azure Blob': 'RATE_LIMITED', Redis: 'UNEXPECTED_RESPONSE' },
    ],
  };

  test.each(Object.entries(failures))('%s', async (_fault, [address, expected]) => {
    const codeOf = (name: string) =>
      typeof expected === 'string' ? expected : (expected[name] ?? expected.others);
    const outcomes = await Promise.all(
      names.map(async (name) => {
        const { place, failures, targetId } = places[name]!;
        const provider = failures.at(place, address(name));
        const [source, target] = await Promise.all([asSource(provider), asChanged(targetId, provider)]);
        return { name, source, target };
      }),
    );
    for (const { name, source, target } of outcomes) {
      const failed = [`CONNECT FAILED ${codeOf(name)}`, 'AUTHENTICATE UNTESTED'];
      expect(source.lines, name).toEqual([...failed, ...untestedSource(name)]);
      expect(target.lines, name).toEqual([...failed, ...untestedTarget]);
      for (const { checks } of [source, target]) {
        const [, authenticate, ...later] = checks;
        expect(authenticate!.message).toBe('Not tried: the storage was not reached.');
        for (const { message } of later) {
          expect(message).toMatch(/^Not tried: an earlier check failed\.$|^Redis has no URLs/);
        }
      }
    }
  });
});

test('no redirect was followed', () => expect(canary.connections()).toBe(0));

describe('credentials that are not accepted', () => {
  const failed = ['CONNECT PASSED', 'AUTHENTICATE FAILED WRONG_CREDENTIALS'];

  test.each(names)('%s: wrong secret', async (name) => {
    const { place, failures, targetId } = places[name]!;
    const provider = failures.wrongSecret(place);
    const source = await asSource(provider, { importMethod: 'TASKS', presign: false });
    expect(source.lines).toEqual([...failed, 'LIST UNTESTED', 'READ UNTESTED', '(SIGN UNTESTED)']);
    // Of the saved one, nothing but the secret is changed.
    const changes = Object.entries(provider).map(([kind, { credentials }]) => [kind, { credentials }]);
    expect((await asChanged(targetId, Object.fromEntries(changes))).lines).toEqual([
      ...failed,
      ...untestedTarget,
    ]);
    // What is saved is as good as before.
    expect(await validate({ storageId: targetId })).toMatchObject({ ok: true });
  });

  test('Azure Blob: a SAS token of another container, and one that was tampered with', async () => {
    const { place, failures } = places['Azure Blob']!;
    const another = await Object.values(azureBlob.ways)[0]!.open(it);
    const sasOf = async (of: Place) =>
      (await failures.limited(of, ['LIST', 'READ'])).azureBlob!.credentials.sas!.sasToken;
    const own = await sasOf(place);
    for (const sasToken of [await sasOf(another), own.replace('sp=rl', 'sp=rcwdl')]) {
      expect(sasToken).not.toBe(own);
      const provider = { azureBlob: { ...place.provider.azureBlob!, credentials: { sas: { sasToken } } } };
      expect((await asSource(provider as StorageProviderInput)).lines.slice(0, 2)).toEqual(failed);
    }
  });
});

describe('containers that are not there', () => {
  test.each(names)('%s', async (name) => {
    const { place, failures } = places[name]!;
    const missing = failures.missing(place);
    const source = await asSource(missing, { importMethod: 'TASKS', presign: false });
    const lines = ['LIST FAILED CONTAINER_NOT_FOUND', 'READ UNTESTED', '(SIGN UNTESTED)'];
    expect(source.lines).toEqual([...reached, ...lines]);
    expect((await asTarget(missing)).lines).toEqual([
      ...[...reached, '(LIST FAILED CONTAINER_NOT_FOUND)', 'WRITE FAILED CONTAINER_NOT_FOUND'],
      ...['(READ UNTESTED)', '(DELETE UNTESTED)'],
    ]);
  });

  test('S3: in another region, which is named', async () => {
    const { place, failures } = places.S3!;
    const answer = `<Error><Code>PermanentRedirect</Code><Message>${garbage}</Message></Error>`;
    const headers = { 'content-type': 'application/xml', 'x-amz-bucket-region': 'eu-west-3' };
    const server = await answering(301, headers, answer);
    const { lines, checks } = await asTarget(failures.at(place, server));
    expect(lines).toEqual(['CONNECT PASSED', 'AUTHENTICATE FAILED WRONG_REGION', ...untestedTarget]);
    expect(checks[1]!.hint).toContain('eu-west-3');
    await server.close();
  });
});

describe('credentials that may do some things only', () => {
  const forbidden = 'FAILED FORBIDDEN';
  const limited = (name: string, rights: Right[]) =>
    places[name]!.failures.limited(places[name]!.place, rights);

  test.each(names)('%s: list only', async (name) => {
    // By SAS and from Redis nothing can be signed, so media go through the service, which has to read them.
    const signs = name === 'S3' || name === 'GCS';
    const signing = signs
      ? [`(READ ${forbidden})`, `SIGN ${forbidden}`]
      : [`READ ${forbidden}`, '(SIGN UNTESTED)'];
    const { lines } = await asSource(await limited(name, ['LIST']));
    expect(lines).toEqual([...reached, 'LIST PASSED', ...signing]);
  });

  // A SAS token that can neither list nor write is refused as input.
  test.each(names.filter((name) => name !== 'Azure Blob'))('%s: read, but not list', async (name) => {
    const { lines, checks } = await asSource(await limited(name, ['READ']), { importMethod: 'TASKS' });
    expect(lines.slice(0, 4)).toEqual([...reached, `LIST ${forbidden}`, 'READ UNTESTED']);
    expect(checks[3]!.message).toBe('Not tried: there was no object to try it on.');
  });

  test.each(names)('%s: read only is enough for a source, and not for a target', async (name) => {
    const provider = await limited(name, ['LIST', 'READ']);
    expect(await asSource(provider, { importMethod: 'TASKS' })).toMatchObject({ ok: true });
    const { lines } = await asTarget(provider);
    const rest = [`WRITE ${forbidden}`, '(READ UNTESTED)', '(DELETE UNTESTED)'];
    expect(lines).toEqual([...reached, '(LIST PASSED)', ...rest]);
  });

  test.each(names)('%s: no delete: the probe that stays is named', async (name) => {
    const { place } = places[name]!;
    const before = await place.keys();
    const provider = await limited(name, ['LIST', 'READ', 'WRITE']);
    const { ok, lines, checks } = await asTarget(provider);
    const rest = ['(LIST PASSED)', 'WRITE PASSED', '(READ PASSED)', `(DELETE ${forbidden})`];
    expect({ ok, lines }).toEqual({ ok: true, lines: [...reached, ...rest] });
    const left = (await place.keys()).filter((key) => !before.includes(key));
    // One of the validation, and one of the storage that was saved.
    expect(left).toHaveLength(2);
    const told = left.map((key) => checks.at(-1)!.message.includes(`The probe "${key}" is still there.`));
    expect(told.toSorted()).toEqual([false, true]);
    // Required only where objects are deleted.
    const deleting = await asTarget(provider, { canDeleteObjects: true });
    expect([deleting.ok, deleting.lines.at(-1)]).toEqual([true, `DELETE ${forbidden}`]);
  });

  test.each(names)('%s: write and delete is enough for a target', async (name) => {
    const { place } = places[name]!;
    const before = await place.keys();
    const { ok, lines } = await asTarget(await limited(name, ['WRITE', 'DELETE']), {
      canDeleteObjects: true,
    });
    // On Ceph, who writes an object owns it.
    const read = name === 'S3' ? '(READ PASSED)' : `(READ ${forbidden})`;
    const rest = [`(LIST ${forbidden})`, 'WRITE PASSED', read, 'DELETE PASSED'];
    expect({ ok, lines }).toEqual({ ok: true, lines: [...reached, ...rest] });
    expect(await place.keys()).toEqual(before);
  });

  test('GCS: an identity that may not sign', async () => {
    const place = await gcs.ways['GCS: Workload Identity Federation']!.open(it);
    await place.put('a.jpg', 'bytes');
    const { serviceAccountEmail } = place.provider.gcs!.credentials.workloadIdentity!;
    gcs.server.identity.tokenCreators.delete(serviceAccountEmail);
    const { lines, checks } = await asSource(place.provider);
    expect(lines).toEqual([...reached, 'LIST PASSED', '(READ PASSED)', `SIGN ${forbidden}`]);
    expect(checks.at(-1)!.hint).toContain('roles/iam.serviceAccountTokenCreator');
  });
});

describe('the probe is removed in any case', () => {
  /** A bucket, and what is in front of its server. */
  async function behind(server: Elsewhere & { close(): Promise<void> }) {
    const place = await gcs.ways['GCS: service account']!.open(it);
    const path = `/upload/storage/v1/b/${place.provider.gcs!.bucket}/o`;
    return {
      place,
      provider: gcs.failures.at(place, server),
      uploads: () => gcs.server.requests.filter(({ url }) => url.startsWith(path)).length,
    };
  }

  test('when the answer to its writing is lost', async () => {
    const server = await between(addressOf(gcs.server.url), async (bytes, asked) =>
      asked.startsWith('POST /upload/') ? null : bytes,
    );
    const { place, provider, uploads } = await behind(server);
    const { lines } = await asTarget(provider);
    expect(lines.slice(2, 4)).toEqual(['(LIST PASSED)', 'WRITE FAILED CONNECTION_LOST']);
    expect(uploads()).toBeGreaterThan(0);
    expect(await place.keys()).toEqual([]);
    await server.close();
  });

  test('when the client goes away meanwhile', async () => {
    const server = await slowed(addressOf(gcs.server.url), 300);
    const { place, provider, uploads } = await behind(server);
    const input = { projectId: project, provider, settings: { target: {} } };
    const client = new AbortController();
    const answer = fetch(`${it.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${owner.token}` },
      body: JSON.stringify({
        query: String(documents.ValidateStorage),
        variables: { input: candidate(input) },
      }),
      signal: client.signal,
    });
    const gone = expect(answer).rejects.toThrow();
    await vi.waitFor(() => expect(uploads()).toBe(1), 10_000);
    client.abort();
    await gone;
    await vi.waitFor(async () => expect(await place.keys()).toEqual([]), 10_000);
    await server.close();
  });
});

test.each(names)('%s: to import files, the right to list is enough', async (name) => {
  const { place, failures } = places[name]!;
  const storage = await owner.connect(await owner.project(), await failures.limited(place, ['LIST']));
  const { length } = await place.keys();
  const counts = { listed: length, imported: length };
  expect(await owner.sync(storage.id)).toMatchObject({ status: 'COMPLETED', counts });
});
