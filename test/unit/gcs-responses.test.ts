import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ValidationError } from '../../src/errors.ts';
import type { GcsSettings } from '../../src/providers/gcs/config.ts';
import { gcsProvider } from '../../src/providers/gcs/provider.ts';
import { toDownload, toInfo } from '../../src/providers/gcs/responses.ts';
import type { GcsSecrets } from '../../src/providers/gcs/service-account.ts';
import type { ProviderEnvironment } from '../../src/providers/provider.ts';
import { openStore, type Store } from '../../src/providers/store.ts';
import { createOutboundGuard } from '../../src/security/outbound.ts';
import { type GcsServer, keyFile, type ServiceAccount } from '../servers/gcs.ts';
import { type GcsTrial, keysOf, secretsOf, startTrial, textOf, write } from '../servers/gcs-trial.ts';
import { type WireServer, wireServer } from '../servers/s3-wire.ts';
import { testEnvironment } from '../support/environment.ts';

const signal = new AbortController().signal;
let server: GcsServer;
let account: ServiceAccount;
let trial: GcsTrial;
beforeAll(async () => {
  trial = await startTrial();
  ({ server, account } = trial);
});
afterAll(() => server.close());
const settingsFor: GcsTrial['settingsFor'] = (...parameters) => trial.settingsFor(...parameters);
const open: GcsTrial['open'] = (...parameters) => trial.open(...parameters);
const federate: GcsTrial['federate'] = (...parameters) => trial.federate(...parameters);

/** The provider's check, whatever way it answers. */
async function check(settings: GcsSettings, secrets: GcsSecrets, environment: ProviderEnvironment) {
  return gcsProvider.check?.(settings, secrets, environment);
}

describe('what a storage may point at', () => {
  let canary: WireServer;
  beforeAll(async () => {
    canary = await wireServer((_, response) => response.end('internal canary body'));
  });
  afterAll(() => canary.close());
  const closed = () => testEnvironment({ outbound: createOutboundGuard({ allow: [] }) });
  const closedButFor = (...allow: string[]) => testEnvironment({ outbound: createOutboundGuard({ allow }) });

  /** Whatever the storage is asked, it fails so, and the canary hears nothing. */
  async function untouched(store: () => Store, code: string): Promise<void> {
    const before = canary.connections();
    const calls: ((store: Store) => Promise<unknown>)[] = [
      (one) => one.authenticate(signal),
      keysOf,
      (one) => textOf(one, 'a'),
      (one) => one.head('a', signal),
      (one) => write(one, 'a'),
      (one) => one.remove('a', signal),
    ];
    for (const call of calls) {
      const error = await (async () => call(store()))().catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code });
      expect(`${(error as Error).message} ${(error as { hint: string }).hint}`).not.toContain('canary body');
    }
    expect(canary.connections()).toBe(before);
  }

  test('an internal endpoint is not connected to', async () => {
    const https = canary.url.replace('http:', 'https:');
    await untouched(
      () =>
        open(
          settingsFor('bucket', { endpoint: https }),
          secretsOf(account.json),
          closedButFor(new URL(server.url).host),
        ),
      'ADDRESS_NOT_ALLOWED',
    );
  });

  test('a key file’s token address that is not Google’s is refused when saved, and at use', async () => {
    const json = keyFile(account.email, account.privateKey, { token_uri: `${canary.url}/token` });
    const settings = gcsProvider.settings.parse({ bucket: 'bucket', credentials: 'SERVICE_ACCOUNT' });
    const checking = check(settings, secretsOf(json), closed());
    await expect(checking).rejects.toMatchObject({
      fields: [
        {
          path: 'credentials.serviceAccountJson.token_uri',
          message: expect.stringContaining('OUTBOUND_ALLOW'),
        },
      ],
    });
    await untouched(() => open(settings, secretsOf(json), closed()), 'ADDRESS_NOT_ALLOWED');
    // A public address is none of Google's either.
    const elsewhere = keyFile(account.email, account.privateKey, {
      token_uri: 'https://tokens.example.com/',
    });
    await expect(check(settings, secretsOf(elsewhere), closed())).rejects.toBeInstanceOf(ValidationError);
    const named = closedButFor('tokens.example.com');
    expect(await check(settings, secretsOf(elsewhere), named)).toMatchObject({
      clientEmail: account.email,
    });
  });

  test('a redirect is not followed', async () => {
    const redirecting = await wireServer((_, response) => {
      response.writeHead(307, { location: `${canary.url}/stolen` }).end();
    });
    const settings = settingsFor('bucket', { endpoint: redirecting.url });
    await untouched(() => open(settings), 'UNEXPECTED_RESPONSE');
    const json = keyFile(account.email, account.privateKey, { token_uri: `${redirecting.url}/token` });
    await untouched(() => open(settingsFor('bucket'), secretsOf(json)), 'UNEXPECTED_RESPONSE');
    await redirecting.close();
  });

  test('credentials of this service go to Google and nowhere else', async () => {
    const settings = settingsFor('bucket', {
      endpoint: 'https://collector.example.com',
      credentials: 'DEFAULT',
    });
    const { settings: federated } = federate(account);
    const both = [
      settings,
      settingsFor('bucket', { endpoint: 'https://collector.example.com', ...federated }),
    ];
    for (const one of both) {
      await expect(check(one, {}, closed())).rejects.toMatchObject({
        fields: [{ path: 'endpoint' }],
      });
      expect(() => open(one, {}, closed())).toThrow(expect.objectContaining({ code: 'ADDRESS_NOT_ALLOWED' }));
      expect(await check(one, {}, closedButFor('collector.example.com'))).toMatchObject({
        bucket: 'bucket',
      });
    }
    const google = settingsFor('bucket', {
      endpoint: 'https://storage.europe-west3.rep.googleapis.com',
      credentials: 'DEFAULT',
    });
    expect(await check(google, {}, closed())).toMatchObject({ bucket: 'bucket' });
    const clear = settingsFor('bucket', { endpoint: 'http://storage.example.com' });
    await expect(check(clear, secretsOf(account.json), closed())).rejects.toMatchObject({
      fields: [{ path: 'endpoint', message: expect.stringContaining('clear text') }],
    });
  });
});

