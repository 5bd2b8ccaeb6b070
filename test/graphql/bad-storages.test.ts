import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type WireServer, wireServer } from '../servers/s3-wire.ts';
import { testApp } from '../support/app.ts';
import { createBucket } from '../support/bucket.ts';
import { candidate, unbranched } from '../support/candidate.ts';
import { as, fieldPath } from '../support/client.ts';
import { rowCounts } from '../support/database.ts';
import type { SourceSettingsInput, StorageProviderInput } from '../support/generated/graphql.ts';
import * as documents from './documents.ts';

/**
 * Storages that are not what they should be: validate says which capability failed and what to do, create
 * refuses with the same words and saves nothing.
 */
const servers: WireServer[] = [];
afterAll(() => Promise.all(servers.map((server) => server.close())));

async function serve(status: number, headers: Record<string, string>, body: string): Promise<string> {
  const server = await wireServer((_request, response) => {
    response.writeHead(status, headers);
    response.end(body);
  });
  servers.push(server);
  return server.url;
}

const it = await testApp({ settings: { OUTBOUND_ALLOW: '127.0.0.0/8' } });
const { owner } = it;
const answered = it.canary('answer-of-a-server');
const project = await owner.project();
const folder = await it.files('photos', { 'a.jpg': 'x' });
const bucket = await createBucket();
await bucket.put('photos/a.jpg', 'x');
const { accessKeyId } = bucket.server;
const wrongSecret = it.canary('wrong-secret');
const wrongKey = it.canary('secret-of-a-wrong-key');
const keys = (id: string, secretAccessKey: string) => ({ accessKey: { accessKeyId: id, secretAccessKey } });
const inRoot = (path: string) => ({ localFiles: { path: join(it.documentRoot, path) } });
const xml = { 'content-type': 'application/xml' };

const redirect = await serve(
  301,
  { ...xml, 'x-amz-bucket-region': 'eu-west-3' },
  `<Error><Code>PermanentRedirect</Code><Message>${answered}</Message><Endpoint>s3.eu-west-3.amazonaws.com</Endpoint></Error>`,
);
const malformed = await serve(
  400,
  xml,
  `<Error><Code>AuthorizationHeaderMalformed</Code><Message>${answered}</Message><Region>eu-west-3</Region></Error>`,
);
const website = await serve(200, { 'content-type': 'text/html' }, `<html><body>${answered}</body></html>`);
const broken = await serve(403, { 'content-type': 'text/plain' }, answered);

/** Runs both, and makes sure that neither left anything in the database. */
async function tryBoth(
  provider: StorageProviderInput,
  source: SourceSettingsInput = {},
  projectId = project,
) {
  const input = { projectId, provider, settings: { source } };
  const before = await rowCounts(it.sql);
  const validateStorage = unbranched(
    (await owner.run(documents.ValidateStorage, { input: candidate(input) })).validateStorage,
  );
  const { createStorage } = await owner.run(documents.CreateStorage, { input });
  expect(await rowCounts(it.sql)).toEqual(before);
  return { validateStorage, createStorage };
}

