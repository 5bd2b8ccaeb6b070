import { afterAll, describe, expect, test } from 'vitest';
import { type WireServer, wireServer } from '../servers/s3-wire.ts';
import { serverOf } from '../servers/servers.ts';
import { testApp } from '../support/app.ts';
import { createBucket } from '../support/bucket.ts';
import { candidate, unbranched } from '../support/candidate.ts';
import { as } from '../support/client.ts';
import * as documents from './documents.ts';

/**
 * Endpoints that lead to where only the service itself can reach. A canary listens there: it must not hear
 * of a single connection, whatever the way in.
 */
const canary: WireServer = await wireServer((_request, response) => response.end(said));
const allowed = new URL((await serverOf('radosgw')).endpoint).host;
const redirecting: WireServer = await wireServer((_request, response) => {
  response.writeHead(307, { location: `${canary.url}/internal` });
  response.end();
});
afterAll(() => Promise.all([canary.close(), redirecting.close()]));

/** Only the test's own S3 server is open. */
const it = await testApp();
const said = it.canary('internal-page');
const { owner } = it;
const project = await owner.project();
const bucket = await createBucket();
const { port } = new URL(canary.url);

const addresses = [
  `http://127.0.0.1:${port}`,
  `http://localhost:${port}`,
  `http://LOCALHOST:${port}`,
  `http://[::1]:${port}`,
  `http://[::ffff:127.0.0.1]:${port}`,
  `http://[64:ff9b::7f00:1]:${port}`,
  `http://[2002:7f00:1::]:${port}`,
  `http://2130706433:${port}`,
  `http://0x7f.1:${port}`,
  `http://0177.0.0.1:${port}`,
  `http://0.0.0.0:${port}`,
  `http://127.1.2.3:${port}`,
  'http://169.254.169.254',
  'http://10.0.0.1',
  'http://[fd00:ec2::254]',
];

describe.each(addresses)('%s', (endpoint) => {
  const provider = bucket.input({ endpoint });
  const refused = {
    __typename: 'ProviderError',
    code: 'ADDRESS_NOT_ALLOWED',
    retryable: false,
    hint: expect.stringContaining('OUTBOUND_ALLOW'),
  };

  test.each(['source', 'target'] as const)('as a %s', async (direction) => {
    const settings = direction === 'source' ? { source: {} } : { target: {} };
    const input = { projectId: project, provider, settings };
    const validateStorage = unbranched(
      (await owner.run(documents.ValidateStorage, { input: candidate(input) })).validateStorage,
    );
    const { ok, checks } = as(validateStorage, 'ValidateStorageSuccess').validation;
    expect(ok).toBe(false);
    expect(checks[0]).toMatchObject({ capability: 'CONNECT', status: 'FAILED', code: 'ADDRESS_NOT_ALLOWED' });
    const { createStorage } = await owner.run(documents.CreateStorage, { input });
    expect(createStorage).toMatchObject(refused);
    expect(canary.connections()).toBe(0);
  });

  test('in a preview and a diagnosis', async () => {
    const input = { projectId: project, provider, settings: { source: {} } };
    expect(
      unbranched((await owner.run(documents.PreviewSync, { input: candidate(input) })).previewSync),
    ).toMatchObject(refused);
    const origin = 'https://label.example.com';
    await owner.run(documents.DiagnoseStorage, { input: candidate({ ...input, origin }) });
    expect(canary.connections()).toBe(0);
  });
});

test('a name with a dot at its end, which machines resolve differently', async () => {
  const provider = bucket.input({ endpoint: `http://localhost.:${port}` });
  const input = { projectId: project, provider, settings: { source: {} } };
  expect((await owner.run(documents.CreateStorage, { input })).createStorage).toMatchObject({
    __typename: 'ProviderError',
    code: expect.stringMatching(/^(ADDRESS_NOT_ALLOWED|DNS_FAILURE)$/),
  });
  expect(canary.connections()).toBe(0);
});

test('a saved storage does not get there either once the operator has closed the address', async () => {
  await bucket.put('a.jpg', 'x');
  const storage = await owner.connect(project, bucket.input());
  await it.app.close();
  const closed = await testApp({ beside: it, settings: { OUTBOUND_ALLOW: '' } });
  expect(await closed.owner.sync(storage.id)).toMatchObject({
    status: 'FAILED',
    error: {
      code: 'ADDRESS_NOT_ALLOWED',
      message: '"127.0.0.1" is a loopback address: only public addresses may be connected to.',
    },
  });
});

test('a storage that sends us on to the canary is not followed there', async () => {
  const open = await testApp({ settings: { OUTBOUND_ALLOW: `${allowed},${new URL(redirecting.url).host}` } });
  const provider = bucket.input({ endpoint: redirecting.url });
  const input = { projectId: await open.owner.project(), provider, settings: { source: {} } };
  const { createStorage } = await open.owner.run(documents.CreateStorage, { input });
  expect(createStorage).toMatchObject({ __typename: 'ProviderError' });
  expect(redirecting.connections()).toBeGreaterThan(0);
  expect(canary.connections()).toBe(0);
  const answer = JSON.stringify(createStorage);
  expect(answer).not.toContain(port);
  expect(answer).not.toContain('internal');
});

test('the canary hears those who do come', async () => {
  expect(await (await fetch(canary.url)).text()).toBe(said);
  expect(canary.connections()).toBe(1);
});
