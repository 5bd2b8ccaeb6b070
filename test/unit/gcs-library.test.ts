import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { providerError } from '../../src/providers/errors.ts';
import { gcsProvider } from '../../src/providers/gcs/provider.ts';
import { openStore, type Store } from '../../src/providers/store.ts';
import type { GcsServer, ServiceAccount } from '../servers/gcs.ts';
import { keyFile } from '../servers/gcs.ts';
import { type GcsTrial, keysOf, secretsOf, startTrial, textOf, write } from '../servers/gcs-trial.ts';
import { type WireServer, wireServer } from '../servers/s3-wire.ts';
import { testEnvironment } from '../support/environment.ts';

/** What Google's client library does by its own sender, and must not do over ours. */

const signal = new AbortController().signal;
let trial: GcsTrial;
let server: GcsServer;
let account: ServiceAccount;
beforeAll(async () => {
  trial = await startTrial();
  ({ server, account } = trial);
});
afterAll(() => server.close());

const operations: Record<string, (store: Store) => Promise<unknown>> = {
  list: keysOf,
  head: (store) => store.head('a.txt', signal),
  read: (store) => textOf(store, 'a.txt'),
  write: (store) => write(store, 'a.txt'),
  remove: (store) => store.remove('a.txt', signal),
  authenticate: (store) => store.authenticate(signal),
};

describe.each(Object.entries(operations))('%s', (_, operate) => {
  test('takes no token to another port after a redirect', async () => {
    const canary = await wireServer((_, response) => response.end('{}'));
    const redirecting = await wireServer((request, response) => {
      response.writeHead(307, { location: `${canary.url}${request.url}` }).end();
    });
    const store = trial.open(trial.settingsFor('some-bucket', { endpoint: redirecting.url }));
    await expect(operate(store)).rejects.toMatchObject({ code: 'UNEXPECTED_RESPONSE' });
    expect(redirecting.requests).toHaveLength(1);
    expect(canary.requests).toEqual([]);
    await Promise.all([canary.close(), redirecting.close()]);
  });

  test('asks a token service at 503 once per attempt', async () => {
    const overloaded = await wireServer((_, response) => response.writeHead(503).end());
    const store = openBy(overloaded, 3);
    await expect(operate(store)).rejects.toMatchObject({ code: 'UNAVAILABLE', retryable: true });
    expect(overloaded.requests).toHaveLength(3);
    await overloaded.close();
  });

  test('asks an overloaded storage once per attempt', async () => {
    const overloaded = await wireServer((_, response) => response.writeHead(503).end());
    const store = openStore(
      gcsProvider,
      trial.settingsFor('some-bucket', { endpoint: overloaded.url }),
      secretsOf(account.json),
      testEnvironment(),
      { attempts: 2, sleep: async () => {} },
    );
    await expect(operate(store)).rejects.toMatchObject({ code: 'UNAVAILABLE', retryable: true });
    expect(overloaded.requests).toHaveLength(2);
    await overloaded.close();
  });

  test('survives a server whose answers are no documents of the API', async () => {
    for (const body of ['', 'null', '[]', '"text"', '{"items":{}}', '{"items":[null]}', '{"name":7}']) {
      const odd = await wireServer((_, response) => response.writeHead(200).end(body));
      const store = trial.open(trial.settingsFor('some-bucket', { endpoint: odd.url }));
      await operate(store).catch((error) => expect(error.code).toBe('UNEXPECTED_RESPONSE'));
      await odd.close();
    }
  });
});

test('an aborted token request ends within 100 ms, and its connection with it', async () => {
  const closed = Promise.withResolvers<void>();
  const silent = await wireServer((_, response) => response.once('close', closed.resolve));
  const abort = new AbortController();
  const reading = openBy(silent, 1).head('a.txt', abort.signal);
  while (silent.requests.length === 0) await sleep(5);
  const begun = performance.now();
  abort.abort(providerError({ code: 'UNSUPPORTED' }));
  await expect(reading).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  await closed.promise;
  expect(performance.now() - begun).toBeLessThan(100);
  await silent.close();
});

test('proxies of the environment are not used', async () => {
  const proxy = await wireServer((_, response) => response.end('{}'));
  const { name } = server.createBucket(account);
  const before = process.env.HTTP_PROXY;
  process.env.HTTP_PROXY = proxy.url;
  try {
    expect(await keysOf(trial.open(trial.settingsFor(name)))).toEqual([]);
  } finally {
    if (before === undefined) delete process.env.HTTP_PROXY;
    else process.env.HTTP_PROXY = before;
  }
  expect(proxy.requests).toEqual([]);
  await proxy.close();
});

/** A store whose account buys its tokens there. */
function openBy(tokenServer: WireServer, attempts: number): Store {
  const json = keyFile(account.email, account.privateKey, { token_uri: `${tokenServer.url}/token` });
  const settings = trial.settingsFor('some-bucket');
  return openStore(gcsProvider, settings, secretsOf(json), testEnvironment(), {
    attempts,
    sleep: async () => {},
  });
}