describe('refused before anything is contacted', () => {
  const cases: Record<
    string,
    [provider: StorageProviderInput, path: string, message: string, source?: SourceSettingsInput]
  > = {
    'a path outside the document root': [
      { localFiles: { path: '/etc' } },
      'provider.localFiles.path',
      `Choose a folder below the document root "${it.documentRoot}", for example "${it.documentRoot}/dataset1".`,
    ],
    'a path that begins like the document root': [
      { localFiles: { path: `${it.documentRoot}-private` } },
      'provider.localFiles.path',
      `Choose a folder below the document root "${it.documentRoot}", for example "${it.documentRoot}/dataset1".`,
    ],
    'the document root itself': [
      { localFiles: { path: `${it.documentRoot}//` } },
      'provider.localFiles.path',
      `This is the document root itself; choose a folder below it, for example "${it.documentRoot}/dataset1".`,
    ],
    'a path that climbs': [
      { localFiles: { path: `${it.documentRoot}/photos/../../x` } },
      'provider.localFiles.path',
      "Give the path without '.' and '..'.",
    ],
    'a missing folder': [
      inRoot('missing'),
      'provider.localFiles.path',
      `There is no folder "${it.documentRoot}/missing": create it, or correct the path.`,
    ],
    'a file for a folder': [
      inRoot('photos/a.jpg'),
      'provider.localFiles.path',
      `"${it.documentRoot}/photos/a.jpg" is a file; give the folder that it is in.`,
    ],
    'a glob for a filter': [
      { localFiles: { path: folder } },
      'settings.source.filter',
      'Expected a regular expression in RE2 syntax (https://github.com/google/re2/wiki/Syntax): error parsing regexp: missing argument to repetition operator: `*`. This looks like a glob: write ".*" where you mean "*".',
      { filter: '*.jpg' },
    ],
    'a filter that is no RE2': [
      { localFiles: { path: folder } },
      'settings.source.filter',
      'Expected a regular expression in RE2 syntax (https://github.com/google/re2/wiki/Syntax): error parsing regexp: invalid or unsupported Perl syntax: `(?=`.',
      { filter: '(?=a)' },
    ],
    'a minute too long for a signed URL': [
      bucket.input(),
      'settings.source.presignTtlMinutes',
      'Expected 1 to 10080 minutes (7 days, the longest that providers sign for).',
      { presignTtlMinutes: 10_081 },
    ],
    'an access key without its secret': [
      bucket.input({ credentials: keys(accessKeyId, '') }),
      'provider.s3.credentials.accessKey.secretAccessKey',
      'expected printable characters without spaces, got nothing',
    ],
    'a bucket that none can be named': [
      bucket.input({ bucket: '-' }),
      'provider.s3.bucket',
      'expected a bucket name of 3 to 255 letters, digits, ".", "-" or "_", got "-"',
    ],
    'an endpoint of another protocol': [
      bucket.input({ endpoint: 'gopher://127.0.0.1:70' }),
      'provider.s3.endpoint',
      'expected an http or https address without path or credentials, like "https://minio.example.com:9000", got "gopher://127.0.0.1:70"',
    ],
    'an endpoint with a password': [
      bucket.input({ endpoint: `http://user:${it.canary('password-in-a-url')}@127.0.0.1` }),
      'provider.s3.endpoint',
      'expected an http or https address without path or credentials, like "https://minio.example.com:9000", got one with credentials',
    ],
  };

  test.each(Object.entries(cases))('%s', async (_name, [provider, path, message, source]) => {
    const refused = {
      __typename: 'ValidationError',
      message: `${path}: ${message}`,
      fields: [{ path: fieldPath(path), message }],
    };
    expect(await tryBoth(provider, source)).toEqual({ validateStorage: refused, createStorage: refused });
  });

  test('an unknown project, whatever the id looks like', async () => {
    for (const id of [globalId('Project', 999_999), 'garbage', '', globalId('Task', 1)]) {
      const { validateStorage, createStorage } = await tryBoth({ localFiles: { path: folder } }, {}, id);
      expect(createStorage).toMatchObject({ __typename: 'NotFoundError', message: /^No project with id "/ });
      expect(validateStorage).toEqual(createStorage);
    }
  });
});

const globalId = (type: string, key: number) => Buffer.from(`${type}:${key}`).toString('base64');

describe('found out by trying', () => {
  const refusesCredentials = {
    capability: 'AUTHENTICATE',
    code: 'WRONG_CREDENTIALS',
    message: 'The storage does not accept these credentials.',
    hint: 'Enter the credentials again, complete and without spaces around them; check that they are still active.',
  };
  const otherRegion = {
    capability: 'AUTHENTICATE',
    code: 'WRONG_REGION',
    message: 'The bucket is in region "eu-west-3", not in "us-east-1".',
    hint: 'Set the region to "eu-west-3".',
  };
  const cases: Record<string, [StorageProviderInput, object, retryable?: boolean]> = {
    'a wrong access key': [
      bucket.input({ credentials: keys('AKIAIOSFODNN7EXAMPLE', wrongKey) }),
      refusesCredentials,
    ],
    'a wrong secret': [bucket.input({ credentials: keys(accessKeyId, wrongSecret) }), refusesCredentials],
    'no credentials on the machine': [
      bucket.input({ credentials: { default: true } }),
      {
        capability: 'AUTHENTICATE',
        code: 'CREDENTIALS_UNAVAILABLE',
        message: "The machine that runs the service has no credentials of the provider's default chain.",
        hint: 'Give this service AWS credentials of its own (environment, profile, instance or task role), or enter an access key for the storage.',
      },
    ],
    'a missing bucket': [
      bucket.input({ bucket: 'missing-bucket' }),
      {
        capability: 'LIST',
        code: 'CONTAINER_NOT_FOUND',
        message: `There is no bucket or container "s3+${bucket.server.endpoint}/missing-bucket".`,
        hint: 'Check its name, and the account or endpoint it should be at; create it if it is missing.',
      },
    ],
    'a bucket in another region, named by a header': [bucket.input({ endpoint: redirect }), otherRegion],
    'a bucket in another region, named in the answer': [bucket.input({ endpoint: malformed }), otherRegion],
    'nothing that listens': [
      bucket.input({ endpoint: 'http://127.0.0.1:1' }),
      {
        capability: 'CONNECT',
        code: 'CONNECTION_REFUSED',
        message: "The storage's host refuses connections on this port.",
        hint: 'Check host and port, that the server is running, and that no firewall is in between.',
      },
      true,
    ],
    'a host name that does not exist': [
      bucket.input({ endpoint: 'http://no-such-host.invalid' }),
      {
        capability: 'CONNECT',
        code: 'DNS_FAILURE',
        message: "The name of the storage's host could not be resolved.",
        hint: 'Check the spelling of the endpoint or host, and that the name exists for the machine that runs the service.',
      },
      true,
    ],
    'plain HTTP where TLS is expected': [
      bucket.input({ endpoint: website.replace('http:', 'https:') }),
      {
        capability: 'CONNECT',
        code: 'TLS_FAILURE',
        message: "No trusted TLS connection to the storage's host could be made.",
        hint: 'Check that the endpoint speaks TLS on this port, and that its certificate is valid and made for this host name.',
      },
    ],
    'a website for an endpoint': [
      bucket.input({ endpoint: website }),
      {
        capability: 'CONNECT',
        code: 'UNEXPECTED_RESPONSE',
        message: 'The endpoint answered, but not as S3 does.',
        hint: 'Check that the endpoint is the address of the S3 API, not of a web console or a proxy in front of it.',
      },
    ],
    'a refusal that is not S3’s': [
      bucket.input({ endpoint: broken }),
      { code: 'UNEXPECTED_RESPONSE', capability: 'CONNECT' },
    ],
  };

  test.each(Object.entries(cases))('%s', async (_name, [provider, failure, retryable = false]) => {
    const { validateStorage, createStorage } = await tryBoth(provider);
    expect(createStorage).toMatchObject({ __typename: 'ProviderError', retryable, ...failure });
    const { validation } = as(validateStorage, 'ValidateStorageSuccess');
    expect(validation.ok).toBe(false);
    const at = validation.checks.findIndex(({ status }) => status !== 'PASSED');
    expect(validation.checks[at]).toMatchObject({ status: 'FAILED', required: true, ...failure });
    // What was not tried does not count as a pass.
    const rest = validation.checks.slice(at + 1);
    expect(rest.every(({ status }) => status !== 'PASSED')).toBe(true);
  });
});

describe('an empty place can be saved: it may fill later', () => {
  const nothingThere = 'Not tried: there was no object to try it on.';
  const cases: Record<string, [StorageProviderInput, SourceSettingsInput, object]> = {
    'a prefix with nothing under it': [
      bucket.input({ prefix: 'nothing' }),
      {},
      {
        code: 'EMPTY_PREFIX',
        message: 'Nothing lies under "nothing/".',
        hint: 'Check the prefix; objects in folders below it are found only with "recursive: true".',
      },
    ],
    'objects only in folders, which are not scanned': [
      bucket.input(),
      { recursive: false },
      {
        code: 'EMPTY_PREFIX',
        message: 'The container holds no object outside its folders.',
        hint: 'Check the prefix; objects in folders below it are found only with "recursive: true".',
      },
    ],
    'a filter that matches nothing': [
      { localFiles: { path: folder } },
      { filter: '.*\\.png' },
      {
        code: 'NO_MATCH',
        message: 'None of the first 1 objects matches the filter.',
        hint: 'The filter is a regular expression that matches from the start of the key (for local files: of the file name), not a glob: ".*\\.jpg", not "*.jpg".',
      },
    ],
  };

  test.each(Object.entries(cases))('%s', async (_name, [provider, source, failure]) => {
    const input = { projectId: await owner.project(), provider, settings: { source } };
    const validateStorage = unbranched(
      (await owner.run(documents.ValidateStorage, { input: candidate(input) })).validateStorage,
    );
    const { ok, checks } = as(validateStorage, 'ValidateStorageSuccess').validation;
    expect(ok).toBe(true);
    expect(checks).toMatchObject([
      { capability: 'CONNECT', status: 'PASSED' },
      { capability: 'AUTHENTICATE', status: 'PASSED' },
      { capability: 'LIST', status: 'FAILED', ...failure },
      { capability: 'READ', status: 'UNTESTED', message: nothingThere },
      { capability: 'SIGN', status: 'UNTESTED' },
    ]);
    const storage = await owner.connect(input.projectId, provider, source);
    expect(await owner.sync(storage.id)).toMatchObject({
      status: 'COMPLETED',
      counts: { imported: 0, tasksCreated: 0 },
    });
  });
});

describe('a storage that is lost after it was saved ends the sync, with the reason', () => {
  test('a folder that was removed', async () => {
    const path = await it.files('going', { 'a.jpg': 'x' });
    const storage = await owner.connect(await owner.project(), { localFiles: { path } });
    expect(await owner.sync(storage.id)).toMatchObject({ status: 'COMPLETED' });
    await rm(path, { recursive: true });
    expect(await owner.sync(storage.id)).toMatchObject({
      status: 'FAILED',
      phase: 'DONE',
      error: {
        code: 'CONTAINER_NOT_FOUND',
        message: 'The folder of this storage does not exist.',
        hint: 'Check the path of the storage, and that the disk that it is on is mounted.',
      },
    });
    // Its objects are not taken for removed: nothing says that they are.
    expect(await owner.objects(storage.id)).toMatchObject([{ key: 'going/a.jpg', state: 'IMPORTED' }]);
  });

  test('a server that went away', async () => {
    const server = await wireServer((_request, response) => {
      response.writeHead(200, xml);
      response.end('<ListBucketResult><Name>b</Name><IsTruncated>false</IsTruncated></ListBucketResult>');
    });
    const storage = await owner.connect(await owner.project(), bucket.input({ endpoint: server.url }));
    await server.close();
    expect(await owner.sync(storage.id)).toMatchObject({
      status: 'FAILED',
      error: { code: 'CONNECTION_REFUSED', message: "The storage's host refuses connections on this port." },
    });
  });
});