describe('answers that are none', () => {
  async function against(
    answer: Parameters<typeof wireServer>[0],
    run: (store: Store) => Promise<unknown>,
    options: object = { attempts: 1 },
  ): Promise<unknown> {
    const strange = await wireServer(answer);
    try {
      const settings = settingsFor('bucket', { endpoint: strange.url });
      const store = openStore(gcsProvider, settings, secretsOf(account.json), testEnvironment(), options);
      return await run(store).catch((reason: unknown) => reason);
    } finally {
      await strange.close();
    }
  }
  const answering =
    (status: number, body: string, headers: Record<string, string> = {}): Parameters<typeof wireServer>[0] =>
    (_, response) =>
      void response.writeHead(status, headers).end(body);

  test.each([
    [200, '<html>canary page</html>'],
    [200, '{"canary":"json"}'],
    [200, '[]'],
    [200, '{"kind":"storage#objects","items":[{"name":"a"}]}'],
    [200, '{"kind":"storage#objects","items":{}}'],
    [200, ''],
    [404, '<html>canary not found</html>'],
    [418, 'canary teapot'],
  ])('a listing of %i %s', async (status, body) => {
    const error = await against(answering(status, body), keysOf);
    expect(error).toMatchObject({ code: 'UNEXPECTED_RESPONSE', retryable: false });
    expect((error as Error).message).not.toContain('canary');
  });

  test('a download without length or generation', async () => {
    const read = (store: Store) => textOf(store, 'a');
    const answers: Record<string, string>[] = [{}, { 'content-length': '6' }, { 'x-goog-generation': '1' }];
    for (const headers of answers) {
      expect(await against(answering(200, 'canary', headers), read)).toMatchObject({
        code: 'UNEXPECTED_RESPONSE',
      });
    }
  });

  test('a range that was not kept to', async () => {
    const headers = { 'content-length': '6', 'x-goog-generation': '1' };
    const read = (store: Store) => store.read('a', { range: { start: 2 }, signal });
    expect(await against(answering(200, 'canary', headers), read)).toMatchObject({
      code: 'UNEXPECTED_RESPONSE',
    });
  });

  test('a listing without end', async () => {
    const endless: Parameters<typeof wireServer>[0] = (_, response) => {
      response.writeHead(200);
      const more = () => {
        while (response.write(' '.repeat(65_536)));
      };
      response.on('drain', more);
      more();
    };
    expect(await against(endless, keysOf)).toMatchObject({ code: 'UNEXPECTED_RESPONSE' });
  });

  test('pages that lead back to themselves', async () => {
    const page = JSON.stringify({ kind: 'storage#objects', nextPageToken: 'again' });
    expect(await against(answering(200, page), keysOf)).toMatchObject({ code: 'UNEXPECTED_RESPONSE' });
  });

  test('none at all', async () => {
    const options = { attempts: 1, requestTimeoutMs: 200 };
    const silent = () => {};
    for (const run of [keysOf, (store: Store) => textOf(store, 'a'), (store: Store) => write(store, 'a')]) {
      expect(await against(silent, run, options)).toMatchObject({ code: 'TIMEOUT', retryable: true });
    }
  });

  test('overload, with the time to wait', async () => {
    const body = JSON.stringify({
      error: { code: 503, message: 'Backend Error', errors: [{ reason: 'backendError' }] },
    });
    expect(await against(answering(503, body, { 'retry-after': '7' }), keysOf)).toMatchObject({
      code: 'UNAVAILABLE',
      retryable: true,
      retryAfterMs: 7000,
    });
  });

  test('a port where nobody listens', async () => {
    const gone = await wireServer(() => {});
    await gone.close();
    const store = open(settingsFor('bucket', { endpoint: gone.url }));
    await expect(keysOf(store)).rejects.toMatchObject({ code: 'CONNECTION_REFUSED' });
  });
});

test('what is stored compressed says so, by its description and by its download', () => {
  const resource = { name: 'a.txt', size: '3', generation: '1', contentEncoding: 'gzip' };
  expect(toInfo(resource).contentEncoding).toBe('gzip');
  const headers = { 'content-length': '3', 'x-goog-generation': '1', 'content-encoding': 'gzip' };
  expect(toDownload('a.txt', headers).info.contentEncoding).toBe('gzip');
});
